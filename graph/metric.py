"""Metrics and their rollup fields: rows and statements. The rules on changing them are `metric_change`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from graph.money import DataType
from graph.progress import Thresholds
from graph.rollup_compiler import Category
from graph.statement import Count, Id, Read, Write

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime


#: Days after a goal's end on which runs still change it by themselves, unless the settings say otherwise.
LATE_AFTER_DAYS = 30


class MetricType(StrEnum):
    """Whether records are counted, or an amount of theirs is summed."""

    COUNT = "COUNT"
    AMOUNT = "AMOUNT"


@dataclass(frozen=True, slots=True)
class RollupFieldRow:
    """One category of a metric and where its numbers come from. Field names are those the record type declares.

    State and statuses, and the date, are those of the record that a record is part of where it says so.
    """

    id: str
    category: Category
    record_type: str
    label: str
    amount_field: str | None
    date_field: str
    state: str
    statuses: tuple[str, ...]
    state_from_parent: bool
    date_from_parent: bool


@dataclass(frozen=True, slots=True)
class MetricRow:
    """A metric. `in_use`: a goal has it.

    `time_zone`, `base_currency` and `thresholds` are the organization's: when its goals have their today, what money
    is in, and how well goals must stand; `late_after_days` is too: how long after its end a goal changes by itself.
    """

    id: str
    name: str
    description: str | None
    type: MetricType
    data_type: DataType
    tracks_stretch_target: bool
    in_use: bool
    fields: tuple[RollupFieldRow, ...]
    time_zone: str
    base_currency: str
    thresholds: Thresholds
    late_after_days: int = LATE_AFTER_DAYS

    @property
    def categories(self) -> tuple[Category, ...]:
        """The categories it has, in the order of the enum."""
        present = {field.category for field in self.fields}
        return tuple(category for category in Category if category in present)

    def today(self, now: datetime) -> date:
        """The date at a moment in the organization's time zone."""
        return now.astimezone(ZoneInfo(self.time_zone)).date()

    def late_before(self, now: datetime) -> date:
        """The day before which goals must have ended to be late."""
        return self.today(now) - timedelta(days=self.late_after_days)

    def is_late(self, end: date, now: datetime) -> bool:
        """Whether a goal with this last day no longer changes by itself."""
        return end + timedelta(days=self.late_after_days) < self.today(now)

    @classmethod
    def read(cls, columns: Mapping[str, Any]) -> MetricRow:
        """From the map of `columns/metric.cypher`."""
        fields = (
            RollupFieldRow(
                **{
                    **field,
                    "category": Category(field["category"]),
                    "statuses": tuple(field["statuses"] or ()),
                }
            )
            for field in columns["fields"]
        )
        late = columns["late_after_days"]
        return cls(
            **{
                **columns,
                "type": MetricType(columns["type"]),
                "data_type": DataType(columns["data_type"]),
                "thresholds": Thresholds.of_units(*(columns["thresholds"] or (None, None))),
                "late_after_days": LATE_AFTER_DAYS if late is None else late,
                "fields": tuple(sorted(fields, key=lambda field: list(Category).index(field.category))),
            }
        )


class _ReadsMetric:
    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> MetricRow:
        return MetricRow.read(columns["metric"])


@dataclass(frozen=True)
class MetricsByIds(_ReadsMetric, Read[MetricRow], path="metric/by_ids", row=MetricRow):
    """The metrics with these ids."""

    viewer: str
    ids: list[str]


@dataclass(frozen=True)
class MetricForRollup(_ReadsMetric, Read[MetricRow], path="metric/for_rollup", row=MetricRow):
    """The metric of a goal."""

    goal: str


@dataclass(frozen=True, slots=True)
class MetricPage:
    """One page of metrics, and how many there are in all."""

    metrics: list[MetricRow]
    total_count: int


@dataclass(frozen=True)
class MetricsPage(Read[MetricPage], path="metric/page", row=MetricPage):
    """A page of metrics by name; `after_name` is the lower-case name of the last one seen."""

    viewer: str
    first: int
    after_name: str | None

    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> MetricPage:
        """The page's metrics as rows."""
        return MetricPage([MetricRow.read(metric) for metric in columns["metrics"]], columns["total_count"])


@dataclass(frozen=True, slots=True)
class LockedMetric:
    """A metric under this transaction's lock."""

    metric: MetricRow
    used_by_closed: bool


@dataclass(frozen=True)
class LockMetric(Write[LockedMetric], path="metric/lock", row=LockedMetric):
    """Lock a metric and read it."""

    id: str

    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> LockedMetric:
        """The metric's map as a row."""
        return LockedMetric(MetricRow.read(columns["metric"]), columns["used_by_closed"])


@dataclass(frozen=True)
class MetricNameTaken(Read[Count], path="metric/name_taken", row=Count):
    """Whether another metric has this name."""

    id: str
    name_key: str


@dataclass(frozen=True)
class CreateMetric(Write[Id], path="metric/create", row=Id):
    """A new metric."""

    id: str
    properties: dict[str, Any]


@dataclass(frozen=True)
class SetMetricProperties(Write[Id], path="metric/set_properties", row=Id):
    """Change a metric's properties."""

    id: str
    properties: dict[str, Any]


@dataclass(frozen=True)
class DeleteMetric(Write[Count], path="metric/delete", row=Count):
    """Delete a metric and its rollup fields."""

    id: str


@dataclass(frozen=True)
class CreateRollupField(Write[Id], path="metric/create_field", row=Id):
    """A new rollup field."""

    id: str
    metric: str
    record_type: str
    properties: dict[str, Any]


@dataclass(frozen=True)
class SetRollupFieldProperties(Write[Id], path="metric/set_field_properties", row=Id):
    """Change a rollup field's properties."""

    id: str
    properties: dict[str, Any]


@dataclass(frozen=True)
class DeleteRollupField(Write[Count], path="metric/delete_field", row=Count):
    """Delete a rollup field."""

    id: str


@dataclass(frozen=True)
class MetricOfField(Read[Id], path="metric/of_field", row=Id):
    """The metric that a rollup field belongs to."""

    field: str


@dataclass(frozen=True)
class LockMetricRoots(Write[Count], path="metric/lock_roots", row=Count):
    """Lock the roots of every tree that a metric measures."""

    metric: str
