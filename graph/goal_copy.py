"""Rolls a tree forward: the same goals with another period, targets by a factor, and nothing reached yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from graph.errors import ErrorCode, Refusal
from graph.goal import RecordSet
from graph.goal_branch import VisibleBranch, check_mapped, check_size, place
from graph.goal_change import goal_for_change, locked_goal
from graph.goal_creation import GoalDraft, TreeDraft, plan_goals, write_goals
from graph.goal_queries import require_use
from graph.goal_rules import metric_with_fields
from graph.money import MAX_UNITS, TEN_THOUSANDTHS, DataType, divide_half_even, format_units, parse_units
from graph.organization import organization
from graph.period_mapping import Roll
from graph.rollup_compiler import Category

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from graph.database import Transaction
    from graph.errors import Problem
    from graph.goal import GoalRow
    from graph.goal_branch import SeenGoal
    from graph.goal_creation import PlannedGoal
    from graph.goal_statements import GoalForChange
    from graph.period import GoalPeriod
    from graph.visibility import Viewer

_PATH = "copies"


@dataclass(frozen=True)
class CopyDraft:
    """What to copy, and how. `factor` is above 0, with up to four decimal places."""

    root_id: str
    period: GoalPeriod
    factor: str = "1"
    parent_id: str | None = None


@dataclass(frozen=True, slots=True)
class GoalCopy:
    """One goal that was made, or would be. `parent`: index of its parent in the list. Targets as text; None: none.

    `id` is None in a preview.
    """

    source_id: str
    id: str | None
    title: str
    parent: int | None
    period: GoalPeriod
    target: str | None
    stretch_target: str | None


@dataclass(frozen=True, slots=True)
class CopyReport:
    """Copies, parents before their children, and how many children of what was copied the viewer may not see."""

    copies: tuple[GoalCopy, ...]
    restricted_count: int


async def copy_goals(tx: Transaction, viewer: Viewer, draft: CopyDraft, now: datetime, *, preview: bool) -> CopyReport:
    """Copy a goal that the viewer may change, and what the viewer sees below it, under another parent or as a root.

    Copies are OPEN, with the same metric, people, flags and queries. Refuses as making them one by one would, and
    PERIOD_NOT_MAPPED for each goal whose period has no counterpart in the new one. `preview`: nothing is written.
    """
    parent: GoalForChange | None = None
    if draft.parent_id is not None:
        await goal_for_change(tx, viewer, draft.parent_id, ("parentId",))  # nobody holds up a tree that is hidden
    await locked_goal(tx, viewer, draft.root_id, ("rootId",), also=draft.parent_id)
    if draft.parent_id is not None:
        parent = await goal_for_change(tx, viewer, draft.parent_id, ("parentId",))
    factor = parse_units(draft.factor, DataType.DECIMAL, ("targetFactor",))
    if factor <= 0:
        raise Refusal(
            ErrorCode.INVALID_VALUE, "The factor is greater than 0. Use 1 to keep targets.", ("targetFactor",)
        )
    seen = await tx.run(VisibleBranch(viewer.id, draft.root_id))
    check_size(len(seen), ("rootId",))
    if any(one.queries for one in seen):
        await require_use(tx, viewer, ("rootId",))
    goals = {one.goal.id: one.goal for one in seen}
    metric = await metric_with_fields(tx, viewer, seen[0].goal.metric_id)
    periods = _periods(goals, Roll((await organization(tx)).calendar, seen[0].goal.period, draft.period))
    drafts = [_draft(one, periods[one.goal.id], factor, metric.data_type, goals) for one in seen]
    try:
        planned = await plan_goals(tx, viewer, parent, drafts)
    except Refusal as refusal:
        raise Refusal.of([_of_copy(problem, seen, goals) for problem in refusal.problems]) from None
    ids = [None] * len(planned) if preview else await write_goals(tx, parent, planned, now)
    made = (_copy(id_, one, metric.data_type) for id_, one in zip(ids, planned, strict=True))
    return CopyReport(tuple(made), sum(one.restricted_children for one in seen))


def _periods(goals: Mapping[str, GoalRow], roll: Roll) -> dict[str, GoalPeriod]:
    """The new period of each goal; they come parents first. Refuses PERIOD_NOT_MAPPED."""
    periods: dict[str, GoalPeriod] = {}
    without = []
    for goal_id, goal in goals.items():
        if not periods:
            periods[goal_id] = roll.new
            continue
        # Below one that has no counterpart there is nothing to be within: told of once that is corrected.
        within = periods.get(goal.parent_id or "")
        found = within and roll.moved(goal.period, within)
        if found:
            periods[goal_id] = found
        elif within:
            without.append(goal_id)
    remedy = "Choose a period of the same kind as the root's, or change the goal's first."
    check_mapped(goals, without, remedy, ("period",))
    return periods


def _draft(
    seen: SeenGoal, period: GoalPeriod, factor: int, data_type: DataType, goals: Mapping[str, GoalRow]
) -> TreeDraft:
    goal = seen.goal
    is_root = goal.parent_id not in goals

    def scaled(units: int | None) -> str | None:
        if units is None:
            return None
        product = divide_half_even(units * factor, TEN_THOUSANDTHS)
        if product > MAX_UNITS:
            message = f"The target of {place(goals, goal.id)} would be too large. Use a smaller factor."
            raise Refusal(ErrorCode.AMOUNT_OUT_OF_RANGE, message, ("targetFactor",))
        return format_units(product, data_type)

    draft = GoalDraft(
        title=goal.title,
        description=goal.description,
        metric_id=goal.metric_id,
        manager_id=goal.manager_id,
        owner_id=goal.owner_id,
        period=period,
        target=scaled(goal.target),
        stretch_target=scaled(goal.stretch_target),
        rollup_only_from_children=goal.rollup_only_from_children,
        record_set=RecordSet(goal.record_set),
        include_team_members=goal.include_team_members,
        restricted=goal.restricted,
        queries={Category(category): id_ for category, id_ in seen.queries},
    )
    return TreeDraft(draft, (_PATH, goal.id), goal.id, None if is_root else goal.parent_id)


def _copy(id_: str | None, one: PlannedGoal, data_type: DataType) -> GoalCopy:
    target, stretch = (
        None if units is None else format_units(units, data_type)
        for units in (one.properties["target"], one.properties["stretchTarget"])
    )
    return GoalCopy(one.key, id_, one.properties["title"], one.parent, one.period, target, stretch)


def _of_copy(problem: Problem, seen: Sequence[SeenGoal], goals: Mapping[str, GoalRow]) -> Problem:
    """A problem of making one goal as one of copying the tree: its field is the input's, the goal is named in words."""
    field = problem.field or ()
    if field[:1] != (_PATH,):
        return problem
    told = {"period": "period", "metricId": "parentId"}.get(field[2], "rootId")
    is_root = field[1] == seen[0].goal.id
    message = problem.message if is_root else f"{place(goals, field[1])}: {problem.message}"
    return replace(problem, field=(told,), message=message)
