"""Upserts of records that come from many callers at the same time, written together in one transaction.

Each caller is answered as if alone: its rights, its idempotency key, its entry of the audit log, its refusals.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Final

from graph.audit import AuditEntry, write_entries
from graph.change import ANY
from graph.database import Trace
from graph.errors import Refusal, Unavailable
from graph.gathering import Gathering
from graph.idempotency import claim_all, forget_claims, keep_all
from graph.ingestion import UpsertReport
from graph.patience import TOO_LONG
from graph.record_upsert import Known, upsert_several

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph.clock import Clock
    from graph.database import Database, Transaction
    from graph.idempotency import Once
    from graph.record_upsert import Upsert

#: Rows that are written together at most, unless one caller alone has more.
MOST_ROWS: Final = 1_000
#: Seconds that a caller must have left to be written with others: a transaction has the time of its hastiest.
_LEAST: Final = 1.0


@dataclass(frozen=True)
class Asked:
    """One caller's upsert: its rows, its idempotency key, its audit entry, until when (`monotonic`) it must be done."""

    type: str
    upsert: Upsert
    once: Once | None
    entry: AuditEntry
    until: float
    trace: Trace | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What a caller is told, and under which key its changes wait to be folded (`fold.wait_for`); None: it has none."""

    report: UpsertReport
    batch: str | None


class RecordWriter:
    """Writes what comes from the callers of one process, each type of records in turn."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._types: dict[str, Gathering[Asked, Written]] = {}
        self._known: dict[str, Known] = {}

    async def upsert(self, asked: Asked) -> Written:
        """Write, in a transaction of its own or with others.

        Refuses as `upsert_records` and `Once.claim` do. Raises Unavailable and OutcomeUnknown.
        """
        writing = self._types.get(asked.type)
        if writing is None:
            writing = self._types[asked.type] = Gathering(self._write, _together)
        try:
            return await writing.ask(asked)
        finally:
            # The key is any text that a client sent: it is kept no longer than it is used.
            if writing.idle and self._types.get(asked.type) is writing:
                del self._types[asked.type]

    async def _write(self, several: Sequence[Asked]) -> list[Written | Exception]:
        try:
            return await self._transact(several)
        except Unavailable:
            raise
        except Exception:
            if len(several) == 1:
                raise
        # What one of them brought about must not become of the others.
        answers: list[Written | Exception] = []
        for one in several:
            try:
                answers += await self._transact([one])
            except Exception as fault:  # noqa: BLE001 - it is raised for the one who asked
                answers.append(fault)
        return answers

    async def _transact(self, several: Sequence[Asked]) -> list[Written | Exception]:
        left = min(one.until for one in several) - monotonic()
        if left <= 0:
            raise Unavailable(TOO_LONG)
        trace = Trace()
        try:
            return await self._database.write(
                lambda tx: self._work(tx, several),
                trace=trace,
                deadline=left,
                repeatable=all(one.once is not None for one in several),
            )
        finally:
            for one in several:
                if one.trace is not None:
                    one.trace.statements += trace.statements

    async def _work(self, tx: Transaction, several: Sequence[Asked]) -> list[Written | Exception]:
        answers: dict[int, Written | Exception] = {}
        onces = {number: one.once for number, one in enumerate(several) if one.once is not None}
        for number, before in (await claim_all(tx, onces)).items():
            answers[number] = before if isinstance(before, Refusal) else Written(before.result, ANY)
        fresh = [number for number in range(len(several)) if number not in answers]
        if fresh:
            upserts, type_key = [several[number].upsert for number in fresh], several[0].type
            known = self._known.get(type_key, Known())
            told = await upsert_several(tx, type_key, upserts, now=self._clock.now(), known=known)
            if known.value is not None:  # then there is such a type: clients can name others as they like
                self._known[type_key] = known
            done = dict(zip(fresh, told, strict=True))
            reports = {number: report for number, report in done.items() if isinstance(report, UpsertReport)}
            entries = [several[number].entry for number, report in reports.items() if report.inserted or report.updated]
            await write_entries(tx, entries)
            await keep_all(tx, [(onces[number], reports[number]) for number in reports if number in onces])
            await forget_claims(tx, [onces[number] for number in done if number in onces and number not in reports])
            for number, report in done.items():
                if isinstance(report, Refusal):
                    answers[number] = report
                else:
                    waits = tx.notes and (report.inserted or report.updated)
                    answers[number] = Written(report, tx.batch if waits else None)
        return [answers[number] for number in range(len(several))]


def _together(waiting: Sequence[Asked]) -> list[int]:
    """Say which of those that wait are written together: the first and, in their order, whatever goes with it."""
    chosen: list[int] = []
    keys: set[str] = set()
    rows, now = 0, monotonic()
    for number, one in enumerate(waiting):
        size = len(one.upsert.rows)
        if chosen and (rows + size > MOST_ROWS or one.until - now < _LEAST):
            break
        if one.once is not None:
            if one.once.hash in keys:  # the first with a key is done before the second finds what it did
                break
            keys.add(one.once.hash)
        chosen.append(number)
        rows += size
        if one.until - now < _LEAST:
            break
    return chosen
