"""What runs by itself, and when: every N hours, as the day turns, and no more once a tree is over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from graph.goal import RollupState
from graph.lease import Lease, LeaseLost
from graph.organization import SetOrganization
from graph.organization_settings import update_settings
from graph.override import OverrideDraft, override_goal
from graph.rollup_compiler import Category
from graph.run import RunRow, RunsPage, Trigger
from graph.schedule import forget, run_on_schedule, turn_the_day
from tests.factories import Q1, YEAR, Company

if TYPE_CHECKING:
    from graph.clock import FixedClock
    from graph.database import Database, Transaction

DAY = timedelta(days=1)


@pytest.fixture
async def goal(company: Company, clock: FixedClock) -> str:
    """A goal for the year over one deal, calculated; the worker's lease was first taken now."""
    await company.users("rep")
    await company.won("rep", ("1000", "2026-01-15"))
    rep = company.ids["rep"]
    company.ids["metric"] = metric = await company.metric()
    root = await company.goal("Root", metric_id=metric, period=YEAR, manager_id=rep, owner_id=rep)
    await company.goal("Leaf", parent_id=root, manager_id=rep, owner_id=rep)
    await company.recalculate(root)
    assert await Lease(company.database, clock).take()
    return root


async def runs(company: Company) -> list[RunRow]:
    return await company.database.read(lambda tx: tx.run(RunsPage(company.administrator.id, 100)))


async def states(company: Company, *goals: str) -> list[RollupState]:
    found = [await company.read(goal) for goal in goals]
    return [goal.rollup_state(metric, company.clock.now()) for goal, metric in found]


async def settings(company: Company, **changes: Any) -> None:
    await company.write(lambda tx: update_settings(tx, company.administrator, changes))


async def test_every_tree_is_recalculated_every_so_many_hours(company: Company, clock: FixedClock, goal: str) -> None:
    await company.won("rep", ("500", "2026-02-01"))
    clock.advance(DAY - timedelta(seconds=1))
    await run_on_schedule(company.database, clock)
    assert await runs(company) == []
    clock.advance(timedelta(seconds=1))
    await run_on_schedule(company.database, clock)
    await run_on_schedule(company.database, clock)
    (run,) = await runs(company)
    assert (run.trigger, run.who, run.root, run.state) == ("SCHEDULE", None, None, "DONE")
    assert run.outcome(clock.now()) == "1 tree, 2 goals, 2 changed."
    assert (await company.total(goal), await states(company, goal)) == ("3000", [RollupState.CURRENT])
    await settings(company, rollup_every_hours=2)
    clock.advance(timedelta(hours=2))
    await run_on_schedule(company.database, clock)
    assert len(await runs(company)) == 2


async def test_what_changes_though_it_read_current_is_a_defect(
    company: Company, clock: FixedClock, goal: str, caplog: pytest.LogCaptureFixture
) -> None:
    clock.advance(DAY)
    await run_on_schedule(company.database, clock)
    assert caplog.text == ""
    await company.database.schema("MATCH (g:Goal {title: 'Leaf'}) SET g.actualOwn = 77777")
    await company.database.schema("MATCH (g:Goal {title: 'Root'}) SET g.actualBelow = 77777")
    clock.advance(DAY)
    await run_on_schedule(company.database, clock)
    last, first = await runs(company)
    assert first.counts
    assert last.counts
    assert (first.counts.defects, last.counts.defects) == (0, 2)
    assert last.outcome(clock.now()) == "1 tree, 2 goals, 2 changed, 2 changed though current."
    assert "the scheduled run changed 2 goals that read CURRENT" in caplog.text
    assert "77777" not in caplog.text
    assert await company.total(goal) == "2000"
    # Where anything was stale, a change is what was to be expected.
    await company.database.schema(
        "MATCH (g:Goal {title: 'Leaf'}) SET g.actualOwn = 77777 CREATE (:RollupChange {goal: g.id, recompute: true})"
    )
    clock.advance(DAY)
    await run_on_schedule(company.database, clock)
    last, *_ = await runs(company)
    assert last.counts
    assert (last.counts.changed, last.counts.defects) == (1, 0)


