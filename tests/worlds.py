"""Random organizations with goal trees and records, how to plant one in the database, and what its totals must be.

The oracle is plain Python on the drawn values: it shares no code with the rollup.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from graph.record_type import base_name

if TYPE_CHECKING:
    from graph.database import Database, Transaction
    from tests.factories import Company

YEAR_START, YEAR_END = date(2026, 1, 1), date(2026, 12, 31)
KINDS = ("USER", "TEAM", "BUSINESS_UNIT", "TERRITORY", "PRODUCT_LINE")
LABELS = {"USER": "User", "TEAM": "Team", "BUSINESS_UNIT": "BusinessUnit", "TERRITORY": "Territory"} | {
    "PRODUCT_LINE": "ProductLine"
}
#: (category, record type's label, state, statuses (any if empty), amount, date) of the metric of worlds.
FIELDS = (
    ("actual", "Opportunity", "WON", (), "actualValue", "actualCloseDate"),
    ("in_progress", "Opportunity", "OPEN", ("NEW", "IN_PROGRESS"), "estimatedValue", "openDate"),
    ("custom", "Order", "FULFILLED", (), "totalAmount", "orderDate"),
)

#: How each category's stored properties begin.
PROPERTIES = {"actual": "actual", "in_progress": "inProgress", "custom": "custom"}

LINK_OWNERS = """
UNWIND $rows AS row MATCH (a:Owner {id: row[0]}) MATCH (b:Owner {id: row[1]}) CREATE (a)-[:$(row[2])]->(b)
"""
CREATE_RECORDS = """
UNWIND $rows AS row CREATE (r:Record:$(row.label) {id: row.id, type: row.label, externalId: row.id})
SET r += row.properties WITH r, row
CALL (r, row) { MATCH (o:Owner {id: row.owner}) CREATE (r)-[:OWNED_BY]->(o) }
CALL (r, row) { MATCH (o:Owner {id: row.territory}) CREATE (r)-[:IN_TERRITORY]->(o) }
CALL (r, row) { MATCH (o:Owner {id: row.product_line}) CREATE (r)-[:FOR_PRODUCT_LINE]->(o) }
"""
CREATE_GOALS = """
MATCH (m:Metric {id: $metric}) MATCH (a:User {id: $manager}) UNWIND $rows AS row
MATCH (o:Owner {id: row.owner}) CREATE (g:Goal {id: row.id}) SET g += row.properties
CREATE (g)-[:MEASURED_BY]->(m) CREATE (g)-[:MANAGED_BY]->(a) CREATE (g)-[:OWNED_BY]->(o)
"""
LINK_GOALS = """
UNWIND $rows AS row MATCH (g:Goal {id: row.id}) MATCH (p:Goal {id: row.parent}) CREATE (g)-[:CHILD_OF]->(p)
"""


@dataclass(frozen=True)
class Goal:
    """A drawn goal; `parent` is the number of an earlier one, `owner` a kind and a number, `pinned` by category."""

    parent: int | None
    owner: tuple[str, int]
    start: date
    end: date
    only_children: bool
    all_records: bool
    members: bool
    state: str
    pinned: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Record:
    """A drawn record: a label, its properties, and the numbers of what it hangs on."""

    label: str
    state: str
    status: str | None
    amount: int | None
    day: date | None
    owner: tuple[str, int] | None
    territory: int | None
    product_line: int | None


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

    def __repr__(self) -> str:
        few = f"goals={self.goals[:10]}, records={self.records[:10]}"
        return f"World({len(self.goals)} goals, {len(self.records)} records: {few}, units={self.units})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002, FBT001 - what Hypothesis prints with
        printer.text(repr(self))


@st.composite
def forests(draw: st.DrawFn, largest: int) -> tuple[int | None, ...]:
    """Parents of up to `largest` nodes, each an earlier one or none."""
    size = draw(st.integers(1, largest))
    return tuple(None if n == 0 else draw(st.none() | st.integers(0, n - 1)) for n in range(size))


@st.composite
def worlds(draw: st.DrawFn, most_goals: int = 200, most_records: int = 2_000) -> World:
    """A world: Hypothesis draws structure and sizes (and shrinks them), a drawn seed the many goals and records."""
    units, territories, lines = draw(forests(5)), draw(forests(5)), draw(forests(5))
    user_units = tuple(draw(st.lists(st.none() | st.integers(0, len(units) - 1), min_size=1, max_size=8)))
    team_units = tuple(draw(st.lists(st.none() | st.integers(0, len(units) - 1), min_size=1, max_size=3)))
    memberships = tuple(draw(st.frozensets(st.integers(0, len(team_units) - 1), max_size=3)) for _ in user_units)
    sizes = {"USER": len(user_units), "TEAM": len(team_units), "BUSINESS_UNIT": len(units)}
    sizes |= {"TERRITORY": len(territories), "PRODUCT_LINE": len(lines)}
    random = Random(draw(st.integers(0, 2**32)))  # noqa: S311 - a seed draws faster than Hypothesis, and repeats
    amounts = [0, 1, -1, 10_000, 33_333, 2**40, *draw(st.lists(st.integers(-(2**45), 2**45), min_size=1, max_size=5))]
    days = [None, YEAR_START, YEAR_END, YEAR_START - timedelta(1), YEAR_END + timedelta(1)]
    days += [date(2026, 3, 31), date(2026, 4, 1), date(2026, 6, 15)]

    def owner(*kinds: str) -> tuple[str, int]:
        kind = random.choice(kinds)
        return kind, random.randrange(sizes[kind])

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
            )
        )
    records = tuple(
        _record(random, amounts, days, owner=owner, places=len(territories), lines=len(lines))
        for _ in range(draw(st.integers(0, most_records)))
    )
    return World(units, territories, lines, user_units, team_units, memberships, tuple(goals), records)


def _record(
    random: Random, amounts: list[int], days: list[date | None], *, owner: Any, places: int, lines: int
) -> Record:
    label, state, status = random.choice(
        [
            ("Opportunity", "WON", None),
            ("Opportunity", "WON", "WON"),
            ("Opportunity", "OPEN", "NEW"),
            ("Opportunity", "OPEN", "ON_HOLD"),
            ("Opportunity", "LOST", None),
            ("Order", "FULFILLED", None),
            ("Order", "ACTIVE", "NEW"),
        ]
    )
    return Record(
        label,
        state,
        status,
        None if random.random() < 0.05 else random.choice(amounts),
        random.choice(days),
        None if random.random() < 0.05 else owner("USER", "USER", "USER", "TEAM"),
        None if random.random() < 0.3 else random.randrange(places),
        None if random.random() < 0.3 else random.randrange(lines),
    )


def expected(world: World) -> dict[str, list[tuple[int, int]]]:
    """Per category, (computed value in units, records counted) of each goal by its number. Semantics §9."""
    totals: dict[str, list[tuple[int, int]]] = {}
    for category, label, state, statuses, _, _ in FIELDS:
        candidates = [
            record
            for record in world.records
            if (record.label, record.state) == (label, state) and (not statuses or record.status in statuses)
        ]
        sums = [own(world, goal, candidates) for goal in world.goals]
        for number in range(len(world.goals) - 1, 0, -1):
            goal = world.goals[number]
            if goal.parent is not None and goal.state != "CANCELLED":
                above, below = sums[goal.parent], sums[number]
                total = dict(goal.pinned).get(category, below[0])
                sums[goal.parent] = (above[0] + total, above[1] + below[1])
        totals[category] = sums
    return totals


def own(world: World, goal: Goal, candidates: list[Record]) -> tuple[int, int]:
    """The own part of a goal over records of the right type and state: (sum in units, number of records)."""
    if goal.only_children:
        return 0, 0
    counted = [
        record
        for record in candidates
        if record.day is not None
        and goal.start <= record.day <= goal.end
        and (goal.all_records or _holds(world, goal, record))
    ]
    return sum(record.amount or 0 for record in counted), len(counted)


def _holds(world: World, goal: Goal, record: Record) -> bool:
    kind, number = goal.owner
    if kind == "TERRITORY":
        return record.territory in _at_or_below(world.territories, number)
    if kind == "PRODUCT_LINE":
        return record.product_line in _at_or_below(world.product_lines, number)
    if record.owner is None:
        return False
    owner_kind, owner = record.owner
    if kind == "BUSINESS_UNIT":
        unit = world.user_units[owner] if owner_kind == "USER" else world.team_units[owner]
        return unit in _at_or_below(world.units, number)
    if kind == "TEAM" and goal.members and owner_kind == "USER":
        return number in world.memberships[owner]
    return record.owner == goal.owner


def _at_or_below(parents: tuple[int | None, ...], top: int) -> set[int]:
    found = {top}
    for number, parent in enumerate(parents):  # a parent's number is smaller
        if parent in found:
            found.add(number)
    return found


async def plant(company: Company, world: World, metric: str) -> list[str]:
    """Write a world straight into the database, past the rules; the goals' ids by number."""
    trees = {"BUSINESS_UNIT": world.units, "TERRITORY": world.territories, "PRODUCT_LINE": world.product_lines}
    owners = [("USER", n) for n in range(len(world.user_units))] + [("TEAM", n) for n in range(len(world.team_units))]
    owners += [(kind, n) for kind, parents in trees.items() for n in range(len(parents))]
    links = [(kind, n, kind, parent, "CHILD_OF") for kind, parents in trees.items() for n, parent in enumerate(parents)]
    links += [("USER", n, "BUSINESS_UNIT", unit, "IN_UNIT") for n, unit in enumerate(world.user_units)]
    links += [("TEAM", n, "BUSINESS_UNIT", unit, "IN_UNIT") for n, unit in enumerate(world.team_units)]
    links += [("USER", n, "TEAM", team, "MEMBER_OF") for n, teams in enumerate(world.memberships) for team in teams]
    records = [
        {
            "id": f"record-{n}",
            "label": record.label,
            "properties": {"state": record.state, "status": record.status} | _stored(record),
            "owner": _key(record.owner),
            "territory": _key(("TERRITORY", record.territory)),
            "product_line": _key(("PRODUCT_LINE", record.product_line)),
        }
        for n, record in enumerate(world.records)
    ]
    goals = [
        {
            "id": _goal_id(n),
            "parent": None if goal.parent is None else _goal_id(goal.parent),
            "owner": _key(goal.owner),
            "properties": {
                "title": f"Goal {n}",
                "state": goal.state,
                "restricted": False,
                "rollupOnlyFromChildren": goal.only_children,
                "recordSet": "ALL" if goal.all_records else "OWNED",
                "includeTeamMembers": goal.members,
                "periodKind": "CUSTOM",
                "periodLabel": "",
                "startDate": goal.start,
                "endDate": goal.end,
                "createdAt": company.clock.now(),
                "updatedAt": company.clock.now(),
                **{f"{PROPERTIES[category]}Pinned": units for category, units in goal.pinned},
            },
        }
        for n, goal in enumerate(world.goals)
    ]
    statements: list[tuple[str, list[Any]]] = [
        (
            "UNWIND $rows AS row CREATE (n:Owner:$(row.label)) SET n += row.properties",
            [
                {"label": LABELS[kind], "properties": {"id": _key((kind, n)), "kind": kind, "externalId": f"{n}"}}
                for kind, n in owners
            ],
        ),
        (LINK_OWNERS, [[_key((a, n)), _key((b, m)), type_] for a, n, b, m, type_ in links if m is not None]),
        (CREATE_RECORDS, records),
        (CREATE_GOALS, goals),
        (LINK_GOALS, [goal for goal in goals if goal["parent"]]),
    ]

    async def work(tx: Transaction) -> None:
        for text, rows in statements:
            parameters = {"rows": rows, "metric": metric, "manager": company.administrator.id}
            await tx.text(text, parameters, name="tests/plant")

    await company.write(work)
    return [_goal_id(n) for n in range(len(world.goals))]


async def stored(database: Database) -> dict[str, dict[str, Any]]:
    """What the database holds of each goal, by id."""

    async def work(tx: Transaction) -> dict[str, dict[str, Any]]:
        rows = await tx.text("MATCH (g:Goal) RETURN g.id AS id, properties(g) AS properties", {}, name="tests/stored")
        return {row["id"]: row["properties"] for row in rows}

    return await database.read(work)


def _stored(record: Record) -> dict[str, Any]:
    fields = {(label, state): (amount, day) for _, label, state, _, amount, day in FIELDS}
    amount, day = fields.get((record.label, record.state)) or next(
        names for (label, _), names in fields.items() if label == record.label
    )
    return {amount: record.amount, base_name(amount): record.amount, day: record.day}


def _goal_id(number: int) -> str:
    # Spread over the hexadecimal digits, as random UUIDs are, so that every range of ids has goals.
    return f"{number * 7919 % 16:x}goal-{number}"


def _key(owner: tuple[str, int | None] | None) -> str | None:
    return None if owner is None or owner[1] is None else f"{owner[0]}-{owner[1]}"
