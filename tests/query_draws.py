"""Random rollup queries over the records of worlds, and whether a record of a world meets one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from graph.money import DataType, format_units
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
from tests.query_oracle import Structure, Units, field_holds, meets, owner_holds, place_holds

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from graph.query_spec import Condition, Spec
    from tests.worlds import Goal, Record, World

NAMES = ("a", "A b", "b'`}", "ß", "É")
POSTAL_CODES = (None, "60661", "606", "9999x", "X")
_TEXT_TESTS = (Operator.EQUALS, Operator.NOT_EQUALS, Operator.CONTAINS, Operator.BEGINS_WITH, Operator.ENDS_WITH)
_AMOUNT_TESTS = (Operator.GREATER, Operator.GREATER_OR_EQUAL, Operator.LESS, Operator.LESS_OR_EQUAL, Operator.EQUALS)
#: The texts, amounts and days that conditions on records of a type look at; `(of, key)`.
_TEXTS = {
    "Opportunity": [(Subject.RECORD, "name"), (Subject.ACCOUNT, "postalCode"), (Subject.ACCOUNT, "name")],
    "OrderLine": [(Subject.RECORD, "name"), (Subject.ACCOUNT, "postalCode"), (Subject.PARENT, "name")],
}
_AMOUNTS = {"Opportunity": ["actualValue", "estimatedValue"], "OrderLine": ["extendedAmount"]}
_DAYS = {
    "Opportunity": [(Subject.RECORD, "actualCloseDate"), (Subject.RECORD, "openDate")],
    "OrderLine": [(Subject.PARENT, "orderDate"), (Subject.RECORD, "requestedDate")],
}
_CHOICES = {
    "Opportunity": (Subject.RECORD, ("WON", "LOST", "OPEN")),
    "OrderLine": (Subject.PARENT, ("FULFILLED", "ACTIVE")),
}


def draw_spec(  # noqa: PLR0911, PLR0917 - a case for each kind of condition
    random: Random, label: str, sizes: dict[str, int], amounts: list[int], today: date, depth: int = 3
) -> Spec:
    """A spec over records of a type in a world with so many owners of each kind."""
    if depth and random.random() < 0.45:
        items = tuple(draw_spec(random, label, sizes, amounts, today, depth - 1) for _ in range(random.randint(1, 3)))
        return random.choice((All, AnyOf))(items) if random.random() < 0.7 else Not(items[0])
    match random.randrange(6):
        case 0:
            subject, key = random.choice(_TEXTS[label])
            texts = [*NAMES, *(code for code in POSTAL_CODES if code is not None)]
            if random.random() < 0.3:
                operator = random.choice((Operator.IN, Operator.NOT_IN))
                return FieldCondition(subject, key, operator, tuple(random.sample(texts, 3)))
            return FieldCondition(subject, key, random.choice(_TEXT_TESTS), (random.choice(texts),))
        case 1:
            value = format_units(random.choice(amounts), DataType.MONEY)
            return FieldCondition(
                Subject.RECORD, random.choice(_AMOUNTS[label]), random.choice(_AMOUNT_TESTS), (value,)
            )
        case 2:
            subject, key = random.choice(_DAYS[label])
            return FieldCondition(subject, key, *_days(random, today))
        case 3:
            subject, states = _CHOICES[label]
            operator = random.choice((Operator.EQUALS, Operator.NOT_EQUALS, Operator.IS_NULL))
            return FieldCondition(
                subject, "state", operator, () if operator is Operator.IS_NULL else (random.choice(states),)
            )
        case 4:
            return _owner(random, sizes)
        case _:
            place = random.choice(list(Place))
            kind = "TERRITORY" if place is Place.TERRITORY else "PRODUCT_LINE"
            test = random.choice(list(PlaceTest))
            named = (
                ()
                if test in {PlaceTest.IS_NULL, PlaceTest.IS_NOT_NULL}
                else (f"{kind}-{random.randrange(sizes[kind])}",)
            )
            return PlaceCondition(place, test, named)


def _days(random: Random, today: date) -> tuple[Operator, tuple[str, ...]]:
    day = today + timedelta(random.choice((-46, -1, 0, 1, 44)))
    match random.randrange(4):
        case 0:
            return random.choice((Operator.ON, Operator.BEFORE, Operator.AFTER)), (day.isoformat(),)
        case 1:
            return random.choice((Operator.LAST_DAYS, Operator.NEXT_DAYS)), (str(random.choice((1, 46, 400))),)
        case 2:
            return Operator.FISCAL, (random.choice(list(RelativePeriod)).value,)
    return Operator.BETWEEN, (day.isoformat(), (day + timedelta(30)).isoformat())


def _owner(random: Random, sizes: dict[str, int]) -> OwnerCondition:
    test = random.choice(list(OwnerTest))
    kinds = {
        OwnerTest.IS: random.choice(("USER", "TEAM")),
        OwnerTest.IN_TEAM: "TEAM",
        OwnerTest.IN_UNIT: "BUSINESS_UNIT",
        OwnerTest.IN_UNIT_OR_BELOW: "BUSINESS_UNIT",
        OwnerTest.MANAGED_BY: "USER",
    }
    kind = kinds.get(test)
    return OwnerCondition(test, () if kind is None else (f"{kind}-{random.randrange(sizes[kind])}",))


class Asked:
    """A world's records as queries ask them."""

    def __init__(self, world: World, today: date) -> None:
        self._world = world
        self._today = today
        parents = {
            f"{kind}-{n}": None if parent is None else f"{kind}-{parent}"
            for kind, tree in (
                ("BUSINESS_UNIT", world.units),
                ("TERRITORY", world.territories),
                ("PRODUCT_LINE", world.product_lines),
            )
            for n, parent in enumerate(tree)
        }
        units = {
            f"{kind}-{n}": None if unit is None else f"BUSINESS_UNIT-{unit}"
            for kind, of_kind in (("USER", world.user_units), ("TEAM", world.team_units))
            for n, unit in enumerate(of_kind)
        }
        teams = {f"USER-{n}": {f"TEAM-{team}" for team in of} for n, of in enumerate(world.memberships)}
        managers = {f"USER-{n}": None if m is None else f"USER-{m}" for n, m in enumerate(world.reports_to)}
        self._structure = Structure(parents, units, teams, managers)

    def meets(
        self, spec: Spec, goal: Goal | None, record: Record, sees: Callable[[int], bool] = lambda _: True
    ) -> bool:
        """Whether a record counts for a goal whose query this is; what is not seen of `sees` is as if it were not."""
        world = self._world
        account, parent = inherited(world, record, "account"), record.parent
        values = {
            Subject.RECORD: _values(record),
            Subject.ACCOUNT: None if account is None or not sees(account) else _values(world.records[account]),
            Subject.PARENT: None if parent is None or not sees(parent) else _values(world.records[parent]),
        }
        goal_owner = "" if goal is None else f"{goal.owner[0]}-{goal.owner[1]}"
        places = {place: _named(place.name, inherited(world, record, place.name.lower())) for place in Place}
        owner = inherited(world, record, "owner")

        def holds(condition: Condition) -> bool:
            match condition:
                case FieldCondition():
                    return field_holds(condition, values, self._today)
                case OwnerCondition():
                    named = None if owner is None else _named(*owner)
                    return owner_holds(condition, named, places, goal_owner, self._structure)
                case PlaceCondition():
                    return place_holds(condition, places[condition.place], self._structure)

        return meets(spec, holds)


def _named(kind: str, number: int | None) -> str | None:
    return None if number is None else f"{kind}-{number}"


def inherited(world: World, record: Record, link: str) -> Any:
    """A record's owner, place or account: its own, or else that of the record it is part of."""
    own = getattr(record, link)
    return own if own is not None or record.parent is None else inherited(world, world.records[record.parent], link)


def _values(record: Record) -> dict[str, Any]:
    """A record's fields by key, amounts as units."""
    return {"name": record.name, "state": record.state, "postalCode": record.postal_code} | {
        key: Units(value) if isinstance(value, int) else value for key, value in record.fields().items()
    }
