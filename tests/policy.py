"""The policy in plain Python over drawn graphs, and how to plant one. It shares no code with the Cypher.

A graph is drawn from a seed alone. Everything is named by a key such as `user-3`; ids are the keys.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

from graph.role_compiler import compile_places, compile_rights

if TYPE_CHECKING:
    from graph.database import Database, Transaction

TYPES = ("opportunity", "phone_call")
#: What roles may be about here: kinds as stored in a role.
KINDS = ("GOAL", "RECORD", *(f"RECORD:{key}" for key in TYPES))
OPERATIONS = ("READ", "WRITE", "DELETE", "ASSIGN", "SHARE", "RECALCULATE", "OVERRIDE", "AGGREGATE", "CREATE")
DEPTHS = ("NONE", "OWN", "UNIT", "UNIT_AND_BELOW", "ORGANIZATION")


@dataclass
class Node:
    """A goal or record: who manages and owns it, with whom it is shared (key → for writing), the type of a record."""

    key: str
    owner: str | None
    restricted: bool
    parent: str | None = None
    manager: str | None = None
    type: str | None = None
    shares: dict[str, bool] = field(default_factory=dict)


@dataclass
class Graph:
    """A drawn organization. `units` maps to the unit above, `places` users and teams to their unit."""

    seed: int
    units: dict[str, str | None] = field(default_factory=dict)
    places: dict[str, str | None] = field(default_factory=dict)
    teams: dict[str, set[str]] = field(default_factory=dict)
    administrators: set[str] = field(default_factory=set)
    roles: dict[str, dict[tuple[str, str], int]] = field(default_factory=dict)
    held: dict[str, list[str]] = field(default_factory=dict)
    goals: dict[str, Node] = field(default_factory=dict)
    records: dict[str, Node] = field(default_factory=dict)
    restricted_types: set[str] = field(default_factory=set)
    parent_only: bool = False

    @property
    def users(self) -> list[str]:
        """All users."""
        return list(self.teams)


def draw(seed: int, *, goals: int = 16, records: int = 12) -> Graph:
    """Draw a graph."""
    random = Random(seed)  # noqa: S311 - a seed must give the same graph again
    graph = Graph(seed, parent_only=random.random() < 0.3)
    graph.units = {
        f"unit-{n}": f"unit-{random.randrange(n)}" if n and random.random() < 0.8 else None for n in range(5)
    }
    units = [*graph.units, None]
    graph.places = {f"team-{n}": random.choice(units) for n in range(3)}
    for n in range(9):
        graph.places[f"user-{n}"] = random.choice(units)
        graph.teams[f"user-{n}"] = {f"team-{t}" for t in range(3) if random.random() < 0.25}
    graph.administrators = {"user-0"}
    for n in range(4):
        privileges = {(kind, op): random.randrange(5) for kind in KINDS for op in OPERATIONS if random.random() < 0.4}
        graph.roles[f"role-{n}"] = privileges
    graph.held = {user: random.sample(list(graph.roles), random.choice((0, 0, 1, 1, 2))) for user in graph.users}
    owners = [*graph.users, "team-0", "team-1", "team-2"]
    for n in range(goals):
        parent = f"goal-{random.randrange(max(0, n - 6), n)}" if n and random.random() < 0.85 else None
        owner = random.choice([*owners, random.choice(list(graph.units))])
        graph.goals[f"goal-{n}"] = Node(
            f"goal-{n}", owner, random.random() < 0.25, parent, manager=random.choice(graph.users)
        )
    for n in range(records):
        record_owner = None if random.random() < 0.1 else random.choice(owners)
        type_ = random.choice(TYPES)
        graph.records[f"record-{n}"] = Node(f"record-{n}", record_owner, random.random() < 0.2, type=type_)
    for node in [*graph.goals.values(), *graph.records.values()]:
        if random.random() < 0.25:
            node.shares[random.choice(owners)] = node.type is None and random.random() < 0.5
    graph.restricted_types = {key for key in TYPES if random.random() < 0.15}
    return graph


@dataclass
class Oracle:
    """What one user may, by the policy's words."""

    graph: Graph
    user: str

    @property
    def administrator(self) -> bool:
        """Whether it may do everything."""
        return self.user in self.graph.administrators

    def depth(self, operation: str, *kinds: str) -> int:
        """How far its roles reach in this: privileges add up."""
        held = (self.graph.roles[role] for role in self.graph.held[self.user])
        return max((role.get((kind, operation), 0) for role in held for kind in kinds), default=0)

    def reaches(self, depth: int, holder: str | None) -> bool:
        """Whether a depth covers what belongs to this user or team; OWN is not looked at here."""
        if depth == 4:
            return True
        mine = self.graph.places[self.user]
        other = None if holder is None else self.graph.places[holder]
        if depth < 2 or mine is None or other is None:
            return False
        return other == mine or (depth == 3 and mine in self.units_above(other))

    def units_above(self, unit: str) -> set[str]:
        """The units that this one is below."""
        found: set[str] = set()
        above = self.graph.units[unit]
        while above is not None:
            found.add(above)
            above = self.graph.units[above]
        return found

    def is_or_is_member(self, key: str | None) -> bool:
        """Whether it is this user, or in this team."""
        return key == self.user or key in self.graph.teams[self.user]

    def sees_goal(self, key: str) -> bool:
        """Whether it may see a goal."""
        goal = self.graph.goals[key]
        if self.administrator or goal.manager == self.user or self.is_or_is_member(goal.owner):
            return True
        if any(self.is_or_is_member(target) for target in goal.shares):
            return True
        if goal.restricted:
            return False
        if self.reaches(self.depth("READ", "GOAL"), goal.manager):
            return True
        above = self.above(key)
        if self.graph.parent_only:
            above = above[:1]
        return any(self.graph.goals[one].manager == self.user for one in above)

    def above(self, key: str) -> list[str]:
        """The goals above, nearest first."""
        found = []
        parent = self.graph.goals[key].parent
        while parent is not None:
            found.append(parent)
            parent = self.graph.goals[parent].parent
        return found

    def below(self, key: str) -> list[str]:
        """The goals directly below."""
        return [goal.key for goal in self.graph.goals.values() if goal.parent == key]

    def may(self, operation: str, key: str) -> bool:
        """Whether it may do this with a goal, as far as that does not depend on seeing it."""
        goal = self.graph.goals[key]
        if self.administrator or goal.manager == self.user:
            return True
        shared = any(writes and self.is_or_is_member(target) for target, writes in goal.shares.items())
        if operation == "WRITE" and shared:
            return True
        return not goal.restricted and self.reaches(self.depth(operation, "GOAL"), goal.manager)

    def sees_record(self, key: str) -> bool:
        """Whether it may see a record."""
        record = self.graph.records[key]
        if self.administrator or self.is_or_is_member(record.owner):
            return True
        if any(self.is_or_is_member(target) for target in record.shares):
            return True
        if record.restricted or record.type in self.graph.restricted_types:
            return False
        return self.reaches(self.depth("READ", "RECORD", f"RECORD:{record.type}"), record.owner)

    def may_aggregate(self, type_: str, owner: str, *, with_members: bool) -> bool:
        """Whether it may count the records of a goal's owner."""
        depth = self.depth("AGGREGATE", "RECORD", f"RECORD:{type_}")
        if self.administrator or depth == 4:
            return True
        if owner.startswith("unit"):
            mine = self.graph.places[self.user]
            if mine is None or depth < 2:
                return False
            below = {unit for unit in self.graph.units if owner in self.units_above(unit)} | {owner}
            mine_and_below = {unit for unit in self.graph.units if mine in self.units_above(unit)} | {mine}
            return below <= (mine_and_below if depth == 3 else {mine})
        holders = {owner}
        if owner.startswith("team") and with_members:
            holders |= {user for user, teams in self.graph.teams.items() if owner in teams}
        return bool(depth) and all(self.is_or_is_member(holder) or self.reaches(depth, holder) for holder in holders)


