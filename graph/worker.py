"""The worker: while its process holds the lease, it does what is due for all. What that is, its jobs say.

Changes are folded into totals as soon as they are there; jobs have their rounds beside that.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Final

from graph.errors import GoalgraphError
from graph.faults import stack_of
from graph.fold import fold_waiting
from graph.lease import BEAT, LeaseLost

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from graph.clock import Clock
    from graph.database import Database
    from graph.lease import Lease

    #: Does what is due of its kind, on a database whose writes are fenced.
    Job = Callable[[Database, Clock], Awaitable[None]]

_log = logging.getLogger(__name__)
#: How long the worker rests between two rounds of its jobs.
REST: Final = timedelta(minutes=1)
#: Seconds between two looks for changes that another process has noted; those of its own the worker hears of at once.
LOOK: Final = 0.25
#: Seconds that the worker rests at most between two folds, however long the first took.
LONGEST_REST: Final = 0.1
#: Seconds to wait after a fold that failed.
_AFTER_FAULT: Final = 1.0


class Worker:
    """One process's worker. Every process has one; that of the process with the lease works."""

    def __init__(self, lease: Lease, clock: Clock, jobs: Sequence[Job]) -> None:
        self._lease = lease
        self._clock = clock
        self._jobs = jobs
        self._round: asyncio.Task[None] | None = None
        self._folding: asyncio.Task[None] | None = None
        self._rests_until: datetime | None = None

    async def run(self) -> None:
        """Work until cancelled; then let another process have the lease."""
        try:
            while True:
                await self.beat()
                await asyncio.sleep(BEAT)
        finally:
            await self._stop()
            with suppress(GoalgraphError):  # then it ends by itself
                await self._lease.release()

    async def beat(self) -> None:
        """Take or prolong the lease, and begin a round of jobs if it is ours and one is due."""
        try:
            ours = await self._lease.take()
        except Exception as fault:  # noqa: BLE001 - it must go on; what is written meanwhile is fenced
            if not isinstance(fault, GoalgraphError):
                _log.error("the lease could not be taken: %s", stack_of(fault))
            return
        if not ours:
            await self._stop()
            return
        if self._folding is None or self._folding.done():
            self._folding = asyncio.create_task(self._fold(self._lease.fenced()))
        if self._round is None and (self._rests_until is None or self._rests_until <= self._clock.now()):
            self._round = asyncio.create_task(self._work(self._lease.fenced()))

    async def finish(self) -> None:
        """Wait until the round under way is over."""
        if self._round is not None:
            await asyncio.wait({self._round})

    async def _work(self, database: Database) -> None:
        """Do one round of jobs. One that fails does not keep the others from their turn."""
        try:
            for job in self._jobs:
                try:
                    await job(database, self._clock)
                except LeaseLost:
                    _log.warning("another process is the worker now")
                    return
                except Exception as fault:  # noqa: BLE001 - it is tried again in the next round
                    _log.error(
                        "the worker failed: %s", fault.code if isinstance(fault, GoalgraphError) else stack_of(fault)
                    )
        finally:
            self._round = None
            self._rests_until = self._clock.now() + REST

    async def _fold(self, database: Database) -> None:
        """Fold what waits, again and again, until another process is the worker."""
        while True:
            database.noted.clear()
            began = monotonic()
            try:
                folded = await fold_waiting(database, self._clock)
            except LeaseLost:
                return
            except Exception as fault:  # noqa: BLE001 - what waits goes on waiting, and goals read STALE
                _log.error("folding failed: %s", fault.code if isinstance(fault, GoalgraphError) else stack_of(fault))
                await asyncio.sleep(_AFTER_FAULT)
                continue
            if folded:
                # What comes meanwhile is folded together: under load that costs a third of the time, not all of it.
                await asyncio.sleep(min(2 * (monotonic() - began), LONGEST_REST))
            else:
                with suppress(TimeoutError):
                    await asyncio.wait_for(database.noted.wait(), LOOK)

    async def _stop(self) -> None:
        for task in (self._round, self._folding):
            if task is not None and not task.done():
                task.cancel()
                await asyncio.wait({task})
