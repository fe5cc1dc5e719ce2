"""The statements of the rollup that are not compiled: a tree's shape, what is written, what is locked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graph.goal import RollupState
from graph.rollup_compiler import Category
from graph.statement import Count, Id, Read, Write

if TYPE_CHECKING:
    from datetime import date, datetime

    from graph.rollup_compiler import Ways

#: The stored properties of a goal's override: the pinned values, and what is said of them.
OVERRIDE = (
    *(f"{category.stored}Pinned" for category in Category),
    *("overrideReason", "overrideAuthor", "overriddenAt", "overrideEnd"),
)


@dataclass(frozen=True, slots=True)
class Shape:
    """A tree before a run: `rollup_compiler.shape`. Beside `holdings` the lists are goal ids."""

    goals: int
    holdings: Ways
    without_own: list[str]
    late_changes: list[str]


@dataclass(frozen=True, slots=True)
class Parent:
    """A goal with children, and its depth below the run's root."""

    id: str
    depth: int


@dataclass(frozen=True)
class ParentsByDepth(Read[Parent], path="rollup/parents", row=Parent, many=True):
    """The goals with children, at and below one."""

    root: str


@dataclass(frozen=True)
class ApplyChanges(Write[Count], path="rollup/apply", row=Count):
    """Write {id, changes} of goals, and into the history of those that come to something else `today`."""

    rows: list[dict[str, Any]]
    today: date


@dataclass(frozen=True)
class FinishRun(Write[Count], path="rollup/finish", row=Count):
    """Tell the root when its tree was calculated."""

    root: str
    now: datetime


@dataclass(frozen=True)
class EndOverrides(Write[Count], path="rollup/end_overrides", row=Count):
    """End the overrides at and below a goal that ended before `today`; how many. Closed goals keep theirs."""

    root: str
    today: date
    ended: dict[str, None] = field(default_factory=lambda: dict.fromkeys(OVERRIDE))


@dataclass(frozen=True)
class NoteEnds(Write[Count], path="rollup/note_ends", row=Count):
    """Tell the roots of these goals' trees until which day their numbers hold: `holds_until` of goals."""

    goals: list[str | None]


@dataclass(frozen=True, slots=True)
class TreeRoot:
    """A goal without a parent: its id, and the node as the database names it for as long as it is there."""

    id: str
    node: str


@dataclass(frozen=True)
class RootsOf(Read[TreeRoot], path="goal/roots_of", row=TreeRoot):
    """The roots of the trees these goals are in."""

    ids: list[str]


@dataclass(frozen=True)
class LockRoots(Write[Count], path="goal/lock_roots", row=Count):
    """Lock roots, by their `TreeRoot.node`."""

    nodes: list[str]


@dataclass(frozen=True)
class ClearLateChanges(Write[Count], path="rollup/clear_late_changes", row=Count):
    """The numbers of these goals contain what came after their time."""

    ids: list[str]


@dataclass(frozen=True)
class LockSources(Write[Count], path="rollup/lock_sources", row=Count):
    """Lock structure and the types of records that a metric's totals are read from."""

    metric: str


@dataclass(frozen=True)
class AnnounceRun(Write[Count], path="rollup/announce", row=Count):
    """Say that a run is under way until a moment."""

    root: str
    until: datetime | None


@dataclass(frozen=True)
class GoalsInError(Read[Id], path="rollup/in_error", row=Id):
    """Those of these goals whose last numbers were kept because new ones could not be."""

    ids: list[str]


@dataclass(frozen=True, slots=True)
class Root:
    """A tree's root."""

    id: str
    title: str


@dataclass(frozen=True)
class Roots(Read[Root], path="rollup/roots", row=Root):
    """The roots of all trees, or of those a metric measures."""

    metric: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a tree stands: how many goals, and how many of them with which fault. `position`: of its root as asked."""

    position: int
    goals: int
    stale: int
    overflowed: int
    failed: int
    calculated_at: datetime | None
    calculating_until: datetime | None

    def state(self, now: datetime) -> RollupState:
        """Give the first of ERROR, OVERFLOW, CALCULATING, STALE that holds for any goal; else CURRENT."""
        if self.failed:
            return RollupState.ERROR
        if self.overflowed:
            return RollupState.OVERFLOW
        if self.calculating_until is not None and self.calculating_until > now:
            return RollupState.CALCULATING
        return RollupState.STALE if self.stale else RollupState.CURRENT


@dataclass(frozen=True)
class Standings(Read[Standing], path="rollup/status", row=Standing):
    """How the trees below these roots stand `today`: on which an override may have ended."""

    roots: list[str]
    today: date
