"""A record without a currency of its own has that of the record it is part of, whatever happens above it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graph import integrity
from graph.errors import ErrorCode
from graph.record_upsert import delete_records, upsert_records
from tests.conftest import NOW
from tests.factories import FOUNDER, Company
from tests.graph.test_base_amount import set_rates, stored

if TYPE_CHECKING:
    from graph.database import Transaction
    from graph.ingestion import UpsertReport


async def save(company: Company, type_key: str, *rows: dict[str, Any]) -> UpsertReport:
    async def work(tx: Transaction) -> UpsertReport:
        return await upsert_records(tx, FOUNDER, type_key, rows, now=NOW)

    report: UpsertReport = await company.write(work)
    return report


async def test_currency_comes_from_above_and_base_amounts_follow_it(company: Company) -> None:
    await set_rates(company, ("USD", "2020-01-01", "2"), ("GBP", "2020-01-01", "0.5"), ("CHF", "2027-01-01", "1"))

    async def shown() -> dict[str, tuple[str | None, int | None]]:
        assert await integrity.check(company.database) == []
        return {
            key: (record.get("inheritedCurrency"), record.get("extendedAmountBase", record.get("totalAmountBase")))
            for key, record in (await stored(company)).items()
            if record["type"] != "opportunity"
        }

    await save(company, "opportunity", {"externalId": "deal", "state": "OPEN", "currency": "USD"})
    order = {"state": "ACTIVE", "parent": "deal", "fields": {"totalAmount": "8", "orderDate": "2026-01-05"}}
    await save(company, "order", {"externalId": "o1", **order}, {"externalId": "o2", **order, "currency": "GBP"})
    line = {"fields": {"extendedAmount": "10"}}
    lines = [("l1", "o1", {}), ("l2", "o2", {}), ("l3", "o1", {"currency": "EUR"}), ("l4", None, {})]
    rows = [{"externalId": key, "parent": parent, **line, **more} for key, parent, more in lines]
    assert (await save(company, "order_line", *rows)).inserted == 4
    assert (await save(company, "order_line", *rows)).unchanged == 4
    first = {
        "o1": ("USD", 40_000),
        "o2": (None, 160_000),
        "l1": ("USD", 50_000),
        "l2": ("GBP", 200_000),
        "l3": (None, 100_000),
        "l4": (None, 100_000),
    }
    assert await shown() == first
    # The top's currency changes: all that take it from there, and nothing else.
    assert (await save(company, "opportunity", {"externalId": "deal", "currency": "GBP"})).updated == 1
    assert await shown() == {**first, "o1": ("GBP", 160_000), "l1": ("GBP", 200_000)}
    # One that a record below cannot be converted from is refused whole.
    (refusal,) = (await save(company, "opportunity", {"externalId": "deal", "currency": "CHF"})).refused
    assert (refusal.code, refusal.field) == (ErrorCode.NO_EXCHANGE_RATE, "currency")
    assert "CHF" in refusal.message
    assert await shown() == {**first, "o1": ("GBP", 160_000), "l1": ("GBP", 200_000)}
    # No currency at the top: base currency. An order of another deal: that one's.
    await save(company, "opportunity", {"externalId": "deal", "currency": None})
    assert await shown() == {**first, "o1": (None, 80_000), "l1": (None, 100_000)}
    await save(company, "opportunity", {"externalId": "other", "state": "OPEN", "currency": "USD"})
    await save(company, "order", {"externalId": "o1", "parent": "other"})
    assert await shown() == first
    # A line goes to another order, gets a currency of its own and loses it again.
    await save(company, "order_line", {"externalId": "l4", "parent": "o2"})
    assert (await shown())["l4"] == ("GBP", 200_000)
    await save(company, "order_line", {"externalId": "l4", "currency": "USD"})
    assert (await shown())["l4"] == (None, 50_000)
    await save(company, "order_line", {"externalId": "l4", "currency": None})
    assert (await shown())["l4"] == ("GBP", 200_000)
    await save(company, "order_line", {"externalId": "l4", "parent": None})
    assert await shown() == first
    # Of a deal that is deleted nothing is left below: base currency.
    await company.write(lambda tx: delete_records(tx, FOUNDER, "opportunity", ["other", "deal"], now=NOW))
    assert await shown() == {**first, "o1": (None, 80_000), "l1": (None, 100_000)}
