"""Reading what a batch of records is compared with, and writing what differs. What rows mean: `record_upsert`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from graph.ingestion import Outcome
from graph.owners import NameMatch
from graph.record_row import LINKS
from graph.statement import Count, Read, Write, native

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from graph.database import Transaction
    from graph.ingestion import Batch
    from graph.record_row import RecordInput, RecordLink
    from graph.record_type import RecordType


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
class RecordsByExternalIds(Read[RecordKey], path="record/by_external_ids", row=RecordKey, many=True):
    """Which of these records of a type exist. For ingestion: nothing is said of who may see them."""

    type: str
    external_ids: list[str]


@dataclass(frozen=True)
class RecordsByNames(Read[NameMatch], path="record/by_names", row=NameMatch, many=True):
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


class Writing:
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
    def changed(self) -> dict[str, dict[str, Any]]:
        """The new values of the properties of records that are changed, by the record's id."""
        return {row["id"]: row for row in self._changed}

    @property
    def moved(self) -> set[str]:
        """The ids of the records that get other links."""
        return {record_id for links in self._relinked.values() for record_id, _ in links}

    async def write(self, tx: Transaction, now: datetime) -> None:
        """Write it."""
        if self._created:
            await tx.run(CreateRecords(self._kind.key, self._kind.label, self._created, now))
        if self._changed:
            await tx.run(ChangeRecords(self._changed, now))
        for link, links in self._relinked.items():
            await tx.run(RelinkRecords(link.relationship, links))
