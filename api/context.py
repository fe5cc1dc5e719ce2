"""What one request carries: who asks, the database, the clock. Resolvers reach everything through it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

import strawberry

from api.cursor import Cursors
from api.shape import shaped, shaper
from graph.account import Callers
from graph.database import Trace
from graph.errors import Unauthenticated, Unavailable
from graph.event import Subscriber
from graph.record_writer import RecordWriter
from graph.version import Expected, version_key
from graph.waiting import Waits

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from pydantic import SecretStr

    from api.session import Session
    from graph.clock import Clock
    from graph.database import Database, Transaction
    from graph.pulse import Pulse
    from graph.record_writer import Asked, Written
    from graph.settings import Settings
    from graph.statement import Statement
    from graph.visibility import Viewer

T = TypeVar("T")
Row = TypeVar("Row")

#: From this many objects on, a list is shaped past the executor.
WORTH_IT = 2


@dataclass
class Context:
    """One request. `subject` is the external id in its token; the viewer is known once the document was accepted.

    `session`: the connection that stays open for it, and `pulse` what wakes those, where it may subscribe.
    `callers`, `writer` and `waits` do for all requests of the process together what they ask at the same time; without
    them it asks alone.
    """

    request_id: str
    subject: str
    database: Database
    clock: Clock
    settings: Settings
    signing_key: SecretStr
    introspection: bool = False
    make_loaders: Callable[[Context], Any] | None = None
    session: Session | None = None
    pulse: Pulse | None = None
    callers: Callers | None = None
    writer: RecordWriter | None = None
    waits: Waits | None = None
    trace: Trace = field(default_factory=Trace)
    wrote: bool = False
    direct: list[tuple[list[str | int], list[Any]]] = field(default_factory=list)
    began: float = field(default_factory=monotonic)
    _viewer: Viewer | None = None

    @property
    def viewer(self) -> Viewer:
        """The user on whose behalf the request is answered. Raises Unauthenticated before one is known."""
        if self._viewer is None:
            raise Unauthenticated
        return self._viewer

    @property
    def identified(self) -> bool:
        """Whether it is known who asks."""
        return self._viewer is not None

    def identify(self, viewer: Viewer) -> None:
        """Say who asks, once it is known."""
        self._viewer = viewer

    async def look_up(self) -> Viewer | None:
        """Look up the active user whom the token names; None for any other."""
        return await (self.callers or Callers(self.database)).named(self.subject, self.trace)

    def operation(self) -> Context:
        """Give the context of one operation of a connection: this one, where there is but one."""
        return self

    @property
    def subscriber(self) -> Subscriber:
        """The viewer as one who listens. Raises Unauthenticated on a connection that does not stay open."""
        if self.session is None or self.pulse is None:
            raise Unauthenticated
        return Subscriber(self.pulse, self.clock, self.viewer, self.session.check)

    async def read(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run `work` in a read transaction, within the time that the request has left."""
        return await self.database.read(work, trace=self.trace, deadline=self._time_left())

    async def fetch(self, statement: Statement[Row]) -> list[Row]:
        """All rows of one reading statement, within the time that the request has left."""
        return await self.database.fetch(statement, trace=self.trace, deadline=self._time_left())

    async def locked(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Read under a lock, hence in a write transaction, though nothing changes."""
        return await self.database.write(work, trace=self.trace, deadline=self._time_left())

    async def write(self, work: Callable[[Transaction], Awaitable[T]], *, repeatable: bool = False) -> T:
        """Run `work` in a write transaction, within the time that the request has left; see `Database.write`."""
        self.wrote = True
        return await self.database.write(work, trace=self.trace, deadline=self._time_left(), repeatable=repeatable)

    async def upsert(self, asked: Asked) -> Written:
        """Write records, with what others write at the same time; see `RecordWriter.upsert`."""
        self.wrote = True
        return await (self.writer or RecordWriter(self.database, self.clock)).upsert(asked)

    async def folded(self, batch: str, seconds: float) -> bool:
        """Wait until what a transaction noted is in the totals; see `Waits.until_folded`."""
        return await (self.waits or Waits(self.database)).until_folded(batch, seconds)

    @property
    def until(self) -> float:
        """When the request's time is over, as `monotonic` has it. Raises Unavailable if it is."""
        return monotonic() + self._time_left()

    @cached_property
    def loaders(self) -> Any:
        """The request's DataLoaders, made when first needed."""
        return self.make_loaders(self) if self.make_loaders else None

    @cached_property
    def version_key(self) -> bytes:
        """What the versions of this request are made with."""
        return version_key(self.signing_key)

    def expected(self, version: str | None) -> Expected:
        """Give the version that a client expects, as what compares it under the lock."""
        return Expected(version, self.version_key)

    def answer_directly(self, info: Info, type_name: str, values: list[T]) -> list[T]:
        """Shape a list field past the executor where its selection allows it; what the resolver then returns.

        What is shaped is put in the answer's place by `Schema.execute`; the executor completes an empty list meanwhile.
        """
        raw = info._raw_info  # noqa: SLF001 - Strawberry's own way to graphql-core's info
        shape = shaper(raw, type_name) if len(values) >= WORTH_IT else None
        answer = shaped(values, shape) if shape is not None else None
        if answer is None:
            return values
        self.direct.append((raw.path.as_list(), answer))
        return []

    def cursors(self, query: Mapping[str, Any]) -> Cursors:
        """Give what makes and reads the cursors of a list: `query` is its field's name, filter and order."""
        return Cursors(self.signing_key, self.viewer.id, query)

    def _time_left(self) -> float:
        left = self.settings.request_timeout - (monotonic() - self.began)
        if left <= 0:
            message = "The request took longer than it may. Ask for less at once."
            raise Unavailable(message)
        return left


#: The second argument of resolvers: `info: Info`.
Info = strawberry.Info[Context, None]
