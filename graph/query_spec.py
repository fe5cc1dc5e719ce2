"""What a rollup query asks of a record: a closed, typed spec. Read by `query_form`, made Cypher by `query_compiler`.

Each condition is true or false of a record, never unknown: what compares with a value that is missing is false, and
what negates that (not equal, not in, `Not`) is true.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from graph.record_type import AMOUNTS, DATES, FieldType, RecordField, stored_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graph.record_type import RecordType

#: Conditions of a query; levels of groups and negations, a lone condition being one; values of one condition.
MOST_CONDITIONS = 200
MOST_LEVELS = 10
MOST_VALUES = 1_000
#: Days that "last N days" and "next N days" may reach.
MOST_DAYS = 36_500


class Subject(StrEnum):
    """Whose field a condition looks at: the record's, that of the account it is about, of the record it is part of."""

    RECORD = "RECORD"
    ACCOUNT = "ACCOUNT"
    PARENT = "PARENT"


class Operator(StrEnum):
    """How a field's value is compared. Texts are compared without regard to case; dates are days."""

    EQUALS = "equals"
    NOT_EQUALS = "notEquals"
    IN = "in"
    NOT_IN = "notIn"
    IS_NULL = "isNull"
    IS_NOT_NULL = "isNotNull"
    GREATER = "greater"
    GREATER_OR_EQUAL = "greaterOrEqual"
    LESS = "less"
    LESS_OR_EQUAL = "lessOrEqual"
    BETWEEN = "between"
    CONTAINS = "contains"
    BEGINS_WITH = "beginsWith"
    ENDS_WITH = "endsWith"
    ON = "on"
    BEFORE = "before"
    AFTER = "after"
    LAST_DAYS = "lastDays"
    NEXT_DAYS = "nextDays"
    FISCAL = "fiscal"


class RelativePeriod(StrEnum):
    """A period of the fiscal calendar in force, seen from today."""

    LAST_FISCAL_PERIOD = "LAST_FISCAL_PERIOD"
    THIS_FISCAL_PERIOD = "THIS_FISCAL_PERIOD"
    NEXT_FISCAL_PERIOD = "NEXT_FISCAL_PERIOD"
    LAST_FISCAL_YEAR = "LAST_FISCAL_YEAR"
    THIS_FISCAL_YEAR = "THIS_FISCAL_YEAR"
    NEXT_FISCAL_YEAR = "NEXT_FISCAL_YEAR"


class OwnerTest(StrEnum):
    """What is asked of a record's owner. A team is in itself; who manages a user is whom it reports to."""

    IS = "is"
    IN_TEAM = "inTeam"
    IN_UNIT = "inUnit"
    IN_UNIT_OR_BELOW = "inUnitOrBelow"
    MANAGED_BY = "managedBy"
    IS_NULL = "isNull"
    IS_NOT_NULL = "isNotNull"
    IS_GOAL_OWNER = "isGoalOwner"
    AT_OR_BELOW_GOAL_OWNER = "atOrBelowGoalOwner"


class Place(StrEnum):
    """A tree that a record has a place in."""

    TERRITORY = "territory"
    PRODUCT_LINE = "productLine"


class PlaceTest(StrEnum):
    """What is asked of a record's place: one of these, one of these or below, none, any."""

    IS = "is"
    AT_OR_BELOW = "atOrBelow"
    IS_NULL = "isNull"
    IS_NOT_NULL = "isNotNull"


