"""Goals as they are read: rows, and the statements that find them, each as one viewer sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from graph.period import GoalPeriod, PeriodKind, Template
from graph.rollup_compiler import Category
from graph.statement import Read, native

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from graph.metric import MetricRow


_OWN = {category: f"{category.column}_own" for category in Category}
_BELOW = {category: f"{category.column}_below" for category in Category}
_PINNED = {category: f"{category.column}_pinned" for category in Category}

#: Attributes that can be kept back, by the name of what is secured: also when it was changed.
_SECURED = {
    "description": "description",
    "description_changed_ms": "description",
    "target": "target",
    "target_changed_ms": "target",
    "stretch_target": "target",
    "queries": "queries",
    "queries_changed_ms": "queries",
}


class GoalState(StrEnum):
    """OPEN goals change; ACHIEVED and CANCELLED ones are closed: read-only, their numbers frozen."""

    OPEN = "OPEN"
    ACHIEVED = "ACHIEVED"
    CANCELLED = "CANCELLED"


class RecordSet(StrEnum):
    """Which records a goal's own part counts: those of its owner, or all of the type."""

    OWNED = "OWNED"
    ALL = "ALL"


class RollupState(StrEnum):
    """How far a goal's numbers can be relied on: the first that holds."""

    ERROR = "ERROR"
    OVERFLOW = "OVERFLOW"
    CALCULATING = "CALCULATING"
    STALE = "STALE"
    CURRENT = "CURRENT"


