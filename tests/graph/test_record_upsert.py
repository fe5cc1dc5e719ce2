from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from graph.database import Trace
from graph.errors import ErrorCode, Refusal
from graph.ingestion import LARGEST_BATCH, Outcome, UpsertReport
from graph.owners import OwnerKind
from graph.record_type import FieldType, RecordField, RecordType, write_record_types
from graph.record_upsert import DeleteReport, delete_records, upsert_records
from graph.shipped_types import SHIPPED
from graph.visibility import Viewer
from tests.conftest import NOW
from tests.factories import FOUNDER, Company

if TYPE_CHECKING:
    from graph.clock import FixedClock
    from graph.database import Database, Transaction

BERLIN = ZoneInfo("Europe/Berlin")
OPPORTUNITY = next(kind for kind in SHIPPED if kind.key == "opportunity")
NOBODY = Viewer("1", "rep", "Rep 01", administrator=False)


@pytest.fixture
async def company(database: Database, clock: FixedClock) -> Company:
    company = await Company(database, clock).found()
    await company.users("Rep 01", "Rep 02")
    await company.owners(OwnerKind.TEAM, {"name": "Red"})
    await company.owners(OwnerKind.TERRITORY, {"name": "East"}, {"name": "West"})
    await company.owners(OwnerKind.PRODUCT_LINE, {"name": "Bikes"})
    await company.records("account", {"externalId": "acme", "name": "Acme"})
    return company


async def upsert(
    company: Company,
    type_key: str,
    *rows: Any,
    viewer: Viewer = FOUNDER,
    all_or_nothing: bool = False,
    now: datetime = NOW,
) -> UpsertReport:
    async def work(tx: Transaction) -> UpsertReport:
        return await upsert_records(tx, viewer, type_key, rows, now=now, zone=BERLIN, all_or_nothing=all_or_nothing)

    return await company.database.write(work)


async def stored(company: Company, external_id: str = "x") -> dict[str, Any] | None:
    """Read a record's properties, labels and links as they are in the database; None if there is none."""

    async def work(tx: Transaction) -> dict[str, Any] | None:
        rows = await tx.text(
            """MATCH (r:Record {externalId: $external_id})
            RETURN properties(r) AS properties, labels(r) AS labels,
              [(r)-[link]->(target) | [type(link), target.externalId]] AS links""",
            {"external_id": external_id},
            name="test",
        )
        if not rows:
            return None
        [row] = rows
        assert sorted(row["labels"]) == sorted({"Record", row["properties"]["type"].title().replace("_", "")})
        return {**row["properties"], "links": {tuple(link) for link in row["links"]}}

    return await company.database.read(work)


def deal(external_id: str = "x", **more: Any) -> dict[str, Any]:
    return {"externalId": external_id, "state": "OPEN", **more}


async def test_a_record_is_stored_exactly_with_its_links(company: Company) -> None:
    row = deal(
        name="Big one",
        status="ON_HOLD",
        owner={"user": "Rep 01"},
        territory="East",
        productLine="Bikes",
        account="acme",
        fields={
            "estimatedValue": "922337203685477.5807",
            "quantity": "0.1",
            "probability": 40,
            "openDate": "2026-02-28",
            "actualValue": None,
        },
    )
    assert (await upsert(company, "opportunity", row)).outcomes == (Outcome.INSERTED,)
    found = await stored(company)
    assert found is not None
    assert len(found.pop("id")) == 36
    assert found.pop("createdAt") == found.pop("updatedAt") == NOW
    assert found.pop("openDate").to_native() == date(2026, 2, 28)
    assert found.pop("rateDate").to_native() == date(2026, 2, 15)
    assert found == {
        "type": "opportunity",
        "externalId": "x",
        "name": "Big one",
        "state": "OPEN",
        "status": "ON_HOLD",
        "estimatedValue": 2**63 - 1,
        "estimatedValueBase": 2**63 - 1,
        "quantity": 1000,
        "probability": 40,
        "links": {
            ("OWNED_BY", "Rep 01"),
            ("IN_TERRITORY", "East"),
            ("FOR_PRODUCT_LINE", "Bikes"),
            ("FOR_ACCOUNT", "acme"),
        },
    }


