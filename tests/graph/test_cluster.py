"""A routing address (`neo4j://`), against a stand-in for a cluster. What that does not show: docs/scaling.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.database import connect
from tests.cluster import cluster

if TYPE_CHECKING:
    from graph.database import Transaction


async def port(tx: Transaction) -> int:
    (row,) = await tx.text("RETURN 1 AS port", {}, name="tests/port")
    found: int = row["port"]
    return found


async def test_writes_go_to_the_leader_and_reads_to_another_member() -> None:
    async with cluster() as stub, connect(stub.uri, "neo4j", "secret") as database:
        assert await database.write(port) == stub.leader
        assert await database.read(port) in set(stub.ports) - {stub.leader}
        assert [begun.reads for begun in stub.begun] == [False, True]


async def test_a_new_leader_is_found_within_the_write() -> None:
    async with cluster() as stub, connect(stub.uri, "neo4j", "secret") as database:
        first = await database.write(port)
        stub.leader = stub.ports[2]
        assert await database.write(port) == stub.leader != first
        assert stub.refused == 1
        assert database.counts["retried"] == 1


async def test_no_bookmark_goes_from_a_write_to_a_read() -> None:
    """So a member that reads may not have seen a write yet: not what is wanted, and what docs/scaling.md must say."""
    async with cluster() as stub, connect(stub.uri, "neo4j", "secret") as database:
        await database.write(port)
        await database.read(port)
        assert stub.commits == 2
        assert [begun.bookmarks for begun in stub.begun] == [[], []]
