"""Where a period goes: rolled forward with its tree, or realigned with another calendar. Dates only, no goals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.errors import ErrorCode, Refusal
from graph.period import PERIODS_PER_YEAR, GoalPeriod, PeriodKind
from graph.problems import Problems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph.period import FiscalCalendar, Template


@dataclass(frozen=True, slots=True)
class Roll:
    """Moves the periods of a tree as its root's goes from `former` to `new`, one of the calendar's or custom."""

    calendar: FiscalCalendar
    former: GoalPeriod
    new: GoalPeriod

    def moved(self, period: GoalPeriod, within: GoalPeriod) -> GoalPeriod | None:
        """The period's counterpart within its parent's new one; None if there is none.

        That of the former one is the new one. A fiscal one goes as many periods, or years, as the root's does. A custom
        one goes as many days as the root's first day, and is cut to its parent's.
        """
        if (period.start, period.end) == (self.former.start, self.former.end):
            found: GoalPeriod | None = self.new
        elif period.kind is PeriodKind.CUSTOM:
            days = self.new.start - self.former.start
            start, end = max(period.start + days, within.start), min(period.end + days, within.end)
            found = GoalPeriod.custom(start, end) if start <= end else None
        else:
            found = self._fiscal(period)
        return found if found is not None and within.contains(found) else None

    def _fiscal(self, period: GoalPeriod) -> GoalPeriod | None:
        before, after = self.former, self.new
        years = (period.fiscal_year, before.fiscal_year, after.fiscal_year)
        if None in years or (before.index is None) != (after.index is None):
            return None
        year, former_year, new_year = (number or 0 for number in years)
        if before.index is None or after.index is None:
            return fiscal_period(self.calendar, year + new_year - former_year, period.index, period.template)
        if period.index is None or before.template is not after.template:
            return None
        in_year = PERIODS_PER_YEAR[self.calendar.template]
        ordinal = (year + new_year - former_year) * in_year + period.index - 1 + after.index - before.index
        year, index = divmod(ordinal, in_year)
        return fiscal_period(self.calendar, year, index + 1, period.template)


@dataclass(frozen=True, slots=True)
class PeriodMapping:
    """What becomes of period `from_index` of another template (any, if none is named): period `index` of the calendar.

    `index` None: the whole year. `year_offset`: fiscal years later, or earlier, than the period's own.
    """

    from_index: int
    index: int | None
    year_offset: int = 0
    from_template: Template | None = None


class Realignment:
    """Gives periods the dates and labels of a calendar. Refuses a mapping that is none, naming its place."""

    def __init__(self, calendar: FiscalCalendar, mapping: Sequence[PeriodMapping]) -> None:
        self._calendar = calendar
        self._mapping: dict[tuple[Template | None, int], PeriodMapping] = {}
        problems = Problems()
        for place, one in enumerate(mapping):
            with problems.at(("mapping", str(place))):
                self._add(one)
        problems.check(("mapping",))

    def moved(self, period: GoalPeriod) -> GoalPeriod | None:
        """The period as the calendar has it now; None if the calendar has none for it. A custom one stays."""
        if period.kind is PeriodKind.CUSTOM or period.fiscal_year is None:
            return period
        if period.index is None or period.template is self._calendar.template:
            return fiscal_period(self._calendar, period.fiscal_year, period.index, period.template)
        to = self._mapping.get((period.template, period.index)) or self._mapping.get((None, period.index))
        if to is None:
            return None
        return fiscal_period(self._calendar, period.fiscal_year + to.year_offset, to.index, self._calendar.template)

    def _add(self, one: PeriodMapping) -> None:
        count = PERIODS_PER_YEAR[self._calendar.template]
        if one.index is not None and not 1 <= one.index <= count:
            message = f"A fiscal year has the periods 1 to {count}. Choose one of them, or null for the whole year."
            raise Refusal(ErrorCode.PERIOD_NOT_IN_CALENDAR, message, ("index",))
        if (one.from_template, one.from_index) in self._mapping:
            message = "This period is mapped twice. Leave one out."
            raise Refusal(ErrorCode.DUPLICATE_ROW, message, ("fromIndex",))
        self._mapping[one.from_template, one.from_index] = one


def fiscal_period(
    calendar: FiscalCalendar, year: int, index: int | None, template: Template | None
) -> GoalPeriod | None:
    """A period that counts by `template`, or a whole year, by the calendar; None if the calendar has none such."""
    if index is not None and template is not calendar.template:
        return None
    try:
        found = calendar.whole_year(year) if index is None else calendar.period(year, index)
    except Refusal:  # outside the years that there are
        return None
    return GoalPeriod.fiscal(calendar, found)