async def test_a_datetime_has_its_date_in_the_organizations_zone(company: Company) -> None:
    call = {"externalId": "x", "state": "COMPLETED", "fields": {"actualEnd": "2026-03-31T23:30:00Z"}}
    assert (await upsert(company, "phone_call", call)).inserted == 1
    found = await stored(company)
    assert found is not None
    assert found["actualEnd"].to_native() == datetime(2026, 3, 31, 23, 30, tzinfo=UTC)
    assert found["actualEndDate"].to_native() == date(2026, 4, 1)
    assert (await upsert(company, "phone_call", call)).unchanged == 1
    assert (await upsert(company, "phone_call", {"externalId": "x", "fields": {"actualEnd": None}})).updated == 1
    found = await stored(company)
    assert found is not None
    assert found.keys().isdisjoint({"actualEnd", "actualEndDate"})
    skipped = {"externalId": "x", "fields": {"actualEnd": "2026-03-29T02:30:00"}}
    [refusal] = (await upsert(company, "phone_call", skipped)).refused
    assert (refusal.field, refusal.code) == ("fields.actualEnd", ErrorCode.INVALID_VALUE)


async def test_an_absent_key_leaves_null_clears_and_a_link_moves(company: Company) -> None:
    first = deal(owner={"user": "Rep 01"}, territory="East", account="acme", fields={"actualValue": "5", "quantity": 1})
    await upsert(company, "opportunity", first)
    before = await stored(company)
    assert (await upsert(company, "opportunity", {"externalId": "x"})).unchanged == 1
    assert (await upsert(company, "opportunity", first)).unchanged == 1
    assert await stored(company) == before
    later = NOW + timedelta(days=1)
    change = {"externalId": "x", "owner": {"team": "Red"}, "territory": None, "fields": {"quantity": None}}
    assert (await upsert(company, "opportunity", change, now=later)).updated == 1
    after = await stored(company)
    assert before is not None
    assert after is not None
    assert after["links"] == {("OWNED_BY", "Red"), ("FOR_ACCOUNT", "acme")}
    assert "quantity" not in after
    assert (after["actualValue"], after["id"], after["createdAt"]) == (50_000, before["id"], before["createdAt"])
    assert after["updatedAt"] == later
    assert (await upsert(company, "opportunity", {"externalId": "x", "territory": "West"})).updated == 1
    moved = await stored(company)
    assert moved is not None
    assert moved["links"] == {("OWNED_BY", "Red"), ("FOR_ACCOUNT", "acme"), ("IN_TERRITORY", "West")}


async def test_a_status_belongs_to_the_state_it_comes_to(company: Company) -> None:
    await upsert(company, "opportunity", deal(status="ON_HOLD"))
    [refusal] = (await upsert(company, "opportunity", {"externalId": "x", "status": "WON"})).refused
    assert (refusal.field, refusal.code) == ("status", ErrorCode.UNKNOWN_STATUS)
    assert (await upsert(company, "opportunity", {"externalId": "x", "status": "NEW"})).updated == 1
    assert (await upsert(company, "opportunity", {"externalId": "x", "state": "WON"})).updated == 1
    found = await stored(company)
    assert found is not None
    assert (found["state"], found.get("status")) == ("WON", None)


async def test_a_record_without_a_name_is_called_by_its_key(company: Company) -> None:
    for row in (deal(), deal(name="Named"), deal(name=None)):
        await upsert(company, "opportunity", row)
        found = await stored(company)
        assert found is not None
        assert found["name"] == (row.get("name") or "x")