_LINK = "MATCH (a:Owner {id: row[0]}) MATCH (b:Owner {id: row[1]}) CREATE (a)-[:$(row[2])]->(b)"
_HOLD = "MATCH (u:User {id: row[0]}) MATCH (r:Role {id: row[1]}) CREATE (u)-[:HAS_ROLE]->(r)"
_GOAL = """
MATCH (m:Metric) MATCH (o:Owner {id: row[1]}) MATCH (u:User {id: row[2]})
CREATE (g:Goal {id: row[0].id})-[:MEASURED_BY]->(m) SET g += row[0]
CREATE (g)-[:OWNED_BY]->(o) CREATE (g)-[:MANAGED_BY]->(u)
"""
_RECORD = """
CREATE (r:Record) SET r += row[0] WITH r, row MATCH (o:Owner {id: row[1]}) CREATE (r)-[:OWNED_BY]->(o)
"""
_SHARE = """
CALL (row) { MATCH (n:Goal {id: row[0]}) RETURN n UNION MATCH (n:Record {id: row[0]}) RETURN n }
MATCH (o:Owner {id: row[1]}) CREATE (n)-[:SHARED_WITH {writes: row[2]}]->(o)
"""
#: What is written of each row, in this order.
_PLANT = {
    "owners": "CREATE (n:Owner:$(row[0])) SET n += row[1]",
    "links": _LINK,
    "roles": "CREATE (r:Role) SET r += row",
    "held": _HOLD,
    "types": "MERGE (t:RecordType {key: row[0]}) SET t.restricted = row[1]",
    "goals": _GOAL,
    "parents": "MATCH (g:Goal {id: row[0]}) MATCH (p:Goal {id: row[1]}) CREATE (g)-[:CHILD_OF]->(p)",
    "records": _RECORD,
    "shares": _SHARE,
}


