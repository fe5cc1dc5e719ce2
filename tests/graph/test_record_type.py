from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from graph.errors import ErrorCode, Refusal
from graph.record_type import (
    FieldType,
    RecordField,
    RecordType,
    lock_record_type,
    record_type,
    record_type_chain,
    record_types,
    write_record_types,
)
from graph.shipped_types import SHIPPED, ensure_record_types

if TYPE_CHECKING:
    from graph.database import Database, Transaction

CALL = next(kind for kind in SHIPPED if kind.key == "phone_call")


def visit(key: str = "site_visit", state: str = "OPEN", **fields: FieldType) -> RecordType:
    return RecordType(key, "Site visit", {state: ()}, {k: RecordField(k, k, type_) for k, type_ in fields.items()})


async def test_the_shipped_types_are_written_once_and_read_back_the_same(database: Database) -> None:
    await database.write(ensure_record_types)
    await database.write(ensure_record_types)
    found = await database.read(record_types)
    assert found == sorted(SHIPPED, key=lambda kind: kind.key)
    parents = {kind.key: kind.parent_type for kind in found if kind.parent_type}
    assert parents == {
        "opportunity_line": "opportunity",
        "quote": "opportunity",
        "order": "opportunity",
        "order_line": "order",
        "invoice": "order",
        "invoice_line": "invoice",
    }
    assert {kind.key for kind in found} - parents.keys() == {"account", "opportunity", "lead", "case"} | {
        *("phone_call", "appointment", "task", "email")
    }

    async def chain(tx: Transaction) -> list[RecordType]:
        return await record_type_chain(tx, "invoice_line")

    chained = [kind.key for kind in await database.read(chain)]
    assert chained == ["invoice_line", "invoice", "order", "opportunity"]


async def test_a_type_of_ones_own_can_be_added_and_changed(database: Database) -> None:
    for wanted in (visit(length=FieldType.INTEGER), visit(length=FieldType.INTEGER, cost=FieldType.MONEY)):

        async def write(tx: Transaction, wanted: RecordType = wanted) -> None:
            await write_record_types(tx, [wanted])

        await database.write(write)

        async def read(tx: Transaction) -> RecordType:
            return await record_type(tx, "site_visit")

        assert await database.read(read) == wanted


async def test_an_unknown_type_is_refused(database: Database) -> None:
    async def read(tx: Transaction) -> RecordType:
        return await record_type(tx, "nonsense", ("recordType",))

    async def lock(tx: Transaction) -> RecordType:
        return await lock_record_type(tx, "nonsense")

    with pytest.raises(Refusal) as refused:
        await database.read(read)
    assert (refused.value.problem.code, refused.value.problem.field) == (
        ErrorCode.UNKNOWN_RECORD_TYPE,
        ("recordType",),
    )
    with pytest.raises(Refusal):
        await database.write(lock)


def test_rollups_read_the_stored_names() -> None:
    assert CALL.label == "PhoneCall"
    assert CALL.stored_amount("durationMinutes") == "durationMinutes"
    assert CALL.stored_date("dueDate") == "dueDate"
    assert CALL.stored_date("actualEnd") == "actualEndDate"


@pytest.mark.parametrize(
    ("stored", "name"), [("stored_amount", "dueDate"), ("stored_amount", "n"), ("stored_date", "direction")]
)
def test_a_field_of_another_kind_is_no_amount_or_date(stored: str, name: str) -> None:
    with pytest.raises(Refusal) as refused:
        getattr(CALL, stored)(name)
    assert refused.value.problem.code is ErrorCode.UNKNOWN_FIELD


@pytest.mark.parametrize(
    "arguments",
    [
        {"key": "Visit"},
        {"key": "a_1"},  # would have the label of a1
        {"key": "user"},  # would make users of its records
        {"key": "record"},
        {"key": "x) DETACH DELETE (n"},
        {"state": "open"},
        {"status": FieldType.TEXT},
        {"externalId": FieldType.TEXT},
        {"Upper": FieldType.TEXT},
        {"end": FieldType.DATETIME, "endDate": FieldType.DATE},
    ],
)
def test_names_that_could_not_be_told_apart_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as refused:
        visit(**arguments)
    assert refused.value.problem.code is ErrorCode.INVALID_VALUE
