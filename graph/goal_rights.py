"""What changing goals needs rights for: the operation itself, secured fields, counting the records of an own part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graph import rights
from graph.errors import ErrorCode, Refusal
from graph.goal import RecordSet
from graph.goal_rules import PROPERTIES_THAT_COUNT, metric_with_fields, owner_id
from graph.rights import Operation
from graph.statement import Read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graph.database import Transaction
    from graph.goal_creation import PlannedGoal
    from graph.goal_statements import GoalForChange
    from graph.visibility import Viewer

_TO_DO = {
    Operation.WRITE: "change it",
    Operation.DELETE: "delete it",
    Operation.ASSIGN: "assign it",
    Operation.RECALCULATE: "recalculate it",
    Operation.OVERRIDE: "override its totals",
    Operation.SHARE: "share it",
}
_MAY_NOT_COUNT = (
    "You may not count the records of this owner. Take everything from children (rollupOnlyFromChildren), name "
    "an owner whose records you may count, or ask for a role that may."
)
#: Fields of a draft that a field profile can secure: key, what it secures, name in inputs.
_SECURED = (
    ("description", "goal.description", "description"),
    ("target", "goal.target", "target"),
    ("stretch_target", "goal.target", "stretchTarget"),
)


@dataclass(frozen=True, slots=True)
class Operations:
    """What the viewer may do with a goal, beside seeing it."""

    goal_id: str
    operations: list[str]


@dataclass(frozen=True)
class OperationsOf(Read[Operations], path="goal/operations_of", row=Operations):
    """What the viewer may do with each of these goals."""

    viewer: str
    goals: list[str]


def check_operation(goal: GoalForChange, operation: Operation, name: tuple[str, ...]) -> None:
    """Refuses FORBIDDEN unless the viewer may do this with the goal."""
    if operation.word not in goal.operations:
        message = f"You may see this goal, but not {_TO_DO[operation]}. Ask its manager, or for a role that may."
        raise Refusal(ErrorCode.FORBIDDEN, message, name)


def operation_of(changes: Mapping[str, Any]) -> Operation:
    """The operation that an update is: ASSIGN where it changes manager and owner alone, else WRITE."""
    return Operation.ASSIGN if changes and set(changes) <= {"manager_id", "owner_id"} else Operation.WRITE


async def check_plan(
    tx: Transaction,
    viewer: Viewer,
    parent: GoalForChange | None,
    planned: Sequence[PlannedGoal],
    paths: Mapping[str, tuple[str, ...]],
) -> None:
    """Refuses FORBIDDEN unless the viewer may create these goals and count what they count.

    Below a goal that the viewer may change everybody may create; a root needs a role that covers its manager.
    """
    if parent is None:
        for manager in sorted({one.manager_id for one in planned if one.parent is None}):
            await rights.check_may_create(tx, viewer, manager, ("parentId",))
    for _, secured, stored in _SECURED:
        first = next((one for one in planned if one.properties[stored] is not None), None)
        if first is not None:
            await rights.check_field_writable(tx, viewer, secured, (*paths[first.key], stored))
    counting = [one for one in planned if not one.properties["rollupOnlyFromChildren"]]
    if not counting:
        return
    types = {field.record_type for one in counting for field in one.metric.fields}
    owned = {
        (one.owner_id, one.properties["includeTeamMembers"])
        for one in counting
        if one.properties["recordSet"] != RecordSet.ALL
    }
    everything = any(one.properties["recordSet"] == RecordSet.ALL for one in counting)
    may = await rights.countable(tx, viewer, types, owned, all_records=everything)
    for one in counting:
        whole = one.properties["recordSet"] == RecordSet.ALL
        if (None if whole else (one.owner_id, one.properties["includeTeamMembers"])) not in may:
            raise Refusal(ErrorCode.FORBIDDEN, _MAY_NOT_COUNT, (*paths[one.key], "rollupOnlyFromChildren"))


async def check_changes(tx: Transaction, viewer: Viewer, goal: GoalForChange, changes: Mapping[str, Any]) -> None:
    """Refuses FORBIDDEN for what a change needs beside the right to change the goal.

    That is: to assign for a new owner or manager, to write a secured field, to count what the goal is going to count.
    """
    if {"manager_id", "owner_id"} & set(changes):
        check_operation(goal, Operation.ASSIGN, ("id",))
    for key, secured, name in _SECURED:
        if key in changes:
            await rights.check_field_writable(tx, viewer, secured, (name,))
    row = goal.goal
    if changes.get("metric_id") not in {None, row.metric_id}:
        # It takes the targets along, and what of them another metric cannot hold would be told by its refusal.
        await rights.check_field_writable(tx, viewer, "goal.target", ("metricId",))
    if not PROPERTIES_THAT_COUNT & set(changes) or changes.get(
        "rollup_only_from_children", row.rollup_only_from_children
    ):
        return
    metric = await metric_with_fields(tx, viewer, changes.get("metric_id") or row.metric_id)
    owner = row.owner_id if changes.get("owner_id") is None else await owner_id(tx, changes["owner_id"])
    types = {field.record_type for field in metric.fields}
    if RecordSet(changes.get("record_set") or row.record_set) is RecordSet.ALL:
        may = await rights.countable(tx, viewer, types, (), all_records=True)
    else:
        owned = (owner, bool(changes.get("include_team_members", row.include_team_members)))
        may = await rights.countable(tx, viewer, types, [owned], all_records=False)
    if not may:
        raise Refusal(ErrorCode.FORBIDDEN, _MAY_NOT_COUNT, ("rollupOnlyFromChildren",))
