"""Random trees over random records: the rollup equals the oracle at every goal, and a second run changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, event, given, settings

from graph import recalculation
from graph.metric_change import RollupFieldDraft
from graph.rollup_compiler import Category
from tests.factories import WON_REVENUE, Company
from tests.planting import plant, stored
from tests.worlds import PROPERTIES, expected, worlds

if TYPE_CHECKING:
    from graph.clock import FixedClock
    from graph.database import Database
    from tests.worlds import World

OPEN = RollupFieldDraft(
    Category.IN_PROGRESS, "opportunity", "openDate", "OPEN", ("NEW", "IN_PROGRESS"), "estimatedValue"
)
LINES = RollupFieldDraft(
    Category.CUSTOM,
    "order_line",
    "orderDate",
    "FULFILLED",
    (),
    "extendedAmount",
    state_from_parent=True,
    date_from_parent=True,
)


@pytest.mark.parametrize("parallel_from", [1, 10**9], ids=["side by side", "in turn"])
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(world=worlds())
async def test_the_rollup_equals_the_oracle_and_a_second_run_changes_nothing(
    migrated: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch, parallel_from: int, world: World
) -> None:
    monkeypatch.setattr(recalculation, "PARALLEL_FROM", parallel_from)
    await migrated.schema("MATCH (n) WHERE NOT n:Migration AND NOT n:TestDatabase DETACH DELETE n")
    company = await Company(migrated, clock).found()
    metric = await company.metric("Everything", WON_REVENUE, OPEN, LINES)
    ids = await plant(company, world, metric)
    assert (await company.recalculate(ids[-1])).goals == len(ids)
    event(f"{len(ids) // 50 * 50}+ goals, {len(world.records) // 500 * 500}+ records")
    await check(company, world, ids)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(world=worlds(most_goals=12, most_records=300, most_queries=5))
async def test_goals_with_queries_count_what_the_oracle_counts(
    migrated: Database, clock: FixedClock, world: World
) -> None:
    await migrated.schema("MATCH (n) WHERE NOT n:Migration AND NOT n:TestDatabase DETACH DELETE n")
    company = await Company(migrated, clock).found()
    metric = await company.metric("Everything", WON_REVENUE, OPEN, LINES)
    ids = await plant(company, world, metric)
    await company.recalculate(ids[-1])
    event(f"{len(world.queries)} queries, {sum(len(goal.queries) for goal in world.goals) // 10 * 10}+ goals with one")
    await check(company, world, ids)


async def check(company: Company, world: World, ids: list[str]) -> None:
    """Compare what is stored with what must be, after a run; and run again, which changes nothing."""
    goals = await stored(company.database)
    for category, wanted in expected(world).items():
        for number, (total, count) in enumerate(wanted):
            if world.goals[number].state == "OPEN":
                found = _total(goals[ids[number]], PROPERTIES[category])
                assert found == (total, count), (number, category, world.goals[number])
    assert (await company.recalculate(ids[0])).changed == 0
    assert await stored(company.database) == goals


def _total(goal: dict[str, Any], category: str) -> tuple[int, int]:
    assert isinstance(goal[f"{category}Own"], int)
    return (
        goal[f"{category}Own"] + goal.get(f"{category}Below", 0),
        goal[f"{category}OwnCount"] + goal.get(f"{category}BelowCount", 0),
    )
