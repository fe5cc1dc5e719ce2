"""How long a piece of work on the database is tried, and with what pauses. Which faults pass: `database`."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

from graph.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

#: Seconds after its first fault within which work is tried again, if its deadline leaves that much.
RETRY_FOR = 15.0
#: The same where no server answers: who waits for a database that is gone should be told so.
GONE_FOR = 2.0
TOO_LONG = "The request took longer than it may. Ask for less at once."
#: Seconds of the pause before the second try; each further pause is twice as long, give or take a half.
_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 1.0
#: Seconds that a server has past the deadline to say itself that time is over, before we no longer listen.
_GRACE = 0.5


@dataclass
class Patience:
    """How long a piece of work is tried: until its deadline, and no longer than RETRY_FOR after its first fault.

    Nor is it once no server has answered for GONE_FOR.
    """

    deadline: float
    tries: int | None = None
    began: float = field(default_factory=monotonic)
    failed: float | None = None
    gone: float | None = None
    faults: int = 0

    @property
    def left(self) -> float:
        """Seconds up to the deadline; more than 0, which the server would take for no limit."""
        return max(self.began + self.deadline - monotonic(), 0.001)

    @asynccontextmanager
    async def limit(self) -> AsyncIterator[float]:
        """Give the seconds left; raises Unavailable if they are over and the server has not said so itself."""
        try:
            async with asyncio.timeout(self.left + _GRACE) as limit:
                yield self.left
        except TimeoutError:
            if not limit.expired():
                raise
            raise Unavailable(TOO_LONG) from None

    async def pause(self, *, gone: bool = False) -> bool:
        """Wait before the next try; False, at once, if there is none. `gone`: no server answered."""
        now = monotonic()
        self.failed = self.failed or now
        self.faults += 1
        pause = min(_FIRST_PAUSE * 2**self.faults, _LONGEST_PAUSE) * random.uniform(0.5, 1.5)  # noqa: S311 - no secret
        ends = min(self.began + self.deadline, self.failed + RETRY_FOR)
        self.gone = (self.gone or now) if gone else None
        if self.gone is not None:
            ends = min(ends, self.gone + GONE_FOR)
        if now + pause >= ends or self.faults == self.tries:
            return False
        await asyncio.sleep(pause)
        return True
