"""The fiscal calendar and periods, in GraphQL: types, queries, the mutation, and the period that a goal is given."""

from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Self

import strawberry

from api.context import Info
from api.enums import describe_enum
from api.fields import detail, public
from api.payload import MutationInput, MutationPayload, change
from graph import period as periods
from graph.clock import today
from graph.database import Transaction
from graph.errors import Refusal
from graph.organization import (
    OrganizationRow,
    check_may_set_calendar,
    ensure_organization,
    organization,
    set_fiscal_calendar,
)
from graph.period import FIRST_YEAR, LAST_YEAR, PERIODS_PER_YEAR, PeriodKind, Template, YearNamedBy, resolve_period

_TEMPLATE = "How a fiscal year is divided."
_START_MONTH = "Month in which a fiscal year starts, 1 to 12."
_START_DAY = "Day on which it starts, 1 to 31; in a month that lacks it, and for each period, the month's last day."
_NAMED_BY = "Which calendar year gives a fiscal year its number."

describe_enum(
    Template,
    "How a fiscal year is divided.",
    {
        Template.ANNUAL: "One period: the whole year.",
        Template.SEMIANNUAL: "2 periods of 6 months.",
        Template.QUARTERLY: "4 periods of 3 months.",
        Template.MONTHLY: "12 periods of a month.",
        Template.FOUR_WEEK: "13 periods of 28 days, the last one up to the year's end.",
    },
    name="FiscalTemplate",
)
describe_enum(
    YearNamedBy,
    "Which calendar year gives a fiscal year its number.",
    {YearNamedBy.START: "The one of its first day.", YearNamedBy.END: "The one of its last day."},
)
describe_enum(
    PeriodKind,
    "Where a goal's dates come from.",
    {PeriodKind.FISCAL: "From the fiscal calendar.", PeriodKind.CUSTOM: "They were chosen freely."},
)


@strawberry.type(description="A period of the fiscal calendar. Every day is in exactly one.")
class FiscalPeriod:
    """A fiscal period."""

    fiscal_year: int = public("The fiscal year's number, 1970 to 2100.")
    index: int = public("Number of the period in its year, counted from 1.")
    label: str = public('Its name by the calendar\'s display format: `"FY2026 Q1"`.')
    start_date: date = public("Its first day.")
    end_date: date = public("Its last day.")

    @classmethod
    def of(cls, row: periods.FiscalPeriod) -> Self:
        """Make it from a period that is not a whole year."""
        return cls(fiscal_year=row.year, index=row.index or 0, label=row.label, start_date=row.start, end_date=row.end)


@strawberry.type(description="How the organization counts its years.")
class FiscalCalendar:
    """The fiscal calendar."""

    row: strawberry.Private[OrganizationRow]

    template: Template = public(_TEMPLATE)
    start_month: int = public(_START_MONTH)
    start_day: int = public(_START_DAY)
    year_named_by: YearNamedBy = public(_NAMED_BY)
    display_format: str = public(
        "How periods are named: `{year}` 2026, `{yy}` 26, `{index}` 3, `{index2}` 03; text in square brackets is left "
        "out of a whole year's name. Empty: the template's own, such as `FY{year}[ Q{index}]`."
    )
    periods_per_year: int = public("How many periods a fiscal year has: 1, 2, 4, 12 or 13.")
    time_zone: str = public('The organization\'s time zone, in which days begin and end: `"Europe/Vienna"`.')

    @public("The period that today is in, by the organization's time zone; null outside the years 1970 to 2100.")
    def current_period(self, info: Info) -> FiscalPeriod | None:
        """Give the period of today."""
        try:
            return FiscalPeriod.of(self.row.calendar.containing(today(info.context.clock, self.row.zone)))
        except Refusal:
            return None

    @classmethod
    def of(cls, row: OrganizationRow) -> Self:
        """Make it from the organization."""
        calendar = row.calendar
        return cls(
            row=row,
            template=calendar.template,
            start_month=calendar.start_month,
            start_day=calendar.start_day,
            year_named_by=calendar.year_named_by,
            display_format=calendar.display_format,
            periods_per_year=PERIODS_PER_YEAR[calendar.template],
            time_zone=row.time_zone,
        )


@strawberry.type(description="The days that a goal is about. They are stored with it: another calendar leaves them.")
class GoalPeriod:
    """A goal's period."""

    kind: PeriodKind = detail("Whether the dates come from the fiscal calendar or were chosen freely.")
    fiscal_year: int | None = detail("The fiscal year's number; null for a custom period.")
    index: int | None = detail("Number of the period in its year, from 1; null for a whole year or a custom period.")
    label: str = detail('Its name: `"FY2026 Q1"`, `"FY2026"`, `"2026-01-15 to 2026-02-14"`.')
    start_date: date = detail("Its first day, which is part of it.")
    end_date: date = detail("Its last day, which is part of it.")

    @classmethod
    def of(cls, period: periods.GoalPeriod) -> Self:
        """Make it from the period that `graph/` gives."""
        return cls(
            kind=period.kind,
            fiscal_year=period.fiscal_year,
            index=period.index,
            label=period.label,
            start_date=period.start,
            end_date=period.end,
        )


@strawberry.input(description="One period of a fiscal year.")
class FiscalPeriodInput:
    """A fiscal period."""

    year: int = strawberry.field(description="The fiscal year's number, 1970 to 2100.")
    index: int = strawberry.field(description="Number of the period in its year, counted from 1.")


