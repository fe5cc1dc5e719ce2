"""Runs of the rollup over GraphQL: what is kept of each, who sees which, and what of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from graph import rollup
from graph.rollup_run import trees
from graph.run import KEPT, Trigger, run_noted, start, sweep
from tests.api.hierarchy import YEAR, Desk, open_desk, won

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from graph.clock import FixedClock
    from graph.database import Database, Transaction
    from graph.settings import Settings
    from tests.api.conftest import Client

COUNTS = "counts { trees goals changed overflowed failed defects }"
RUNS = "trigger startedBy { name } allTrees root { title } state percentage durationSeconds outcome"
RECALCULATE = (
    "mutation($id: ID!, $wait: Float!) { recalculateGoal(input: {goalId: $id, waitSeconds: $wait}) "
    "{ finished run { id state percentage } userErrors { code } } }"
)


@pytest.fixture
async def desk(settings: Settings, database: Database, clock: FixedClock) -> AsyncIterator[Desk]:
    """A tree whose root Rep 1 manages, with a goal of Rep 2; and a goal of Rep 2 alone."""
    async with open_desk(settings, database, clock) as desk:
        await desk.users("Rep 1", "Rep 2", "Nobody")
        await desk.metric("Revenue")
        for title, rep, more in (
            ("Root", "Rep 1", {"metricId": "Revenue", "period": YEAR}),
            ("Leaf", "Rep 2", {"parentId": "Root"}),
            ("Alone", "Rep 2", {"metricId": "Revenue", "period": YEAR}),
        ):
            await desk.goal(title, ownerId=rep, managerId=rep, **more)
        await desk.records("opportunity", won("1", "Rep 1", "10", "2026-02-01"), won("2", "Rep 2", "5", "2026-02-02"))
        yield desk


async def seen(client: Client, selection: str = RUNS) -> list[Any]:
    """The runs that a user sees."""
    found = await client.data(f"{{ rollupRuns {{ totalCount nodes {{ {selection} }} }} }}")
    assert found["rollupRuns"]["totalCount"] == len(found["rollupRuns"]["nodes"])
    nodes: list[Any] = found["rollupRuns"]["nodes"]
    return nodes


async def everything(database: Database, clock: FixedClock, trigger: Trigger) -> None:
    """Run all trees, each a second long."""
    async for _ in run_noted(database, clock, await trees(database), trigger):
        clock.advance(timedelta(seconds=1))


async def test_a_run_is_kept_and_seen_by_who_began_it_who_sees_the_root_and_who_reads_settings(desk: Desk) -> None:
    started = (await desk.admin.data(RECALCULATE, {"id": desk.ids["Leaf"], "wait": 60}))["recalculateGoal"]
    run = started["run"]
    assert (started["finished"], run["state"], run["percentage"]) == (True, "DONE", 100)
    mine = {
        "trigger": "MANUAL",
        "startedBy": {"name": "Admin"},
        "allTrees": False,
        "root": {"title": "Root"},
        "state": "DONE",
        "percentage": 100,
        "durationSeconds": 0,
        "outcome": "1 tree, 2 goals, 2 changed.",
    }
    counts = {"trees": 1, "goals": 2, "changed": 2, "overflowed": 0, "failed": 0, "defects": 0}
    assert await seen(desk.admin, f"{RUNS} {COUNTS}") == [{**mine, "counts": counts}]
    # Who sees the root sees its runs, without a number of what is below it; others see none.
    shown = {**mine, "outcome": "All totals are new.", "counts": None}
    assert await seen(desk.login("Rep 1"), f"{RUNS} {COUNTS}") == [shown]
    assert await seen(desk.login("Rep 2")) == []
    ask = "query($id: ID!) { node(id: $id) { ... on RollupRun { state } } }"
    for name, found in (("Rep 1", {"state": "DONE"}), ("Rep 2", None), ("admin", {"state": "DONE"})):
        assert (await desk.login(name).data(ask, {"id": run["id"]}))["node"] == found

    # A run of everything is for who may read the settings alone.
    desk.clock.advance(timedelta(seconds=1))
    await everything(desk.database, desk.clock, Trigger.SCHEDULE)
    last, *_ = await seen(desk.admin)
    assert last | {"outcome": ""} == {
        **mine,
        "trigger": "SCHEDULE",
        "startedBy": None,
        "allTrees": True,
        "root": None,
        "durationSeconds": 2,
        "outcome": "",
    }
    assert last["outcome"] == "2 trees, 3 goals, 1 changed."
    assert len(await seen(desk.login("Rep 1"))) == 1


async def test_who_began_a_run_sees_it_and_not_the_root_that_it_may_not_see(desk: Desk) -> None:
    roles = {one["name"]: one["id"] for one in (await desk.admin.data("{ roles { id name } }"))["roles"]}
    given = {"roleId": roles["Salesperson"], "userId": desk.ids["Rep 2"]}
    document = "mutation($input: AssignRoleInput!) { assignRole(input: $input) { userErrors { code } } }"
    assert (await desk.admin.data(document, {"input": given}))["assignRole"]["userErrors"] == []
    rep = desk.login("Rep 2")
    started = (await rep.data(RECALCULATE, {"id": desk.ids["Leaf"], "wait": 60}))["recalculateGoal"]
    assert started["userErrors"] == []
    (run,) = await seen(rep)
    assert (run["startedBy"], run["allTrees"], run["root"]) == ({"name": "Rep 2"}, False, None)
    assert await seen(desk.login("Nobody")) == []


async def test_runs_are_paged_newest_first(desk: Desk) -> None:
    begun = []
    for _ in range(5):
        begun.append(desk.clock.now())
        await everything(desk.database, desk.clock, Trigger.TURN_OF_DAY)
    document = (
        "query($after: String) { rollupRuns(first: 2, after: $after) "
        "{ nodes { startedAt } pageInfo { hasNextPage endCursor } } }"
    )
    found: list[datetime] = []
    after = None
    while True:
        page = (await desk.admin.data(document, {"after": after}))["rollupRuns"]
        found += [datetime.fromisoformat(node["startedAt"]) for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == begun[::-1]


async def test_a_run_that_fails_says_so_and_one_whose_process_died_is_broken_off(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(rollup, "recalculate_tree", failing)
    assert await desk.admin.codes(RECALCULATE, {"id": desk.ids["Root"], "wait": 60}) == ["INTERNAL"]
    (run,) = await seen(desk.login("Rep 1"), "state percentage outcome")
    assert run == {
        "state": "FAILED",
        "percentage": 0,
        "outcome": "The database or the program failed. See the log.",
    }
    monkeypatch.undo()

    async def work(tx: Transaction) -> str:
        return await start(tx, desk.clock.now(), Trigger.MANUAL, None, desk.ids["Alone"])

    desk.clock.advance(timedelta(seconds=1))
    await desk.database.write(work)
    look = "state percentage durationSeconds outcome"
    run, _failed = await seen(desk.admin, look)
    assert run == {"state": "RUNNING", "percentage": 0, "durationSeconds": None, "outcome": "Under way: 0 %."}
    desk.clock.advance(timedelta(seconds=rollup.DEADLINE + 1))
    run, _failed = await seen(desk.admin, look)
    assert run["state"] == "BROKEN_OFF"


async def test_old_runs_are_forgotten(desk: Desk) -> None:
    await everything(desk.database, desk.clock, Trigger.SCHEDULE)
    desk.clock.advance(KEPT)
    await everything(desk.database, desk.clock, Trigger.SCHEDULE)
    await sweep(desk.database, desk.clock.now())
    (left,) = await seen(desk.admin, "startedAt")
    assert left["startedAt"] > (desk.clock.now() - KEPT).isoformat()
