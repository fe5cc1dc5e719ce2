"""What a source can be loaded as: records of a type, or one kind of owner; how a value is put into such a row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from graph.errors import ErrorCode, Refusal
from graph.import_map import ImportMap, Source
from graph.import_source import REFUSAL_COLUMNS
from graph.owners import OwnerKind
from graph.owners_row import FLAGS, LINKS, owner_fields
from graph.owners_upsert import upsert_owners
from graph.record_row import record_keys, record_references
from graph.record_type import FieldType, record_type
from graph.record_upsert import upsert_records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graph.database import Database, Transaction
    from graph.ingestion import UpsertReport
    from graph.record_type import RecordType
    from graph.visibility import Viewer

#: What owners are called on the command line.
OWNERS = {
    "users": OwnerKind.USER,
    "teams": OwnerKind.TEAM,
    "business_units": OwnerKind.BUSINESS_UNIT,
    "territories": OwnerKind.TERRITORY,
    "product_lines": OwnerKind.PRODUCT_LINE,
}
_OWNER_KINDS = {"user": OwnerKind.USER.value, "team": OwnerKind.TEAM.value}
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class ImportTarget:
    """Exactly one of `owner_kind` and `record_type` is set."""

    owner_kind: OwnerKind | None = None
    record_type: RecordType | None = None

    @property
    def keys(self) -> frozenset[str]:
        """The keys that a map may fill: a record's own and its fields side by side."""
        if self.record_type is not None:
            return record_keys(self.record_type) - {"fields"} | self.record_type.fields.keys()
        return frozenset(owner_fields(self._kind))

    @property
    def kind(self) -> str:
        """What its rows are to those that refer to them, as `reference` gives it; or a record type's key."""
        return self.record_type.key if self.record_type is not None else self._kind.value

    @property
    def _kind(self) -> OwnerKind:
        return self.owner_kind or OwnerKind.USER

    def reference(self, source: Source) -> str:
        """Give what a key refers to: a kind of owner, or the key of a record type; empty if it refers to nothing."""
        if self.record_type is None:
            return next((link.kind.value for link in LINKS[self._kind] if link.field == source.key), "")
        if source.key == "owner":
            return _OWNER_KINDS.get(source.kind, "")
        return record_references(self.record_type).get(source.key, "")

    def check(self, import_map: ImportMap) -> None:
        """Refuse UNKNOWN_FIELD or INVALID_VALUE for what the map says of keys that the target cannot take."""
        for source in import_map.sources:
            place = ("map", "fields", source.key)
            if source.key not in self.keys:
                message = f"There is no field {source.key!r} to fill. There are: {', '.join(sorted(self.keys))}."
                raise Refusal(ErrorCode.UNKNOWN_FIELD, message, place)
            if source.by_name and not self.reference(source):
                message = f'{source.key} refers to nothing that has a name. Leave out by = "name".'
                raise Refusal(ErrorCode.INVALID_VALUE, message, place)
            if source.key == "owner" and source.kind not in _OWNER_KINDS:
                message = 'The kind of an owner is "user" or "team".'
                raise Refusal(ErrorCode.INVALID_VALUE, message, place)
            if source.format is not None and self._type(source) not in {FieldType.DATE, FieldType.DATETIME}:
                message = f"{source.key} is no date, so it has no format. Leave it out."
                raise Refusal(ErrorCode.INVALID_VALUE, message, place)

    def direct_map(self, header: Sequence[str]) -> ImportMap:
        """Make the map of columns that are called as the keys they fill: also owner.user, owner.team and fields.KEY.

        Refuses UNKNOWN_FIELD for a column that is called otherwise, INVALID_VALUE for two of one key, REQUIRED.
        """
        columns: dict[tuple[str, str], str] = {}
        for column in header:
            if column in REFUSAL_COLUMNS:
                continue
            key, kind = self._key_of(column)
            if (first := columns.setdefault((key, kind), column)) != column:
                message = f"The columns {first} and {column} fill the same key. Leave one of them out."
                raise Refusal(ErrorCode.INVALID_VALUE, message, ("file", column))
        if ("externalId", "user") not in columns:
            message = "There is no column externalId, the key of a row. Name one so, or say by a map which it is."
            raise Refusal(ErrorCode.REQUIRED, message, ("file", "externalId"))
        return ImportMap(tuple(Source.of_column(key, column, kind) for (key, kind), column in columns.items()))

    def _key_of(self, column: str) -> tuple[str, str]:
        """Give the key that a column of this name fills, and the kind of owner."""
        if self.record_type is not None:
            start, _, rest = column.partition(".")
            if start == "owner" and rest in _OWNER_KINDS:
                return "owner", rest
            if start == "fields" and rest in self.record_type.fields:
                return rest, "user"
        if column not in self.keys:
            message = f"There is no field {column!r} to fill. There are: {', '.join(sorted(self.keys))}."
            raise Refusal(ErrorCode.UNKNOWN_FIELD, message, ("file", column))
        return column, "user"

    def put(self, row: dict[str, Any], source: Source, value: Any) -> None:
        """Put a value into a row. Refuses INVALID_VALUE for a text that is not of the key's form, and two owners."""
        if isinstance(value, str):
            value = self._read(source, value)
        if self.record_type is not None and source.key in self.record_type.fields:
            row.setdefault("fields", {})[source.key] = value
        elif value is None:
            row.setdefault(source.key, None)
        elif self.record_type is not None and source.key == "owner":
            if row.get("owner") not in (None, {source.kind: value}):
                message = "A record has one owner, a user or a team. Leave one of the two empty."
                raise Refusal(ErrorCode.INVALID_VALUE, message, ("owner",))
            row["owner"] = {source.kind: value}
        elif any(link.many and link.field == source.key for link in LINKS.get(self._kind, ())):
            row[source.key] = [value]
        else:
            row[source.key] = value

    async def upsert(
        self, tx: Transaction, viewer: Viewer, rows: Sequence[Mapping[str, Any]], *, now: datetime
    ) -> UpsertReport:
        """Write the rows."""
        if self.record_type is not None:
            return await upsert_records(tx, viewer, self.record_type.key, rows, now=now)
        return await upsert_owners(tx, viewer, self._kind, rows)

    def _type(self, source: Source) -> FieldType:
        if self.record_type is not None and source.key in self.record_type.fields:
            return self.record_type.fields[source.key].data_type
        if self.owner_kind is not None and source.key in FLAGS.get(self.owner_kind, {}):
            return FieldType.BOOLEAN
        return FieldType.TEXT

    def _read(self, source: Source, text: str) -> Any:
        if source.format is not None:
            return self._moment(source, text)
        if self._type(source) is FieldType.BOOLEAN:
            return _BOOLEANS.get(text.casefold(), text)
        return text

    def _moment(self, source: Source, text: str) -> Any:
        try:
            moment = datetime.strptime(text, source.format or "")  # noqa: DTZ007 - read in the organization's zone later
        except ValueError:
            message = f"{text!r} is not a date of the form {source.format}. Correct it, or the map's format."
            raise Refusal(ErrorCode.INVALID_VALUE, message, (source.key,)) from None
        return moment.date() if self._type(source) is FieldType.DATE else moment


async def import_target(database: Database, type_key: str) -> ImportTarget:
    """Give what a type on the command line stands for. Refuses UNKNOWN_RECORD_TYPE."""
    if type_key in OWNERS:
        return ImportTarget(owner_kind=OWNERS[type_key])

    async def read(tx: Transaction) -> RecordType:
        return await record_type(tx, type_key)

    return ImportTarget(record_type=await database.read(read))
