"""The rules of semantics §4 on creating, changing and deleting metrics and rollup fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from graph.change import ask_metric
from graph.errors import ErrorCode, Refusal
from graph.metric import (
    CreateMetric,
    CreateRollupField,
    DeleteMetric,
    DeleteRollupField,
    LockedMetric,
    LockMetric,
    LockMetricRoots,
    MetricNameTaken,
    MetricOfField,
    MetricType,
    SetMetricProperties,
    SetRollupFieldProperties,
)
from graph.money import DataType
from graph.record_type import DATES, record_type_chain
from graph.rights import Kind, Operation, require
from graph.text import checked_name, checked_text
from graph.version import ANY_VERSION, metric_version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graph.database import Transaction
    from graph.metric import MetricRow, RollupFieldRow
    from graph.record_type import RecordField, RecordType
    from graph.rollup_compiler import Category
    from graph.version import Expected
    from graph.visibility import Viewer


@dataclass(frozen=True)
class MetricDraft:
    """What a new metric is made from. A COUNT metric's data type is INTEGER."""

    name: str
    type: MetricType
    data_type: DataType | None
    description: str | None = None
    tracks_stretch_target: bool = False


@dataclass(frozen=True)
class RollupFieldDraft:
    """What a new rollup field is made from. `amount_field` is None for a COUNT metric, required otherwise.

    State and statuses, and the date field, are those of the parent record where the field says so.
    """

    category: Category
    record_type: str
    date_field: str
    state: str
    statuses: tuple[str, ...] = ()
    amount_field: str | None = None
    state_from_parent: bool = False
    date_from_parent: bool = False


async def create_metric(tx: Transaction, viewer: Viewer, draft: MetricDraft) -> str:
    """Create a metric; its id. Refuses METRIC_NAME_TAKEN, INVALID_VALUE, REQUIRED, FORBIDDEN."""
    await require(tx, viewer, Kind.METRIC, Operation.CREATE, "create metrics")
    data_type = _data_type(draft)
    metric_id = str(uuid4())
    name = checked_name(draft.name, ("name",))
    await _check_name_free(tx, metric_id, name)
    properties = {
        "name": name,
        "nameKey": name.casefold(),
        "description": checked_text(draft.description, ("description",)),
        "type": draft.type.value,
        "dataType": data_type.value,
        "tracksStretchTarget": draft.tracks_stretch_target,
    }
    await tx.run(CreateMetric(metric_id, properties))
    return metric_id


async def update_metric(
    tx: Transaction,
    viewer: Viewer,
    metric_id: str,
    changes: Mapping[str, Any],
    expected: Expected = ANY_VERSION,
) -> None:
    """Change `name`, `description`, `tracks_stretch_target` (not once used), `type`, `data_type` (never).

    Refuses METRIC_NAME_TAKEN, METRIC_TYPE_FROZEN, METRIC_IN_USE, NOT_FOUND, FORBIDDEN, CONFLICT.
    """
    metric = (await _lock(tx, viewer, metric_id, "change metrics")).metric
    expected.check(metric_version(expected.key, metric))
    properties: dict[str, Any] = {}
    if "name" in changes:
        name = checked_name(changes["name"], ("name",))
        await _check_name_free(tx, metric_id, name)
        properties |= {"name": name, "nameKey": name.casefold()}
    if "description" in changes:
        properties["description"] = checked_text(changes["description"], ("description",))
    for key, current in (("type", metric.type), ("data_type", metric.data_type)):
        if key in changes and changes[key] != current:
            message = "A metric's type and data type never change. Create another metric."
            raise Refusal(ErrorCode.METRIC_TYPE_FROZEN, message, ("dataType" if key == "data_type" else "type",))
    if changes.get("tracks_stretch_target", metric.tracks_stretch_target) != metric.tracks_stretch_target:
        if metric.in_use:
            message = "Goals use this metric, so whether it tracks a stretch target stays. Create another metric."
            raise Refusal(ErrorCode.METRIC_IN_USE, message, ("tracksStretchTarget",))
        properties["tracksStretchTarget"] = changes["tracks_stretch_target"]
    await tx.run(SetMetricProperties(metric_id, properties))


async def delete_metric(tx: Transaction, viewer: Viewer, metric_id: str, expected: Expected = ANY_VERSION) -> None:
    """Delete an unused metric and its rollup fields. Refuses METRIC_IN_USE, NOT_FOUND, FORBIDDEN, CONFLICT."""
    metric = (await _lock(tx, viewer, metric_id, "delete metrics", operation=Operation.DELETE)).metric
    expected.check(metric_version(expected.key, metric))
    if metric.in_use:
        message = "Goals use this metric. Delete or change them first."
        raise Refusal(ErrorCode.METRIC_IN_USE, message, ("id",))
    await tx.run(DeleteMetric(metric_id))


