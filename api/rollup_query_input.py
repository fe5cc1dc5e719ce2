"""The conditions of rollup queries as clients give them; `form_of` makes of them what `graph/query_form.py` reads."""

from __future__ import annotations

from enum import Enum
from typing import Any

import strawberry
from strawberry.types.base import get_object_definition
from strawberry.utils.str_converters import to_camel_case

from api.enums import describe_enum
from graph.query_spec import RelativePeriod, Subject

describe_enum(
    Subject,
    "Whose field a condition looks at.",
    {
        Subject.RECORD: "The record's own.",
        Subject.ACCOUNT: "That of the account the record is about. A record without one has none of its fields.",
        Subject.PARENT: "That of the record it is part of, such as an order line's order.",
    },
    name="RollupQuerySubject",
)
describe_enum(
    RelativePeriod,
    "A period of the fiscal calendar, seen from today in the organization's time zone.",
    {
        RelativePeriod.LAST_FISCAL_PERIOD: "The fiscal period before the present one.",
        RelativePeriod.THIS_FISCAL_PERIOD: "The present fiscal period.",
        RelativePeriod.NEXT_FISCAL_PERIOD: "The fiscal period after the present one.",
        RelativePeriod.LAST_FISCAL_YEAR: "The fiscal year before the present one.",
        RelativePeriod.THIS_FISCAL_YEAR: "The present fiscal year.",
        RelativePeriod.NEXT_FISCAL_YEAR: "The fiscal year after the present one.",
    },
    name="RelativePeriod",
)

_USERS_OR_TEAMS = "The owner is one of these users and teams, by id. A member's records are not the team's."
_NULL = "Whether there is none (true) or one (false)."

_IS_GOAL_OWNER = (
    "The owner, its business unit, the territory or the product line is the owner of the goal that counts: true. For "
    "the opposite use `not`."
)
_AT_OR_BELOW = (
    "As `isGoalOwner`, or below the goal's owner: a team's members, who reports to a user, units and places below: "
    "true. For the opposite use `not`."
)


@strawberry.input(description="A range of values, both ends included.")
class RollupQueryRangeInput:
    """The values of `between`."""

    from_: str = strawberry.field(name="from", description="The smallest value or the first day, such as `2026-03-31`.")
    to: str = strawberry.field(description="The greatest value or the last day; not below `from`.")


@strawberry.input(
    one_of=True,
    description=(
        "How a field's value is compared: give exactly one. Values are texts whatever the field's type: `1234.5`, "
        "`2026-03-31`, `true`, a choice or state as the record type lists it. By type: TEXT takes equals, notEquals, "
        "in, notIn, contains, beginsWith, endsWith; CHOICE (also state and status) equals, notEquals, in, notIn; "
        "BOOLEAN equals, notEquals; INTEGER, DECIMAL and MONEY equals, notEquals, in, notIn, greater, "
        "greaterOrEqual, less, lessOrEqual, between; DATE and DATETIME on, before, after, between, lastDays, nextDays, "
        "fiscal; all take isNull. Texts are compared without regard to case, money in base currency, a DATETIME by "
        "its date in the organization's time zone. A missing value meets no comparison but notEquals and notIn."
    ),
)
class RollupQueryFieldTestInput:
    """One operator with its values."""

    equals: strawberry.Maybe[str] = strawberry.field(description="The value is this one.")
    not_equals: strawberry.Maybe[str] = strawberry.field(description="The value is another one, or there is none.")
    in_: strawberry.Maybe[list[str]] = strawberry.field(name="in", description="The value is one of these, 1 to 1 000.")
    not_in: strawberry.Maybe[list[str]] = strawberry.field(
        description="The value is none of these, 1 to 1 000, or there is none."
    )
    is_null: strawberry.Maybe[bool] = strawberry.field(description=_NULL)
    greater: strawberry.Maybe[str] = strawberry.field(description="The amount is greater.")
    greater_or_equal: strawberry.Maybe[str] = strawberry.field(description="The amount is greater, or this one.")
    less: strawberry.Maybe[str] = strawberry.field(description="The amount is smaller.")
    less_or_equal: strawberry.Maybe[str] = strawberry.field(description="The amount is smaller, or this one.")
    between: strawberry.Maybe[RollupQueryRangeInput] = strawberry.field(
        description="The amount or day lies within a range, both ends included."
    )
    contains: strawberry.Maybe[str] = strawberry.field(description="The text has this part. No wildcards.")
    begins_with: strawberry.Maybe[str] = strawberry.field(description="The text begins so.")
    ends_with: strawberry.Maybe[str] = strawberry.field(description="The text ends so.")
    on: strawberry.Maybe[str] = strawberry.field(description="It is this day.")
    before: strawberry.Maybe[str] = strawberry.field(description="It is an earlier day.")
    after: strawberry.Maybe[str] = strawberry.field(description="It is a later day.")
    last_days: strawberry.Maybe[int] = strawberry.field(
        description="It is today or one of so many days before, 1 to 36 500."
    )
    next_days: strawberry.Maybe[int] = strawberry.field(
        description="It is today or one of so many days to come, 1 to 36 500."
    )
    fiscal: strawberry.Maybe[RelativePeriod] = strawberry.field(
        description="It lies in this period of the fiscal calendar, which moves on as days go by."
    )


