"""Upserts and deletes of records by external id: exact, idempotent, in turn per type. Reading records is `record`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from graph.difference import Differences
from graph.errors import ErrorCode, Refusal
from graph.ingestion import LARGEST_BATCH, Batch, Outcome, UpsertReport
from graph.organization import organization
from graph.owners import NameMatch, OwnerKind, OwnersByExternalIds
from graph.record_currency import lose_currency, settle_batch
from graph.record_row import LINKS, OWNER, RecordInput, RecordLink, check_status, record_reader, state_required
from graph.record_type import BumpRecordType, lock_record_type, record_type
from graph.rights import Depth, Kind, Operation, SecuredFrom, depth_of, require_records
from graph.statement import Count, Read, Write, native

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from graph.database import Transaction
    from graph.record_type import RecordType
    from graph.visibility import Viewer


#: Kinds of owners; what else a row refers to is a record.
OWNER_KINDS = frozenset(OwnerKind)


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as stored, with the ids that it is linked to, by column."""

    properties: dict[str, Any]
    links: dict[str, str | None]


@dataclass(frozen=True, slots=True)
class StoredRecords:
    """Records as stored, by external id."""

    records: dict[str, StoredRecord]


@dataclass(frozen=True)
class RecordsForUpsert(Read[StoredRecords], path="record/for_upsert", row=StoredRecords):
    """The records of a type with these external ids, in one row: many rows cost more than their contents."""

    type: str
    external_ids: list[str]

    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> StoredRecords:
        """Sort the records by external id."""
        columns_of_links = [link.column for link in LINKS]
        return StoredRecords(
            {
                properties["externalId"]: StoredRecord(
                    native(properties), dict(zip(columns_of_links, ids, strict=True))
                )
                for properties, *ids in columns["records"]
            }
        )


@dataclass(frozen=True, slots=True)
class RecordKey:
    """A record's external id and id."""

    external_id: str
    id: str


@dataclass(frozen=True)
class RecordsByExternalIds(Read[RecordKey], path="record/by_external_ids", row=RecordKey):
    """Which of these records of a type exist. For ingestion: nothing is said of who may see them."""

    type: str
    external_ids: list[str]


@dataclass(frozen=True)
class RecordsByNames(Read[NameMatch], path="record/by_names", row=NameMatch):
    """The records of a type that have these names. For ingestion, as `RecordsByExternalIds`."""

    type: str
    names: list[str]


@dataclass(frozen=True)
class CreateRecords(Write[Count], path="record/create", row=Count):
    """New records; each row is id, external id, name, other properties, and the ids of `LINKS` in their order."""

    type: str
    label: str
    rows: list[list[Any]]
    now: datetime


@dataclass(frozen=True)
class ChangeRecords(Write[Count], path="record/change", row=Count):
    """New values of properties of records; null removes one."""

    rows: list[dict[str, Any]]
    now: datetime


@dataclass(frozen=True)
class RelinkRecords(Write[Count], path="record/relink", row=Count):
    """Put one link of records elsewhere, or remove it; each pair is a record's id and the target's, or null."""

    relationship: str
    links: list[tuple[str, str | None]]


@dataclass(frozen=True)
class DeleteRecords(Write[Count], path="record/delete", row=Count):
    """Delete records of a type."""

    type: str
    external_ids: list[str]


@dataclass(frozen=True, slots=True)
class DeleteReport:
    """How many records were deleted, and how many of those named there were not."""

    deleted: int
    missing: int


