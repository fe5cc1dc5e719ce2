"""The fiscal calendar over GraphQL, and the period that a goal is given."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from strawberry import Some

from api.period import CustomPeriodInput, FiscalPeriodInput, FiscalYearInput, GoalPeriod, PeriodInput, read_period
from graph.errors import ErrorCode, Refusal
from graph.period import FiscalCalendar, PeriodKind, Template
from tests.api.structure import load, logins

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from graph.clock import FixedClock
    from graph.database import Database
    from graph.settings import Settings
    from tests.api.conftest import Client

CALENDAR = "template startMonth startDay yearNamedBy displayFormat periodsPerYear timeZone"
PERIOD = "fiscalYear index label startDate endDate"
SET = (
    "mutation($input: SetFiscalCalendarInput!) { payload: setFiscalCalendar(input: $input) "
    f"{{ fiscalCalendar {{ {CALENDAR} }} userErrors {{ code field message }} clientMutationId }} }}"
)
DEFAULT = {
    "template": "QUARTERLY",
    "startMonth": 1,
    "startDay": 1,
    "yearNamedBy": "START",
    "displayFormat": "",
    "periodsPerYear": 4,
    "timeZone": "UTC",
}


@pytest.fixture
async def login(settings: Settings, database: Database, clock: FixedClock) -> AsyncIterator[Callable[[str], Client]]:
    async with logins(settings, database, clock) as login:
        yield login


@pytest.fixture
def admin(login: Callable[[str], Client]) -> Client:
    return login("admin")


async def calendar(client: Client) -> Any:
    """Give the calendar in force."""
    return (await client.data(f"{{ fiscalCalendar {{ {CALENDAR} }} }}"))["fiscalCalendar"]


async def test_a_new_organization_counts_calendar_quarters_in_utc(admin: Client) -> None:
    assert await calendar(admin) == DEFAULT
    periods = (await admin.data(f"{{ fiscalPeriods(year: 2026) {{ {PERIOD} }} }}"))["fiscalPeriods"]
    assert [period["label"] for period in periods] == ["FY2026 Q1", "FY2026 Q2", "FY2026 Q3", "FY2026 Q4"]
    assert periods[1] == {
        "fiscalYear": 2026,
        "index": 2,
        "label": "FY2026 Q2",
        "startDate": "2026-04-01",
        "endDate": "2026-06-30",
    }


async def test_the_current_period_is_that_of_today_in_the_organizations_zone(
    login: Callable[[str], Client], clock: FixedClock, database: Database
) -> None:
    async def current() -> Any:
        # A token of that moment: an older one would have run out.
        found = await login("admin").data("{ fiscalCalendar { currentPeriod { label } } }")
        return found["fiscalCalendar"]["currentPeriod"]

    clock.set(datetime(2026, 3, 31, 23, 30, tzinfo=UTC))
    assert await current() == {"label": "FY2026 Q1"}
    await login("admin").data(SET, {"input": {}})  # makes the organization
    await database.schema("MATCH (o:Organization) SET o.timeZone = 'Europe/Vienna'")
    assert await current() == {"label": "FY2026 Q2"}
    clock.set(datetime(2101, 1, 2, tzinfo=UTC))
    assert await current() is None


async def test_a_year_that_the_calendar_lacks_is_refused(admin: Client) -> None:
    assert await admin.codes("{ fiscalPeriods(year: 2101) { label } }") == ["PERIOD_NOT_IN_CALENDAR"]


async def test_what_is_left_out_of_the_calendars_change_stays(admin: Client) -> None:
    first = {"template": "FOUR_WEEK", "startMonth": 7, "yearNamedBy": "END", "displayFormat": "{yy}[/{index2}]"}
    expected = {**DEFAULT, **first, "periodsPerYear": 13}
    payload = (await admin.data(SET, {"input": {**first, "clientMutationId": "m-1"}}))["payload"]
    assert payload == {"fiscalCalendar": expected, "userErrors": [], "clientMutationId": "m-1"}

    payload = (await admin.data(SET, {"input": {"startDay": 15}}))["payload"]
    assert payload["fiscalCalendar"] == {**expected, "startDay": 15}
    payload = (await admin.data(SET, {"input": {"displayFormat": None}}))["payload"]
    assert payload["fiscalCalendar"] == {**expected, "startDay": 15, "displayFormat": ""}
    assert await calendar(admin) == payload["fiscalCalendar"]
    periods = (await admin.data("{ fiscalPeriods(year: 2026) { label startDate } }"))["fiscalPeriods"]
    assert (len(periods), periods[0]) == (13, {"label": "FY2026 P01", "startDate": "2025-07-15"})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"startMonth": 13}, ["startMonth"]),
        ({"startDay": 0}, ["startDay"]),
        ({"displayFormat": "FY{year}"}, ["displayFormat"]),
    ],
)
async def test_a_calendar_that_cannot_be_is_refused(admin: Client, change: dict[str, Any], field: list[str]) -> None:
    payload = (await admin.data(SET, {"input": change}))["payload"]
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [("INVALID_VALUE", field)]
    assert payload["fiscalCalendar"] is None
    assert await calendar(admin) == DEFAULT


async def test_only_administrators_set_the_calendar(login: Callable[[str], Client], admin: Client) -> None:
    await load(admin, "upsertUsers", [{"externalId": "rep-1", "name": "Rep 01"}])
    # That the value would not do either is not what is told.
    payload = (await login("rep-1").data(SET, {"input": {"startMonth": 13}}))["payload"]
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [("FORBIDDEN", None)]
    assert payload["fiscalCalendar"] is None
    assert await calendar(login("rep-1")) == DEFAULT


def given(
    fiscal: FiscalPeriodInput | None = None,
    year: FiscalYearInput | None = None,
    custom: CustomPeriodInput | None = None,
) -> PeriodInput:
    """Make an input with one of the three."""
    return PeriodInput(
        fiscal=Some(fiscal) if fiscal else None,
        fiscal_year=Some(year) if year else None,
        custom=Some(custom) if custom else None,
    )


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (
            given(fiscal=FiscalPeriodInput(year=2026, index=2)),
            (PeriodKind.FISCAL, 2026, 2, "FY2026 H2", date(2026, 7, 1), date(2026, 12, 31)),
        ),
        (
            given(year=FiscalYearInput(year=2026)),
            (PeriodKind.FISCAL, 2026, None, "FY2026", date(2026, 1, 1), date(2026, 12, 31)),
        ),
        (
            given(custom=CustomPeriodInput(start_date=date(2026, 1, 15), end_date=date(2026, 1, 15))),
            (PeriodKind.CUSTOM, None, None, "2026-01-15 to 2026-01-15", date(2026, 1, 15), date(2026, 1, 15)),
        ),
    ],
)
def test_a_goals_period_is_a_fiscal_one_a_year_or_free(told: PeriodInput, expected: tuple[Any, ...]) -> None:
    period = read_period(told, FiscalCalendar(Template.SEMIANNUAL))
    kind, year, index, label, start, end = expected
    assert GoalPeriod.of(period) == GoalPeriod(
        kind=kind, fiscal_year=year, index=index, label=label, start_date=start, end_date=end
    )


@pytest.mark.parametrize(
    ("told", "code", "field"),
    [
        (
            given(fiscal=FiscalPeriodInput(year=1969, index=1)),
            ErrorCode.PERIOD_NOT_IN_CALENDAR,
            ("p", "fiscal", "year"),
        ),
        (
            given(fiscal=FiscalPeriodInput(year=2026, index=5)),
            ErrorCode.PERIOD_NOT_IN_CALENDAR,
            ("p", "fiscal", "index"),
        ),
        (given(year=FiscalYearInput(year=2101)), ErrorCode.PERIOD_NOT_IN_CALENDAR, ("p", "fiscalYear", "year")),
        (
            given(custom=CustomPeriodInput(start_date=date(2026, 2, 2), end_date=date(2026, 2, 1))),
            ErrorCode.START_AFTER_END,
            ("p", "custom", "endDate"),
        ),
        (
            given(custom=CustomPeriodInput(start_date=date(1969, 12, 31), end_date=date(2026, 2, 1))),
            ErrorCode.PERIOD_NOT_IN_CALENDAR,
            ("p", "custom", "startDate"),
        ),
        (given(), ErrorCode.PERIOD_INCOMPLETE, ("p", "custom", "startDate")),
    ],
)
def test_a_goals_period_that_cannot_be_names_the_key_of_the_input(
    told: PeriodInput, code: ErrorCode, field: tuple[str, ...]
) -> None:
    with pytest.raises(Refusal) as refused:
        read_period(told, FiscalCalendar(), ("p",))
    assert (refused.value.problem.code, refused.value.problem.field) == (code, field)
