"""Connections that stay open: until when each may, how many a user may have. What goes over them: `subscription`."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from graph.errors import LimitExceeded, Unauthenticated, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.auth import Grant
    from graph.clock import Clock

#: Connections that one user may have open at once to one process, and subscriptions over one connection.
MAX_CONNECTIONS: Final = 10
MAX_SUBSCRIPTIONS: Final = 10


class Session:
    """A connection that stays open as long as its token holds and the server runs."""

    def __init__(self, sessions: Sessions, grant: Grant) -> None:
        self._sessions = sessions
        self.grant = grant

    def check(self) -> None:
        """Raise Unauthenticated when the token has ended, Unavailable when the server stops."""
        if self._sessions.over:
            message = "The server stops. Subscribe again shortly."
            raise Unavailable(message)
        if self._sessions.clock.now().timestamp() >= self.grant.ends:
            raise Unauthenticated


class Sessions:
    """All connections of a process that stay open."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.over = False
        self._open: Counter[str] = Counter()

    @contextmanager
    def opened(self, grant: Grant) -> Iterator[Session]:
        """Count a connection while it is open. Raises LimitExceeded where its user has as many as one may have."""
        if self._open[grant.subject] >= MAX_CONNECTIONS:
            message = f"A user has at most {MAX_CONNECTIONS} open connections. Close one, or wait."
            raise LimitExceeded(message)
        self._open[grant.subject] += 1
        try:
            yield Session(self, grant)
        finally:
            self._open[grant.subject] -= 1
            if not self._open[grant.subject]:
                del self._open[grant.subject]

    def end(self) -> None:
        """End all of them, now and in time to come: the server stops."""
        self.over = True