async def test_a_tree_that_is_over_changes_only_when_told_and_says_that_something_came_late(
    company: Company, clock: FixedClock, goal: str
) -> None:
    rep = company.ids["rep"]
    quarter = await company.goal("Quarter", metric_id=company.ids["metric"], period=Q1, manager_id=rep, owner_id=rep)
    await company.recalculate(quarter)
    await company.won("rep", ("500", "2026-03-31"))
    clock.set(datetime(2026, 4, 30, 12, tzinfo=UTC))
    for late in (False, True):
        found, metric = await company.read(quarter)
        assert metric.is_late(found.end_date, clock.now()) is late
        clock.advance(DAY)
    await run_on_schedule(company.database, clock)
    assert await states(company, quarter, goal) == [RollupState.STALE, RollupState.CURRENT]
    assert await company.totals([quarter, goal]) == ["1000", "3000"]
    await company.recalculate(quarter)
    assert await company.totals([quarter, goal]) == ["1500", "3000"]
    await settings(company, late_after_days=100)
    await company.won("rep", ("1", "2026-03-31"))
    clock.advance(DAY)
    await run_on_schedule(company.database, clock)
    assert await company.total(quarter) == "1501"


async def test_an_override_ends_as_the_day_turns_where_the_organization_is(
    company: Company, clock: FixedClock, goal: str
) -> None:
    await company.write(lambda tx: tx.run(SetOrganization({"timeZone": "Pacific/Auckland"})))
    rep = company.ids["rep"]
    other = await company.goal("Other", metric_id=company.ids["metric"], period=YEAR, manager_id=rep, owner_id=rep)
    draft = OverrideDraft({Category.ACTUAL: "5"}, "A guess", date(2026, 2, 16))
    await company.write(lambda tx: override_goal(tx, company.administrator, goal, draft, clock.now()))
    # In Auckland, 13 hours ahead, it is 16 February now.
    await turn_the_day(company.database, clock)
    assert (await runs(company), await company.total(goal)) == ([], "5")
    clock.set(datetime(2026, 2, 16, 11, 0, tzinfo=UTC))
    for _ in range(2):
        await turn_the_day(company.database, clock)
    (run,) = await runs(company)
    assert run.counts
    assert (run.trigger, run.counts.trees) == (Trigger.TURN_OF_DAY, 1)
    assert (await company.total(goal), await states(company, other)) == ("2000", [RollupState.STALE])
    await forget(company.database, clock)
    assert await runs(company) == [run]


async def test_a_worker_that_lost_its_lease_in_a_run_writes_nothing_more(
    company: Company, clock: FixedClock, goal: str
) -> None:
    former, other = Lease(company.database, clock), Lease(company.database, clock)
    clock.advance(DAY)
    assert await former.take()
    fenced = former.fenced()
    await company.won("rep", ("500", "2026-02-01"))
    written = fenced.write
    finished = 0

    async def losing(work: Any, **more: Any) -> Any:
        nonlocal finished
        finished += 1
        if finished == 3:  # begun, announced; next are the numbers
            clock.advance(timedelta(seconds=7))
            assert await other.take()
        return await written(work, **more)

    fenced.write = losing  # type: ignore[method-assign]
    with pytest.raises(LeaseLost):
        await run_on_schedule(fenced, clock)
    assert (await company.total(goal), await states(company, goal)) == ("2000", [RollupState.CALCULATING])
    await run_on_schedule(other.fenced(), clock)
    assert (await company.total(goal), await states(company, goal)) == ("3000", [RollupState.CURRENT])


async def test_nothing_is_wrong_in_a_database_without_an_organization(database: Database, clock: FixedClock) -> None:
    for job in (turn_the_day, run_on_schedule, forget):
        await job(database, clock)

    async def work(tx: Transaction) -> int:
        return len(await tx.text("MATCH (n:Organization) RETURN n", {}, name="tests/organization"))

    assert await database.read(work) == 0
