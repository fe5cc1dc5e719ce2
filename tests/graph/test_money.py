"""Amounts as text and as units, percentages: exact at any size."""

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import ErrorCode, Refusal
from graph.money import (
    MAX_UNITS,
    MIN_UNITS,
    DataType,
    divide_half_even,
    format_decimal,
    format_units,
    parse_units,
    percentage,
    scale,
    units_to_decimal,
    with_places,
)

FIELD = ("target",)
UNITS = st.integers(MIN_UNITS, MAX_UNITS)
TYPES = st.sampled_from(DataType)
BIG = st.integers(-(10**40), 10**40)


def code_of(value: str | int | Decimal, data_type: DataType = DataType.MONEY) -> ErrorCode:
    with pytest.raises(Refusal) as caught:
        parse_units(value, data_type, FIELD)
    assert caught.value.problem.field == FIELD
    return caught.value.problem.code


@pytest.mark.parametrize(
    ("value", "units"),
    [
        ("0", 0),
        ("-0", 0),
        ("-0.0000000", 0),
        ("0e999999999999999999", 0),
        ("1", 10_000),
        ("+1", 10_000),
        ("1.", 10_000),
        (".5", 5_000),
        ("-.5", -5_000),
        ("0001.5", 15_000),
        ("15000.00000000", 150_000_000),
        ("0.0001", 1),
        ("1e3", 10_000_000),
        ("1E+3", 10_000_000),
        ("12345E-4", 12_345),
        ("10000e-8", 1),
        ("1e" + "0" * 5_000 + "3", 10_000_000),
        ("1" + "0" * 5_000 + "e-5000", 10_000),
        ("922337203685477.5807", MAX_UNITS),
        ("-922337203685477.5807", MIN_UNITS),
        (7, 70_000),
        (-7, -70_000),
        (Decimal("0.60000"), 6_000),
        (Decimal("1E+3"), 10_000_000),
        (Decimal("1E-4"), 1),
    ],
)
def test_reads_amounts(value: str | int | Decimal, units: int) -> None:
    assert parse_units(value, DataType.MONEY, FIELD) == units
    assert parse_units(value, DataType.DECIMAL, FIELD) == units


@pytest.mark.parametrize(
    ("value", "units"),
    [("12", 12), ("12.000", 12), ("1e3", 1_000), ("1200e-2", 12), (str(MAX_UNITS), MAX_UNITS), (MIN_UNITS, MIN_UNITS)],
)
def test_reads_integers(value: str | int | Decimal, units: int) -> None:
    assert parse_units(value, DataType.INTEGER, FIELD) == units


@pytest.mark.parametrize(
    "value", ["0.00001", "1.00005", "1e-5", "1e-999999999999", Decimal("1E-9999"), "9" * 9 + ".12345"]
)
def test_refuses_more_than_four_places(value: str | Decimal) -> None:
    assert code_of(value) is ErrorCode.AMOUNT_TOO_PRECISE


@pytest.mark.parametrize("value", ["0.1", "1.0001", Decimal("0.5"), "1e-1"])
def test_refuses_places_of_integers(value: str | Decimal) -> None:
    assert code_of(value, DataType.INTEGER) is ErrorCode.AMOUNT_TOO_PRECISE


@pytest.mark.parametrize(
    "value",
    [
        "922337203685477.5808",
        "-922337203685477.5808",
        "922337203685478",
        "1e15",
        "1E+9999",
        "1e999999999999999999999999",
        "9" * 100_000,
        10**15,
        -(10**400),
        Decimal("1E+9999"),
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("-Infinity"),
        "NaN",
        "nan",
        "-nan12",
        "Infinity",
        "-inf",
    ],
)
def test_refuses_what_64_bits_cannot_hold(value: str | int | Decimal) -> None:
    assert code_of(value) is ErrorCode.AMOUNT_OUT_OF_RANGE


@pytest.mark.parametrize("value", [2**63, -(2**63), "9223372036854775808", "-9223372036854775808", "1e19"])
def test_refuses_integers_of_more_than_64_bits(value: str | int) -> None:
    assert code_of(value, DataType.INTEGER) is ErrorCode.AMOUNT_OUT_OF_RANGE


ODD = [
    "",
    " ",
    "1 ",
    " 1",
    "1\n",
    "1_000",
    "1,000",
    "\uff11",
    "\u0661",
    "0x1",
    "--1",
    "+-1",
    ".",
    "-",
    "e3",
    "1e",
    "1e+",
]


@pytest.mark.parametrize(
    "value", [*ODD, "1.2.3", "1e1.5", "one", "1 000", "1\u00a0000", "\u22121", "$1", "1%", "True", True]
)
def test_refuses_what_is_no_number(value: str | int) -> None:
    assert code_of(value) is ErrorCode.INVALID_VALUE


def test_refuses_floats() -> None:
    with pytest.raises(Refusal) as caught:
        parse_units(1.5, DataType.MONEY, FIELD)  # type: ignore[arg-type]
    assert caught.value.problem.code is ErrorCode.INVALID_VALUE


