"""The current time as something passed in, so that tests can set it. Not here: reading dates from outside, periods."""

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Tells the time. Logic takes a clock and never asks the system itself."""

    def now(self) -> datetime:
        """Give the current moment, in UTC and aware of it."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Give the current moment, in UTC and aware of it."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is set. Moments must have an offset: ValueError otherwise."""

    def __init__(self, moment: datetime) -> None:
        self._moment = _in_utc(moment)

    def now(self) -> datetime:
        """Give the moment last set, in UTC."""
        return self._moment

    def set(self, moment: datetime) -> None:
        """Move to a moment, earlier or later."""
        self._moment = _in_utc(moment)

    def advance(self, duration: timedelta) -> None:
        """Move on by a duration."""
        self._moment += duration


def today(clock: Clock, zone: ZoneInfo) -> date:
    """Give the current date in a time zone: the organization's, in all of goals' arithmetic."""
    return clock.now().astimezone(zone).date()


def _in_utc(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        message = "a clock needs a moment with an offset"
        raise ValueError(message)
    return moment.astimezone(UTC)
