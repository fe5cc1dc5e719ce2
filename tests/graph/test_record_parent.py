"""Records that are part of others: the link, and what of a change above reaches the goals. What is shown: tests/api."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from graph.errors import ErrorCode
from graph.ingestion import Outcome, UpsertReport
from graph.record_upsert import DeleteReport, delete_records, upsert_records
from tests.conftest import NOW
from tests.factories import FOUNDER

if TYPE_CHECKING:
    from graph.database import Transaction
    from tests.factories import Company


async def upsert(company: Company, row: dict[str, Any], type_key: str = "order_line") -> UpsertReport:
    async def work(tx: Transaction) -> UpsertReport:
        return await upsert_records(tx, FOUNDER, type_key, [row], now=NOW, zone=ZoneInfo("UTC"))

    return await company.database.write(work)


async def links(company: Company, external_id: str = "x") -> set[tuple[str, str]]:
    async def work(tx: Transaction) -> set[tuple[str, str]]:
        rows = await tx.text(
            "MATCH (:Record {externalId: $key})-[link]->(to) RETURN type(link) AS link, to.externalId AS target",
            {"key": external_id},
            name="tests/links",
        )
        return {(row["link"], row["target"]) for row in rows}

    return await company.database.read(work)


async def delete_order(company: Company, external_id: str) -> None:
    async def work(tx: Transaction) -> DeleteReport:
        return await delete_records(tx, FOUNDER, "order", [external_id], now=NOW)

    assert await company.database.write(work) == DeleteReport(deleted=1, missing=0)


async def test_a_part_has_one_parent_of_the_parent_type(company: Company) -> None:
    await company.users("Rep 01")
    await company.records("order", *({"externalId": key, "state": "ACTIVE"} for key in ("o1", "o2")))
    await company.records("opportunity", {"externalId": "o3", "state": "OPEN"})
    line = {"externalId": "x", "parent": "o1", "fields": {"extendedAmount": "5"}}
    for row, outcome, linked in (
        (line, Outcome.INSERTED, {("PART_OF", "o1")}),
        (line, Outcome.UNCHANGED, {("PART_OF", "o1")}),
        ({"parent": "o2", "owner": {"user": "Rep 01"}}, Outcome.UPDATED, {("PART_OF", "o2"), ("OWNED_BY", "Rep 01")}),
        ({"owner": None}, Outcome.UPDATED, {("PART_OF", "o2")}),
        ({"parent": None}, Outcome.UPDATED, set()),
        ({"parent": "o2"}, Outcome.UPDATED, {("PART_OF", "o2")}),
    ):
        assert (await upsert(company, {"externalId": "x", **row})).outcomes == (outcome,)
        assert await links(company) == linked
    for parent, code in (("nobody", "NOT_FOUND"), ("o3", "NOT_FOUND"), (5, "INVALID_VALUE")):
        [refusal] = (await upsert(company, {"externalId": "y", "parent": parent})).refused
        assert (refusal.field, refusal.code) == ("parent", ErrorCode(code))
    [refusal] = (await upsert(company, {"externalId": "y", "parent": "o1"}, "account")).refused
    assert (refusal.field, refusal.code) == ("parent", ErrorCode.UNKNOWN_FIELD)
    assert (await upsert(company, {"externalId": "o1", "parent": "o3"}, "order")).updated == 1
    await delete_order(company, "o2")
    assert await links(company) == set()
