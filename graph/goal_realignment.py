"""Gives goals the dates that their fiscal periods have by the calendar in force, once somebody asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph import goal_statements as statements
from graph import rollup
from graph.change import ask_goals
from graph.errors import ErrorCode, Refusal
from graph.goal_branch import Branch, check_mapped, check_size, place
from graph.goal_creation import period_properties
from graph.goal_rules import NOT_FOUND_GOAL, check_closed, outside
from graph.organization import organization
from graph.period_mapping import Realignment
from graph.problems import Problems

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from graph.database import Transaction
    from graph.goal import GoalRow
    from graph.goal_statements import GoalForChange
    from graph.period import GoalPeriod
    from graph.period_mapping import PeriodMapping
    from graph.visibility import Viewer

MOST_ROOTS = 200


@dataclass(frozen=True, slots=True)
class PeriodChange:
    """A goal whose period is, or would be, another one than before."""

    goal_id: str
    before: GoalPeriod
    after: GoalPeriod


async def realign_goals(
    tx: Transaction,
    viewer: Viewer,
    root_ids: Sequence[str],
    mapping: Sequence[PeriodMapping],
    now: datetime,
    *,
    preview: bool,
) -> tuple[PeriodChange, ...]:
    """Realign these goals and all below them; what changes, parents first. `preview`: nothing is written.

    The viewer may change every one of them: else FORBIDDEN. Refuses GOAL_CLOSED if one is closed, PERIOD_NOT_MAPPED for
    each that counts by another template and is not in the mapping, PERIOD_NOT_WITHIN_PARENT for what would not nest.
    """
    if not 1 <= len(root_ids) <= MOST_ROOTS:
        code = ErrorCode.TOO_MANY_ROWS if root_ids else ErrorCode.REQUIRED
        raise Refusal(code, f"Name 1 to {MOST_ROOTS} goals.", ("rootIds",))
    await _tops(tx, viewer, root_ids)  # nobody holds up a tree that is hidden
    await rollup.lock_roots(tx, list(root_ids))
    tops = await _tops(tx, viewer, root_ids)
    branch = await tx.run(Branch(viewer.id, list(root_ids)))
    if not all(one.visible and one.writable for one in branch):
        message = "Realigning needs the right to change every goal below. Ask an administrator."
        raise Refusal(ErrorCode.FORBIDDEN, message, ("rootIds",))
    check_size(len(branch), ("rootIds",))
    goals = {one.goal.id: one.goal for one in branch}
    for goal in goals.values():
        if goal.closed:
            message = f"{place(goals, goal.id)} is closed and keeps its period. Reopen it first."
            raise Refusal(ErrorCode.GOAL_CLOSED, message, ("rootIds",))
    periods = _realigned(goals, Realignment((await organization(tx)).calendar, mapping))
    await _check_nesting(tx, viewer, tops, goals, periods)
    changes = tuple(
        PeriodChange(id_, goal.period, periods[id_]) for id_, goal in goals.items() if goal.period != periods[id_]
    )
    if changes and not preview:
        rows = [
            {"id": one.goal_id, "properties": {**period_properties(one.after), "updatedAt": now}} for one in changes
        ]
        await tx.run(statements.SetEach(rows))
        tx.changed += [one.goal_id for one in changes]
        await ask_goals(tx, [one.goal_id for one in changes])
    return changes


async def _tops(tx: Transaction, viewer: Viewer, ids: Sequence[str]) -> dict[str, GoalForChange]:
    """The goals named, by id. Refuses NOT_FOUND (hidden and absent alike), FORBIDDEN, GOAL_CLOSED."""
    found = {row.goal.id: row for row in await tx.run(statements.GoalsForChange(viewer.id, sorted(set(ids))))}
    problems = Problems()
    for index, id_ in enumerate(ids):
        with problems.at(("rootIds", str(index))):
            goal = found.get(id_)
            if goal is None or not goal.visible:
                raise Refusal(ErrorCode.NOT_FOUND, NOT_FOUND_GOAL)
            if not goal.writable:
                raise Refusal(ErrorCode.FORBIDDEN, "Only the goal's manager and administrators may change it.")
            check_closed(goal, (), inside=True)
    problems.check(("rootIds",))
    return found


def _realigned(goals: Mapping[str, GoalRow], realignment: Realignment) -> dict[str, GoalPeriod]:
    """The period of each goal by the calendar in force. Refuses PERIOD_NOT_MAPPED."""
    moved = {id_: realignment.moved(goal.period) for id_, goal in goals.items()}
    without = (id_ for id_, period in moved.items() if period is None)
    check_mapped(goals, without, "Say in the mapping what becomes of it.", ("mapping",))
    return {id_: period for id_, period in moved.items() if period is not None}


async def _check_nesting(
    tx: Transaction,
    viewer: Viewer,
    tops: Mapping[str, GoalForChange],
    goals: Mapping[str, GoalRow],
    periods: Mapping[str, GoalPeriod],
) -> None:
    """Refuses PERIOD_NOT_WITHIN_PARENT, naming the first goal that would lie outside the one above it."""
    ids = {top.goal.parent_id for top in tops.values()} - {None, *goals}
    above = {row.goal.id: row for row in await tx.run(statements.GoalsForChange(viewer.id, sorted(filter(None, ids))))}
    for id_, goal in goals.items():
        parent_id = goal.parent_id or ""
        if parent_id in periods and not periods[parent_id].contains(periods[id_]):
            message = f"{place(goals, id_)} would lie outside the period above it. Change one of the two first."
            raise Refusal(ErrorCode.PERIOD_NOT_WITHIN_PARENT, message, ("rootIds",))
        if parent_id in above and not above[parent_id].goal.period.contains(periods[id_]):
            raise Refusal(ErrorCode.PERIOD_NOT_WITHIN_PARENT, outside(above[parent_id]), ("rootIds",))
