"""Upserts and deletes of records by external id: exact, idempotent, in turn per family. Reading is `record`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graph.difference import Differences
from graph.errors import ErrorCode, Refusal
from graph.ingestion import LARGEST_BATCH, Batch, UpsertReport
from graph.organization import organization
from graph.owners import OwnerKind, OwnersByExternalIds
from graph.record_currency import lose_currency, settle_batch
from graph.record_row import OWNER, RecordInput, check_status, record_reader, state_required
from graph.record_type import lock_record_type, record_type
from graph.record_writing import ChangeRecords, DeleteRecords, RecordsByExternalIds, RecordsForUpsert, Writing
from graph.rights import Depth, Kind, Operation, SecuredFrom, depth_of, require_records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from graph.database import Transaction
    from graph.record_type import RecordType
    from graph.record_writing import StoredRecord
    from graph.visibility import Viewer


#: Kinds of owners; what else a row refers to is a record.
OWNER_KINDS = frozenset(OwnerKind)


@dataclass(frozen=True, slots=True)
class DeleteReport:
    """How many records were deleted, and how many of those named there were not."""

    deleted: int
    missing: int


@dataclass(frozen=True, slots=True)
class Upsert:
    """What one caller asks: rows as `upsert_records` takes them."""

    viewer: Viewer
    rows: Sequence[Mapping[str, Any]]
    all_or_nothing: bool = False


@dataclass(slots=True)
class Known:
    """A record type and the organization's time zone as they were when rows were last read by them."""

    value: tuple[RecordType, ZoneInfo] | None = None


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
    """
    (done,) = await upsert_several(tx, type_key, [Upsert(viewer, rows, all_or_nothing)], now=now, zone=zone)
    if isinstance(done, Refusal):
        raise done
    return done


async def upsert_several(
    tx: Transaction,
    type_key: str,
    upserts: Sequence[Upsert],
    *,
    now: datetime,
    zone: ZoneInfo | None = None,
    known: Known | None = None,
) -> list[UpsertReport | Refusal]:
    """Do several callers' upserts of one type as if one after the other; what each is told, in their order.

    `known`: what the type and the zone were when they were last looked at; looked up if left out.
    Refuses UNKNOWN_RECORD_TYPE for all; what concerns one is its answer, and nothing of it is written.
    """
    answers: dict[int, UpsertReport | Refusal] = {}
    permitted = await _permitted(tx, type_key, upserts, answers)
    if permitted:
        before = known.value if known is not None else None
        if before is None:
            before = await record_type(tx, type_key), (await organization(tx)).zone
        batches = _read(upserts, permitted, before[0], zone or before[1], answers)
        # From here on batches of a type happen in turn: none compares with what another is about to change. Reading
        # the rows comes before, so that one batch can be read while another is written.
        kind = await lock_record_type(tx, type_key)
        company = await organization(tx)
        read_in = zone or company.zone
        if known is not None:
            known.value = kind, company.zone
        if (kind, read_in) != (before[0], zone or before[1]):
            batches = _read(upserts, permitted, kind, read_in, answers)
        today = now.astimezone(read_in).date()
        for number, batch in batches.items():
            await _refuse_forbidden(tx, upserts[number].viewer, kind, batch)
        for turn in _turns(batches):
            several = _Several(kind, [batches[number] for number in turn], [upserts[number] for number in turn])
            reports = await several.write(tx, now, today, base=company.base_currency)
            answers |= dict(zip(turn, reports, strict=True))
    return [answers[number] for number in range(len(upserts))]


async def _permitted(
    tx: Transaction, type_key: str, upserts: Sequence[Upsert], answers: dict[int, UpsertReport | Refusal]
) -> list[int]:
    """Give the upserts whose viewers may write records of the type; the others are answered.

    By external id one could feel for records that one may not see: that needs the whole type (visibility.md, 4).
    """
    refusals: dict[str, Refusal | None] = {}
    for upsert in upserts:
        if upsert.viewer.id not in refusals:
            refusals[upsert.viewer.id] = None
            try:
                needed = (Operation.READ, Operation.WRITE)
                await require_records(tx, upsert.viewer, type_key, needed, "write records")
            except Refusal as refusal:
                refusals[upsert.viewer.id] = refusal
    told = {number: refusals[upsert.viewer.id] for number, upsert in enumerate(upserts)}
    answers |= {number: refusal for number, refusal in told.items() if refusal is not None}
    return [number for number, refusal in told.items() if refusal is None]


def _read(
    upserts: Sequence[Upsert],
    permitted: Sequence[int],
    kind: RecordType,
    zone: ZoneInfo,
    answers: dict[int, UpsertReport | Refusal],
) -> dict[int, Batch[RecordInput]]:
    """Read the rows of each upsert; those with too many are answered."""
    reader = record_reader(kind, zone)
    batches = {}
    for number in permitted:
        try:
            batches[number] = Batch.read(upserts[number].rows, reader)
        except Refusal as refusal:
            answers[number] = refusal
    return batches


def _turns(batches: Mapping[int, Batch[RecordInput]]) -> list[list[int]]:
    """Sort batches into turns, so that two of one turn never have a record in common. Their order is kept."""
    turns: list[list[int]] = []
    ids: set[str] = set()
    for number, batch in batches.items():
        own = {row.external_id for row in batch.rows.values()}
        if not turns or ids & own:
            turns.append([])
            ids = set()
        turns[-1].append(number)
        ids |= own
    return turns


class _Several:
    """Batches of one type that have no record in common, written as one."""

    def __init__(self, kind: RecordType, batches: Sequence[Batch[RecordInput]], upserts: Sequence[Upsert]) -> None:
        self._kind = kind
        self._batch = Batch.joined(batches)
        self._parts = Batch.places(batches)
        self._whole = [part for part, upsert in zip(self._parts, upserts, strict=True) if upsert.all_or_nothing]

    async def write(self, tx: Transaction, now: datetime, today: date, *, base: str) -> list[UpsertReport]:
        """Write them, and note what that adds to goals."""
        batch, kind = self._batch, self._kind
        ids = [row.external_id for row in batch.rows.values()]
        found = await tx.one(RecordsForUpsert(kind.key, ids))
        stored = found.records if found is not None else {}
        targets = await _targets(tx, batch)
        for number, row in list(batch.rows.items()):
            try:
                _check(kind, row, stored.get(row.external_id), targets)
            except Refusal as refusal:
                batch.refuse(number, refusal)
        below = await settle_batch(tx, kind, batch, stored, targets, base=base, today=today)
        for part in self._whole:
            batch.refuse_whole(part)
        writing = Writing(kind, batch, stored, targets)
        if writing.anything:
            differences = await Differences.of(tx, kind, now)
            await differences.before(writing.changed, writing.moved)
            await writing.write(tx, now)
            changes = [change for number in batch.rows for _, change in below.get(number, ())]
            if changes:
                await tx.run(ChangeRecords(changes, now))
            await differences.append(writing.created_ids)
        return [batch.report(part) for part in self._parts]


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
    await differences.before({}, {row.id for row in await tx.run(RecordsByExternalIds(kind.key, wanted))})
    await lose_currency(tx, kind, wanted)
    deleted = await tx.one(DeleteRecords(kind.key, wanted))
    count = deleted.count if deleted is not None else 0
    if count:
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
