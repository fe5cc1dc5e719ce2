"""Progress: each formula, each status at its border, each null with its reason, against exact fractions."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.money import MAX_UNITS, MIN_UNITS, DataType, parse_units, scale
from graph.progress import Progress, Reason, Status, Thresholds

DAY = timedelta(days=1)
START = date(2026, 1, 1)
# 101 days, of which 100 elapse: a day is one percent.
END = START + 100 * DAY
FIELDS = {
    "percentageAchieved": "percentage_achieved",
    "stretchPercentageAchieved": "stretch_percentage_achieved",
    "todaysTarget": "todays_target",
    "todaysTargetPercentage": "todays_target_percentage",
    "pace.amount": "pace_amount",
    "pace.days": "pace_days",
    "projected": "projected",
    "status": "status",
}


def units(value: str | int | None, data_type: DataType) -> int | None:
    return None if value is None else parse_units(value, data_type, ())


def progress(
    actual: str | int | None,
    target: str | int | None,
    *,
    stretch: str | int | None = None,
    start: date = START,
    end: date = END,
    day: int = 50,
    closed: bool = False,
    tracks_stretch: bool = False,
    data_type: DataType = DataType.MONEY,
) -> Progress:
    """Progress on day `day` after the start, amounts as clients write them."""
    return Progress(
        actual=units(actual, data_type),
        target=units(target, data_type),
        stretch_target=units(stretch, data_type),
        start=start,
        end=end,
        today=start + day * DAY,
        closed=closed,
        tracks_stretch=tracks_stretch,
        data_type=data_type,
    )


def why(given: Progress) -> dict[str, Reason]:
    return dict(given.reasons)


def test_example_1_a_parent_of_two() -> None:
    first, second, parent = (
        progress(actual, target, end=START + 31 * DAY, day=1) for actual, target in ((400, 100), (400, 200), (800, 300))
    )
    assert str(first.percentage_achieved) == "400.00"
    assert str(second.percentage_achieved) == "200.00"
    assert str(parent.percentage_achieved) == "266.67"
    todays = [str(goal.todays_target) for goal in (first, second, parent)]
    assert todays == ["3.2258", "6.4516", "9.6774"]
    assert {str(goal.todays_target_percentage) for goal in (first, second, parent)} == {"3.23"}


def test_example_2_counts_with_stretch() -> None:
    goals = [
        progress(actual, target, stretch=stretch, tracks_stretch=True, data_type=DataType.INTEGER)
        for actual, target, stretch in ((1, 5, 6), (1, 3, 4), (2, 8, 10))
    ]
    assert [str(goal.percentage_achieved) for goal in goals] == ["20.00", "33.33", "25.00"]
    assert [str(goal.stretch_percentage_achieved) for goal in goals] == ["16.67", "25.00", "20.00"]


@pytest.mark.parametrize(
    ("actual", "target", "percent"),
    [
        (410_000, 500_000, "82.00"),
        (275_000, 500_000, "55.00"),
        (0, 500_000, "0.00"),
        (685_000, 1_500_000, "45.67"),
        (785_000, 1_500_000, "52.33"),
    ],
)
def test_example_3_three_reps(actual: int, target: int, percent: str) -> None:
    assert str(progress(actual, target).percentage_achieved) == percent


def test_example_4_a_quarter() -> None:
    quarter = progress(95_000, 100_000, end=date(2026, 3, 31), day=45)
    assert quarter.today == date(2026, 2, 15)
    assert str(quarter.percentage_achieved) == "95.00"
    assert str(quarter.todays_target) == "50561.7978"
    assert str(quarter.todays_target_percentage) == "50.56"
    assert str(quarter.pace_amount) == "44438.2022"
    assert str(quarter.pace_days) == "39.6"  # 95 000 x 89 / 100 000 - 45 = 39.55, to the even tenth
    assert str(quarter.projected) == "187888.8889"
    assert quarter.status is Status.ON_TRACK


def test_example_6_tonnes() -> None:
    tonnes = progress("1999.75", 2_500, data_type=DataType.DECIMAL)
    assert str(tonnes.percentage_achieved) == "79.99"


def test_example_8_a_metric_without_an_actual_field() -> None:
    for target in (None, 100_000):
        goal = replace(progress(None, target), no_actual=Reason.NO_ACTUAL)
        assert goal.percentage_achieved is None
        assert why(goal)["percentageAchieved"] is Reason.NO_ACTUAL
        assert why(goal)["status"] is Reason.NO_ACTUAL


def test_amounts_of_integer_metrics_have_four_places() -> None:
    calls = progress(10, 7, end=START + 3 * DAY, day=2, data_type=DataType.INTEGER)
    assert str(calls.todays_target) == "4.6667"
    assert str(calls.pace_amount) == "5.3333"
    assert str(calls.pace_days) == "2.3"
    assert str(calls.projected) == "15.0000"


def test_ties_go_to_the_even_digit() -> None:
    half = progress("0.0001", "0.0003", end=START + 2 * DAY, day=1)
    assert str(half.todays_target) == "0.0002"  # 0.00015
    assert str(half.pace_amount) == "0.0000"  # -0.00005
    assert str(half.projected) == "0.0002"
    assert str(progress(1, 20_000).percentage_achieved) == "0.00"  # 0.005
    assert str(progress(3, 20_000).percentage_achieved) == "0.02"  # 0.015
    assert str(progress(3, 20, end=START + DAY, day=0).pace_days) == "0.2"  # 0.15
    assert str(progress(1, 20, end=START + DAY, day=0).pace_days) == "0.0"  # 0.05


@pytest.mark.parametrize(
    ("day", "percent", "target"),
    [
        (-1, "0.00", "0.0000"),
        (0, "0.00", "0.0000"),
        (1, "1.00", "2.0000"),
        (99, "99.00", "198.0000"),
        (100, "100.00", "200.0000"),
        (101, "100.00", "200.0000"),
    ],
)
def test_elapsed_is_clamped(day: int, percent: str, target: str) -> None:
    goal = progress(0, 200, day=day)
    assert str(goal.todays_target_percentage) == percent
    assert str(goal.todays_target) == target


@pytest.mark.parametrize(("day", "todays"), [(-1, "0.0000"), (0, "100.0000"), (1, "100.0000")])
def test_a_period_of_one_day(day: int, todays: str) -> None:
    goal = progress(50, 100, end=START, day=day)
    assert str(goal.todays_target) == todays
    assert goal.pace_days is None
    assert why(goal)["pace.days"] is Reason.SINGLE_DAY
    assert goal.pace_amount == 50 - Decimal(todays)
    assert str(goal.projected) == ("None" if day < 0 else "50.0000")


@pytest.mark.parametrize(
    ("actual", "day", "closed", "status"),
    [
        ("150", 50, False, Status.STRETCH_MET),
        ("149.9999", 50, False, Status.MET),
        ("150", 999, True, Status.STRETCH_MET),
        ("100", -5, True, Status.MET),
        ("100", 101, False, Status.MET),
        ("99.9999", 101, False, Status.MISSED),
        ("99.9999", 100, False, Status.BEHIND),
        ("99.9999", 50, True, Status.MISSED),
        ("0", -1, True, Status.MISSED),
        ("0", -1, False, Status.NOT_STARTED),
        ("0", 0, False, Status.ON_TRACK),
        ("-1", 0, False, Status.ON_TRACK),
        ("50", 50, False, Status.ON_TRACK),
        ("49.9999", 50, False, Status.BEHIND),
        ("40", 50, False, Status.BEHIND),
        ("39.9999", 50, False, Status.AT_RISK),
        ("0", 50, False, Status.AT_RISK),
        ("-1", 50, False, Status.AT_RISK),
    ],
)
def test_status_at_its_borders(actual: str, day: int, closed: bool, status: Status) -> None:  # noqa: FBT001
    goal = progress(actual, 100, stretch=150, tracks_stretch=True, day=day, closed=closed)
    assert goal.status is status


def test_the_ratio_is_compared_before_rounding() -> None:
    third = progress("33.3333", 100, end=START + 3 * DAY, day=1)
    assert str(third.todays_target) == "33.3333"
    assert third.status is Status.BEHIND


def test_without_stretch_nothing_is_more_than_met() -> None:
    assert progress(500, 100, stretch=150, tracks_stretch=False).status is Status.MET
    assert progress(500, 100, tracks_stretch=True).status is Status.MET


def test_thresholds_are_the_callers() -> None:
    strict = Thresholds(on_track=Decimal("1.1"), behind=Decimal("0.95"))
    ratios = {"55": Status.ON_TRACK, "54.9999": Status.BEHIND, "47.5": Status.BEHIND, "47.4999": Status.AT_RISK}
    for actual, status in ratios.items():
        assert replace(progress(actual, 100), thresholds=strict).status is status
    assert replace(progress(0, 100, day=0), thresholds=strict).status is Status.BEHIND


@pytest.mark.parametrize(("on_track", "behind"), [("0.5", "0.6"), ("1", "-0.1")])
def test_thresholds_are_in_order(on_track: str, behind: str) -> None:
    with pytest.raises(ValueError, match="thresholds"):
        Thresholds(Decimal(on_track), Decimal(behind))


def test_no_target() -> None:
    goal = progress(5, None)
    reasons = why(goal)
    stretch = reasons.pop("stretchPercentageAchieved")
    assert stretch is Reason.STRETCH_NOT_TRACKED
    assert set(reasons) == set(FIELDS) - {"stretchPercentageAchieved", "projected"}
    assert set(reasons.values()) == {Reason.NO_TARGET}
    assert str(goal.projected) == "10.0000"


def test_a_target_of_zero() -> None:
    goal = progress(5, 0)
    reasons = why(goal)
    del reasons["stretchPercentageAchieved"]
    assert set(reasons) == {"percentageAchieved", "todaysTargetPercentage", "pace.days", "status"}
    assert set(reasons.values()) == {Reason.TARGET_ZERO}
    assert (str(goal.todays_target), str(goal.pace_amount)) == ("0.0000", "5.0000")


@pytest.mark.parametrize("reason", [Reason.NOT_CALCULATED, Reason.NO_ACTUAL])
def test_no_actual(reason: Reason) -> None:
    goal = replace(progress(None, 100, stretch=150, tracks_stretch=True), no_actual=reason)
    assert set(why(goal)) == set(FIELDS) - {"todaysTarget", "todaysTargetPercentage"}
    assert set(why(goal).values()) == {reason}


def test_a_lasting_cause_is_named_before_a_passing_one() -> None:
    empty = progress(None, None)
    assert why(empty)["percentageAchieved"] is Reason.NO_TARGET
    assert why(empty)["projected"] is Reason.NOT_CALCULATED
    assert why(progress(None, 0))["status"] is Reason.TARGET_ZERO
    assert why(progress(None, 0))["pace.amount"] is Reason.NOT_CALCULATED
    assert why(replace(empty, no_actual=Reason.NO_ACTUAL))["pace.amount"] is Reason.NO_ACTUAL


@pytest.mark.parametrize(
    ("stretch", "tracks", "reason"),
    [
        (None, False, Reason.STRETCH_NOT_TRACKED),
        (9, False, Reason.STRETCH_NOT_TRACKED),
        (None, True, Reason.NO_STRETCH_TARGET),
        (0, True, Reason.STRETCH_TARGET_ZERO),
        (9, True, None),
    ],
)
def test_no_stretch_percentage(stretch: int | None, tracks: bool, reason: Reason | None) -> None:  # noqa: FBT001
    goal = progress(5, 0, stretch=stretch, tracks_stretch=tracks)
    assert why(goal).get("stretchPercentageAchieved") is reason
    assert str(goal.stretch_percentage_achieved) == ("55.56" if reason is None else "None")


@pytest.mark.parametrize(("day", "reason"), [(-1, Reason.NOT_STARTED), (0, Reason.FIRST_DAY), (1, None)])
def test_no_projection_before_time_elapses(day: int, reason: Reason | None) -> None:
    goal = progress(5, 100, day=day)
    assert why(goal).get("projected") is reason
    assert str(goal.projected) == ("500.0000" if reason is None else "None")


def test_huge_numbers_stay_exact() -> None:
    goal = progress("922337203685477.5807", "0.0001", end=START + 36_500 * DAY, day=1)
    assert str(goal.percentage_achieved) == "922337203685477580700.00"
    assert str(goal.projected) == "33665307934519931695.5500"
    calls = progress(MAX_UNITS, MAX_UNITS, end=START + 3 * DAY, day=1, data_type=DataType.INTEGER)
    assert str(calls.todays_target) == "3074457345618258602.3333"
    assert calls.status is Status.MET


AMOUNTS = st.one_of(st.none(), st.integers(-20, 20), st.integers(MIN_UNITS, MAX_UNITS))
TARGETS = st.one_of(st.none(), st.integers(0, 20), st.integers(0, MAX_UNITS))


@st.composite
def any_progress(draw: st.DrawFn) -> Progress:
    start = draw(st.dates(date(1970, 1, 1), date(2100, 1, 1)))
    length = draw(st.integers(0, 40))
    return Progress(
        actual=draw(AMOUNTS),
        target=draw(TARGETS),
        stretch_target=draw(TARGETS),
        start=start,
        end=start + length * DAY,
        today=start + draw(st.integers(-2, length + 2)) * DAY,
        closed=draw(st.booleans()),
        tracks_stretch=draw(st.booleans()),
        data_type=draw(st.sampled_from(DataType)),
        no_actual=draw(st.sampled_from([Reason.NOT_CALCULATED, Reason.NO_ACTUAL])),
    )


@given(any_progress())
@settings(deadline=None, max_examples=300)
def test_what_is_null_has_a_reason_and_nothing_else_has(goal: Progress) -> None:
    null = [field for field, name in FIELDS.items() if getattr(goal, name) is None]
    assert [field for field, _ in goal.reasons] == null


@given(any_progress())
@settings(deadline=None, max_examples=300)
def test_every_formula_against_fractions(goal: Progress) -> None:
    def one(amount: int | None) -> Fraction:
        return Fraction(amount or 0, scale(goal.data_type))

    def same(result: Decimal | None, exact: Fraction, places: int) -> bool:
        return result is None or (
            Fraction(result) == Fraction(round(exact * 10**places), 10**places)
            and result.as_tuple().exponent == -places
        )

    length = (goal.end - goal.start).days
    if length == 0:
        elapsed = Fraction(goal.today >= goal.start)
    else:
        elapsed = min(max(Fraction((goal.today - goal.start).days, length), Fraction(0)), Fraction(1))
    actual, target, stretch = one(goal.actual), one(goal.target), one(goal.stretch_target)
    ahead = actual - target * elapsed
    assert same(goal.todays_target, target * elapsed, 4)
    assert same(goal.todays_target_percentage, elapsed * 100, 2)
    assert same(goal.pace_amount, ahead, 4)
    assert same(goal.percentage_achieved, actual / target * 100 if target else target, 2)
    assert same(goal.stretch_percentage_achieved, actual / stretch * 100 if stretch else stretch, 2)
    assert same(goal.pace_days, ahead / (target / length) if target and length else target, 1)
    assert same(goal.projected, actual / elapsed if elapsed else elapsed, 4)
    if goal.status in (Status.ON_TRACK, Status.BEHIND, Status.AT_RISK):
        ratio = actual / (target * elapsed) if elapsed else Fraction(1)
        expected = Status.ON_TRACK if ratio >= 1 else Status.BEHIND if ratio >= Fraction(8, 10) else Status.AT_RISK
        assert goal.status is expected