async def create_rollup_field(tx: Transaction, viewer: Viewer, metric_id: str, draft: RollupFieldDraft) -> str:
    """Add a category to a metric; the field's id. Refuses CATEGORY_TAKEN and what `_checked_field` refuses."""
    locked = await _lock(tx, viewer, metric_id, "define rollup fields", ("metricId",), trees=True)
    if draft.category in locked.metric.categories:
        message = f"The metric has a rollup field for {draft.category} already. Change that one."
        raise Refusal(ErrorCode.CATEGORY_TAKEN, message, ("category",))
    _check_not_closed(locked)
    properties = _checked_field(locked.metric, await record_type_chain(tx, draft.record_type, ("recordType",)), draft)
    field_id = str(uuid4())
    properties["category"] = draft.category.value
    await tx.run(CreateRollupField(field_id, metric_id, draft.record_type, properties))
    await ask_metric(tx, metric_id)
    return field_id


async def update_rollup_field(
    tx: Transaction,
    viewer: Viewer,
    field_id: str,
    changes: Mapping[str, Any],
    expected: Expected = ANY_VERSION,
) -> str:
    """Change a rollup field; its metric's id. `changes`: values by name, as `RollupFieldDraft` has them.

    Goals of the metric become stale.

    Category and record type never change. `expected` is a version of the metric. Refuses ROLLUP_FIELD_FROZEN, CONFLICT
    and what `_checked_field` refuses.
    """
    locked, field = await _lock_field(tx, viewer, field_id)
    expected.check(metric_version(expected.key, locked.metric))
    for key, name in (("category", "category"), ("record_type", "recordType")):
        if key in changes and changes[key] != getattr(field, key):
            message = "A rollup field's category and record type never change. Create another field."
            raise Refusal(ErrorCode.ROLLUP_FIELD_FROZEN, message, (name,))
    _check_not_closed(locked)
    draft = RollupFieldDraft(
        field.category,
        field.record_type,
        changes.get("date_field", field.date_field),
        changes.get("state", field.state),
        tuple(changes.get("statuses", field.statuses) or ()),
        changes.get("amount_field", field.amount_field),
        changes.get("state_from_parent", field.state_from_parent),
        changes.get("date_from_parent", field.date_from_parent),
    )
    await tx.run(
        SetRollupFieldProperties(
            field_id,
            _checked_field(locked.metric, await record_type_chain(tx, draft.record_type, ("recordType",)), draft),
        )
    )
    await ask_metric(tx, locked.metric.id)
    return locked.metric.id


async def delete_rollup_field(tx: Transaction, viewer: Viewer, field_id: str, expected: Expected = ANY_VERSION) -> str:
    """Take a category from a metric that no goal uses; the metric's id. Refuses ROLLUP_FIELD_IN_USE, CONFLICT.

    `expected` is a version of the metric.
    """
    locked, _ = await _lock_field(tx, viewer, field_id)
    expected.check(metric_version(expected.key, locked.metric))
    if locked.metric.in_use:
        message = "Goals use the metric of this rollup field. Delete or change them first."
        raise Refusal(ErrorCode.ROLLUP_FIELD_IN_USE, message, ("id",))
    await tx.run(DeleteRollupField(field_id))
    return locked.metric.id


def _data_type(draft: MetricDraft) -> DataType:
    if draft.type is MetricType.COUNT:
        if draft.data_type not in {None, DataType.INTEGER}:
            message = "A COUNT metric counts in INTEGER. Leave dataType out, or make the type AMOUNT."
            raise Refusal(ErrorCode.INVALID_VALUE, message, ("dataType",))
        return DataType.INTEGER
    if draft.data_type is None:
        message = "An AMOUNT metric needs a dataType: MONEY, INTEGER or DECIMAL."
        raise Refusal(ErrorCode.REQUIRED, message, ("dataType",))
    return draft.data_type


