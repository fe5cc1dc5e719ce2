"""Base amounts: equal to Python's decimal in the last place, set when they must be and at no other time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from graph.base_amount import base_amount
from graph.currency import check_currency, currency_digits, format_money
from graph.errors import ErrorCode, Refusal
from graph.exchange_rate import ONE, Rates, RatesReport, from_base, rates_of, set_exchange_rates, to_base
from graph.money import MAX_UNITS, parse_rate
from graph.record_upsert import upsert_records
from tests.conftest import NOW
from tests.factories import FOUNDER, YEAR, Company

if TYPE_CHECKING:
    from graph.database import Transaction
    from graph.ingestion import UpsertReport

#: Wide enough for any product or quotient here, rounded once, as the product must.
EXACT = Context(prec=80, rounding=ROUND_HALF_EVEN)
FIRST = date(2025, 1, 1)
CURRENCIES = ("EUR", "USD", "GBP", "JPY", "KWD", "CHF")


def decimally(units: int, rate: int) -> int:
    """Give an amount in base currency, all by Python's decimal."""
    quotient = EXACT.divide(Decimal(units).scaleb(-4, EXACT), Decimal(rate).scaleb(-10, EXACT))
    return int(quotient.quantize(Decimal("0.0001"), ROUND_HALF_EVEN, EXACT).scaleb(4, EXACT))


@dataclass(frozen=True)
class Drawn:
    """A drawn record's money."""

    currency: str
    units: int
    day: date


def draw(random: Random, number: int) -> list[Drawn]:
    """Draw amounts of every size, ties included."""
    sizes = (1, 10, 10**4, 10**8, 10**12)
    return [
        Drawn(
            random.choice(CURRENCIES),
            random.randint(-9, 9) * random.choice(sizes) + random.choice((0, 0, 1, 5, 3333)),
            FIRST + timedelta(random.randrange(700)),
        )
        for _ in range(number)
    ]


