"""The demo: what its goals show on the day it is loaded, whichever day that is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from graph import demo, demo_reset, demo_tree
from graph.account import all_accounts
from graph.demo_tree import LargeTree, Shape
from graph.goal import GoalsPage
from graph.metric import MetricsByIds
from graph.organization import ensure_organization
from graph.owners import OwnerKind
from graph.role import ensure_roles
from graph.rollup_compiler import Category
from graph.shipped_types import ensure_record_types
from tests.factories import Q1

if TYPE_CHECKING:
    from graph.clock import FixedClock
    from graph.database import Database, Transaction
    from graph.goal import GoalRow
    from tests.factories import Company


async def load(database: Database, clock: FixedClock) -> dict[str, list[GoalRow]]:
    async def found(tx: Transaction) -> None:
        await ensure_organization(tx)
        await ensure_record_types(tx)
        await ensure_roles(tx)

    await database.write(found)
    assert await demo.is_empty(database)
    assert await demo.load_demo(database, clock) == list(demo.PERSONAS)

    async def work(tx: Transaction) -> dict[str, list[GoalRow]]:
        (viewer,) = await tx.text("MATCH (u:User {externalId: 'administrator'}) RETURN u.id AS id", {}, name="tests")
        page = await tx.one(GoalsPage(viewer["id"], 200))
        assert page is not None
        metrics = {m.id: m for m in await tx.run(MetricsByIds(viewer["id"], [g.metric_id for g in page.goals]))}
        goals: dict[str, list[GoalRow]] = {}
        for goal in page.goals:
            goals.setdefault(f"{metrics[goal.metric_id].name} {goal.period_label}", []).append(goal)
        return goals

    return await database.read(work)


@pytest.mark.parametrize("day", [datetime(2026, 2, 15, 9, tzinfo=UTC), datetime(2026, 4, 1, 0, 30, tzinfo=UTC)])
async def test_it_has_four_levels_three_periods_and_three_metrics(
    database: Database, clock: FixedClock, day: datetime
) -> None:
    clock.set(day)
    trees = await load(database, clock)
    assert len(trees) == 5
    assert sorted(name.split()[0] for name in trees) == ["Calls", "Revenue", "Revenue", "Revenue", "Tonnes"]
    weights = next(goals for name, goals in trees.items() if name.startswith("Tonnes"))
    (pinned,) = (goal for goal in weights if goal.pinned(Category.ACTUAL) is not None)
    assert pinned.total(Category.ACTUAL) != pinned.computed(Category.ACTUAL)
    waiting = [goal.title for goal in weights if goal.own(Category.ACTUAL) is None]
    assert waiting == ["Tonnes: Partners"]
    assert {goal.title for goal in weights if goal.pending} >= {"Tonnes: Company"}
    for goals in trees.values():
        roots = [goal for goal in goals if goal.parent_id is None]
        assert len(roots) == 1
        reps = [goal for goal in goals if "Rep " in goal.title]
        assert len(reps) == 9
        assert roots[0].total(Category.ACTUAL) == sum(goal.total(Category.ACTUAL) or 0 for goal in reps)
    assert sum(goal.restricted for goals in trees.values() for goal in goals) == 1
    empty = [goal for goals in trees.values() for goal in goals if goal.total(Category.ACTUAL) == 0]
    assert empty


async def test_a_large_tree_is_made_in_several_calls_and_told_as_it_goes(
    company: Company, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_tree, "MOST_GOALS", 50)
    shape = Shape(levels=3, records=300)
    await company.owners(OwnerKind.BUSINESS_UNIT, {"name": "company"})
    await company.users("director")
    told: list[tuple[int, int]] = []
    tree = LargeTree(
        database=company.database,
        clock=clock,
        viewer=company.administrator,
        zone=ZoneInfo("UTC"),
        shape=shape,
        metric_id=await company.metric(),
        period=Q1,
        today=clock.now().date(),
        progress=lambda done, total: told.append((done, total)),
    )
    top = await tree.load()
    assert told[-1] == (shape.things, shape.things) == (2 * 111 + 300, 2 * 111 + 300)
    assert len(told) == len(set(told)) > 10
    goal, metric = await company.read(top)
    assert (goal.title, goal.target, goal.count(metric.categories)) == ("Group: all regions", 12_000_000 * 10_000, 300)
    assert goal.total(Category.ACTUAL)
    assert goal.total(Category.IN_PROGRESS)
    # Its people are the demo's, so that it can be deleted again.
    people = [account.external_id for account in await all_accounts(company.database)]
    assert len(people) == 2 + 110
    assert sum(bool(demo_reset._OTHERS.fullmatch(key)) for key in people) == 110
    assert [demo_tree._levels_at_once(depth) for depth in (1, 2)] == [1, 1]


async def test_it_is_not_loaded_over_data(database: Database, clock: FixedClock) -> None:
    await load(database, clock)
    assert await demo.personas(database) == list(demo.PERSONAS)
    with pytest.raises(demo.DatabaseNotEmpty):
        await demo.load_demo(database, clock)
