"""The pulse of the database: it wakes subscribers after a commit, whichever process made it. What they hear: `event`.

One look for all subscribers of a process. It says that there was a commit and not of what: what a subscriber is told is
worked out from what it may read itself, so nothing that it may not read can cause an event.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Final, TypeVar

from graph.errors import GoalgraphError, Unavailable
from graph.faults import stack_of
from graph.statement import Count, Read

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from graph.database import Database
    from graph.statement import Statement

Row = TypeVar("Row")

_log = logging.getLogger(__name__)

#: Seconds between two looks, where nobody says otherwise.
INTERVAL: Final = 0.25
#: Seconds after which a subscriber looks even if nothing was committed: some of what it may read goes by the clock.
REST: Final = 5.0
#: Seconds between two questions whether a subscriber may still listen.
BREATH: Final = 0.5
#: Seconds that a look may take, and a subscriber's reading: no request waits for it, and a first plan takes its time.
_LOOK: Final = 2.0
_READ: Final = 60.0
#: Seconds that all rest after a reading, at most.
_LONGEST_REST: Final = 1.0


@dataclass(frozen=True)
class Nothing(Read[Count], path="event/nothing", row=Count):
    """Nothing at all."""


class Pulse:
    """Beats for all subscribers of a process. It looks while anybody listens."""

    def __init__(self, database: Database, interval: float = INTERVAL) -> None:
        self._database = database
        self._interval = interval
        self._waiting: set[asyncio.Event] = set()
        self._looking: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    async def beats(self, check: Callable[[], None]) -> AsyncGenerator[None, None]:
        """A beat at once, then one after each commit, or several soon after each other, and one after REST at most.

        `check` is called before each beat and all the time between; what it raises ends the beats.
        """
        woken = asyncio.Event()
        self._waiting.add(woken)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        due = monotonic()
        try:
            while True:
                check()
                if woken.is_set() or monotonic() >= due:
                    woken.clear()
                    due = monotonic() + REST
                    yield
                else:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(woken.wait(), BREATH)
        finally:
            self._waiting.discard(woken)
            if not self._waiting and self._looking is not None:
                self._looking.cancel()
                self._looking = None

    async def read(self, statement: Statement[Row]) -> list[Row]:
        """All rows of a subscriber's statement. Raises Unavailable.

        One reads at a time, and then all rest for as long as that took, a second at most: whatever is listened to,
        requests have about half of the process to themselves.
        """
        async with self._turn:
            began = monotonic()
            rows = await self._database.fetch(statement, deadline=_READ)
            await asyncio.sleep(min(monotonic() - began, _LONGEST_REST))
        return rows

    async def _look(self) -> None:
        known = ""
        while True:
            found = ""
            try:
                found = await self._database.position(Nothing(), deadline=_LOOK)
            except Unavailable:
                pass  # what was missed meanwhile is looked for once it is back
            except Exception as fault:  # noqa: BLE001 - it must go on, or nobody is told of anything in time
                _log.error(
                    "no look at the database: %s", fault.code if isinstance(fault, GoalgraphError) else stack_of(fault)
                )
            if found and found != known:
                for woken in self._waiting:
                    woken.set()
            known = found
            await asyncio.sleep(self._interval)
