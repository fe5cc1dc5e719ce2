"""Statements: rows of those with many come as one list, and mean what single rows would."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from neo4j.time import Date, DateTime

from graph.record_writing import RecordKey, RecordsByExternalIds
from graph.rollup_statements import Parent, ParentsByDepth
from graph.statement import native

if TYPE_CHECKING:
    from tests.factories import Company


def test_many_rows_are_read_from_one_list() -> None:
    statement = ParentsByDepth("root")
    assert statement.text.endswith("RETURN collect([id, depth]) AS rows")
    assert statement.read([{"rows": [["a", 0], ["b", 1]]}]) == [Parent("a", 0), Parent("b", 1)]
    assert statement.read([{"rows": []}]) == []


def test_values_of_the_driver_become_pythons_also_inside_others() -> None:
    day, moment = Date(2026, 3, 31), DateTime(2026, 3, 31, 12, tzinfo=UTC)
    plain = {"text": "a", "number": 1, "none": None, "true": True, "bytes": b"a", "real": 1.5}
    assert native(plain) == plain
    assert native({"list": [day, [moment]], "map": {"day": day}}) == {
        "list": [date(2026, 3, 31), [datetime(2026, 3, 31, 12, tzinfo=UTC)]],
        "map": {"day": date(2026, 3, 31)},
    }


async def test_many_rows_are_all_there(company: Company) -> None:
    await company.records("account", *({"externalId": key} for key in ("c", "a", "b")))
    found = await company.database.fetch(RecordsByExternalIds("account", ["b", "c", "none", "a"]))
    assert {row.external_id for row in found} == {"a", "b", "c"}
    assert all(isinstance(row, RecordKey) for row in found)
    assert await company.database.fetch(RecordsByExternalIds("account", [])) == []
