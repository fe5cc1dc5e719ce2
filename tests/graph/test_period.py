"""The fiscal calendar: every template, start and naming; the period of a goal."""

from datetime import date, timedelta
from itertools import pairwise, product
from operator import lt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import ErrorCode, Problem, Refusal
from graph.period import (
    PERIODS_PER_YEAR,
    FiscalCalendar,
    GoalPeriod,
    PeriodKind,
    Template,
    YearNamedBy,
    resolve_period,
)

DAY = timedelta(days=1)
LAST = date(2100, 12, 31)
DEFAULT = FiscalCalendar()
FISCAL, CUSTOM = PeriodKind.FISCAL, PeriodKind.CUSTOM
CALENDARS = st.builds(
    FiscalCalendar,
    template=st.sampled_from(Template),
    start_month=st.integers(1, 12),
    # The days that some months lack matter most.
    start_day=st.one_of(st.sampled_from([1, 28, 29, 30, 31]), st.integers(1, 31)),
    year_named_by=st.sampled_from(YearNamedBy),
)
YEARS = st.integers(1970, 2100)


def last_day(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - DAY


def starts(calendar: FiscalCalendar, year: int) -> list[date]:
    return [period.start for period in calendar.periods(year)]


@given(CALENDARS, YEARS)
@settings(deadline=None)
def test_periods_tile_their_year(calendar: FiscalCalendar, year: int) -> None:
    periods = calendar.periods(year)
    whole = calendar.whole_year(year)
    assert [period.index for period in periods] == list(range(1, PERIODS_PER_YEAR[calendar.template] + 1))
    assert (periods[0].start, periods[-1].end) == (whole.start, whole.end)
    assert all(period.start <= period.end for period in periods)
    assert all(before.end + DAY == after.start for before, after in pairwise(periods))
    assert len({period.label for period in periods}) == len(periods)
    assert whole.end - whole.start in (364 * DAY, 365 * DAY)
    assert whole.start == calendar.year_start(year)
    if year < 2100:
        assert whole.end + DAY == calendar.year_start(year + 1)


@given(CALENDARS, YEARS)
@settings(deadline=None)
def test_a_year_has_the_name_of_its_first_or_last_day(calendar: FiscalCalendar, year: int) -> None:
    whole = calendar.whole_year(year)
    named_after = whole.start if calendar.year_named_by is YearNamedBy.START else whole.end
    assert named_after.year == year


@given(CALENDARS, YEARS)
@settings(deadline=None)
def test_a_period_starts_on_the_nominal_day_or_the_months_last(calendar: FiscalCalendar, year: int) -> None:
    periods = calendar.periods(year)
    if calendar.template is Template.FOUR_WEEK:
        assert all((period.end - period.start).days == 27 for period in periods[:-1])
        assert (periods[-1].end - periods[-1].start).days in (28, 29)
        return
    for number, period in enumerate(periods):
        months = number * 12 // len(periods)
        assert period.start.month == (calendar.start_month - 1 + months) % 12 + 1
        length = last_day(period.start.year, period.start.month).day
        assert period.start.day == min(calendar.start_day, length)


@given(CALENDARS, st.dates(date(1960, 1, 1), date(2110, 12, 31)))
@settings(deadline=None)
def test_every_date_is_in_exactly_one_period(calendar: FiscalCalendar, day: date) -> None:
    near = range(max(1970, day.year - 2), min(2100, day.year + 2) + 1)
    holding = [period for year in near for period in calendar.periods(year) if period.start <= day <= period.end]
    if calendar.year_start(1970) <= day <= calendar.whole_year(2100).end:
        assert [calendar.containing(day)] == holding
    else:
        assert holding == []
        with pytest.raises(Refusal) as caught:
            calendar.containing(day)
        assert caught.value.problem.code is ErrorCode.PERIOD_NOT_IN_CALENDAR


@given(CALENDARS, YEARS, st.data())
@settings(deadline=None)
def test_the_first_and_last_day_of_a_period_are_in_it(calendar: FiscalCalendar, year: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(1, PERIODS_PER_YEAR[calendar.template]))
    period = calendar.period(year, index)
    assert calendar.containing(period.start) == calendar.containing(period.end) == period


def test_every_date_of_all_years_is_in_one_period_of_every_calendar() -> None:
    """All templates and starts, 1970-2100, exhaustively: each year's periods tile it, and each begins where one ended.

    Every month has the days 1 to 28, so these two stand for all between them.
    """
    for template, month, day in product(Template, range(1, 13), (1, 28, 29, 30, 31)):
        calendar = FiscalCalendar(template, month, day)
        expected = calendar.year_start(1970)
        for year in range(1970, 2101):
            begins = calendar._starts(year)
            assert begins[0] == expected, (calendar, year)
            assert all(map(lt, begins, begins[1:])), (calendar, year)
            expected = calendar._start(year + 1)
            assert begins[-1] < expected, (calendar, year)
            # One period of the year in full: its label, and that its first and last day know it.
            period = calendar.period(year, year % len(begins) + 1) if year % 10 == day % 10 else None
            assert period is None or calendar.containing(period.start) == calendar.containing(period.end) == period


@pytest.mark.parametrize("year", [1972, 1999, 2000, 2024, 2026, 2096, 2100])
def test_leap_days_and_ends_of_months_are_in_the_period_that_they_begin_or_end(year: int) -> None:
    days = [last_day(year, month) for month in range(1, 13)]
    assert (date(year, 2, 28) in days) is (year in {1999, 2026, 2100})
    for template, day in product(Template, (1, 28, 29, 30, 31)):
        calendar = FiscalCalendar(template, 1, day)
        for end in days:
            period, following = calendar.containing(end), calendar.containing(end + DAY) if end < LAST else None
            assert period.start <= end <= period.end
            assert following is None or following == period or following.start == end + DAY == period.end + DAY


def test_the_default_is_quarters_from_january() -> None:
    assert starts(DEFAULT, 2026) == [date(2026, 1, 1), date(2026, 4, 1), date(2026, 7, 1), date(2026, 10, 1)]
    assert DEFAULT.period(2026, 1).end == date(2026, 3, 31)
    assert DEFAULT.containing(date(2017, 12, 31)) == DEFAULT.period(2017, 4)


def test_months_from_31_january() -> None:
    monthly = FiscalCalendar(Template.MONTHLY, 1, 31)
    assert starts(monthly, 2023)[:4] == [date(2023, 1, 31), date(2023, 2, 28), date(2023, 3, 31), date(2023, 4, 30)]
    assert starts(monthly, 2024)[:3] == [date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31)]
    assert monthly.period(2023, 12).end == date(2024, 1, 30)