def test_messages_name_the_range_and_the_places() -> None:
    with pytest.raises(Refusal, match=r"-922337203685477\.5807 and 922337203685477\.5807"):
        parse_units("1e20", DataType.MONEY, FIELD)
    with pytest.raises(Refusal, match="no decimal places"):
        parse_units("0.5", DataType.INTEGER, FIELD)


@given(UNITS, TYPES)
@settings(deadline=None)
def test_units_survive_their_text(units: int, data_type: DataType) -> None:
    text = format_units(units, data_type)
    assert parse_units(text, data_type, FIELD) == units
    assert parse_units(Decimal(text), data_type, FIELD) == units
    assert Fraction(text) == Fraction(units, scale(data_type))
    assert text == format_decimal(units_to_decimal(units, data_type))


@given(st.decimals(allow_nan=False, allow_infinity=False, places=None), TYPES)
@settings(deadline=None)
def test_a_decimal_is_read_exactly_or_refused(value: Decimal, data_type: DataType) -> None:
    exact = Fraction(value) * scale(data_type)
    if exact.denominator == 1 and abs(exact) <= MAX_UNITS:
        assert parse_units(value, data_type, FIELD) == exact
    elif abs(exact) > MAX_UNITS:
        assert code_of(value, data_type) in {ErrorCode.AMOUNT_OUT_OF_RANGE, ErrorCode.AMOUNT_TOO_PRECISE}
    else:
        assert code_of(value, data_type) is ErrorCode.AMOUNT_TOO_PRECISE


@pytest.mark.parametrize(
    ("units", "text"),
    [
        (0, "0"),
        (1, "0.0001"),
        (-1, "-0.0001"),
        (6_000, "0.6"),
        (150_000_000, "15000"),
        (-150_000_000, "-15000"),
        (1_000_001, "100.0001"),
        (MAX_UNITS, "922337203685477.5807"),
        (MIN_UNITS, "-922337203685477.5807"),
    ],
)
def test_writes_amounts(units: int, text: str) -> None:
    assert format_units(units, DataType.MONEY) == text
    assert format_units(units, DataType.DECIMAL) == text
    assert units_to_decimal(units, DataType.MONEY) == Decimal(text)


def test_writes_integers_with_their_zeros() -> None:
    assert format_units(15_000, DataType.INTEGER) == "15000"
    assert units_to_decimal(-15_000, DataType.INTEGER) == Decimal(-15_000)


def test_tenths_add_up_exactly() -> None:
    total = sum(parse_units(text, DataType.DECIMAL, FIELD) for text in ("0.1", "0.2", "0.3"))
    assert format_units(total, DataType.DECIMAL) == "0.6"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "0"),
        ("-0", "0"),
        ("-0.00", "0"),
        ("0E+9", "0"),
        ("-0E-9", "0"),
        ("100", "100"),
        ("1E+3", "1000"),
        ("400.00", "400"),
        ("266.67", "266.67"),
        ("-0.50", "-0.5"),
        ("1E-10", "0.0000000001"),
    ],
)
def test_writes_decimals(value: str, text: str) -> None:
    assert format_decimal(Decimal(value)) == text


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_writes_no_infinities(value: str) -> None:
    with pytest.raises(ValueError, match="finite"):
        format_decimal(Decimal(value))


@pytest.mark.parametrize(
    ("part", "whole", "percent"),
    [
        (800, 300, "266.67"),
        (400, 100, "400.00"),
        (1, 3, "33.33"),
        (685_000, 1_500_000, "45.67"),
        (1, 20_000, "0.00"),  # 0.005: to the even 0
        (3, 20_000, "0.02"),  # 0.015: to the even 2
        (-3, 20_000, "-0.02"),
        (-1, 20_000, "0.00"),
        (0, 5, "0.00"),
        (MAX_UNITS, 1, "922337203685477580700.00"),
    ],
)
def test_percentages(part: int, whole: int, percent: str) -> None:
    assert str(percentage(part, whole)) == percent


def test_no_percentage_of_nothing() -> None:
    assert percentage(5, 0) is None


@given(BIG, BIG.filter(bool))
@settings(deadline=None)
def test_divides_like_exact_fractions(numerator: int, denominator: int) -> None:
    assert divide_half_even(numerator, denominator) == round(Fraction(numerator, denominator))


@given(st.integers(-50, 50), st.integers(-8, 8).filter(bool))
@settings(deadline=None)
def test_divides_ties_to_even(numerator: int, denominator: int) -> None:
    assert divide_half_even(numerator, denominator) == round(Fraction(numerator, denominator))


@given(BIG, st.integers(1, 10))
@settings(deadline=None)
def test_no_decimal_context_loses_a_digit(units: int, places: int) -> None:
    with localcontext() as context:
        context.prec = 3
        assert Fraction(with_places(units, places)) == Fraction(units, 10**places)
        assert Fraction(units_to_decimal(units, DataType.MONEY)) == Fraction(units, 10_000)
