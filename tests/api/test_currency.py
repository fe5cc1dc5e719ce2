"""Currencies over GraphQL: rates, amounts of goals, base currency, time zone, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.hierarchy import CALLS, Q1, YEAR, Desk, open_desk, won
from tests.api.structure import upsert_records

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from graph.clock import FixedClock
    from graph.database import Database
    from graph.settings import Settings


@pytest.fixture
async def desk(settings: Settings, database: Database, clock: FixedClock) -> AsyncIterator[Desk]:
    async with open_desk(settings, database, clock) as desk:
        yield desk


def rate(currency: str, valid_from: str, value: str) -> dict[str, str]:
    """Give a rate as clients do."""
    return {"currency": currency, "validFrom": valid_from, "rate": value}


async def rates(desk: Desk, arguments: str) -> tuple[int, list[Any], str | None]:
    """Give how many rates there are, a page of them, and its last cursor."""
    fields = "totalCount nodes { currency validFrom rate } pageInfo { endCursor }"
    found = (await desk.admin.data(f"{{ exchangeRates{arguments} {{ {fields} }} }}"))["exchangeRates"]
    return found["totalCount"], [tuple(node.values()) for node in found["nodes"]], found["pageInfo"]["endCursor"]


async def test_rates_are_set_listed_and_used(desk: Desk) -> None:
    given = [rate("USD", "2026-01-01", "1.10"), rate("USD", "2026-02-16", "2"), rate("JPY", "2026-01-01", "160.5")]
    done = await desk.do("setExchangeRates", rates=given, remove=[])
    assert (done["inserted"], done["removed"]) == (3, 0)
    everything = [("JPY", "2026-01-01", "160.5"), ("USD", "2026-01-01", "1.1"), ("USD", "2026-02-16", "2")]
    assert (await rates(desk, ""))[:2] == (3, everything)
    count, page, cursor = await rates(desk, "(first: 2)")
    assert (count, page) == (3, everything[:2])
    assert (await rates(desk, f'(first: 2, after: "{cursor}")'))[:2] == (3, everything[2:])
    assert (await rates(desk, '(currency: "USD", on: "2026-02-15")'))[:2] == (1, everything[1:2])
    assert (await rates(desk, '(on: "2026-02-16")'))[:2] == (2, [everything[0], everything[2]])
    assert await desk.admin.codes('{ exchangeRates(currency: "usd") { totalCount } }') == ["UNKNOWN_CURRENCY"]
    known = (await desk.admin.data('{ currencies(locale: "de") { code name digits isBase } }'))["currencies"]
    assert {"code": "JPY", "name": "Japanischer Yen", "digits": 0, "isBase": False} in known
    assert [one["code"] for one in known if one["isBase"]] == ["EUR"]
    # A goal's amounts: at the rate of the earlier of today and its last day, in one statement for all goals.
    await desk.metric("Revenue")
    await desk.metric("Calls", CALLS, type="COUNT", dataType=None)
    past = {"custom": {"startDate": "2026-01-01", "endDate": "2026-01-31"}}
    for title, period in (("Past", past), ("Year", YEAR), ("Quarter", Q1)):
        await desk.goal(title, metricId="Revenue", period=period, target="3")
    await desk.goal("Phone", metricId="Calls", period=YEAR, target="3")
    desk.clock.set(datetime(2026, 2, 16, 12, tzinfo=UTC))
    fields = 'amounts(currency: "USD") { rate rateDate reason target actual formatted { target } }'
    shown = [goal["amounts"] for goal in await desk.all_shown(f"id {fields}", "Past", "Year", "Quarter", "Phone")]
    assert [tuple(one.values())[:4] for one in shown] == [
        ("1.1", "2026-01-31", None, "3.3"),
        ("2", "2026-02-16", None, "6"),
        ("2", "2026-02-16", None, "6"),
        (None, "2026-02-16", "NOT_MONEY", None),
    ]
    assert [one["formatted"]["target"] for one in shown] == ["$3.30", "$6.00", "$6.00", None]
    assert await desk.all_shown("currency", "Year", "Phone") == ["EUR", None]
    assert await desk.shown("Year", 'amounts(currency: "CHF") { reason rate target }') == {
        "amounts": {"reason": "NO_EXCHANGE_RATE", "rate": None, "target": None}
    }
    assert await desk.shown("Year", "amounts { currency reason rate target }") == {
        "amounts": {"currency": "EUR", "reason": None, "rate": "1", "target": "3"}
    }
    year = desk.ids["Year"]
    assert await desk.admin.codes(f'{{ goal(id: "{year}") {{ amounts(currency: "XYZ") {{ rate }} }} }}') == [
        "UNKNOWN_CURRENCY"
    ]


async def test_what_is_refused_writes_nothing(desk: Desk) -> None:
    await desk.do("setExchangeRates", rates=[rate("USD", "2026-01-01", "2")])
    await desk.records("opportunity", won("1", "admin", "10", "2026-02-01", currency="USD"))
    before = await desk.everything()
    wrong = [rate("USD", "2026-03-01", "3"), rate("ABC", "2026-01-01", "1")]
    assert await desk.refused("setExchangeRates", rates=wrong) == ("UNKNOWN_CURRENCY", "rates.1.currency")
    assert await desk.refused("setExchangeRates", rates=[rate("USD", "2026-01-01", "-2")]) == (
        "INVALID_VALUE",
        "rates.0.rate",
    )
    assert await desk.refused("setBaseCurrency", currency="USD") == ("BASE_CURRENCY_FROZEN", "currency")
    assert await desk.refused("setBaseCurrency", currency="") == ("UNKNOWN_CURRENCY", "currency")
    early = won("2", "admin", "10", "2025-12-31", currency="USD")
    payload = await upsert_records(desk.admin, "opportunity", [early])
    (refused,) = payload["refused"]
    assert (refused["code"], refused["field"]) == ("NO_EXCHANGE_RATE", "fields.actualValue")
    assert "USD" in refused["message"]
    assert "2025-12-31" in refused["message"]
    for name, zone in (("setTimeZone", "Mars/Olympus"), ("setTimeZone", "utc0")):
        payload = await desk.send(name, timeZone=zone)
        assert [error["code"] for error in payload["userErrors"]] == ["INVALID_VALUE"]
        assert payload["finished"] is False
    payload = await desk.send("reapplyRates", **{"from": "2026-01-01", "currency": "usd"})
    assert [error["code"] for error in payload["userErrors"]] == ["UNKNOWN_CURRENCY"]
    assert await desk.everything() == before


async def test_rates_are_reapplied_and_the_time_zone_changed_with_a_preview(desk: Desk) -> None:
    await desk.do("setExchangeRates", rates=[rate("USD", "2026-01-01", "2")])
    await desk.records("opportunity", won("1", "admin", "10", "2026-02-01", currency="USD"))
    call = {"externalId": "c", "state": "COMPLETED", "fields": {"actualEnd": "2026-02-01T23:30:00Z"}}
    await desk.records("phone_call", call)
    await desk.do("setExchangeRates", rates=[rate("USD", "2026-01-01", "4")])
    since = {"from": "2026-02-01"}
    before = await desk.everything()
    zone = {"timeZone": "Europe/Vienna"}
    previews = [
        await desk.do("reapplyRates", **since, preview=True),
        await desk.do("setTimeZone", **zone, preview=True),
    ]
    assert [payload["changes"] for payload in previews] == [
        [{"recordType": "opportunity", "field": "actualValue", "records": 1, "change": "-2.5"}],
        [{"recordType": "phone_call", "field": "actualEnd", "records": 1, "change": None}],
    ]
    assert await desk.everything() == before
    assert [await desk.do("reapplyRates", **since), await desk.do("setTimeZone", **zone)] == previews
    assert all(payload["finished"] and payload["next"] is None for payload in previews)
    assert (await desk.admin.data("{ fiscalCalendar { timeZone } }"))["fiscalCalendar"] == zone
    again = await desk.do("reapplyRates", **since)
    assert (again["records"], again["changes"], again["finished"]) == (0, [], True)


async def test_the_base_currency_is_chosen_before_there_is_money(desk: Desk) -> None:
    assert (await desk.do("setBaseCurrency", currency="USD"))["baseCurrency"] == "USD"
    assert await desk.refused("setExchangeRates", rates=[rate("USD", "2026-01-01", "2")]) == (
        "INVALID_VALUE",
        "rates.0.currency",
    )
    await desk.do("setExchangeRates", rates=[rate("EUR", "2026-01-01", "0.5")])
    assert (await desk.refused("setBaseCurrency", currency="EUR"))[0] == "BASE_CURRENCY_FROZEN"
    await desk.do("setExchangeRates", remove=[{"currency": "EUR", "validFrom": "2026-01-01"}])
    await desk.do("setBaseCurrency", currency="CHF")
    await desk.records("opportunity", won("1", "admin", "10", "2026-02-01"))
    assert (await desk.refused("setBaseCurrency", currency="EUR"))[0] == "BASE_CURRENCY_FROZEN"
    assert (await desk.do("setBaseCurrency", currency="CHF"))["baseCurrency"] == "CHF"
