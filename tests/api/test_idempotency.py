"""A mutation sent twice with one key is done once: also at the same time, also when nobody heard that it was done."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from graph import idempotency
from graph.database import Database, connect
from tests.api.hierarchy import YEAR, Desk, open_desk
from tests.proxy import proxied

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from graph.clock import FixedClock
    from graph.database import Transaction
    from graph.settings import Settings
    from tests.neo4j_server import Neo4jServer

KEY = "a-key-of-the-tests-1"
CREATE = "mutation($input: CreateGoalInput!) { createGoal(input: $input) { goal { id } userErrors { code field } } }"


@pytest.fixture
async def desk(settings: Settings, database: Database, clock: FixedClock) -> AsyncIterator[Desk]:
    """Open an organization with a manager and a metric."""
    async with open_desk(settings, database, clock) as desk:
        await desk.users("Manager")
        await desk.metric("Revenue")
        yield desk


def root(desk: Desk, key: str | None = KEY, **more: Any) -> dict[str, Any]:
    """Give the input of a new root."""
    given = {"title": "Root", "metricId": desk.ids["Revenue"], "period": YEAR, **more}
    return given if key is None else {**given, "idempotencyKey": key}


async def count(database: Database, label: str) -> int:
    """Count the nodes of a label."""

    async def work(tx: Transaction) -> int:
        rows = await tx.text("MATCH (n:$($label)) RETURN count(n) AS count", {"label": label}, name="tests/count")
        found: int = rows[0]["count"]
        return found

    return await database.read(work)


async def test_the_same_key_twice_is_once_and_the_answer_is_read_again(desk: Desk, clock: FixedClock) -> None:
    first = await desk.do("createGoal", **root(desk))
    goal_id = first["goal"]["id"]
    await desk.do("updateGoal", id=goal_id, title="Renamed")
    # Null and left out are the same input; clientMutationId is no part of it.
    again = await desk.do("createGoal", **root(desk, description=None, clientMutationId="other"))
    assert (again["goal"]["id"], again["goal"]["title"]) == (goal_id, "Renamed")
    assert await desk.refused("createGoal", **root(desk, target="1")) == ("CONFLICT", "idempotencyKey")
    assert await desk.refused("createGoal", **root(desk, key="short")) == ("INVALID_VALUE", "idempotencyKey")
    assert await desk.refused("createGoal", **root(desk, key="k" * 129)) == ("INVALID_VALUE", "idempotencyKey")
    assert await count(desk.database, "Goal") == 1

    # The key is this user's and this mutation's alone.
    manager = desk.login("Manager")
    await desk.let_count("Manager")
    await desk.do("assignGoal", id=goal_id, managerId=desk.ids["Manager"], idempotencyKey=KEY)
    child = {"title": "Child", "parentId": goal_id, "idempotencyKey": KEY}
    assert (await desk.do("createGoal", manager, **child))["goal"]["id"] != goal_id

    # A refused mutation uses no key up; a deletion done once stays done.
    other = KEY + "-2"
    assert await desk.refused("moveGoal", id=goal_id, parentId=goal_id, idempotencyKey=other) == (
        "GOAL_CYCLE",
        "parentId",
    )
    await desk.do("moveGoal", id=goal_id, parentId=None, idempotencyKey=other)
    assert (await desk.do("deleteGoal", id=goal_id, idempotencyKey=KEY))["deletedId"] == goal_id
    assert (await desk.do("deleteGoal", id=goal_id, idempotencyKey=KEY))["deletedId"] == goal_id
    assert await desk.refused("deleteGoal", id=goal_id) == ("NOT_FOUND", "id")
    assert (await desk.do("createGoal", **root(desk)))["goal"] is None  # it was done, and is gone

    # After a day the key is as good as new, and old ones go.
    clock.advance(timedelta(hours=24))
    assert (await desk.do("createGoal", **root(desk)))["goal"]["id"] != goal_id
    kept = await count(desk.database, "IdempotencyKey")
    assert await idempotency.sweep(desk.database, clock.now()) == kept - 1
    assert await count(desk.database, "IdempotencyKey") == 1


async def test_reports_are_given_again_as_they_were(desk: Desk) -> None:
    rows = [{"externalId": "d-1", "state": "WON"}, {"externalId": "d-2"}]
    document = (
        "mutation($input: UpsertRecordsInput!) { upsertRecords(input: $input) "
        "{ inserted unchanged refused { row field code message } userErrors { code } } }"
    )
    given = {"input": {"type": "opportunity", "rows": rows, "idempotencyKey": KEY}}
    first = await desk.admin.data(document, given)
    assert first["upsertRecords"]["inserted"] == 1
    assert [row["row"] for row in first["upsertRecords"]["refused"]] == [2]
    assert await desk.admin.data(document, given) == first
    named = f'{{type: "opportunity", externalIds: ["d-1"], idempotencyKey: "{KEY}"}}'
    gone = f"mutation {{ gone: deleteRecords(input: {named}) {{ deleted missing }} }}"
    for _ in range(2):
        assert (await desk.admin.data(gone))["gone"] == {"deleted": 1, "missing": 0}
    calendar = (
        f'mutation {{ setFiscalCalendar(input: {{startMonth: 4, idempotencyKey: "{KEY}"}}) '
        "{ fiscalCalendar { startMonth template } } }"
    )
    once, twice = [await desk.admin.data(calendar) for _ in range(2)]
    assert once == twice == {"setFiscalCalendar": {"fiscalCalendar": {"startMonth": 4, "template": "QUARTERLY"}}}


async def test_the_same_key_at_the_same_time_is_once(desk: Desk) -> None:
    made = await asyncio.gather(*(desk.do("createGoal", **root(desk)) for _ in range(6)))
    assert len({payload["goal"]["id"] for payload in made}) == 1
    assert await count(desk.database, "Goal") == 1


async def test_a_commit_whose_answer_is_lost_is_done_once(
    settings: Settings,
    database: Database,  # emptied
    clock: FixedClock,
    neo4j_server: Neo4jServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with (
        proxied(neo4j_server.uri) as (proxy, uri),
        connect(uri, neo4j_server.user, neo4j_server.password or "") as behind,
        open_desk(settings, behind, clock) as desk,
    ):
        await desk.metric("Revenue")

        # Without a key nobody can know, so it is not tried again, and that is said.
        proxy.losing = True
        assert await desk.admin.codes(CREATE, {"input": root(desk, None)}) == ["OUTCOME_UNKNOWN"]
        assert (proxy.lost, await count(database, "Goal")) == (1, 1)

        # With a key it is tried again until the answer is known.
        proxy.losing = True
        made = await desk.do("createGoal", **root(desk))
        assert (proxy.lost, await count(database, "Goal")) == (2, 2)
        assert await desk.do("createGoal", **root(desk)) == made

        # The server stays away after the commit; the client asks again later.
        monkeypatch.setattr("graph.patience.RETRY_FOR", 0.1)
        proxy.losing = proxy.goes_down = True
        other = root(desk, KEY + "-other")
        assert await desk.admin.codes(CREATE, {"input": other}) == ["OUTCOME_UNKNOWN"]
        assert (proxy.lost, await count(database, "Goal")) == (3, 3)
        proxy.down = False
        later = await desk.do("createGoal", **other)
        assert later["goal"]["id"] != made["goal"]["id"]
        assert await count(database, "Goal") == 3
