"""How far a goal has come: percentages, today's target, pace, projection, status. Not here: totals (rollup)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Final

from graph.money import PLACES, TEN_THOUSANDTHS, DataType, divide_half_even, percentage, scale, with_places


class Status(StrEnum):
    """How a goal stands today; the first that holds, in this order."""

    STRETCH_MET = "STRETCH_MET"
    MET = "MET"
    MISSED = "MISSED"
    NOT_STARTED = "NOT_STARTED"
    ON_TRACK = "ON_TRACK"
    BEHIND = "BEHIND"
    AT_RISK = "AT_RISK"


class Reason(StrEnum):
    """Why a field of the progress is null."""

    NO_ACTUAL = "NO_ACTUAL"  # The metric has no Actual field.
    NOT_CALCULATED = "NOT_CALCULATED"  # The goal awaits its first calculation.
    NO_TARGET = "NO_TARGET"
    RESTRICTED = "RESTRICTED"  # The viewer may not read what it is worked out from.
    TARGET_ZERO = "TARGET_ZERO"
    STRETCH_NOT_TRACKED = "STRETCH_NOT_TRACKED"  # The metric has no stretch targets.
    NO_STRETCH_TARGET = "NO_STRETCH_TARGET"
    STRETCH_TARGET_ZERO = "STRETCH_TARGET_ZERO"
    NOT_STARTED = "NOT_STARTED"  # The period lies ahead.
    FIRST_DAY = "FIRST_DAY"  # Nothing of the period has elapsed yet.
    SINGLE_DAY = "SINGLE_DAY"  # A period of one day asks for no amount per day.


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The least actual ÷ today's target for ON_TRACK and for BEHIND. ValueError unless 0 ≤ behind ≤ on track."""

    on_track: Decimal = Decimal("1.00")
    behind: Decimal = Decimal("0.80")

    def __post_init__(self) -> None:
        if not 0 <= self.behind <= self.on_track:
            message = "thresholds: 0 ≤ behind ≤ on track"
            raise ValueError(message)

    @classmethod
    def of_units(cls, on_track: int | None, behind: int | None) -> "Thresholds":
        """Give them from units of 1/10 000 as stored; None: the default."""
        return cls(
            DEFAULT_THRESHOLDS.on_track if on_track is None else with_places(on_track, PLACES),
            DEFAULT_THRESHOLDS.behind if behind is None else with_places(behind, PLACES),
        )


DEFAULT_THRESHOLDS: Final = Thresholds()


