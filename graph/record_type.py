"""Record types: the states, statuses and fields of a kind of source data, and the types shipped. Records: `record`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from graph.errors import ErrorCode, Refusal
from graph.statement import Count, Read, Write

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from graph.database import Transaction

#: What every record has, or will have, of its own; no field may be called so.
SYSTEM_PROPERTIES = frozenset(
    {"id", "type", "externalId", "name", "state", "status", "createdAt", "updatedAt", "lock", "restricted"}
    | {"owner", "territory", "productLine", "account", "parent", "currency", "fields"}
)
#: Labels of nodes that are no records, and of all records: no type may be called so.
_TAKEN_LABELS = frozenset(
    {"Goal", "Metric", "RollupField", "RollupQuery", "RecordType", "Record", "Owner", "User", "Team", "BusinessUnit"}
    | {"Territory", "ProductLine", "Organization", "Migration", "Role"}
    | {"ImportRun"}
)
_KEY = re.compile(r"[a-z][a-z0-9]*(?:_[a-z][a-z0-9]*)*")
_FIELD = re.compile(r"[a-z][A-Za-z0-9]*")
_STATE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*")
_LONGEST = 50


class FieldType(StrEnum):
    """What a field of a record holds. MONEY and DECIMAL are stored in ten-thousandths."""

    TEXT = "TEXT"
    INTEGER = "INTEGER"
    DECIMAL = "DECIMAL"
    MONEY = "MONEY"
    DATE = "DATE"
    DATETIME = "DATETIME"
    BOOLEAN = "BOOLEAN"
    CHOICE = "CHOICE"


AMOUNTS = frozenset({FieldType.INTEGER, FieldType.DECIMAL, FieldType.MONEY})


@dataclass(frozen=True, slots=True)
class RecordField:
    """A field of a record type. Only a CHOICE has choices."""

    key: str
    name: str
    data_type: FieldType
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordType:
    """A kind of source data. `states` gives each state its statuses; `revision` moves with each change of a record.

    Raises Refusal INVALID_VALUE for names that the database or the program could not tell apart.
    """

    key: str
    name: str
    states: Mapping[str, tuple[str, ...]]
    fields: Mapping[str, RecordField]
    revision: int = field(default=0, compare=False)

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key) or len(self.key) > _LONGEST or self.label in _TAKEN_LABELS:
            message = f"A record type cannot be called {self.key!r}. Use words in lower case, such as site_visit."
            raise Refusal(ErrorCode.INVALID_VALUE, message, ("key",))
        for state in [*self.states, *(status for statuses in self.states.values() for status in statuses)]:
            if not _STATE.fullmatch(state) or len(state) > _LONGEST:
                message = f"A state or status cannot be called {state!r}. Use words in upper case, such as IN_PROGRESS."
                raise Refusal(ErrorCode.INVALID_VALUE, message, ("states",))
        stored = set(SYSTEM_PROPERTIES)
        for declared in self.fields.values():
            for name in stored_names(declared):
                if name in stored or not _FIELD.fullmatch(name) or len(name) > _LONGEST:
                    message = f"A field cannot be called {name!r} here: taken, or not such as closeDate."
                    raise Refusal(ErrorCode.INVALID_VALUE, message, ("fields",))
                stored.add(name)

    @property
    def label(self) -> str:
        """The label of its records: the key in PascalCase."""
        return "".join(word.capitalize() for word in self.key.split("_"))

    def stored_amount(self, key: str) -> str:
        """Give the property that holds an amount in units. Refuses UNKNOWN_FIELD."""
        return self._declared(key, AMOUNTS, "amountField", "an amount").key

    def stored_date(self, key: str) -> str:
        """Give the property that holds a field's date in the organization's time zone. Refuses UNKNOWN_FIELD."""
        declared = self._declared(key, {FieldType.DATE, FieldType.DATETIME}, "dateField", "a date")
        return stored_names(declared)[-1]

    def _declared(self, key: str, types: Iterable[FieldType], path: str, what: str) -> RecordField:
        declared = self.fields.get(key)
        if declared is None or declared.data_type not in types:
            fitting = ", ".join(field.key for field in self.fields.values() if field.data_type in types)
            message = f"{self.key} has no field {key!r} that is {what}. It has: {fitting or 'none'}."
            raise Refusal(ErrorCode.UNKNOWN_FIELD, message, (path,))
        return declared


def stored_names(declared: RecordField) -> tuple[str, ...]:
    """Give the properties that hold a field: one, but for a DATETIME also the date it has."""
    if declared.data_type is FieldType.DATETIME:
        return declared.key, f"{declared.key}Date"
    return (declared.key,)


def _type(key: str, name: str, states: dict[str, tuple[str, ...]], *fields: RecordField) -> RecordType:
    return RecordType(key, name, states, {declared.key: declared for declared in fields})


def _field(key: str, data_type: FieldType, *choices: str) -> RecordField:
    words = re.sub(r"([A-Z])", r" \1", key).lower()
    return RecordField(key, words.capitalize(), data_type, choices)


SHIPPED = (
    _type(
        "account",
        "Account",
        {},
        _field("industry", FieldType.TEXT),
        _field("city", FieldType.TEXT),
        _field("postalCode", FieldType.TEXT),
        _field("country", FieldType.TEXT),
    ),
    _type(
        "opportunity",
        "Opportunity",
        {"OPEN": ("NEW", "IN_PROGRESS", "ON_HOLD"), "WON": ("WON",), "LOST": ("CANCELLED", "OUT_SOLD")},
        _field("estimatedValue", FieldType.MONEY),
        _field("actualValue", FieldType.MONEY),
        _field("quantity", FieldType.DECIMAL),
        _field("probability", FieldType.INTEGER),
        _field("openDate", FieldType.DATE),
        _field("estimatedCloseDate", FieldType.DATE),
        _field("actualCloseDate", FieldType.DATE),
    ),
    _type(
        "order",
        "Order",
        {
            "ACTIVE": ("NEW", "PENDING"),
            "SUBMITTED": ("SUBMITTED",),
            "FULFILLED": ("COMPLETE", "PARTIAL"),
            "INVOICED": ("INVOICED",),
            "CANCELLED": ("CANCELLED",),
        },
        _field("totalAmount", FieldType.MONEY),
        _field("totalWeight", FieldType.DECIMAL),  # tonnes
        _field("itemCount", FieldType.INTEGER),
        _field("orderDate", FieldType.DATE),
        _field("fulfilledDate", FieldType.DATE),
    ),
    _type(
        "phone_call",
        "Phone call",
        {"OPEN": ("OPEN",), "COMPLETED": ("MADE", "RECEIVED"), "CANCELLED": ("CANCELLED",)},
        _field("direction", FieldType.CHOICE, "INCOMING", "OUTGOING"),
        _field("durationMinutes", FieldType.INTEGER),
        _field("dueDate", FieldType.DATE),
        _field("actualStart", FieldType.DATETIME),
        _field("actualEnd", FieldType.DATETIME),
    ),
)


class _ReadsType:
    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> RecordType:
        definition = json.loads(columns["definition"])
        fields = (
            RecordField(key, name, FieldType(data_type), tuple(choices))
            for key, name, data_type, choices in definition["fields"]
        )
        return RecordType(
            columns["key"],
            columns["name"],
            {state: tuple(statuses) for state, statuses in definition["states"].items()},
            {declared.key: declared for declared in fields},
            columns["revision"],
        )


@dataclass(frozen=True)
class RecordTypes(_ReadsType, Read[RecordType], path="record_type/list", row=RecordType):
    """The record types with these keys, or all."""

    keys: list[str] | None = None


@dataclass(frozen=True)
class LockRecordType(_ReadsType, Write[RecordType], path="record_type/lock", row=RecordType):
    """A record type, locked: changes of its records happen in turn."""

    key: str


@dataclass(frozen=True)
class BumpRecordType(Write[Count], path="record_type/bump", row=Count):
    """Move a record type's revision by one: records of it changed."""

    key: str


