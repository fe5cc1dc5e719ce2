"""Waiting until changes are in the totals, for all who wait in a process: they look together."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Final

from graph.change import ANY, BatchesThatWait
from graph.gathering import Gathering

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph.database import Database

#: Seconds between two looks: the first, and the longest.
_FIRST: Final = 0.01
_LONGEST: Final = 0.2


class Waits:
    """Tells when what transactions noted has been folded."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._looks: Gathering[str, bool] = Gathering(self._look)

    async def until_folded(self, batch: str, seconds: float) -> bool:
        """Wait until the changes of a transaction are in the totals; False if that took longer. Raises Unavailable.

        `batch`: `Transaction.batch`, or `ANY`.
        """
        until, pause = monotonic() + seconds, _FIRST
        while await self._looks.ask(batch):
            if monotonic() + pause > until:
                return False
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST)
        return True

    async def _look(self, batches: Sequence[str]) -> list[bool]:
        """Whether each still waits."""
        found = {row.id for row in await self._database.fetch(BatchesThatWait(sorted(set(batches))))}
        return [bool(found) if batch == ANY else batch in found for batch in batches]
