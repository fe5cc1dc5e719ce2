"""Makes Cypher from a rollup query's spec: pure. Queries that differ only in their values give the same text.

A predicate speaks of a record `r`, of what `found` binds around it and of `<asked>`, a map of the query's values. Each
condition is true or false, never null. Identifiers come from declared record types; every value is a parameter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from graph.errors import Refusal
from graph.query_form import typed_values
from graph.query_spec import (
    All,
    AnyOf,
    FieldCondition,
    Not,
    Operator,
    OwnerCondition,
    OwnerTest,
    Place,
    PlaceCondition,
    PlaceTest,
    RelativePeriod,
    Spec,
    Subject,
    compared_property,
    query_fields,
)
from graph.record_type import FieldType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from graph.period import FiscalCalendar
    from graph.query_spec import QueryTypes

_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")


class Around(StrEnum):
    """What a predicate needs to know around the record; the value is the alias, which no declared field has."""

    OWNER = "of_owner"
    TERRITORY = "of_territory"
    PRODUCT_LINE = "of_product_line"
    ACCOUNT = "of_account"
    PARENT = "of_parent"
    GOAL_OWNER = "goal_owner"


#: How a record is linked to what is around it, and to what label.
_LINKS = {
    Around.OWNER: ("OWNED_BY", "Owner"),
    Around.TERRITORY: ("IN_TERRITORY", "Territory"),
    Around.PRODUCT_LINE: ("FOR_PRODUCT_LINE", "ProductLine"),
    Around.ACCOUNT: ("FOR_ACCOUNT", "Record"),
}
_SUBJECTS = {Subject.RECORD: "r", Subject.ACCOUNT: Around.ACCOUNT.value, Subject.PARENT: Around.PARENT.value}
_PLACES = {Place.TERRITORY: Around.TERRITORY, Place.PRODUCT_LINE: Around.PRODUCT_LINE}
_COMPARISONS = {
    Operator.EQUALS: "=",
    Operator.GREATER: ">",
    Operator.GREATER_OR_EQUAL: ">=",
    Operator.LESS: "<",
    Operator.LESS_OR_EQUAL: "<=",
    Operator.CONTAINS: "CONTAINS",
    Operator.BEGINS_WITH: "STARTS WITH",
    Operator.ENDS_WITH: "ENDS WITH",
    Operator.ON: "=",
    Operator.BEFORE: "<",
    Operator.AFTER: ">",
    Operator.IN: "IN",
}
_RANGES = frozenset({Operator.BETWEEN, Operator.LAST_DAYS, Operator.NEXT_DAYS, Operator.FISCAL})
_UNITS = "(:BusinessUnit)((:BusinessUnit)-[:CHILD_OF]->(:BusinessUnit)){0,}"
#: What an owner's tests look for, from the record's owner to what has one of the ids. Unbounded: a tree has any depth.
_OWNER_PATHS = {
    OwnerTest.IN_TEAM: "(of_owner)-[:MEMBER_OF]->(one:Team)",
    OwnerTest.IN_UNIT: "(of_owner)-[:IN_UNIT]->(one:BusinessUnit)",
    OwnerTest.IN_UNIT_OR_BELOW: f"(of_owner)-[:IN_UNIT]->{_UNITS}(one:BusinessUnit)",
    OwnerTest.MANAGED_BY: "(of_owner)-[:REPORTS_TO]->(one:User)",
}
#: A goal's owner is of one kind: of the lines for the others none holds.
_IS_GOAL_OWNER = (
    "coalesce(of_owner = goal_owner, false)",
    "EXISTS { (of_owner)-[:IN_UNIT]->(goal_owner) }",
    "coalesce(of_territory = goal_owner, false)",
    "coalesce(of_product_line = goal_owner, false)",
)
_AT_OR_BELOW_GOAL_OWNER = (
    "coalesce(of_owner = goal_owner, false)",
    "EXISTS { (of_owner)-[:MEMBER_OF]->(goal_owner) }",
    "EXISTS { (of_owner)((:User)-[:REPORTS_TO]->(:User)){1,}(goal_owner) }",
    f"EXISTS {{ (of_owner)-[:IN_UNIT]->{_UNITS}(goal_owner) }}",
    "EXISTS { (of_territory)((:Territory)-[:CHILD_OF]->(:Territory)){0,}(goal_owner) }",
    "EXISTS { (of_product_line)((:ProductLine)-[:CHILD_OF]->(:ProductLine)){0,}(goal_owner) }",
)


@dataclass(frozen=True, slots=True)
class Today:
    """What relative dates are seen from: the day in the organization's time zone, and the fiscal calendar in force."""

    day: date
    calendar: FiscalCalendar

    def days(self, condition: FieldCondition) -> tuple[date, date]:
        """First and last day, both included, of what a relative condition asks for; of no day, if out of all years."""
        (value,) = condition.values
        try:
            match condition.operator:
                case Operator.LAST_DAYS:
                    return self.day - timedelta(int(value)), self.day
                case Operator.NEXT_DAYS:
                    return self.day, self.day + timedelta(int(value))
                case _:
                    return self._fiscal(RelativePeriod(value))
        except (OverflowError, Refusal):  # before the year 1, after 9999; fiscal years outside 1970-2100
            return date.max, date.min

    def _fiscal(self, wanted: RelativePeriod) -> tuple[date, date]:
        which, _, length = wanted.value.partition("_FISCAL_")
        found = self.calendar.containing(self.day)
        if length == "YEAR":
            found = self.calendar.whole_year(found.year + {"LAST": -1, "THIS": 0, "NEXT": 1}[which])
        elif which == "LAST":
            found = self.calendar.containing(found.start - timedelta(1))
        elif which == "NEXT":
            found = self.calendar.containing(found.end + timedelta(1))
        return found.start, found.end


