"""The audit log: who changed what, which and when, written in the transaction of the change; and who was denied it.

Never a value, only names. Entries are only ever added. Reading them is for administrators.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from graph.ingestion import UpsertReport
from graph.record_upsert import DeleteReport
from graph.statement import Count, Read, Write

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from graph.database import Transaction


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One change: when, whose (a user's id; None: a command of the host), which mutation, ids of what it changed.

    `fields` are the names of the input that were given; `request_id` is what the log of the program has.
    """

    id: str
    at: datetime
    who: str | None
    what: str
    which: list[str]
    fields: list[str]
    request_id: str | None
    denied: bool


@dataclass(frozen=True)
class WriteAuditEntries(Write[Count], path="audit/write", row=Count):
    """Add entries."""

    rows: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An entry that is to be added, as `AuditRow` says."""

    at: datetime
    who: str | None
    what: str
    which: list[str]
    fields: list[str]
    request_id: str | None
    denied: bool = False

    def row(self) -> dict[str, Any]:
        """Give the properties to store."""
        return {
            "id": str(uuid4()),
            "at": self.at,
            "who": self.who,
            "what": self.what,
            "which": self.which,
            "fields": self.fields,
            "requestId": self.request_id,
            "denied": self.denied,
        }


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries: by a user's id, a mutation's name, an id that was changed, and [since, until)."""

    who: str | None = None
    what: str | None = None
    which: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class AuditPage(Read[AuditRow], path="audit/page", row=AuditRow):
    """A page of entries, newest first, after (at, id)."""

    viewer: str
    who: str | None
    what: str | None
    which: str | None
    since: datetime | None
    until: datetime | None
    first: int
    after_at: datetime | None = None
    after_id: str | None = None


@dataclass(frozen=True)
class AuditCount(Read[Count], path="audit/count", row=Count):
    """How many entries a filter has."""

    viewer: str
    who: str | None
    what: str | None
    which: str | None
    since: datetime | None
    until: datetime | None


async def write_denial(  # noqa: PLR0917 - an entry's fields
    tx: Transaction, at: datetime, who: str, what: str, named: Iterable[str], request_id: str | None
) -> None:
    """Add the entry of what somebody tried and may not do: in a transaction of its own, as nothing else was written."""
    await write_entries(tx, [AuditEntry(at, who, what, list(dict.fromkeys(named)), [], request_id, denied=True)])


async def write_entry(
    tx: Transaction,
    *,
    at: datetime,
    who: str | None,
    what: str,
    result: Any,
    named: Iterable[str] = (),
    fields: Sequence[str] = (),
    request_id: str | None = None,
) -> None:
    """Add the entry of a change to its own transaction; none for an upsert or deletion of nothing.

    Which: what the transaction's writers say they changed (`Transaction.changed`), the ids that the work gave, and
    those that the input `named`.
    """
    if isinstance(result, UpsertReport) and not (result.inserted or result.updated):
        return
    if isinstance(result, DeleteReport) and not result.deleted:
        return
    which = dict.fromkeys([*tx.changed, *_ids(result), *named])
    await write_entries(tx, [AuditEntry(at, who, what, list(which), list(fields), request_id)])


async def write_entries(tx: Transaction, entries: Sequence[AuditEntry]) -> None:
    """Add entries to the transaction whose changes they name."""
    if entries:
        await tx.run(WriteAuditEntries([entry.row() for entry in entries]))


def _ids(result: Any) -> list[str]:
    """The ids that a result is, lists, or has as a map's values."""
    if isinstance(result, str):
        return [result]
    several = result.values() if isinstance(result, dict) else result
    return [one for one in several if isinstance(one, str)] if isinstance(result, list | tuple | dict) else []
