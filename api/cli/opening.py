"""The database that a command of the host works on: not through GraphQL, hence without anyone's visibility.

NEO4J_URI's server; or the local one, started for the command, or the one that `goals serve` has already started.
"""

from __future__ import annotations

import asyncio
import fcntl
import re
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from graph.database import Database, connect
from graph.launcher import LocalServer
from graph.settings import kept_secret

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from pathlib import Path

    from pydantic import SecretStr

    from graph.settings import Settings

T = TypeVar("T")

_ADDRESS = re.compile(r"^server\.bolt\.listen_address=(\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Place:
    """Where a database is and how to log in. `server` is the local one if this program runs it."""

    uri: str
    user: str
    password: SecretStr | None
    database: str
    server: LocalServer | None = None


@contextmanager
def place(settings: Settings) -> Iterator[Place]:
    """Give the place of the settings' database, with a local server running until the end if none runs yet."""
    if settings.neo4j_uri is not None:
        yield Place(settings.neo4j_uri, settings.neo4j_user, settings.neo4j_password, settings.neo4j_database)
        return
    if (uri := _running(settings.home)) is not None:
        yield Place(uri, LocalServer.user, kept_secret(settings.home / "password"), LocalServer.database)
        return
    with started(settings) as found:
        yield found


@contextmanager
def started(settings: Settings) -> Iterator[Place]:
    """Run the local server. Raises LaunchError when another program already does."""
    with LocalServer(settings.home, heap=settings.heap, pagecache=settings.pagecache) as server:
        yield Place(server.uri, server.user, server.password, server.database, server)


@asynccontextmanager
async def opened(where: Place) -> AsyncIterator[Database]:
    """Connect. Raises Unavailable unless the database answers."""
    password = "" if where.password is None else where.password.get_secret_value()
    async with connect(where.uri, where.user, password, name=where.database) as database:
        await database.ping()
        yield database


def on_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    """Run a host command's work on the settings' database, and give what it returns."""

    async def run(where: Place) -> T:
        async with opened(where) as database:
            return await work(database)

    with place(settings) as where:
        return asyncio.run(run(where))


def _running(home: Path) -> str | None:
    """Give the address of a local server that another program runs on this home, or None."""
    try:
        with (home / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        address = _ADDRESS.search((home / "data" / "neo4j.conf").read_text())
        return None if address is None else f"bolt://{address[1]}"
    return None
