"""A rollup query in words: English that can be read in one way alone. Pure: names of owners are looked up before."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

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
    query_fields,
)
from graph.record_type import FieldType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graph.query_spec import QueryTypes
    from graph.record_type import RecordField

#: What stands for the name of an owner that is no longer there.
GONE = "one that is gone"
_COMPARED = {
    Operator.EQUALS: "is {}",
    Operator.NOT_EQUALS: "is not {} (or is empty)",
    Operator.GREATER: "is greater than {}",
    Operator.GREATER_OR_EQUAL: "is at least {}",
    Operator.LESS: "is less than {}",
    Operator.LESS_OR_EQUAL: "is at most {}",
    Operator.CONTAINS: "contains {}",
    Operator.BEGINS_WITH: "begins with {}",
    Operator.ENDS_WITH: "ends with {}",
    Operator.ON: "is on {}",
    Operator.BEFORE: "is before {}",
    Operator.AFTER: "is after {}",
    Operator.LAST_DAYS: "is within the last {0} days (from {0} days before today up to today)",
    Operator.NEXT_DAYS: "is within the next {0} days (from today up to {0} days after it)",
    Operator.BETWEEN: "is between {} and {}, both included",
    Operator.IS_NULL: "is empty",
    Operator.IS_NOT_NULL: "is not empty",
}
_PERIODS = {
    RelativePeriod.LAST_FISCAL_PERIOD: "the fiscal period before that of today",
    RelativePeriod.THIS_FISCAL_PERIOD: "the fiscal period of today",
    RelativePeriod.NEXT_FISCAL_PERIOD: "the fiscal period after that of today",
    RelativePeriod.LAST_FISCAL_YEAR: "the fiscal year before that of today",
    RelativePeriod.THIS_FISCAL_YEAR: "the fiscal year of today",
    RelativePeriod.NEXT_FISCAL_YEAR: "the fiscal year after that of today",
}
_OWNERS = {
    OwnerTest.IS: "the owner is {}",
    OwnerTest.IN_TEAM: "the owner is, or is a member of, the team {}",
    OwnerTest.IN_UNIT: "the owner is in the business unit {}",
    OwnerTest.IN_UNIT_OR_BELOW: "the owner is in or below the business unit {}",
    OwnerTest.MANAGED_BY: "the owner reports directly to {}",
    OwnerTest.IS_NULL: "there is no owner",
    OwnerTest.IS_NOT_NULL: "there is an owner",
    OwnerTest.IS_GOAL_OWNER: (
        "the goal's owner is the record's owner, its owner's business unit, its territory or its product line"
    ),
    OwnerTest.AT_OR_BELOW_GOAL_OWNER: (
        "the goal's owner is the record's owner, a team that this is in, one that it reports to (directly or not), "
        "its business unit or one above, the record's territory or one above, its product line or one above"
    ),
}
_PLACES = {Place.TERRITORY: "the territory", Place.PRODUCT_LINE: "the product line"}
_PLACED = {
    PlaceTest.IS: "{} is {}",
    PlaceTest.AT_OR_BELOW: "{} is, or lies below, {}",
    PlaceTest.IS_NULL: "{} is empty",
    PlaceTest.IS_NOT_NULL: "{} is not empty",
}


def words(spec: Spec, types: QueryTypes, names: Mapping[str, str], base_currency: str) -> str:
    """A spec as a clause that says of which records it holds. `names`: of the owners it names, by id.

    Every group within a group, and what is negated, stands in brackets.
    """
    return _Words(types, names, base_currency).of(spec, outermost=True)


class _Words:
    def __init__(self, types: QueryTypes, names: Mapping[str, str], base_currency: str) -> None:
        self._types = types
        self._names = names
        self._base_currency = base_currency

    def of(self, spec: Spec, *, outermost: bool = False) -> str:
        match spec:
            case All((item,)) | AnyOf((item,)):
                return self.of(item, outermost=outermost)
            case All(items) | AnyOf(items):
                joined = (" and " if isinstance(spec, All) else " or ").join(map(self.of, items))
                return joined if outermost else f"({joined})"
            case Not(item):
                return f"not ({self.of(item, outermost=True)})"
            case FieldCondition():
                return self._field(spec)
            case OwnerCondition(test, ids):
                return _OWNERS[test].format(self._named(ids))
            case PlaceCondition(place, at, ids):
                return _PLACED[at].format(_PLACES[place], self._named(ids))

    def _field(self, condition: FieldCondition) -> str:
        kind = self._types.of(condition.subject)
        assert kind is not None  # noqa: S101 - query_form refuses what a type has not
        declared = query_fields(kind)[condition.field]
        what = declared.name
        if condition.subject is Subject.ACCOUNT:
            what += " of the account"
        elif condition.subject is Subject.PARENT:
            what += f" of the {kind.name.lower()} it is part of"
        if declared.data_type is FieldType.MONEY and condition.operator not in {Operator.IS_NULL, Operator.IS_NOT_NULL}:
            what += f" (in {self._base_currency})"
        return f"{what} {_test(declared, condition)}"

    def _named(self, ids: Sequence[str]) -> str:
        return _either([_quoted(self._names[id_]) if id_ in self._names else GONE for id_ in ids])


def _test(declared: RecordField, condition: FieldCondition) -> str:
    if condition.operator is Operator.FISCAL:
        return f"is in {_PERIODS[RelativePeriod(condition.values[0])]}"
    quoted = [_quoted(value) if declared.data_type is FieldType.TEXT else value for value in condition.values]
    match condition.operator:
        case Operator.IN:
            return f"is {_either(quoted)}"
        case Operator.NOT_IN:
            return f"is not {_either(quoted)} (or is empty)"
        case operator:
            return _COMPARED[operator].format(*quoted)


def _quoted(text: str) -> str:
    """A text in quotes, its own escaped, so that it cannot be read as more words."""
    return json.dumps(text, ensure_ascii=False)


def _either(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"one of [{', '.join(items)}]" if items else ""