@dataclass(frozen=True)
class Predicate:
    """A query's text, what it needs around a record, and its values by key.

    `folded`: keys of texts, which are compared without regard to case: `asked` folds them as the text folds fields.
    Two predicates are equal if their texts are.
    """

    text: str
    around: frozenset[Around]
    folded: frozenset[str]
    values: Mapping[str, Any] = field(compare=False, hash=False)

    def asked(self, given: str, name: str) -> str:
        """What binds the map of values `given` to `name`, the texts in it folded, once per goal."""
        folds = ", ".join(
            f"{key}: [one IN {given}.{key} | toLower(one)]"
            if isinstance(self.values[key], list)
            else f"{key}: toLower({given}.{key})"
            for key in sorted(self.folded)
        )
        return f"{given} {{.*, {folds}}} AS {name}" if folds else f"{given} AS {name}"


def predicate(spec: Spec, types: QueryTypes, today: Today, asked: str) -> Predicate:
    """Compile a spec over records of these types. `asked`: the variable that holds the values."""
    compiler = _Compiler(types, today, asked)
    text = compiler.text(spec)
    return Predicate(text, frozenset(compiler.around), frozenset(compiler.folded), compiler.values)


def found(around: Iterable[Around], types: QueryTypes) -> list[str]:
    """What binds the surroundings of `r` to aliases: its own, or those of the nearest record above that has any."""
    lines = []
    for one in sorted(around):
        if one is Around.PARENT:
            lines.append(f"head([(r)-[:PART_OF]->(part:{types.chain[1].label}) | part]) AS {one.value}")
        elif one is not Around.GOAL_OWNER:
            link, label = _LINKS[one]
            above = len(types.chain) - 1
            lines.append(
                f"head(COLLECT {{ MATCH path = (r)((:Record)-[:PART_OF]->(:Record)){{0,{above}}}(:Record)"
                f"-[:{link}]->(there:{label}) RETURN there ORDER BY length(path) LIMIT 1 }}) AS {one.value}"
                if above
                else f"head([(r)-[:{link}]->(there:{label}) | there]) AS {one.value}"
            )
    return lines


