"""The web application: its routes, and what every answer has in common. GraphQL itself: graphql_view.py."""

from __future__ import annotations

import uuid
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import orjson
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute

from api.auth import Tokens
from api.context import Context
from api.errors import BAD_REQUEST, INTERNAL, code_of, error_body, log_fault, log_refused
from api.graphql_view import RETRY_AFTER, GraphQLView
from api.import_route import ImportEndpoint
from api.session import Sessions
from api.websocket import SocketContext
from graph import migration
from graph.account import Callers
from graph.errors import (
    ErrorCode,
    GoalgraphError,
    LimitExceeded,
    Refusal,
    SchemaOutdated,
    Unauthenticated,
    Unavailable,
)
from graph.pulse import Pulse
from graph.record_writer import RecordWriter
from graph.waiting import Waits

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from pydantic import SecretStr
    from starlette.requests import HTTPConnection, Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send
    from starlette.websockets import WebSocket

    from api.execution import Schema
    from api.session import Session
    from graph.clock import Clock
    from graph.database import Database
    from graph.settings import Settings

#: For answers that are data. A page of HTML brings its own policy.
SECURITY_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
#: Seconds that the database may take to answer for us to be ready. Who asks should know within 5 s that it is gone.
READY_WITHIN: Final = 3.0
_CODES: Final = {
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: LimitExceeded.code,
    415: "UNSUPPORTED_MEDIA_TYPE",
}
_MESSAGES: Final = {404: "There is nothing at this address.", 405: "This address does not take this method."}
_STATUSES: Final[dict[type[GoalgraphError], int]] = {
    Unauthenticated: 401,
    LimitExceeded: 429,
    Unavailable: 503,
    SchemaOutdated: 503,
    Refusal: 400,
}
_REFUSED: Final = {ErrorCode.FORBIDDEN: 403, ErrorCode.NOT_FOUND: 404, ErrorCode.UNKNOWN_RECORD_TYPE: 404}


def create_app(
    settings: Settings,
    database: Database,
    clock: Clock,
    *,
    schema: Schema,
    make_loaders: Callable[[Context], Any] | None = None,
    demo: SecretStr | None = None,
) -> Starlette:
    """Make the application on an open database.

    `make_loaders` gives a request its DataLoaders. `demo` is the key of persona tokens (`auth.demo_key`); with it,
    clients may ask for the schema whatever the settings say.
    """
    tokens = Tokens(settings, clock, demo)
    signing_key = settings.signing_key()

    sessions, pulse = Sessions(clock), Pulse(database, settings.subscription_interval)
    callers, writer, waits = Callers(database), RecordWriter(database, clock), Waits(database)

    def every(request: HTTPConnection) -> dict[str, Any]:
        """What all contexts have."""
        return {
            "request_id": request.scope["state"]["request_id"],
            "database": database,
            "clock": clock,
            "settings": settings,
            "signing_key": signing_key,
            "introspection": settings.introspection or demo is not None,
            "make_loaders": make_loaders,
            "pulse": pulse,
            "callers": callers,
            "writer": writer,
            "waits": waits,
        }

    def make_context(request: Request) -> Context:
        return Context(subject=tokens.subject(request.headers.get("authorization")), **every(request))

    def open_session(authorization: str | None) -> AbstractContextManager[Session]:
        return sessions.opened(tokens.grant(authorization))

    def make_socket(request: WebSocket) -> SocketContext:
        return SocketContext(subject="", admit=open_session, **every(request))

    graphql = GraphQLView(schema, make_context, make_socket, open_session)

    async def ready(_request: Request) -> Response:
        missing = [
            known.name for known in await migration.status(database, deadline=READY_WITHIN) if known.applied_at is None
        ]
        if missing:
            raise SchemaOutdated
        return _json({"ready": True})

    app = Starlette(
        routes=[
            Route("/", _index),
            Route("/graphql", graphql, methods=["GET", "POST"]),
            WebSocketRoute("/graphql", graphql),
            Route("/import/{type}", ImportEndpoint(make_context), methods=["POST"]),
            Route("/healthz", _health),
            Route("/readyz", ready),
            Route("/version", _version),
        ],
        middleware=[Middleware(Frame)],
        exception_handlers={HTTPException: _refused, GoalgraphError: _failed},
    )
    app.state.sessions = sessions
    return app


class Frame:
    """Gives each answer its request id and security headers, and turns an exception into a coded answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        # Ours, not the client's: a client could write anything into the log with its own.
        request_id = uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        # A websocket has no answer that begins; the server closes it when this ends.
        started = scope["type"] == "websocket"

        async def send_framed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = request_id
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, send_framed)
        except Exception as fault:  # noqa: BLE001 - whatever it is, the client learns nothing of it
            log_fault(fault, request_id)
            if not started:
                answer = _json(error_body("Internal error", INTERNAL, request_id), 500)
                await answer(scope, receive, send_framed)


async def _index(_request: Request) -> Response:
    return _json(
        {
            "name": "Goalgraph",
            "graphql": "/graphql",
            "help": "Send POST requests with a bearer token to /graphql; README.md has a tour.",
        }
    )


async def _health(_request: Request) -> Response:
    return _json({"healthy": True})


async def _version(_request: Request) -> Response:
    return _json({"version": version("goalgraph")})


async def _refused(request: Request, error: Exception) -> Response:
    """Answer a request that no route or view took."""
    if not isinstance(error, HTTPException):  # pragma: no cover - registered for these alone
        raise error
    code = _CODES.get(error.status_code, BAD_REQUEST)
    # Starlette's own details name the status once more; ours say what to do.
    own = error.status_code in _MESSAGES and error.detail in {"Not Found", "Method Not Allowed"}
    message = _MESSAGES[error.status_code] if own else error.detail
    request_id = request.scope["state"]["request_id"]
    log_refused(request_id, code)
    return _json(error_body(message, code, request_id), error.status_code, dict(error.headers or {}))


async def _failed(request: Request, error: Exception) -> Response:
    """Answer where one of our own errors ended a request outside of GraphQL."""
    request_id = request.scope["state"]["request_id"]
    status = _STATUSES.get(type(error)) if isinstance(error, GoalgraphError) else None
    if not isinstance(error, GoalgraphError) or status is None:
        raise error  # not for clients
    if isinstance(error, Refusal):
        status = _REFUSED.get(error.problem.code, status)
    log_refused(request_id, code_of(error))
    headers = {"www-authenticate": "Bearer"} if isinstance(error, Unauthenticated) else {}
    if isinstance(error, Unavailable):
        headers = {"retry-after": RETRY_AFTER}
    return _json(error_body(error.message, code_of(error), request_id), status, headers)


def _json(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, headers, media_type="application/json")
