"""A rollup query's spec as clients give it and as it is stored: reading that form, checking it, writing it.

The form is the GraphQL input RollupQueryCondition as plain data: one key each, such as {"all": [{"field": {"of":
"ACCOUNT", "key": "postalCode", "test": {"equals": "60661"}}}, {"owner": {"isGoalOwner": true}}]}. A refusal's field is
the path of the condition in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from graph.errors import ErrorCode, Refusal
from graph.ingestion import storable
from graph.money import DataType, format_units, parse_units
from graph.query_spec import (
    MOST_CONDITIONS,
    MOST_DAYS,
    MOST_LEVELS,
    MOST_VALUES,
    OPERATORS,
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
from graph.record_row import LONGEST_TEXT
from graph.record_type import AMOUNTS, DATES, FieldType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from graph.query_spec import QueryTypes
    from graph.record_type import RecordField

Path = tuple[str, ...]
_SUBJECTS = {Subject.RECORD: "the record", Subject.ACCOUNT: "an account", Subject.PARENT: "a parent record"}
_FLAGS = frozenset({"isNull", "isGoalOwner", "atOrBelowGoalOwner"})


def read_spec(form: Any, types: QueryTypes, path: Path = ("conditions",)) -> Spec:
    """Make the spec of a form.

    Refuses, naming the condition: QUERY_TOO_LARGE, REQUIRED, UNKNOWN_FIELD, UNKNOWN_STATE, UNKNOWN_STATUS,
    OPERATOR_NOT_FOR_TYPE, INVALID_VALUE, AMOUNT_TOO_PRECISE, AMOUNT_OUT_OF_RANGE.
    """
    return _Reader(types).read(form, path, 1)


def written_spec(spec: Spec) -> dict[str, Any]:
    """The form of a spec; what `read_spec` makes the same spec of."""
    match spec:
        case All(items):
            return {"all": [written_spec(item) for item in items]}
        case AnyOf(items):
            return {"any": [written_spec(item) for item in items]}
        case Not(item):
            return {"not": written_spec(item)}
        case FieldCondition(subject, key, operator, values):
            return {"field": {"of": subject.value, "key": key, "test": _written_test(operator, values)}}
        case OwnerCondition(test, ids):
            return {"owner": _written_members(test, ids)}
        case PlaceCondition(place, at, ids):
            return {place.value: _written_members(at, ids)}


@dataclass
class _Reader:
    types: QueryTypes
    conditions: int = 0
    _kinds: Mapping[str, Callable[[Any, Path], Spec]] = field(init=False)

    def __post_init__(self) -> None:
        self._kinds = {
            "field": self._field,
            "owner": self._owner,
            "territory": lambda form, path: self._place(Place.TERRITORY, form, path),
            "productLine": lambda form, path: self._place(Place.PRODUCT_LINE, form, path),
        }

    def read(self, form: Any, path: Path, level: int) -> Spec:
        if level > MOST_LEVELS:
            message = f"A query has at most {MOST_LEVELS} levels of groups. Flatten it, or split it."
            raise Refusal(ErrorCode.QUERY_TOO_LARGE, message, path)
        key, value = _only(form, ("all", "any", "not", *self._kinds), path)
        path = (*path, key)
        if key in {"all", "any"}:
            items = tuple(
                self.read(item, (*path, str(number)), level + 1) for number, item in enumerate(_items(value, path))
            )
            return All(items) if key == "all" else AnyOf(items)
        if key == "not":
            return Not(self.read(value, path, level + 1))
        self.conditions += 1
        if self.conditions > MOST_CONDITIONS:
            message = f"A query has at most {MOST_CONDITIONS} conditions. Use `in` for many values, or split it."
            raise Refusal(ErrorCode.QUERY_TOO_LARGE, message, path)
        return self._kinds[key](value, path)

    def _field(self, form: Any, path: Path) -> FieldCondition:
        _check_keys(form, {"of", "key", "test"}, path)
        subject = _subject(form.get("of") or Subject.RECORD, (*path, "of"))
        kind = self.types.of(subject)
        if kind is None:
            message = f"A record of type {self.types.record.key} has no {_SUBJECTS[subject].split(' ', 1)[1]}."
            raise Refusal(ErrorCode.UNKNOWN_FIELD, message, (*path, "of"))
        known = query_fields(kind)
        key = form.get("key")
        if not isinstance(key, str) or key not in known:
            message = f"{kind.key} has no such field. It has: {', '.join(known)}."
            raise Refusal(ErrorCode.UNKNOWN_FIELD, message, (*path, "key"))
        test = (*path, "test")
        name, value = _only(form.get("test"), tuple(one.value for one in Operator), test)
        operator = Operator(name)
        if operator is Operator.IS_NULL and value is False:
            operator = Operator.IS_NOT_NULL
        declared = known[key]
        if operator not in OPERATORS[declared.data_type]:
            fitting = ", ".join(one.value for one in Operator if one in OPERATORS[declared.data_type])
            message = f"{key} is {declared.data_type}, which {name} does not compare. Use one of: {fitting}."
            raise Refusal(ErrorCode.OPERATOR_NOT_FOR_TYPE, message, (*test, name))
        return FieldCondition(subject, key, operator, _values(declared, operator, value, (*test, name)))

    def _owner(self, form: Any, path: Path) -> OwnerCondition:
        name, ids = _members(form, [one.value for one in OwnerTest], path)
        return OwnerCondition(OwnerTest(name), ids)

    def _place(self, place: Place, form: Any, path: Path) -> PlaceCondition:
        name, ids = _members(form, [one.value for one in PlaceTest], path)
        return PlaceCondition(place, PlaceTest(name), ids)


def typed_values(declared: RecordField, condition: FieldCondition) -> tuple[Any, ...]:
    """The values of a condition as they are stored in records: units, dates, booleans, texts. Not for RELATIVE ones."""
    return tuple(_typed(declared, value) for value in condition.values)


def _typed(declared: RecordField, value: str) -> Any:
    match declared.data_type:
        case FieldType.DATE | FieldType.DATETIME:
            return date.fromisoformat(value)
        case FieldType.BOOLEAN:
            return value == "true"
        case amount if amount in AMOUNTS:
            return parse_units(value, DataType(amount.value), ())
        case _:
            return value


def _values(  # noqa: C901 - a case for each kind of operator
    declared: RecordField, operator: Operator, value: Any, path: Path
) -> tuple[str, ...]:
    """The values of a test as a condition holds them: checked against the field's type, in one form."""
    match operator:
        case Operator.IS_NULL | Operator.IS_NOT_NULL:
            if not isinstance(value, bool):
                raise _invalid(path, "isNull is true, or false for what is not null.")
            return ()
        case Operator.LAST_DAYS | Operator.NEXT_DAYS:
            if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST_DAYS:
                raise _invalid(path, f"{operator.value} is a number of days from 1 to {MOST_DAYS}.")
            return (str(value),)
        case Operator.FISCAL:
            if value not in [one.value for one in RelativePeriod]:
                raise _invalid(path, f"fiscal is one of: {', '.join(RelativePeriod)}.")
            return (RelativePeriod(value).value,)
        case Operator.BETWEEN:
            _check_keys(value, {"from", "to"}, path)
            low, high = (_value(declared, value.get(end), (*path, end)) for end in ("from", "to"))
            if _typed(declared, low) > _typed(declared, high):
                raise _invalid(path, "between needs its smaller value in `from`. Swap them.")
            return low, high
        case Operator.IN | Operator.NOT_IN:
            items = _items(value, path)
            if len(items) > MOST_VALUES:
                message = f"{operator.value} takes at most {MOST_VALUES} values. Split it."
                raise Refusal(ErrorCode.QUERY_TOO_LARGE, message, path)
            found = (_value(declared, item, (*path, str(number))) for number, item in enumerate(items))
            return tuple(dict.fromkeys(found))
        case _:
            return (_value(declared, value, path),)