@dataclass(frozen=True)
class Progress:
    """The progress of one goal on the day `today`; semantics, §10.

    Given: amounts in units of `data_type`; `actual` is the total (the pinned value if overridden), and while it is None
    `no_actual` says why: NO_ACTUAL for a metric without an Actual field; `no_target` says it of a target. `start` and
    `end` both belong to the period.
    Results are properties, each worked out when asked for, from exact integers: amounts are Decimals with four places
    (for INTEGER too), percentages with two, days with one, all half-even. Each None has a line in `reasons`.
    """

    actual: int | None
    target: int | None
    stretch_target: int | None
    start: date
    end: date
    today: date
    closed: bool
    tracks_stretch: bool
    data_type: DataType
    thresholds: Thresholds = DEFAULT_THRESHOLDS
    no_actual: Reason = Reason.NOT_CALCULATED
    no_target: Reason = Reason.NO_TARGET

    @property
    def percentage_achieved(self) -> Decimal | None:
        """Actual ÷ target as a percentage; never the stretch target."""
        return None if self.actual is None or self.target is None else percentage(self.actual, self.target)

    @property
    def stretch_percentage_achieved(self) -> Decimal | None:
        """Actual ÷ stretch target as a percentage."""
        if self.actual is None or self.stretch_target is None or not self.tracks_stretch:
            return None
        return percentage(self.actual, self.stretch_target)

    @property
    def todays_target(self) -> Decimal | None:
        """The part of the target that is due today: all of it from the last day on."""
        return None if self.target is None else self._amount(self.target * self._elapsed, self._length)

    @property
    def todays_target_percentage(self) -> Decimal | None:
        """Today's target ÷ target as a percentage, which is the part of the period elapsed; None without a target."""
        return percentage(self._elapsed, self._length) if self.target else None

    @property
    def pace_amount(self) -> Decimal | None:
        """Actual minus today's target, rounded once: above 0 is ahead."""
        if self.actual is None or self.target is None:
            return None
        return self._amount(self.actual * self._length - self.target * self._elapsed, self._length)

    @property
    def pace_days(self) -> Decimal | None:
        """The pace in days: its amount ÷ (target ÷ days from start to end)."""
        if self.actual is None or not self.target or self.start == self.end:
            return None
        ahead = self.actual * self._length - self.target * self._elapsed
        return with_places(divide_half_even(ahead * 10, self.target), 1)

    @property
    def projected(self) -> Decimal | None:
        """Actual ÷ elapsed: what the period ends with if it goes on as it has."""
        if self.actual is None or self._elapsed == 0:
            return None
        return self._amount(self.actual * self._length, self._elapsed)

    @property
    def status(self) -> Status | None:
        """The first status that holds."""
        if self.actual is None or not self.target:
            return None
        if self.tracks_stretch and self.stretch_target is not None and self.actual >= self.stretch_target:
            return Status.STRETCH_MET
        if self.actual >= self.target:
            return Status.MET
        if self.closed or self.today > self.end:
            return Status.MISSED
        if self.today < self.start:
            return Status.NOT_STARTED
        return self._status_today(self.actual, self.target)

    @property
    def reasons(self) -> tuple[tuple[str, Reason], ...]:
        """The GraphQL name of each field that is None, and why; lasting causes before passing ones."""
        found = (
            ("percentageAchieved", self._why_no_ratio()),
            ("stretchPercentageAchieved", self._why_no_stretch()),
            ("todaysTarget", self._why_no_target(zero=False)),
            ("todaysTargetPercentage", self._why_no_target(zero=True)),
            ("pace.amount", self._lasting or self._why_no_target(zero=False) or self._passing),
            ("pace.days", self._why_no_ratio() or (Reason.SINGLE_DAY if self.start == self.end else None)),
            ("projected", self._lasting or self._passing or self._why_no_projection()),
            ("status", self._why_no_ratio()),
        )
        return tuple((field, reason) for field, reason in found if reason is not None)

    @cached_property
    def _length(self) -> int:
        """Days from start to end; 1 for a period of one day, which has elapsed from that day on."""
        return (self.end - self.start).days or 1

    @cached_property
    def _elapsed(self) -> int:
        """Days elapsed of `_length`."""
        if self.start == self.end:
            return int(self.today >= self.start)
        return min(max((self.today - self.start).days, 0), self._length)

    def _amount(self, numerator: int, denominator: int) -> Decimal:
        ten_thousandths = numerator * (TEN_THOUSANDTHS // scale(self.data_type))
        return with_places(divide_half_even(ten_thousandths, denominator), PLACES)

    def _status_today(self, actual: int, target: int) -> Status:
        due, done = target * self._elapsed, actual * self._length
        if due == 0:  # Nothing asked for yet: a ratio of 1.
            due = done = 1
        for threshold, status in ((self.thresholds.on_track, Status.ON_TRACK), (self.thresholds.behind, Status.BEHIND)):
            numerator, denominator = threshold.as_integer_ratio()
            if done * denominator >= due * numerator:
                return status
        return Status.AT_RISK

    @property
    def _lasting(self) -> Reason | None:
        return self._passing if self.no_actual is not Reason.NOT_CALCULATED else None

    @property
    def _passing(self) -> Reason | None:
        return self.no_actual if self.actual is None else None

    def _why_no_target(self, *, zero: bool) -> Reason | None:
        if self.target is None:
            return self.no_target
        return Reason.TARGET_ZERO if zero and self.target == 0 else None

    def _why_no_ratio(self) -> Reason | None:
        return self._lasting or self._why_no_target(zero=True) or self._passing

    def _why_no_stretch(self) -> Reason | None:
        if not self.tracks_stretch:
            return Reason.STRETCH_NOT_TRACKED
        if self._lasting is not None:
            return self._lasting
        if self.stretch_target is None:
            return Reason.RESTRICTED if self.no_target is Reason.RESTRICTED else Reason.NO_STRETCH_TARGET
        return Reason.STRETCH_TARGET_ZERO if self.stretch_target == 0 else self._passing

    def _why_no_projection(self) -> Reason | None:
        if self._elapsed > 0:
            return None
        return Reason.NOT_STARTED if self.today < self.start else Reason.FIRST_DAY
