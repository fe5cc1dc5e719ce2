"""Changing goals: the rules of semantics §7 and §8, checked under the locks of the trees' roots, then written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graph import goal_queries, rollup
from graph import goal_statements as statements
from graph.change import ask_goals
from graph.errors import ErrorCode, Refusal
from graph.goal import GoalState, RecordSet
from graph.goal_creation import TreeDraft, period_properties, plan_goals, write_goals
from graph.goal_rights import check_changes, check_operation, operation_of
from graph.goal_rules import (
    NOT_FOUND_GOAL,
    PROPERTIES_THAT_COUNT,
    changed_targets,
    check_closed,
    check_metric_change,
    check_parent,
    check_period_change,
    check_place,
    converted_targets,
    manager_id,
    metric_with_fields,
    owner_id,
)
from graph.history import write_changes
from graph.rights import Operation
from graph.rollup_statements import NoteEnds
from graph.text import checked_name, checked_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from graph.database import Transaction
    from graph.goal_creation import GoalDraft
    from graph.goal_statements import GoalForChange
    from graph.metric import MetricRow
    from graph.visibility import Viewer

#: Where it is kept when a field that can be secured was last changed; for all others in `updatedAt`.
_SECURED_MOMENTS = {
    "description": "descriptionChangedAt",
    "target": "targetChangedAt",
    "stretch_target": "targetChangedAt",
    "queries": "queriesChangedAt",
}


async def create_goal(tx: Transaction, viewer: Viewer, draft: GoalDraft, now: datetime) -> str:
    """Create a goal; its id. Its numbers are null and it is STALE until it is calculated; so are its ancestors.

    Below a goal: who may change that. What else it needs: `goal_rights.check_plan`.
    """
    (goal_id,) = (await create_goals(tx, viewer, draft.parent_id, [TreeDraft(draft)], now)).values()
    return goal_id


async def create_goals(
    tx: Transaction, viewer: Viewer, parent_id: str | None, drafts: Sequence[TreeDraft], now: datetime
) -> dict[str, str]:
    """Create a tree, or several, below a goal or as roots: all of it or nothing. Ids by key, parents first."""
    parent = None if parent_id is None else await locked_goal(tx, viewer, parent_id, ("parentId",))
    planned = await plan_goals(tx, viewer, parent, drafts)
    ids = await write_goals(tx, parent, planned, now)
    return {one.key: id_ for one, id_ in zip(planned, ids, strict=True)}


async def update_goal(tx: Transaction, viewer: Viewer, goal_id: str, changes: Mapping[str, Any], now: datetime) -> None:
    """Change a goal: the keys of `GoalDraft`; absent keys stay, None clears. Parent, metric and period may go together.

    A goal takes all below it along to another parent, or to none; the sums of both chains follow at once.
    """
    goal, parent = await _goal_and_parent(tx, viewer, goal_id, changes)
    moves = "parent_id" in changes and changes["parent_id"] != goal.goal.parent_id
    await check_changes(tx, viewer, goal, changes)
    former, metric = await _metrics(tx, viewer, goal, changes, moves=moves)
    queries = await goal_queries.check_changed_queries(tx, viewer, goal.queries, former, metric, changes)
    period_changes = "period" in changes and changes["period"] != goal.goal.period
    along = await check_period_change(tx, goal, parent, changes["period"]) if period_changes else []
    if "parent_id" in changes and parent is not None:
        check_parent(
            parent,
            metric.id,
            changes.get("period") or goal.goal.period,
            period_field=("period",) if "period" in changes else ("parentId",),
            metric_field=("metricId",) if "metric_id" in changes else ("parentId",),
        )
    if not moves and set(changes) == {"parent_id"}:
        return
    properties = {**_moments(changes, now), **_plain_changes(changes), **_targets(goal, former, metric, changes)}
    if moves and goal.goal.parent_id is not None:
        await _unlink(tx, goal_id, goal.goal.parent_id, now)
    if metric.id != former.id:
        await tx.run(statements.SetMetric(goal_id, metric.id))
    await goal_queries.replace(tx, goal_id, changes.get("queries", ()), queries)
    await _set_people(tx, goal_id, changes)
    if period_changes:
        await tx.run(statements.SetProperties([goal_id, *along], period_properties(changes["period"])))
        tx.changed += along
    if changes.get("restricted"):
        below = [row.id for row in await tx.run(statements.Subtree(goal_id))]
        await tx.run(statements.SetProperties(below, {"restricted": True}))
        tx.changed += below
    await write_changes(tx, [goal_id], properties, now)
    if moves and parent is not None:
        await _link(tx, goal, parent.goal.id, now)
    if PROPERTIES_THAT_COUNT & set(changes):
        await ask_goals(tx, [goal_id, *along])
    if goal.goal.holds_until is not None:
        await tx.run(NoteEnds([goal_id, goal.goal.parent_id]))


async def _goal_and_parent(
    tx: Transaction, viewer: Viewer, goal_id: str, changes: Mapping[str, Any]
) -> tuple[GoalForChange, GoalForChange | None]:
    """The goal, locked, and the parent that it is going to have, where the changes name one or a period."""
    wanted = changes.get("parent_id")
    if wanted is not None:
        await goal_for_change(tx, viewer, wanted, ("parentId",))
    goal = await locked_goal(tx, viewer, goal_id, also=wanted, operation=operation_of(changes))
    if "parent_id" in changes:
        parent = None if wanted is None else await goal_for_change(tx, viewer, wanted, ("parentId",))
        await check_place(tx, viewer, goal, parent)
        return goal, parent
    check_closed(goal, ("id",))
    if "period" not in changes or goal.goal.parent_id is None:
        return goal, None
    return goal, await tx.one(statements.GoalsForChange(viewer.id, [goal.goal.parent_id]))


def _moments(changes: Mapping[str, Any], now: datetime) -> dict[str, datetime]:
    """When what is changed was changed; fields that can be secured apart: who may not read one is not told of it."""
    kept = {_SECURED_MOMENTS.get(key, "updatedAt") for key in changes}
    return dict.fromkeys(kept, now)


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


async def _metrics(
    tx: Transaction, viewer: Viewer, goal: GoalForChange, changes: Mapping[str, Any], *, moves: bool
) -> tuple[MetricRow, MetricRow]:
    """The metric that the goal has, and the one that it is going to have."""
    former = await metric_with_fields(tx, viewer, goal.goal.metric_id)
    if changes.get("metric_id", former.id) == former.id:
        return former, former
    check_metric_change(goal, moves=moves)
    return former, await metric_with_fields(tx, viewer, changes["metric_id"])


def _targets(goal: GoalForChange, former: MetricRow, metric: MetricRow, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The stored properties of a change of metric, target or stretch target; another metric starts numbers anew."""
    properties: dict[str, Any] = {}
    if metric.id != former.id:
        properties |= converted_targets(goal.goal, former, metric, changes)
        properties |= dict.fromkeys(statements.RESULTS) | {"calculatedAt": None, "foldedAt": None, "lateChanges": None}
    if {"target", "stretch_target", "metric_id"} & set(changes):
        properties |= changed_targets(goal.goal, metric, changes, properties)
    return properties


