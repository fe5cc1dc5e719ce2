"""Clocks, and dates and times from outside."""

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.clock import Clock, FixedClock, SystemClock, today
from graph.errors import ErrorCode, Refusal
from graph.moment import local_date
from graph.period import FiscalCalendar, Template

BERLIN = ZoneInfo("Europe/Berlin")
APIA = ZoneInfo("Pacific/Apia")
HONOLULU = ZoneInfo("Pacific/Honolulu")
UTC_ZONE = ZoneInfo("UTC")
FIELD = ("values", "closedAt")


def refusal(value: datetime | str, zone: ZoneInfo = BERLIN) -> str:
    with pytest.raises(Refusal) as caught:
        local_date(value, zone, FIELD)
    assert caught.value.problem.code is ErrorCode.INVALID_VALUE
    assert caught.value.problem.field == FIELD
    return caught.value.message


def test_the_system_clock_is_in_utc_and_moves() -> None:
    clock: Clock = SystemClock()
    first = clock.now()
    assert first.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - first) < timedelta(minutes=5)
    assert clock.now() >= first


def test_a_fixed_clock_stands_still_until_set() -> None:
    clock = FixedClock(datetime(2026, 3, 31, 23, 30, tzinfo=timezone(timedelta(hours=2))))
    assert clock.now() == clock.now() == datetime(2026, 3, 31, 21, 30, tzinfo=UTC)
    assert clock.now().tzinfo is UTC
    clock.advance(timedelta(hours=1))
    assert clock.now() == datetime(2026, 3, 31, 22, 30, tzinfo=UTC)
    clock.set(datetime(2020, 1, 1, tzinfo=UTC))
    assert clock.now() == datetime(2020, 1, 1, tzinfo=UTC)


def test_a_fixed_clock_wants_an_offset() -> None:
    with pytest.raises(ValueError, match="offset"):
        FixedClock(datetime(2026, 1, 1))  # noqa: DTZ001 - what is refused
    clock = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(ValueError, match="offset"):
        clock.set(datetime(2026, 1, 1))  # noqa: DTZ001


def test_today_depends_on_the_zone() -> None:
    clock = FixedClock(datetime(2026, 3, 31, 22, 30, tzinfo=UTC))
    assert today(clock, BERLIN) == date(2026, 4, 1)
    assert today(clock, UTC_ZONE) == today(clock, HONOLULU) == date(2026, 3, 31)


@pytest.mark.parametrize(
    ("text", "moment", "day"),
    [
        ("2026-03-31T23:30:00", datetime(2026, 3, 31, 21, 30, tzinfo=UTC), date(2026, 3, 31)),
        ("2026-03-31 23:30", datetime(2026, 3, 31, 21, 30, tzinfo=UTC), date(2026, 3, 31)),
        ("2026-03-31T23:30:00Z", datetime(2026, 3, 31, 23, 30, tzinfo=UTC), date(2026, 4, 1)),
        ("2026-04-01T03:00:00+05:30", datetime(2026, 3, 31, 21, 30, tzinfo=UTC), date(2026, 3, 31)),
        ("2026-01-31T23:59:59.999-11:00", datetime(2026, 2, 1, 10, 59, 59, 999_000, tzinfo=UTC), date(2026, 2, 1)),
        ("2026-01-01T00:00:00.1234567Z", datetime(2026, 1, 1, 0, 0, 0, 123_456, tzinfo=UTC), date(2026, 1, 1)),
    ],
)
def test_reads_texts_in_the_organizations_zone(text: str, moment: datetime, day: date) -> None:
    found, found_day = local_date(text, BERLIN, FIELD)
    assert (found, found_day) == (moment, day)
    assert found.tzinfo is UTC


def test_reads_datetimes_with_and_without_offset() -> None:
    naive = datetime(2026, 7, 1, 0, 30)  # noqa: DTZ001 - a local time
    assert local_date(naive, BERLIN, FIELD) == (datetime(2026, 6, 30, 22, 30, tzinfo=UTC), date(2026, 7, 1))
    aware = naive.replace(tzinfo=UTC)
    assert local_date(aware, HONOLULU, FIELD) == (aware, date(2026, 6, 30))


@pytest.mark.parametrize("minute", [0, 30, 59])
def test_refuses_times_that_dst_skips(minute: int) -> None:
    message = refusal(f"2026-03-29T02:{minute:02}:00")
    assert "does not exist in Europe/Berlin" in message
    assert "explicit offset" in message


@pytest.mark.parametrize("fold", [0, 1])
def test_refuses_times_that_dst_repeats(fold: int) -> None:
    message = refusal(datetime(2026, 10, 25, 2, 30, fold=fold))  # noqa: DTZ001
    assert "occurs twice in Europe/Berlin" in message
    assert "explicit offset" in message


@pytest.mark.parametrize(
    "text", ["2026-03-29T01:59:59", "2026-03-29T03:00:00", "2026-10-25T01:59:59", "2026-10-25T03:00"]
)
def test_accepts_the_times_just_outside(text: str) -> None:
    moment, day = local_date(text, BERLIN, FIELD)
    assert moment.astimezone(BERLIN).replace(tzinfo=None) == datetime.fromisoformat(text)
    assert day == date.fromisoformat(text[:10])


def test_refuses_a_day_that_a_zone_skipped() -> None:
    assert "does not exist" in refusal("2011-12-30T12:00:00", APIA)


