"""The application's frame over HTTP: routes, statuses, media types, limits, headers."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx2
import pytest
from strawberry.extensions.parser_cache import _get_parse_cache
from strawberry.extensions.validation_cache import _get_validate_cache

from api.app import SECURITY_HEADERS, create_app
from api.execution import MAX_TOKENS
from api.graphql_view import MAX_BODY, MAX_UPLOAD, MEDIA_TYPE
from graph.database import connect
from tests.api.small_schema import SMALL

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Message

    from api.auth import Tokens
    from graph.clock import FixedClock
    from graph.database import Database
    from graph.settings import Settings
    from tests.api.conftest import Client


async def test_a_viewer_is_answered(app_client: Callable[..., Client]) -> None:
    answer = await app_client().post("{ me }")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"{MEDIA_TYPE}; charset=utf-8"
    assert answer.json()["data"] == {"me": "Rep 01, East"}


async def test_each_answer_has_a_request_id_of_its_own_and_security_headers(app_client: Callable[..., Client]) -> None:
    client = app_client()
    answers = [
        await client.post("{ me }"),
        await client.post("{ me"),
        await client.get("/"),
        await client.get("/nowhere"),
        await app_client(None).post("{ me }"),
    ]
    assert len({answer.headers["x-request-id"] for answer in answers}) == len(answers)
    for answer in answers:
        assert SECURITY_HEADERS.items() <= dict(answer.headers).items()
    assert answers[1].json()["errors"][0]["extensions"]["requestId"] == answers[1].headers["x-request-id"]
    assert answers[3].json()["errors"][0]["extensions"]["requestId"] == answers[3].headers["x-request-id"]


async def test_a_clients_own_request_id_is_not_taken(app_client: Callable[..., Client]) -> None:
    answer = await app_client().post("{ me }", headers={"x-request-id": "forged"})
    assert "forged" not in answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("path", "body"),
    [("/healthz", {"healthy": True}), ("/readyz", {"ready": True}), ("/version", {"version": "0.1.0"})],
)
async def test_probes_need_no_token(app_client: Callable[..., Client], path: str, body: object) -> None:
    answer = await app_client(None).get(path)
    assert (answer.status_code, answer.json()) == (200, body)


async def test_the_root_points_to_the_endpoint(app_client: Callable[..., Client]) -> None:
    assert (await app_client(None).get("/")).json()["graphql"] == "/graphql"


async def test_it_is_not_ready_while_a_migration_is_missing(
    app_client: Callable[..., Client], database: Database
) -> None:
    await database.schema(
        "MATCH (m:Migration {name: '0001_constraints'}) SET m.name = '0001_kept', m:Kept REMOVE m:Migration"
    )
    try:
        answer = await app_client(None).get("/readyz")
    finally:
        await database.schema("MATCH (m:Kept) SET m.name = '0001_constraints', m:Migration REMOVE m:Kept")
    assert answer.status_code == 503
    assert answer.json()["errors"][0]["extensions"]["code"] == "SCHEMA_OUTDATED"


async def test_an_unreachable_database_is_503_everywhere(
    settings: Settings, clock: FixedClock, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.patience.RETRY_FOR", 0.1)
    token = tokens.issue("rep", timedelta(hours=1))
    async with connect("bolt://127.0.0.1:9", "neo4j", "nothing") as database:  # the port of `discard`: nobody listens
        app = create_app(settings, database, clock, schema=SMALL)
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test") as http:
            ready = await http.get("/readyz")
            login = {"authorization": f"Bearer {token}", "accept": MEDIA_TYPE}
            asked = await http.post("/graphql", json={"query": "{ me }"}, headers=login)
    for answer in (ready, asked):
        assert answer.status_code == 503
        assert answer.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
        assert "127.0.0.1" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "NOT_FOUND"),
        ("POST", "/healthz", 405, "METHOD_NOT_ALLOWED"),
        ("DELETE", "/graphql", 405, "METHOD_NOT_ALLOWED"),
    ],
)
async def test_what_no_route_takes_is_refused_in_json(
    app_client: Callable[..., Client], method: str, path: str, status: int, code: str
) -> None:
    answer = await app_client().http.request(method, path)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (status, code)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "The body is not JSON."),
        (b"[" * 2000, "The body is not JSON."),
        (b'{"query": NaN}', "The body is not JSON."),
        (b"\xff\xfe", "The body is not JSON."),
        (b"3", "The body must be a JSON object."),
        (b'"query"', "The body must be a JSON object."),
        (b"null", "The body must be a JSON object."),
        (b"{}", "The request has no `query`."),
        (b'{"query": 3}', "The GraphQL operation's `query` must be a string or null, if provided."),
        (
            b'{"query": "{me}", "operationName": 3}',
            "The GraphQL operation's `operationName` must be a string or null, if provided.",
        ),
        (
            b'{"query": "{me}", "variables": [1]}',
            "The GraphQL operation's `variables` must be an object or null, if provided.",
        ),
        (b'[{"query": "{me}"}]', "Send one operation at a time."),
    ],
)
async def test_a_malformed_request_is_400_and_says_why(
    app_client: Callable[..., Client], content: bytes, message: str
) -> None:
    answer = await app_client().send(content)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["message"], error["extensions"]["code"]) == (400, message, "BAD_REQUEST")


async def test_only_json_is_read(app_client: Callable[..., Client]) -> None:
    answer = await app_client().send(b"query=%7Bme%7D", **{"content-type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"] == "Send the request as application/json."


async def test_a_body_of_more_than_the_limit_is_413(app_client: Callable[..., Client]) -> None:
    answer = await app_client().send(b'{"query": "{me}", "operationName": null, "x": "' + b"x" * MAX_BODY + b'"}')
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (413, "LIMIT_EXCEEDED")


async def test_only_uploads_in_bulk_may_be_larger(app_client: Callable[..., Client]) -> None:
    async def sent(document: bytes, size: int = MAX_BODY) -> tuple[int, str]:
        answer = await app_client().send(b'{"query": "' + document + b'", "variables": {"x": "' + b"x" * size + b'"}}')
        return answer.status_code, answer.json()["errors"][0]["extensions"]["code"]

    refused = (413, "LIMIT_EXCEEDED")
    # The small schema has no uploads: what passes this limit is refused for that.
    assert (await sent(b"mutation { upsertRecords { x } }"))[1] == "GRAPHQL_VALIDATION_FAILED"
    assert await sent(b"mutation { upsertRecords { x } nothing }") == refused
    assert await sent(b"{ upsertRecords }") == refused
    assert await sent(b"mutation A { createGoals } mutation B { nothing }") == refused
    assert await sent(b"mutation { ...F } fragment F on Mutation { nothing }") == refused
    assert await sent(b"no document") == refused
    assert await sent(b"mutation { upsertRecords { x } }", MAX_UPLOAD) == refused


async def test_a_body_at_the_limit_is_read(app_client: Callable[..., Client]) -> None:
    frame = b'{"query": "{me}", "x": ""}'
    content = frame.replace(b'""', b'"' + b"x" * (MAX_BODY - len(frame)) + b'"')
    assert len(content) == MAX_BODY
    assert (await app_client().send(content)).json()["data"] == {"me": "Rep 01, East"}


async def test_queries_may_be_asked_by_get_but_mutations_not(app_client: Callable[..., Client]) -> None:
    client = app_client()
    assert (await client.get("/graphql", query="{ me }")).json()["data"] == {"me": "Rep 01, East"}
    refused = await client.get("/graphql", query="mutation { nothing }")
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    assert await client.data("mutation { nothing }") == {"nothing": True}


async def test_a_document_that_is_refused_has_no_data_and_a_status_that_fits_the_media_type(
    app_client: Callable[..., Client],
) -> None:
    client = app_client()
    for document, code in (("{ me", "GRAPHQL_PARSE_FAILED"), ("{ nothing }", "GRAPHQL_VALIDATION_FAILED")):
        new = await client.post(document)
        assert (new.status_code, list(new.json())) == (400, ["errors"])
        assert new.json()["errors"][0]["extensions"]["code"] == code
        old = await client.post(document, headers={"accept": "application/json"})
        assert (old.status_code, list(old.json())) == (200, ["errors"])
        assert old.headers["content-type"] == "application/json; charset=utf-8"


async def test_a_failed_field_leaves_the_rest_and_status_200(app_client: Callable[..., Client]) -> None:
    answer = await app_client().post("{ me refused }")
    assert answer.status_code == 200
    assert answer.json()["data"] == {"me": "Rep 01, East", "refused": None}


async def test_data_is_null_where_it_was_executed_and_failed(app_client: Callable[..., Client]) -> None:
    answer = await app_client().post("{ broken }")
    assert (answer.status_code, answer.json()["data"]) == (200, None)


async def test_a_document_of_too_many_tokens_is_refused(app_client: Callable[..., Client]) -> None:
    client = app_client()
    frame = "{ echoJson(value: [ %s ]) }"  # nine tokens around the list
    assert len(await client.data(frame % ("1 " * (MAX_TOKENS - 9)))) == 1
    assert await client.codes(frame % ("1 " * (MAX_TOKENS - 8))) == ["LIMIT_EXCEEDED"]


async def test_the_schema_is_told_only_where_it_may(
    app_client: Callable[..., Client], settings: Settings, database: Database, clock: FixedClock
) -> None:
    question = "{ __schema { queryType { name } } }"
    client = app_client()
    assert set(await client.codes(question)) == {"GRAPHQL_VALIDATION_FAILED"}
    assert await client.data("{ __typename }") == {"__typename": "Query"}
    app = create_app(settings.model_copy(update={"introspection": True}), database, clock, schema=SMALL)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test") as http:
        client.http = http
        assert await client.data(question) == {"__schema": {"queryType": {"name": "Query"}}}
    # The answer for those who may must not have been kept for those who may not.
    assert set(await app_client().codes(question)) == {"GRAPHQL_VALIDATION_FAILED"}


async def test_a_document_is_parsed_and_validated_once(app_client: Callable[..., Client]) -> None:
    caches = [_get_parse_cache(128), _get_validate_cache(128)]
    client = app_client()
    await client.data("{ me second: me }")
    before = [cache.cache_info() for cache in caches]  # type: ignore[attr-defined]
    await client.data("{ me second: me }")
    after = [cache.cache_info() for cache in caches]  # type: ignore[attr-defined]
    assert [(new.hits - old.hits, new.misses - old.misses) for old, new in zip(before, after, strict=True)] == [
        (1, 0)
    ] * 2


async def test_an_exception_outside_graphql_is_a_coded_500(
    settings: Settings, database: Database, clock: FixedClock, tokens: Tokens, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(settings, database, clock, schema=SMALL, make_loaders=None)
    sent: list[Message] = []

    async def receive() -> Message:
        message = "secret text"
        raise RuntimeError(message)

    async def send(message: Message) -> None:
        sent.append(message)

    token = tokens.issue("rep", timedelta(hours=1))
    headers = [(b"authorization", f"Bearer {token}".encode()), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers}
    await asyncio.wait_for(app(scope, receive, send), 10)
    assert sent[0]["status"] == 500
    assert json.loads(sent[1]["body"])["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert "RuntimeError" in caplog.text
    assert "secret" not in caplog.text