async def move_goal(tx: Transaction, viewer: Viewer, goal_id: str, parent_id: str | None, now: datetime) -> None:
    """Put a goal and all below it under another parent, or none. The sums of both chains follow at once."""
    await update_goal(tx, viewer, goal_id, {"parent_id": parent_id}, now)


async def _unlink(tx: Transaction, goal_id: str, parent_id: str, now: datetime) -> None:
    former = await ancestors(tx, parent_id)
    await tx.run(statements.UnlinkParent(goal_id))
    await rollup.fold_upwards(tx, former, now)


async def _link(tx: Transaction, goal: GoalForChange, parent_id: str, now: datetime) -> None:
    await tx.run(statements.LinkParent(goal.goal.id, parent_id))
    await rollup.fold_upwards(tx, await ancestors(tx, parent_id), now)


async def _set_people(tx: Transaction, goal_id: str, changes: Mapping[str, Any]) -> None:
    if changes.get("manager_id") is not None:
        await tx.run(statements.SetManager(goal_id, await manager_id(tx, changes["manager_id"])))
    if changes.get("owner_id") is not None:
        await tx.run(statements.SetOwner(goal_id, await owner_id(tx, changes["owner_id"])))


async def delete_goal(tx: Transaction, viewer: Viewer, goal_id: str, now: datetime) -> None:
    """Delete one goal. Its children lose their parent and keep everything else; its ancestors' sums follow at once."""
    goal = await locked_goal(tx, viewer, goal_id, operation=Operation.DELETE)
    if goal.below_closed:
        message = "A goal above this one is closed, so nothing below it is deleted. Reopen from the top."
        raise Refusal(ErrorCode.GOAL_CLOSED, message, ("id",))
    chain = await ancestors(tx, goal.goal.parent_id) if goal.goal.parent_id is not None else []
    await tx.run(statements.ReleaseChildren(goal_id))
    await tx.run(statements.DeleteGoal(goal_id))
    await rollup.fold_upwards(tx, chain, now)
    if goal.goal.holds_until is not None:
        await tx.run(NoteEnds([goal.goal.parent_id]))


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
    await rollup.recalculate_inside(tx, goal_id, now)
    closed = {"state": GoalState.ACHIEVED.value, "frozenAt": now, "updatedAt": now}
    await write_changes(tx, [goal_id, *below], closed, now)
    tx.changed += [goal_id, *below]
    await fold_above(tx, goal, now)
    await tx.run(NoteEnds([goal_id]))