@dataclass(frozen=True, slots=True)
class GoalRow:
    """A goal: stored properties as STORED names them, then links and what its root knows. Dates are ISO text.

    Amounts are units of the metric's data type; own parts are null until calculated; `..._below` and counts null = 0.
    `holds_until` is the last day for which the numbers of the tree hold by themselves, where one does. `queries` are
    pairs of category and rollup query, by category; None also where they were not asked for.
    """

    id: str
    title: str
    description: str | None
    state: str
    restricted: bool
    target: int | None
    stretch_target: int | None
    rollup_only_from_children: bool
    record_set: str
    include_team_members: bool
    period_kind: str
    fiscal_year: int | None
    fiscal_index: int | None
    period_label: str
    period_template: str | None
    start: str
    end: str
    actual_own: int | None
    actual_own_count: int | None
    actual_below: int | None
    actual_below_count: int | None
    in_progress_own: int | None
    in_progress_own_count: int | None
    in_progress_below: int | None
    in_progress_below_count: int | None
    custom_own: int | None
    custom_own_count: int | None
    custom_below: int | None
    custom_below_count: int | None
    actual_pinned: int | None
    in_progress_pinned: int | None
    custom_pinned: int | None
    override_reason: str | None
    override_author: str | None
    overridden_ms: int | None
    override_end: str | None
    rollup_error: str | None
    rollup_message: str | None
    incomplete: bool | None
    late_changes: bool | None
    frozen_ms: int | None
    created_ms: int
    updated_ms: int
    target_changed_ms: int | None
    description_changed_ms: int | None
    queries_changed_ms: int | None
    metric_id: str
    manager_id: str
    owner_id: str
    parent_id: str | None
    calculated_ms: int | None
    calculating_until_ms: int | None
    holds_until: str | None
    pending: bool
    queries: list[list[str]] | None = None
    masked: list[str] | None = None

    @classmethod
    def read(cls, values: Sequence[Any]) -> GoalRow:
        """From the list of `columns/seen_goal.cypher`: a map of properties, ids, root facts, queries, what is masked.

        What the viewer may not read is left out: here, but for results, which `own`, `total` and `count` keep back.
        """
        properties, *links = values
        get = properties.get
        row = cls(*[get(name) for name in STORED], *links)
        row._leave_out(_SECURED)
        return row

    def hides(self, field: str) -> bool:
        """Whether the viewer may not read this: a target, a category's numbers, the queries."""
        return self.masked is not None and f"goal.{field}" in self.masked

    def editable(self, name: str) -> Any:
        """An editable value as the viewer may read it."""
        hidden = any(name == _PINNED[category] and self.hides(category.stored) for category in Category)
        return None if hidden else getattr(self, name)

    @classmethod
    def some(cls, attributes: Sequence[str], values: Sequence[Any], pending: Collection[str]) -> GoalRow:
        """A row with these attributes alone: each of the others raises AttributeError, and is never taken for null.

        `pending`: the ids of the goals with changes that are not in their numbers yet.
        """
        row = object.__new__(cls)
        for attribute, value in zip(attributes, values, strict=True):
            object.__setattr__(row, attribute, value)
        object.__setattr__(row, "pending", row.id in pending)
        row._leave_out(attributes)
        return row

    def _leave_out(self, attributes: Iterable[str]) -> None:
        """Make those of these attributes null that the viewer may not read; for results, see `own`."""
        if self.masked:
            for name in attributes:
                if name in _SECURED and self.hides(_SECURED[name]):
                    object.__setattr__(self, name, None)

    @property
    def start_date(self) -> date:
        """The period's first day."""
        return date.fromisoformat(self.start)

    @property
    def end_date(self) -> date:
        """The period's last day."""
        return date.fromisoformat(self.end)

    @property
    def created_at(self) -> datetime:
        """When the goal was made."""
        return _EPOCH + timedelta(milliseconds=self.created_ms)

    @property
    def updated_at(self) -> datetime:
        """When its definition was last changed, as far as the viewer may read it: no secured field moves it."""
        secured = (self.target_changed_ms, self.description_changed_ms, self.queries_changed_ms)
        moments = (self.updated_ms, *(moment or 0 for moment in secured))
        return _EPOCH + timedelta(milliseconds=max(moments))

    @property
    def overridden_at(self) -> datetime | None:
        """When its override was given; None without one."""
        return None if self.overridden_ms is None else _EPOCH + timedelta(milliseconds=self.overridden_ms)

    def own(self, category: Category) -> int | None:
        """The own part, in units; None until calculated, and for who may not read it."""
        return None if self.hides(category.stored) else self._stored(_OWN[category])

    def _stored(self, name: str) -> int | None:
        value: int | None = getattr(self, name)
        return value

    def below(self, category: Category) -> int:
        """The sum of the children's totals, in units; never shown as such."""
        return getattr(self, _BELOW[category]) or 0

    def computed(self, category: Category) -> int | None:
        """Own part plus children's totals, in units; None until calculated, and for who may not read it."""
        own = self.own(category)
        return None if own is None else own + self.below(category)

    def pinned(self, category: Category) -> int | None:
        """What an override put in the place of the computed value, in units; None if nothing did, or not readable."""
        return None if self.hides(category.stored) else self._stored(_PINNED[category])

    def total(self, category: Category) -> int | None:
        """The pinned value, or else the computed one, in units; None if there is neither."""
        pinned = self.pinned(category)
        return self.computed(category) if pinned is None else pinned

    def stored_total(self, category: Category) -> int | None:
        """The total whoever reads it: what sums are checked with, never shown."""
        pinned, own = self._stored(_PINNED[category]), self._stored(_OWN[category])
        if pinned is not None:
            return pinned
        return None if own is None else own + self.below(category)

    def count(self, categories: Sequence[Category]) -> int | None:
        """Records counted in these categories, own and below; None until calculated, and for who may not read it."""
        if any(self.own(category) is None for category in categories):
            return None
        return sum(
            (getattr(self, f"{category.column}_{part}_count") or 0)
            for category in categories
            for part in ("own", "below")
        )

    @property
    def closed(self) -> bool:
        """Whether the goal is read-only and its numbers frozen."""
        return self.state != GoalState.OPEN

    @property
    def period(self) -> GoalPeriod:
        """The goal's period, as stored with it."""
        return GoalPeriod(
            PeriodKind(self.period_kind),
            self.fiscal_year,
            self.fiscal_index,
            self.period_label,
            self.start_date,
            self.end_date,
            None if self.period_template is None else Template(self.period_template),
        )

    def rollup_state(self, metric: MetricRow, now: datetime) -> RollupState:
        """Semantics §9: the first of ERROR, OVERFLOW, CALCULATING, STALE, CURRENT that holds."""
        if self.rollup_error:
            return RollupState(self.rollup_error)
        until = self.calculating_until_ms
        if until is not None and until > now.timestamp() * 1000 and not self.closed:
            return RollupState.CALCULATING
        uncalculated = any(self._stored(_OWN[category]) is None for category in metric.categories)
        overdue = self.holds_until is not None and self.holds_until < metric.today(now).isoformat()
        if uncalculated or (not self.closed and (self.pending or overdue or self.late_changes)):
            return RollupState.STALE
        return RollupState.CURRENT

    def last_calculated(self, metric: MetricRow) -> datetime | None:
        """When the numbers were worked out; None if they never were."""
        if any(self._stored(_OWN[category]) is None for category in metric.categories):
            return None
        moment = self.frozen_ms or self.calculated_ms
        return None if moment is None else _EPOCH + timedelta(milliseconds=moment)