async def plant(database: Database, graph: Graph) -> None:
    """Write a graph straight into an empty database, and let the product compile its rights."""
    labels = {"user": ("User", "USER"), "team": ("Team", "TEAM"), "unit": ("BusinessUnit", "BUSINESS_UNIT")}

    def owner(key: str) -> list[Any]:
        label, kind = labels[key.split("-", maxsplit=1)[0]]
        flags = {"active": True, "administrator": key in graph.administrators} if label == "User" else {}
        return [label, {"id": key, "kind": kind, "externalId": key, "name": key, **flags}]

    nodes = [*graph.goals.values(), *graph.records.values()]
    rows: dict[str, list[Any]] = {
        "owners": [owner(key) for key in (*graph.units, *graph.places)],
        "links": [
            *([unit, above, "CHILD_OF"] for unit, above in graph.units.items() if above),
            *([key, unit, "IN_UNIT"] for key, unit in graph.places.items() if unit),
            *([user, team, "MEMBER_OF"] for user, teams in graph.teams.items() for team in teams),
        ],
        "roles": [
            {"id": key, "name": key, "nameKey": key, "shipped": False}
            | {"privileges": [f"{kind} {operation} {DEPTHS[depth]}" for (kind, operation), depth in role.items()]}
            for key, role in graph.roles.items()
        ],
        "held": [[user, role] for user, roles in graph.held.items() for role in roles],
        "types": [[key, True if key in graph.restricted_types else None] for key in TYPES],
        "goals": [[_goal(goal), goal.owner, goal.manager] for goal in graph.goals.values()],
        "parents": [[goal.key, goal.parent] for goal in graph.goals.values() if goal.parent],
        "records": [[_record(record), record.owner] for record in graph.records.values()],
        "shares": [[node.key, target, writes] for node in nodes for target, writes in node.shares.items()],
    }

    async def work(tx: Transaction) -> None:
        await tx.text("MATCH (n) WHERE NOT n:Migration AND NOT n:TestDatabase DETACH DELETE n", {}, name="tests/clear")
        setting = {"setting": "PARENT" if graph.parent_only else "ALL"}
        text = (
            "CREATE (:Metric {id: 'metric', name: 'M', nameKey: 'm', type: 'COUNT', dataType: 'INTEGER', "
            "tracksStretchTarget: false}) CREATE (:Organization {key: 'organization', structureRevision: 0, "
            "timeZone: 'UTC', ancestorManagers: $setting})"
        )
        await tx.text(text, setting, name="tests/organization")
        for name, text in _PLANT.items():
            each: Any = f"UNWIND $rows AS row {text}"
            await tx.text(each, {"rows": rows[name]}, name=f"tests/plant_{name}")
        await compile_places(tx)
        await compile_rights(tx)

    await database.write(work, deadline=60)


def _goal(goal: Node) -> dict[str, Any]:
    number = int(goal.key.split("-")[1])
    return {
        "id": goal.key,
        "title": f"{number * 7 % 16:02} {goal.key}",
        "state": "OPEN",
        "restricted": goal.restricted,
        "target": None if number % 3 == 0 else number * 5 % 7,
        "rollupOnlyFromChildren": True,
    }


def _record(record: Node) -> dict[str, Any]:
    restricted = {"restricted": True} if record.restricted else {}
    return {"id": record.key, "type": record.type, "externalId": record.key, "name": record.key, **restricted}
