"""Errors as clients see them: where a fault gets its code in GraphQL. What can go wrong at all: graph/errors.py.

A client gets the message of its own mistakes and of ours that are meant for it; of anything else, "Internal error" and
the request's id. The log gets one line for each refused document, and a fault's stack without values.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, Final

import strawberry
from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.exceptions import MissingQueryError, StrawberryInputCoercionError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from api.cursor import BadCursor
from api.enums import describe_enum
from api.fields import public
from graph.error_catalog import MEANINGS
from graph.errors import ErrorCode, LimitExceeded, Refusal, SchemaOutdated, Unauthenticated, Unavailable
from graph.faults import stack_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph.errors import GoalgraphError

log = logging.getLogger("goalgraph.api")

#: Codes beside those of graph/errors.py.
INTERNAL: Final = "INTERNAL"
PARSE_FAILED: Final = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED: Final = "GRAPHQL_VALIDATION_FAILED"
BAD_REQUEST: Final = "BAD_REQUEST"

# Anything else of graph/errors.py is for the operator (paths, addresses) or for `graph/` alone.
_FOR_CLIENTS: Final = (Refusal, Unauthenticated, LimitExceeded, Unavailable, SchemaOutdated, BadCursor)
#: What a stream cannot execute; elsewhere the view refuses these.
_OPERATIONS: Final[dict[type[Exception], str]] = {
    MissingQueryError: "The request has no `query`.",
    CannotGetOperationTypeError: "The document has no such operation, or several: name one of its own.",
    InvalidOperationTypeError: "Only subscriptions are streamed. Send queries and mutations by POST, and accept JSON.",
}
_SUGGESTION: Final = re.compile(r"\s*Did you mean .*\?$", re.DOTALL)
_TOO_MANY_TOKENS: Final = "Parsing aborted."
_BAD_ARGUMENT: Final = "Argument '"

describe_enum(ErrorCode, "Why an input was refused. Codes are stable; messages are not.", MEANINGS)


@strawberry.type(description="One rule that the input of a mutation breaks. Nothing was written.")
class UserError:
    """One broken rule, as mutations return it."""

    code: ErrorCode = public("Which rule.")
    field: list[str] | None = public("Path of the offending field below the mutation's input; null for the whole.")
    message: str = public("What is wrong and what to do about it, for people.")


def problems_as_user_errors(refusal: Refusal) -> list[UserError]:
    """Give a refusal as the `userErrors` of a mutation's payload."""
    return [
        UserError(
            code=problem.code,
            field=None if problem.field is None else list(problem.field),
            message=problem.message,
        )
        for problem in refusal.problems
    ]


def code_of(error: GoalgraphError) -> str:
    """Give the code that clients branch on."""
    return error.problem.code.value if isinstance(error, Refusal) else error.code


def error_body(message: str, code: str, request_id: str) -> dict[str, Any]:
    """Give the body of an answer that never came to GraphQL, in GraphQL's own shape."""
    return {"errors": [{"message": message, "extensions": {"code": code, "requestId": request_id}}]}


def told_of(error: Exception, request_id: str) -> dict[str, Any]:
    """Give what a client is told of an error that came when its answer had begun; logs a fault."""
    if isinstance(error, _FOR_CLIENTS):
        return {"code": code_of(error), "message": error.message, "requestId": request_id}
    log_fault(error, request_id)
    return {"code": INTERNAL, "message": "Internal error", "requestId": request_id}


def masked(errors: Sequence[GraphQLError], request_id: str) -> list[GraphQLError]:
    """Give errors that may leave: each with a code and the request's id, none with a text not meant for clients.

    The given errors stay as they are, since a cache may hold them. Logs each fault, and one line for the document.
    """
    answers = []
    for error in errors:
        message, code = _told(error)
        if code == INTERNAL:
            log_fault(error.original_error or error, request_id)
        answers.append(
            GraphQLError(
                message,
                nodes=error.nodes,
                source=error.source,
                positions=error.positions,
                path=error.path,
                extensions={"code": code, "requestId": request_id},
            )
        )
    if answers:
        codes = ", ".join(sorted({str((answer.extensions or {})["code"]) for answer in answers}))
        log.info("request %s: %d errors (%s)", request_id, len(answers), codes)
    return answers


def log_refused(request_id: str, code: str) -> None:
    """Log one line for a request that was refused before anything of it was executed."""
    log.info("request %s: refused (%s)", request_id, code)


def log_fault(fault: BaseException, request_id: str) -> None:
    """Log where a fault arose and of what kind it and its causes are; their messages may hold values, so not those."""
    log.error("request %s: internal error: %s", request_id, stack_of(fault))


def _told(error: GraphQLError) -> tuple[str, str]:
    """Give the message and code for one error."""
    origin = _origin(error)
    if isinstance(origin, _FOR_CLIENTS):
        return origin.message, code_of(origin)
    if isinstance(error, GraphQLSyntaxError):
        code = LimitExceeded.code if _TOO_MANY_TOKENS in error.message else PARSE_FAILED
        return error.message, code
    if origin is not None and type(origin) in _OPERATIONS:
        return _OPERATIONS[type(origin)], BAD_REQUEST
    clients_own = origin is None or isinstance(origin, StrawberryInputCoercionError)
    # An error with a path arose in a resolver or in its answer; of those only an argument's value is the client's.
    if clients_own and (error.path is None or error.message.startswith(_BAD_ARGUMENT)):
        return _SUGGESTION.sub("", error.message), VALIDATION_FAILED
    return "Internal error", INTERNAL


def _origin(error: GraphQLError) -> Exception | None:
    """Give the exception that an error wraps, however often; None where GraphQL itself made the error."""
    origin = error.original_error
    while isinstance(origin, GraphQLError):
        origin = origin.original_error
    return origin
