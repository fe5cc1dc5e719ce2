"""Subscribers of the application on a port of this machine, by server-sent events and by websocket."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import orjson
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from websockets.asyncio.client import ClientConnection

    from api.auth import Tokens

PROTOCOLS = ("server-sent events", "websocket")
#: Seconds after which a test fails that waits for an event in vain.
_PATIENCE = 60
_LIFETIME = timedelta(hours=1)


@dataclass
class Events:
    """What a subscriber is sent: pairs of "next", "complete" or "closed" and what comes with it."""

    receive: Callable[[], Awaitable[tuple[str, Any]]]

    async def next(self) -> tuple[str, Any]:
        """The next of them."""
        async with asyncio.timeout(_PATIENCE):
            return await self.receive()

    async def data(self) -> Any:
        """The value of the one field in the next event, which must be one."""
        kind, payload = await self.next()
        assert kind == "next", (kind, payload)
        assert "errors" not in payload, payload
        (value,) = payload["data"].values()
        return value

    async def refusal(self) -> tuple[str, ...]:
        """The codes of the errors with which the subscription ends."""
        kind, payload = await self.next()
        assert kind == "next", (kind, payload)
        codes = tuple(error["extensions"]["code"] for error in payload["errors"])
        assert all(error["extensions"]["requestId"] for error in payload["errors"])
        return codes


@dataclass
class Address:
    """Where the application listens, and what makes its tokens."""

    url: str
    tokens: Tokens

    def login(self, external_id: str, lifetime: timedelta = _LIFETIME) -> str:
        """An Authorization header for a user."""
        return f"Bearer {self.tokens.issue(external_id, lifetime)}"

    @asynccontextmanager
    async def socket(self, authorization: object, **more: Any) -> AsyncIterator[ClientConnection]:
        """Open a websocket and introduce a user."""
        url = self.url.replace("http", "ws", 1)
        async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")], **more) as socket:
            await say(socket, {"type": "connection_init", "payload": {"authorization": authorization}})
            yield socket

    @asynccontextmanager
    async def stream(self, authorization: str, document: str, **variables: Any) -> AsyncIterator[httpx2.Response]:
        """Send a document and accept server-sent events."""
        headers = {"authorization": authorization, "accept": "text/event-stream"}
        async with (
            httpx2.AsyncClient(timeout=_PATIENCE) as http,
            http.stream("POST", self.url, json={"query": document, "variables": variables}, headers=headers) as answer,
        ):
            yield answer

    @asynccontextmanager
    async def subscribe(
        self, protocol: str, authorization: str, document: str, **variables: Any
    ) -> AsyncIterator[Events]:
        """Subscribe by either protocol."""
        if protocol == "websocket":
            async with self.socket(authorization) as socket:
                assert (await heard(socket))["type"] == "connection_ack"
                await subscribed(socket, "1", document, **variables)
                yield Events(_messages(socket))
        else:
            async with self.stream(authorization, document, **variables) as answer:
                assert answer.status_code == 200, await answer.aread()
                assert answer.headers["content-type"].startswith("text/event-stream")
                yield Events(_sent(answer))


async def say(socket: ClientConnection, message: object) -> None:
    """Send a message."""
    await socket.send(orjson.dumps(message).decode())


async def subscribed(socket: ClientConnection, id_: str, document: str, **variables: Any) -> None:
    """Begin an operation over a websocket."""
    await say(socket, {"type": "subscribe", "id": id_, "payload": {"query": document, "variables": variables}})


async def heard(socket: ClientConnection) -> Any:
    """The next message, which must be text."""
    async with asyncio.timeout(_PATIENCE):
        message = await socket.recv()
    assert isinstance(message, str), message
    return orjson.loads(message)


async def closed(socket: ClientConnection) -> int | None:
    """The code with which the server closes a websocket, whatever it says before."""
    async with asyncio.timeout(_PATIENCE):
        with suppress(ConnectionClosed):
            while True:
                await socket.recv()
    return socket.close_code


def _messages(socket: ClientConnection) -> Callable[[], Awaitable[tuple[str, Any]]]:
    async def receive() -> tuple[str, Any]:
        try:
            message = await heard(socket)
        except ConnectionClosed:
            return "closed", socket.close_code
        # Refusals before the first event are messages of a kind of their own, after which nothing comes.
        payload = {"errors": message["payload"]} if message["type"] == "error" else message.get("payload")
        return "next" if message["type"] == "error" else message["type"], payload

    return receive


def _sent(answer: httpx2.Response) -> Callable[[], Awaitable[tuple[str, Any]]]:
    lines = answer.aiter_lines()

    async def receive() -> tuple[str, Any]:
        kind = ""
        async for line in lines:
            name, _, value = line.partition(": ")
            if name == "event":
                kind = value
            elif name == "data" or line == "data:":
                return kind, orjson.loads(value) if value.strip() else None
        return "closed", None

    return receive
