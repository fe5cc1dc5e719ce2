"""What the project graphql-cop looks for, each of its checks as a test: nothing that it calls HIGH or MEDIUM.

Its names and grades stand beside each. The requests are ours; what counts as a finding is as there.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.structure import logins

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from graph.clock import FixedClock
    from graph.database import Database
    from graph.settings import Settings
    from tests.api.conftest import Client

CIRCLE = "{ __schema { types { " + "fields { type { " * 4 + "name" + " } }" * 4 + " } } }"


@pytest.fixture
async def client(settings: Settings, database: Database, clock: FixedClock) -> AsyncIterator[Client]:
    async with logins(settings, database, clock) as login:
        yield login("admin")


async def refused(client: Client, document: str) -> dict[str, Any]:
    """Send a document of which nothing may be answered; its first error."""
    answer = (await client.post(document)).json()
    assert "data" not in answer
    error: dict[str, Any] = answer["errors"][0]
    return error


@pytest.mark.parametrize(
    ("document", "code"),
    [
        # Alias Overloading (HIGH): 100 aliases of one field.
        ("{ " + " ".join(f"alias{n}: __typename" for n in range(101)) + " }", "LIMIT_EXCEEDED"),
        # Directive Overloading (HIGH): many unknown ones on a field, and as many that are known.
        ("{ __typename " + "@aa" * 10 + " }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ __typename " + "@skip(if: false)" * 51 + " }", "LIMIT_EXCEEDED"),
        # Field Duplication (HIGH): the same field 500 times.
        ("{ " + "__typename " * 500 + "}", "LIMIT_EXCEEDED"),
        # Introspection (HIGH), and Introspection-based Circular Query (HIGH).
        ("{ __schema { types { name fields { name } } } }", "GRAPHQL_VALIDATION_FAILED"),
        (CIRCLE, "GRAPHQL_VALIDATION_FAILED"),
        # Circular Fragment (HIGH): two that spread each other.
        (
            "{ ...A } fragment A on Query { __typename ...B } fragment B on Query { ...A }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
    ],
)
async def test_a_document_made_to_exhaust_or_to_explore_is_refused(client: Client, document: str, code: str) -> None:
    assert (await refused(client, document))["extensions"]["code"] == code


async def test_no_batch_is_taken(client: Client) -> None:
    """Array-based Query Batching (HIGH)."""
    answer = await client.send(json.dumps([{"query": "{ __typename }"}] * 11).encode())
    assert (answer.status_code, "data" in answer.json()) == (400, False)


async def test_no_field_is_suggested(client: Client) -> None:
    """Field Suggestions (LOW)."""
    for document in ("{ goal }", "{ goalz { id } }", "{ viewer { nam } }", '{ goal(idd: "1") { id } }'):
        assert "did you mean" not in json.dumps(await refused(client, document)).lower()


async def test_no_page_for_trying_queries_is_at_the_endpoint_or_beside_it(client: Client) -> None:
    """GraphQL IDE (LOW)."""
    for path in ("/", "/graphql", "/graphiql", "/playground", "/console", "/altair"):
        answer = await client.http.get(path, headers={"accept": "text/html", "authorization": f"Bearer {client.token}"})
        assert "html" not in answer.headers["content-type"]
        for word in ("graphiql", "playground", "altair"):
            assert word not in answer.text.lower().replace(path, "")


async def test_a_mutation_is_not_taken_over_get(client: Client) -> None:
    """Mutation is allowed over GET (MEDIUM)."""
    answer = await client.get("/graphql", query="mutation { __typename }")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_a_form_is_not_taken(client: Client) -> None:
    """POST based url-encoded query, possible CSRF (MEDIUM): in the address, and in the body, of each kind of form."""
    content = b"query=query%20%7B__typename%7D"
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "text/plain"):
        for path in ("/graphql?query=%7B__typename%7D", "/graphql"):
            headers = {"authorization": f"Bearer {client.token}", "content-type": kind}
            answer = await client.http.post(path, content=content, headers=headers)
            assert (answer.status_code, "data" in answer.json()) == (400, False)


async def test_a_query_over_get_is_nobody_s_without_a_header_that_no_foreign_page_can_send(client: Client) -> None:
    """GET Method Query Support (LOW in its first versions, MEDIUM since).

    The specification allows such queries, and its audit asks for them. What makes them a risk elsewhere is a cookie,
    which a browser adds by itself: here is none, and a foreign page cannot send our header without asking us first,
    which the answer to OPTIONS denies.
    """
    asked = {"query": "{ viewer { name } }"}
    assert (await client.get("/graphql", **asked)).json()["data"] == {"viewer": {"name": "Admin"}}
    cookie = {"cookie": f"authorization={client.token}; token={client.token}"}
    bare = await client.http.get("/graphql", params=asked, headers=cookie)
    assert (bare.status_code, "data" in bare.json()) == (401, False)
    assert "set-cookie" not in bare.headers
    preflight = {"origin": "https://elsewhere.example", "access-control-request-headers": "authorization"}
    answer = await client.http.options("/graphql", headers={**preflight, "access-control-request-method": "GET"})
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_nothing_is_traced_and_no_exception_told(client: Client) -> None:
    """Trace Mode, Unhandled Errors Detection (both INFO)."""
    answer = (await client.post("{ viewer { name } }")).json()
    assert set(answer["extensions"]) == {"cost"}
    for document in ("qwerty { abc }", "{ viewer }", "{ nothing }", ""):
        answer = await client.post(document)
        for error in answer.json()["errors"]:
            assert set(error["extensions"]) == {"code", "requestId"}
        for word in ("tracing", "exception", "traceback", "stack", ".py"):
            assert word not in answer.text.lower()
