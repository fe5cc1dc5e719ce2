"""Exchange rates: units of a currency for one of the base currency, from a day on. What they convert: `base_amount`."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from graph.currency import check_currency
from graph.errors import ErrorCode, Refusal
from graph.ingestion import LARGEST_BATCH
from graph.money import RATE_PLACES, divide_half_even, parse_rate
from graph.organization import ensure_organization, organization
from graph.rights import Kind, Operation, require
from graph.statement import Count, Read, Write

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from graph.database import Transaction
    from graph.visibility import Viewer

#: Units of a stored rate in 1.
ONE: Final = 10**RATE_PLACES


@dataclass(frozen=True, slots=True)
class RateRow:
    """An exchange rate, in 1/10^10, and its first day. It holds until the next one of its currency."""

    currency: str
    valid_from: date
    rate: int


@dataclass(frozen=True, slots=True)
class _RatesOfCurrency:
    currency: str
    days: list[str]
    rates: list[int]


@dataclass(frozen=True)
class RatesOf(Read[_RatesOfCurrency], path="exchange_rate/of_currencies", row=_RatesOfCurrency):
    """All rates of these currencies, oldest first, one row for each currency that has any; days as text."""

    currencies: list[str]


@dataclass(frozen=True, slots=True)
class RateInForce:
    """The rate of a currency that holds on a day."""

    currency: str
    on: str
    valid_from: str
    rate: int


@dataclass(frozen=True)
class RatesInForce(Read[RateInForce], path="exchange_rate/in_force", row=RateInForce):
    """The rates in force for pairs of a currency and a day as text; none where there is none yet."""

    pairs: list[list[str]]


@dataclass(frozen=True, slots=True)
class RatePage:
    """One page of rates, and how many match."""

    rates: tuple[RateRow, ...]
    total_count: int


@dataclass(frozen=True)
class RatesPage(Read[RatePage], path="exchange_rate/page", row=RatePage):
    """A page of rates by (currency, day): of one currency or all; `on`: only those in force that day."""

    currency: str | None
    on: date | None
    first: int
    after_currency: str | None = None
    after_day: date | None = None

    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> RatePage:
        """Read the page's rates as rows."""
        rates = (RateRow(currency, date.fromisoformat(day), rate) for currency, day, rate in columns["rates"])
        return RatePage(tuple(rates), columns["total_count"])


@dataclass(frozen=True, slots=True)
class _Written:
    inserted: int
    updated: int
    unchanged: int


@dataclass(frozen=True)
class WriteRates(Write[_Written], path="exchange_rate/write", row=_Written):
    """Make or change rates; each row is a currency, a day, a rate."""

    rows: list[list[Any]]


@dataclass(frozen=True)
class RemoveRates(Write[Count], path="exchange_rate/remove", row=Count):
    """Delete rates; each row is a currency and a day."""

    rows: list[list[Any]]


@dataclass(frozen=True)
class AnyRate(Read[Count], path="exchange_rate/any", row=Count):
    """Whether there is any rate: 1 or 0."""


@dataclass(frozen=True, slots=True)
class RatesReport:
    """How many rates were made, changed, found to be so already, and deleted."""

    inserted: int
    updated: int
    unchanged: int
    removed: int


class Rates:
    """The rates of some currencies, to be asked for any day. The base currency's own is 1 on every day."""

    def __init__(self, base: str, rows: Iterable[_RatesOfCurrency] = ()) -> None:
        self.base = base
        self._by_currency = {row.currency: row for row in rows}

    def find(self, currency: str, on: date) -> RateRow | None:
        """Give the latest rate on or before a day; None if there is none."""
        if currency == self.base:
            return RateRow(currency, on, ONE)
        known = self._by_currency.get(currency)
        place = 0 if known is None else bisect_right(known.days, on.isoformat())
        if known is None or not place:
            return None
        return RateRow(currency, date.fromisoformat(known.days[place - 1]), known.rates[place - 1])


