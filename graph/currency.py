"""Currencies: which codes there are, their digits and names, and amounts written for people. Rates: `exchange_rate`.

Digits are for display only: amounts are stored in ten-thousandths whatever the currency.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency, get_currency_name, get_currency_precision, list_currencies

from graph.errors import ErrorCode, Refusal
from graph.money import PLACES, divide_half_even, with_places

#: Codes of ISO 4217 that stand for no currency: none at all, and tests.
_NONE: Final = frozenset({"XXX", "XTS"})


@cache
def currencies() -> frozenset[str]:
    """Give the codes of ISO 4217, former ones included, in upper case."""
    return frozenset(list_currencies()) - _NONE


def check_currency(code: object, field: tuple[str, ...]) -> str:
    """Give the code if it is a currency's. Refuses UNKNOWN_CURRENCY, naming the field."""
    if not isinstance(code, str) or code not in currencies():
        message = f'{str(code)[:20]!r} is no currency. Give a code of ISO 4217 in capitals, such as "USD".'
        raise Refusal(ErrorCode.UNKNOWN_CURRENCY, message, field)
    return code


def currency_digits(code: str) -> int:
    """Give how many decimal places amounts in a currency are written with: 2 for EUR, 0 for JPY, 3 for KWD."""
    return get_currency_precision(code)


def currency_name(code: str, locale: str) -> str:
    """Give a currency's name in a language. Refuses INVALID_VALUE, naming `locale`."""
    return get_currency_name(code, locale=_locale(locale))


def format_money(units: int, code: str, locale: str) -> str:
    """Write an amount for people: "€1,234.50", rounded half-even to the currency's digits. Refuses as `currency_name`.

    Exact for any amount: it is rounded as an integer, and what is formatted has no more places than are shown.
    """
    digits = currency_digits(code)
    dropped = max(PLACES - digits, 0)
    rounded = divide_half_even(units, 10**dropped) * 10**dropped
    return format_currency(with_places(rounded, PLACES), code, locale=_locale(locale))


@lru_cache(maxsize=64)
def _locale(name: str) -> Locale:
    try:
        return Locale.parse(name.replace("_", "-"), sep="-")
    except (UnknownLocaleError, ValueError, TypeError):
        message = 'There is no such locale. Name one as in "en", "de-AT" or "pt-BR".'
        raise Refusal(ErrorCode.INVALID_VALUE, message, ("locale",)) from None
