"""Dates and times from outside, read in the organization's time zone, never guessed. Not here: the clock, periods."""

import re
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from graph.errors import ErrorCode, Refusal

# ISO 8601's extended form only: Python's own reader also takes weeks, basic forms and bare dates.
_ISO: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})?"
)


def local_date(value: datetime | str, zone: ZoneInfo, field: tuple[str, ...]) -> tuple[datetime, date]:
    """Give the moment in UTC, to the microsecond, and its date in `zone`.

    With an offset it is that moment; without one it is a local time in `zone`. Refuses, naming `field`: INVALID_VALUE
    for anything but a date and time of ISO 8601 ("2026-03-29T02:30:00", "2026-03-29 02:30Z"), and for a local time
    that a change of the clocks skips or repeats, which needs an explicit offset.
    """
    moment = _parse(value, field) if isinstance(value, str) else value
    if moment.utcoffset() is None:
        moment = _localize(moment, zone, field)
    try:
        return moment.astimezone(UTC), moment.astimezone(zone).date()
    except OverflowError:
        raise _not_a_moment(field) from None


def _parse(text: str, field: tuple[str, ...]) -> datetime:
    if _ISO.fullmatch(text) is None:
        raise _not_a_moment(field)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise _not_a_moment(field) from None


def _localize(moment: datetime, zone: ZoneInfo, field: tuple[str, ...]) -> datetime:
    first = moment.replace(tzinfo=zone, fold=0)
    second = moment.replace(tzinfo=zone, fold=1)
    before, after = first.utcoffset(), second.utcoffset()
    if before == after or before is None or after is None:
        return first
    # By PEP 495 the offset shrinks where a time is repeated and grows where it is skipped.
    what = "occurs twice" if before > after else "does not exist"
    message = f'This local time {what} in {zone.key}. Give it with an explicit offset, such as "+01:00".'
    raise Refusal(ErrorCode.INVALID_VALUE, message, field)


def _not_a_moment(field: tuple[str, ...]) -> Refusal:
    message = 'This is not a date and time. Write it as in "2026-03-31T14:30:00", with or without an offset.'
    return Refusal(ErrorCode.INVALID_VALUE, message, field)
