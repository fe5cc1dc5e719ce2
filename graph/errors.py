"""Everything that can go wrong, as one tree. A docstring is the default message; `api/errors.py` alone maps to GraphQL.

GoalgraphError
├── Refusal            the input breaks a rule: one code, one field, a remedy; nothing was written
├── Unauthenticated    no token, or one that does not hold
├── LimitExceeded      the request asks for more than one request may
├── Unavailable        the database cannot be reached, or took too long
│   ├── Torn           a reader saw half of a commit: read again
│   └── OutcomeUnknown the connection broke during a commit: it was done, or not
├── WrongServer        the server that answers is not the one meant
└── SchemaOutdated     the database's schema is older or newer than the program
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence


class ErrorCode(StrEnum):
    """Stable codes of refusals. Clients branch on them; messages may change."""

    METRIC_NAME_TAKEN = "METRIC_NAME_TAKEN"
    METRIC_TYPE_FROZEN = "METRIC_TYPE_FROZEN"
    METRIC_IN_USE = "METRIC_IN_USE"
    METRIC_WITHOUT_FIELDS = "METRIC_WITHOUT_FIELDS"
    CATEGORY_TAKEN = "CATEGORY_TAKEN"
    AMOUNT_FIELD_ON_COUNT = "AMOUNT_FIELD_ON_COUNT"
    AMOUNT_FIELD_REQUIRED = "AMOUNT_FIELD_REQUIRED"
    AMOUNT_FIELD_TYPE_MISMATCH = "AMOUNT_FIELD_TYPE_MISMATCH"
    UNKNOWN_RECORD_TYPE = "UNKNOWN_RECORD_TYPE"
    UNKNOWN_FIELD = "UNKNOWN_FIELD"
    UNKNOWN_STATE = "UNKNOWN_STATE"
    UNKNOWN_STATUS = "UNKNOWN_STATUS"
    RECORD_TYPE_FROZEN = "RECORD_TYPE_FROZEN"
    FIELD_TYPE_FROZEN = "FIELD_TYPE_FROZEN"
    ROLLUP_FIELD_FROZEN = "ROLLUP_FIELD_FROZEN"
    ROLLUP_FIELD_IN_USE = "ROLLUP_FIELD_IN_USE"
    QUERY_NAME_TAKEN = "QUERY_NAME_TAKEN"
    QUERY_RECORD_TYPE_MISMATCH = "QUERY_RECORD_TYPE_MISMATCH"
    QUERY_IN_USE = "QUERY_IN_USE"
    QUERY_TOO_LARGE = "QUERY_TOO_LARGE"
    OPERATOR_NOT_FOR_TYPE = "OPERATOR_NOT_FOR_TYPE"
    GOAL_CYCLE = "GOAL_CYCLE"
    PARENT_METRIC_DIFFERS = "PARENT_METRIC_DIFFERS"
    METRIC_LOCKED_IN_TREE = "METRIC_LOCKED_IN_TREE"
    PERIOD_NOT_WITHIN_PARENT = "PERIOD_NOT_WITHIN_PARENT"
    PERIOD_LOCKED_BY_CLOSED_GOAL = "PERIOD_LOCKED_BY_CLOSED_GOAL"
    PERIOD_NOT_IN_CALENDAR = "PERIOD_NOT_IN_CALENDAR"
    PERIOD_INCOMPLETE = "PERIOD_INCOMPLETE"
    PERIOD_NOT_MAPPED = "PERIOD_NOT_MAPPED"
    START_AFTER_END = "START_AFTER_END"
    GOAL_CLOSED = "GOAL_CLOSED"
    GOAL_OPEN = "GOAL_OPEN"
    OPEN_DESCENDANTS = "OPEN_DESCENDANTS"
    MANAGER_MUST_BE_USER = "MANAGER_MUST_BE_USER"
    OWNER_NOT_FOUND = "OWNER_NOT_FOUND"
    TARGET_NEGATIVE = "TARGET_NEGATIVE"
    STRETCH_NOT_TRACKED = "STRETCH_NOT_TRACKED"
    STRETCH_BELOW_TARGET = "STRETCH_BELOW_TARGET"
    AMOUNT_OUT_OF_RANGE = "AMOUNT_OUT_OF_RANGE"
    AMOUNT_TOO_PRECISE = "AMOUNT_TOO_PRECISE"
    UNKNOWN_CURRENCY = "UNKNOWN_CURRENCY"
    NO_EXCHANGE_RATE = "NO_EXCHANGE_RATE"
    BASE_CURRENCY_FROZEN = "BASE_CURRENCY_FROZEN"
    STRUCTURE_CYCLE = "STRUCTURE_CYCLE"
    ROLE_NAME_TAKEN = "ROLE_NAME_TAKEN"
    ROLE_SHIPPED = "ROLE_SHIPPED"
    PROFILE_NAME_TAKEN = "PROFILE_NAME_TAKEN"
    INVALID_VALUE = "INVALID_VALUE"
    REQUIRED = "REQUIRED"
    TOO_MANY_ROWS = "TOO_MANY_ROWS"
    DUPLICATE_ROW = "DUPLICATE_ROW"
    NOTHING_TO_RESUME = "NOTHING_TO_RESUME"
    STRUCTURE_IN_USE = "STRUCTURE_IN_USE"
    LAST_ADMINISTRATOR = "LAST_ADMINISTRATOR"
    NOT_FOUND = "NOT_FOUND"
    FORBIDDEN = "FORBIDDEN"
    CONFLICT = "CONFLICT"


class GoalgraphError(Exception):
    """Something went wrong."""

    code = "INTERNAL"

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").split("\n", maxsplit=1)[0])

    @property
    def message(self) -> str:
        """What to tell the user."""
        return str(self)


@dataclass(frozen=True)
class Problem:
    """One broken rule: `field` is the path below the mutation's input, `message` names the remedy."""

    code: ErrorCode
    message: str
    field: tuple[str, ...] | None = None


class Refusal(GoalgraphError):  # noqa: N818
    """The input was refused and nothing was written."""

    def __init__(self, code: ErrorCode, message: str, field: tuple[str, ...] | None = None) -> None:
        super().__init__(message)
        self.problem = Problem(code, message, field)
        #: All rules broken, `problem` the first.
        self.problems: tuple[Problem, ...] = (self.problem,)

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> Self:
        """One refusal for several broken rules, at least one."""
        first = problems[0]
        refusal = cls(first.code, first.message, first.field)
        refusal.problems = tuple(problems)
        return refusal


class Unauthenticated(GoalgraphError):  # noqa: N818 - the field's word for it
    """The request needs a valid bearer token."""

    code = "UNAUTHENTICATED"


class LimitExceeded(GoalgraphError):  # noqa: N818
    """The request asks for more than one request may."""

    code = "LIMIT_EXCEEDED"


class Unavailable(GoalgraphError):  # noqa: N818
    """The database cannot be reached or took too long. Try again shortly."""

    code = "UNAVAILABLE"


class OutcomeUnknown(Unavailable):
    """The connection broke while this was being saved: it was done, or not. Send it again with the same idempotencyKey.

    Without a key, look first: sending it again may do it twice.
    """

    code = "OUTCOME_UNKNOWN"


class WrongServer(GoalgraphError):  # noqa: N818
    """The server that answers is not the one meant. Check NEO4J_URI."""

    code = "WRONG_SERVER"


class SchemaOutdated(GoalgraphError):  # noqa: N818
    """The database's schema does not fit this program. Run `goals migrate up`."""

    code = "SCHEMA_OUTDATED"


class Torn(Unavailable):
    """The totals are changing right now. Ask again."""
