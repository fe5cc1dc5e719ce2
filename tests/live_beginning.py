"""What histories of changes begin with: made once by the product's own rules, kept, and put back for each history."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from graph.goal import RecordSet
from graph.metric import MetricType
from graph.metric_change import RollupFieldDraft
from graph.owners import OwnerKind
from graph.rollup_compiler import Category
from graph.rollup_query_change import RollupQueryDraft, create_rollup_query
from tests.conftest import NOW
from tests.factories import Company
from tests.live import QUERIES, History
from tests.live_oracle import LINES, TERRITORIES, UNITS, USERS, Written

if TYPE_CHECKING:
    from graph.clock import FixedClock
    from graph.database import Database, Transaction
    from graph.visibility import Viewer

#: The first steps of every history, so that those which are drawn meet something.
FIRST_STEPS: tuple[tuple[Any, ...], ...] = (
    ("create", None, "Revenue", "top", RecordSet.OWNED, False),
    ("create", 0, "Revenue", "team", RecordSet.OWNED, False),
    ("create", 1, "Revenue", "ada", RecordSet.OWNED, False),
    ("create", None, "Lines", "land", RecordSet.OWNED, False),
    ("unit", "ada", "low"),
    ("place", "low", True),
    ("member", "ada", True),
    ("account", 0, "Here"),
    ("deals", [(0, {"owner": "ada", "amount": "1", "day": None}), (1, {"owner": "ben", "amount": "-7.5"})]),
    ("orders", [(0, {"owner": "ada", "territory": "town"})]),
    ("lines", [(0, {"parent": 0, "amount": "1"})]),
)
_ALL_BUT_MARKS = "MATCH (n) WHERE NOT n:Migration AND NOT n:TestDatabase"
_PUT_BACK = """
UNWIND range(0, size($nodes) - 1) AS number
WITH number, $nodes[number] AS node
CREATE (n:$(node.labels))
SET n = node.properties
WITH number, n
ORDER BY number
WITH collect(n) AS nodes
UNWIND $links AS link
WITH link, nodes[link.start] AS start, nodes[link.end] AS end
CREATE (start)-[r:$(link.type)]->(end)
SET r = link.properties
"""


@dataclass(frozen=True)
class Beginning:
    """A graph, and what the history that made it knows."""

    nodes: list[dict[str, Any]]
    links: list[dict[str, Any]]
    ids: dict[str, str]
    written: Written
    goals: list[str]

    @classmethod
    async def make(cls, database: Database, clock: FixedClock) -> Beginning:
        """Make it in an empty database: an organization with a structure, and the first steps of every history."""
        history = await _begin(database, clock)
        for step in FIRST_STEPS:
            await history.take(step)
        assert history.taken == Counter(step[0] for step in FIRST_STEPS)
        await history.check()

        async def keep(tx: Transaction) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
            text = (
                f"{_ALL_BUT_MARKS} RETURN elementId(n) AS id, labels(n) AS labels, properties(n) AS properties, "
                "COLLECT { MATCH (n)-[r]->(m) RETURN [type(r), elementId(m), properties(r)] } AS links"
            )
            nodes = await tx.text(text, {}, name="tests/keep")
            numbers = {node["id"]: number for number, node in enumerate(nodes)}
            links = [
                {"type": type_, "start": numbers[node["id"]], "end": numbers[end], "properties": properties}
                for node in nodes
                for type_, end, properties in node["links"]
            ]
            return [{"labels": node["labels"], "properties": node["properties"]} for node in nodes], links

        nodes, links = await database.read(keep)
        return cls(nodes, links, history.company.ids, history.written, history.goals)

    async def again(self, database: Database, clock: FixedClock) -> History:
        """Put the graph back, in place of whatever there is; a history that begins with it."""

        async def work(tx: Transaction) -> None:
            await tx.text(f"{_ALL_BUT_MARKS} DETACH DELETE n", {}, name="tests/empty")
            await tx.text(_PUT_BACK, {"nodes": self.nodes, "links": self.links}, name="tests/put_back")

        clock.set(NOW)
        await database.write(work, deadline=60)
        company = Company(database, clock, dict(self.ids))
        return History(company, deepcopy(self.written), list(self.goals), Counter())


async def _query(viewer: Viewer, name: str, tx: Transaction) -> str:
    return await create_rollup_query(tx, viewer, RollupQueryDraft(name, "opportunity", QUERIES[0]), NOW)


async def _begin(database: Database, clock: FixedClock) -> History:
    """An empty organization with a structure, three metrics and two rollup queries."""
    await database.schema("MATCH (n) WHERE NOT n:Migration AND NOT n:TestDatabase DETACH DELETE n")
    clock.set(NOW)
    company = await Company(database, clock).found()
    await company.owners(OwnerKind.BUSINESS_UNIT, *({"name": name} for name in UNITS))
    await company.owners(OwnerKind.TERRITORY, *({"name": name} for name in TERRITORIES))
    await company.owners(OwnerKind.PRODUCT_LINE, *({"name": name} for name in LINES))
    await company.owners(OwnerKind.TEAM, {"name": "team"})
    await company.users(*USERS)
    company.ids["Revenue"] = await company.metric()
    won = RollupFieldDraft(Category.ACTUAL, "opportunity", "actualCloseDate", "WON", (), None)
    company.ids["Deals"] = await company.metric("Deals", won, type_=MetricType.COUNT, data_type=None)
    lines = RollupFieldDraft(
        *(Category.ACTUAL, "order_line", "orderDate", "FULFILLED", (), "extendedAmount"),
        state_from_parent=True,
        date_from_parent=True,
    )
    company.ids["Lines"] = await company.metric("Lines", lines)
    history = History(company, Written(), [], Counter())
    for name in ("first", "second"):
        company.ids[name] = await company.write(partial(_query, company.administrator, name))
        history.written.asked[name] = 0

    async def field_of(tx: Transaction) -> str:
        text = "MATCH (:Metric {id: $id})-[:HAS_FIELD]->(f {category: 'ACTUAL'}) RETURN f.id AS id"
        (row,) = await tx.text(text, {"id": company.ids["Revenue"]}, name="tests/field")
        found: str = row["id"]
        return found

    company.ids["won"] = await database.read(field_of)
    return history
