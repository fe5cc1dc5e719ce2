"""The statements that change goals, and those that tell the rules what they need to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graph.goal import GoalRow
from graph.rollup_compiler import Category
from graph.rollup_statements import OVERRIDE
from graph.statement import Count, Id, Read, Write

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

#: The stored properties that hold a goal's results, and what an override put in their place: all in a metric's units.
RESULTS = (
    *(f"{category.stored}{part}" for category in Category for part in ("Own", "OwnCount", "Below", "BelowCount")),
    *OVERRIDE,
    "rollupError",
    "rollupMessage",
    "incomplete",
)


@dataclass(frozen=True, slots=True)
class GoalForChange:
    """A goal as the rules see it. Its `parent_id` is the real one, visible or not: never shown.

    `queries`: category and record type of each, whoever may read them: never shown either.
    """

    goal: GoalRow
    visible: bool
    writable: bool
    operations: list[str]
    below_closed: bool
    has_children: bool
    parent_writable: bool
    queries: list[list[str]]

    @property
    def uncalculated(self) -> bool:
        """Whether no run has calculated it yet."""
        return all(self.goal.own(category) is None for category in Category)


@dataclass(frozen=True)
class GoalsForChange(Read[GoalForChange], path="goal/for_change", row=GoalForChange):
    """What the rules need to know of these goals."""

    viewer: str
    ids: list[str]

    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> GoalForChange:
        """The goal's list as a row."""
        return GoalForChange(**{**columns, "goal": GoalRow.read(columns["goal"])})


@dataclass(frozen=True, slots=True)
class Descendant:
    """A goal below another."""

    id: str
    state: str
    start_date: date
    end_date: date
    parent_id: str


@dataclass(frozen=True)
class Subtree(Read[Descendant], path="goal/subtree", row=Descendant, many=True):
    """The goals strictly below one."""

    id: str


@dataclass(frozen=True, slots=True)
class Found:
    """Whether something is so."""

    found: bool


@dataclass(frozen=True)
class IsBelow(Read[Found], path="goal/is_below", row=Found):
    """Whether a goal is another, or below it."""

    id: str
    above: str


@dataclass(frozen=True)
class AncestorIds(Read[Id], path="goal/ancestor_ids", row=Id):
    """The ids of a goal and all above it, the goal first."""

    id: str


@dataclass(frozen=True)
class CreateGoals(Write[Count], path="goal/create", row=Count):
    """New goals: id, metric, manager, owner, properties each."""

    rows: list[dict[str, Any]]
    now: datetime


@dataclass(frozen=True)
class LinkParents(Write[Count], path="goal/link_parents", row=Count):
    """Put roots below their parents."""

    pairs: list[tuple[str, str]]


@dataclass(frozen=True)
class SetProperties(Write[Count], path="goal/set_properties", row=Count):
    """Change stored properties of goals; None removes one."""

    ids: list[str]
    properties: dict[str, Any]


@dataclass(frozen=True)
class SetManager(Write[Count], path="goal/set_manager", row=Count):
    """Another manager."""

    id: str
    manager: str


@dataclass(frozen=True)
class SetOwner(Write[Count], path="goal/set_owner", row=Count):
    """Another owner."""

    id: str
    owner: str


@dataclass(frozen=True)
class SetMetric(Write[Count], path="goal/set_metric", row=Count):
    """Another metric."""

    id: str
    metric: str


@dataclass(frozen=True)
class UnlinkParent(Write[Count], path="goal/unlink_parent", row=Count):
    """Make a root of a goal."""

    id: str


@dataclass(frozen=True)
class LinkParent(Write[Count], path="goal/link_parent", row=Count):
    """Put a root below a parent."""

    id: str
    parent: str


@dataclass(frozen=True)
class ReleaseChildren(Write[Count], path="goal/release_children", row=Count):
    """Make roots of a goal's children."""

    id: str


@dataclass(frozen=True)
class DeleteGoal(Write[Count], path="goal/delete", row=Count):
    """Delete a goal."""

    id: str


@dataclass(frozen=True, slots=True)
class OwnerKind:
    """What kind of owner an id names, and whether it is an active user."""

    id: str
    kind: str
    active: bool


@dataclass(frozen=True)
class KindsOfOwners(Read[OwnerKind], path="goal/kinds_of_owners", row=OwnerKind, many=True):
    """What kind of owner each id names."""

    ids: list[str]


@dataclass(frozen=True)
class SetEach(Write[Count], path="goal/set_each", row=Count):
    """Change stored properties of goals, each its own: id and properties."""

    rows: list[dict[str, Any]]
