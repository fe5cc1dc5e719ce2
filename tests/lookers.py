"""Users of random worlds who may see a part of them: drawn, planted, and what each sees, in plain Python.

It shares no code with the policy in Cypher. A world's goals are managed by nobody who looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from graph.role_compiler import compile_places, compile_rights
from tests.query_draws import inherited

if TYPE_CHECKING:
    from graph.database import Transaction
    from tests.worlds import World

DEPTHS = ("NONE", "OWN", "UNIT", "UNIT_AND_BELOW", "ORGANIZATION")
#: The key of each label's record type.
TYPES = {"Account": "account", "Opportunity": "opportunity", "Order": "order", "OrderLine": "order_line"}
#: What field profiles keep from those who look, one of these each.
MASKS = (
    *(None, None, "record.account.postalCode", "record.opportunity.actualCloseDate", "record.order_line.name"),
    *("record.opportunity.actualValue", "goal.actual"),
)
_PLANT = """
UNWIND $rows AS row MATCH (u:User {id: row.id}) SET u.active = true, u.administrator = false
CREATE (u)-[:HAS_ROLE]->(:Role {id: row.id, name: row.id, nameKey: row.id, shipped: false, privileges: row.privileges})
WITH u, row UNWIND row.shared AS shared MATCH (r:Record {id: shared}) CREATE (r)-[:SHARED_WITH {writes: false}]->(u)
"""
_KINDS = "UNWIND $rows AS row MATCH (r:Record {type: row[0]}) SET r.type = row[1]"
_RESTRICT = "UNWIND $rows AS id MATCH (n:Record|Goal {id: id}) SET n.restricted = true"
_MASK = "UNWIND $rows AS row MATCH (u:User {id: row[0]}) SET u.masked = row[1]"


@dataclass(frozen=True)
class Hidden:
    """What is restricted in a world: numbers of records and goals."""

    records: frozenset[int]
    goals: frozenset[int]


@dataclass(frozen=True)
class Looker:
    """A user of a world: depths by label of what it reads, records shared with it, a field that is kept from it."""

    world: World
    hidden: Hidden
    user: int
    depths: dict[str, int]
    all_goals: bool
    queries: bool
    shared: frozenset[int]
    mask: str | None

    @property
    def id(self) -> str:
        """The user's id."""
        return f"USER-{self.user}"

    def sees_goal(self, number: int) -> bool:
        """Whether it may see a goal."""
        owner = self.world.goals[number].owner
        return self._is_or_is_member(owner) or (self.all_goals and number not in self.hidden.goals)

    def sees(self, number: int) -> bool:
        """Whether it may see a record."""
        record = self.world.records[number]
        owner = inherited(self.world, record, "owner")
        if number in self.shared or self._is_or_is_member(owner):
            return True
        depth = self.depths[record.label]
        if number in self.hidden.records or depth < 2:
            return False
        mine = self.world.user_units[self.user]
        if depth == 4 or owner is None or mine is None:
            return depth == 4
        units = self.world.user_units if owner[0] == "USER" else self.world.team_units
        unit = units[owner[1]]
        while depth == 3 and unit is not None and unit != mine:
            unit = self.world.units[unit]
        return bool(unit == mine)

    def _is_or_is_member(self, owner: tuple[str, int] | None) -> bool:
        if owner is None:
            return False
        kind, number = owner
        return owner == ("USER", self.user) or (kind == "TEAM" and number in self.world.memberships[self.user])


def draw_lookers(world: World, seed: int, most: int = 3) -> list[Looker]:
    """Draw who looks at a world: some of its users."""
    random = Random(seed)  # noqa: S311 - a seed must give the same again
    hidden = Hidden(
        frozenset(n for n in range(len(world.records)) if random.random() < 0.15),
        frozenset(n for n in range(len(world.goals)) if random.random() < 0.25),
    )
    users = random.sample(range(len(world.user_units)), min(most, len(world.user_units)))
    return [
        Looker(
            world,
            hidden,
            user,
            {label: random.choice((1, 1, 2, 3, 4)) for label in TYPES},
            all_goals=random.random() < 0.7,
            queries=random.random() < 0.7,
            shared=frozenset(n for n in range(len(world.records)) if random.random() < 0.05),
            mask=random.choice(MASKS),
        )
        for user in users
    ]


async def plant_lookers(tx: Transaction, lookers: list[Looker], goals: list[str]) -> None:
    """Give the users of a planted world their rights, and let the product compile them."""
    hidden = lookers[0].hidden
    rows: list[tuple[Any, list[Any]]] = [
        (_PLANT, [{"id": one.id, "privileges": _privileges(one), "shared": _records(one.shared)} for one in lookers]),
        (_KINDS, [list(pair) for pair in TYPES.items()]),
        (_RESTRICT, [*_records(hidden.records), *(goals[number] for number in hidden.goals)]),
    ]
    for text, of in rows:
        await tx.text(text, {"rows": of}, name="tests/lookers")
    await compile_places(tx)
    await compile_rights(tx)
    await tx.text(_MASK, {"rows": [[one.id, [one.mask]] for one in lookers if one.mask]}, name="tests/masks")


def _privileges(looker: Looker) -> list[str]:
    reading = [f"RECORD:{TYPES[label]} READ {DEPTHS[depth]}" for label, depth in looker.depths.items()]
    more = {"GOAL": looker.all_goals, "ROLLUP_QUERY": looker.queries}
    return reading + [f"{kind} READ ORGANIZATION" for kind, granted in more.items() if granted]


def _records(numbers: frozenset[int]) -> list[str]:
    return [f"record-{number}" for number in sorted(numbers)]