@strawberry.input(description="A whole fiscal year.")
class FiscalYearInput:
    """A fiscal year."""

    year: int = strawberry.field(description="The fiscal year's number, 1970 to 2100.")


@strawberry.input(description="Days chosen freely.")
class CustomPeriodInput:
    """A custom period."""

    start_date: date = strawberry.field(description="The first day, which is part of the period.")
    end_date: date = strawberry.field(description="The last day, which is part of the period; not before the first.")


@strawberry.input(one_of=True, description="The days that a goal is about: give exactly one of these.")
class PeriodInput:
    """A goal's period."""

    fiscal: strawberry.Maybe[FiscalPeriodInput] = strawberry.field(description="One period of a fiscal year.")
    fiscal_year: strawberry.Maybe[FiscalYearInput] = strawberry.field(description="A whole fiscal year.")
    custom: strawberry.Maybe[CustomPeriodInput] = strawberry.field(description="Days chosen freely.")


def read_period(
    told: PeriodInput, calendar: periods.FiscalCalendar, field: tuple[str, ...] = ("period",)
) -> periods.GoalPeriod:
    """Make a goal's period from what a client gave.

    Refuses as `resolve_period` does, naming the key of the input below `field`: ("period", "fiscal", "year").
    """
    parts: dict[str, Any] = {"kind": PeriodKind.FISCAL}
    if told.fiscal is not None:
        path = (*field, "fiscal")
        parts |= {"fiscal_year": told.fiscal.value.year, "index": told.fiscal.value.index}
    elif told.fiscal_year is not None:
        path = (*field, "fiscalYear")
        parts |= {"fiscal_year": told.fiscal_year.value.year, "whole_year": True}
    else:
        path = (*field, "custom")
        dates = told.custom.value if told.custom is not None else None
        parts = {"kind": PeriodKind.CUSTOM, "start": dates and dates.start_date, "end": dates and dates.end_date}
    try:
        return resolve_period(calendar, field=path, **parts)
    except Refusal as refusal:
        problem = refusal.problem
        if problem.field != (*path, "fiscalYear"):
            raise
        raise Refusal(problem.code, problem.message, (*path, "year")) from None


@strawberry.input(description="Input of `setFiscalCalendar`: what is left out stays as it is.")
class SetFiscalCalendarInput(MutationInput):
    """What to change of the calendar."""

    template: strawberry.Maybe[Template] = strawberry.field(description=_TEMPLATE)
    start_month: strawberry.Maybe[int] = strawberry.field(description=_START_MONTH)
    start_day: strawberry.Maybe[int] = strawberry.field(description=_START_DAY)
    year_named_by: strawberry.Maybe[YearNamedBy] = strawberry.field(description=_NAMED_BY)
    display_format: strawberry.Maybe[str | None] = strawberry.field(
        description="How periods are named, at most 50 characters; see `FiscalCalendar`. Null: the template's own way."
    )


@strawberry.type(description="Answer of `setFiscalCalendar`.")
class SetFiscalCalendarPayload(MutationPayload):
    """The calendar as it is now."""

    fiscal_calendar: FiscalCalendar | None = public("The calendar in force; null if the change was refused.")


@strawberry.type
class PeriodQuery:
    """Queries of the calendar."""

    @public("How the organization counts its years.")
    async def fiscal_calendar(self, info: Info) -> FiscalCalendar:
        """Give the calendar."""
        return FiscalCalendar.of(await info.context.read(organization))

    @public("All periods of a fiscal year, in order.")
    async def fiscal_periods(
        self,
        info: Info,
        year: Annotated[int, strawberry.argument(description=f"The fiscal year, {FIRST_YEAR} to {LAST_YEAR}.")],
    ) -> list[FiscalPeriod]:
        """Give a year's periods. Refuses PERIOD_NOT_IN_CALENDAR."""
        calendar = (await info.context.read(organization)).calendar
        return [FiscalPeriod.of(row) for row in calendar.periods(year)]


@strawberry.type
class PeriodMutation:
    """Mutations of the calendar."""

    @public(
        "Change how the organization counts its years, for goals to come: existing ones keep their dates and names. "
        "For administrators."
    )
    async def set_fiscal_calendar(
        self,
        info: Info,
        told: Annotated[SetFiscalCalendarInput, strawberry.argument(name="input", description="What to change.")],
    ) -> SetFiscalCalendarPayload:
        """Change the calendar."""
        viewer = info.context.viewer
        changes = {name: maybe.value for name in _CHANGES if (maybe := getattr(told, name)) is not None}
        if "display_format" in changes:
            changes["display_format"] = changes["display_format"] or ""

        async def work(tx: Transaction) -> OrganizationRow:
            await check_may_set_calendar(tx, viewer)
            await ensure_organization(tx)  # its lock: what is left out is as it is when this is written
            before = (await organization(tx)).calendar
            await set_fiscal_calendar(tx, viewer, replace(before, **changes))
            return await organization(tx)

        done, user_errors = await change(info, told, work)
        return SetFiscalCalendarPayload(
            user_errors=user_errors,
            client_mutation_id=told.client_mutation_id,
            fiscal_calendar=None if done is None else FiscalCalendar.of(done),
        )


_CHANGES = ("template", "start_month", "start_day", "year_named_by", "display_format")