def _checked_field(metric: MetricRow, chain: Sequence[RecordType], draft: RollupFieldDraft) -> dict[str, Any]:
    """The stored properties of a rollup field, each checked against its record type, or the type's parent type."""
    kind = chain[0]
    stated = _read_type(chain, "stateFromParent", from_parent=draft.state_from_parent)
    dated = _read_type(chain, "dateFromParent", from_parent=draft.date_from_parent)
    if metric.type is MetricType.COUNT:
        if draft.amount_field is not None:
            message = "The metric counts records, so its rollup fields have no amount field. Leave it out."
            raise Refusal(ErrorCode.AMOUNT_FIELD_ON_COUNT, message, ("amountField",))
    elif draft.amount_field is None:
        message = f"The metric sums an amount: name a field of {kind.key} whose type is {metric.data_type}."
        raise Refusal(ErrorCode.AMOUNT_FIELD_REQUIRED, message, ("amountField",))
    else:
        amount_type = _declared(kind, draft.amount_field, "amountField").data_type
        if amount_type.value != metric.data_type.value:
            message = f"{draft.amount_field} is {amount_type}, the metric is {metric.data_type}: they must be equal."
            raise Refusal(ErrorCode.AMOUNT_FIELD_TYPE_MISMATCH, message, ("amountField",))
    date_type = _declared(dated, draft.date_field, "dateField").data_type
    if date_type not in DATES:
        message = f"{draft.date_field} is {date_type}: name a field of {dated.key} that is a DATE or DATETIME."
        raise Refusal(ErrorCode.INVALID_VALUE, message, ("dateField",))
    if draft.state not in stated.states:
        message = f"{stated.key} has no state {draft.state!r}. It has: {', '.join(stated.states) or 'none'}."
        raise Refusal(ErrorCode.UNKNOWN_STATE, message, ("state",))
    for status in draft.statuses:
        if status not in stated.states[draft.state]:
            message = f"{draft.state} has no status {status!r}. It has: {', '.join(stated.states[draft.state])}."
            raise Refusal(ErrorCode.UNKNOWN_STATUS, message, ("statuses",))
    return {
        "amountField": draft.amount_field,
        "dateField": draft.date_field,
        "state": draft.state,
        "statuses": sorted(set(draft.statuses)),
        "stateFromParent": draft.state_from_parent,
        "dateFromParent": draft.date_from_parent,
    }


def _read_type(chain: Sequence[RecordType], field: str, *, from_parent: bool) -> RecordType:
    """The type of the records that are read: the field's own, or the one it is part of. Refuses INVALID_VALUE."""
    if from_parent and len(chain) == 1:
        message = f"Records of type {chain[0].key} are part of no other record. Leave {field} out."
        raise Refusal(ErrorCode.INVALID_VALUE, message, (field,))
    return chain[1] if from_parent else chain[0]


def _declared(kind: RecordType, name: str, field: str) -> RecordField:
    if name not in kind.fields:
        message = f"{kind.key} has no field {name!r}. It has: {', '.join(kind.fields)}."
        raise Refusal(ErrorCode.UNKNOWN_FIELD, message, (field,))
    return kind.fields[name]


async def _lock(
    tx: Transaction,
    viewer: Viewer,
    metric_id: str,
    to_do: str,
    field: tuple[str, ...] = ("id",),
    *,
    trees: bool = False,
    operation: Operation = Operation.WRITE,
) -> LockedMetric:
    """The metric under lock; `trees`: and before it the roots of its trees, so that no rollup is under way."""
    await require(tx, viewer, Kind.METRIC, operation, to_do)
    if trees:
        await tx.run(LockMetricRoots(metric_id))
    locked = await tx.one(LockMetric(metric_id))
    if locked is None:
        message = "There is no such metric."
        raise Refusal(ErrorCode.NOT_FOUND, message, field)
    return locked


async def _lock_field(tx: Transaction, viewer: Viewer, field_id: str) -> tuple[LockedMetric, RollupFieldRow]:
    await require(tx, viewer, Kind.METRIC, Operation.WRITE, "define rollup fields")
    metric = await tx.one(MetricOfField(field_id))
    if metric is not None:
        locked = await _lock(tx, viewer, metric.id, "define rollup fields", trees=True)
        for field in locked.metric.fields:
            if field.id == field_id:
                return locked, field
    message = "There is no such rollup field."
    raise Refusal(ErrorCode.NOT_FOUND, message, ("id",))


async def _check_name_free(tx: Transaction, metric_id: str, name: str) -> None:
    taken = await tx.one(MetricNameTaken(metric_id, name.casefold()))
    if taken is not None and taken.count:
        message = "Another metric has this name. Choose another one."
        raise Refusal(ErrorCode.METRIC_NAME_TAKEN, message, ("name",))


def _check_not_closed(locked: LockedMetric) -> None:
    if locked.used_by_closed:
        message = "A closed goal uses this metric, so its rollup fields stay as they are. Create another metric."
        raise Refusal(ErrorCode.METRIC_IN_USE, message, ("metricId",))
