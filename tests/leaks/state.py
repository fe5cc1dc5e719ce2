"""Keeping all of a small database, and writing it back: so that the same mutations can be made on two graphs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from graph.statement import native

if TYPE_CHECKING:
    from graph.database import Database, Transaction

_NODES = """
MATCH (n) WHERE NOT any(label IN labels(n) WHERE label IN ['Migration', 'TestDatabase'])
RETURN elementId(n) AS id, labels(n) AS labels, properties(n) AS properties
"""
_CLEAR = """
MATCH (n) WHERE NOT any(label IN labels(n) WHERE label IN ['Migration', 'TestDatabase'])
DETACH DELETE n
"""
_LINKS = """
MATCH (a)-[r]->(b)
RETURN elementId(a) AS start, elementId(b) AS end, type(r) AS type, properties(r) AS properties
"""
#: Relationships find their ends by the place of a node in the list.
_WRITE = """
CALL () { UNWIND $nodes AS row CREATE (n:$(row.labels)) SET n = row.properties RETURN collect(n) AS made }
WITH made
UNWIND $links AS row
WITH made[row.start] AS a, made[row.end] AS b, row
CREATE (a)-[r:$(row.type)]->(b)
SET r = row.properties
"""
Kept = tuple[list[dict[str, Any]], list[dict[str, Any]]]


async def keep(database: Database) -> Kept:
    """All nodes and relationships."""

    async def work(tx: Transaction) -> Kept:
        nodes = await tx.text(_NODES, {}, name="tests/nodes")
        links = await tx.text(_LINKS, {}, name="tests/links")
        return [_plain(row) for row in nodes], [_plain(row) for row in links]

    return await database.read(work, deadline=60)


async def put_back(database: Database, kept: Kept) -> None:
    """Make the database what it was."""
    nodes, links = kept
    places = {node["id"]: number for number, node in enumerate(nodes)}
    ends = [
        {**row, "start": places[row["start"]], "end": places[row["end"]]}
        for row in links
        if row["start"] in places and row["end"] in places
    ]

    async def work(tx: Transaction) -> None:
        await tx.text(_CLEAR, {}, name="tests/clear")
        await tx.text(_WRITE, {"nodes": nodes, "links": ends}, name="tests/put_back")

    await database.write(work, deadline=60)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row with moments as the product writes them: for Neo4j one moment in another zone is another value."""
    values = {name: native(value) for name, value in row["properties"].items()}
    moments = {name: one.astimezone(UTC) for name, one in values.items() if isinstance(one, datetime)}
    return {**row, "properties": values | moments}