@strawberry.input(description="A condition on a field of the record, of its account or of the record it is part of.")
class RollupQueryFieldInput:
    """A field and its test."""

    of: Subject = strawberry.field(default=Subject.RECORD, description="Whose field; the record's if left out.")
    key: str = strawberry.field(
        description="Key of a field that the record type declares, or `name`, `externalId`, `state`, `status`."
    )
    test: RollupQueryFieldTestInput = strawberry.field(description="How its value is compared.")


@strawberry.input(
    one_of=True,
    description=(
        "A condition on the record's owner: give exactly one. A record without an owner of its own has that of the "
        "record it is part of. Lists have 1 to 1 000 ids."
    ),
)
class RollupQueryOwnerInput:
    """A test of the owner."""

    is_: strawberry.Maybe[list[strawberry.ID]] = strawberry.field(name="is", description=_USERS_OR_TEAMS)
    in_team: strawberry.Maybe[list[strawberry.ID]] = strawberry.field(
        description="The owner is one of these teams, or a member of one."
    )
    in_unit: strawberry.Maybe[list[strawberry.ID]] = strawberry.field(
        description="The owner is in one of these business units itself."
    )
    in_unit_or_below: strawberry.Maybe[list[strawberry.ID]] = strawberry.field(
        description="The owner is in one of these business units, or in one below."
    )
    managed_by: strawberry.Maybe[list[strawberry.ID]] = strawberry.field(
        description="The owner is a user who reports to one of these users directly."
    )
    is_null: strawberry.Maybe[bool] = strawberry.field(description=_NULL)
    is_goal_owner: strawberry.Maybe[bool] = strawberry.field(description=_IS_GOAL_OWNER)
    at_or_below_goal_owner: strawberry.Maybe[bool] = strawberry.field(description=_AT_OR_BELOW)


@strawberry.input(
    one_of=True,
    description=(
        "A condition on the record's place: give exactly one. A record without a place of its own has that of the "
        "record it is part of. Lists have 1 to 1 000 ids."
    ),
)
class RollupQueryPlaceInput:
    """A test of the territory or product line."""

    is_: strawberry.Maybe[list[strawberry.ID]] = strawberry.field(name="is", description="It is one of these itself.")
    at_or_below: strawberry.Maybe[list[strawberry.ID]] = strawberry.field(
        description="It is one of these, or one below."
    )
    is_null: strawberry.Maybe[bool] = strawberry.field(description=_NULL)


@strawberry.input(
    one_of=True,
    description=(
        "One condition of a rollup query, or a group of them: give exactly one key. At most 200 conditions and 10 "
        "levels; a condition alone is one level. Each is true or false of a record, never unknown. A refusal's field "
        "is the path of the condition, such as conditions, all, 0, field, test, equals."
    ),
)
class RollupQueryConditionInput:
    """A condition or a group."""

    all: strawberry.Maybe[list[RollupQueryConditionInput]] = strawberry.field(description="Every one of these holds.")
    any: strawberry.Maybe[list[RollupQueryConditionInput]] = strawberry.field(
        description="At least one of these holds."
    )
    not_: strawberry.Maybe[RollupQueryConditionInput] = strawberry.field(
        name="not", description="This does not hold; so also what compares with a value that is missing is met."
    )
    field: strawberry.Maybe[RollupQueryFieldInput] = strawberry.field(description="A field's value.")
    owner: strawberry.Maybe[RollupQueryOwnerInput] = strawberry.field(description="Whose the record is.")
    territory: strawberry.Maybe[RollupQueryPlaceInput] = strawberry.field(description="The record's territory.")
    product_line: strawberry.Maybe[RollupQueryPlaceInput] = strawberry.field(description="The record's product line.")


def form_of(given: Any) -> Any:
    """Give conditions as plain data with the names of the schema: only what the client wrote."""
    if isinstance(given, strawberry.Some):
        return form_of(given.value)
    if isinstance(given, Enum):
        return given.value
    if isinstance(given, list):
        return [form_of(item) for item in given]
    definition = get_object_definition(type(given))
    if definition is None:
        return given
    names = ((field.python_name, field.graphql_name or to_camel_case(field.python_name)) for field in definition.fields)
    return {name: form_of(value) for key, name in names if (value := getattr(given, key)) is not None}
