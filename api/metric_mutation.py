"""Changing metrics and rollup fields: each mutation is one call of `graph/metric_change.py`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

import strawberry

from api.category import Category
from api.context import Info
from api.fields import detail, public
from api.goal_input import present
from api.metric import Metric
from api.payload import MutationInput, MutationPayload, VersionedInput, change
from graph import metric_change
from graph.database import Transaction
from graph.metric import MetricType
from graph.metric_change import MetricDraft, RollupFieldDraft
from graph.money import DataType

_INPUT = strawberry.argument(description="The mutation's input.")
Work = Callable[[Transaction], Awaitable[str]]
_AMOUNT = "Field to sum, of the metric's data type; left out for a COUNT metric."
_DATE = "DATE or DATETIME field whose date must lie within a goal's period."
_STATE_FROM_PARENT = "Whether state and statuses are those of the record that a record is part of, as for order lines."
_DATE_FROM_PARENT = "Whether the date is that of the record that a record is part of."
_STATUSES = "Statuses of which a record must have one; empty: any."


@strawberry.type(description="A metric after the change.")
class MetricPayload(MutationPayload):
    """Payload of mutations of one metric."""

    metric: Metric | None = detail("The metric with its rollup fields; null if it was refused.")


@strawberry.type(description="What was deleted.")
class DeleteMetricPayload(MutationPayload):
    """Payload of deleteMetric."""

    deleted_id: strawberry.ID | None = detail("Id of the metric that is gone; null if it was refused.")


@strawberry.input(description="A new metric.")
class CreateMetricInput(MutationInput):
    """Input of createMetric."""

    name: str = strawberry.field(description="Name, unique without regard to case, 1 to 100 characters.")
    type: MetricType = strawberry.field(description="COUNT or AMOUNT; never changes.")
    data_type: DataType | None = strawberry.field(
        default=None, description="What amounts are; never changes. Left out for COUNT, which is INTEGER."
    )
    description: str | None = strawberry.field(default=None, description="Up to 2 000 characters.")
    tracks_stretch_target: bool = strawberry.field(
        default=False, description="Whether goals may have a stretch target."
    )


@strawberry.input(description="Changes of a metric: what is left out stays.")
class UpdateMetricInput(VersionedInput):
    """Input of updateMetric."""

    id: strawberry.ID = strawberry.field(description="The metric.")
    name: strawberry.Maybe[str] = strawberry.field(default=None, description="Name, 1 to 100 characters.")
    description: strawberry.Maybe[str | None] = strawberry.field(default=None, description="Up to 2 000 characters.")
    type: strawberry.Maybe[MetricType] = strawberry.field(default=None, description="Refused if it would change.")
    data_type: strawberry.Maybe[DataType] = strawberry.field(default=None, description="Refused if it would change.")
    tracks_stretch_target: strawberry.Maybe[bool] = strawberry.field(
        default=None, description="Refused if it would change and goals use the metric."
    )


@strawberry.input(description="A metric.")
class MetricIdInput(VersionedInput):
    """Input of deleteMetric."""

    id: strawberry.ID = strawberry.field(description="The metric.")


@strawberry.input(description="A new rollup field.")
class CreateRollupFieldInput(MutationInput):
    """Input of createRollupField."""

    metric_id: strawberry.ID = strawberry.field(description="The metric.")
    category: Category = strawberry.field(description="The category it feeds; one field each.")
    record_type: str = strawberry.field(description="Key of the record type, such as `opportunity`.")
    date_field: str = strawberry.field(description=_DATE)
    state: str = strawberry.field(description="State a record must be in, such as `WON`.")
    statuses: list[str] = strawberry.field(default_factory=list, description=_STATUSES)
    amount_field: str | None = strawberry.field(default=None, description=_AMOUNT)
    state_from_parent: bool = strawberry.field(default=False, description=_STATE_FROM_PARENT)
    date_from_parent: bool = strawberry.field(default=False, description=_DATE_FROM_PARENT)


@strawberry.input(description="Changes of a rollup field: what is left out stays. `expectedVersion` is its metric's.")
class UpdateRollupFieldInput(VersionedInput):
    """Input of updateRollupField."""

    id: strawberry.ID = strawberry.field(description="The rollup field.")
    category: strawberry.Maybe[Category] = strawberry.field(default=None, description="Refused if it would change.")
    record_type: strawberry.Maybe[str] = strawberry.field(default=None, description="Refused if it would change.")
    date_field: strawberry.Maybe[str] = strawberry.field(default=None, description=_DATE)
    state: strawberry.Maybe[str] = strawberry.field(default=None, description="State a record must be in.")
    statuses: strawberry.Maybe[list[str]] = strawberry.field(default=None, description=_STATUSES)
    amount_field: strawberry.Maybe[str] = strawberry.field(default=None, description=_AMOUNT)
    state_from_parent: strawberry.Maybe[bool] = strawberry.field(default=None, description=_STATE_FROM_PARENT)
    date_from_parent: strawberry.Maybe[bool] = strawberry.field(default=None, description=_DATE_FROM_PARENT)


@strawberry.input(description="A rollup field. `expectedVersion` is its metric's.")
class RollupFieldIdInput(VersionedInput):
    """Input of deleteRollupField; `expectedVersion` is the metric's."""

    id: strawberry.ID = strawberry.field(description="The rollup field.")


