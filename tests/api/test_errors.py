"""What clients are told when something fails, and what the log is told."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from graphql import GraphQLError

from api.errors import masked, problems_as_user_errors
from graph.errors import ErrorCode, GoalgraphError, Refusal, Torn, Unavailable, WrongServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.api.conftest import Client


async def test_a_faults_text_stays_here(app_client: Callable[..., Client], caplog: pytest.LogCaptureFixture) -> None:
    client = app_client()
    for document in ("{ broken }", "{ crooked }", "{ faulty }"):
        caplog.clear()
        answer = await client.post(document)
        (error,) = answer.json()["errors"]
        assert (error["message"], error["extensions"]["code"]) == ("Internal error", "INTERNAL")
        faults = [record for record in caplog.records if record.levelno == logging.ERROR]
        assert len(faults) == 1
        assert answer.headers["x-request-id"] in faults[0].getMessage()
        assert "in work" in caplog.text or "in broken" in caplog.text or "GraphQLError" in caplog.text
        for text in (answer.text, caplog.text):
            assert "secret text" not in text
            assert "/ by zero" not in text


async def test_a_refusal_is_told_with_its_code_and_place(app_client: Callable[..., Client]) -> None:
    (error,) = (await app_client().post("{ refused }")).json()["errors"]
    assert error["message"] == "There is no such thing. Look elsewhere."
    assert error["extensions"]["code"] == "NOT_FOUND"
    assert (error["path"], error["locations"]) == (["refused"], [{"line": 1, "column": 3}])


@pytest.mark.parametrize(
    ("document", "variables", "message"),
    [
        ("{ mee }", None, "Cannot query field 'mee' on type 'Query'."),
        ("{ numbers(frist: 1) { totalCount } }", None, "Unknown argument 'frist' on field 'Query.numbers'."),
        ("query ($a: Decimall!) { echo(amount: $a) }", None, "Unknown type 'Decimall'."),
        (
            "query ($a: Decimal!) { echo(amount: $a) }",
            {"a": 1.5},
            (
                "Variable '$a' has invalid value: A JSON number with a point or an exponent is not exact. "
                'Send amounts as strings, such as "1234.5".'
            ),
        ),
        (
            "query ($n: Int) { numbers(first: $n) { totalCount } }",
            {"n": "many"},
            "Variable '$n' has invalid value: Int cannot represent non-integer value: 'many'",
        ),
    ],
)
async def test_a_clients_own_mistake_is_told_without_suggestions(
    app_client: Callable[..., Client], document: str, variables: dict[str, object] | None, message: str
) -> None:
    answer = await app_client().post(document, variables)
    assert answer.status_code == 400
    error = answer.json()["errors"][0]
    assert (error["message"], error["extensions"]["code"]) == (message, "GRAPHQL_VALIDATION_FAILED")
    assert "Did you mean" not in answer.text


async def test_a_refused_document_is_one_line_of_log_without_its_text(
    app_client: Callable[..., Client], caplog: pytest.LogCaptureFixture
) -> None:
    client = app_client()
    caplog.set_level(logging.INFO, "goalgraph")
    answer = await client.post("{ " + " ".join(f"secret{n} @skip(if: maybe)" for n in range(40)) + " }")
    assert answer.status_code == 400
    ours = [record for record in caplog.records if record.name.startswith(("goalgraph", "strawberry"))]
    assert len(ours) == 1
    assert "GRAPHQL_VALIDATION_FAILED" in ours[0].getMessage()
    assert "secret" not in caplog.text


def test_only_errors_meant_for_clients_are_told() -> None:
    def told(error: GoalgraphError) -> tuple[str, object]:
        (answer,) = masked([GraphQLError("raw", path=["x"], original_error=error)], "r-1")
        return answer.message, (answer.extensions or {})["code"]

    assert told(Unavailable()) == ("The database cannot be reached or took too long. Try again shortly.", "UNAVAILABLE")
    assert told(Refusal(ErrorCode.FORBIDDEN, "Ask.")) == ("Ask.", "FORBIDDEN")
    assert told(Torn()) == ("The totals are changing right now. Ask again.", "UNAVAILABLE")
    for operators in (WrongServer("at /an/address"), GoalgraphError("at /a/path")):
        assert told(operators) == ("Internal error", "INTERNAL")


def test_masking_leaves_a_cached_error_as_it_is() -> None:
    error = GraphQLError("Cannot. Did you mean 'x'?")
    (answer,) = masked([error], "r-1")
    assert (answer.message, answer.extensions) == (
        "Cannot.",
        {"code": "GRAPHQL_VALIDATION_FAILED", "requestId": "r-1"},
    )
    assert (error.message, error.extensions) == ("Cannot. Did you mean 'x'?", {})


def test_nested_causes_are_seen_through() -> None:
    inner = GraphQLError("outer", original_error=Refusal(ErrorCode.CONFLICT, "Read it again."))
    (answer,) = masked([GraphQLError("outermost", original_error=inner)], "r-1")
    assert (answer.message, answer.extensions) == ("Read it again.", {"code": "CONFLICT", "requestId": "r-1"})


def test_a_refusal_becomes_a_user_error() -> None:
    (error,) = problems_as_user_errors(Refusal(ErrorCode.REQUIRED, "Give a title.", ("title",)))
    assert (error.code, error.field, error.message) == (ErrorCode.REQUIRED, ["title"], "Give a title.")
    (whole,) = problems_as_user_errors(Refusal(ErrorCode.CONFLICT, "Read it again."))
    assert whole.field is None