#: Rows that are refused, each with the field and the code.
BAD_ROWS: list[tuple[dict[str, Any], str, ErrorCode]] = [
    (deal(""), "externalId", ErrorCode.REQUIRED),
    ({"externalId": "x"}, "state", ErrorCode.REQUIRED),
    (deal(state=None), "state", ErrorCode.REQUIRED),
    (deal(state="ACTIVE"), "state", ErrorCode.UNKNOWN_STATE),
    (deal(state=["OPEN"]), "state", ErrorCode.UNKNOWN_STATE),
    (deal(status="WON"), "status", ErrorCode.UNKNOWN_STATUS),
    (deal(status="NONSENSE"), "status", ErrorCode.UNKNOWN_STATUS),
    (deal(name=5), "name", ErrorCode.INVALID_VALUE),
    (deal(colour="red"), "colour", ErrorCode.UNKNOWN_FIELD),
    (deal(id="mine"), "id", ErrorCode.UNKNOWN_FIELD),
    (deal(fields={"colour": "red"}), "fields.colour", ErrorCode.UNKNOWN_FIELD),
    (deal(fields={"externalId": "y"}), "fields.externalId", ErrorCode.UNKNOWN_FIELD),
    (deal(fields=[1]), "fields", ErrorCode.INVALID_VALUE),
    (deal(fields={"actualValue": "1.00001"}), "fields.actualValue", ErrorCode.AMOUNT_TOO_PRECISE),
    (deal(fields={"actualValue": "NaN"}), "fields.actualValue", ErrorCode.AMOUNT_OUT_OF_RANGE),
    (deal(fields={"actualValue": "922337203685477.5808"}), "fields.actualValue", ErrorCode.AMOUNT_OUT_OF_RANGE),
    (deal(fields={"actualValue": 1.5}), "fields.actualValue", ErrorCode.INVALID_VALUE),
    (deal(fields={"actualValue": True}), "fields.actualValue", ErrorCode.INVALID_VALUE),
    (deal(fields={"probability": "0.5"}), "fields.probability", ErrorCode.AMOUNT_TOO_PRECISE),
    (deal(fields={"openDate": "2026-02-30"}), "fields.openDate", ErrorCode.INVALID_VALUE),
    (deal(fields={"openDate": "20260228"}), "fields.openDate", ErrorCode.INVALID_VALUE),
    (deal(fields={"openDate": NOW}), "fields.openDate", ErrorCode.INVALID_VALUE),
    (deal(owner="Rep 01"), "owner", ErrorCode.INVALID_VALUE),
    (deal(owner={"unit": "North"}), "owner", ErrorCode.INVALID_VALUE),
    (deal(owner={"user": "Red"}), "owner", ErrorCode.OWNER_NOT_FOUND),
    (deal(territory="Bikes"), "territory", ErrorCode.NOT_FOUND),
    (deal(productLine="East"), "productLine", ErrorCode.NOT_FOUND),
    (deal(account="nobody"), "account", ErrorCode.NOT_FOUND),
    (deal("good"), "externalId", ErrorCode.DUPLICATE_ROW),
]


async def test_a_bad_row_is_refused_by_number_and_field_and_does_not_stop_the_others(company: Company) -> None:
    bad = [
        {**row, "externalId": f"x{n}"} if row["externalId"] == "x" else row for n, (row, _, _) in enumerate(BAD_ROWS)
    ]
    report = await upsert(company, "opportunity", deal("good"), *bad, deal("better"))
    assert report.outcomes == (Outcome.INSERTED, *[Outcome.REFUSED] * len(bad), Outcome.INSERTED)
    found = [(refusal.row, refusal.field, refusal.code) for refusal in report.refused]
    assert found == [(number, field, code) for number, (_, field, code) in enumerate(BAD_ROWS, 2)]
    assert all(refusal.message for refusal in report.refused)

    async def work(tx: Transaction) -> list[dict[str, Any]]:
        return await tx.text("MATCH (r:Opportunity) RETURN r.externalId AS id ORDER BY id", {}, name="test")

    assert await company.database.read(work) == [{"id": "better"}, {"id": "good"}]


#: The same for other types.
BAD_ROWS_OF_TYPES: list[tuple[str, dict[str, Any], str, ErrorCode]] = [
    ("account", {"state": "OPEN"}, "state", ErrorCode.UNKNOWN_STATE),
    ("account", {"status": "NEW"}, "status", ErrorCode.UNKNOWN_STATUS),
    ("account", {"account": "acme"}, "account", ErrorCode.UNKNOWN_FIELD),
    ("account", {"parent": "acme"}, "parent", ErrorCode.UNKNOWN_FIELD),
    ("order_line", {"parent": 5}, "parent", ErrorCode.INVALID_VALUE),
    ("order_line", {"state": "ACTIVE"}, "state", ErrorCode.UNKNOWN_STATE),
    ("account", {"fields": {"city": 5}}, "fields.city", ErrorCode.INVALID_VALUE),
    ("account", {"fields": {"city": "c" * 4001}}, "fields.city", ErrorCode.INVALID_VALUE),
    ("account", {"fields": {"city": "\0"}}, "fields.city", ErrorCode.INVALID_VALUE),
    ("phone_call", {"state": "OPEN", "fields": {"direction": "UP"}}, "fields.direction", ErrorCode.INVALID_VALUE),
    ("phone_call", {"state": "OPEN", "fields": {"actualEnd": 5}}, "fields.actualEnd", ErrorCode.INVALID_VALUE),
]