_METRIC_CHANGES = ("name", "description", "type", "data_type", "tracks_stretch_target")
_FIELD_CHANGES = (
    *("category", "record_type", "date_field", "state", "statuses", "amount_field"),
    *("state_from_parent", "date_from_parent"),
)


@strawberry.type
class MetricMutation:
    """Mutations of metrics and rollup fields."""

    @public("Create a metric. It needs a rollup field before goals can use it.")
    async def create_metric(self, info: Info, input: Annotated[CreateMetricInput, _INPUT]) -> MetricPayload:
        """Create a metric."""
        draft = MetricDraft(input.name, input.type, input.data_type, input.description, input.tracks_stretch_target)

        async def work(tx: Transaction) -> str:
            return await metric_change.create_metric(tx, info.context.viewer, draft)

        return await _payload(info, input, work)

    @public("Change a metric.")
    async def update_metric(self, info: Info, input: Annotated[UpdateMetricInput, _INPUT]) -> MetricPayload:
        """Change a metric."""

        async def work(tx: Transaction) -> str:
            changes = present(input, _METRIC_CHANGES)
            expected = info.context.expected(input.expected_version)
            await metric_change.update_metric(tx, info.context.viewer, input.id, changes, expected)
            return str(input.id)

        return await _payload(info, input, work)

    @public("Delete a metric that no goal uses, with its rollup fields.")
    async def delete_metric(self, info: Info, input: Annotated[MetricIdInput, _INPUT]) -> DeleteMetricPayload:
        """Delete a metric."""

        async def work(tx: Transaction) -> str:
            expected = info.context.expected(input.expected_version)
            await metric_change.delete_metric(tx, info.context.viewer, input.id, expected)
            return str(input.id)

        deleted, errors = await change(info, input, work)
        return DeleteMetricPayload(
            deleted_id=strawberry.ID(deleted) if deleted else None,
            user_errors=errors,
            client_mutation_id=input.client_mutation_id,
        )

    @public("Add a category to a metric. Goals of the metric become stale.")
    async def create_rollup_field(self, info: Info, input: Annotated[CreateRollupFieldInput, _INPUT]) -> MetricPayload:
        """Create a rollup field."""
        draft = RollupFieldDraft(
            input.category,
            input.record_type,
            input.date_field,
            input.state,
            tuple(input.statuses),
            input.amount_field,
            input.state_from_parent,
            input.date_from_parent,
        )

        async def work(tx: Transaction) -> str:
            await metric_change.create_rollup_field(tx, info.context.viewer, input.metric_id, draft)
            return str(input.metric_id)

        return await _payload(info, input, work)

    @public("Change which records a rollup field counts.")
    async def update_rollup_field(self, info: Info, input: Annotated[UpdateRollupFieldInput, _INPUT]) -> MetricPayload:
        """Change a rollup field."""

        async def work(tx: Transaction) -> str:
            changes = present(input, _FIELD_CHANGES)
            expected = info.context.expected(input.expected_version)
            return await metric_change.update_rollup_field(tx, info.context.viewer, input.id, changes, expected)

        return await _payload(info, input, work)

    @public("Take a category from a metric that no goal uses.")
    async def delete_rollup_field(self, info: Info, input: Annotated[RollupFieldIdInput, _INPUT]) -> MetricPayload:
        """Delete a rollup field."""

        async def work(tx: Transaction) -> str:
            expected = info.context.expected(input.expected_version)
            return await metric_change.delete_rollup_field(tx, info.context.viewer, input.id, expected)

        return await _payload(info, input, work)


async def _payload(info: Info, told: MutationInput, work: Work) -> MetricPayload:
    metric_id, errors = await change(info, told, work)
    row = await info.context.loaders.metrics.load(metric_id) if metric_id else None
    return MetricPayload(
        metric=Metric(row=row) if row else None, user_errors=errors, client_mutation_id=told.client_mutation_id
    )
