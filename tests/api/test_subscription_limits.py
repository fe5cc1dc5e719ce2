"""What connections that stay open may not: come without a token, be too many, ask too much, speak otherwise."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import orjson
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from api.app import create_app
from api.auth import LEEWAY
from api.graphql_view import MAX_BODY
from api.limits import MAX_ALIASES, MAX_DEPTH, MAX_DIRECTIVES
from api.loaders import Loaders
from api.schema import schema
from api.session import MAX_CONNECTIONS, MAX_SUBSCRIPTIONS
from api.websocket import SocketHandler
from graph.database import Database
from tests.api.listening import PROTOCOLS, Address, closed, heard, say, subscribed
from tests.api.loopback import listening
from tests.factories import YEAR

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.applications import Starlette

    from api.auth import Tokens
    from graph.clock import FixedClock
    from graph.settings import Settings
    from tests.factories import Company

GOALS = "subscription($root: ID!) { goalChanged(rootId: $root) { id kind } }"


@pytest.fixture
async def app(settings: Settings, company: Company, clock: FixedClock) -> Starlette:
    """The application with one goal."""
    await company.users("other")
    manager = company.ids["administrator"]
    company.ids["Root"] = await company.goal("Root", metric_id=await company.metric(), manager_id=manager, period=YEAR)
    return create_app(settings, company.database, clock, schema=schema, make_loaders=Loaders)


@pytest.fixture
async def address(app: Starlette, tokens: Tokens) -> AsyncIterator[Address]:
    """Where it listens."""
    async with listening(app) as url:
        yield Address(url, tokens)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("{ viewer { id } }", "BAD_REQUEST"),
        ("mutation { deleteGoal(input: {id: 1}) { deletedId } }", "BAD_REQUEST"),
        ("subscription {", "GRAPHQL_PARSE_FAILED"),
        ("subscription { goalChanged(rootId: 1) { id title } }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "subscription { goalChanged(rootId: 1) { id } rollupProgress(runId: 1) { state } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("subscription { goalChanged(rootId: 1) { " + "kind " * 2_100 + "} }", "LIMIT_EXCEEDED"),
        (
            "subscription { goalChanged(rootId: 1) { " + " ".join(f"a{n}: id" for n in range(MAX_ALIASES + 1)) + " } }",
            "LIMIT_EXCEEDED",
        ),
        (
            "subscription { goalChanged(rootId: 1) { id " + "@include(if: true) " * (MAX_DIRECTIVES + 1) + "} }",
            "LIMIT_EXCEEDED",
        ),
        ("subscription { " + "a { " * MAX_DEPTH + "id" + " }" * MAX_DEPTH + " }", "LIMIT_EXCEEDED"),
    ],
    ids=["query", "mutation", "malformed", "unknown", "two fields", "tokens", "aliases", "directives", "depth"],
)
async def test_a_refused_document_costs_no_access_to_the_database(
    address: Address, monkeypatch: pytest.MonkeyPatch, protocol: str, document: str, code: str
) -> None:
    asked: list[str] = []

    async def fetch(_: Database, statement: Any, **__: Any) -> list[Any]:
        asked.append(statement.path)
        return []

    monkeypatch.setattr(Database, "fetch", fetch)
    async with address.subscribe(protocol, address.login("administrator"), document) as events:
        assert set(await events.refusal()) == {code}
    assert asked == []


async def test_a_document_may_not_cost_too_much(
    address: Address, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.limits.MAX_COST", 0)
    for protocol in PROTOCOLS:
        async with address.subscribe(
            protocol, address.login("administrator"), GOALS, root=company.ids["Root"]
        ) as events:
            assert await events.refusal() == ("LIMIT_EXCEEDED",)


async def test_a_connection_has_at_most_ten_subscriptions(address: Address, company: Company) -> None:
    root = company.ids["Root"]
    async with address.socket(address.login("administrator")) as socket:
        assert (await heard(socket))["type"] == "connection_ack"
        for number in range(MAX_SUBSCRIPTIONS):
            await subscribed(socket, str(number), GOALS, root=root)
        first = [await heard(socket) for _ in range(MAX_SUBSCRIPTIONS)]
        assert {message["id"] for message in first} == {str(number) for number in range(MAX_SUBSCRIPTIONS)}
        await subscribed(socket, "more", GOALS, root=root)
        refused = await heard(socket)
        assert (refused["id"], refused["type"]) == ("more", "error")
        assert [error["extensions"]["code"] for error in refused["payload"]] == ["LIMIT_EXCEEDED"]
        await say(socket, {"type": "complete", "id": "0"})
        await subscribed(socket, "more", GOALS, root=root)
        assert (await heard(socket))["type"] == "next"
        # An id in use is the client's mistake, however many there are.
        await subscribed(socket, "more", GOALS, root=root)
        assert await closed(socket) == 4409


async def test_a_user_has_at_most_ten_connections(address: Address, company: Company) -> None:
    root, login = company.ids["Root"], address.login("administrator")
    kept = []  # what is read from closes its connection when nobody holds it
    async with AsyncExitStack() as stack:
        for number in range(MAX_CONNECTIONS):
            protocol = PROTOCOLS[number % 2]
            last = AsyncExitStack()
            events = await last.enter_async_context(address.subscribe(protocol, login, GOALS, root=root))
            stack.push_async_exit(last)
            await events.data()
            kept.append(events)
        async with address.stream(login, GOALS, root=root) as answer:
            assert answer.status_code == 429
            assert orjson.loads(await answer.aread())["errors"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"
        async with address.socket(login) as socket:
            assert await closed(socket) == 4429
        # Others have theirs, and one that is closed makes room.
        async with address.subscribe("websocket", address.login("other"), GOALS, root=root) as events:
            assert await events.refusal() == ("NOT_FOUND",)
        await last.aclose()
        async with address.subscribe("websocket", login, GOALS, root=root) as events:
            assert (await events.data())["id"] == root


async def test_without_a_token_that_holds_nothing_is_open(address: Address, company: Company) -> None:
    root = company.ids["Root"]
    ended = address.login("administrator", timedelta(days=-1))
    for authorization in ("", "Bearer x", "Basic x", ended):
        async with address.stream(authorization, GOALS, root=root) as answer:
            assert answer.status_code == 401
        async with address.socket(authorization) as socket:
            assert await closed(socket) == 4403
    for given in (None, 1, [ended]):
        async with address.socket(given) as socket:
            assert await closed(socket) == 4403
    async with address.socket(address.login("administrator")) as socket:
        assert (await heard(socket))["type"] == "connection_ack"
        await say(socket, {"type": "connection_init", "payload": {"authorization": address.login("other")}})
        assert await closed(socket) == 4429
    url = address.url.replace("http", "ws", 1)
    async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
        await subscribed(socket, "1", GOALS, root=root)
        assert await closed(socket) == 4401


@pytest.mark.parametrize(
    "message",
    [
        b"binary",
        "no JSON",
        "[]",
        "1",
        "{}",
        '{"type": "start", "id": "1"}',
        '{"type": "subscribe"}',
        '{"type": "subscribe", "id": 1, "payload": {"query": "{ a }"}}',
        '{"type": "subscribe", "id": "1", "payload": {}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": 1}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ a }", "variables": []}}',
        '{"type": "subscribe", "id": "' + "i" * 65 + '", "payload": {"query": "{ a }"}}',
        '{"type": "complete"}',
        '{"type": "ping", "payload": 1}',
        "[" * 10_000,
    ],
)
async def test_a_malformed_message_closes_the_connection(address: Address, message: str | bytes) -> None:
    async with address.socket(address.login("administrator")) as socket:
        assert (await heard(socket))["type"] == "connection_ack"
        await socket.send(message)
        assert await closed(socket) == 4400


async def test_an_overlong_message_closes_the_connection(address: Address) -> None:
    async with address.socket(address.login("administrator")) as socket:
        assert (await heard(socket))["type"] == "connection_ack"
        await socket.send("x" * (MAX_BODY + 1))
        assert await closed(socket) == 1009


async def test_other_protocols_and_pages_elsewhere_are_refused(address: Address, company: Company) -> None:
    url = address.url.replace("http", "ws", 1)
    for protocols in ([Subprotocol("graphql-ws")], None):
        async with connect(url, subprotocols=protocols) as socket:
            assert await closed(socket) == 4406
    with pytest.raises(InvalidStatus) as refused:
        async with connect(
            url, subprotocols=[Subprotocol("graphql-transport-ws")], origin=Origin("https://elsewhere.example")
        ):
            pass
    assert refused.value.response.status_code == 403
    body = {"query": GOALS, "variables": {"root": company.ids["Root"]}}
    async with httpx2.AsyncClient() as http:
        answer = await http.post(address.url, json=body, headers={"authorization": address.login("administrator")})
    assert (answer.status_code, "text/event-stream" in answer.json()["errors"][0]["message"]) == (406, True)


async def test_a_websocket_without_subscriptions_ends_with_its_token(address: Address, clock: FixedClock) -> None:
    async with address.socket(address.login("administrator", timedelta(minutes=5))) as socket:
        assert (await heard(socket))["type"] == "connection_ack"
        clock.advance(timedelta(minutes=5, seconds=LEEWAY))
        assert await closed(socket) == 4401


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_fault_is_masked_and_logged_without_values(
    address: Address, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, protocol: str
) -> None:
    async def fail(*_: object) -> None:
        message = "a secret"
        raise RuntimeError(message)

    monkeypatch.setattr("graph.pulse.Pulse.read", fail)
    async with address.subscribe(protocol, address.login("administrator"), GOALS, root="any") as events:
        kind, payload = await events.next()
    assert (kind, [error["message"] for error in payload["errors"]]) == ("next", ["Internal error"])
    monkeypatch.setattr(SocketHandler, "handle_message", fail)
    async with address.socket(address.login("administrator")) as socket:
        assert await closed(socket) in {1000, 1006, 1011}
    assert caplog.text.count("internal error") == 2
    assert "a secret" not in caplog.text


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_server_that_stops_ends_what_is_open(
    app: Starlette, address: Address, company: Company, protocol: str
) -> None:
    root = company.ids["Root"]
    async with address.subscribe(protocol, address.login("administrator"), GOALS, root=root) as events:
        await events.data()
        app.state.sessions.end()
        kind, payload = await events.next()
        # A websocket may be closed before that is said.
        assert (kind, payload) == ("closed", 1001) or payload["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