@pytest.mark.parametrize(
    ("text", "hour"),
    [("2026-10-25T02:30:00+02:00", 0), ("2026-10-25T02:30:00+01:00", 1), ("2026-03-29T02:30:00+01:00", 1)],
)
def test_an_explicit_offset_is_always_accepted(text: str, hour: int) -> None:
    moment, day = local_date(text, BERLIN, FIELD)
    assert (moment.hour, moment.minute) == (hour, 30)
    assert day == date.fromisoformat(text[:10])


NO_MOMENTS = [
    *["", "2026-03-31", "20260331T120000", "2026-W14-2T12:00", "2026-03-31T12", "2026-03-31x12:00", "12:00"],
    *[
        "2026-03-31T24:00:00",
        "2026-03-31T12:60:00",
        "2026-03-31T12:00:60",
        "2026-02-30T12:00:00",
        "2026-13-01T12:00:00",
    ],
    *["2026-03-31T12:00:00+25:00", "2026-03-31T12:00:00+0100", " 2026-03-31T12:00", "2026-03-31T12:00\n"],
    *["0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00", "\uff12026-03-31T12:00", "0000-01-01T00:00:00"],
]


@pytest.mark.parametrize("text", NO_MOMENTS)
def test_refuses_what_is_no_date_and_time(text: str) -> None:
    assert "not a date and time" in refusal(text)


class _Undecided(tzinfo):
    """A zone that does not know its offset, as the standard library allows."""

    def utcoffset(self, _moment: datetime | None, /) -> None:
        return None

    dst = tzname = utcoffset


def test_a_zone_without_offset_counts_as_none() -> None:
    moment = datetime(2026, 7, 1, 12, tzinfo=_Undecided())
    assert local_date(moment, BERLIN, FIELD)[0] == datetime(2026, 7, 1, 10, tzinfo=UTC)


@given(st.datetimes(datetime(1970, 1, 2), datetime(2100, 12, 30)), st.sampled_from([BERLIN, APIA, HONOLULU, UTC_ZONE]))  # noqa: DTZ001
@settings(deadline=None)
def test_a_local_time_keeps_its_date_or_is_refused(local: datetime, zone: ZoneInfo) -> None:
    moments = {local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    if len(moments) == 2:
        refusal(local, zone)
    else:
        assert local_date(local, zone, FIELD) == (moments.pop(), local.date())
        assert local_date(local.isoformat(), zone, FIELD)[1] == local.date()


@given(st.datetimes(datetime(1970, 1, 2), datetime(2100, 12, 30), timezones=st.just(UTC)), st.timezones())  # noqa: DTZ001
@settings(deadline=None)
def test_any_moment_has_a_date_in_any_zone(moment: datetime, zone: ZoneInfo) -> None:
    assert local_date(moment.isoformat(), zone, FIELD) == (moment, moment.astimezone(zone).date())


#: The zones furthest from UTC, and some that change their clocks, at midnight too.
FAR = [
    ZoneInfo(name) for name in ("Pacific/Kiritimati", "Etc/GMT+12", "Europe/Berlin", "America/Havana", "Asia/Beirut")
]


@pytest.mark.parametrize("zone", FAR, ids=str)
def test_today_moves_on_once_a_day_in_every_zone(zone: ZoneInfo) -> None:
    """Hour by hour through a year with all its changes of clocks: no day is skipped, repeated or cut by a period."""
    clock = FixedClock(datetime(2025, 12, 31, 0, 0, tzinfo=UTC))
    calendar = FiscalCalendar(Template.MONTHLY)
    seen = [today(clock, zone)]
    hours = 0
    for _ in range(366 * 24):
        clock.advance(timedelta(hours=1))
        day = today(clock, zone)
        hours += 1
        if day != seen[-1]:
            assert day - seen[-1] == timedelta(days=1)
            assert hours in {23, 24, 25} or len(seen) == 1
            assert (calendar.containing(day) == calendar.containing(seen[-1])) is (day.day != 1)
            seen.append(day)
            hours = 0
    assert len(seen) in {366, 367}


def test_the_ends_of_the_world_are_two_days_apart() -> None:
    clock = FixedClock(datetime(2026, 3, 31, 11, 0, tzinfo=UTC))
    east, west = FAR[0], FAR[1]
    assert (today(clock, east), today(clock, west)) == (date(2026, 4, 1), date(2026, 3, 30))
    # A record of that moment counts in the quarter of its own organization's day.
    for zone, day in ((east, date(2026, 4, 1)), (west, date(2026, 3, 30))):
        assert local_date("2026-03-31T11:00:00Z", zone, FIELD)[1] == day
        moment, found = local_date("2026-03-31T23:30:00", zone, FIELD)
        assert (found, today(FixedClock(moment), zone)) == (date(2026, 3, 31), date(2026, 3, 31))


@pytest.mark.parametrize("zone", FAR[2:], ids=str)
def test_the_days_on_which_clocks_change_are_whole(zone: ZoneInfo) -> None:
    """Each hour of each day is in that day, or is refused as skipped or repeated; noon and the last hour never are."""
    refusals = 0
    for number in range(365):
        day = date(2026, 1, 1) + timedelta(days=number)
        for hour in (0, 1, 2, 3, 12, 23):
            try:
                _, found = local_date(f"{day}T{hour:02}:30:00", zone, FIELD)
            except Refusal:
                assert hour not in {3, 12}
                refusals += 1
            else:
                assert found == day
    assert refusals == 2