#: The stored property of each of GoalRow's first fields.
STORED = (
    *("id", "title", "description", "state", "restricted", "target", "stretchTarget", "rollupOnlyFromChildren"),
    *("recordSet", "includeTeamMembers", "periodKind", "fiscalYear", "fiscalIndex", "periodLabel"),
    "periodTemplate",
    *("startDate", "endDate"),
    *(f"{category.stored}{part}" for category in Category for part in ("Own", "OwnCount", "Below", "BelowCount")),
    *(f"{category.stored}Pinned" for category in Category),
    *("overrideReason", "overrideAuthor", "overriddenAt", "overrideEnd"),
    *("rollupError", "rollupMessage", "incomplete", "lateChanges", "frozenAt", "createdAt", "updatedAt"),
    *("targetChangedAt", "descriptionChangedAt", "queriesChangedAt"),
)
#: Properties that are dear to send as they are: dates are sent as text, moments as milliseconds.
DATES_AND_MOMENTS = (
    *("startDate", "endDate", "overrideEnd", "overriddenAt", "frozenAt", "createdAt", "updatedAt"),
    *("targetChangedAt", "descriptionChangedAt", "queriesChangedAt"),
)
#: The attribute of a row that holds a stored property.
ATTRIBUTES = dict(zip(STORED, GoalRow.__match_args__, strict=False))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class GoalsByIds(Read[GoalRow], path="goal/by_ids", row=GoalRow):
    """The visible ones of these goals."""

    viewer: str
    ids: list[str]

    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> GoalRow:
        """A goal from its list."""
        return GoalRow.read(columns["goal"])


@dataclass(frozen=True, slots=True)
class GoalPage:
    """One page of goals, the order's key of each, and how many match."""

    goals: list[GoalRow]
    keys: list[Any]
    total_count: int


@dataclass(frozen=True)
class GoalsPage(Read[GoalPage], path="goal/page", row=GoalPage):
    """A page of the visible goals that match a filter. `order_property` is a stored property."""

    viewer: str
    first: int
    search: str | None = None
    states: list[str] | None = None
    fiscal_year: int | None = None
    fiscal_index: int | None = None
    on: date | None = None
    metric: str | None = None
    manager: str | None = None
    owner: str | None = None
    roots_only: bool = False
    order_property: str = "title"
    descending: bool = False
    after_unset: int = 0
    after_key: Any = None
    after_id: str | None = None

    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> GoalPage:
        """A page from its lists."""
        return GoalPage(
            [GoalRow.read(goal) for goal in columns["goals"]],
            [key for (key,) in native(columns["keys"])],
            columns["total_count"],
        )