async def cancel_goal(tx: Transaction, viewer: Viewer, goal_id: str, now: datetime) -> None:
    """Make a goal CANCELLED: its numbers freeze and leave its ancestors' sums; the goals below stay as they are."""
    goal = await locked_goal(tx, viewer, goal_id)
    check_closed(goal, ("id",))
    await rollup.recalculate_inside(tx, goal_id, now)
    cancelled = {"state": GoalState.CANCELLED.value, "frozenAt": now, "updatedAt": now}
    await write_changes(tx, [goal_id], cancelled, now)
    await fold_above(tx, goal, now)
    await tx.run(NoteEnds([goal_id]))


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
    await write_changes(tx, [goal_id], reopened, now)
    await rollup.recalculate_inside(tx, goal_id, now)
    await fold_above(tx, goal, now)
    await tx.run(NoteEnds([goal_id]))


async def locked_goal(  # noqa: PLR0917 - what to lock, and for what
    tx: Transaction,
    viewer: Viewer,
    goal_id: str,
    name: tuple[str, ...] = ("id",),
    also: str | None = None,
    operation: Operation = Operation.WRITE,
) -> GoalForChange:
    """The goal, if the viewer may do this with it, with the root of its tree locked, and that of `also`."""
    await goal_for_change(tx, viewer, goal_id, name, operation)  # nobody holds up a tree that is hidden
    await rollup.lock_roots(tx, [goal_id] if also is None else [goal_id, also])
    return await goal_for_change(tx, viewer, goal_id, name, operation)


async def goal_for_change(
    tx: Transaction,
    viewer: Viewer,
    goal_id: str,
    name: tuple[str, ...] = ("id",),
    operation: Operation = Operation.WRITE,
) -> GoalForChange:
    """The goal, if the viewer may do this with it. NOT_FOUND for hidden and absent alike, FORBIDDEN for seen only."""
    goal = await tx.one(statements.GoalsForChange(viewer.id, [goal_id]))
    if goal is None or not goal.visible:
        raise Refusal(ErrorCode.NOT_FOUND, NOT_FOUND_GOAL, name)
    check_operation(goal, operation, name)
    return goal


async def ancestors(tx: Transaction, goal_id: str) -> list[str]:
    """The ids of a goal and all above it, the goal first."""
    return [row.id for row in await tx.run(statements.AncestorIds(goal_id))]


async def fold_above(tx: Transaction, goal: GoalForChange, now: datetime) -> None:
    """Bring the sums of all goals above a changed one up to date."""
    if goal.goal.parent_id is not None:
        await rollup.fold_upwards(tx, await ancestors(tx, goal.goal.parent_id), now)