@dataclass(frozen=True, slots=True)
class FieldCondition:
    """A field compared with values, which stand here as texts in the form of their type: days as 2026-03-31.

    LAST_DAYS and NEXT_DAYS have a number of days, FISCAL a RelativePeriod, BETWEEN two values, IN and NOT_IN several.
    """

    subject: Subject
    field: str
    operator: Operator
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnerCondition:
    """A test of the record's owner, or of its place against the goal's owner. `ids` of users, teams or units."""

    test: OwnerTest
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlaceCondition:
    """A test of the record's territory or product line."""

    place: Place
    test: PlaceTest
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class All:
    """Every one of these holds."""

    items: tuple[Spec, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of these holds."""

    items: tuple[Spec, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """What does not hold of the record."""

    item: Spec


Condition: TypeAlias = FieldCondition | OwnerCondition | PlaceCondition
Spec: TypeAlias = All | AnyOf | Not | FieldCondition | OwnerCondition | PlaceCondition

_NULLS = frozenset({Operator.IS_NULL, Operator.IS_NOT_NULL})
_EQUALITY = frozenset({Operator.EQUALS, Operator.NOT_EQUALS})
_ONE_OF = _EQUALITY | {Operator.IN, Operator.NOT_IN}
_ORDER = frozenset(
    {Operator.GREATER, Operator.GREATER_OR_EQUAL, Operator.LESS, Operator.LESS_OR_EQUAL, Operator.BETWEEN}
)
_PARTS = frozenset({Operator.CONTAINS, Operator.BEGINS_WITH, Operator.ENDS_WITH})
_DAYS = frozenset({Operator.ON, Operator.BEFORE, Operator.AFTER, Operator.BETWEEN})
#: Operators whose meaning moves with the day.
RELATIVE = frozenset({Operator.LAST_DAYS, Operator.NEXT_DAYS, Operator.FISCAL})
#: The operators that a field takes, by its type.
OPERATORS = {
    FieldType.TEXT: _ONE_OF | _PARTS | _NULLS,
    FieldType.CHOICE: _ONE_OF | _NULLS,
    FieldType.BOOLEAN: _EQUALITY | _NULLS,
    **dict.fromkeys(AMOUNTS, _ONE_OF | _ORDER | _NULLS),
    **dict.fromkeys(DATES, _DAYS | RELATIVE | _NULLS),
}


@dataclass(frozen=True, slots=True)
class QueryTypes:
    """The record types that a query over records of the first may look at: its chain upwards, and the account's.

    `account` is None for accounts themselves, which are about no account.
    """

    chain: tuple[RecordType, ...]
    account: RecordType | None

    @property
    def record(self) -> RecordType:
        """The type of the records that are asked."""
        return self.chain[0]

    def of(self, subject: Subject) -> RecordType | None:
        """The type of what a condition looks at; None if records of this type have no such thing."""
        match subject:
            case Subject.RECORD:
                return self.record
            case Subject.ACCOUNT:
                return self.account
            case Subject.PARENT:
                return self.chain[1] if len(self.chain) > 1 else None


def query_fields(kind: RecordType) -> dict[str, RecordField]:
    """The fields of a type that conditions may look at, by key: the declared ones and what every record has."""
    every = {
        "name": RecordField("name", "Name", FieldType.TEXT),
        "externalId": RecordField("externalId", "External id", FieldType.TEXT),
    }
    if kind.states:
        statuses = sorted({status for of_state in kind.states.values() for status in of_state})
        every["state"] = RecordField("state", "State", FieldType.CHOICE, tuple(kind.states))
        every["status"] = RecordField("status", "Status", FieldType.CHOICE, tuple(statuses))
    return every | dict(kind.fields)


def compared_property(declared: RecordField) -> str:
    """The stored property that conditions compare: a moment's day, an amount of money in base currency."""
    return stored_names(declared)[-1]


def conditions(spec: Spec) -> Iterator[Condition]:
    """Every condition of a spec, in order."""
    match spec:
        case All(items) | AnyOf(items):
            for item in items:
                yield from conditions(item)
        case Not(item):
            yield from conditions(item)
        case FieldCondition() | OwnerCondition() | PlaceCondition():
            yield spec


def fields_read(spec: Spec) -> set[tuple[Subject, str]]:
    """The fields that a spec looks at."""
    return {(one.subject, one.field) for one in conditions(spec) if isinstance(one, FieldCondition)}


def owners_named(spec: Spec) -> set[str]:
    """Ids of the users, teams, units, territories and product lines that a spec names."""
    named = (one for one in conditions(spec) if not isinstance(one, FieldCondition))
    return {id_ for one in named for id_ in one.ids}


def asks_structure(spec: Spec) -> bool:
    """Whether what it finds depends on who is where: owners, teams, units, managers, territories, product lines."""
    return any(isinstance(condition, OwnerCondition | PlaceCondition) for condition in conditions(spec))


def moves_with_the_day(spec: Spec) -> bool:
    """Whether the spec may hold of a record on one day and not on the next."""
    return any(isinstance(one, FieldCondition) and one.operator in RELATIVE for one in conditions(spec))


def asks_for_the_goal(spec: Spec) -> bool:
    """Whether it means something only for a goal: a condition on the goal's owner."""
    of_goal = {OwnerTest.IS_GOAL_OWNER, OwnerTest.AT_OR_BELOW_GOAL_OWNER}
    return any(isinstance(one, OwnerCondition) and one.test in of_goal for one in conditions(spec))