async def rates_of(tx: Transaction, base: str, currencies: Iterable[str]) -> Rates:
    """Read all rates of these currencies: once for a batch, however many days it speaks of."""
    foreign = sorted(set(currencies) - {base})
    return Rates(base, await tx.run(RatesOf(foreign)) if foreign else ())


async def rates_page(
    tx: Transaction, currency: str | None, on: date | None, first: int, after: tuple[str, date] | None
) -> RatePage:
    """Give a page of rates, as `RatesPage`: everyone may know them."""
    return await tx.one(RatesPage(currency, on, first, *(after or (None, None)))) or RatePage((), 0)


async def rates_in_force(tx: Transaction, pairs: Iterable[tuple[str, date]]) -> dict[tuple[str, date], RateRow]:
    """Give the latest rate on or before a day, by currency and day, where there is one: everyone may know them."""
    wanted = [[currency, day.isoformat()] for currency, day in pairs]
    return {
        (row.currency, date.fromisoformat(row.on)): RateRow(row.currency, date.fromisoformat(row.valid_from), row.rate)
        for row in await tx.run(RatesInForce(wanted))
    }


def to_base(units: int, rate: int) -> int:
    """Convert an amount into base currency: units ÷ rate, half-even. It may be out of an amount's range."""
    return divide_half_even(units * ONE, rate)


def from_base(units: int, rate: int) -> int:
    """Convert an amount in base currency: units times rate, half-even. It may be out of an amount's range."""
    return divide_half_even(units * rate, ONE)


async def set_exchange_rates(
    tx: Transaction, viewer: Viewer, rates: Sequence[Mapping[str, Any]], remove: Sequence[Mapping[str, Any]]
) -> RatesReport:
    """Make, change and delete rates, all or none. No base amount moves: that is `reapply_rates`.

    A rate has `currency`, `validFrom` and `rate` (a number as text), one to delete the first two. Refuses FORBIDDEN,
    TOO_MANY_ROWS and, naming the place ("rates", "3", "rate"): UNKNOWN_CURRENCY, INVALID_VALUE, AMOUNT_TOO_PRECISE,
    AMOUNT_OUT_OF_RANGE, DUPLICATE_ROW, NOT_FOUND.
    """
    await require(tx, viewer, Kind.SETTINGS, Operation.WRITE, "set exchange rates")
    if len(rates) + len(remove) > LARGEST_BATCH:
        message = f"At most {LARGEST_BATCH} rates are changed at once. Split them."
        raise Refusal(ErrorCode.TOO_MANY_ROWS, message, ("rates",))
    await ensure_organization(tx)  # its lock: the base currency stays what it is, and rates change in turn
    base = (await organization(tx)).base_currency
    seen: set[tuple[str, date]] = set()
    rows, removed = [], []
    for number, told in enumerate(rates):
        place = ("rates", str(number))
        key = _key(told, place, base, seen)
        rows.append([*key, parse_rate(told["rate"], (*place, "rate"))])
    for number, told in enumerate(remove):
        removed.append([*_key(told, ("remove", str(number)), base, seen)])
    written = await tx.one(WriteRates(rows)) or _Written(0, 0, 0)
    gone = await tx.one(RemoveRates(removed)) or Count(0)
    if gone.count < len(removed):
        message = "There are not all of these rates. Name only such as exchangeRates shows."
        raise Refusal(ErrorCode.NOT_FOUND, message, ("remove",))
    return RatesReport(written.inserted, written.updated, written.unchanged, len(removed))


def _key(told: Mapping[str, Any], place: tuple[str, ...], base: str, seen: set[tuple[str, date]]) -> tuple[str, date]:
    currency = check_currency(told["currency"], (*place, "currency"))
    if currency == base:
        message = f"{currency} is the base currency: its rate is always 1. Leave it out."
        raise Refusal(ErrorCode.INVALID_VALUE, message, (*place, "currency"))
    key = currency, told["validFrom"]
    if key in seen:
        message = "Another row has the same currency and day. Give each once."
        raise Refusal(ErrorCode.DUPLICATE_ROW, message, (*place, "validFrom"))
    seen.add(key)
    return key
