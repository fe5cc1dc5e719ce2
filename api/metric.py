"""Metrics and rollup fields: types and queries. Changing them is `metric_mutation`."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.category import Category
from api.connection import Connection, read_page
from api.context import Info
from api.enums import describe_enum
from api.fields import detail
from api.node import Node
from graph.database import Transaction
from graph.metric import MetricPage, MetricRow, MetricsPage, MetricType, RollupFieldRow
from graph.money import DataType
from graph.version import metric_version

describe_enum(
    MetricType,
    "What a metric measures.",
    {MetricType.COUNT: "How many records count.", MetricType.AMOUNT: "The sum of an amount of the records that count."},
)
describe_enum(
    DataType,
    "What amounts are. All are exact, within 64 bits.",
    {
        DataType.MONEY: "Money in base currency, four decimal places.",
        DataType.INTEGER: "Whole numbers.",
        DataType.DECIMAL: "Decimal numbers, four decimal places.",
    },
)


@strawberry.type(description="One category of a metric, and which records feed it.")
class RollupField(Node):
    """A rollup field."""

    row: strawberry.Private[RollupFieldRow]

    @detail("The category it feeds.")
    def category(self) -> Category:
        """The category."""
        return self.row.category

    @detail("Key of the record type whose records count.")
    def record_type(self) -> str:
        """The record type's key."""
        return self.row.record_type

    @detail("Field of the record type that is summed; null where records are counted.")
    def amount_field(self) -> str | None:
        """The amount field."""
        return self.row.amount_field

    @detail(
        "Field of the record type (with `dateFromParent`, of its parent type) whose date must lie within the goal's "
        "period, both ends included."
    )
    def date_field(self) -> str:
        """The date field."""
        return self.row.date_field

    @detail("State a record must be in.")
    def state(self) -> str:
        """The state."""
        return self.row.state

    @detail("Whether state and statuses are those of the record that a record is part of.")
    def state_from_parent(self) -> bool:
        """Whether the parent record's state counts."""
        return self.row.state_from_parent

    @detail("Whether the date is that of the record that a record is part of.")
    def date_from_parent(self) -> bool:
        """Whether the parent record's date counts."""
        return self.row.date_from_parent

    @detail("Statuses of which a record must have one; empty: any.")
    def statuses(self) -> list[str]:
        """The statuses."""
        return list(self.row.statuses)


@strawberry.type(description="How goals are measured.")
class Metric(Node):
    """A metric."""

    row: strawberry.Private[MetricRow]

    @detail("Name, unique without regard to case, 1 to 100 characters.")
    def name(self) -> str:
        """The name."""
        return self.row.name

    @detail("Description, up to 2 000 characters.")
    def description(self) -> str | None:
        """The description."""
        return self.row.description

    @detail("Whether records are counted or an amount of theirs is summed.")
    def type(self) -> MetricType:
        """The type."""
        return self.row.type

    @detail("What its amounts are. A COUNT metric's is INTEGER.")
    def data_type(self) -> DataType:
        """The data type."""
        return self.row.data_type

    @detail("Whether its goals may have a stretch target.")
    def tracks_stretch_target(self) -> bool:
        """Whether stretch targets are tracked."""
        return self.row.tracks_stretch_target

    @detail("For `expectedVersion`: it moves with the metric and its rollup fields.")
    def version(self, info: Info) -> str:
        """The version."""
        return metric_version(info.context.version_key, self.row)

    @detail("One to three rollup fields, one per category at most.")
    def rollup_fields(self) -> list[RollupField]:
        """The rollup fields, in the order of the categories."""
        return [RollupField(row=field) for field in self.row.fields]


@strawberry.type
class MetricQuery:
    """Queries of metrics."""

    @detail("One metric; null if there is none with this id.")
    async def metric(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The metric's id.")]
    ) -> Metric | None:
        """One metric."""
        row = await info.context.loaders.metrics.load(str(id))
        return None if row is None else Metric(row=row)

    @detail("All metrics, by name.")
    async def metrics(
        self,
        info: Info,
        first: Annotated[int | None, strawberry.argument(description="At most 200; 50 if left out.")] = None,
        after: Annotated[str | None, strawberry.argument(description="Cursor of the last node seen.")] = None,
    ) -> Connection[Metric]:
        """A page of metrics."""
        context = info.context
        cursors = context.cursors({"field": "metrics"})
        page = read_page(cursors, first=first, after=after, forward_only=True)

        async def work(tx: Transaction) -> MetricPage | None:
            after_name = str(page.after[0]) if page.after else None
            return await tx.one(MetricsPage(context.viewer.id, page.limit, after_name))

        found = await context.read(work) or MetricPage([], 0)
        return Connection[Metric].of(
            found.metrics,
            page,
            cursors,
            keys=lambda row: [row.name.casefold()],
            node=lambda row: Metric(row=row),
            total=found.total_count,
        )
