"""Upserts written together: each caller is answered as if alone, and their changes are there once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

from graph import record_writer
from graph.audit import AuditEntry
from graph.change import ANY
from graph.database import Trace
from graph.errors import ErrorCode, Refusal, Unavailable
from graph.idempotency import Once
from graph.ingestion import LARGEST_BATCH, Outcome, UpsertReport
from graph.record_type import FieldType, RecordField, write_record_types
from graph.record_upsert import Upsert, upsert_several
from graph.record_writer import Asked, RecordWriter, Written
from graph.shipped_types import SHIPPED
from graph.visibility import Viewer
from tests.conftest import NOW
from tests.factories import FOUNDER, YEAR, Company

if TYPE_CHECKING:
    from graph.clock import FixedClock
    from graph.database import Database, Transaction

NOBODY = Viewer("1", "rep", "Rep 01", administrator=False)
KEY = "a key that is long enough"


@pytest.fixture
async def company(database: Database, clock: FixedClock) -> Company:
    company = await Company(database, clock).found()
    await company.users("Rep 01")
    return company


def deal(key: str, amount: str = "1", **more: Any) -> dict[str, Any]:
    fields = {"actualValue": amount, "actualCloseDate": "2026-02-01"}
    return {"externalId": key, "state": "WON", "owner": {"user": "Rep 01"}, "fields": fields, **more}


def asked(*rows: dict[str, Any], type_: str = "opportunity", viewer: Viewer = FOUNDER, **more: Any) -> Asked:
    key = more.pop("key", None)
    once = None if key is None else Once.of(viewer.id, "upsertRecords", key, {"rows": list(rows)}, NOW)
    entry = AuditEntry(NOW, viewer.id, "upsertRecords", [type_], ["rows"], more.pop("request", "r"))
    until = monotonic() + more.pop("seconds", 60.0)
    return Asked(type_, Upsert(viewer, rows, more.pop("all_or_nothing", False)), once, entry, until, **more)


async def written(company: Company, *several: Asked) -> list[Any]:
    writer = RecordWriter(company.database, company.clock)
    found = await asyncio.gather(*(writer.upsert(one) for one in several), return_exceptions=True)
    return [
        [outcome.value[0] for outcome in one.report.outcomes]
        if isinstance(one, Written)
        else (one.problem.code if isinstance(one, Refusal) else type(one))
        for one in found
    ]


async def rows_of(company: Company, text: Any) -> list[Any]:
    async def work(tx: Transaction) -> list[Any]:
        return [next(iter(row.values())) for row in await tx.text(text, {}, name="tests/rows")]

    return await company.database.read(work)


async def test_several_callers_upserts_are_as_if_one_after_the_other(company: Company) -> None:
    wide = Upsert(FOUNDER, [deal("x"), deal("y", state="NO"), deal("x")])
    upserts = [
        wide,
        Upsert(NOBODY, [deal("z")]),
        Upsert(FOUNDER, [deal("y"), deal("w", state="NO")], all_or_nothing=True),
        Upsert(FOUNDER, [{"externalId": "x", "fields": {"actualValue": "2"}}, deal("v")], all_or_nothing=True),
        Upsert(FOUNDER, [{"externalId": str(n)} for n in range(LARGEST_BATCH + 1)]),
        Upsert(FOUNDER, [deal("v", "3"), {"externalId": "x", "fields": {"actualValue": "2"}}]),
        Upsert(FOUNDER, []),
    ]
    answers = await company.database.write(lambda tx: upsert_several(tx, "opportunity", upserts, now=NOW))
    told = [
        answer.problem.code if isinstance(answer, Refusal) else [outcome.value for outcome in answer.outcomes]
        for answer in answers
    ]
    assert told == [
        ["INSERTED", "REFUSED", "REFUSED"],
        ErrorCode.FORBIDDEN,
        ["REFUSED", "REFUSED"],
        ["UPDATED", "INSERTED"],
        ErrorCode.TOO_MANY_ROWS,
        ["UPDATED", "UNCHANGED"],
        [],
    ]
    rows = [
        (refused.row, refused.code)
        for answer in answers
        if isinstance(answer, UpsertReport)
        for refused in answer.refused
    ]
    assert rows == [(2, ErrorCode.UNKNOWN_STATE), (3, ErrorCode.DUPLICATE_ROW), (2, ErrorCode.UNKNOWN_STATE)]
    assert await rows_of(company, "MATCH (r:Record) RETURN r.externalId AS id ORDER BY id") == ["v", "x"]
    assert await rows_of(company, "MATCH (r:Record {externalId: 'v'}) RETURN r.actualValue AS amount") == [30_000]


async def test_callers_share_transactions_and_are_answered_each(company: Company) -> None:
    traces = [Trace() for _ in range(4)]
    several = [
        asked(deal("a"), deal("b"), trace=traces[0], request="r0"),
        asked(deal("c", state="NO"), deal("d"), trace=traces[1], request="r1"),
        asked(deal("e"), viewer=NOBODY, trace=traces[2], request="r2"),
        asked(deal("f", state="NO"), deal("g"), all_or_nothing=True, trace=traces[3], request="r3"),
        asked(deal("a", "2"), request="r4"),
        asked(deal("a", "2"), request="r5"),
        asked({"externalId": "x"}, type_="nonsense", request="r6"),
        asked({"externalId": "acme"}, type_="account", request="r7"),
    ]
    assert await written(company, *several) == [
        ["I", "I"],
        ["R", "I"],
        ErrorCode.FORBIDDEN,
        ["R", "R"],
        ["U"],
        ["U"],
        ErrorCode.UNKNOWN_RECORD_TYPE,
        ["I"],
    ]
    assert await rows_of(company, "MATCH (r:Record) RETURN r.externalId AS id ORDER BY id") == ["a", "acme", "b", "d"]
    entries = "MATCH (e:AuditEntry {what: 'upsertRecords'}) RETURN e.requestId AS id ORDER BY id"
    assert await rows_of(company, entries) == ["r0", "r1", "r4", "r7"]
    # The first goes alone, the others in one transaction; each request's trace tells all of its own.
    assert traces[1].statements == traces[2].statements == traces[3].statements
    assert [name for name, _ in traces[1].statements].count("record/create") == 1


async def test_a_key_is_used_once_also_among_those_written_together(company: Company) -> None:
    first = asked(deal("a"))
    again = [asked(deal("b"), key=KEY) for _ in range(3)]
    other = asked(deal("c"), key=KEY)
    refused = asked(deal("d"), viewer=NOBODY, key=KEY)
    found = await written(company, first, *again, other, refused)
    assert found == [["I"], ["I"], ["I"], ["I"], ErrorCode.CONFLICT, ErrorCode.FORBIDDEN]
    assert await rows_of(company, "MATCH (r:Record) RETURN r.externalId AS id ORDER BY id") == ["a", "b"]
    assert await rows_of(company, "MATCH (k:IdempotencyKey) RETURN count(k) AS n") == [1]
    entries = "MATCH (e:AuditEntry {what: 'upsertRecords'}) RETURN count(e) AS n"
    assert await rows_of(company, entries) == [2]


async def test_who_waits_is_told_for_what(company: Company) -> None:
    metric = await company.metric()
    owner = company.ids["Rep 01"]
    await company.goal("Goal", metric_id=metric, owner_id=owner, manager_id=owner, period=YEAR)
    await company.fold()
    writer = RecordWriter(company.database, company.clock)
    done = await writer.upsert(asked(deal("a"), key=KEY))
    assert done.batch not in {None, ANY}
    assert (await writer.upsert(asked(deal("a"), key=KEY))).batch == ANY
    assert (await writer.upsert(asked(deal("a")))).batch is None
    assert (await writer.upsert(asked(deal("b", state="LOST", owner=None)))).batch is None
    await company.fold()


async def test_what_one_brings_about_is_not_of_the_others(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = upsert_several

    async def failing(tx: Transaction, type_key: str, upserts: list[Upsert], **more: Any) -> Any:
        if any(row["externalId"] == "bad" for upsert in upserts for row in upsert.rows):
            raise ZeroDivisionError
        return await whole(tx, type_key, upserts, **more)

    monkeypatch.setattr(record_writer, "upsert_several", failing)
    several = [asked(deal("a")), asked(deal("b")), asked(deal("bad")), asked(deal("c"))]
    assert await written(company, *several) == [["I"], ["I"], ZeroDivisionError, ["I"]]
    assert await rows_of(company, "MATCH (r:Record) RETURN r.externalId AS id ORDER BY id") == ["a", "b", "c"]


async def test_whose_time_is_over_is_not_written_and_takes_no_time_from_others(company: Company) -> None:
    several = [asked(deal("a")), asked(deal("b"), seconds=0.0), asked(deal("c"))]
    assert await written(company, *several) == [["I"], Unavailable, ["I"]]
    assert await rows_of(company, "MATCH (r:Record) RETURN r.externalId AS id ORDER BY id") == ["a", "c"]


async def test_many_at_once_leave_each_change_once(company: Company) -> None:
    writer = RecordWriter(company.database, company.clock)

    async def client(number: int) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for turn in range(5):
            rows = [deal(f"{number}", f"{turn + 1}"), deal("shared", f"{number}.{turn + 1}")]
            outcomes += (await writer.upsert(asked(*rows))).report.outcomes
        return outcomes

    found = await asyncio.gather(*(client(number) for number in range(1, 13)))
    assert {outcome for outcomes in found for outcome in outcomes} <= {Outcome.INSERTED, Outcome.UPDATED}
    amounts = "MATCH (r:Record) WHERE r.externalId <> 'shared' RETURN r.actualValue AS amount"
    assert await rows_of(company, amounts) == [50_000] * 12


async def test_what_a_type_and_the_zone_have_become_counts_at_once(company: Company) -> None:
    writer = RecordWriter(company.database, company.clock)

    async def call(key: str, **fields: Any) -> list[Outcome]:
        row = {"externalId": key, "state": "COMPLETED", "fields": {"actualEnd": "2026-02-01T23:30:00Z", **fields}}
        return list((await writer.upsert(asked(row, type_="phone_call"))).report.outcomes)

    assert await call("a") == [Outcome.INSERTED]
    assert await call("b", mood="GOOD") == [Outcome.REFUSED]
    declared = next(kind for kind in SHIPPED if kind.key == "phone_call")
    mood = RecordField("mood", "Mood", FieldType.TEXT)
    wider = replace(declared, fields={**declared.fields, "mood": mood})
    await company.database.write(lambda tx: write_record_types(tx, [wider]))
    await company.database.schema("MATCH (o:Organization) SET o.timeZone = 'Europe/Vienna'")
    assert await call("b", mood="GOOD") == [Outcome.INSERTED]
    days = "MATCH (r:Record) RETURN [r.externalId, toString(r.actualEndDate)] AS day ORDER BY day"
    assert await rows_of(company, days) == [["a", "2026-02-01"], ["b", "2026-02-02"]]
