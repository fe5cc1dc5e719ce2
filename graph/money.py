"""Exact numbers: amounts and rates as 64-bit integers, their text, percentages. Not here: what currencies there are.

An amount is an integer number of *units*: ten-thousandths for MONEY and DECIMAL, ones for INTEGER. No float anywhere.
"""

import re
from decimal import Decimal
from enum import StrEnum
from typing import Final

from graph.errors import ErrorCode, Refusal

PLACES: Final = 4
RATE_PLACES: Final = 10
TEN_THOUSANDTHS: Final = 10**PLACES
MAX_UNITS: Final = 2**63 - 1
# Symmetrical, as the documented range is: the database's own smallest integer is one less and stays unused.
MIN_UNITS: Final = -MAX_UNITS
_MAX_DIGITS: Final = len(str(MAX_UNITS))

_NUMBER: Final = re.compile(r"([+-]?)(?=\.?[0-9])([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?)([0-9]+))?")
_NOT_FINITE: Final = re.compile(r"[+-]?(?:s?nan[0-9]*|inf|infinity)", re.IGNORECASE)
# Larger exponents are all alike: out of range, or too precise.
_EXPONENT_DIGITS: Final = 9


class DataType(StrEnum):
    """How the amounts of a metric or of a record's field are counted."""

    MONEY = "MONEY"
    INTEGER = "INTEGER"
    DECIMAL = "DECIMAL"


def scale(data_type: DataType) -> int:
    """Units in one: 1 for INTEGER, 10 000 for MONEY and DECIMAL."""
    return 1 if data_type is DataType.INTEGER else TEN_THOUSANDTHS


def parse_units(value: str | int | Decimal, data_type: DataType, field: tuple[str, ...]) -> int:
    """Read an amount from outside as units.

    Text is ASCII digits with an optional sign, point and exponent ("-12.50", "1e3"), nothing else. Refuses, naming
    `field`: INVALID_VALUE (not a number), AMOUNT_TOO_PRECISE (more significant decimal places than the type has),
    AMOUNT_OUT_OF_RANGE (also NaN and infinities). Costs no more than the input's length, whatever its exponent.
    """
    match value:
        case bool():
            raise _not_a_number(field)
        case int():
            return _in_range(value * scale(data_type), data_type, field)
        case Decimal() | str():
            return _parse_text(str(value), data_type, field)
        case _:  # A float, say: reached only from callers that no type checker has seen.
            raise _not_a_number(field)


def parse_rate(value: str | int | Decimal, field: tuple[str, ...]) -> int:
    """Read an exchange rate from outside, in 1/10^10: a positive number with up to ten decimal places.

    Refuses as `parse_units` does, and INVALID_VALUE for 0 and below.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise _not_a_number(field)
    try:
        rate = _parse_text(str(value), DataType.DECIMAL, field, places=RATE_PLACES)
    except Refusal as refusal:
        remedies = {
            ErrorCode.AMOUNT_TOO_PRECISE: f"A rate has at most {RATE_PLACES} decimal places. Round it.",
            ErrorCode.AMOUNT_OUT_OF_RANGE: f"A rate is at most {MAX_UNITS // 10**RATE_PLACES}. Give a smaller one.",
        }
        code = refusal.problem.code
        raise Refusal(code, remedies.get(code, refusal.message), field) from None
    if rate <= 0:
        message = "A rate is greater than 0: units of the currency for one of the base currency."
        raise Refusal(ErrorCode.INVALID_VALUE, message, field)
    return rate


def units_to_decimal(units: int, data_type: DataType) -> Decimal:
    """Give the amount as an exact Decimal, whatever the decimal context's precision."""
    return Decimal(format_units(units, data_type))


def format_units(units: int, data_type: DataType) -> str:
    """Write an amount as clients see it: no exponent, no trailing zeros, never "-0"."""
    if data_type is DataType.INTEGER:
        return str(units)
    whole, rest = divmod(abs(units), TEN_THOUSANDTHS)
    sign = "-" if units < 0 else ""
    return f"{sign}{whole}.{rest:04d}".rstrip("0") if rest else f"{sign}{whole}"


def format_decimal(value: Decimal) -> str:
    """Write any finite Decimal by the same rules. ValueError for NaN and infinities, which no result can be."""
    if not value.is_finite():
        message = "only finite numbers have a plain text"
        raise ValueError(message)
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").removesuffix(".")
    return "0" if value == 0 else text


def percentage(part_units: int, whole_units: int) -> Decimal | None:
    """Give 100 part ÷ whole with two places, half-even; None if the whole is 0. Both in the same units."""
    if whole_units == 0:
        return None
    return with_places(divide_half_even(part_units * 10_000, whole_units), 2)


def divide_half_even(numerator: int, denominator: int) -> int:
    """Divide exactly and round to the nearest integer, ties to the even one. ZeroDivisionError for 0."""
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    quotient, rest = divmod(numerator, denominator)
    twice = 2 * rest
    return quotient + (twice > denominator or (twice == denominator and quotient % 2 == 1))


def with_places(units: int, places: int) -> Decimal:
    """Give units ÷ 10^places as an exact Decimal, whatever the decimal context's precision. `places` at least 1."""
    whole, rest = divmod(abs(units), 10**places)
    return Decimal(f"{'-' if units < 0 else ''}{whole}.{rest:0{places}d}")


def _parse_text(text: str, data_type: DataType, field: tuple[str, ...], places: int | None = None) -> int:
    number = _NUMBER.fullmatch(text)
    if number is None:
        if _NOT_FINITE.fullmatch(text):
            raise _out_of_range(data_type, field)
        raise _not_a_number(field)
    sign, whole, fraction, exponent_sign, exponent_digits = number.groups(default="")
    digits = (whole + fraction).lstrip("0")
    significant = digits.rstrip("0")
    if not significant:
        return 0
    exponent_digits = exponent_digits.lstrip("0")
    exponent = 10**_EXPONENT_DIGITS if len(exponent_digits) > _EXPONENT_DIGITS else int(exponent_digits or "0")
    exponent = -exponent if exponent_sign == "-" else exponent
    # The amount is `significant` * 10^shift units, and must be a whole number of them.
    if places is None:
        places = 0 if data_type is DataType.INTEGER else PLACES
    shift = exponent - len(fraction) + len(digits) - len(significant) + places
    if len(significant) + shift > _MAX_DIGITS:
        raise _out_of_range(data_type, field)
    if shift < 0:
        raise _too_precise(data_type, field)
    units = int(significant) * 10**shift
    return _in_range(-units if sign == "-" else units, data_type, field)


def _in_range(units: int, data_type: DataType, field: tuple[str, ...]) -> int:
    if not MIN_UNITS <= units <= MAX_UNITS:
        raise _out_of_range(data_type, field)
    return units


def _not_a_number(field: tuple[str, ...]) -> Refusal:
    return Refusal(ErrorCode.INVALID_VALUE, 'This is not a number. Write plain digits, such as "1234.5".', field)


def _too_precise(data_type: DataType, field: tuple[str, ...]) -> Refusal:
    if data_type is DataType.INTEGER:
        message = "An integer amount has no decimal places. Round it."
    else:
        message = "An amount has at most four decimal places. Round it."
    return Refusal(ErrorCode.AMOUNT_TOO_PRECISE, message, field)


def _out_of_range(data_type: DataType, field: tuple[str, ...]) -> Refusal:
    limit = format_units(MAX_UNITS, data_type)
    message = f"An amount lies between -{limit} and {limit}. Give a smaller one."
    return Refusal(ErrorCode.AMOUNT_OUT_OF_RANGE, message, field)
