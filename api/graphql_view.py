"""GraphQL over HTTP: media types, statuses, body limit, server-sent events. What a document may ask: execution.py.

Websockets come in here and are served by websocket.py.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import orjson
from cross_web import HTTPException as ViewError
from graphql import FieldNode, GraphQLError, OperationDefinitionNode, OperationType, parse
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UNSET, UnsetType

from api.context import Context
from api.errors import BAD_REQUEST, INTERNAL, log_refused
from api.execution import MAX_TOKENS
from api.session import MAX_SUBSCRIPTIONS
from api.websocket import INTRODUCTION, SocketAdapter, SocketContext, SocketHandler
from graph.errors import Unauthenticated, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from cross_web import AsyncHTTPRequestAdapter
    from starlette.types import Message, Receive, Scope, Send
    from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
    from strawberry.http.base import BaseRequestProtocol
    from strawberry.types import ExecutionResult

    from api.execution import Schema
    from api.session import Session

#: Bytes of a request's body, and of one that uploads in bulk: a batch has up to 10 000 rows.
MAX_BODY: Final = 1_048_576
MAX_UPLOAD: Final = 16 * MAX_BODY
#: Mutations that take many rows at once. A request of nothing else may have a big body.
BULK: Final = frozenset(
    {"createGoals", "upsertRecords", "deleteRecords", "upsertUsers", "upsertTeams", "upsertBusinessUnits"}
    | {"upsertTerritories", "upsertProductLines"}
)
MEDIA_TYPE: Final = "application/graphql-response+json"
#: Seconds after which it is worth asking again when the database was away.
RETRY_AFTER: Final = "2"
EVENTS: Final = "text/event-stream"
#: What a websocket's acknowledgement says beside itself.
_NOTHING_MORE: Final[UnsetType] = UNSET
_RECEIVED: Final = "goalgraph.received"
_OPENED: Final = "goalgraph.opened"

# Of an answer without data, by the code of an error in it; the first that applies.
_STATUSES: Final = {Unauthenticated.code: 401, Unavailable.code: 503, INTERNAL: 500}
_MALFORMED: Final = 400
_WORDS: Final = {
    "Unable to parse request body as JSON": "The body is not JSON.",
    "Unsupported content type": "Send the request as application/json.",
    "Batching is not enabled": "Send one operation at a time.",
    "No GraphQL query found in the request": "The request has no `query`.",
}


class GraphQLView(GraphQL[Context, None]):
    """The endpoint `/graphql`: POST, and GET for queries; subscriptions as server-sent events or over a websocket.

    Answers as the GraphQL-over-HTTP specification says. `open_session` counts a connection that stays open on the word
    of an Authorization header.
    """

    websocket_adapter_class = SocketAdapter
    graphql_transport_ws_handler_class = SocketHandler  # type: ignore[assignment] # its context is a socket's

    def __init__(
        self,
        schema: Schema,
        make_context: Callable[[Request], Context],
        make_socket: Callable[[WebSocket], SocketContext],
        open_session: Callable[[str | None], AbstractContextManager[Session]],
    ) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            allow_queries_via_get=True,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            connection_init_wait_timeout=timedelta(seconds=INTRODUCTION),
            max_subscriptions_per_connection=MAX_SUBSCRIPTIONS,
        )
        self._make_context = make_context
        self._make_socket = make_socket
        self._open_session = open_session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Raises HTTPException where it is malformed, and what `make_context` raises."""
        if scope["type"] == "websocket":
            await self.run(WebSocket(scope, receive, send))
            return
        scope[_RECEIVED] = _Received()
        request = Request(scope, _limited(receive, scope[_RECEIVED]))
        with ExitStack() as opened:
            scope[_OPENED] = opened
            try:
                response = await self.run(request)
            except ViewError as error:
                raise _refused(error) from None
            await response(scope, receive, send)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:  # noqa: ARG002
        """Give the request's context. Raises Unauthenticated: before anything else of the request is looked at."""
        if isinstance(request, WebSocket):
            return self._make_socket(request)
        context = self._make_context(request)
        if EVENTS in request.headers.get("accept", "").lower():
            session = self._open_session(request.headers.get("authorization"))
            context.session = request.scope[_OPENED].enter_context(session)
        return context

    async def on_ws_connect(self, context: Context) -> UnsetType:
        """Find out who is at a websocket's other end. Raises ConnectionRejectionError where its token does not hold."""
        try:
            if isinstance(context, SocketContext):
                context.introduce()
        except Unauthenticated as refused:
            log_refused(context.request_id, refused.code)
            raise ConnectionRejectionError from None
        return _NOTHING_MORE

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        """Note the media type that the client accepts, for `create_response`."""
        response = await super().get_sub_response(request)
        accepted = request.headers.get("accept", "")
        response.media_type = MEDIA_TYPE if MEDIA_TYPE in accepted else "application/json"
        return response

    def should_render_graphql_ide(self, request: BaseRequestProtocol) -> bool:  # noqa: ARG002
        """Never here: the page for trying queries has an address of its own."""
        return False

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData | list[GraphQLRequestData]:
        """Read the request. Raises ViewError where it is malformed, also in what Strawberry does not look at."""
        try:
            data = await super().parse_http_body(request)
        except AttributeError:  # a body that is JSON, but neither an object nor a list
            raise ViewError(_MALFORMED, "The body must be a JSON object.") from None
        if isinstance(data, list):  # pragma: no cover - refused above
            raise ViewError(_MALFORMED, "Batching is not enabled")
        if not isinstance(data.operation_name, str | None):
            raise ViewError(
                _MALFORMED, "The GraphQL operation's `operationName` must be a string or null, if provided."
            )
        scope = request._request.scope  # type: ignore[attr-defined] # noqa: SLF001 - the adapter gives no other way
        if scope[_RECEIVED].bytes > MAX_BODY and not _is_bulk(data.query):
            raise _too_large(MAX_BODY)
        return data

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        """Leave `data` out where nothing was executed, as the specification wants it."""
        answer = await super().process_result(request, result)
        if answer["data"] is None and not any(error.path for error in result.errors or ()):
            del answer["data"]
        return answer

    def create_response(
        self, response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse], sub_response: Response
    ) -> Response:
        """Give the answer with the media type that was asked for, and a status that fits it."""
        codes = _codes(response_data) if isinstance(response_data, dict) and "data" not in response_data else None
        status = 200
        if codes is not None:
            # With the older media type, an answer in GraphQL's shape is 200 whatever it says, but for our own refusals.
            malformed = _MALFORMED if sub_response.media_type == MEDIA_TYPE else 200
            status = next((status for code, status in _STATUSES.items() if code in codes), malformed)
        headers = {"content-type": f"{sub_response.media_type}; charset=utf-8"}
        if status == 401:  # noqa: PLR2004
            headers["www-authenticate"] = "Bearer"
        if status == _STATUSES[Unavailable.code]:
            headers["retry-after"] = RETRY_AFTER
        return Response(self.encode_json(response_data), status, headers)

    def decode_json(self, data: str | bytes) -> object:
        """Read strict JSON: no NaN, no bottomless nesting."""
        return orjson.loads(data)

    def encode_json(self, data: object) -> bytes:
        """Write JSON."""
        return orjson.dumps(data)


