"""What changing goals does beyond the goal itself: sums above follow at once, goals below keep theirs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.hierarchy import Q1, YEAR, Desk, custom, open_desk, won
from tests.api.test_worked_examples import TONNES, shipped
from tests.invariants import check_invariants

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from graph.clock import FixedClock
    from graph.database import Database
    from graph.settings import Settings

Q2 = custom("2026-04-01", "2026-06-30")
TREE = ("Root", "Left", "Right", "Leaf")


@pytest.fixture
async def desk(settings: Settings, database: Database, clock: FixedClock) -> AsyncIterator[Desk]:
    """Root (1) over Left (10, over Leaf: 100) and Right (1 000), calculated: 1 111, 110, 1 000, 100."""
    async with open_desk(settings, database, clock) as desk:
        await desk.users("Rep 1", "Rep 2", "Rep 3", "Rep 4")
        await desk.metric("Revenue")
        await desk.goal("Root", metricId="Revenue", ownerId="Rep 1", period=YEAR)
        await desk.goal("Left", parentId="Root", ownerId="Rep 2")
        await desk.goal("Right", parentId="Root", ownerId="Rep 4")
        await desk.goal("Leaf", parentId="Left", ownerId="Rep 3")
        amounts = {"1": "1", "2": "10", "3": "100", "4": "1000"}
        await desk.records("opportunity", *(won(n, f"Rep {n}", amounts[n], "2026-02-01") for n in amounts))
        await desk.recalculate("Leaf")
        yield desk
    await check_invariants(database)


async def actuals(desk: Desk, *titles: str) -> list[str | None]:
    """Give the actuals of goals, once every rule on the whole database was checked."""
    await check_invariants(desk.database)
    return await desk.all_shown("actual", *(titles or TREE))


async def states(desk: Desk, *titles: str) -> list[str]:
    """Give the rollup states of goals."""
    return [goal["rollup"]["state"] for goal in await desk.all_shown("rollup { state }", *(titles or TREE))]


async def do(desk: Desk, mutation: str, title: str, /, **given: Any) -> None:
    """Send a mutation of a goal that must be done."""
    await desk.do(mutation, id=desk.ids[title], **desk.named(given))


async def test_a_recalculation_says_when(desk: Desk) -> None:
    assert await actuals(desk) == ["1111", "110", "1000", "100"]
    assert await states(desk) == ["CURRENT"] * 4
    assert await desk.shown("Left", "rollup { calculatedAt }") == {"rollup": {"calculatedAt": "2026-02-15T12:00:00Z"}}
    desk.clock.set(datetime(2026, 2, 16, tzinfo=UTC))
    await desk.recalculate("Right")
    assert await desk.shown("Leaf", "rollup { calculatedAt }") == {"rollup": {"calculatedAt": "2026-02-16T00:00:00Z"}}


async def test_a_new_goal_makes_those_above_stale_and_no_others(desk: Desk) -> None:
    await desk.goal("New", parentId="Left", ownerId="Rep 4")
    assert await states(desk, *TREE, "New") == ["STALE", "STALE", "CURRENT", "CURRENT", "STALE"]
    assert await actuals(desk, *TREE, "New") == ["1111", "110", "1000", "100", None]
    await desk.recalculate("New")
    assert await actuals(desk, *TREE, "New") == ["2111", "1110", "1000", "100", "1000"]
    assert await states(desk, *TREE, "New") == ["CURRENT"] * 5


async def test_titles_leave_numbers_current_and_owners_do_not(desk: Desk) -> None:
    await do(desk, "updateGoal", "Leaf", title="Leaf", target="5", description="Five.")
    assert await states(desk) == ["CURRENT"] * 4
    await do(desk, "assignGoal", "Leaf", ownerId="Rep 4")
    assert await states(desk) == ["STALE", "STALE", "CURRENT", "STALE"]
    await desk.recalculate("Root")
    assert await actuals(desk) == ["2011", "1010", "1000", "1000"]


async def test_moving_changes_both_chains_at_once(desk: Desk) -> None:
    await do(desk, "moveGoal", "Leaf", parentId="Right")
    assert await actuals(desk) == ["1111", "10", "1100", "100"]
    await do(desk, "moveGoal", "Left", parentId="Leaf")
    assert await actuals(desk) == ["1111", "10", "1110", "110"]
    await do(desk, "moveGoal", "Right", parentId=None)
    assert await actuals(desk) == ["1", "10", "1110", "110"]
    assert await states(desk) == ["CURRENT"] * 4
    await do(desk, "moveGoal", "Right", parentId="Root")
    assert await actuals(desk) == ["1111", "10", "1110", "110"]


async def test_a_deleted_goal_takes_its_own_part_and_its_children_away(desk: Desk) -> None:
    await do(desk, "deleteGoal", "Left")
    assert await actuals(desk, "Root", "Right", "Leaf") == ["1001", "1000", "100"]
    assert await states(desk, "Root", "Right", "Leaf") == ["CURRENT"] * 3
    assert await desk.shown("Leaf", "parent { title }") == {"parent": None}


async def test_an_achieved_child_keeps_adding_its_frozen_total(desk: Desk) -> None:
    await desk.records("opportunity", won("more", "Rep 3", "900", "2026-02-02"))
    await do(desk, "closeGoal", "Left", includeDescendants=True)
    # Closing calculated it, and those above follow in the same transaction.
    assert await actuals(desk) == ["2011", "1010", "1000", "1000"]
    assert await desk.all_shown("state", *TREE) == ["OPEN", "ACHIEVED", "OPEN", "ACHIEVED"]
    await desk.records("opportunity", won("late", "Rep 3", "5000", "2026-02-03"))
    await desk.recalculate("Root")
    assert await actuals(desk) == ["2011", "1010", "1000", "1000"]
    # Reopened from the top, each is calculated, and those above follow.
    await do(desk, "reopenGoal", "Left")
    assert await actuals(desk) == ["2011", "1010", "1000", "1000"]
    await do(desk, "reopenGoal", "Leaf")
    assert await actuals(desk) == ["7011", "6010", "1000", "6000"]


async def test_a_cancelled_goal_leaves_the_totals_and_those_below_go_on(desk: Desk) -> None:
    await do(desk, "cancelGoal", "Left")
    assert await actuals(desk) == ["1001", "110", "1000", "100"]
    assert await desk.all_shown("state", *TREE) == ["OPEN", "CANCELLED", "OPEN", "OPEN"]
    await desk.records("opportunity", won("more", "Rep 3", "900", "2026-02-02"))
    await desk.recalculate("Root")
    assert await actuals(desk) == ["1001", "110", "1000", "1000"]
    await do(desk, "reopenGoal", "Left")
    assert await actuals(desk) == ["2011", "1010", "1000", "1000"]
    await do(desk, "cancelGoal", "Left")
    await do(desk, "deleteGoal", "Left")
    assert await actuals(desk, "Root", "Right", "Leaf") == ["1001", "1000", "1000"]


async def test_a_period_moves_along_those_below_that_had_it(desk: Desk) -> None:
    await do(desk, "updateGoal", "Right", period=Q1)
    half = custom("2026-01-01", "2026-06-30")
    await do(desk, "updateGoal", "Root", period=half)
    periods = [goal["period"]["endDate"] for goal in await desk.all_shown("period { endDate }", *TREE)]
    assert periods == ["2026-06-30", "2026-06-30", "2026-03-31", "2026-06-30"]
    assert await states(desk) == ["STALE"] * 4
    await desk.recalculate("Root")
    await do(desk, "updateGoal", "Left", period=Q2)
    await desk.recalculate("Root")
    assert await actuals(desk) == ["1001", "0", "1000", "0"]


async def test_the_same_period_again_changes_nothing_though_one_below_is_closed(desk: Desk) -> None:
    await do(desk, "closeGoal", "Leaf")
    await do(desk, "updateGoal", "Left", period=YEAR, title="Left")
    assert await actuals(desk) == ["1111", "110", "1000", "100"]


async def test_another_metric_starts_the_numbers_anew(desk: Desk) -> None:
    await desk.metric("Tonnes", TONNES, dataType="DECIMAL")
    await do(desk, "moveGoal", "Leaf", parentId=None)
    await do(desk, "updateGoal", "Leaf", metricId="Tonnes", target="2.5")
    assert await actuals(desk, *TREE) == ["1011", "10", "1000", None]
    assert (await states(desk))[3] == "STALE"
    await desk.records("order", shipped("1", "1.5", "Rep 3"))
    await desk.recalculate("Leaf")
    assert await desk.shown("Leaf", "actual target percentageAchieved") == {
        "actual": "1.5",
        "target": "2.5",
        "percentageAchieved": "60",
    }


async def test_what_overflows_stays_so_until_it_fits(desk: Desk) -> None:
    greatest = "922337203685477.5807"
    await desk.records("opportunity", won("great", "Rep 2", greatest, "2026-02-01"))
    await desk.recalculate("Root")
    fields = "actual rollup { state incomplete }"
    kept = {"actual": "110", "rollup": {"state": "OVERFLOW", "incomplete": False}}
    assert await desk.shown("Left", fields) == kept
    assert await desk.shown("Root", fields) == {"actual": "1111", "rollup": {"state": "CURRENT", "incomplete": True}}
    # Without its child the own part still does not fit: the old number must not pass for a current one.
    await do(desk, "moveGoal", "Leaf", parentId="Right")
    assert await desk.shown("Left", fields) == kept
    await check_invariants(desk.database)
    await desk.records("opportunity", won("great", "Rep 2", "5", "2026-02-01"))
    await desk.recalculate("Root")
    assert await actuals(desk) == ["1116", "15", "1100", "100"]
    assert await desk.shown("Root", fields) == {"actual": "1116", "rollup": {"state": "CURRENT", "incomplete": False}}
