"""A goal's history in GraphQL: what it came to in the past, and what has changed since a day."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import strawberry

from api.category import Category
from api.context import Info
from api.enums import describe_enum
from api.fields import aggregate, detail
from api.scalars import Decimal
from graph.errors import ErrorCode, Refusal
from graph.goal import GoalRow, GoalState
from graph.history import History, Interval
from graph.metric import MetricRow
from graph.money import format_units
from graph.organization import OrganizationRow

describe_enum(
    Interval,
    "What a goal's history has one point for.",
    {
        Interval.DAY: "The last values of each day.",
        Interval.WEEK: "The last values of each week, which begins on Monday.",
        Interval.MONTH: "The last values of each month.",
        Interval.FISCAL_PERIOD: "The last values of each fiscal period, as the calendar is now.",
    },
    name="HistoryInterval",
)


@strawberry.type(
    description="What a goal came to at the end of a day, in units of the metric. "
    "Null also where the goal's `restrictedFields` say so."
)
class GoalHistoryPoint:
    """A point of a goal's history."""

    day: date = aggregate("The day, in the organization's time zone. The values hold until the day of the next change.")
    actual: Decimal | None = aggregate("The actual total; the pinned value where there was one.")
    in_progress: Decimal | None = aggregate("The in-progress total; the pinned value where there was one.")
    custom: Decimal | None = aggregate("The custom total; the pinned value where there was one.")
    record_count: int | None = aggregate("Records counted, own and below, over all categories.")
    target: Decimal | None = detail("The target.")
    stretch_target: Decimal | None = detail("The stretch target.")
    state: GoalState = detail("Whether it was open or closed. The day on which it was closed is a point.")


@strawberry.type(description="How much a goal's totals have changed since a day.")
class GoalChangeSince:
    """A change since a day."""

    day: date = aggregate("The day from which on the goal had the values that are compared.")
    actual: Decimal | None = aggregate("How much more the actual total is now; negative: less.")
    in_progress: Decimal | None = aggregate("How much more the in-progress total is now.")
    custom: Decimal | None = aggregate("How much more the custom total is now.")


@strawberry.type
class GoalHistory:
    """A goal's fields about its past. `row` and `measure` are the goal's."""

    row: strawberry.Private[GoalRow]
    measure: strawberry.Private[MetricRow]
    now: strawberry.Private[datetime]

    @aggregate(
        "What the goal came to, oldest first: a point for each interval in which that changed, kept for the settings' "
        "`historyMonths`. The first point is what was in force on the day `from`. Empty until the goal is calculated."
    )
    async def history(
        self,
        info: Info,
        from_: Annotated[
            date | None, strawberry.argument(name="from", description="The first day; the earliest kept if left out.")
        ] = None,
        to: Annotated[date | None, strawberry.argument(description="The last day; today if left out.")] = None,
        interval: Annotated[Interval, strawberry.argument(description="One point at most for each.")] = Interval.DAY,
    ) -> list[GoalHistoryPoint]:
        """The history. Refuses INVALID_VALUE for an end before the beginning."""
        until = to or self.measure.today(self.now)
        if from_ is not None and from_ > until:
            message = "The history would end before it begins. Choose a later day for `to`, or leave it out."
            raise Refusal(ErrorCode.INVALID_VALUE, message, ("to",))
        found = await self._found(info)
        organization: OrganizationRow = await info.context.loaders.organizations.load(None)
        points = found.points(from_, until, interval, organization.calendar)
        shown = [
            GoalHistoryPoint(
                day=point.day,
                actual=self._units(point.totals[Category.ACTUAL]),
                in_progress=self._units(point.totals[Category.IN_PROGRESS]),
                custom=self._units(point.totals[Category.CUSTOM]),
                record_count=point.record_count,
                target=self._units(point.target),
                stretch_target=self._units(point.stretch_target),
                state=point.state,
            )
            for point in points
        ]
        return info.context.answer_directly(info, "GoalHistoryPoint", shown)

    @aggregate("How much the totals have changed since the end of a day; null if the history does not go back so far.")
    async def change_since(
        self, info: Info, day: Annotated[date, strawberry.argument(description="A day that is over, or today.")]
    ) -> GoalChangeSince | None:
        """The change since a day."""
        then = (await self._found(info)).at(day)
        if then is None:
            return None

        def change(category: Category) -> Decimal | None:
            now, before = self.row.total(category), then.totals[category]
            return None if now is None or before is None else self._units(now - before)

        return GoalChangeSince(
            day=then.day,
            actual=change(Category.ACTUAL),
            in_progress=change(Category.IN_PROGRESS),
            custom=change(Category.CUSTOM),
        )

    async def _found(self, info: Info) -> History:
        found: History | None = await info.context.loaders.histories.load(self.row.id)
        return found or History(self.row.id, ())

    def _units(self, units: int | None) -> Decimal | None:
        return None if units is None else Decimal(format_units(units, self.measure.data_type))