def _refused(error: ViewError) -> HTTPException:
    reason = error.reason or ""
    if reason.startswith("subscriptions are not allowed"):
        return HTTPException(406, f"Subscribe with `Accept: {EVENTS}`, or over a websocket.")
    if "not allowed when using" in reason:
        return HTTPException(405, "Send mutations by POST.", {"Allow": "POST"})
    return HTTPException(error.status_code, _WORDS.get(reason, reason))


def _codes(answer: GraphQLHTTPResponse) -> set[Any]:
    errors: list[Any] = answer.get("errors") or []
    return {error.get("extensions", {}).get("code", BAD_REQUEST) for error in errors}


def _is_bulk(query: str | None) -> bool:
    """Whether a document has one operation, and its fields are mutations that take many rows."""
    try:
        operation, *others = parse(query or "", max_tokens=MAX_TOKENS, no_location=True).definitions
    except GraphQLError:
        return False
    return (
        not others
        and isinstance(operation, OperationDefinitionNode)
        and operation.operation is OperationType.MUTATION
        and all(
            isinstance(field, FieldNode) and field.name.value in BULK for field in operation.selection_set.selections
        )
    )


@dataclass
class _Received:
    """How much of a body has come so far."""

    bytes: int = 0


def _limited(receive: Receive, received: _Received) -> Receive:
    """Receive a body of at most MAX_UPLOAD bytes; more raises HTTPException, whatever length the client announced."""

    async def limited() -> Message:
        message = await receive()
        received.bytes += len(message.get("body", b""))
        if received.bytes > MAX_UPLOAD:
            raise _too_large(MAX_UPLOAD)
        return message

    return limited


def _too_large(most: int) -> HTTPException:
    return HTTPException(413, f"A request has at most {most} bytes. Send less at once.")
