"""The schema's own scalars: exact numbers, dates, moments, JSON. Reading an amount's digits is `graph/money.py`'s."""

from __future__ import annotations

import datetime as dt
import decimal
import re
from typing import TYPE_CHECKING, Any, Final, NewType

import strawberry
from graphql import FloatValueNode, GraphQLError, IntValueNode, StringValueNode

if TYPE_CHECKING:
    from graphql import ValueNode
    from strawberry.types.scalar import ScalarDefinition

#: The text of a number, as it came; resolvers give it to `graph.money.parse_units`, which makes the coded refusal.
Decimal = NewType("Decimal", str)
#: Any JSON value: the fields of a record, whose names and types its record type declares.
JSON = NewType("JSON", object)

_LONGEST_NUMBER: Final = 64  # characters; an amount has 19 digits
_FLOAT: Final = 'A JSON number with a point or an exponent is not exact. Send amounts as strings, such as "1234.5".'
_DATE: Final = 'A date is written "2026-03-31".'
_MOMENT: Final = 'A moment is written with its offset: "2026-03-31T08:00:00Z".'
# Python reads more forms (week dates, no separators); clients are held to one.
_DATE_FORM: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT_FORM: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})", re.ASCII)


def format_decimal(value: object) -> str:
    """Write a number without exponent, trailing zeros or "-0". Text is taken to be so already (`format_units`).

    Raises TypeError for floats and anything else inexact.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, decimal.Decimal) and value.is_finite():
        text = f"{value:f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return "0" if text == "-0" else text
    message = f"a Decimal cannot be a {type(value).__name__}"
    raise TypeError(message)


def format_moment(value: object) -> str:
    """Write a moment in UTC with "Z", to the microsecond where it has any. Raises TypeError for one without offset."""
    if isinstance(value, dt.datetime) and value.utcoffset() is not None:
        return value.astimezone(dt.UTC).replace(tzinfo=None).isoformat() + "Z"
    message = f"a DateTime must be a moment with an offset, not a {type(value).__name__}"
    raise TypeError(message)


def format_date(value: object) -> str:
    """Write a date. Raises TypeError for moments: which date one falls on depends on a time zone."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value.isoformat()
    message = f"a Date cannot be a {type(value).__name__}"
    raise TypeError(message)


def _read_decimal(value: object) -> str:
    match value:
        case bool():
            pass
        case int():
            return _short(str(value)) if abs(value) < 10**_LONGEST_NUMBER else _short("9" * (_LONGEST_NUMBER + 1))
        case str():
            return _short(value)
        case float():
            raise GraphQLError(_FLOAT)
    message = 'An amount is a string of digits, such as "1234.5", or an integer.'
    raise GraphQLError(message)


def _read_decimal_literal(node: ValueNode, _variables: dict[str, Any] | None = None) -> str:
    # A literal's source text is exact, also where it has a point.
    if isinstance(node, IntValueNode | FloatValueNode | StringValueNode):
        return _short(node.value)
    return _read_decimal(None)


def _short(text: str) -> str:
    if len(text) > _LONGEST_NUMBER:
        message = f"An amount has at most {_LONGEST_NUMBER} characters."
        raise GraphQLError(message)
    return text


def _read_date(value: object) -> dt.date:
    if isinstance(value, str) and _DATE_FORM.fullmatch(value):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            message = "There is no such date."
            raise GraphQLError(message) from None
    raise GraphQLError(_DATE)


def _read_moment(value: object) -> dt.datetime:
    if isinstance(value, str) and _MOMENT_FORM.fullmatch(value):
        try:
            return dt.datetime.fromisoformat(value).astimezone(dt.UTC)
        except (ValueError, OverflowError):
            message = "There is no such moment."
            raise GraphQLError(message) from None
    raise GraphQLError(_MOMENT)


#: For the schema's configuration: which Python types are which scalars.
SCALARS: Final[dict[object, ScalarDefinition]] = {
    Decimal: strawberry.scalar(
        name="Decimal",
        description=(
            'An exact number as a string of digits without exponent or trailing zeros, such as `"-1234.5"`. The '
            "field's description gives its unit. As input a string, an integer, or a number written in the document; "
            "a JSON number with a point is refused, because its digits are not exact."
        ),
        serialize=format_decimal,
        parse_value=_read_decimal,
        parse_literal=_read_decimal_literal,
    ),
    dt.date: strawberry.scalar(
        name="Date",
        description='A calendar day, `"2026-03-31"` (ISO 8601), in the organization\'s time zone.',
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
        serialize=format_date,
        parse_value=_read_date,
    ),
    dt.datetime: strawberry.scalar(
        name="DateTime",
        description='A moment, `"2026-03-31T08:00:00Z"` (ISO 8601): output in UTC, input with any offset.',
        specified_by_url="https://scalars.graphql.org/andimarek/date-time.html",
        serialize=format_moment,
        parse_value=_read_moment,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value. Amounts in it are strings, as `Decimal` is.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
    ),
}
