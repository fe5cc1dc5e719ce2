"""Writers: connections that stay open and send changes of records to `goals serve`, as cheaply as Python can.

They share the machine with what they measure. What they take of it themselves is told with each result.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import orjson

from tests.benchmarks import data
from tests.benchmarks.data import HIGHEST_AMOUNT, RECORD_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.benchmarks.data import Item, Shape
    from tests.benchmarks.serving import Api

DOCUMENT = """\
mutation Change($type: String!, $rows: [RecordRowInput!]!) {
  upsertRecords(input: {type: $type, rows: $rows}) { updated unchanged }
}"""
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_DONE = re.compile(rb'^{"data":{"upsertRecords":{"updated":(\d+),"unchanged":(\d+)}}')
_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Written:
    """What the writers did together: changes, requests, seconds, and the processor seconds that they took for it."""

    changes: int
    requests: int
    seconds: float
    own_seconds: float


class Connection(asyncio.Protocol):
    """One connection to a server that answers each request with a Content-Length; one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.WriteTransport | None = None
        self._received = bytearray()
        self._answer: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what is written to."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail the request under way."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("the server hung up"))

    def data_received(self, data: bytes) -> None:
        """Give the answer once it is there whole."""
        self._received += data
        head = self._received.find(_END)
        if head < 0 or self._answer is None:
            return
        length = _LENGTH.search(self._received, 0, head + len(_END))
        if length is None:
            self._answer.set_exception(RuntimeError(f"no Content-Length: {bytes(self._received[:300])!r}"))
        elif len(self._received) >= head + len(_END) + int(length[1]):
            body = bytes(self._received[head + len(_END) :])
            self._received.clear()
            self._answer.set_result(body)

    def ask(self, request: bytes) -> asyncio.Future[bytes]:
        """Send a request; its answer's body."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


class Writers:
    """So many connections to one server, and how a change is put for it."""

    def __init__(self, api: Api, count: int) -> None:
        self._api = api
        self._count = count
        self._all: list[Connection] = []
        self._free: asyncio.Queue[Connection] = asyncio.Queue()
        self._head = "".join(
            f"{line}\r\n"
            for line in (
                "POST /graphql HTTP/1.1",
                f"host: 127.0.0.1:{api.port}",
                "content-type: application/json",
                *(f"{name}: {value}" for name, value in api.headers.items()),
            )
        )

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        for _ in range(self._count):
            _, connection = await loop.create_connection(Connection, "127.0.0.1", self._api.port)
            self._all.append(connection)
            self._free.put_nowait(connection)
        return self

    async def __aexit__(self, *_: object) -> None:
        for connection in self._all:
            connection.close()

    def request(self, rows: Sequence[Item]) -> bytes:
        """Put an upsert of records as the bytes of one request."""
        body = orjson.dumps({"query": DOCUMENT, "variables": {"type": RECORD_TYPE, "rows": rows}})
        return f"{self._head}content-length: {len(body)}\r\n\r\n".encode() + body

    async def write(self, rows: Callable[[], list[Item]], until: Callable[[int], bool]) -> Written:
        """Let every writer change `rows` again as soon as it is answered, `until` that says so of all changes."""
        changes = requests = 0
        own, begin = time.process_time(), time.perf_counter()

        async def one(connection: Connection) -> None:
            nonlocal changes, requests
            while not until(changes):
                answer = await connection.ask(self.request(rows()))
                changes += updated(answer)  # not before the others' that came meanwhile
                requests += 1

        await asyncio.gather(*map(one, self._all))
        return Written(changes, requests, time.perf_counter() - begin, time.process_time() - own)

    async def send(self, rows: list[Item]) -> None:
        """Change these records by the next writer that is free, and wait for the answer."""
        connection = await self._free.get()
        if updated(await connection.ask(self.request(rows))) != len(rows):
            message = f"{rows} were not all changed"
            raise RuntimeError(message)
        self._free.put_nowait(connection)


class Changes:
    """Draws changes of the records of a tree: other amounts, where each record has its own."""

    def __init__(self, shape: Shape) -> None:
        self._name = shape.name
        self._fields = [next(iter(row["fields"])) for row in data.record_rows(shape)]
        # Other ones on each run: the data are kept, and the same amounts once more are no changes.
        self._draw = random.Random()  # noqa: S311 - bench data

    def rows(self, count: int) -> list[Item]:
        """Draw so many different records and a new amount for each."""
        draw = self._draw
        return [
            {
                "externalId": f"{self._name}{number:07}",
                "fields": {self._fields[number]: str(draw.randint(1, HIGHEST_AMOUNT))},
            }
            for number in draw.sample(range(len(self._fields)), count)
        ]


def updated(answer: bytes) -> int:
    """How many records an answer says were changed. Raises RuntimeError for one that says anything else."""
    found = _DONE.match(answer)
    if found is None:
        message = f"a change was refused: {answer[:500]!r}"
        raise RuntimeError(message)
    return int(found[1])