def test_quarters_from_29_february() -> None:
    quarterly = FiscalCalendar(Template.QUARTERLY, 2, 29)
    assert starts(quarterly, 2023) == [date(2023, 2, 28), date(2023, 5, 29), date(2023, 8, 29), date(2023, 11, 29)]
    assert quarterly.whole_year(2023).end == date(2024, 2, 28)
    assert quarterly.year_start(2024) == date(2024, 2, 29)
    assert quarterly.whole_year(2024).end == date(2025, 2, 27)


def test_half_years_from_31_august_meet_february() -> None:
    assert starts(FiscalCalendar(Template.SEMIANNUAL, 8, 31), 2023) == [date(2023, 8, 31), date(2024, 2, 29)]
    assert starts(FiscalCalendar(Template.SEMIANNUAL, 8, 31), 2024) == [date(2024, 8, 31), date(2025, 2, 28)]


def test_four_weeks_last_to_the_years_end() -> None:
    four_week = FiscalCalendar(Template.FOUR_WEEK)
    assert four_week.period(2026, 2).start == date(2026, 1, 29)
    thirteenth = four_week.period(2026, 13)
    assert (thirteenth.start, thirteenth.end) == (date(2026, 12, 3), date(2026, 12, 31))


def test_the_year_is_named_by_its_end() -> None:
    april = FiscalCalendar(start_month=4, year_named_by=YearNamedBy.END)
    assert april.year_start(2026) == date(2025, 4, 1)
    assert april.containing(date(2025, 4, 1)).label == "FY2026 Q1"
    january = FiscalCalendar(year_named_by=YearNamedBy.END)
    assert january.year_start(2026) == date(2026, 1, 1)
    second = FiscalCalendar(start_day=2, year_named_by=YearNamedBy.END)
    assert second.whole_year(2026).end == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("template", "label"),
    [
        (Template.ANNUAL, "FY2026"),
        (Template.SEMIANNUAL, "FY2026 H1"),
        (Template.QUARTERLY, "FY2026 Q1"),
        (Template.MONTHLY, "FY2026 M01"),
        (Template.FOUR_WEEK, "FY2026 P01"),
    ],
)
def test_default_labels(template: Template, label: str) -> None:
    assert FiscalCalendar(template).period(2026, 1).label == label
    assert FiscalCalendar(template).whole_year(2026).label == "FY2026"