async def test_each_type_has_its_own_keys(company: Company) -> None:
    for type_key, row, field, code in BAD_ROWS_OF_TYPES:
        [refusal] = (await upsert(company, type_key, {"externalId": "x", **row})).refused
        assert (refusal.field, refusal.code) == (field, code)
    assert (await upsert(company, "account", {"externalId": "y", "fields": {"city": "Rome"}})).inserted == 1


async def test_true_and_false_are_values_of_their_own(company: Company) -> None:
    kind = RecordType("site_visit", "Site visit", {}, {"done": RecordField("done", "Done", FieldType.BOOLEAN)})

    async def define(tx: Transaction) -> None:
        await write_record_types(tx, [kind])

    await company.database.write(define)
    assert (await upsert(company, "site_visit", {"externalId": "x", "fields": {"done": False}})).inserted == 1
    found = await stored(company)
    assert found is not None
    assert found["done"] is False
    [refusal] = (await upsert(company, "site_visit", {"externalId": "x", "fields": {"done": 0}})).refused
    assert refusal.code is ErrorCode.INVALID_VALUE


async def test_all_or_nothing_writes_nothing_when_one_row_is_refused(company: Company) -> None:
    report = await upsert(company, "opportunity", deal(), deal("y", state="NO"), all_or_nothing=True)
    assert report.outcomes == (Outcome.REFUSED, Outcome.REFUSED)
    assert [refusal.row for refusal in report.refused] == [2]
    assert await stored(company) is None


async def test_only_what_differs_is_written(company: Company) -> None:
    for rows, expected in (
        ([deal()], ["record/create"]),
        ([deal()], []),
        ([deal("y", state="NO")], []),
        ([], []),
        ([deal(owner={"user": "Rep 01"})], ["record/change", "record/relink"]),
        ([deal(owner={"user": "Rep 01"})], []),
        ([deal(fields={"actualValue": "1.50"}), deal("y")], ["record/create", "record/change"]),
        ([deal(fields={"actualValue": "1.5000"}), deal("y")], []),
    ):
        trace = Trace()
        work = partial(upsert_records, viewer=FOUNDER, type_key="opportunity", rows=rows, now=NOW)
        await company.database.write(work, trace=trace)
        written = [name for name, _ in trace.statements if name in {"record/create", "record/change", "record/relink"}]
        assert written == expected


async def test_batches_of_a_type_happen_in_turn(company: Company) -> None:
    """Without the lock two batches find a key absent, and one then fails on its uniqueness."""
    rows = [deal(str(n)) for n in range(200)]
    reports = await asyncio.gather(*(upsert(company, "opportunity", *rows) for _ in range(4)))
    assert sorted(report.inserted for report in reports) == [0, 0, 0, 200]


async def test_only_administrators_write_records(company: Company) -> None:
    async def delete(tx: Transaction) -> DeleteReport:
        return await delete_records(tx, NOBODY, "account", ["acme"], now=NOW)

    for attempt in (upsert(company, "opportunity", deal(), viewer=NOBODY), company.write(delete)):
        with pytest.raises(Refusal) as refused:
            await attempt
        assert refused.value.problem.code is ErrorCode.FORBIDDEN
    assert await stored(company) is None
    assert await stored(company, "acme") is not None


async def test_an_unknown_type_and_a_batch_too_large_are_refused(company: Company) -> None:
    with pytest.raises(Refusal) as refused:
        await upsert(company, "nonsense", deal())
    assert refused.value.problem.code is ErrorCode.UNKNOWN_RECORD_TYPE
    with pytest.raises(Refusal) as refused:
        await upsert(company, "opportunity", *({"externalId": str(n)} for n in range(LARGEST_BATCH + 1)))
    assert refused.value.problem.code is ErrorCode.TOO_MANY_ROWS


async def test_records_are_deleted_by_key(company: Company) -> None:
    await upsert(company, "opportunity", deal(account="acme"), deal("y"))

    def deletion(*external_ids: str) -> Any:
        async def work(tx: Transaction) -> DeleteReport:
            return await delete_records(tx, FOUNDER, "opportunity", external_ids, now=NOW)

        return work

    assert await company.write(deletion("x", "acme", "x")) == DeleteReport(deleted=1, missing=1)
    assert await company.write(deletion("x")) == DeleteReport(deleted=0, missing=1)
    assert await stored(company) is None
    assert await stored(company, "y") is not None
    assert await stored(company, "acme") is not None
    with pytest.raises(Refusal) as refused:
        await company.write(deletion(*map(str, range(LARGEST_BATCH + 1))))
    assert refused.value.problem.code is ErrorCode.TOO_MANY_ROWS
