"""Running an import: batch after batch through the upserts, or a rehearsal of them. Not here: files, reading rows."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

from graph.import_draft import Drafter
from graph.import_source import READERS, SourceFormat, header_of, streamed_rows
from graph.import_target import import_target
from graph.ingestion import RowRefusal

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable
    from types import TracebackType

    from graph.clock import Clock
    from graph.database import Database, Transaction
    from graph.import_draft import Draft
    from graph.ingestion import UpsertReport
    from graph.visibility import Viewer

    Identify = Callable[[Transaction], Awaitable[Viewer]]
    #: What is to happen in a batch's transaction, after its rows were written.
    After = Callable[[Transaction, Draft, tuple[RowRefusal, ...]], Awaitable[None]]

T = TypeVar("T")

#: Seconds that the transaction of one batch may take.
BATCH_DEADLINE = 120.0
#: Batches that are rehearsed together, and seconds after which no more are: others wait for the locks meanwhile.
REHEARSED_TOGETHER = 5
REHEARSED_FOR = 30.0


@dataclass(frozen=True, slots=True)
class ImportedBatch:
    """What became of some rows of the source. `row` of a refusal is the row there, a header being 1.

    `skipped` rows did not meet `where`, or repeat an earlier one under `distinct`. `position`: bytes read so far.
    """

    inserted: int
    updated: int
    unchanged: int
    skipped: int
    refused: tuple[RowRefusal, ...]
    position: int


class Stage(Protocol):
    """Where batches are written: a `Database`, or a `Rehearsal` on it."""

    async def write(self, work: Callable[[Transaction], Awaitable[T]], *, deadline: float) -> T:
        """Run work in a write transaction."""
        ...


class Rehearsal:
    """A stage on which nothing stays: batches see those before them, up to REHEARSED_TOGETHER, then all is undone."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._opened = AsyncExitStack()
        self._tx: Transaction | None = None
        self._batches = 0
        self._began = 0.0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Undo what is not undone yet."""
        await self._opened.__aexit__(kind, error, trace)

    async def write(self, work: Callable[[Transaction], Awaitable[T]], *, deadline: float) -> T:
        """Run work in a transaction that will be rolled back."""
        if self._batches >= REHEARSED_TOGETHER or monotonic() - self._began > REHEARSED_FOR:
            await self._opened.aclose()
            self._tx = None
        if self._tx is None:
            self._tx = await self._opened.enter_async_context(self._database.rehearsal(deadline=deadline))
            self._batches, self._began = 0, monotonic()
        self._batches += 1
        return await work(self._tx)


async def run_drafts(
    stage: Stage,
    drafter: Drafter,
    drafts: AsyncIterator[Draft],
    identify: Identify,
    clock: Clock,
    *,
    after: After | None = None,
) -> AsyncIterator[ImportedBatch]:
    """Write batches one by one; what became of each, as it goes. `identify` says as whom, in the batch's transaction.

    Refuses what the upsert refuses as a whole, such as FORBIDDEN, and what reading the source refuses; batches before
    it stay.
    """
    async for draft in drafts:

        async def work(tx: Transaction, draft: Draft = draft) -> tuple[UpsertReport, tuple[RowRefusal, ...]]:
            viewer = await identify(tx)
            numbers, rows, unnamed = await drafter.resolved(tx, draft)
            report = await drafter.target.upsert(tx, viewer, rows, now=clock.now())
            refused = [
                RowRefusal(numbers[refusal.row - 1], refusal.field, refusal.code, refusal.message)
                for refusal in report.refused
            ]
            every = tuple(sorted([*draft.refused, *unnamed, *refused], key=lambda refusal: refusal.row))
            if after is not None:
                await after(tx, draft, every)
            return report, every

        report, refused = await stage.write(work, deadline=BATCH_DEADLINE)
        yield ImportedBatch(report.inserted, report.updated, report.unchanged, draft.skipped, refused, draft.position)


async def run_stream(
    database: Database,
    type_key: str,
    chunks: AsyncIterable[bytes],
    *,
    source_format: SourceFormat,
    identify: Identify,
    clock: Clock,
    dry_run: bool = False,
) -> AsyncGenerator[ImportedBatch]:
    """Load a stream whose columns, or keys, are those of rows; what became of each batch, as it goes.

    Refuses, before anything is read, UNKNOWN_RECORD_TYPE; before anything is written, what `direct_map` refuses of a
    header; then as `run_drafts` does.
    """
    target = await import_target(database, type_key)
    rows = streamed_rows(chunks, READERS[source_format]())
    drafter = Drafter(target, None, [])
    if source_format is SourceFormat.CSV:
        header = header_of(await anext(rows, None), "The body")
        drafter = Drafter(target, target.direct_map(header), header)
    async with AsyncExitStack() as stack:
        stage: Stage = await stack.enter_async_context(Rehearsal(database)) if dry_run else database
        async for batch in run_drafts(stage, drafter, drafter.drafts(rows), identify, clock):
            yield batch
