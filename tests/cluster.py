"""A stand-in for a Neo4j cluster: members that speak just enough Bolt 5.4 to route, begin, run and commit.

It stores nothing. It says which member was asked what, and can have another leader. What a cluster does beyond that, it
does not tell.
"""

from __future__ import annotations

import asyncio
import struct
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

_VERSION = b"\x00\x00\x04\x05"
_HELLO, _GOODBYE, _RESET, _RUN, _BEGIN, _COMMIT = 0x01, 0x02, 0x0F, 0x10, 0x11, 0x12
_PULL, _ROUTE = 0x3F, 0x66
_SUCCESS, _RECORD, _FAILURE, _IGNORED = 0x70, 0x71, 0x7F, 0x7E
_NOT_LEADER = "Neo.ClientError.Cluster.NotALeader"


@dataclass(frozen=True)
class Begun:
    """A transaction that a member was asked to begin: its port, whether to read, the bookmarks to wait for."""

    port: int
    reads: bool
    bookmarks: list[str]


@dataclass
class Cluster:
    """The members' ports; the first answers who leads, and every other than the leader reads."""

    ports: list[int] = field(default_factory=list)
    leader: int = 0
    begun: list[Begun] = field(default_factory=list)
    refused: int = 0
    commits: int = 0

    @property
    def uri(self) -> str:
        """The address that a client is given."""
        return f"neo4j://127.0.0.1:{self.ports[0]}"

    def _table(self) -> dict[str, Any]:
        all_of_them = [f"127.0.0.1:{port}" for port in self.ports]
        leader = f"127.0.0.1:{self.leader}"
        roles = {"ROUTE": all_of_them, "WRITE": [leader], "READ": [one for one in all_of_them if one != leader]}
        servers = [{"role": role, "addresses": addresses} for role, addresses in roles.items()]
        return {"rt": {"ttl": 300, "db": "neo4j", "servers": servers}}

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection of a member until the client leaves."""
        port = writer.get_extra_info("sockname")[1]
        failed = False
        try:
            await reader.readexactly(20)  # the preamble and four proposals
            writer.write(_VERSION)
            while (message := await _message(reader)) and message[0] != _GOODBYE:
                failed = failed and message[0] != _RESET
                for tag, content in [(_IGNORED, None)] if failed else self._answers(port, *message):
                    failed = failed or tag == _FAILURE
                    body = bytes([0xB0 + (content is not None), tag])
                    body += b"" if content is None else _packed(content)
                    writer.write(struct.pack(">H", len(body)) + body + b"\x00\x00")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _answers(self, port: int, tag: int, fields: list[Any]) -> Iterator[tuple[int, Any]]:
        if tag == _HELLO:
            yield _SUCCESS, {"server": "Neo4j/5.26.0", "connection_id": "bolt-1", "hints": {}}
        elif tag == _ROUTE:
            yield _SUCCESS, self._table()
        elif tag == _BEGIN:
            reads = fields[0].get("mode") == "r"
            if not reads and port != self.leader:
                self.refused += 1
                yield _FAILURE, {"code": _NOT_LEADER, "message": "No longer the leader."}
                return
            self.begun.append(Begun(port, reads, fields[0].get("bookmarks", [])))
            yield _SUCCESS, {}
        elif tag == _RUN:
            yield _SUCCESS, {"fields": ["port"], "qid": 0, "t_first": 0}
        elif tag == _PULL:
            yield _RECORD, [port]
            yield _SUCCESS, {"type": "r", "db": "neo4j", "t_last": 0}
        elif tag == _COMMIT:
            self.commits += 1
            yield _SUCCESS, {"bookmark": f"cluster:{self.commits}"}
        else:
            yield _SUCCESS, {}


@asynccontextmanager
async def cluster(members: int = 3) -> AsyncIterator[Cluster]:
    """Run so many members on free ports of this machine. The second one leads."""
    made = Cluster()
    servers = [await asyncio.start_server(made.connected, "127.0.0.1", 0) for _ in range(members)]
    made.ports = [server.sockets[0].getsockname()[1] for server in servers]
    made.leader = made.ports[1]
    try:
        yield made
    finally:
        for server in servers:
            server.close()


async def _message(reader: asyncio.StreamReader) -> tuple[int, list[Any]]:
    """The next message: its tag and its fields."""
    body = b""
    while True:
        (size,) = struct.unpack(">H", await reader.readexactly(2))
        if size:
            body += await reader.readexactly(size)
        elif body:
            break
    unpacking = _Unpacking(body, 2)
    return body[1], [unpacking.value() for _ in range(body[0] & 0xF)]


def _packed(value: Any) -> bytes:
    """PackStream of what the answers hold: None, whole numbers, text, lists and maps of a handful."""
    if value is None:
        return b"\xc0"
    if isinstance(value, int):
        return b"\xcb" + struct.pack(">q", value)
    if isinstance(value, str):
        text = value.encode()
        return b"\xd1" + struct.pack(">H", len(text)) + text
    if isinstance(value, list):
        return bytes([0x90 + len(value)]) + b"".join(map(_packed, value))
    return bytes([0xA0 + len(value)]) + b"".join(_packed(part) for pair in value.items() for part in pair)


class _Unpacking:
    """Reads PackStream's values one by one; those that no client here sends are not known."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self._at = at

    def value(self) -> Any:
        """The next value."""
        marker = self._take(1)[0]
        high, low = marker >> 4, marker & 0xF
        if marker < 0x80 or marker >= 0xF0:
            return marker if marker < 0x80 else marker - 0x100
        if high in (8, 9, 0xA):
            return self._sized({8: "text", 9: "list", 0xA: "map"}[high], low)
        if marker in _CONSTANTS:
            return _CONSTANTS[marker]
        if marker in _NUMBERS:
            form = _NUMBERS[marker]
            return struct.unpack(form, self._take(struct.calcsize(form)))[0]
        kind, form = _SIZED[marker]
        return self._sized(kind, struct.unpack(form, self._take(struct.calcsize(form)))[0])

    def _sized(self, kind: str, size: int) -> Any:
        if kind == "text":
            return self._take(size).decode()
        if kind == "list":
            return [self.value() for _ in range(size)]
        return {self.value(): self.value() for _ in range(size)}

    def _take(self, size: int) -> bytes:
        self._at += size
        return self._data[self._at - size : self._at]


_CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}
_NUMBERS = {0xC1: ">d", 0xC8: ">b", 0xC9: ">h", 0xCA: ">i", 0xCB: ">q"}
_SIZED = {0xD0: ("text", ">B"), 0xD1: ("text", ">H"), 0xD4: ("list", ">B"), 0xD8: ("map", ">B")}
