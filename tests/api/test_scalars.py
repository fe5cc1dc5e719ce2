"""The schema's scalars: what is taken in, what is given out, exactly."""

from __future__ import annotations

import datetime as dt
import decimal
from typing import TYPE_CHECKING, Any

import pytest
from graphql import GraphQLError

from api.scalars import JSON, SCALARS, format_date, format_decimal, format_moment

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.api.conftest import Client


def parse(scalar: object) -> Callable[[object], Any]:
    """Give what reads a scalar's input from a variable."""
    read = SCALARS[scalar].parse_value
    assert read is not None
    return read


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        ("1", "1"),
        ("-12.50", "-12.50"),
        ("0.1", "0.1"),
        ("1e3", "1e3"),
        ('"1234.5678"', "1234.5678"),
        ("922337203685477.5807", "922337203685477.5807"),
    ],
)
async def test_an_amount_in_the_document_is_its_source_text(
    app_client: Callable[..., Client], literal: str, text: str
) -> None:
    assert await app_client().data(f"{{ echo(amount: {literal}) }}") == {"echo": text}


@pytest.mark.parametrize(
    ("value", "text"), [("12.5", "12.5"), (7, "7"), (-(2**63), str(-(2**63))), ("", ""), ("x", "x")]
)
async def test_an_amount_in_a_variable_comes_as_text(
    app_client: Callable[..., Client], value: object, text: str
) -> None:
    # That "x" is no number is for graph/money.py to say, with the field's name.
    assert await app_client().data("query ($a: Decimal!) { echo(amount: $a) }", {"a": value}) == {"echo": text}


@pytest.mark.parametrize("value", [1.5, 1e300, True, [1], {"a": 1}, "1" * 65])
async def test_an_amount_that_is_not_exact_text_is_refused(app_client: Callable[..., Client], value: object) -> None:
    codes = await app_client().codes("query ($a: Decimal!) { echo(amount: $a) }", {"a": value})
    assert codes == ["GRAPHQL_VALIDATION_FAILED"]


@pytest.mark.parametrize("literal", ["true", "[1]", "{a: 1}", "RED", '"' + "1" * 65 + '"'])
async def test_a_literal_that_is_no_amount_is_refused(app_client: Callable[..., Client], literal: str) -> None:
    assert await app_client().codes(f"{{ echo(amount: {literal}) }}") == ["GRAPHQL_VALIDATION_FAILED"]


def test_an_integer_of_any_size_costs_nothing() -> None:
    with pytest.raises(GraphQLError, match="at most 64"):
        parse_decimal(10**100_000)


def parse_decimal(value: object) -> object:
    """Read a Decimal."""
    return next(
        scalar.parse_value(value) for scalar in SCALARS.values() if scalar.name == "Decimal" and scalar.parse_value
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (decimal.Decimal("1E+3"), "1000"),
        (decimal.Decimal("12.500"), "12.5"),
        (decimal.Decimal("100."), "100"),
        (decimal.Decimal("-0.00"), "0"),
        (decimal.Decimal("0.0001"), "0.0001"),
        (5, "5"),
        ("1.5", "1.5"),
    ],
)
def test_an_amount_is_given_without_exponent_or_trailing_zeros(value: object, text: str) -> None:
    assert format_decimal(value) == text


@pytest.mark.parametrize("value", [1.5, True, None, decimal.Decimal("NaN"), decimal.Decimal("Infinity")])
def test_what_is_not_exact_is_not_given(value: object) -> None:
    with pytest.raises(TypeError):
        format_decimal(value)


def test_dates_have_one_form() -> None:
    assert parse(dt.date)("2024-02-29") == dt.date(2024, 2, 29)
    assert format_date(dt.date(2024, 2, 29)) == "2024-02-29"
    for wrong in ("2023-02-29", "20240229", "2024-W09-4", "2024-02-29T00:00:00Z", "٢٠٢٤-02-29", "", 20240229, None):
        with pytest.raises(GraphQLError):
            parse(dt.date)(wrong)
    with pytest.raises(TypeError):
        format_date(dt.datetime(2024, 2, 29, tzinfo=dt.UTC))


def test_moments_come_with_any_offset_and_go_in_utc() -> None:
    moment = parse(dt.datetime)("2026-03-31T08:00:00.5+02:00")
    assert moment == dt.datetime(2026, 3, 31, 6, 0, 0, 500_000, tzinfo=dt.UTC)
    assert format_moment(moment) == "2026-03-31T06:00:00.500000Z"
    assert format_moment(dt.datetime(2026, 3, 31, 6, tzinfo=dt.UTC)) == "2026-03-31T06:00:00Z"
    for wrong in ("2026-03-31", "2026-03-31T08:00:00", "2026-13-31T08:00:00Z", "0001-01-01T00:00:00+14:00", 5):
        with pytest.raises(GraphQLError):
            parse(dt.datetime)(wrong)
    for wrong_moment in (dt.datetime(2026, 3, 31, 6), dt.date(2026, 3, 31)):  # noqa: DTZ001 - that is the point
        with pytest.raises(TypeError):
            format_moment(wrong_moment)


async def test_json_goes_both_ways(app_client: Callable[..., Client]) -> None:
    value = {"name": "x", "amount": "1.5", "list": [1, None, True]}
    assert await app_client().data("query ($v: JSON!) { echoJson(value: $v) }", {"v": value}) == {"echoJson": value}
    literal = '{ echoJson(value: {name: "x", list: [1, null, true]}) }'
    assert await app_client().data(literal) == {"echoJson": {"name": "x", "list": [1, None, True]}}


def test_every_scalar_is_described() -> None:
    assert JSON in SCALARS
    assert all(scalar.description for scalar in SCALARS.values())
