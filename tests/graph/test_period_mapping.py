"""Where periods go when a tree is rolled forward or realigned: for every calendar they keep their place in the tree."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from graph.period import PERIODS_PER_YEAR, FiscalCalendar, GoalPeriod, Template
from graph.period_mapping import PeriodMapping, Realignment, Roll
from tests.graph.test_period import CALENDARS

YEARS = st.integers(1972, 2098)
SHIFTS = st.integers(-2, 2)


def whole(calendar: FiscalCalendar, year: int) -> GoalPeriod:
    return GoalPeriod.fiscal(calendar, calendar.whole_year(year))


def part(calendar: FiscalCalendar, year: int, index: int) -> GoalPeriod:
    return GoalPeriod.fiscal(calendar, calendar.period(year, index))


@given(CALENDARS, YEARS, SHIFTS)
@settings(deadline=None, max_examples=50)
def test_each_period_of_a_year_has_the_same_place_in_another(calendar: FiscalCalendar, year: int, by: int) -> None:
    new = whole(calendar, year + by)
    roll = Roll(calendar, whole(calendar, year), new)
    for index in range(1, PERIODS_PER_YEAR[calendar.template] + 1):
        found = roll.moved(part(calendar, year, index), new)
        # A year of one period is that period, and follows as the year does.
        assert found in ([new] if calendar.template is Template.ANNUAL else [part(calendar, year + by, index)])


@given(CALENDARS, YEARS, st.integers(1, 13), st.integers(-15, 15))
@settings(deadline=None, max_examples=50)
def test_a_period_goes_as_many_periods_as_the_roots(calendar: FiscalCalendar, year: int, index: int, by: int) -> None:
    count = PERIODS_PER_YEAR[calendar.template]
    index = (index - 1) % count + 1
    years, place = divmod(index - 1 + by, count)
    if not 1971 <= year + years <= 2099:
        return
    former, new = part(calendar, year, index), part(calendar, year + years, place + 1)
    roll = Roll(calendar, former, new)
    assert roll.moved(former, new) == new
    # The next one goes as far, but lies outside of what the root's became.
    after, after_new = divmod(index, count)
    next_years, next_place = divmod(index + by, count)
    following = part(calendar, year + after, after_new + 1)
    assert roll.moved(following, new) is None
    both = GoalPeriod.custom(new.start, part(calendar, year + next_years, next_place + 1).end)
    assert roll.moved(following, both) == part(calendar, year + next_years, next_place + 1)


@given(YEARS, st.integers(0, 364), st.integers(0, 364), SHIFTS)
@settings(deadline=None, max_examples=50)
def test_custom_days_go_along_and_are_cut(year: int, first: int, last: int, by: int) -> None:
    calendar = FiscalCalendar()
    former, new = whole(calendar, year), whole(calendar, year + by)
    start, end = (former.start + timedelta(days=day) for day in sorted((first, last)))
    found = Roll(calendar, former, new).moved(GoalPeriod.custom(start, end), new)
    days = new.start - former.start
    assert found is not None
    if (start, end) == (former.start, former.end):
        assert found == new
    else:
        assert (found.start, found.end) == (start + days, min(end + days, new.end))


def test_what_has_no_counterpart_is_none() -> None:
    quarters, months = FiscalCalendar(), FiscalCalendar(Template.MONTHLY)
    year, next_year = whole(quarters, 2026), whole(quarters, 2027)
    first = part(quarters, 2026, 1)
    # Another template, another kind of root, years that there are not, days that nothing is left of.
    assert Roll(quarters, year, next_year).moved(part(months, 2026, 1), next_year) is None
    assert Roll(months, year, next_year).moved(first, next_year) is None
    assert Roll(quarters, year, first).moved(part(quarters, 2026, 2), first) is None
    assert Roll(quarters, year, GoalPeriod.custom(next_year.start, next_year.end)).moved(first, next_year) is None
    assert Roll(quarters, first, part(quarters, 2027, 1)).moved(year, next_year) is None
    last = GoalPeriod.custom(date(2100, 1, 1), date(2100, 12, 31))
    assert Roll(quarters, whole(quarters, 1970), whole(quarters, 2100)).moved(whole(quarters, 1971), last) is None
    leap = GoalPeriod.custom(date(2024, 12, 31), date(2024, 12, 31))
    assert Roll(quarters, whole(quarters, 2024), whole(quarters, 2025)).moved(leap, whole(quarters, 2025)) is None


@given(CALENDARS, CALENDARS, YEARS, st.tuples(st.integers(1, 13), st.integers(1, 13)), SHIFTS)
@settings(deadline=None, max_examples=50)
def test_a_realigned_period_is_the_calendars_own(
    former: FiscalCalendar, calendar: FiscalCalendar, year: int, indexes: tuple[int, int], by: int
) -> None:
    index = (indexes[0] - 1) % PERIODS_PER_YEAR[former.template] + 1
    to = (indexes[1] - 1) % PERIODS_PER_YEAR[calendar.template] + 1
    period = part(former, year, index)
    plain = Realignment(calendar, [])
    assert plain.moved(whole(former, year)) == whole(calendar, year)
    custom = GoalPeriod.custom(period.start, period.end)
    assert plain.moved(custom) == custom
    mapped = Realignment(calendar, [PeriodMapping(index, to, by), PeriodMapping(index % 13 + 1, None, by)])
    if former.template is calendar.template:
        assert plain.moved(period) == mapped.moved(period) == part(calendar, year, index)
    else:
        assert plain.moved(period) is None
        assert mapped.moved(period) == part(calendar, year + by, to)
        only = Realignment(calendar, [PeriodMapping(index, None, by, former.template), PeriodMapping(index, to)])
        assert only.moved(period) == whole(calendar, year + by)