class _Compiler:
    """One spec on its way to text."""

    def __init__(self, types: QueryTypes, today: Today, asked: str) -> None:
        self._types = types
        self._today = today
        self._asked = asked
        self.around: set[Around] = set()
        self.folded: set[str] = set()
        self.values: dict[str, Any] = {}

    def text(self, spec: Spec) -> str:
        match spec:
            case All(items):
                return "(" + " AND ".join(map(self.text, items)) + ")"
            case AnyOf(items):
                return "(" + " OR ".join(map(self.text, items)) + ")"
            case Not(item):
                return f"NOT {self.text(item)}"
            case FieldCondition():
                return self._field(spec)
            case OwnerCondition():
                return self._owner(spec)
            case PlaceCondition():
                return self._place(spec)

    def _value(self, value: Any) -> str:
        key = f"c{len(self.values)}"
        self.values[key] = value
        return f"{self._asked}.{key}"

    def _field(self, condition: FieldCondition) -> str:
        kind = self._types.of(condition.subject)
        assert kind is not None  # noqa: S101 - query_form refuses what a type has not
        declared = query_fields(kind)[condition.field]
        stored = compared_property(declared)
        if not _IDENTIFIER.fullmatch(stored):
            message = f"not a declared identifier: {stored!r}"
            raise ValueError(message)
        if condition.subject is not Subject.RECORD:
            self.around.add(Around(_SUBJECTS[condition.subject]))
        left = f"{_SUBJECTS[condition.subject]}.{stored}"
        operator = condition.operator
        if operator in {Operator.IS_NULL, Operator.IS_NOT_NULL}:
            return f"({left} IS {'NOT ' if operator is Operator.IS_NOT_NULL else ''}NULL)"
        if operator in _RANGES:
            low, high = (
                typed_values(declared, condition) if operator is Operator.BETWEEN else self._today.days(condition)
            )
            return f"coalesce({self._value(low)} <= {left} <= {self._value(high)}, false)"
        values = list(typed_values(declared, condition))
        if declared.data_type is FieldType.TEXT:
            left = f"toLower({left})"
            self.folded.add(f"c{len(self.values)}")
        negated = {Operator.NOT_EQUALS: Operator.EQUALS, Operator.NOT_IN: Operator.IN}.get(operator)
        plain = negated or operator
        right = self._value(values if plain is Operator.IN else values[0])
        text = f"coalesce({left} {_COMPARISONS[plain]} {right}, false)"
        return f"(NOT {text})" if negated else text

    def _owner(self, condition: OwnerCondition) -> str:
        self.around.add(Around.OWNER)
        match condition.test:
            case OwnerTest.IS_NULL:
                return "(of_owner IS NULL)"
            case OwnerTest.IS_NOT_NULL:
                return "(of_owner IS NOT NULL)"
            case OwnerTest.IS_GOAL_OWNER | OwnerTest.AT_OR_BELOW_GOAL_OWNER as test:
                self.around |= {Around.TERRITORY, Around.PRODUCT_LINE, Around.GOAL_OWNER}
                exact = test is OwnerTest.IS_GOAL_OWNER
                return "(" + " OR ".join(_IS_GOAL_OWNER if exact else _AT_OR_BELOW_GOAL_OWNER) + ")"
            case test:
                ids = self._value(list(condition.ids))
                itself = f"coalesce(of_owner.id IN {ids}, false)"
                if test is OwnerTest.IS:
                    return itself
                path = f"EXISTS {{ {_OWNER_PATHS[test]} WHERE one.id IN {ids} }}"
                return f"({itself} OR {path})" if test is OwnerTest.IN_TEAM else path

    def _place(self, condition: PlaceCondition) -> str:
        place = _PLACES[condition.place]
        self.around.add(place)
        label = _LINKS[place][1]
        match condition.test:
            case PlaceTest.IS_NULL:
                return f"({place.value} IS NULL)"
            case PlaceTest.IS_NOT_NULL:
                return f"({place.value} IS NOT NULL)"
            case PlaceTest.IS:
                return f"coalesce({place.value}.id IN {self._value(list(condition.ids))}, false)"
            case PlaceTest.AT_OR_BELOW:
                path = f"({place.value})((:{label})-[:CHILD_OF]->(:{label})){{0,}}(one:{label})"
                return f"EXISTS {{ {path} WHERE one.id IN {self._value(list(condition.ids))} }}"