def _value(declared: RecordField, value: Any, path: Path) -> str:
    """One value in the form of the field's type. An operator's values are texts, whatever the type."""
    if value is None:
        raise Refusal(ErrorCode.REQUIRED, "A value is needed here. To find what has none, use isNull.", path)
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or not storable(value):
        raise _invalid(path, f"A value is a text of up to {LONGEST_TEXT} characters.")
    kind = declared.data_type
    if kind in AMOUNTS:
        unit = DataType(kind.value)
        return format_units(parse_units(value, unit, path), unit)
    if kind in DATES:
        try:
            return date.fromisoformat(value if len(value) == len("2026-03-31") else "").isoformat()
        except ValueError:
            raise _invalid(path, 'A day is written such as "2026-03-31".') from None
    if kind is FieldType.BOOLEAN and value not in {"true", "false"}:
        raise _invalid(path, 'The value is "true" or "false".')
    if kind is FieldType.CHOICE and value not in declared.choices:
        code = {"state": ErrorCode.UNKNOWN_STATE, "status": ErrorCode.UNKNOWN_STATUS}.get(declared.key)
        message = f"{declared.key} is one of: {', '.join(declared.choices)}."
        raise Refusal(code or ErrorCode.INVALID_VALUE, message, path)
    return value


def _members(form: Any, names: list[str], path: Path) -> tuple[str, tuple[str, ...]]:
    """The test of a condition on an owner or a place, and the ids it names."""
    name, value = _only(form, tuple(names), path)
    path = (*path, name)
    if name not in _FLAGS:
        items = _items(value, path)
        if len(items) > MOST_VALUES:
            raise Refusal(ErrorCode.QUERY_TOO_LARGE, f"{name} takes at most {MOST_VALUES} ids. Split it.", path)
        for number, item in enumerate(items):
            if not isinstance(item, str):
                raise _invalid((*path, str(number)), "An id is a text.")
        return name, tuple(dict.fromkeys(items))
    if not isinstance(value, bool) or (value is False and name != "isNull"):
        raise _invalid(path, f"{name} is true. For the opposite, put it into a `not`.")
    return ("isNotNull" if name == "isNull" and not value else name), ()


