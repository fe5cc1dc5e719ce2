"""Planning ahead reads nothing, knows the statements that requests make, and gives up quietly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.database import Database, connect
from graph.warming import usual, usual_changes, warm
from tests.conftest import NOW
from tests.factories import Q1
from tests.plays import snapshot

if TYPE_CHECKING:
    from tests.factories import Company


async def test_the_usual_reads_are_planned_on_behalf_of_nobody(company: Company) -> None:
    metric = await company.metric()
    await company.goal("Goal", metric_id=metric, manager_id=company.administrator.id, period=Q1)
    assert await warm(company.database, NOW) == len(usual()) + len(usual_changes(NOW))
    for statement in usual():
        assert not statement.writes
        for row in await company.database.fetch(statement):
            assert getattr(row, "total_count", 0) == 0, statement


async def test_the_usual_changes_are_planned_and_not_made(company: Company) -> None:
    before = await snapshot(company.database)
    await warm(company.database, NOW)
    assert await snapshot(company.database) == before
    for statement in usual_changes(NOW):
        _, kind, plan = await company.database.explain(statement.text, statement.parameters())
        assert plan, statement
        assert ("w" in kind) == statement.writes, statement


async def test_a_database_that_is_gone_is_left_alone() -> None:
    async with connect("bolt://127.0.0.1:1", "neo4j", "nothing") as gone:
        assert isinstance(gone, Database)
        assert await warm(gone, NOW) == 0
