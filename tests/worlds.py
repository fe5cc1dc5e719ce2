"""Random organizations with goal trees and records, and what their totals must be. Into the database: `planting`.

The oracle is plain Python on the drawn values: it shares no code with the rollup. Own parts: `tests/oracle.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tests.oracle import dated_by, own
from tests.query_draws import NAMES, POSTAL_CODES, Asked, draw_spec

if TYPE_CHECKING:
    from graph.query_spec import Spec

#: The day on which worlds are looked at.
TODAY = date(2026, 2, 15)
YEAR_START, YEAR_END = date(2026, 1, 1), date(2026, 12, 31)
KINDS = ("USER", "TEAM", "BUSINESS_UNIT", "TERRITORY", "PRODUCT_LINE")
LABELS = {"USER": "User", "TEAM": "Team", "BUSINESS_UNIT": "BusinessUnit", "TERRITORY": "Territory"} | {
    "PRODUCT_LINE": "ProductLine"
}
#: (category, record type's label, state, statuses (any if empty), amount, date) of the metric of worlds. An order line
#: has its order's state and date.
FIELDS = (
    ("actual", "Opportunity", "WON", (), "actualValue", "actualCloseDate"),
    ("in_progress", "Opportunity", "OPEN", ("NEW", "IN_PROGRESS"), "estimatedValue", "openDate"),
    ("custom", "OrderLine", "FULFILLED", (), "extendedAmount", "orderDate"),
)

#: How each category's stored properties begin.
PROPERTIES = {"actual": "actual", "in_progress": "inProgress", "custom": "custom"}
_DAYS = (
    None,
    YEAR_START,
    YEAR_END,
    YEAR_START - timedelta(1),
    YEAR_END + timedelta(1),
    date(2026, 3, 31),
    date(2026, 4, 1),
)
#: (label, state, status) of records; one that is drawn more often stands there more often.
_KINDS_OF_RECORDS: tuple[tuple[str, str | None, str | None], ...] = (
    *(("Opportunity", "WON", None), ("Opportunity", "WON", "WON"), ("Opportunity", "LOST", None)),
    *(("Opportunity", "OPEN", "NEW"), ("Opportunity", "OPEN", "ON_HOLD")),
    *(("Order", "FULFILLED", None), ("Order", "ACTIVE", "NEW")),
    *[("OrderLine", None, None)] * 4,
    ("Account", None, None),
)


@dataclass(frozen=True)
class Goal:
    """A drawn goal; `parent` is the number of an earlier one, `owner` a kind and a number.

    `pinned` units and `queries` (numbers of the world's) are by category.
    """

    parent: int | None
    owner: tuple[str, int]
    start: date
    end: date
    only_children: bool
    all_records: bool
    members: bool
    state: str
    pinned: tuple[tuple[str, int], ...]
    queries: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Record:
    """A drawn record: a label, its properties, and the numbers of what it hangs on; `parent` is an earlier record's."""

    label: str
    state: str | None
    status: str | None
    amount: int | None
    day: date | None
    owner: tuple[str, int] | None
    territory: int | None
    product_line: int | None
    parent: int | None
    account: int | None = None
    name: str | None = None
    postal_code: str | None = None

    def fields(self) -> dict[str, Any]:
        """Its amount and its day, by the fields that hold them."""
        if self.label == "Account":
            return {}
        if self.label == "Order":  # what its lines are dated by
            return {"orderDate": self.day}
        names = {(label, state): (amount, day) for _, label, state, _, amount, day in FIELDS}
        amount, day = names.get((self.label, self.state or "")) or next(
            found for (label, _), found in names.items() if label == self.label
        )
        return {amount: self.amount, day: self.day}


@dataclass(frozen=True, repr=False)
class World:
    """Trees by parent numbers (None: a root), a unit for each user and team, the teams of each user."""

    units: tuple[int | None, ...]
    territories: tuple[int | None, ...]
    product_lines: tuple[int | None, ...]
    user_units: tuple[int | None, ...]
    team_units: tuple[int | None, ...]
    memberships: tuple[frozenset[int], ...]
    goals: tuple[Goal, ...]
    records: tuple[Record, ...]
    reports_to: tuple[int | None, ...] = ()
    #: Rollup queries over the records of a category.
    queries: tuple[tuple[str, Spec], ...] = ()

    def __repr__(self) -> str:
        few = f"goals={self.goals[:10]}, records={self.records[:10]}"
        return f"World({len(self.goals)} goals, {len(self.records)} records: {few}, units={self.units}, {self.queries})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002, FBT001 - what Hypothesis prints with
        printer.text(repr(self))


@st.composite
def forests(draw: st.DrawFn, largest: int) -> tuple[int | None, ...]:
    """Parents of up to `largest` nodes, each an earlier one or none."""
    size = draw(st.integers(1, largest))
    return tuple(None if n == 0 else draw(st.none() | st.integers(0, n - 1)) for n in range(size))


@st.composite
def worlds(draw: st.DrawFn, most_goals: int = 200, most_records: int = 2_000, most_queries: int = 0) -> World:
    """A world: Hypothesis draws structure and sizes (and shrinks them), a drawn seed the many goals and records."""
    units, territories, lines = draw(forests(5)), draw(forests(5)), draw(forests(5))
    user_units = tuple(draw(st.lists(st.none() | st.integers(0, len(units) - 1), min_size=1, max_size=8)))
    team_units = tuple(draw(st.lists(st.none() | st.integers(0, len(units) - 1), min_size=1, max_size=3)))
    memberships = tuple(draw(st.frozensets(st.integers(0, len(team_units) - 1), max_size=3)) for _ in user_units)
    sizes = {"USER": len(user_units), "TEAM": len(team_units), "BUSINESS_UNIT": len(units)}
    sizes |= {"TERRITORY": len(territories), "PRODUCT_LINE": len(lines)}
    random = Random(draw(st.integers(0, 2**32)))  # noqa: S311 - a seed draws faster than Hypothesis, and repeats
    amounts = [0, 1, -1, 10_000, 33_333, 2**40, *draw(st.lists(st.integers(-(2**45), 2**45), min_size=1, max_size=5))]

    def owner(*kinds: str) -> tuple[str, int]:
        kind = random.choice(kinds)
        return kind, random.randrange(sizes[kind])

    bosses = [None, *range(len(user_units))]
    reports_to = tuple(random.choice([boss for boss in bosses if boss != user]) for user in range(len(user_units)))
    asked = [random.choice(FIELDS) for _ in range(draw(st.integers(min(1, most_queries), most_queries)))]
    queries = tuple((category, draw_spec(random, label, sizes, amounts, TODAY)) for category, label, *_ in asked)
    goals: list[Goal] = []
    for number in range(draw(st.integers(1, most_goals))):
        parent = None if number == 0 else random.randrange(max(0, number - 12), number)
        above = goals[parent] if parent is not None else None
        start, end = (above.start, above.end) if above else (YEAR_START, YEAR_END)
        if random.random() < 0.3:
            start = start + timedelta(random.randint(0, (end - start).days))
            end = start + timedelta(random.randint(0, (end - start).days))
        goals.append(
            Goal(
                parent,
                owner(*KINDS),
                start,
                end,
                only_children=random.random() < 0.3,
                all_records=random.random() < 0.1,
                members=random.random() < 0.5,
                state="CANCELLED" if number and random.random() < 0.05 else "OPEN",
                pinned=((random.choice(FIELDS)[0], random.choice(amounts)),) if random.random() < 0.1 else (),
                queries=tuple(
                    {queries[one][0]: one for one in random.sample(range(len(queries)), len(queries) // 2)}.items()
                ),
            )
        )
    records: list[Record] = []
    numbers: dict[str, list[int]] = {label: [] for label in ("Account", "Opportunity", "Order", "OrderLine")}
    for number in range(draw(st.integers(0, most_records))):
        record = _record(random, amounts, owner, sizes, numbers)
        numbers[record.label].append(number)
        records.append(record)
    return World(
        *(units, territories, lines, user_units, team_units, memberships),
        *(tuple(goals), tuple(records), reports_to, queries),
    )


def _record(
    random: Random, amounts: list[int], owner: Any, sizes: dict[str, int], above: dict[str, list[int]]
) -> Record:
    label, state, status = random.choice(_KINDS_OF_RECORDS)
    accounts = above["Account"] if label != "Account" else []
    parents = above.get({"Order": "Opportunity", "OrderLine": "Order"}.get(label, ""))
    # Parts mostly leave to the record above what they have in common with it.
    missing = 0.05 if label == "Opportunity" else 0.6
    return Record(
        label,
        state,
        status,
        None if random.random() < 0.05 else random.choice(amounts),
        random.choice(_DAYS),
        None if random.random() < missing else owner("USER", "USER", "USER", "TEAM"),
        None if random.random() < max(missing, 0.3) else random.randrange(sizes["TERRITORY"]),
        None if random.random() < max(missing, 0.3) else random.randrange(sizes["PRODUCT_LINE"]),
        random.choice(parents) if parents and random.random() < 0.9 else None,
        random.choice(accounts) if accounts and random.random() > missing else None,
        random.choice(NAMES),
        random.choice(POSTAL_CODES) if label == "Account" else None,
    )


def candidates(world: World, category: str) -> list[int]:
    """The numbers of the records of a category's type, state and statuses."""
    ((label, state, statuses),) = [(label, *of) for name, label, *of, _, _ in FIELDS if name == category]
    return [
        number
        for number, record in enumerate(world.records)
        for dated in dated_by(world, record)
        if (record.label, dated.state) == (label, state) and (not statuses or dated.status in statuses)
    ]


def counted(world: World, goal: Goal, category: str) -> list[int]:
    """The numbers of the records that a goal's own part counts in a category."""
    records, query = own(world, goal, candidates(world, category)), dict(goal.queries).get(category)
    if query is None:
        return records
    spec, asked = world.queries[query][1], Asked(world, TODAY)
    return [number for number in records if asked.meets(spec, goal, world.records[number])]


def expected(world: World) -> dict[str, list[tuple[int, int]]]:
    """Per category, (computed value in units, records counted) of each goal by its number. Semantics §9."""
    totals: dict[str, list[tuple[int, int]]] = {}
    for category in PROPERTIES:
        records = [counted(world, goal, category) for goal in world.goals]
        sums = [(sum(world.records[number].amount or 0 for number in of), len(of)) for of in records]
        for number in range(len(world.goals) - 1, 0, -1):
            goal = world.goals[number]
            if goal.parent is not None and goal.state != "CANCELLED":
                above, below = sums[goal.parent], sums[number]
                total = dict(goal.pinned).get(category, below[0])
                sums[goal.parent] = (above[0] + total, above[1] + below[1])
        totals[category] = sums
    return totals