def _written_test(operator: Operator, values: tuple[str, ...]) -> dict[str, Any]:
    match operator:
        case Operator.IS_NULL | Operator.IS_NOT_NULL:
            return {"isNull": operator is Operator.IS_NULL}
        case Operator.LAST_DAYS | Operator.NEXT_DAYS:
            return {operator.value: int(values[0])}
        case Operator.BETWEEN:
            return {operator.value: {"from": values[0], "to": values[1]}}
        case Operator.IN | Operator.NOT_IN:
            return {operator.value: list(values)}
        case _:
            return {operator.value: values[0]}


def _written_members(test: OwnerTest | PlaceTest, ids: tuple[str, ...]) -> dict[str, Any]:
    if test.value in {"isNull", "isNotNull"}:
        return {"isNull": test.value == "isNull"}
    return {test.value: True if test.value in _FLAGS else list(ids)}


def _only(form: Any, names: tuple[str, ...], path: Path) -> tuple[str, Any]:
    """The one key of a form and its value."""
    known = [name for name in names if name != "isNotNull"]
    if not isinstance(form, dict) or len(form) != 1 or not form.keys() <= set(known):
        raise _invalid(path, f"Give exactly one of: {', '.join(known)}.")
    ((name, value),) = form.items()
    return name, value


def _items(value: Any, path: Path) -> list[Any]:
    if not isinstance(value, list):
        raise _invalid(path, "This is a list.")
    if not value:
        raise Refusal(ErrorCode.REQUIRED, "At least one is needed here.", path)
    return value


def _subject(value: Any, path: Path) -> Subject:
    if value not in [one.value for one in Subject]:
        raise _invalid(path, f"A field is one of: {', '.join(Subject)}.")
    return Subject(value)


def _check_keys(form: Any, names: set[str], path: Path) -> None:
    if not isinstance(form, dict) or not form.keys() <= names:
        raise _invalid(path, f"Give: {', '.join(sorted(names))}.")


def _invalid(path: Path, message: str) -> Refusal:
    return Refusal(ErrorCode.INVALID_VALUE, message, path)
