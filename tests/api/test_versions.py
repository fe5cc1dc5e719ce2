"""Versions: a change under a stale one is refused and nothing is written; results and hidden things move none."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.hierarchy import YEAR, Desk, custom, open_desk, won

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from graph.clock import FixedClock
    from graph.database import Database
    from graph.settings import Settings
    from tests.api.conftest import Client


@pytest.fixture
async def desk(settings: Settings, database: Database, clock: FixedClock) -> AsyncIterator[Desk]:
    """Root (the administrator's) over Middle (the manager's) over Leaf; Root is hidden from the manager."""
    async with open_desk(settings, database, clock) as desk:
        await desk.users("Manager")
        await desk.metric("Revenue")
        await desk.metric("Spare")
        await desk.goal("Root", metricId="Revenue", period=YEAR)
        await desk.goal("Middle", parentId="Root", managerId="Manager", ownerId="Manager")
        await desk.goal("Leaf", parentId="Middle", managerId="Manager", ownerId="Manager")
        yield desk


async def version(desk: Desk, kind: str, name: str, client: Client | None = None) -> str:
    """Give the version of a goal or metric."""
    found = await (client or desk.admin).data(f'{{ it: {kind}(id: "{desk.ids[name]}") {{ version }} }}')
    told: str = found["it"]["version"]
    return told


async def test_a_stale_version_is_refused_and_nothing_is_written(desk: Desk) -> None:
    ids = desk.ids
    fields = await desk.admin.data(f'{{ metric(id: "{ids["Spare"]}") {{ rollupFields {{ id }} }} }}')
    field = fields["metric"]["rollupFields"][0]["id"]
    attempts: list[tuple[str, dict[str, Any]]] = [
        ("updateGoal", {"id": ids["Leaf"], "title": "Mine"}),
        ("assignGoal", {"id": ids["Leaf"], "ownerId": ids["Admin"]}),
        ("moveGoal", {"id": ids["Leaf"], "parentId": ids["Root"]}),
        ("moveGoal", {"id": ids["Leaf"], "parentId": None}),
        ("closeGoal", {"id": ids["Leaf"]}),
        ("cancelGoal", {"id": ids["Leaf"]}),
        ("deleteGoal", {"id": ids["Leaf"]}),
        ("updateMetric", {"id": ids["Spare"], "name": "Mine"}),
        ("updateRollupField", {"id": field, "state": "LOST"}),
        ("deleteRollupField", {"id": field}),
        ("deleteMetric", {"id": ids["Spare"]}),
    ]
    stale = {"Leaf": await version(desk, "goal", "Leaf"), "Spare": await version(desk, "metric", "Spare")}
    await desk.do("updateGoal", id=ids["Leaf"], target="5", expectedVersion=stale["Leaf"])
    await desk.do("updateMetric", id=ids["Spare"], description="Words", expectedVersion=stale["Spare"])
    before = await desk.everything()
    for mutation, given in attempts:
        of = "Spare" if mutation[-6:] in {"Metric", "pField"} else "Leaf"
        for expected in (stale[of], stale["Leaf" if of == "Spare" else "Spare"], "", "?"):
            refused = await desk.refused(mutation, **given, expectedVersion=expected)
            assert refused == ("CONFLICT", "expectedVersion"), (mutation, expected)
    assert await desk.everything() == before
    reopened = ("reopenGoal", {"id": ids["Leaf"]})
    for mutation, given in (*attempts[:5], reopened, attempts[5], reopened, attempts[6]):
        await desk.do(mutation, **given, expectedVersion=await version(desk, "goal", "Leaf"))
    for mutation, given in attempts[7:]:
        await desk.do(mutation, **given, expectedVersion=await version(desk, "metric", "Spare"))


async def test_results_and_what_is_hidden_move_no_version(desk: Desk) -> None:
    manager = desk.login("Manager")
    seen = [await version(desk, "goal", name, manager) for name in ("Middle", "Leaf")]
    assert len({*seen, await version(desk, "goal", "Middle"), await version(desk, "metric", "Revenue")}) == 4
    metric = await version(desk, "metric", "Revenue")
    await desk.records("opportunity", won("1", "Manager", "12", "2026-02-01"))
    await desk.recalculate("Root")
    await desk.do("updateGoal", id=desk.ids["Root"], title="Renamed", target="9")
    await desk.do(
        "moveGoal", id=desk.ids["Middle"], parentId=None
    )  # from a hidden parent to none: the manager sees none
    assert [await version(desk, "goal", name, manager) for name in ("Middle", "Leaf")] == seen
    assert await version(desk, "metric", "Revenue") == metric
    await desk.do("updateGoal", id=desk.ids["Middle"], period=custom("2026-01-01", "2026-06-30"))
    moved = [await version(desk, "goal", name, manager) for name in ("Middle", "Leaf")]
    assert not {*moved} & {*seen}  # the leaf's period moved along


async def test_of_two_with_the_same_version_one_is_refused(desk: Desk) -> None:
    known = await version(desk, "goal", "Leaf")
    attempts = [
        desk.send("updateGoal", id=desk.ids["Leaf"], title=f"Title {n}", expectedVersion=known) for n in range(4)
    ]
    answers = await asyncio.gather(*attempts)
    codes = sorted(error["code"] for answer in answers for error in answer["userErrors"])
    assert codes == ["CONFLICT"] * 3
