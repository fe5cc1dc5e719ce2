"""Limits of documents: what is counted, what it costs, and that a refusal takes no statement and one line of log."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from graphql import parse

from api.context import Context
from api.execution import MAX_TOKENS
from api.limits import MAX_ALIASES, MAX_COST, MAX_DEPTH, MAX_DIRECTIVES, MAX_REPETITIONS, Shape, cost_of, shape_of
from api.loaders import Loaders
from api.schema import schema

if TYPE_CHECKING:
    from collections.abc import Callable

    from graph.clock import FixedClock
    from graph.database import Database
    from graph.settings import Settings
    from tests.api.conftest import Client

SHAPES = {
    "{ a b { c { d } } }": Shape(3, 0, 0),
    "{ x: a y: b { z: c } }": Shape(2, 3, 0),
    "query @d { a @skip(if: true) @include(if: true) }": Shape(1, 0, 3),
    "{ a { ...F } b { c { ...F } } } fragment F on T { d { x: e } }": Shape(4, 1, 0),
    # Each fragment twice in the next one: looked into once, or this would take for ever.
    "{ ...F0 } "
    + " ".join(f"fragment F{n} on T {{ a {{ ...F{n + 1} }} b {{ ...F{n + 1} }} }}" for n in range(60))
    + " fragment F60 on T { x: c }": Shape(61, 1, 0),
    "{ ...A } fragment A on T { a { ...B } } fragment B on T { b { ...A } }": Shape(2, 0, 0),
    "{ a a b: a b: a c { a } c { a a } ...F ...F } fragment F on T { a a a }": Shape(2, 2, 0, 7),
    "{ __schema { types { fields { type { ofType { ofType { name } } } } } } }": Shape(0, 0, 0),
    "{ ... on T { a { ... { b } } } }": Shape(2, 0, 0),
}

COSTS: dict[str, tuple[dict[str, Any], int]] = {
    "{ viewer { id name } }": ({}, 1),
    "{ goals(first: 10) { totalCount nodes { id title } } }": ({}, 1 + 10),
    "{ goals { nodes { id pace { amount } owner { ... on Owner { name } } } } }": ({}, 1 + 50 * 3),
    "query($n: Int) { goals(first: $n) { edges { node { id } } } }": ({"n": 7}, 1 + 7 * 2),
    "query($n: Int = 3) { goals(first: $n) { nodes { id children(first: 200) { nodes { id } } } } }": (
        {},
        1 + 3 * (1 + 1 + 200),
    ),
    "{ goalTree(rootId: 1) { nodes { id goal { title pace { amount } period { label } metric { name } } } } }": (
        {},
        1 + 200,
    ),
    "{ goalTree(rootId: 1, first: 10) { nodes { goal { manager { name } } } } }": ({}, 1 + 2),
    "{ goalTree(rootId: 1, first: 10) { nodes { goal { children(first: 5) { nodes { id } } } } } }": (
        {},
        1 + 1 + 10 * (1 + 5),
    ),
    "{ nodes(ids: [1, 2, 3]) { id ... on Goal { pace { days } } } }": ({}, 1 + 3 * 2),
    "{ goal(id: 1) { history { day } } }": ({}, 1 + 1 + 76),
    '{ goal(id: 1) { history(from: null, to: "2026-02-15", interval: WEEK) { day } } }': ({}, 1 + 1 + 10),
    '{ goal(id: 1) { history(from: "2026-01-01", to: "2026-02-20") { day } } }': ({}, 1 + 1 + 5),
    'query($from: Date!) { goal(id: 1) { history(from: $from, to: "1900-01-01", interval: MONTH) { day } } }': (
        {"from": "2026-01-01"},
        1 + 1,
    ),
    "{ goalTree(rootId: 1, first: 10) { nodes { goal { history(interval: MONTH) { day } } } } }": ({}, 1 + 1 + 10 * 3),
    "{ ...Q ...Q } fragment Q on Query { viewer { id } }": ({}, 2),
    "{ __schema { types { name fields { name } } } }": ({}, 0),
}

REFUSED = {
    "{ viewer " + "{ manager " * 11 + "{ name }" + " }" * 11 + " }": "nested fields",
    "{ " + " ".join(f"a{n}: viewer {{ id }}" for n in range(MAX_ALIASES + 1)) + " }": "aliases",
    "{ viewer { id " + "@skip(if: false) " * (MAX_DIRECTIVES + 1) + "} }": "directives",
    "{ viewer { id " + "name " * (MAX_REPETITIONS + 2) + "} }": "repetitions",
    "{ goals(first: 200) { nodes { children(first: 200) { nodes { id } } } } }": "costs 40401",
}

#: Bodies of which nothing is executed, and what they are refused for.
MALFORMED = {
    b'{"query": "{ me"}': "GRAPHQL_PARSE_FAILED",
    b'{"query": "{ nothing }"}': "GRAPHQL_VALIDATION_FAILED",
    b'{"query": "query($a: Int!) { me }"}': "GRAPHQL_VALIDATION_FAILED",
    b'{"query": "{ __schema { types { name } } }"}': "GRAPHQL_VALIDATION_FAILED",
    b'{"query": "query($n: String!) { __type(name: $n) { name } }"}': "GRAPHQL_VALIDATION_FAILED",
    b'{"query": "{ ...A } fragment A on Query { ...A }"}': "GRAPHQL_VALIDATION_FAILED",
    b'{"query": "{ ' + b"me " * MAX_TOKENS + b'}"}': "LIMIT_EXCEEDED",
    b'{"query": "{ ' + b"me " * (MAX_REPETITIONS + 2) + b'}"}': "LIMIT_EXCEEDED",
    b'[{"query": "{ me }"}, {"query": "{ me }"}]': "BAD_REQUEST",
    b'{"query": "{ me }", "variables": [1]}': "BAD_REQUEST",
    b"{": "BAD_REQUEST",
    b"{}": "BAD_REQUEST",
}


@pytest.mark.parametrize(("text", "shape"), SHAPES.items())
def test_the_shape_of_a_document(text: str, shape: Shape) -> None:
    assert shape_of(parse(text)) == shape


@pytest.mark.parametrize(("text", "expected"), COSTS.items())
def test_the_cost_of_a_document(text: str, expected: tuple[dict[str, Any], int]) -> None:
    variables, cost = expected
    assert cost_of(schema._schema, parse(text), None, variables) == cost


async def test_what_asks_for_too_much_takes_no_statement_and_one_line_of_log(
    database: Database, clock: FixedClock, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    await database.schema(
        "CREATE (:Owner:User {kind: 'USER', id: 'u-1', externalId: 'rep', name: 'Rep 01, East', active: true})"
    )

    async def ask(text: str, *, introspection: bool = False) -> tuple[Any, list[str]]:
        key = settings.signing_key()
        context = Context("r", "rep", database, clock, settings, key, introspection, make_loaders=Loaders)
        result = await schema.execute(text, context_value=context)
        return result, [name for name, _ in context.trace.statements]

    caplog.set_level(logging.INFO)
    for text, what in REFUSED.items():
        caplog.clear()
        result, statements = await ask(text)
        (error,) = result.errors
        assert (error.extensions["code"], statements) == ("LIMIT_EXCEEDED", []), text
        assert what in error.message
        assert len(caplog.records) == 1
    result, statements = await ask("{ viewer { id name } }", introspection=True)
    assert result.extensions["cost"] == 1
    assert [one["name"] for one in result.extensions["statements"]] == statements
    assert (await ask("{ viewer { id } }"))[0].extensions == {"cost": 1}
    # The deepest, and dearest, that is allowed.
    assert MAX_DEPTH == 10
    allowed = "{ viewer " + "{ manager " * 8 + "{ name }" + " }" * 8 + " }"
    assert (await ask(allowed))[0].errors is None
    assert (
        4_900
        < cost_of(
            schema._schema,
            parse("{ goals(first: 96) { nodes { id children { totalCount nodes { id } } } } }"),
            None,
            {},
        )
        < MAX_COST
    )


async def test_whatever_it_is_refused_for_a_document_takes_no_statement_and_one_line(
    app_client: Callable[..., Client],
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def asked(*_: object, **_more: object) -> None:
        message = "the database was asked"
        raise AssertionError(message)

    monkeypatch.setattr(database, "_transact", asked)
    monkeypatch.setattr(database, "fetch", asked)
    caplog.set_level(logging.DEBUG, "goalgraph")
    for body, code in MALFORMED.items():
        caplog.clear()
        answer = await app_client().send(body)
        assert {error["extensions"]["code"] for error in answer.json()["errors"]} == {code}, body
        (line,) = [record.getMessage() for record in caplog.records if record.name.startswith("goalgraph")]
        assert answer.headers["x-request-id"] in line
        assert code in line
