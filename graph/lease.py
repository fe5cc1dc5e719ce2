"""The lease of the one worker among several processes, and the token that fences its writes. Its work: `worker`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from graph.errors import GoalgraphError
from graph.statement import Count, Write

if TYPE_CHECKING:
    from datetime import datetime

    from graph.clock import Clock
    from graph.database import Database, Transaction

#: Seconds that a lease holds unless it is prolonged, and between two attempts to take or prolong it. Another process
#: takes over at most both together after the holder's last breath.
HOLDS: Final = 6.0
BEAT: Final = 2.0
#: Seconds to wait for the lease's lock, which is held from the check at a transaction's end to its commit.
_PATIENCE = 1.5


class LeaseLost(GoalgraphError):  # noqa: N818 - named like its siblings
    """Another process does this work now; nothing was written."""

    code = "LEASE_LOST"


@dataclass(frozen=True, slots=True)
class Token:
    """A fencing token: each holder's is greater than that of the one before."""

    token: int


@dataclass(frozen=True)
class TakeLease(Write[Token], path="worker/take", row=Token):
    """Take or prolong the lease. `now`: None for the database's clock."""

    holder: str
    milliseconds: int
    now: datetime | None


@dataclass(frozen=True)
class CheckLease(Write[Token], path="worker/check", row=Token):
    """The token, if it is still that of the lease and its holder."""

    holder: str
    token: int


@dataclass(frozen=True)
class ReleaseLease(Write[Count], path="worker/release", row=Count):
    """Let others have the lease at once."""

    token: int


class Lease:
    """One process's claim to be the worker. Without a clock it goes by the database's: processes' own may differ."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        self._database = database
        self._clock = clock
        self._holder = uuid4().hex
        self.token: int | None = None

    async def take(self) -> bool:
        """Take the lease or prolong it; False while another process holds it. Raises Unavailable."""
        now = None if self._clock is None else self._clock.now()
        statement = TakeLease(self._holder, int(HOLDS * 1000), now)
        found = await self._database.write(lambda tx: tx.one(statement), deadline=_PATIENCE, repeatable=True)
        self.token = None if found is None else found.token
        return self.token is not None

    async def release(self) -> None:
        """Let others have it at once, if it is ours."""
        token, self.token = self.token, None
        if token is not None:
            await self._database.write(lambda tx: tx.run(ReleaseLease(token)), deadline=_PATIENCE, repeatable=True)

    def fenced(self) -> Database:
        """Give the database, each write transaction of which fails with LeaseLost unless the lease is ours at its end.

        It checks the token that we have now. Raises LeaseLost if we have none.
        """
        token = self.token
        if token is None:
            raise LeaseLost

        async def check(tx: Transaction) -> None:
            if await tx.one(CheckLease(self._holder, token)) is None:
                raise LeaseLost

        return self._database.fenced(check)
