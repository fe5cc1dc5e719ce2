"""The fiscal calendar, its periods, and the period of a goal. Not here: the clock, today, moving goals to new dates."""

import re
from bisect import bisect_right
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, Self

from graph.errors import ErrorCode, Refusal

FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2100
_MONTHS: Final = 12
_LONGEST_MONTH: Final = 31
_LONGEST_FORMAT: Final = 50
_DAY: Final = timedelta(days=1)
_FOUR_WEEKS: Final = timedelta(weeks=4)
_PERIOD: Final = ("period",)


class Template(StrEnum):
    """How a fiscal year is divided."""

    ANNUAL = "ANNUAL"
    SEMIANNUAL = "SEMIANNUAL"
    QUARTERLY = "QUARTERLY"
    MONTHLY = "MONTHLY"
    FOUR_WEEK = "FOUR_WEEK"


class YearNamedBy(StrEnum):
    """The calendar year that gives a fiscal year its number: the one of its first day, or of its last."""

    START = "START"
    END = "END"


class PeriodKind(StrEnum):
    """Whether a goal's dates come from the fiscal calendar or were chosen freely."""

    FISCAL = "FISCAL"
    CUSTOM = "CUSTOM"


PERIODS_PER_YEAR: Final = {
    Template.ANNUAL: 1,
    Template.SEMIANNUAL: 2,
    Template.QUARTERLY: 4,
    Template.MONTHLY: 12,
    Template.FOUR_WEEK: 13,
}
DEFAULT_FORMATS: Final = {
    Template.ANNUAL: "FY{year}",
    Template.SEMIANNUAL: "FY{year}[ H{index}]",
    Template.QUARTERLY: "FY{year}[ Q{index}]",
    Template.MONTHLY: "FY{year}[ M{index2}]",
    Template.FOUR_WEEK: "FY{year}[ P{index2}]",
}
_BRACKETED: Final = re.compile(r"\[([^\[\]]*)\]")
_PLACEHOLDER: Final = re.compile(r"\{(year|yy|index|index2)\}")
_INDEX: Final = re.compile(r"\{index2?\}")


@dataclass(frozen=True, slots=True)
class FiscalPeriod:
    """A period of a fiscal year, or with `index` None the whole year; `start` and `end` both belong to it."""

    year: int
    index: int | None
    label: str
    start: date
    end: date


@dataclass(frozen=True, slots=True)
class GoalPeriod:
    """The period stored with a goal; `start` and `end` both belong to it. A CUSTOM one has no year and no index.

    `template`: by which one `index` counts; None where there is no index.
    """

    kind: PeriodKind
    fiscal_year: int | None
    index: int | None
    label: str
    start: date
    end: date
    template: Template | None = None

    @classmethod
    def fiscal(cls, calendar: "FiscalCalendar", found: FiscalPeriod) -> Self:
        """Make it from a period, or a whole year, of a calendar."""
        template = None if found.index is None else calendar.template
        return cls(PeriodKind.FISCAL, found.year, found.index, found.label, found.start, found.end, template)

    @classmethod
    def custom(cls, start: date, end: date) -> Self:
        """Make it from two dates that were checked."""
        return cls(PeriodKind.CUSTOM, None, None, f"{start} to {end}", start, end)

    def contains(self, other: "GoalPeriod") -> bool:
        """Say whether every day of the other period is a day of this one."""
        return self.start <= other.start and other.end <= self.end


