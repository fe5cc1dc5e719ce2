"""Whether a record meets a rollup query, from the drawn values of a world: semantics §6, word by word, in plain Python.

It shares no code with the compiler but the spec's classes. What each condition makes of a missing value: false, and
its negation true.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

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
    Subject,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from graph.query_spec import Condition, Spec

Values = dict[str, Any]


def meets(spec: Spec, condition: Callable[[Condition], bool]) -> bool:
    """Whether a spec holds, where each of its conditions says so or not."""
    match spec:
        case All(items):
            return all(meets(item, condition) for item in items)
        case AnyOf(items):
            return any(meets(item, condition) for item in items)
        case Not(item):
            return not meets(item, condition)
        case FieldCondition() | OwnerCondition() | PlaceCondition():
            return condition(spec)


#: How a value compares with those of a condition.
_COMPARES: dict[Operator, Callable[[Any, list[Any]], bool]] = {
    Operator.EQUALS: lambda value, wanted: value == wanted[0],
    Operator.ON: lambda value, wanted: value == wanted[0],
    Operator.IN: lambda value, wanted: value in wanted,
    Operator.GREATER: lambda value, wanted: value > wanted[0],
    Operator.AFTER: lambda value, wanted: value > wanted[0],
    Operator.GREATER_OR_EQUAL: lambda value, wanted: value >= wanted[0],
    Operator.LESS: lambda value, wanted: value < wanted[0],
    Operator.BEFORE: lambda value, wanted: value < wanted[0],
    Operator.LESS_OR_EQUAL: lambda value, wanted: value <= wanted[0],
    Operator.BETWEEN: lambda value, wanted: wanted[0] <= value <= wanted[1],
    Operator.CONTAINS: lambda value, wanted: wanted[0] in value,
    Operator.BEGINS_WITH: lambda value, wanted: value.startswith(wanted[0]),
    Operator.ENDS_WITH: lambda value, wanted: value.endswith(wanted[0]),
}
_NEGATED = {Operator.NOT_EQUALS: Operator.EQUALS, Operator.NOT_IN: Operator.IN, Operator.IS_NOT_NULL: Operator.IS_NULL}


def field_holds(condition: FieldCondition, of: Mapping[Subject, Values | None], today: date) -> bool:
    """Whether a condition on a field holds: texts, whole numbers of units, days, booleans; quarters from 1 January."""
    values = of[condition.subject]
    value = None if values is None else values.get(condition.field)
    if condition.operator in _NEGATED:
        return not _holds(_NEGATED[condition.operator], value, condition.values, today)
    return _holds(condition.operator, value, condition.values, today)


def _holds(operator: Operator, value: Any, texts: tuple[str, ...], today: date) -> bool:
    if operator is Operator.IS_NULL or value is None:
        return operator is Operator.IS_NULL and value is None
    match operator:
        case Operator.LAST_DAYS:
            return bool(today - timedelta(int(texts[0])) <= value <= today)
        case Operator.NEXT_DAYS:
            return bool(today <= value <= today + timedelta(int(texts[0])))
        case Operator.FISCAL:
            return _period(value, texts[0]) == _wanted(today, texts[0])
    folded = value.lower() if isinstance(value, str) else value
    return bool(_COMPARES[operator](folded, [_like(value, text) for text in texts]))


def _like(value: Any, text: str) -> Any:
    """A condition's value as what it is compared with: a text without case, a day, true, units of an amount."""
    match value:
        case bool():
            return text == "true"
        case str():
            return text.lower()
        case date():
            return date.fromisoformat(text)
        case Units():
            whole, _, places = text.lstrip("-").partition(".")
            units = int(whole) * 10_000 + int(places.ljust(4, "0"))
            return -units if text.startswith("-") else units
    return int(text)


class Units(int):
    """An amount in ten-thousandths, so that `_like` knows it from a whole number."""


def _period(day: date, name: str) -> tuple[int, int]:
    """Year and quarter of a day; quarter 0 where whole years are compared."""
    return day.year, 0 if name.endswith("YEAR") else (day.month - 1) // 3


def _wanted(today: date, name: str) -> tuple[int, int]:
    year, quarter = _period(today, name)
    step = {"LAST": -1, "THIS": 0, "NEXT": 1}[RelativePeriod(name).split("_")[0]]
    if name.endswith("YEAR"):
        return year + step, 0
    years, quarter = divmod(quarter + step, 4)
    return year + years, quarter


def owner_holds(  # noqa: C901, PLR0911 - a line for each test
    condition: OwnerCondition,
    owner: str | None,
    places: Mapping[Place, str | None],
    goal_owner: str,
    structure: Structure,
) -> bool:
    """Whether a condition on a record's owner holds. Owners are names that `structure` knows."""
    wanted = set(condition.ids)
    match condition.test:
        case OwnerTest.IS_NULL:
            return owner is None
        case OwnerTest.IS_NOT_NULL:
            return owner is not None
        case OwnerTest.IS:
            return owner in wanted
        case OwnerTest.IN_TEAM:
            return owner in wanted or bool(structure.teams(owner) & wanted)
        case OwnerTest.IN_UNIT:
            return structure.unit(owner) in wanted
        case OwnerTest.IN_UNIT_OR_BELOW:
            return bool(structure.upwards(structure.unit(owner)) & wanted)
        case OwnerTest.MANAGED_BY:
            return structure.manager(owner) in wanted
        case OwnerTest.IS_GOAL_OWNER:
            return goal_owner in {owner, structure.unit(owner), *places.values()}
        case OwnerTest.AT_OR_BELOW_GOAL_OWNER:
            above = {owner} | structure.teams(owner) | structure.upwards(structure.unit(owner))
            while (owner := structure.manager(owner)) is not None and owner not in above:
                above.add(owner)
            for place in places.values():
                above |= structure.upwards(place)
            return goal_owner in above


def place_holds(condition: PlaceCondition, place: str | None, structure: Structure) -> bool:
    """Whether a condition on a record's territory or product line holds."""
    match condition.test:
        case PlaceTest.IS_NULL:
            return place is None
        case PlaceTest.IS_NOT_NULL:
            return place is not None
        case PlaceTest.IS:
            return place in condition.ids
        case PlaceTest.AT_OR_BELOW:
            return bool(structure.upwards(place) & set(condition.ids))


class Structure:
    """Who is where, by name: `parents` of units, territories and product lines; of users and teams what they are in."""

    def __init__(
        self,
        parents: Mapping[str, str | None],
        units: Mapping[str, str | None],
        teams: Mapping[str, set[str]],
        managers: Mapping[str, str | None],
    ) -> None:
        self._parents = parents
        self._units = units
        self._teams = teams
        self._managers = managers

    def unit(self, owner: str | None) -> str | None:
        """The unit that a user or team is in."""
        return self._units.get(owner or "")

    def teams(self, owner: str | None) -> set[str]:
        """The teams that a user is a member of."""
        return self._teams.get(owner or "", set())

    def manager(self, owner: str | None) -> str | None:
        """Whom a user reports to."""
        return self._managers.get(owner or "")

    def upwards(self, place: str | None) -> set[str]:
        """A place and all above it."""
        found: set[str] = set()
        while place is not None:
            found.add(place)
            place = self._parents.get(place)
        return found