@pytest.mark.parametrize(
    ("text", "label", "whole_label"),
    [
        ("{year} Q{index}", "2005 Q3", "FY2005"),
        ("FY{yy}[/Q{index}]", "FY05/Q3", "FY05"),
        ("[Period {index2} of ]{year}", "Period 03 of 2005", "2005"),
        ("{index}/{year}", "3/2005", "FY2005"),
        ("Année {year}[ – T{index}]", "Année 2005 – T3", "Année 2005"),  # noqa: RUF001
    ],
)
def test_labels_by_a_display_format(text: str, label: str, whole_label: str) -> None:
    calendar = FiscalCalendar(display_format=text)
    assert calendar.period(2005, 3).label == label
    assert calendar.whole_year(2005).label == whole_label


NO_FORMATS = [
    *["Q{index}", "{year}", "[{year}] {index}", "{year} {quarter} {index}", "{year} {index", "{year} {index}]"],
    *["{year}[[ {index}]]", "{year.real} {index}", "{year} {index}\n", "{year}{index}" + "x" * 50, "{{year}} {index}"],
]


@pytest.mark.parametrize("text", NO_FORMATS)
def test_refuses_display_formats(text: str) -> None:
    with pytest.raises(Refusal) as caught:
        FiscalCalendar(display_format=text)
    assert caught.value.problem.code is ErrorCode.INVALID_VALUE
    assert caught.value.problem.field == ("displayFormat",)


def test_a_year_of_one_period_needs_no_index_in_its_label() -> None:
    assert FiscalCalendar(Template.ANNUAL, display_format="Year {year}").period(2026, 1).label == "Year 2026"


@pytest.mark.parametrize(
    ("month", "day", "field"), [(0, 1, "startMonth"), (13, 1, "startMonth"), (1, 0, "startDay"), (1, 32, "startDay")]
)
def test_refuses_starts(month: int, day: int, field: str) -> None:
    with pytest.raises(Refusal) as caught:
        FiscalCalendar(start_month=month, start_day=day)
    assert caught.value.problem.code is ErrorCode.INVALID_VALUE
    assert caught.value.problem.field == (field,)


@pytest.mark.parametrize("year", [-1, 0, 1969, 2101, 10_000])
def test_refuses_years_outside(year: int) -> None:
    for ask in (DEFAULT.year_start, DEFAULT.whole_year, DEFAULT.periods, lambda year: DEFAULT.period(year, 1)):
        with pytest.raises(Refusal) as caught:
            ask(year)
        assert caught.value.problem.code is ErrorCode.PERIOD_NOT_IN_CALENDAR


@pytest.mark.parametrize("day", [date.min, date(1969, 12, 31), date(2101, 1, 1), date.max])
def test_refuses_days_outside(day: date) -> None:
    for named_by in YearNamedBy:
        with pytest.raises(Refusal) as caught:
            FiscalCalendar(year_named_by=named_by).containing(day)
        assert caught.value.problem.code is ErrorCode.PERIOD_NOT_IN_CALENDAR


def test_resolves_fiscal_periods() -> None:
    quarter = resolve_period(DEFAULT, kind=FISCAL, fiscal_year=2026, index=2)
    assert quarter == GoalPeriod(FISCAL, 2026, 2, "FY2026 Q2", date(2026, 4, 1), date(2026, 6, 30), Template.QUARTERLY)
    year = resolve_period(DEFAULT, kind=FISCAL, fiscal_year=2026, whole_year=True)
    assert year == GoalPeriod(FISCAL, 2026, None, "FY2026", date(2026, 1, 1), date(2026, 12, 31))


def test_resolves_custom_periods() -> None:
    start, end = date(2026, 1, 15), date(2026, 2, 14)
    period = resolve_period(DEFAULT, kind=CUSTOM, start=start, end=end)
    assert period == GoalPeriod(CUSTOM, None, None, "2026-01-15 to 2026-02-14", start, end)
    assert resolve_period(DEFAULT, kind=CUSTOM, start=start, end=start).end == start


