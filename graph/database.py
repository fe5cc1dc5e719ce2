"""The only place that touches the driver: transactions, retries, deadlines, and the database's errors as ours."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from neo4j import (
    READ_ACCESS,
    WRITE_ACCESS,
    AsyncGraphDatabase,
    NotificationMinimumSeverity,
    NotificationSeverity,
    Query,
)
from neo4j.exceptions import ClientError, ConstraintError, DriverError, Neo4jError, TransientError

from graph.errors import ErrorCode, GoalgraphError, OutcomeUnknown, Refusal, Unavailable
from graph.patience import RETRY_FOR, TOO_LONG, Patience

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from typing import LiteralString

    from neo4j import AsyncDriver, AsyncResult, AsyncTransaction, Record, ResultSummary

    from graph.statement import Statement

T = TypeVar("T")
Row = TypeVar("Row")

#: Seconds that one request's transaction may take (visibility.md §6); bulk work names its own.
DEADLINE = 10.0
#: Seconds that a server may take to accept a connection.
CONNECT_WITHIN = 2.5
_TIMED_OUT = re.compile(r"^(25N14|50N21)$")
_DEADLOCK = "50N05"


@dataclass
class Trace:
    """Names and seconds of the statements that one request ran; what tests and `extensions` look at."""

    statements: list[tuple[str, float]] = field(default_factory=list)


class Transaction:
    """One transaction at work. Statements run in order; all of them or none take effect.

    `changed` are the ids of what it changed, as far as its writers say: what an audit entry names. `notes`: how many
    changes it noted that are to be folded into totals, under the key `batch`.
    """

    def __init__(self, inner: AsyncTransaction, trace: Trace | None = None, *, strict: bool = False) -> None:
        self._inner = inner
        self._trace = trace
        self._strict = strict
        self.changed: list[str] = []
        self.notes = 0
        self.batch = uuid4().hex

    async def run(self, statement: Statement[Row]) -> list[Row]:
        """All rows of a statement."""
        records = await self.text(statement.text, statement.parameters(), name=statement.path)
        return statement.read(records)

    async def one(self, statement: Statement[Row]) -> Row | None:
        """The first row of a statement, or None."""
        rows = await self.run(statement)
        return rows[0] if rows else None

    async def text(self, text: LiteralString, parameters: dict[str, Any], *, name: str) -> list[dict[str, Any]]:
        """All records of a text made by the rollup compiler or a file. `name` is what the trace says of it."""
        began = perf_counter()
        result = await self._inner.run(text, parameters)
        records = await _all(result, name, strict=self._strict)
        if self._trace is not None:
            self._trace.statements.append((name, perf_counter() - began))
        return records


_EVERYTHING = 2**31 - 1
#: How often a lone statement is tried when the connection breaks or the server asks for another try.
_TRIES = 3


async def _all(result: AsyncResult, name: str, *, strict: bool) -> list[dict[str, Any]]:
    """All records of a statement; `strict`: unless the server warned of it."""
    records = [_columns(record) for record in await result.fetch(_EVERYTHING)]
    summary = await result.consume()
    if strict:
        _refuse_warnings(name, summary)
    return records


def _refuse_warnings(name: str, summary: ResultSummary) -> None:
    """Raise a RuntimeWarning if the server warned of a statement.

    The driver can warn by itself, but then looks through the whole stack for each statement: 3 ms of each in tests.
    """
    for status in summary.gql_status_objects:
        if status.is_notification and status.severity is NotificationSeverity.WARNING:
            message = f"{name}: {status.gql_status} {status.status_description}"
            raise RuntimeWarning(message)


def _columns(record: Record) -> dict[str, Any]:
    return dict(zip(record.keys(), record.values(), strict=True))


class Database:
    """A pool of connections to one database. Open with `connect`, close when done."""

    def __init__(
        self,
        driver: AsyncDriver,
        name: str,
        *,
        strict: bool = False,
        fence: Callable[[Transaction], Awaitable[None]] | None = None,
        noted: asyncio.Event | None = None,
        counts: Counter[str] | None = None,
    ) -> None:
        self._driver = driver
        self._strict = strict
        self._fence = fence
        self.name = name
        #: Set by each commit that noted changes to be folded.
        self.noted = noted or asyncio.Event()
        #: How often what is told by `graph.strain` happened.
        self.counts: Counter[str] = Counter() if counts is None else counts

    def fenced(self, fence: Callable[[Transaction], Awaitable[None]]) -> Database:
        """Give the same database, `fence` the last thing of each write transaction: what it raises undoes it."""
        return Database(self._driver, self.name, strict=self._strict, fence=fence, noted=self.noted, counts=self.counts)

    async def close(self) -> None:
        """Close all connections; transactions under way are rolled back."""
        await self._driver.close()

    async def ping(self) -> None:
        """Raises Unavailable unless the database answers."""
        with _errors_as_ours():
            await self._driver.verify_connectivity()

    async def read(
        self, work: Callable[[Transaction], Awaitable[T]], *, trace: Trace | None = None, deadline: float = DEADLINE
    ) -> T:
        """What `work` returns, in one read transaction; tried again after a passing fault."""
        return await self._transact(READ_ACCESS, work, trace, deadline, repeatable=True)

    async def write(
        self,
        work: Callable[[Transaction], Awaitable[T]],
        *,
        trace: Trace | None = None,
        deadline: float = DEADLINE,
        repeatable: bool = False,
    ) -> T:
        """What `work` returns, in one write transaction; tried again (from its start) after a deadlock.

        `repeatable`: doing it twice is the same as doing it once. Only then is it tried again when the connection broke
        while it was being committed; else that raises OutcomeUnknown. Refuses CONFLICT if a unique key was taken, also
        on a second look.
        """
        return await self._transact(WRITE_ACCESS, work, trace, deadline, repeatable=repeatable)

    @asynccontextmanager
    async def rehearsal(self, *, deadline: float = DEADLINE) -> AsyncIterator[Transaction]:
        """A write transaction that is rolled back at its end, whatever was done in it. It is not tried again."""
        with _errors_as_ours():
            async with self._driver.session(database=self.name, default_access_mode=WRITE_ACCESS) as session:
                inner = await session.begin_transaction(timeout=deadline)
                try:
                    yield Transaction(inner, strict=self._strict)
                finally:
                    await inner.close()

    async def fetch(
        self, statement: Statement[Row], *, trace: Trace | None = None, deadline: float = DEADLINE
    ) -> list[Row]:
        """All rows of one reading statement in a transaction of its own: one round trip, where `read` takes three."""
        patience = Patience(deadline, tries=_TRIES)
        with _errors_as_ours():
            while True:
                try:
                    async with patience.limit() as left:
                        return await self._fetch(statement, trace, left)
                except (DriverError, Neo4jError) as error:
                    if not error.is_retryable() or not await patience.pause(gone=isinstance(error, DriverError)):
                        raise
                    self.counts["retried"] += 1

    async def position(self, statement: Statement[Row], *, deadline: float = DEADLINE) -> str:
        """Where the log of commits stands, as text that is another after each commit; `statement` reads nothing.

        Raises Unavailable. What the text says is the server's affair and not for clients.
        """
        with _errors_as_ours():
            async with (
                Patience(deadline).limit() as left,
                self._driver.session(database=self.name, default_access_mode=READ_ACCESS) as session,
            ):
                await (await session.run(Query(statement.text, timeout=left), statement.parameters())).consume()
                return " ".join(sorted((await session.last_bookmarks()).raw_values))

    async def schema(self, text: LiteralString) -> None:
        """Run one schema statement in a transaction of its own."""
        with _errors_as_ours():
            async with self._driver.session(database=self.name) as session:
                await (await session.run(text)).consume()

    async def explain(self, text: LiteralString, parameters: dict[str, Any]) -> tuple[list[str], str, dict[str, Any]]:
        """(columns, query type r/w/rw/s, plan) of a text, not run."""
        with _errors_as_ours():
            async with self._driver.session(database=self.name) as session:
                result = await session.run("EXPLAIN " + text, parameters)
                columns = list(result.keys())
                summary = await result.consume()
                return columns, summary.query_type or "", dict(summary.plan or {})

    async def _fetch(self, statement: Statement[Row], trace: Trace | None, timeout: float) -> list[Row]:  # noqa: ASYNC109
        async with self._driver.session(database=self.name, default_access_mode=READ_ACCESS) as session:
            began = perf_counter()
            result = await session.run(Query(statement.text, timeout=timeout), statement.parameters())
            records = await _all(result, statement.path, strict=self._strict)
            if trace is not None:
                trace.statements.append((statement.path, perf_counter() - began))
            return statement.read(records)

    async def _transact(
        self,
        mode: str,
        work: Callable[[Transaction], Awaitable[T]],
        trace: Trace | None,
        deadline: float,
        *,
        repeatable: bool,
    ) -> T:
        patience = Patience(deadline)
        clashed = in_doubt = False
        with _errors_as_ours():
            while True:
                committing: list[bool] = []
                try:
                    async with patience.limit() as left:
                        return await self._attempt(mode, work, trace, left, committing)
                except ConstraintError:
                    # Somebody took a key after we had looked: looking again gives the refusal that says which.
                    if clashed or not await patience.pause():
                        raise
                    clashed = True
                except (DriverError, Neo4jError, Unavailable) as error:
                    # The server's own word on a commit is final. With no word, it was done or not.
                    lost = bool(committing) and not isinstance(error, Neo4jError)
                    in_doubt = in_doubt or (lost and mode == WRITE_ACCESS)
                    passing = not isinstance(error, Unavailable) and error.is_retryable()
                    self.counts["deadlocks"] += isinstance(error, Neo4jError) and error.gql_status == _DEADLOCK
                    once_more = (passing or lost) and (repeatable or not lost)
                    if not once_more or not await patience.pause(gone=isinstance(error, DriverError)):
                        if in_doubt:
                            raise OutcomeUnknown from error
                        raise
                    self.counts["retried"] += 1

    async def _attempt(
        self,
        mode: str,
        work: Callable[[Transaction], Awaitable[T]],
        trace: Trace | None,
        timeout: float,  # noqa: ASYNC109 - the server's, which ends the transaction there
        committing: list[bool],
    ) -> T:
        async with (
            self._driver.session(database=self.name, default_access_mode=mode) as session,
            await session.begin_transaction(timeout=timeout) as inner,
        ):
            transaction = Transaction(inner, trace, strict=self._strict)
            done = await work(transaction)
            if self._fence is not None and mode == WRITE_ACCESS:
                await self._fence(transaction)
            committing.append(True)
            await inner.commit()
            if transaction.notes:
                self.noted.set()
            return done


class _errors_as_ours:  # noqa: N801 - reads as a statement where it is used
    """Turns the driver's exceptions into ours; their text goes to the log's cause chain and never to a client."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None or isinstance(error, GoalgraphError):
            return
        if isinstance(error, ConstraintError):
            raise Refusal(ErrorCode.CONFLICT, "Another change took this key first. Read it again.") from error
        if isinstance(error, ClientError) and _TIMED_OUT.match(error.gql_status):
            raise Unavailable(TOO_LONG) from error
        if isinstance(error, DriverError | TransientError) or (isinstance(error, Neo4jError) and error.is_retryable()):
            raise Unavailable from error


@asynccontextmanager
async def connect(
    uri: str, user: str, password: str, *, name: str = "neo4j", strict: bool = False
) -> AsyncIterator[Database]:
    """An open Database. `strict` raises the server's warnings (a misspelt label) as errors: for tests."""
    driver = AsyncGraphDatabase.driver(
        uri,
        auth=(user, password),
        connection_acquisition_timeout=RETRY_FOR,
        connection_timeout=CONNECT_WITHIN,
        keep_alive=True,
        notifications_disabled_classifications=["PERFORMANCE"],
        notifications_min_severity=NotificationMinimumSeverity.WARNING if strict else NotificationMinimumSeverity.OFF,
    )
    database = Database(driver, name, strict=strict)
    try:
        yield database
    finally:
        await database.close()
