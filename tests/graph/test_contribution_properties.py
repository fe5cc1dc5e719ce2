"""What stands behind the numbers of random goals: the records each counts, and those that count more than once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, event, given, settings

from graph.contribution import Contributions, Overlap, Page, contributions, overlap
from graph.rollup_compiler import Category
from tests.factories import WON_REVENUE, Company
from tests.graph.test_rollup_properties import LINES, OPEN
from tests.planting import plant
from tests.worlds import counted, worlds

if TYPE_CHECKING:
    from graph.clock import FixedClock
    from graph.database import Database, Transaction
    from tests.worlds import World


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(world=worlds(most_goals=6, most_records=150, most_queries=2))
async def test_an_administrator_sees_each_record_that_counts_and_what_countstwice(
    migrated: Database, clock: FixedClock, world: World
) -> None:
    await migrated.schema("MATCH (n) WHERE NOT n:Migration AND NOT n:TestDatabase DETACH DELETE n")
    company = await Company(migrated, clock).found()
    ids = await plant(company, world, await company.metric("Everything", WON_REVENUE, OPEN, LINES))
    viewer, now = company.administrator, clock.now()

    async def look(tx: Transaction) -> None:
        for category in Category:
            own = [counted(world, goal, category.column) for goal in world.goals]
            for number, goal_id in enumerate(ids):
                shown = await contributions(tx, viewer, goal_id, category, Page(200), now)
                assert isinstance(shown, Contributions)
                assert (shown.total_count, shown.restricted_count) == (len(own[number]), 0)
                assert {record.id for record in shown.records} == {f"record-{n}" for n in own[number]}
                assert await overlap(tx, viewer, goal_id, category, now) == twice(world, own, number, category.column)

    await migrated.read(look, deadline=120)


def twice(world: World, own: list[list[int]], top: int, category: str) -> Overlap:
    """How often each record counts at or below a goal: not below what is cancelled, or in what is pinned."""
    times: Counter[int] = Counter(own[top])
    reached = {top}
    for number in range(top + 1, len(world.goals)):  # a parent's number is smaller
        goal = world.goals[number]
        pinned = category in dict(goal.pinned)
        if goal.parent in reached and goal.state != "CANCELLED" and not pinned:
            reached.add(number)
            times.update(own[number])
    over = {record: count - 1 for record, count in times.items() if count > 1}
    event("some record counts twice" if over else "no record counts twice")
    return Overlap(len(over), sum((world.records[record].amount or 0) * more for record, more in over.items()))
