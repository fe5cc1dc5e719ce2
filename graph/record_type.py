"""Record types: the states, statuses, fields and parent of a kind of source data. Those shipped: `shipped_types`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
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
    | {"inheritedCurrency", "rateDate"}
)
#: Labels of nodes that are no records, and of all records, and what imports call owners: no type may be called so.
_TAKEN_LABELS = frozenset(
    {"Goal", "Metric", "RollupField", "RollupQuery", "RecordType", "Record", "Owner", "User", "Team", "BusinessUnit"}
    | {"Territory", "ProductLine", "Organization", "Migration", "Role", "Currency", "ExchangeRate", "ImportRun"}
    | {"IdempotencyKey", "AuditEntry", "RollupRun", "RollupChange", "WorkerLease", "GoalSnapshot"}
    | {"FieldProfile"}
    | {"Users", "Teams", "BusinessUnits", "Territories", "ProductLines"}
)
_TAKEN = frozenset(label.casefold() for label in _TAKEN_LABELS)
#: Types in a chain from a type to its parent, that one's parent, and so on, itself counted.
LONGEST_CHAIN = 5
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
DATES = frozenset({FieldType.DATE, FieldType.DATETIME})


@dataclass(frozen=True, slots=True)
class RecordField:
    """A field of a record type. Only a CHOICE has choices."""

    key: str
    name: str
    data_type: FieldType
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordType:
    """A kind of source data. `states` gives each state its statuses.

    Its records may be parts of records of `parent_type`. `rate_date`: the field whose date says at which rate money is
    converted. Raises Refusal INVALID_VALUE for names that the database or the program could not tell apart, and
    UNKNOWN_FIELD for a rate date that is no date.
    """

    key: str
    name: str
    states: Mapping[str, tuple[str, ...]]
    fields: Mapping[str, RecordField]
    parent_type: str | None = None
    rate_date: str | None = None

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key) or len(self.key) > _LONGEST or self.label.casefold() in _TAKEN:
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
        if self.rate_date is not None:
            self._declared(self.rate_date, DATES, "rateDate", "a date")

    @property
    def label(self) -> str:
        """The label of its records: the key in PascalCase."""
        return "".join(word.capitalize() for word in self.key.split("_"))

    def stored_amount(self, key: str) -> str:
        """Give the property to add up for an amount, in units; for money in base currency. Refuses UNKNOWN_FIELD."""
        return stored_names(self._declared(key, AMOUNTS, "amountField", "an amount"))[-1]

    def stored_date(self, key: str) -> str:
        """Give the property that holds a field's date in the organization's time zone. Refuses UNKNOWN_FIELD."""
        declared = self._declared(key, DATES, "dateField", "a date")
        return stored_names(declared)[-1]

    def _declared(self, key: str, types: Iterable[FieldType], path: str, what: str) -> RecordField:
        declared = self.fields.get(key)
        if declared is None or declared.data_type not in types:
            fitting = ", ".join(field.key for field in self.fields.values() if field.data_type in types)
            message = f"{self.key} has no field {key!r} that is {what}. It has: {fitting or 'none'}."
            raise Refusal(ErrorCode.UNKNOWN_FIELD, message, (path,))
        return declared


def stored_names(declared: RecordField) -> tuple[str, ...]:
    """Give the properties that hold a field: one, then a DATETIME's date, a MONEY's amount in base currency."""
    if declared.data_type is FieldType.DATETIME:
        return declared.key, f"{declared.key}Date"
    if declared.data_type is FieldType.MONEY:
        return declared.key, base_name(declared.key)
    return (declared.key,)


def base_name(key: str) -> str:
    """Give the property that holds a MONEY field's amount in base currency."""
    return f"{key}Base"


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
            columns["parent_type"],
            definition.get("rateDate"),
        )


@dataclass(frozen=True)
class RecordTypes(_ReadsType, Read[RecordType], path="record_type/list", row=RecordType):
    """The record types with these keys, or all."""

    keys: list[str] | None = None


@dataclass(frozen=True)
class RecordTypeChain(_ReadsType, Read[RecordType], path="record_type/chain", row=RecordType):
    """A record type, its parent type, that one's, and so on."""

    key: str


@dataclass(frozen=True)
class LockRecordType(_ReadsType, Write[RecordType], path="record_type/lock", row=RecordType):
    """A record type, locked: changes of its records happen in turn."""

    key: str


@dataclass(frozen=True)
class LockRecordTypes(Write[Count], path="record_type/lock_some", row=Count):
    """Lock the chains of several record types."""

    keys: list[str]


@dataclass(frozen=True)
class WriteRecordTypes(Write[Count], path="record_type/write", row=Count):
    """Make or change record types."""

    types: list[dict[str, str | None]]


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


async def lock_record_types(tx: Transaction, keys: Iterable[str]) -> None:
    """Lock these types, as `lock_record_type` does, in the order in which everybody locks several."""
    await tx.run(LockRecordTypes(sorted(keys)))


async def record_type_chain(tx: Transaction, key: str, field: tuple[str, ...] = ("type",)) -> list[RecordType]:
    """Give a record type, then those above it, nearest first. Refuses UNKNOWN_RECORD_TYPE, naming the field."""
    chain = await tx.run(RecordTypeChain(key))
    if not chain:
        raise _unknown(key, field)
    return chain


async def write_record_types(tx: Transaction, types: Iterable[RecordType]) -> None:
    """Make these types, or change them to be so, and make their names known."""
    known = {found.key: found for found in await record_types(tx)}
    missing = [wanted for wanted in types if known.get(wanted.key) != wanted]
    if not missing:
        return
    names = sorted({name for wanted in missing for field in wanted.fields.values() for name in stored_names(field)})
    await tx.run(CreateRecordNames([wanted.label for wanted in missing], names))
    await tx.run(WriteRecordTypes([_stored(wanted) for wanted in missing]))


def _stored(wanted: RecordType) -> dict[str, str | None]:
    definition = {
        "rateDate": wanted.rate_date,
        "states": {state: list(statuses) for state, statuses in wanted.states.items()},
        "fields": [[field.key, field.name, field.data_type.value, field.choices] for field in wanted.fields.values()],
    }
    return {
        "id": str(uuid4()),
        "key": wanted.key,
        "name": wanted.name,
        "label": wanted.label,
        "definition": json.dumps(definition),
        "parent": wanted.parent_type,
    }


def _unknown(key: str, field: tuple[str, ...]) -> Refusal:
    message = f"There is no record type {key!r}. Look them up under recordTypes."
    return Refusal(ErrorCode.UNKNOWN_RECORD_TYPE, message, field)