def refusal(
    kind: PeriodKind,
    *,
    fiscal_year: int | None = None,
    index: int | None = None,
    whole_year: bool = False,
    dates: tuple[date | None, date | None] = (None, None),
) -> tuple[ErrorCode, str]:
    with pytest.raises(Refusal) as caught:
        resolve_period(
            DEFAULT,
            kind=kind,
            fiscal_year=fiscal_year,
            index=index,
            whole_year=whole_year,
            start=dates[0],
            end=dates[1],
            field=("goals", "period"),
        )
    problem: Problem = caught.value.problem
    assert problem.field is not None
    assert problem.field[:2] == ("goals", "period")
    return problem.code, problem.field[2]


def test_refuses_half_a_period() -> None:
    day = date(2026, 1, 1)
    assert refusal(FISCAL) == (ErrorCode.PERIOD_INCOMPLETE, "fiscalYear")
    assert refusal(FISCAL, index=1) == (ErrorCode.PERIOD_INCOMPLETE, "fiscalYear")
    assert refusal(FISCAL, fiscal_year=2026) == (ErrorCode.PERIOD_INCOMPLETE, "index")
    assert refusal(CUSTOM) == (ErrorCode.PERIOD_INCOMPLETE, "startDate")
    assert refusal(CUSTOM, dates=(None, day)) == (ErrorCode.PERIOD_INCOMPLETE, "startDate")
    assert refusal(CUSTOM, dates=(day, None)) == (ErrorCode.PERIOD_INCOMPLETE, "endDate")


@pytest.mark.parametrize("index", [-1, 0, 5, 13])
def test_refuses_an_index_that_the_year_lacks(index: int) -> None:
    assert refusal(FISCAL, fiscal_year=2026, index=index) == (ErrorCode.PERIOD_NOT_IN_CALENDAR, "index")


def test_refuses_years_and_dates_outside_1970_to_2100() -> None:
    outside = ErrorCode.PERIOD_NOT_IN_CALENDAR
    assert refusal(FISCAL, fiscal_year=1969, index=1) == (outside, "fiscalYear")
    assert refusal(FISCAL, fiscal_year=2101, whole_year=True) == (outside, "fiscalYear")
    assert refusal(CUSTOM, dates=(date(1969, 12, 31), date(2026, 1, 1))) == (outside, "startDate")
    assert refusal(CUSTOM, dates=(date(2026, 1, 1), date(2101, 1, 1))) == (outside, "endDate")


def test_refuses_a_start_after_the_end() -> None:
    assert refusal(CUSTOM, dates=(date(2026, 1, 2), date(2026, 1, 1))) == (ErrorCode.START_AFTER_END, "endDate")


def test_refuses_contradictions() -> None:
    day, contradiction = date(2026, 1, 1), ErrorCode.INVALID_VALUE
    assert refusal(FISCAL, fiscal_year=2026, index=1, whole_year=True) == (contradiction, "index")
    assert refusal(FISCAL, fiscal_year=2026, index=1, dates=(day, None)) == (contradiction, "startDate")
    assert refusal(FISCAL, fiscal_year=2026, index=1, dates=(None, day)) == (contradiction, "endDate")
    assert refusal(CUSTOM, fiscal_year=2026, dates=(day, day)) == (contradiction, "fiscalYear")
    assert refusal(CUSTOM, index=1, dates=(day, day)) == (contradiction, "index")
    assert refusal(CUSTOM, whole_year=True, dates=(day, day)) == (contradiction, "wholeYear")


@given(*[st.dates(date(1970, 1, 1), date(1970, 1, 12))] * 4)
@settings(deadline=None)
def test_contains_means_each_day(a: date, b: date, c: date, d: date) -> None:
    outer = GoalPeriod(CUSTOM, None, None, "", min(a, b), max(a, b))
    inner = GoalPeriod(CUSTOM, None, None, "", min(c, d), max(c, d))

    def days(period: GoalPeriod) -> set[int]:
        return set(range(period.start.toordinal(), period.end.toordinal() + 1))

    assert outer.contains(inner) == (days(inner) <= days(outer))
    assert outer.contains(outer)


def test_quarters_lie_within_their_year() -> None:
    year = resolve_period(DEFAULT, kind=FISCAL, fiscal_year=2017, whole_year=True)
    quarter = resolve_period(DEFAULT, kind=FISCAL, fiscal_year=2017, index=4)
    assert year.contains(quarter)
    assert not quarter.contains(year)