async def upsert_records(
    tx: Transaction,
    viewer: Viewer,
    type_key: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    now: datetime,
    zone: ZoneInfo | None = None,
    all_or_nothing: bool = False,
) -> UpsertReport:
    """Make or change records. Refuses FORBIDDEN, UNKNOWN_RECORD_TYPE and TOO_MANY_ROWS; all else row by row.

    A row has `externalId`, `name`, `state`, `status`, `owner` ({"user": external id} or {"team": external id}),
    `territory`, `productLine`, `account`, `parent` (external ids), `currency` (an ISO code) and `fields` (values by
    key; amounts as text or integers; moments without an offset are times in `zone`, the organization's if left out).
    Only a type with a parent type has `parent`.
    A key that is absent leaves the value as it is, null clears it; a new state clears a status that it does not have.
    Row codes are those of `record_reader` and `settle_batch`, and DUPLICATE_ROW, OWNER_NOT_FOUND, NOT_FOUND, FORBIDDEN.
    The type's revision moves only if something was written.
    """
    # By external id one could feel for records that one may not see: that needs the whole type (visibility.md, 4).
    await require_records(tx, viewer, type_key, (Operation.READ, Operation.WRITE), "write records")
    declared = await record_type(tx, type_key)
    read_in = zone or (await organization(tx)).zone
    batch = Batch.read(rows, record_reader(declared, read_in))
    # From here on batches of a type happen in turn: none compares with what another is about to change. Reading the
    # rows comes before, so that one batch can be read while another is written.
    kind = await lock_record_type(tx, type_key)
    company = await organization(tx)
    if kind != declared or (zone is None and company.zone != read_in):
        read_in = zone or company.zone
        batch = Batch.read(rows, record_reader(kind, read_in))
    await _refuse_forbidden(tx, viewer, kind, batch)
    ids = [row.external_id for row in batch.rows.values()]
    found = await tx.one(RecordsForUpsert(kind.key, ids))
    stored = found.records if found is not None else {}
    targets = await _targets(tx, batch)
    for number, row in list(batch.rows.items()):
        try:
            _check(kind, row, stored.get(row.external_id), targets)
        except Refusal as refusal:
            batch.refuse(number, refusal)
    today = now.astimezone(read_in).date()
    below = await settle_batch(tx, kind, batch, stored, targets, base=company.base_currency, today=today)
    if all_or_nothing and batch.refused:
        return batch.refusal_of_all()
    writing = _Writing(kind, batch, stored, targets)
    if writing.anything:
        differences = await Differences.of(tx, kind, now)
        await differences.before(writing.changed_ids)
        await writing.write(tx, now)
        await tx.run(BumpRecordType(kind.key))
        await _change_below(tx, [change for number in batch.rows for change in below.get(number, ())], now)
        await differences.append(writing.created_ids)
    return batch.report()


async def delete_records(
    tx: Transaction, viewer: Viewer, type_key: str, external_ids: Sequence[str], *, now: datetime
) -> DeleteReport:
    """Delete records. Refuses FORBIDDEN, UNKNOWN_RECORD_TYPE and TOO_MANY_ROWS."""
    await require_records(tx, viewer, type_key, (Operation.READ, Operation.DELETE), "delete records")
    if len(external_ids) > LARGEST_BATCH:
        message = f"At most {LARGEST_BATCH} records are deleted at once, not {len(external_ids)}. Split them."
        raise Refusal(ErrorCode.TOO_MANY_ROWS, message, ("externalIds",))
    kind = await lock_record_type(tx, type_key)
    wanted = sorted(set(external_ids))
    differences = await Differences.of(tx, kind, now)
    await differences.before([row.id for row in await tx.run(RecordsByExternalIds(kind.key, wanted))])
    await lose_currency(tx, kind, wanted)
    deleted = await tx.one(DeleteRecords(kind.key, wanted))
    count = deleted.count if deleted is not None else 0
    if count:
        await tx.run(BumpRecordType(kind.key))
        await differences.append(())
    return DeleteReport(count, len(wanted) - count)


async def _refuse_forbidden(tx: Transaction, viewer: Viewer, kind: RecordType, batch: Batch[RecordInput]) -> None:
    """Refuse rows that write a secured field, or refer to a record of a type of which the viewer may not read all.

    Else "unchanged" would tell that a guess at a hidden value is right, and NOT_FOUND which external ids there are.
    """
    if viewer.administrator:
        return
    secured = await tx.one(SecuredFrom(viewer.id))
    unwritable = set(secured.unwritable) if secured is not None else set()
    kinds = {key[0] for row in batch.rows.values() for key in row.links.values() if key is not None} - OWNER_KINDS
    unread = {
        key for key in kinds if await depth_of(tx, viewer, Kind.RECORD, Operation.READ, key) is not Depth.ORGANIZATION
    }
    for number, row in list(batch.rows.items()):
        paths: list[tuple[str, ...]] = []
        paths += [("fields", name) for name in row.properties if f"record.{kind.key}.{name}" in unwritable]
        paths += [(link.field,) for link, key in row.links.items() if key is not None and key[0] in unread]
        for path in paths[:1]:
            message = f"You may not set {path[-1]}: it is kept for others. Leave it out."
            batch.refuse(number, Refusal(ErrorCode.FORBIDDEN, message, path))


