"""A goal with all below it, as it is copied and realigned: read in one statement, parents before their children."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graph.errors import ErrorCode, Refusal
from graph.goal import GoalRow
from graph.goal_creation import MOST_GOALS
from graph.problems import Problems
from graph.statement import Read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: So many titles of a goal's place in its tree are told: its own last.
_TITLES = 4


@dataclass(frozen=True, slots=True)
class BranchGoal:
    """A goal of a branch, as the rules see it. Its `parent_id` is the real one, visible or not: never shown."""

    goal: GoalRow
    visible: bool
    writable: bool


@dataclass(frozen=True)
class Branch(Read[BranchGoal], path="goal/branch", row=BranchGoal):
    """The goals at and below each of these, at most `first`."""

    viewer: str
    ids: list[str]
    first: int = MOST_GOALS + 1

    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> BranchGoal:
        """The goal's list as a row."""
        return BranchGoal(GoalRow.read(columns["goal"]), columns["visible"], columns["writable"])


@dataclass(frozen=True, slots=True)
class SeenGoal:
    """A goal of a branch as the viewer sees it, and its queries by category, whoever may read them: never shown."""

    goal: GoalRow
    restricted_children: int
    queries: list[list[str]]


@dataclass(frozen=True)
class VisibleBranch(Read[SeenGoal], path="goal/visible_branch", row=SeenGoal):
    """A goal and the goals below it that the viewer can reach, at most `first`."""

    viewer: str
    id: str
    first: int = MOST_GOALS + 1

    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> SeenGoal:
        """The goal's list as a row."""
        return SeenGoal(**{**columns, "goal": GoalRow.read(columns["goal"])})


def check_size(count: int, field: tuple[str, ...]) -> None:
    """Refuses TOO_MANY_ROWS for more goals than one call takes."""
    if count > MOST_GOALS:
        message = f"There are more than {MOST_GOALS} goals below. Take the branches one by one."
        raise Refusal(ErrorCode.TOO_MANY_ROWS, message, field)


def place(goals: Mapping[str, GoalRow], goal_id: str) -> str:
    """A goal's place in words: its title and those above it, as far as they are among `goals` (all visible)."""
    titles: list[str] = []
    above = goals.get(goal_id)
    while above is not None and len(titles) <= _TITLES:
        titles.append(above.title)
        above = goals.get(above.parent_id or "")
    shown = reversed(titles if len(titles) <= _TITLES else [*titles[: _TITLES - 1], "…"])
    return " / ".join(shown)


def check_mapped(goals: Mapping[str, GoalRow], without: Iterable[str], remedy: str, field: tuple[str, ...]) -> None:
    """Refuses PERIOD_NOT_MAPPED for each of the goals `without` a counterpart of their period."""
    problems = Problems()
    for id_ in without:
        with problems.at(()):
            message = f"No period corresponds to {goals[id_].period_label} of {place(goals, id_)}. {remedy}"
            raise Refusal(ErrorCode.PERIOD_NOT_MAPPED, message, field)
    problems.check(field)
