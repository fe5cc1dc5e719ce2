"""Imports beyond one good file: rehearsed, mended, broken off and resumed; rows as objects, and without a map."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from graph import import_draft, import_run
from graph.errors import ErrorCode, Refusal
from graph.owners import OwnerKind
from tests.factories import Company
from tests.graph.import_folder import HEADER, Folder

if TYPE_CHECKING:
    from pathlib import Path

    from graph.clock import FixedClock
    from graph.database import Database, Transaction

USERS = """
distinct = true
[fields]
externalId = "key"
name = "name"
manager = { column = "boss", by = "name" }
unit = "unit"
"""


@pytest.fixture
async def folder(database: Database, clock: FixedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """A folder whose files are loaded two rows at a time."""
    company = await Company(database, clock).found()
    await company.users("Rep 01", "Rep 02")
    monkeypatch.setattr(import_draft, "LARGEST_BATCH", 2)
    return Folder(tmp_path, company)


async def nodes(database: Database) -> dict[str, int]:
    """How many nodes there are of each kind that an import makes."""

    async def work(tx: Transaction) -> dict[str, int]:
        text = "MATCH (n) WHERE n:User OR n:Record OR n:ImportRun RETURN labels(n)[-1] AS label, count(*) AS n"
        return {row["label"]: row["n"] for row in await tx.text(text, {}, name="test")}

    return await database.read(work)


async def test_a_dry_run_reports_as_the_import_does_and_writes_nothing(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    csv = (
        "key,name,boss,unit\n"
        "a,Ann,,\nb,Bob,Ann,\n"  # a name of the same batch is not known yet
        "c,Cid,Ann,\nb,Bob,Ann,\n"  # one of an earlier batch is; and this row comes again, now with its manager
        "d,Dot,Cid,nowhere\na,Anna,,\n"
        "e,Eva,Anna,\na,Anna,,\n"
    )
    database = folder.company.database
    loading = await folder.open(csv, USERS, "users")
    before = await nodes(database)
    rehearsed = await folder.run(loading, dry_run=True, refused=folder.path / "refused.csv")
    assert await nodes(database) == before
    written = (folder.path / "refused.csv").read_bytes()
    real = await folder.run(loading, refused=folder.path / "refused.csv")
    assert rehearsed == real
    assert (folder.path / "refused.csv").read_bytes() == written
    assert [(batch.inserted, batch.updated, batch.skipped) for batch in real] == [
        (1, 0, 0),
        (1, 0, 1),
        (0, 1, 0),
        (1, 0, 1),
    ]
    assert [(refusal.row, refusal.field, refusal.code) for batch in real for refusal in batch.refused] == [
        (3, "manager", ErrorCode.NOT_FOUND),
        (6, "unit", ErrorCode.NOT_FOUND),
    ]
    # As the help says: of what lies more batches back than are rehearsed together, nothing is known.
    monkeypatch.setattr(import_run, "REHEARSED_TOGETHER", 1)
    again = await folder.run(
        await folder.open("key,name,boss,unit\nx,Xia,,\ny,Yan,,\nz,Zoe,Xia,\n", USERS, "users"), dry_run=True
    )
    assert [refusal.row for batch in again for refusal in batch.refused] == [4]
    assert [batch.inserted for batch in again] == [2, 0]


async def test_refused_rows_are_mended_and_imported_by_the_same_map(folder: Folder) -> None:
    csv = (
        f"{HEADER},note\n"
        '1,Nobody,1,,Done,"a ""b"",\r\nc"\n'
        "2,Rep 01,2,,Done,\n"
        "3,Rep 01,3,,Done\n"
        "4,Rep 01,4,,Done,,\n"
        "5,Rep 01,x,,Done,é\n"
    )
    refused = folder.path / "refused.csv"
    [*_] = await folder.run(await folder.open("\ufeff" + csv), refused=refused)
    text = refused.read_bytes().decode()
    header, *_ = text.splitlines()
    assert header == f"refusal_code,refusal_reason,refusal_field,{HEADER},note"
    assert "OWNER_NOT_FOUND,\"There is no user called 'Nobody'. Load it first" in text
    assert ',owner,1,Nobody,1,,Done,"a ""b"",\r\nc"\r\n' in text
    # Imported as they are, they are refused for the same reasons, and the file stays the same.
    again = folder.path / "again.csv"
    unmended = await folder.open(text.encode(), name="refused-1.csv")
    assert unmended.notes == ("Not mapped, hence not loaded: note.",)
    batches = await folder.run(unmended, refused=again)
    assert sum(len(batch.refused) for batch in batches) == 4
    reasons = [line.partition(",")[0] for line in text.splitlines() if "_" in line.partition(",")[0]]
    assert [
        line.partition(",")[0] for line in again.read_text().splitlines() if "_" in line.partition(",")[0]
    ] == reasons
    mended = (
        text.replace("Nobody,1", "Rep 02,1")
        .replace("x,,Done", "5,,Done")
        .replace("3,,Done", "3,,Done,")
        .replace("4,,Done,,", "4,,Done,")
    )
    batches = await folder.run(await folder.open(mended, name="mended.csv"), refused=again)
    assert [(batch.inserted, batch.refused) for batch in batches] == [(2, ()), (2, ())]
    assert not again.exists()
    assert not list(folder.path.glob("*.part"))
    assert (await folder.records()).keys() == {"1", "2", "3", "4", "5"}
    loading = await folder.open(csv)
    with pytest.raises(Refusal, match="Name another"):
        await folder.run(loading, refused=loading.file)
    with pytest.raises(Refusal, match="cannot be written"):
        await folder.run(loading, refused=folder.path / "absent" / "refused.csv")


async def test_objects_are_rows_as_they_are_or_columns_of_a_map(folder: Folder) -> None:
    lines = [
        '{"externalId": "1", "state": "WON", "owner": {"user": "Rep 01"}, "fields": {"actualValue": 0.10}}',
        '{"externalId": "2", "state": "WON", "owner": {"user": "Nobody"}, "price": 1e2}',
        "no JSON",
        "",
        '{ "externalId": "3", "state": "WON", "owner": {"user": "Nobody"}, "fields": {"actualValue": "7"} }',
        '{"externalId": "4", "state": "WON", "fields": {"actualValue": 9}}',
        "{}",
    ]
    refused = folder.path / "refused.ndjson"
    batches = await folder.run(await folder.open("\n".join(lines), None, name="rows.ndjson"), refused=refused)
    assert [(refusal.row, refusal.field, refusal.code) for batch in batches for refusal in batch.refused] == [
        (2, "price", ErrorCode.UNKNOWN_FIELD),
        (3, "", ErrorCode.INVALID_VALUE),
        (5, "owner", ErrorCode.OWNER_NOT_FOUND),
        (7, "externalId", ErrorCode.REQUIRED),
    ]
    found = await folder.records()
    assert {key: row.properties for key, row in found.items()} == {
        "1": {"actualValue": 1_000, "actualValueBase": 1_000},
        "4": {"actualValue": 90_000, "actualValueBase": 90_000},
    }
    second, broken, third, empty = refused.read_text().splitlines()
    assert json.loads(second)["refusal_code"] == "UNKNOWN_FIELD"
    assert second.endswith(
        '"refusal_field":"price","externalId": "2", "state": "WON", "owner": {"user": "Nobody"}, "price": 1e2}'
    )
    assert broken == "no JSON"
    assert json.loads(empty).keys() == {"refusal_code", "refusal_reason", "refusal_field"}
    again = folder.path / "again.ndjson"
    await folder.run(await folder.open(refused.read_text(), None, name="rows.ndjson"), refused=again)
    assert again.read_text() == refused.read_text()
    mended = third.replace("Nobody", "Rep 02")
    assert [batch.inserted for batch in await folder.load(mended, None, name="rows.ndjson")] == [1]

    objects = (
        '{"no": 5, "seller": "Rep 01", "value": 1.25, "stage": "Done", "more": []}\n{"no": [6], "stage": "Done"}\n'
    )
    [batch] = await folder.load(objects, name="rows.jsonl")
    assert (batch.inserted, [refusal.row for refusal in batch.refused]) == (1, [2])
    assert (await folder.records())["5"].properties == {"actualValue": 12_500, "actualValueBase": 12_500}


async def test_columns_called_as_fields_need_no_map(folder: Folder) -> None:
    await folder.company.owners(OwnerKind.TEAM, {"name": "Red"})
    csv = (
        "externalId,owner.user,owner.team,fields.actualValue,actualCloseDate,state\n"
        "1,Rep 01,,10,2026-01-31,WON\n2,,Red,,,OPEN\n3,Rep 01,Red,1,,WON\n"
    )
    first, second = await folder.load(csv, None)
    assert (first.inserted, second.inserted) == (2, 0)
    assert [(refusal.row, refusal.field) for refusal in second.refused] == [(4, "owner")]
    found = await folder.records()
    assert {key: row.owner_id for key, row in found.items()} == {
        "1": folder.company.ids["Rep 01"],
        "2": folder.company.ids["Red"],
    }
    assert found["1"].properties["actualValue"] == 100_000
    refused_headers = {
        "externalId,colour": ErrorCode.UNKNOWN_FIELD,
        "externalId,fields.colour": ErrorCode.UNKNOWN_FIELD,
        "name,state": ErrorCode.REQUIRED,
        "externalId,actualValue,fields.actualValue": ErrorCode.INVALID_VALUE,
    }
    for header, code in refused_headers.items():
        with pytest.raises(Refusal) as refusal:
            await folder.open(f"{header}\n", None)
        assert refusal.value.problem.code is code


async def test_an_import_that_was_broken_off_goes_on_after_its_last_batch(folder: Folder) -> None:
    database = folder.company.database
    rows = "".join(f"{n},{'Nobody' if n % 2 else 'Rep 01'},{n},,Done\n" for n in range(1, 8))
    csv = f"\ufeff{HEADER}\n{rows}"
    whole = folder.path / "whole.csv"
    loading = await folder.open(csv)
    everything = await folder.run(loading, dry_run=True, refused=whole)
    with pytest.raises(Refusal) as refusal:
        await folder.run(loading, resume=True)
    assert refusal.value.problem.code is ErrorCode.NOTHING_TO_RESUME

    refused, part = folder.path / "refused.csv", folder.path / "refused.csv.part"
    assert await folder.run(loading, 2, refused=refused) == everything[:2]
    assert part.exists()
    assert not refused.exists()
    part.write_bytes(part.read_bytes() + b"written, but never committed")
    [rehearsed] = await folder.run(loading, 1, dry_run=True, refused=refused)
    assert rehearsed.unchanged == 1
    assert (await nodes(database))["ImportRun"] == 1
    # Another map or a change in what is loaded: nothing to resume. Another file for the refused rows: neither.
    for changed, map_ in ((csv, "ignore = ['note']"), (csv.replace("2,Rep 01", "2,Rep 02"), "")):
        other = await folder.open(changed, map_ + (folder.path / "map.toml").read_text())
        with pytest.raises(Refusal) as refusal:
            await folder.run(other, resume=True)
        assert refusal.value.problem.code is ErrorCode.NOTHING_TO_RESUME
        await folder.open(csv)
    with pytest.raises(Refusal, match="does not hold the rows refused so far"):
        await folder.run(loading, resume=True, refused=folder.path / "other.csv")

    assert await folder.run(loading, resume=True, refused=refused) == everything[2:]
    assert refused.read_bytes() == whole.read_bytes()
    assert "ImportRun" not in await nodes(database)
    assert (await folder.records()).keys() == {"2", "4", "6"}