@dataclass(frozen=True)
class WriteRecordTypes(Write[Count], path="record_type/write", row=Count):
    """Make or change record types."""

    types: list[dict[str, str]]


@dataclass(frozen=True)
class CreateRecordNames(Write[Count], path="record_type/create_names", row=Count):
    """Make names known to the database, which warns of names it has never seen."""

    labels: list[str]
    properties: list[str]


async def record_types(tx: Transaction) -> list[RecordType]:
    """Give all record types, by key."""
    return await tx.run(RecordTypes())


async def record_type(tx: Transaction, key: str, field: tuple[str, ...] = ("type",)) -> RecordType:
    """Give the record type with this key. Refuses UNKNOWN_RECORD_TYPE, naming the field."""
    found = await tx.one(RecordTypes([key]))
    if found is None:
        raise _unknown(key, field)
    return found


async def lock_record_type(tx: Transaction, key: str) -> RecordType:
    """Give the record type with this key, locked until the transaction ends. Refuses UNKNOWN_RECORD_TYPE."""
    found = await tx.one(LockRecordType(key))
    if found is None:
        raise _unknown(key, ("type",))
    return found


async def ensure_record_types(tx: Transaction) -> None:
    """Write the shipped record types, where they are not yet as shipped. For after a migration."""
    await write_record_types(tx, SHIPPED)


async def write_record_types(tx: Transaction, types: Iterable[RecordType]) -> None:
    """Make these types, or change them to be so, and make their names known."""
    known = {found.key: found for found in await record_types(tx)}
    missing = [wanted for wanted in types if known.get(wanted.key) != wanted]
    if not missing:
        return
    names = sorted({name for wanted in missing for field in wanted.fields.values() for name in stored_names(field)})
    await tx.run(CreateRecordNames([wanted.label for wanted in missing], names))
    await tx.run(WriteRecordTypes([_stored(wanted) for wanted in missing]))


def _stored(wanted: RecordType) -> dict[str, str]:
    definition = {
        "states": {state: list(statuses) for state, statuses in wanted.states.items()},
        "fields": [[field.key, field.name, field.data_type.value, field.choices] for field in wanted.fields.values()],
    }
    return {
        "id": str(uuid4()),
        "key": wanted.key,
        "name": wanted.name,
        "label": wanted.label,
        "definition": json.dumps(definition),
    }


def _unknown(key: str, field: tuple[str, ...]) -> Refusal:
    message = f"There is no record type {key!r}. Look them up under recordTypes."
    return Refusal(ErrorCode.UNKNOWN_RECORD_TYPE, message, field)