async def _targets(tx: Transaction, batch: Batch[RecordInput]) -> dict[tuple[str, str], str]:
    """Give the ids of what the rows refer to, by kind and external id; what does not exist is left out."""
    keys = {key for row in batch.rows.values() for key in row.links.values() if key is not None}
    owners = sorted(key for key in keys if key[0] in OWNER_KINDS)
    found: dict[tuple[str, str], str] = {}
    if owners:
        for owner in await tx.run(OwnersByExternalIds(owners)):
            found[owner.kind, owner.external_id] = owner.id
    for type_key in sorted({kind for kind, _ in keys} - OWNER_KINDS):
        external_ids = sorted(external_id for kind, external_id in keys if kind == type_key)
        for record in await tx.run(RecordsByExternalIds(type_key, external_ids)):
            found[type_key, record.external_id] = record.id
    return found


def _check(
    kind: RecordType, row: RecordInput, before: StoredRecord | None, targets: Mapping[tuple[str, str], str]
) -> None:
    """Refuse what only the database could tell; settle the status that goes with a new state."""
    if before is None:
        if kind.states and not row.restated:
            raise state_required(kind)
    elif row.restated != row.has_status:
        state = row.properties["state"] if row.restated else before.properties.get("state")
        if row.has_status:
            check_status(kind, state, row.properties["status"])
        elif before.properties.get("status") not in kind.states.get(state or "", ()):
            row.properties["status"] = None
    for link, key in row.links.items():
        if key is not None and key not in targets:
            code = ErrorCode.OWNER_NOT_FOUND if link is OWNER else ErrorCode.NOT_FOUND
            what = key[0].lower().replace("_", " ")
            message = f"There is no {what} with the external id {key[1]!r}. Load it first."
            raise Refusal(code, message, (link.field,))


async def _change_below(tx: Transaction, changes: Sequence[tuple[str, dict[str, Any]]], now: datetime) -> None:
    """Write changes of records of other types, each with the key of its type."""
    if changes:
        await tx.run(ChangeRecords([change for _, change in changes], now))
        for key in sorted({key for key, _ in changes}):
            await tx.run(BumpRecordType(key))


class _Writing:
    """What of a batch differs from what is stored, and writing it. Says of each row what becomes of it."""

    def __init__(
        self,
        kind: RecordType,
        batch: Batch[RecordInput],
        stored: Mapping[str, StoredRecord],
        targets: Mapping[tuple[str, str], str],
    ) -> None:
        self._kind = kind
        self._created: list[list[Any]] = []
        self._changed: list[dict[str, Any]] = []
        self._relinked: dict[RecordLink, list[tuple[str, str | None]]] = {}
        for number, row in batch.rows.items():
            wanted = {link: None if key is None else targets[key] for link, key in row.links.items()}
            batch.outcomes[number] = self._take(row, wanted, stored.get(row.external_id))

    def _take(self, row: RecordInput, wanted: Mapping[RecordLink, str | None], before: StoredRecord | None) -> Outcome:
        if before is None:
            name = row.properties.pop("name", row.external_id)
            key = [str(uuid4()), row.external_id, name]
            self._created.append([*key, row.properties, *(wanted.get(link) for link in LINKS)])
            return Outcome.INSERTED
        record_id = before.properties["id"]
        differing = {k: v for k, v in row.properties.items() if before.properties.get(k) != v}
        moved = [(link, target) for link, target in wanted.items() if before.links[link.column] != target]
        if not (differing or moved):
            return Outcome.UNCHANGED
        self._changed.append({**differing, "id": record_id})
        for link, target in moved:
            self._relinked.setdefault(link, []).append((record_id, target))
        return Outcome.UPDATED

    @property
    def anything(self) -> bool:
        """Whether anything differs."""
        return bool(self._created or self._changed)

    @property
    def created_ids(self) -> list[str]:
        """The ids of the records that are made."""
        return [row[0] for row in self._created]

    @property
    def changed_ids(self) -> list[str]:
        """The ids of the records that are changed."""
        return [row["id"] for row in self._changed]

    async def write(self, tx: Transaction, now: datetime) -> None:
        """Write it."""
        if self._created:
            await tx.run(CreateRecords(self._kind.key, self._kind.label, self._created, now))
        if self._changed:
            await tx.run(ChangeRecords(self._changed, now))
        for link, links in self._relinked.items():
            await tx.run(RelinkRecords(link.relationship, links))
