"""A proxy before the database that loses the answer to a commit: what a client sees when a server is killed then."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

#: Bolt's message COMMIT as it is sent: a chunk of two bytes, and the end of the message.
_COMMIT = b"\x00\x02\xb0\x12\x00\x00"


@dataclass
class Proxy:
    """Passes everything on. Set `losing` to lose the answer to the next commit, `down` to refuse new connections."""

    host: str
    port: int
    losing: bool = False
    down: bool = False
    goes_down: bool = False
    lost: int = 0
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until either side ends it."""
        if self.down:
            writer.close()
            return
        try:
            there, here = await asyncio.open_connection(self.host, self.port)
        except OSError:  # the server is gone
            writer.close()
            return
        losing = asyncio.Event()
        with suppress(OSError):
            await asyncio.gather(self._there(reader, here, losing), self._back(there, writer, losing))
        for end in (writer, here):
            end.close()

    async def _there(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, losing: asyncio.Event) -> None:
        while data := await reader.read(65_536):
            if self.losing and _COMMIT in data:
                self.losing = False
                self.down = self.goes_down
                losing.set()
            writer.write(data)
            await writer.drain()
        writer.close()

    async def _back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, losing: asyncio.Event) -> None:
        while data := await reader.read(65_536):
            if losing.is_set():
                self.lost += 1  # the server has committed, and nobody hears of it
                break
            writer.write(data)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def proxied(uri: str) -> AsyncIterator[tuple[Proxy, str]]:
    """Give a proxy before a server, and its own address."""
    parts = urlsplit(uri)
    proxy = Proxy(parts.hostname or "127.0.0.1", parts.port or 7687)
    server = await asyncio.start_server(proxy.connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield proxy, f"bolt://127.0.0.1:{port}"
    finally:
        server.close()
