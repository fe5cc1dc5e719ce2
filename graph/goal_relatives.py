"""The goals around a goal, as one viewer sees them: its children, how many are hidden, their targets, its ancestors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graph.errors import Torn
from graph.goal import GoalRow, GoalState
from graph.goal_tree import is_sum_of
from graph.rollup_compiler import HALF, Category
from graph.statement import Read

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Children:
    """The visible children of a goal: a page of them, how many there are, and the goal's sums when they were read.

    `hidden_sums`: what the other children come to, where there are any.
    """

    parent_id: str
    goals: list[GoalRow]
    total_count: int
    hidden_sums: list[int] | None
    sums: list[int | None]

    def check_sum_of(self, parent: GoalRow) -> None:
        """Raises Torn if the parent as it was read before, or the children, are of another moment than the sums.

        Of a page of some children no reader can compare the sum, and neither does this.
        """
        if self.sums != [parent.actual_below, parent.in_progress_below, parent.custom_below]:
            raise Torn
        # What the goal was when it was read: numbers of one that is not open, or in error, are kept.
        adds_up = parent.state == GoalState.OPEN and not parent.rollup_error
        if adds_up and len(self.goals) == self.total_count:
            sums = {category: stored or 0 for category, stored in zip(Category, self.sums, strict=True)}
            if not is_sum_of(self.goals, self.hidden_sums, sums):
                raise Torn


@dataclass(frozen=True)
class ChildrenOf(Read[Children], path="goal/children_of", row=Children):
    """A page of the visible children of each of these goals, after a title and id."""

    viewer: str
    parents: list[str]
    first: int
    after_title: str | None
    after_id: str | None

    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> Children:
        """Children from their lists."""
        return Children(**{**columns, "goals": [GoalRow.read(goal) for goal in columns["goals"]]})


@dataclass(frozen=True, slots=True)
class RestrictedChildren:
    """How many children of a goal the viewer may not see."""

    parent_id: str
    count: int


@dataclass(frozen=True)
class RestrictedChildrenOf(Read[RestrictedChildren], path="goal/restricted_children_of", row=RestrictedChildren):
    """How many children of each of these goals the viewer may not see."""

    viewer: str
    parents: list[str]


@dataclass(frozen=True, slots=True)
class ChildTargets:
    """What the targets of a goal's children add up to: `high` x 2^32 + `low` units, so that no sum is too big."""

    parent_id: str
    high: int
    low: int

    @property
    def units(self) -> int:
        """The sum, of any size."""
        return self.high * HALF + self.low


@dataclass(frozen=True)
class ChildTargetsOf(Read[ChildTargets], path="goal/child_targets_of", row=ChildTargets):
    """The sums of the children's targets of each of these goals; none where the viewer may not see every child."""

    viewer: str
    parents: list[str]


@dataclass(frozen=True, slots=True)
class Ancestors:
    """The visible ancestors of a goal, nearest first."""

    goal_id: str
    goals: list[GoalRow]


@dataclass(frozen=True)
class AncestorsOf(Read[Ancestors], path="goal/ancestors_of", row=Ancestors):
    """The visible ancestors of each of these goals, up to the first hidden one."""

    viewer: str
    goals: list[str]

    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> Ancestors:
        """Ancestors from their lists."""
        return Ancestors(columns["goal_id"], [GoalRow.read(goal) for goal in columns["goals"]])
