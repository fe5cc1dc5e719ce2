"""Changing goals: the rules of semantics §7 and §8, checked under the locks of the trees' roots, then written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from graph import goal_statements as statements
from graph import rollup
from graph.errors import ErrorCode, Refusal
from graph.goal import GoalState, RecordSet
from graph.goal_rules import (
    NOT_FOUND_GOAL,
    PROPERTIES_THAT_COUNT,
    changed_targets,
    check_closed,
    check_parent,
    check_period_change,
    check_targets,
    converted_targets,
    manager_id,
    metric_with_fields,
    owner_id,
)
from graph.text import checked_name, checked_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from graph.database import Transaction
    from graph.goal_statements import GoalForChange
    from graph.period import GoalPeriod
    from graph.visibility import Viewer


@dataclass(frozen=True)
class GoalDraft:
    """What a new goal is made from. Amounts are units; what is None is taken from the parent, or from the viewer."""

    title: str
    description: str | None = None
    metric_id: str | None = None
    parent_id: str | None = None
    manager_id: str | None = None
    owner_id: str | None = None
    period: GoalPeriod | None = None
    target: str | None = None
    stretch_target: str | None = None
    rollup_only_from_children: bool = False
    record_set: RecordSet = RecordSet.OWNED
    include_team_members: bool = False
    restricted: bool | None = None


async def create_goal(tx: Transaction, viewer: Viewer, draft: GoalDraft, now: datetime) -> str:
    """Create a goal; its id. Its numbers are null and it is STALE until it is calculated; so are its ancestors.

    Below a goal: its manager or an administrator. A root: administrators.
    """
    parent = None
    if draft.parent_id is not None:
        parent = await locked_goal(tx, viewer, draft.parent_id, ("parentId",))
    elif not viewer.administrator:
        message = "Only administrators may create a goal without a parent. Name a parent that you manage."
        raise Refusal(ErrorCode.FORBIDDEN, message, ("parentId",))
    metric = await metric_with_fields(tx, viewer, draft.metric_id, parent)
    period = draft.period or (parent.goal.period if parent else None)
    if period is None:
        message = "A goal without a parent needs a period."
        raise Refusal(ErrorCode.PERIOD_INCOMPLETE, message, ("period",))
    if parent is not None:
        check_closed(parent, ("parentId",), inside=True)
        check_parent(parent, metric.id, period, period_field=("period",))
    target, stretch = check_targets(metric, draft.target, draft.stretch_target)
    manager = await manager_id(tx, viewer.id if draft.manager_id is None else draft.manager_id)
    owner = await owner_id(tx, manager if draft.owner_id is None else draft.owner_id)
    goal_id = str(uuid4())
    properties = {
        "title": checked_name(draft.title, ("title",)),
        "description": checked_text(draft.description, ("description",)),
        "state": GoalState.OPEN.value,
        "restricted": draft.restricted if draft.restricted is not None else bool(parent and parent.goal.restricted),
        "target": target,
        "stretchTarget": stretch,
        "rollupOnlyFromChildren": draft.rollup_only_from_children,
        "recordSet": draft.record_set.value,
        "includeTeamMembers": draft.include_team_members,
        **period_properties(period),
    }
    await tx.run(statements.CreateGoal(goal_id, metric.id, manager, owner, draft.parent_id, properties, now))
    if draft.parent_id is not None:
        await tx.run(statements.MarkStale([draft.parent_id]))
    return goal_id


async def update_goal(tx: Transaction, viewer: Viewer, goal_id: str, changes: Mapping[str, Any], now: datetime) -> None:
    """Change a goal's own fields: the keys of `GoalDraft` but `parent_id`; absent keys stay, None clears."""
    goal = await locked_goal(tx, viewer, goal_id)
    check_closed(goal, ("id",))
    properties = {"updatedAt": now, **_plain_changes(changes)}
    properties |= await _metric_and_targets(tx, viewer, goal, changes)
    if changes.get("manager_id") is not None:
        await tx.run(statements.SetManager(goal_id, await manager_id(tx, changes["manager_id"])))
    if changes.get("owner_id") is not None:
        await tx.run(statements.SetOwner(goal_id, await owner_id(tx, changes["owner_id"])))
    along: list[str] = []
    if "period" in changes and changes["period"] != goal.goal.period:
        along = await check_period_change(tx, viewer, goal, changes["period"])
        await tx.run(statements.SetProperties([goal_id, *along], period_properties(changes["period"])))
        tx.changed += along
    if changes.get("restricted"):
        below = [row.id for row in await tx.run(statements.Subtree(goal_id))]
        await tx.run(statements.SetProperties(below, {"restricted": True}))
        tx.changed += below
    await tx.run(statements.SetProperties([goal_id], properties))
    if PROPERTIES_THAT_COUNT & set(changes):
        await tx.run(statements.MarkStale([goal_id, *along]))


