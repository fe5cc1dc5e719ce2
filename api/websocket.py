"""GraphQL over a websocket, protocol graphql-transport-ws: who may connect, what comes in, when it is closed.

What a subscription tells is decided in `subscription.py`; server-sent events go through `graphql_view.py`.
"""

from __future__ import annotations

import asyncio
import uuid
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import orjson
from starlette.websockets import WebSocketDisconnect, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler

from api.context import Context
from api.errors import error_body, log_fault, log_refused
from api.session import MAX_SUBSCRIPTIONS
from graph.errors import GoalgraphError, LimitExceeded, Unauthenticated
from graph.pulse import BREATH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
        ConnectionInitMessage,
        Message,
        SubscribeMessage,
    )

    from api.session import Session

#: Seconds that a client has to say who it is.
INTRODUCTION: Final = 10.0
_TOKEN_ENDED: Final = 4401
_TOO_MANY: Final = 4429
_GOING_AWAY: Final = 1001
_TYPES: Final = frozenset({"connection_init", "ping", "pong", "subscribe", "complete"})
_LONGEST_ID: Final = 64  # bytes


@dataclass
class SocketContext(Context):
    """A websocket. Nobody is known to ask until it is introduced; each operation over it has a context of its own."""

    admit: Callable[[str | None], AbstractContextManager[Session]] | None = None
    left: ExitStack = field(default_factory=ExitStack)
    connection_params: Any = field(default_factory=dict)

    def introduce(self) -> None:
        """Take the token of the first message. Raises Unauthenticated or LimitExceeded."""
        given = [value for name, value in self.connection_params.items() if name.lower() == "authorization"]
        token = given[0] if len(given) == 1 and isinstance(given[0], str) else None
        if self.admit is None:
            raise Unauthenticated
        self.session = self.left.enter_context(self.admit(token))
        self.subject = self.session.grant.subject

    def operation(self) -> Context:
        """Give a context for one operation."""
        return Context(
            request_id=uuid.uuid4().hex,
            subject=self.subject,
            database=self.database,
            clock=self.clock,
            settings=self.settings,
            signing_key=self.signing_key,
            introspection=self.introspection,
            make_loaders=self.make_loaders,
            session=self.session,
            pulse=self.pulse,
            callers=self.callers,
            writer=self.writer,
            waits=self.waits,
        )


class SocketAdapter(ASGIWebSocketAdapter):
    """Sends messages as text: the bytes of `encode_json` would go out as binary frames, which the protocol has not."""

    async def send_json(self, message: Mapping[str, object]) -> None:
        """Send one message. Raises WebSocketDisconnected where nobody is there any more."""
        if self.ws.application_state != WebSocketState.CONNECTED:
            raise WebSocketDisconnected
        try:
            await self.ws.send_text(orjson.dumps(message).decode())
        except WebSocketDisconnect:
            raise WebSocketDisconnected from None


class SocketHandler(BaseGraphQLTransportWSHandler[SocketContext, None]):
    """One websocket, from its first message to its end."""

    async def handle(self) -> None:
        """Serve the connection. It ends with its token at the latest."""
        guard = asyncio.create_task(self._guard())
        try:
            await super().handle()
        finally:
            guard.cancel()
            self.context.left.close()

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        """Find out who is there, or close the connection."""
        try:
            await super().handle_connection_init(message)
        except LimitExceeded as refused:
            log_refused(self.context.request_id, refused.code)
            await self.websocket.close(_TOO_MANY, "Too many connections")

    async def handle_message(self, message: Message) -> None:
        """Do what a message asks, or close the connection where it asks for nothing that there is."""
        if is_well_formed(message):
            await super().handle_message(message)
        else:
            await self.handle_invalid_message("Malformed message")

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Begin an operation, unless there are as many as there may be."""
        full = len(self.operations) >= MAX_SUBSCRIPTIONS and message["id"] not in self.operations
        if not self.connection_acknowledged or not full:
            await super().handle_subscribe(message)
            return
        request_id = uuid.uuid4().hex
        text = f"A connection has at most {MAX_SUBSCRIPTIONS} subscriptions. Complete one, or open another connection."
        log_refused(request_id, LimitExceeded.code)
        errors: Any = error_body(text, LimitExceeded.code, request_id)["errors"]
        await self.send_message({"id": message["id"], "type": "error", "payload": errors})

    async def handle_task_exception(self, error: Exception) -> None:
        """Log a fault without values. That the client has gone is none."""
        if not isinstance(error, WebSocketDisconnected):
            log_fault(error, self.context.request_id)

    async def _guard(self) -> None:
        """Close the connection when its token has ended, or the server stops."""
        while True:
            await asyncio.sleep(BREATH)
            try:
                if self.context.session is not None:
                    self.context.session.check()
            except GoalgraphError as ended:
                with suppress(RuntimeError):  # it is closed already
                    if isinstance(ended, Unauthenticated):
                        await self.websocket.close(_TOKEN_ENDED, "The token has ended")
                    else:
                        await self.websocket.close(_GOING_AWAY, "The server stops")
                return


def is_well_formed(message: object) -> bool:
    """Whether a message is one of the protocol's. Ids are short: the reason of a close may name one, and is short."""
    if not isinstance(message, dict) or message.get("type") not in _TYPES:
        return False
    id_, payload = message.get("id"), message.get("payload")
    if message["type"] not in {"subscribe", "complete"}:
        return payload is None or isinstance(payload, dict)
    if not isinstance(id_, str) or not 0 < len(id_.encode(errors="replace")) <= _LONGEST_ID:
        return False
    return message["type"] == "complete" or (
        isinstance(payload, dict)
        and isinstance(payload.get("query"), str)
        and isinstance(payload.get("variables"), dict | None)
        and isinstance(payload.get("operationName"), str | None)
    )
