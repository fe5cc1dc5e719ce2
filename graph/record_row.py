"""What a row of a records' upsert may say, and reading it: every value checked, nothing looked up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from graph.currency import check_currency
from graph.errors import ErrorCode, Refusal
from graph.ingestion import LONGEST_EXTERNAL_ID, read_external_id, read_key, refuse_unknown, storable
from graph.moment import local_date
from graph.money import DataType, parse_units
from graph.owners import OwnerKind
from graph.record_type import AMOUNTS, FieldType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from zoneinfo import ZoneInfo

    from graph.record_type import RecordField, RecordType

LONGEST_NAME = 200
LONGEST_TEXT = 4000
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
#: The type whose records the key `account` refers to.
ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class RecordLink:
    """A key of a row that refers to an owner or a record: its relationship and its column in statements."""

    field: str
    relationship: str
    column: str


OWNER = RecordLink("owner", "OWNED_BY", "owner_id")
PARENT = RecordLink("parent", "PART_OF", "parent_id")
_REFERENCES = (
    RecordLink("territory", "IN_TERRITORY", "territory_id"),
    RecordLink("productLine", "FOR_PRODUCT_LINE", "product_line_id"),
    RecordLink("account", "FOR_ACCOUNT", "account_id"),
    PARENT,
)
LINKS = (OWNER, *_REFERENCES)
_OWNERS = {"user": OwnerKind.USER, "team": OwnerKind.TEAM}


@dataclass(frozen=True, slots=True)
class RecordInput:
    """A row: the properties it speaks of as they are stored (None clears), and its links.

    A link is (kind of owner or key of a record type, external id), or None to clear it.
    """

    external_id: str
    properties: dict[str, Any]
    links: dict[RecordLink, tuple[str, str] | None]

    @property
    def restated(self) -> bool:
        """Tell whether the row speaks of its state."""
        return "state" in self.properties

    @property
    def has_status(self) -> bool:
        """Tell whether the row speaks of its status."""
        return "status" in self.properties


def record_keys(kind: RecordType) -> frozenset[str]:
    """Give the keys that a row of this type may have."""
    return frozenset(
        {"externalId", "name", "state", "status", "currency", "fields", OWNER.field} | record_references(kind).keys()
    )


def record_references(kind: RecordType) -> dict[str, str]:
    """Give what the keys of a row refer to, but for its owner: a kind of owner or the key of a record type."""
    references: dict[str, str] = {"territory": OwnerKind.TERRITORY, "productLine": OwnerKind.PRODUCT_LINE}
    if kind.key != ACCOUNT:
        references["account"] = ACCOUNT
    if kind.parent_type is not None:
        references[PARENT.field] = kind.parent_type
    return references


def record_reader(kind: RecordType, zone: ZoneInfo) -> Callable[[Mapping[str, Any]], RecordInput]:
    """Make what reads a row of this type, datetimes without an offset in `zone`.

    Refuses, naming the key: REQUIRED, INVALID_VALUE, UNKNOWN_FIELD, UNKNOWN_STATE, UNKNOWN_STATUS, UNKNOWN_CURRENCY,
    AMOUNT_TOO_PRECISE, AMOUNT_OUT_OF_RANGE. That a status belongs to a state the row does not name is seen later.
    """
    known, references = record_keys(kind), record_references(kind)
    readers = {key: _field_reader(declared, zone) for key, declared in kind.fields.items()}
    declared_fields = frozenset(readers)

    def read(row: Mapping[str, Any]) -> RecordInput:
        refuse_unknown(row, known)
        external_id = read_external_id(row)
        properties: dict[str, Any] = {}
        if "name" in row:  # a record without a name is called by its key
            properties["name"] = _text(row["name"], ("name",), LONGEST_NAME) or external_id
        if "state" in row:
            properties["state"] = _state(kind, row["state"])
        if "status" in row:
            properties["status"] = _status(kind, row["status"], properties.get("state"))
        if "currency" in row:
            currency = row["currency"]
            properties["currency"] = None if currency is None else check_currency(currency, ("currency",))
        for key, value in _fields(row.get("fields"), declared_fields).items():
            readers[key](value, properties)
        return RecordInput(external_id, properties, _links(row, references))

    return read


def _fields(value: Any, declared: frozenset[str]) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _not(("fields",), "a map of values by field")
    refuse_unknown(value, declared, ("fields",))
    return value


def _links(row: Mapping[str, Any], references: Mapping[str, str]) -> dict[RecordLink, tuple[str, str] | None]:
    links: dict[RecordLink, tuple[str, str] | None] = {}
    if "owner" in row:
        links[OWNER] = _owner(row["owner"])
    for link in _REFERENCES:
        if link.field in row:
            value = row[link.field]
            links[link] = None if value is None else (references[link.field], read_key(value, link.field))
    return links


def check_status(kind: RecordType, state: str | None, status: str | None) -> None:
    """Refuse UNKNOWN_STATUS unless the status, if any, belongs to the state."""
    fitting = kind.states.get(state or "", ())
    if status is not None and status not in fitting:
        message = f"{state or kind.key} has no status {status!r}. It has: {', '.join(fitting) or 'none'}."
        raise Refusal(ErrorCode.UNKNOWN_STATUS, message, ("status",))


def _state(kind: RecordType, value: Any) -> str | None:
    if value is None and not kind.states:
        return None
    if value is None:
        raise state_required(kind)
    if not isinstance(value, str) or value not in kind.states:
        message = f"{kind.key} has no state {_shown(value)}. It has: {', '.join(kind.states) or 'none'}."
        raise Refusal(ErrorCode.UNKNOWN_STATE, message, ("state",))
    return value


def state_required(kind: RecordType) -> Refusal:
    """Make the refusal of a record that would have no state."""
    return Refusal(ErrorCode.REQUIRED, f"state is missing. It is one of: {', '.join(kind.states)}.", ("state",))


def _status(kind: RecordType, value: Any, state: str | None) -> str | None:
    if value is None:
        return None
    statuses = [status for of_state in kind.states.values() for status in of_state]
    if not isinstance(value, str) or value not in statuses:
        message = f"{kind.key} has no status {_shown(value)}. It has: {', '.join(statuses) or 'none'}."
        raise Refusal(ErrorCode.UNKNOWN_STATUS, message, ("status",))
    if state is not None:
        check_status(kind, state, value)
    return value


def _owner(value: Any) -> tuple[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or len(value) != 1 or not value.keys() <= _OWNERS.keys():
        raise _not(("owner",), '{"user": external id} or {"team": external id}')
    ((kind, external_id),) = value.items()
    return _OWNERS[kind], read_key(external_id, "owner")


def _text(value: Any, path: tuple[str, ...], longest: int) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > longest or not storable(value):
        raise _not(path, f"a text of up to {longest} characters")
    return value


def _date(value: Any, path: tuple[str, ...]) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise _not(path, 'a date, such as "2026-03-31"')


def _field_reader(declared: RecordField, zone: ZoneInfo) -> Callable[[Any, dict[str, Any]], None]:
    """Make what reads a value of a field into the properties that store it."""
    key, path = declared.key, ("fields", declared.key)
    if declared.data_type is FieldType.DATETIME:

        def moment(value: Any, properties: dict[str, Any]) -> None:
            if value is not None and not isinstance(value, str | datetime):
                raise _not(path, "a date and time, as a text")
            both = (None, None) if value is None else local_date(value, zone, path)
            properties[key], properties[f"{key}Date"] = both

        return moment
    convert = _converter(declared, path)

    def plain(value: Any, properties: dict[str, Any]) -> None:
        properties[key] = None if value is None else convert(value)

    return plain


def _converter(declared: RecordField, path: tuple[str, ...]) -> Callable[[Any], Any]:
    match declared.data_type:
        case FieldType.DATE:
            return lambda value: _date(value, path)
        case FieldType.CHOICE:
            return lambda value: _choice(value, declared.choices, path)
        case FieldType.BOOLEAN:
            return lambda value: _boolean(value, path)
        case amount if amount in AMOUNTS:
            unit = DataType(amount.value)
            return lambda value: parse_units(value, unit, path)
        case _:
            return lambda value: _text(value, path, LONGEST_TEXT)


def _choice(value: Any, choices: tuple[str, ...], path: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in choices:
        raise _not(path, f"one of: {', '.join(choices)}")
    return value


def _boolean(value: Any, path: tuple[str, ...]) -> bool:
    if not isinstance(value, bool):
        raise _not(path, "true or false")
    return value


def _shown(value: Any) -> str:
    """Give a value as a message may repeat it: short."""
    return repr(value)[:LONGEST_EXTERNAL_ID]


def _not(path: tuple[str, ...], what: str) -> Refusal:
    return Refusal(ErrorCode.INVALID_VALUE, f"{path[-1]} is {what}.", path)