@dataclass(frozen=True, slots=True)
class FiscalCalendar:
    """How an organization counts its years. Refuses INVALID_VALUE, naming the field.

    A start day that a month lacks means that month's last day, for the year as for each period, so any month goes with
    any day up to 31. `display_format` makes the labels: `{year}` 2026, `{yy}` 26, `{index}` 3, `{index2}` 03; text in
    square brackets is left out of a whole year's label, which is "FY2026" if it would still need an index. An empty
    format is the template's own: "FY2026 Q1", "FY2026 H1", "FY2026 M03", "FY2026 P13", "FY2026".
    """

    template: Template = Template.QUARTERLY
    start_month: int = 1
    start_day: int = 1
    year_named_by: YearNamedBy = YearNamedBy.START
    display_format: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.start_month <= _MONTHS:
            raise _invalid(("startMonth",), "The start month is a number from 1 to 12.")
        if not 1 <= self.start_day <= _LONGEST_MONTH:
            raise _invalid(("startDay",), "The start day is a number from 1 to 31.")
        self._check_format()

    def year_start(self, year: int) -> date:
        """Give the first day of a fiscal year. Refuses PERIOD_NOT_IN_CALENDAR outside 1970-2100."""
        _check_year(year, _PERIOD)
        return self._start(year)

    def whole_year(self, year: int) -> FiscalPeriod:
        """Give a fiscal year as one period. Refuses PERIOD_NOT_IN_CALENDAR outside 1970-2100."""
        return FiscalPeriod(year, None, self._label(year, None), self.year_start(year), self._start(year + 1) - _DAY)

    def periods(self, year: int) -> list[FiscalPeriod]:
        """Give all periods of a fiscal year, in order. Refuses PERIOD_NOT_IN_CALENDAR outside 1970-2100."""
        _check_year(year, _PERIOD)
        starts = self._starts(year)
        ends = [start - _DAY for start in [*starts[1:], self._start(year + 1)]]
        return [
            FiscalPeriod(year, index, self._label(year, index), start, end)
            for index, (start, end) in enumerate(zip(starts, ends, strict=True), start=1)
        ]

    def period(self, year: int, index: int, field: tuple[str, ...] = _PERIOD) -> FiscalPeriod:
        """Give one period. Refuses PERIOD_NOT_IN_CALENDAR for a year or an index that the calendar lacks."""
        _check_year(year, field)
        count = PERIODS_PER_YEAR[self.template]
        if not 1 <= index <= count:
            message = f"A fiscal year has the periods 1 to {count}. Choose one of them, or the whole year."
            raise Refusal(ErrorCode.PERIOD_NOT_IN_CALENDAR, message, (*field, "index"))
        return self.periods(year)[index - 1]

    def containing(self, day: date) -> FiscalPeriod:
        """Give the one period that a day is in. Refuses PERIOD_NOT_IN_CALENDAR outside the years 1970-2100."""
        year = day.year + self._year_offset()
        # Only years near the range are looked at more closely: date itself ends with the year 9999.
        if FIRST_YEAR <= year <= LAST_YEAR + 1 and day < self._start(year):
            year -= 1
        _check_year(year, _PERIOD)
        return self.periods(year)[bisect_right(self._starts(year), day) - 1]

    def _year_offset(self) -> int:
        """Years from the one in which a fiscal year starts to the one it is named by."""
        ends_in_next_year = (self.start_month, self.start_day) != (1, 1)
        return 1 if self.year_named_by is YearNamedBy.END and ends_in_next_year else 0

    def _start(self, year: int, months: int = 0) -> date:
        """Count months from the nominal start: 31 January + 1 is the end of February, + 2 is 31 March."""
        years, month = divmod(self.start_month - 1 + months, _MONTHS)
        calendar_year = year - self._year_offset() + years
        last_day = monthrange(calendar_year, month + 1)[1]
        return date(calendar_year, month + 1, min(self.start_day, last_day))

    def _starts(self, year: int) -> list[date]:
        count = PERIODS_PER_YEAR[self.template]
        if self.template is Template.FOUR_WEEK:
            return [self._start(year) + _FOUR_WEEKS * number for number in range(count)]
        return [self._start(year, months) for months in range(0, _MONTHS, _MONTHS // count)]

    def _label(self, year: int, index: int | None) -> str:
        text = self.display_format or DEFAULT_FORMATS[self.template]
        text = _BRACKETED.sub("" if index is None else r"\1", text)
        if index is None and _INDEX.search(text):
            text = DEFAULT_FORMATS[Template.ANNUAL]
        values = {"year": f"{year}", "yy": f"{year % 100:02d}", "index": f"{index}", "index2": f"{index or 0:02d}"}
        return _PLACEHOLDER.sub(lambda placeholder: values[placeholder[1]], text).strip()

    def _check_format(self) -> None:
        text = self.display_format
        if not text:
            return
        if len(text) > _LONGEST_FORMAT or not text.isprintable():
            raise _invalid(("displayFormat",), "A display format is one line of at most 50 characters.")
        if set("{}[]") & set(_BRACKETED.sub(r"\1", _PLACEHOLDER.sub("", text))):
            message = (
                "A display format knows {year}, {yy}, {index}, {index2} and one level of [ ]. Remove other brackets."
            )
            raise _invalid(("displayFormat",), message)
        if not re.search(r"\{(year|yy)\}", _BRACKETED.sub("", text)):
            raise _invalid(("displayFormat",), "A display format contains {year} or {yy}, outside of [ ]. Add one.")
        if self.template is not Template.ANNUAL and not _INDEX.search(text):
            raise _invalid(("displayFormat",), "Without {index} or {index2} all periods of a year look alike. Add one.")


def resolve_period(
    calendar: FiscalCalendar,
    *,
    kind: PeriodKind,
    fiscal_year: int | None = None,
    index: int | None = None,
    whole_year: bool = False,
    start: date | None = None,
    end: date | None = None,
    field: tuple[str, ...] = _PERIOD,
) -> GoalPeriod:
    """Make a goal's period from what a client gave: FISCAL needs a year and an index or `whole_year`, CUSTOM two dates.

    Refuses, naming a field below `field`: PERIOD_INCOMPLETE, START_AFTER_END, PERIOD_NOT_IN_CALENDAR (also custom dates
    outside 1970-2100), INVALID_VALUE for parts that contradict each other.
    """
    if kind is PeriodKind.CUSTOM:
        fiscal: dict[str, object] = {"fiscalYear": fiscal_year, "index": index, "wholeYear": whole_year or None}
        _check_absent(fiscal, "A custom period is its two dates alone. Leave this out.", field)
        return _custom_period(start, end, field)
    dates: dict[str, object] = {"startDate": start, "endDate": end}
    _check_absent(dates, "A fiscal period's dates come from the calendar. Leave this out.", field)
    if fiscal_year is None:
        raise _incomplete((*field, "fiscalYear"), "A fiscal period needs its fiscal year.")
    _check_year(fiscal_year, (*field, "fiscalYear"))
    if whole_year:
        _check_absent({"index": index}, "The whole year has no index. Leave one of them out.", field)
        found = calendar.whole_year(fiscal_year)
    elif index is None:
        raise _incomplete((*field, "index"), "A fiscal period needs its index, or wholeYear: true.")
    else:
        found = calendar.period(fiscal_year, index, field)
    return GoalPeriod.fiscal(calendar, found)


def _custom_period(start: date | None, end: date | None, field: tuple[str, ...]) -> GoalPeriod:
    if start is None:
        raise _incomplete((*field, "startDate"), "A custom period needs its first day.")
    if end is None:
        raise _incomplete((*field, "endDate"), "A custom period needs its last day.")
    _check_year(start.year, (*field, "startDate"))
    _check_year(end.year, (*field, "endDate"))
    if start > end:
        message = "A period starts on or before the day it ends. Swap or correct the dates."
        raise Refusal(ErrorCode.START_AFTER_END, message, (*field, "endDate"))
    return GoalPeriod.custom(start, end)


def _check_absent(given: dict[str, object], message: str, field: tuple[str, ...]) -> None:
    for name, value in given.items():
        if value is not None:
            raise Refusal(ErrorCode.INVALID_VALUE, message, (*field, name))


def _check_year(year: int, field: tuple[str, ...]) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        message = f"Periods lie in the years {FIRST_YEAR} to {LAST_YEAR}. Choose another year."
        raise Refusal(ErrorCode.PERIOD_NOT_IN_CALENDAR, message, field)


def _incomplete(field: tuple[str, ...], message: str) -> Refusal:
    return Refusal(ErrorCode.PERIOD_INCOMPLETE, message, field)


def _invalid(field: tuple[str, ...], message: str) -> Refusal:
    return Refusal(ErrorCode.INVALID_VALUE, message, field)