def draw_rates(random: Random) -> dict[tuple[str, date], int]:
    """Draw rates for each foreign currency from the first day on; 2 and 0.5 make ties."""
    return {
        (currency, FIRST + timedelta(days)): random.choice((2 * ONE, ONE // 2, 4 * ONE, random.randint(10**6, 10**13)))
        for currency in CURRENCIES[1:]
        for days in {0, *random.sample(range(700), 40)}
    }


async def set_rates(company: Company, *rates: tuple[str, date | str, str], remove: Any = ()) -> RatesReport:
    rows = [
        {"currency": currency, "validFrom": date.fromisoformat(str(day)), "rate": rate} for currency, day, rate in rates
    ]
    gone = [{"currency": currency, "validFrom": date.fromisoformat(day)} for currency, day in remove]

    async def work(tx: Transaction) -> RatesReport:
        return await set_exchange_rates(tx, FOUNDER, rows, gone)

    report: RatesReport = await company.write(work)
    return report


async def stored(company: Company) -> dict[str, dict[str, Any]]:
    async def work(tx: Transaction) -> list[dict[str, Any]]:
        text = "MATCH (r:Record) RETURN r {.*, rateDate: toString(r.rateDate)} AS record"
        return await tx.text(text, {}, name="tests/records")

    return {row["record"]["externalId"]: row["record"] for row in await company.database.read(work)}


async def test_ten_thousand_amounts_in_six_currencies_are_those_of_decimal(company: Company) -> None:
    random = Random(7)  # noqa: S311 - the same on every run
    rates = draw_rates(random)
    rows = [(currency, day, format(Decimal(rate).scaleb(-10), "f")) for (currency, day), rate in rates.items()]
    assert (await set_rates(company, *rows)).inserted == len(rates)

    def expected(one: Drawn) -> int:
        days = [day for currency, day in rates if currency == one.currency and day <= one.day]
        return decimally(one.units, ONE if one.currency == "EUR" else rates[one.currency, max(days)])

    async def read(tx: Transaction) -> Rates:
        return await rates_of(tx, "EUR", CURRENCIES)

    known = await company.database.read(read)
    drawn = draw(random, 10_000)
    wanted = {one: expected(one) for one in drawn}
    assert {one: base_amount("x", one.units, one.currency, one.day, known) for one in drawn} == wanted
    assert {one.currency for one in drawn} == set(CURRENCIES)
    await company.users("rep")
    in_2026 = [one for one in drawn if one.day.year == 2026][:1000]
    sales = [
        {
            "externalId": f"{number}",
            "state": "WON",
            "owner": {"user": "rep"},
            "currency": one.currency,
            "fields": {"actualValue": Decimal(one.units).scaleb(-4), "actualCloseDate": one.day},
        }
        for number, one in enumerate(in_2026)
    ]
    await company.records("opportunity", *sales)
    found = await stored(company)
    assert [found[f"{number}"]["actualValueBase"] for number in range(len(in_2026))] == [wanted[one] for one in in_2026]
    people: dict[str, Any] = {"manager_id": company.ids["rep"], "owner_id": company.ids["rep"]}
    goal = await company.goal("All", metric_id=await company.metric(), period=YEAR, **people)
    await company.recalculate(goal)
    assert (await company.read(goal))[0].actual_own == sum(wanted[one] for one in in_2026)


@pytest.mark.parametrize(
    ("units", "rate", "base"), [(1, 2 * ONE, 0), (3, 2 * ONE, 2), (-1, 2 * ONE, 0), (-3, 2 * ONE, -2), (5, 2 * ONE, 2)]
)
def test_halves_go_to_the_even_neighbour(units: int, rate: int, base: int) -> None:
    assert to_base(units, rate) == decimally(units, rate) == base
    assert from_base(units, ONE // 2) == base


async def save(company: Company, now: datetime, row: dict[str, Any]) -> UpsertReport:
    async def work(tx: Transaction) -> UpsertReport:
        return await upsert_records(tx, FOUNDER, "opportunity", [{"externalId": "x", **row}], now=now)

    report: UpsertReport = await company.write(work)
    return report


async def test_a_base_amount_is_set_again_when_amount_currency_or_rate_date_change_and_at_no_other_time(
    company: Company,
) -> None:
    await set_rates(company, ("USD", "2026-01-01", "2"), ("USD", "2026-03-01", "4"), ("GBP", "2026-01-01", "0.5"))
    day = NOW.replace(month=2, day=20)

    async def shown(now: datetime, **row: Any) -> tuple[Any, ...]:
        report = await save(company, now, row)
        assert not report.refused, report.refused
        found = (await stored(company))["x"]
        return found.get("actualValueBase"), found.get("estimatedValueBase"), found.get("rateDate")

    both = {"actualValue": "8", "estimatedValue": "100"}
    first = (40_000, 500_000, "2026-02-20")
    assert await shown(day, state="WON", currency="USD", fields=both) == first
    await set_rates(company, ("USD", "2026-01-01", "5"))
    later = NOW.replace(month=3, day=5)
    # Nothing changes; something else does; one amount does: at the rate of the day it was saved first.
    assert await shown(later, fields=both) == first
    assert await shown(later, name="Renamed", fields={"quantity": "1"}) == first
    assert await shown(later, fields={"actualValue": "10"}) == (20_000, 500_000, "2026-02-20")
    assert await shown(later, currency="GBP") == (200_000, 2_000_000, "2026-02-20")
    assert await shown(later, currency="USD") == (20_000, 200_000, "2026-02-20")
    assert await shown(later, fields={"estimatedValue": None}) == (20_000, None, "2026-02-20")
    assert await shown(later, currency=None) == (100_000, None, "2026-02-20")
    assert (await save(company, later, {"currency": None})).unchanged == 1


async def test_a_row_that_cannot_be_converted_is_refused_and_leaves_the_record_as_it_was(company: Company) -> None:
    await set_rates(company, ("USD", "2026-02-15", "0.0000000001"), ("GBP", "2027-01-01", "1"))
    await save(company, NOW, {"state": "WON", "fields": {"actualValue": "1"}})
    before = await stored(company)
    for row, field, code, told in (
        ({"currency": "GBP"}, "fields.actualValue", ErrorCode.NO_EXCHANGE_RATE, ("GBP", "2026-02-15")),
        ({"currency": "CHF"}, "fields.actualValue", ErrorCode.NO_EXCHANGE_RATE, ("CHF", "2026-02-15")),
        (
            {"currency": "USD", "fields": {"actualValue": "1000000"}},
            "fields.actualValue",
            ErrorCode.AMOUNT_OUT_OF_RANGE,
            ("USD",),
        ),
        ({"currency": "usd"}, "currency", ErrorCode.UNKNOWN_CURRENCY, ("usd",)),
        ({"currency": "XXX"}, "currency", ErrorCode.UNKNOWN_CURRENCY, ("XXX",)),
        ({"currency": 5}, "currency", ErrorCode.UNKNOWN_CURRENCY, ()),
    ):
        (refusal,) = (await save(company, NOW, row)).refused
        assert (refusal.field, refusal.code) == (field, code)
        assert all(part in refusal.message for part in told)
    assert await stored(company) == before
    # Without money there is nothing to convert.
    assert (await save(company, NOW, {"currency": "GBP", "fields": {"actualValue": None}})).updated == 1


async def test_rates_are_set_all_or_none(company: Company) -> None:
    first = ("USD", "2026-01-01", "1.5")
    assert await set_rates(company, first, ("USD", "2026-02-01", "2")) == RatesReport(2, 0, 0, 0)
    report = await set_rates(company, first, ("USD", "2026-03-01", "3"), remove=[("USD", "2026-02-01")])
    assert report == RatesReport(1, 0, 1, 1)
    assert await set_rates(company, ("USD", "2026-01-01", "1.25")) == RatesReport(0, 1, 0, 0)
    wrong: list[tuple[list[Any], list[Any], ErrorCode, tuple[str, ...]]] = [
        ([first, ("ABC", "2026-01-01", "1")], [], ErrorCode.UNKNOWN_CURRENCY, ("rates", "1", "currency")),
        ([("EUR", "2026-01-01", "1")], [], ErrorCode.INVALID_VALUE, ("rates", "0", "currency")),
        ([first, first], [], ErrorCode.DUPLICATE_ROW, ("rates", "1", "validFrom")),
        ([first], [first[:2]], ErrorCode.DUPLICATE_ROW, ("remove", "0", "validFrom")),
        ([("USD", "2026-01-01", "0")], [], ErrorCode.INVALID_VALUE, ("rates", "0", "rate")),
        ([("USD", "2026-01-01", "1.00000000001")], [], ErrorCode.AMOUNT_TOO_PRECISE, ("rates", "0", "rate")),
        ([("USD", "2026-01-01", "1e9")], [], ErrorCode.AMOUNT_OUT_OF_RANGE, ("rates", "0", "rate")),
        ([first], [("USD", "2025-01-01")], ErrorCode.NOT_FOUND, ("remove",)),
    ]
    for rates, remove, code, field in wrong:
        with pytest.raises(Refusal) as refused:
            await set_rates(company, *rates, remove=remove)
        assert (refused.value.problem.code, refused.value.problem.field) == (code, field)

    async def read(tx: Transaction) -> Rates:
        return await rates_of(tx, "EUR", ["USD"])

    known = await company.database.read(read)
    found = {day: known.find("USD", date(*day)) for day in ((2025, 12, 31), (2026, 2, 28), (2026, 3, 1), (9999, 1, 1))}
    assert [row and row.rate for row in found.values()] == [None, 12_500_000_000, 3 * ONE, 3 * ONE]


def test_rates_are_read_exactly() -> None:
    assert parse_rate("0.728109", ()) == 7_281_090_000
    assert parse_rate("1e-10", ()) == 1
    assert parse_rate("922337203.6854775807", ()) == MAX_UNITS
    for wrong in (True, "-1", "one", "NaN"):
        with pytest.raises(Refusal):
            parse_rate(wrong, ("rate",))


def test_amounts_for_people_have_the_digits_of_their_currency() -> None:
    assert format_money(12_345_000, "EUR", "en") == "€1,234.50"
    assert format_money(12_345_000, "EUR", "de-AT") == "€\xa01.234,50"
    assert format_money(25_000, "JPY", "en") == "¥2"  # half-even
    assert format_money(35_000, "JPY", "en") == "¥4"
    assert format_money(12_345, "KWD", "en") == "KWD1.234"
    assert format_money(-MAX_UNITS, "USD", "en") == "-$922,337,203,685,477.58"
    assert [currency_digits(code) for code in ("EUR", "JPY", "KWD")] == [2, 0, 3]
    with pytest.raises(Refusal):
        format_money(1, "EUR", "xx-YY")
    with pytest.raises(Refusal):
        check_currency("XTS", ("currency",))