def _plain_changes(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The stored properties of changes that no other goal or metric has a say in."""
    properties: dict[str, Any] = {}
    if "title" in changes:
        properties["title"] = checked_name(changes["title"], ("title",))
    if "description" in changes:
        properties["description"] = checked_text(changes["description"], ("description",))
    for key, name in (
        ("restricted", "restricted"),
        ("rollup_only_from_children", "rollupOnlyFromChildren"),
        ("record_set", "recordSet"),
        ("include_team_members", "includeTeamMembers"),
    ):
        if key in changes:
            value = changes[key]
            if value is None:
                message = f"{name} cannot be null. Leave it out to keep it as it is."
                raise Refusal(ErrorCode.REQUIRED, message, (name,))
            properties[name] = value.value if isinstance(value, RecordSet) else value
    return properties


async def _metric_and_targets(
    tx: Transaction, viewer: Viewer, goal: GoalForChange, changes: Mapping[str, Any]
) -> dict[str, Any]:
    """The stored properties of a change of metric, target or stretch target; another metric starts numbers anew."""
    properties: dict[str, Any] = {}
    metric = await metric_with_fields(tx, viewer, goal.goal.metric_id, None)
    if changes.get("metric_id", metric.id) != metric.id:
        if goal.goal.parent_id is not None or goal.has_children:
            message = "A goal with a parent or children keeps its metric. Take it out of its tree first."
            raise Refusal(ErrorCode.METRIC_LOCKED_IN_TREE, message, ("metricId",))
        former, metric = metric, await metric_with_fields(tx, viewer, changes["metric_id"], None)
        properties |= converted_targets(goal.goal, former, metric, changes)
        properties |= dict.fromkeys(statements.RESULTS) | {"calculatedAt": None, "seen": None}
        await tx.run(statements.SetMetric(goal.goal.id, metric.id))
    if {"target", "stretch_target", "metric_id"} & set(changes):
        properties |= changed_targets(goal.goal, metric, changes, properties)
    return properties


async def move_goal(tx: Transaction, viewer: Viewer, goal_id: str, parent_id: str | None, now: datetime) -> None:
    """Put a goal and all below it under another parent, or none. The sums of both chains follow at once."""
    if parent_id is not None:
        await goal_for_change(tx, viewer, parent_id, ("parentId",))
    goal = await locked_goal(tx, viewer, goal_id, also=parent_id)
    if not goal.parent_writable:
        message = "Moving a goal needs the right to change it and both its parents."
        raise Refusal(ErrorCode.FORBIDDEN, message, ("id",))
    if parent_id is None and not viewer.administrator:
        message = "Only administrators may make a goal a root. Name a parent that you manage."
        raise Refusal(ErrorCode.FORBIDDEN, message, ("parentId",))
    parent = None if parent_id is None else await goal_for_change(tx, viewer, parent_id, ("parentId",))
    check_closed(goal, ("id",), inside=True)
    if parent is not None:
        check_closed(parent, ("parentId",), inside=True)
        found = await tx.one(statements.IsBelow(parent.goal.id, goal_id))
        if found is not None and found.found:
            message = "A goal cannot be below itself. Choose a parent outside its own tree."
            raise Refusal(ErrorCode.GOAL_CYCLE, message, ("parentId",))
        check_parent(parent, goal.goal.metric_id, goal.goal.period, period_field=("parentId",))
    if goal.goal.parent_id == parent_id:
        return
    if goal.goal.parent_id is not None:
        former = await ancestors(tx, goal.goal.parent_id)
        await tx.run(statements.UnlinkParent(goal_id))
        await rollup.fold_upwards(tx, former)
    if parent_id is not None:
        await tx.run(statements.LinkParent(goal_id, parent_id))
        await rollup.fold_upwards(tx, await ancestors(tx, parent_id))
        if goal.goal.stale or goal.uncalculated:
            await tx.run(statements.MarkStale([parent_id]))
    await tx.run(statements.SetProperties([goal_id], {"updatedAt": now}))


async def delete_goal(tx: Transaction, viewer: Viewer, goal_id: str) -> None:
    """Delete one goal. Its children lose their parent and keep everything else; its ancestors' sums follow at once."""
    goal = await locked_goal(tx, viewer, goal_id)
    if goal.below_closed:
        message = "A goal above this one is closed, so nothing below it is deleted. Reopen from the top."
        raise Refusal(ErrorCode.GOAL_CLOSED, message, ("id",))
    chain = await ancestors(tx, goal.goal.parent_id) if goal.goal.parent_id is not None else []
    await tx.run(statements.ReleaseChildren(goal_id))
    await tx.run(statements.DeleteGoal(goal_id))
    await rollup.fold_upwards(tx, chain)


async def close_goal(
    tx: Transaction, viewer: Viewer, goal_id: str, now: datetime, *, include_descendants: bool
) -> None:
    """Make a goal ACHIEVED: calculate it and all below it, then freeze. Refuses OPEN_DESCENDANTS, GOAL_CLOSED."""
    goal = await locked_goal(tx, viewer, goal_id)
    check_closed(goal, ("id",))
    below = [row.id for row in await tx.run(statements.Subtree(goal_id)) if row.state == GoalState.OPEN]
    if below and not include_descendants:
        message = "Goals below this one are open. Close them first, or close with includeDescendants."
        raise Refusal(ErrorCode.OPEN_DESCENDANTS, message, ("id",))
    await rollup.recalculate_inside(tx, goal_id)
    closed = {"state": GoalState.ACHIEVED.value, "frozenAt": now, "updatedAt": now}
    await tx.run(statements.SetProperties([goal_id, *below], closed))
    tx.changed += [goal_id, *below]
    await _fold_above(tx, goal)


async def cancel_goal(tx: Transaction, viewer: Viewer, goal_id: str, now: datetime) -> None:
    """Make a goal CANCELLED: its numbers freeze and leave its ancestors' sums; the goals below stay as they are."""
    goal = await locked_goal(tx, viewer, goal_id)
    check_closed(goal, ("id",))
    await rollup.recalculate_inside(tx, goal_id)
    cancelled = {"state": GoalState.CANCELLED.value, "frozenAt": now, "updatedAt": now}
    await tx.run(statements.SetProperties([goal_id], cancelled))
    await _fold_above(tx, goal)


async def reopen_goal(tx: Transaction, viewer: Viewer, goal_id: str, now: datetime) -> None:
    """Make a closed goal OPEN and calculate it anew; its ancestors' sums follow at once. Refuses GOAL_OPEN."""
    goal = await locked_goal(tx, viewer, goal_id)
    if not goal.goal.closed:
        message = "The goal is open already."
        raise Refusal(ErrorCode.GOAL_OPEN, message, ("id",))
    if goal.below_closed:
        message = "A goal above this one is closed. Reopen from the top."
        raise Refusal(ErrorCode.GOAL_CLOSED, message, ("id",))
    reopened = {"state": GoalState.OPEN.value, "frozenAt": None, "updatedAt": now}
    await tx.run(statements.SetProperties([goal_id], reopened))
    await rollup.recalculate_inside(tx, goal_id)
    await _fold_above(tx, goal)


async def locked_goal(
    tx: Transaction, viewer: Viewer, goal_id: str, name: tuple[str, ...] = ("id",), also: str | None = None
) -> GoalForChange:
    """The goal, if the viewer may change it, with the root of its tree locked, and that of `also`."""
    await goal_for_change(tx, viewer, goal_id, name)  # nobody holds up a tree that is hidden
    await rollup.lock_roots(tx, [goal_id] if also is None else [goal_id, also])
    return await goal_for_change(tx, viewer, goal_id, name)


async def goal_for_change(
    tx: Transaction, viewer: Viewer, goal_id: str, name: tuple[str, ...] = ("id",)
) -> GoalForChange:
    """The goal, if the viewer may change it. NOT_FOUND for hidden and absent alike, FORBIDDEN for seen only."""
    goal = await tx.one(statements.GoalsForChange(viewer.id, [goal_id]))
    if goal is None or not goal.visible:
        raise Refusal(ErrorCode.NOT_FOUND, NOT_FOUND_GOAL, name)
    if not goal.writable:
        message = "Only the goal's manager and administrators may change it."
        raise Refusal(ErrorCode.FORBIDDEN, message, name)
    return goal


async def ancestors(tx: Transaction, goal_id: str) -> list[str]:
    """The ids of a goal and all above it, the goal first."""
    return [row.id for row in await tx.run(statements.AncestorIds(goal_id))]


def period_properties(period: GoalPeriod) -> dict[str, Any]:
    """A period as stored with its goal: dates and label stay whatever becomes of the calendar."""
    return {
        "periodKind": period.kind.value,
        "fiscalYear": period.fiscal_year,
        "fiscalIndex": period.index,
        "periodLabel": period.label,
        "startDate": period.start,
        "endDate": period.end,
    }


async def _fold_above(tx: Transaction, goal: GoalForChange) -> None:
    if goal.goal.parent_id is not None:
        await rollup.fold_upwards(tx, await ancestors(tx, goal.goal.parent_id))
