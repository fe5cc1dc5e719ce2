"""Amounts of money in base currency: what each record holds beside its own, and when that is worked out again.

A record's currency is its own, else that of the record it is part of (`inheritedCurrency`, kept with it), else the base
currency. Each MONEY field `x` has `xBase` beside it, which rollups add up. It is worked out when the amount, the
currency or the rate date changes, never because a rate did: that is `rederive`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graph.errors import ErrorCode, Refusal
from graph.exchange_rate import Rates, to_base
from graph.money import MAX_UNITS
from graph.record_type import FieldType, base_name, stored_names

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from graph.record_type import RecordType


@dataclass(frozen=True, slots=True)
class MoneyFields:
    """The properties of a type that base amounts come from: its MONEY fields, and the date of its rate-date field."""

    amounts: tuple[str, ...]
    date: str | None

    @classmethod
    def of(cls, kind: RecordType) -> MoneyFields:
        """Read them from a record type."""
        amounts = tuple(field.key for field in kind.fields.values() if field.data_type is FieldType.MONEY)
        return cls(amounts, None if kind.rate_date is None else stored_names(kind.fields[kind.rate_date])[-1])


def currency_of(properties: Mapping[str, Any]) -> str | None:
    """Give the currency that a stored record has, its own or inherited; None: the base currency."""
    currency: str | None = properties.get("currency") or properties.get("inheritedCurrency")
    return currency


def settle(
    fields: MoneyFields,
    changes: dict[str, Any],
    before: Mapping[str, Any],
    *,
    inherited: str | None,
    rates: Rates,
    today: date,
) -> None:
    """Add to the changes of a record the base amounts, rate date and inherited currency that follow from them.

    `before` is what is stored (nothing for a new record), `inherited` the currency of the record it will be part of,
    `today` the day of saving. Refuses NO_EXCHANGE_RATE and AMOUNT_OUT_OF_RANGE, naming the field.
    """
    after = {**before, **changes}
    _put(changes, before, "inheritedCurrency", None if after.get("currency") else inherited)
    currency = after.get("currency") or inherited or rates.base
    day_before = (before.get(fields.date) if fields.date else None) or before.get("rateDate")
    day = (after.get(fields.date) if fields.date else None) or before.get("rateDate")
    if day is None and any(after.get(name) is not None for name in fields.amounts):
        # Kept with the record: saved again another day, it is still converted at the rate of the first.
        day = changes["rateDate"] = today
    moved = currency != (currency_of(before) or rates.base) or day != day_before
    for name in fields.amounts:
        units, stored = after.get(name), before.get(base_name(name))
        if units is None or day is None:
            _put(changes, before, base_name(name), None)
        elif moved or stored is None or units != before.get(name):
            changes[base_name(name)] = base_amount(name, units, currency, day, rates)


def base_amount(name: str, units: int, currency: str, day: date, rates: Rates) -> int:
    """Convert an amount of a record at the rate of a day. Refuses NO_EXCHANGE_RATE and AMOUNT_OUT_OF_RANGE."""
    if currency == rates.base:
        return units
    path = ("fields", name)
    rate = rates.find(currency, day)
    if rate is None:
        message = f"There is no exchange rate of {currency} on or before {day}. Set one with setExchangeRates first."
        raise Refusal(ErrorCode.NO_EXCHANGE_RATE, message, path)
    converted = to_base(units, rate.rate)
    if abs(converted) > MAX_UNITS:
        message = f"In {rates.base} this amount is out of range at the rate of {currency} on {day}. Check the rate."
        raise Refusal(ErrorCode.AMOUNT_OUT_OF_RANGE, message, path)
    return converted


def _put(changes: dict[str, Any], before: Mapping[str, Any], name: str, value: Any) -> None:
    """Change a property, unless it is absent and stays so."""
    if value is not None or before.get(name) is not None:
        changes[name] = value
