"""What changing goals does beyond the goal itself: sums above follow at once, goals below keep theirs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from graph import recalculation
from graph.goal import RollupState
from graph.rollup_run import standings
from tests.api.hierarchy import OPEN_REVENUE, Q1, WON_REVENUE, YEAR, Desk, custom, open_desk, won
from tests.api.structure import traced
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


def pin(actual: str | None, **more: Any) -> dict[str, Any]:
    """Give what pins an actual."""
    return {"actual": actual, "reason": "Booked elsewhere.", **more}


async def test_a_pin_counts_above_at_once_and_until_a_run_after_its_last_day(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As in a big tree, where readers beside the run's transaction do not see what it takes away.
    monkeypatch.setattr(recalculation, "PARALLEL_FROM", 1)
    await do(desk, "updateGoal", "Left", target="100")
    await do(desk, "overrideGoal", "Left", **pin("50", endDate="2026-02-16"))
    assert await actuals(desk) == ["1051", "50", "1000", "100"]
    assert await states(desk) == ["CURRENT"] * 4
    fields = "computedActual percentageAchieved status recordCount override { reason author { name } endDate "
    assert await desk.shown("Left", fields + "overriddenAt actual inProgress custom }") == {
        "computedActual": "110",
        "percentageAchieved": "50",
        "status": "ON_TRACK",
        "recordCount": 2,
        "override": {
            "reason": "Booked elsewhere.",
            "author": {"name": "Admin"},
            "endDate": "2026-02-16",
            "overriddenAt": "2026-02-15T12:00:00Z",
            "actual": "50",
            "inProgress": None,
            "custom": None,
        },
    }
    # A goal that no run has calculated has its pinned total; in another tree, the tree knows of its end too.
    await desk.goal("New", parentId="Right", ownerId="Rep 4")
    await do(desk, "overrideGoal", "New", **pin("7"))
    assert await actuals(desk, "Root", "Right", "New") == ["1058", "1007", "7"]
    await do(desk, "clearGoalOverride", "New")
    await do(desk, "deleteGoal", "New")
    desk.clock.set(datetime(2026, 2, 16, 12, tzinfo=UTC))
    await desk.recalculate("Leaf")
    assert await actuals(desk) == ["1051", "50", "1000", "100"]
    assert await states(desk) == ["CURRENT"] * 4
    desk.clock.set(datetime(2026, 2, 17, tzinfo=UTC))
    assert await actuals(desk) == ["1051", "50", "1000", "100"]
    assert (await states(desk))[:2] == ["STALE", "STALE"]
    ((_, standing),) = await standings(desk.database, desk.clock.now())
    assert standing.state(desk.clock.now()) is RollupState.STALE
    await desk.recalculate("Leaf")
    assert await actuals(desk) == ["1111", "110", "1000", "100"]
    assert await states(desk) == ["CURRENT"] * 4
    assert await desk.shown("Left", "override { reason }") == {"override": None}


async def test_closing_freezes_a_pin_and_reopening_keeps_it_unless_it_is_over(desk: Desk) -> None:
    await do(desk, "overrideGoal", "Leaf", **pin("500", endDate="2026-02-16"))
    await do(desk, "overrideGoal", "Left", **pin("70"))
    await do(desk, "closeGoal", "Left", includeDescendants=True)
    desk.clock.set(datetime(2026, 2, 17, tzinfo=UTC))
    assert await states(desk) == ["CURRENT"] * 4
    await desk.recalculate("Root")
    assert await actuals(desk) == ["1071", "70", "1000", "500"]
    await do(desk, "reopenGoal", "Left")
    assert await desk.shown("Left", "actual computedActual") == {"actual": "70", "computedActual": "510"}
    await do(desk, "clearGoalOverride", "Left")
    assert await actuals(desk) == ["1511", "510", "1000", "500"]
    await do(desk, "reopenGoal", "Leaf")
    assert await actuals(desk) == ["1111", "110", "1000", "100"]
    # Below a cancelled goal a pin is the goal's own affair.
    await do(desk, "cancelGoal", "Left")
    await do(desk, "overrideGoal", "Leaf", **pin("-3"))
    assert await actuals(desk) == ["1001", "110", "1000", "-3"]


async def test_each_category_is_pinned_by_itself(desk: Desk) -> None:
    await desk.metric("Both", WON_REVENUE, OPEN_REVENUE)
    await desk.goal("Alone", metricId="Both", ownerId="Rep 1", period=YEAR)
    await desk.recalculate("Alone")
    await do(desk, "overrideGoal", "Alone", **pin("5", inProgress="6", endDate="2026-12-31"))
    await do(desk, "overrideGoal", "Alone", inProgress=None, reason="Only the actual.")
    fields = "actual inProgress override { reason endDate actual inProgress }"
    left = {"reason": "Only the actual.", "endDate": None, "actual": "5", "inProgress": None}
    assert await desk.shown("Alone", fields) == {"actual": "5", "inProgress": "0", "override": left}
    # Another metric counts in other units: its numbers start anew, and nothing is pinned.
    await do(desk, "updateGoal", "Alone", metricId="Revenue")
    assert await desk.shown("Alone", fields) == {"actual": None, "inProgress": None, "override": None}
    await do(desk, "clearGoalOverride", "Alone")


async def test_parent_metric_and_period_change_at_once(desk: Desk) -> None:
    await desk.metric("Tonnes", TONNES, dataType="DECIMAL")
    await desk.goal("Shipped", metricId="Tonnes", ownerId="Rep 1", period=Q2)
    await desk.recalculate("Shipped")
    await do(desk, "updateGoal", "Leaf", parentId="Shipped", metricId="Tonnes", period=Q2, target="2.5", title="Leaf")
    assert await actuals(desk, *TREE, "Shipped") == ["1011", "10", "1000", None, "0"]
    assert await states(desk, *TREE, "Shipped") == ["CURRENT", "CURRENT", "CURRENT", "STALE", "STALE"]
    assert await desk.shown("Leaf", "parent { title } period { startDate } target metric { name }") == {
        "parent": {"title": "Shipped"},
        "period": {"startDate": "2026-04-01"},
        "target": "2.5",
        "metric": {"name": "Tonnes"},
    }
    await desk.recalculate("Leaf")
    # Back again, and a goal with one below it under another parent with a shorter period.
    await do(desk, "updateGoal", "Leaf", parentId="Left", metricId="Revenue", period=YEAR)
    await desk.recalculate("Root")
    assert await actuals(desk) == ["1111", "110", "1000", "100"]
    await do(desk, "updateGoal", "Left", parentId="Right", period=Q2)
    assert await actuals(desk) == ["1111", "110", "1110", "100"]
    assert await states(desk) == ["STALE"] * 4
    await desk.recalculate("Root")
    assert await actuals(desk) == ["1001", "0", "1000", "0"]


async def test_closing_takes_goals_below_a_cancelled_one_along(desk: Desk) -> None:
    await do(desk, "cancelGoal", "Left")
    assert await desk.refused("closeGoal", id=desk.ids["Root"]) == ("OPEN_DESCENDANTS", "id")
    await do(desk, "closeGoal", "Root", includeDescendants=True)
    assert await desk.all_shown("state", *TREE) == ["ACHIEVED", "CANCELLED", "ACHIEVED", "ACHIEVED"]
    assert await actuals(desk) == ["1001", "110", "1000", "100"]
    for title in ("Left", "Leaf"):
        assert await desk.refused("reopenGoal", id=desk.ids[title]) == ("GOAL_CLOSED", "id")
    await do(desk, "reopenGoal", "Root")
    await do(desk, "reopenGoal", "Left")
    assert await desk.all_shown("state", *TREE) == ["OPEN", "OPEN", "ACHIEVED", "ACHIEVED"]
    assert await actuals(desk) == ["1111", "110", "1000", "100"]


async def test_the_targets_of_the_children_are_added_up_where_all_are_seen(desk: Desk, settings: Settings) -> None:
    for title, target in {"Root": "10", "Left": "7.5", "Right": "922337203685477.5807", "Leaf": None}.items():
        await do(desk, "updateGoal", title, target=target)
    fields = "childTargets { sum difference }"
    shown = [goal["childTargets"] for goal in await desk.all_shown(fields, *TREE)]
    assert shown == [
        {"sum": "922337203685485.0807", "difference": "-922337203685475.0807"},
        {"sum": "0", "difference": "7.5"},
        {"sum": "0", "difference": "922337203685477.5807"},
        {"sum": "0", "difference": None},
    ]
    document = f"{{ goals {{ nodes {{ {fields} }} }} }}"
    _, statements = await traced(document, "admin", settings, desk.database, desk.clock)
    assert statements.count("goal/child_targets_of") == 1
    await do(desk, "cancelGoal", "Right")
    assert await desk.shown("Root", fields) == {"childTargets": {"sum": "7.5", "difference": "2.5"}}
    await do(desk, "assignGoal", "Root", managerId="Rep 1")
    await do(desk, "updateGoal", "Left", restricted=True)
    manager = desk.login("Rep 1")
    assert await desk.shown("Root", fields, manager) == {"childTargets": None}
    assert await desk.shown("Left", fields, desk.login("Rep 2")) == {"childTargets": None}
