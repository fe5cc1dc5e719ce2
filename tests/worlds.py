"""Random organizations with goal trees and records, how to plant one in the database, and what its totals must be.

The oracle is plain Python on the drawn values: it shares no code with the rollup. Own parts: `tests/oracle.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from graph.record_type import base_name
from tests.oracle import dated_by, own

if TYPE_CHECKING:
    from graph.database import Database, Transaction
    from tests.factories import Company

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
)

LINK_OWNERS = """
UNWIND $rows AS row MATCH (a:Owner {id: row[0]}) MATCH (b:Owner {id: row[1]}) CREATE (a)-[:$(row[2])]->(b)
"""
CREATE_RECORDS = """
UNWIND $rows AS row CREATE (r:Record:$(row.label) {id: row.id, type: row.label, externalId: row.id})
SET r += row.properties WITH r, row
CALL (r, row) { MATCH (o:Owner {id: row.owner}) CREATE (r)-[:OWNED_BY]->(o) }
CALL (r, row) { MATCH (o:Owner {id: row.territory}) CREATE (r)-[:IN_TERRITORY]->(o) }
CALL (r, row) { MATCH (o:Owner {id: row.product_line}) CREATE (r)-[:FOR_PRODUCT_LINE]->(o) }
CALL (r, row) { MATCH (o:Record {id: row.parent}) CREATE (r)-[:PART_OF]->(o) }
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
    records: list[Record] = []
    numbers: dict[str, list[int]] = {label: [] for label in ("Opportunity", "Order", "OrderLine")}
    for number in range(draw(st.integers(0, most_records))):
        record = _record(random, amounts, owner, sizes, numbers)
        numbers[record.label].append(number)
        records.append(record)
    return World(units, territories, lines, user_units, team_units, memberships, tuple(goals), tuple(records))


def _record(
    random: Random, amounts: list[int], owner: Any, sizes: dict[str, int], above: dict[str, list[int]]
) -> Record:
    label, state, status = random.choice(_KINDS_OF_RECORDS)
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
    )


def expected(world: World) -> dict[str, list[tuple[int, int]]]:
    """Per category, (computed value in units, records counted) of each goal by its number. Semantics §9."""
    totals: dict[str, list[tuple[int, int]]] = {}
    for category, label, state, statuses, _, _ in FIELDS:
        candidates = [
            record
            for record in world.records
            for dated in dated_by(world, record)
            if (record.label, dated.state) == (label, state) and (not statuses or dated.status in statuses)
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
            "parent": None if record.parent is None else f"record-{record.parent}",
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
    if record.label == "Order":  # what its lines are dated by
        return {"orderDate": record.day}
    fields = {(label, state): (amount, day) for _, label, state, _, amount, day in FIELDS}
    amount, day = fields.get((record.label, record.state or "")) or next(
        names for (label, _), names in fields.items() if label == record.label
    )
    return {amount: record.amount, base_name(amount): record.amount, day: record.day}


def _goal_id(number: int) -> str:
    # Spread over the hexadecimal digits, as random UUIDs are, so that every range of ids has goals.
    return f"{number * 7919 % 16:x}goal-{number}"


def _key(owner: tuple[str, int | None] | None) -> str | None:
    return None if owner is None or owner[1] is None else f"{owner[0]}-{owner[1]}"
