"""Signs of strain on the database, as its counts have them, told to the operator in the log."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections import Counter

_log = logging.getLogger(__name__)
#: Seconds between two looks at the counts.
EVERY: Final = 60.0
#: What is counted, in the order in which it is told, and how it is called.
TOLD: Final = {
    "retried": "transactions tried again",
    "deadlocks": "deadlocks",
    "torn": "answers read again",
    "locked": "answers read under a lock",
}


async def tell(counts: Counter[str], every: float = EVERY) -> None:
    """Write one line a minute of what happened since the last, as long as anything did; until cancelled."""
    before = counts.copy()
    while True:
        await asyncio.sleep(every)
        new = {name: counts[name] - before[name] for name in TOLD}
        if any(new.values()):
            said = ", ".join(f"{number} {TOLD[name]}" for name, number in new.items())
            _log.info("the database in the last %.0f s: %s", every, said)
        before = counts.copy()
