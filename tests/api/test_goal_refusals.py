"""Every refusal on metrics and goals: its code, the field it names, and that nothing at all was written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.api.attempts import (
    CLOSED,
    FIELDS,
    GOALS,
    METRICS,
    NEW,
    ON_ONE_GOAL,
    Q2,
    Attempt,
)
from tests.api.hierarchy import CALLS, Q1, WON_REVENUE, YEAR, Desk, custom, open_desk
from tests.invariants import check_invariants

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from graph.clock import FixedClock
    from graph.database import Database
    from graph.settings import Settings


@pytest.fixture
async def desk(settings: Settings, database: Database, clock: FixedClock) -> AsyncIterator[Desk]:
    async with open_desk(settings, database, clock) as desk:
        await desk.owners("upsertTeams", {"name": "Team 1"})
        await desk.users("Manager", "Rep 1")
        await desk.owners("upsertUsers", {"name": "Gone", "active": False})
        for name in ("Revenue", "Unused"):
            await desk.metric(name)
        await desk.metric("Calls", CALLS, type="COUNT", dataType=None)
        await desk.metric("Stretch", tracksStretchTarget=True)
        await desk.do("createMetric", name="Empty", type="COUNT")
        found = await desk.admin.data("{ metrics { nodes { id name rollupFields { id } } } }")
        for metric in found["metrics"]["nodes"]:
            desk.ids[metric["name"]] = metric["id"]
            desk.ids |= {f"field of {metric['name']}": field["id"] for field in metric["rollupFields"]}
        yield desk
    await check_invariants(database)


@pytest.fixture
async def tree(desk: Desk) -> None:
    """A goal of a year over a year over quarters; others beside it."""
    await desk.goal("Root", metricId="Revenue", managerId="Manager", period=YEAR, target="1")
    await desk.goal("Child", parentId="Root", managerId="Manager")
    await desk.goal("Q1 of Child", parentId="Child", period=Q1)
    await desk.goal("Q2 of Child", parentId="Child", period=Q2)
    await desk.goal("Grandchild", parentId="Q1 of Child")
    await desk.goal("Root of 2027", metricId="Revenue", period=custom("2027-01-01", "2027-12-31"))
    await desk.goal("Stretched", metricId="Stretch", period=YEAR, target="10", stretchTarget="20")
    await desk.goal("Half open", metricId="Revenue", period=YEAR)
    await desk.goal("Half closed", parentId="Half open")
    await desk.goal("Called", metricId="Calls", period=YEAR)
    await desk.do("closeGoal", id=desk.ids["Half closed"])


@pytest.fixture
async def closed(desk: Desk) -> None:
    """An achieved tree, an achieved child of an open goal, an open child of a cancelled one."""
    await desk.metric("Closed")
    found = await desk.admin.data(f'{{ metric(id: "{desk.ids["Closed"]}") {{ rollupFields {{ id }} }} }}')
    desk.ids["field of Closed"] = found["metric"]["rollupFields"][0]["id"]
    for title in ("Top", "Half open", "Open"):
        await desk.goal(title, metricId="Closed", period=YEAR)
    await desk.goal("Under", parentId="Top")
    await desk.do("closeGoal", id=desk.ids["Top"], includeDescendants=True)
    await desk.goal("Half closed", parentId="Half open")
    await desk.do("closeGoal", id=desk.ids["Half closed"])
    await desk.goal("Dropped", parentId="Half open")
    await desk.goal("Open below Dropped", parentId="Dropped")
    await desk.do("cancelGoal", id=desk.ids["Dropped"])


async def check(desk: Desk, attempts: Sequence[Attempt]) -> None:
    """Make each attempt: its code and field are as expected, and the whole graph stays as it was."""
    before = await desk.everything()
    wrong = []
    for mutation, given, code, field in attempts:
        told = await desk.refused(mutation, **desk.named(given))
        if told != (code, field):
            wrong.append((mutation, given, told))
        if mutation == "createGoal":
            # What one goal may not be, none of a tree may be.
            told = await desk.refused("createGoals", **as_a_tree(desk.named(given)))
            if told != (code, field if field == "parentId" else f"goals.0.{field}"):
                wrong.append(("createGoals", given, told))
        assert await desk.everything() == before, (mutation, given)
    assert wrong == []


def as_a_tree(given: dict[str, Any]) -> dict[str, Any]:
    """Give the input of createGoals that makes the goal which an input of createGoal makes."""
    goal = {"key": "", **given}
    return {"parentId": goal.pop("parentId", None), "goals": [goal]}


@pytest.mark.usefixtures("closed")
async def test_metrics_are_refused(desk: Desk) -> None:
    await desk.goal("Goal", metricId="Revenue", period=YEAR)
    fields: list[Attempt] = [
        ("createRollupField", {"metricId": metric, **WON_REVENUE, "category": "CUSTOM", **wrong}, code, name)
        for metric, wrong, code, name in FIELDS
    ]
    await check(desk, [*METRICS, *fields])


@pytest.mark.usefixtures("tree")
async def test_goals_are_refused(desk: Desk) -> None:
    await check(desk, GOALS)


@pytest.mark.usefixtures("closed")
async def test_closed_goals_are_read_only(desk: Desk) -> None:
    await check(desk, CLOSED)


@pytest.mark.usefixtures("tree")
async def test_hidden_and_absent_goals_are_refused_alike(desk: Desk) -> None:
    rep = desk.login("Rep 1")
    before = await desk.everything()
    for mutation, more, key in ON_ONE_GOAL:
        answers = [
            await desk.send(mutation, rep, **{key: goal}, **desk.named(more)) for goal in (desk.ids["Root"], "no")
        ]
        assert answers[0] == answers[1]
        (error,) = answers[0]["userErrors"]
        assert (error["code"], error["field"]) == ("NOT_FOUND", [key])
    own = await desk.goal("Own", metricId="Revenue", managerId="Rep 1", period=YEAR)
    after = await desk.everything()
    for parent in (desk.ids["Root"], "no"):
        assert await desk.refused("moveGoal", rep, id=own, parentId=parent) == ("NOT_FOUND", "parentId")
    assert await desk.everything() == after
    assert len(after) > len(before)


@pytest.mark.usefixtures("tree")
async def test_who_sees_a_goal_may_not_yet_change_it(desk: Desk) -> None:
    await desk.do("assignGoal", id=desk.ids["Child"], ownerId=desk.ids["Rep 1"])
    rep = desk.login("Rep 1")
    before = await desk.everything()
    for mutation, more, key in ON_ONE_GOAL:
        told = await desk.refused(mutation, rep, **{key: desk.ids["Child"]}, **desk.named(more))
        assert told == ("FORBIDDEN", key), mutation
    assert await desk.refused("createGoal", rep, **desk.named(NEW)) == ("FORBIDDEN", "parentId")
    for mutation, given in (
        ("createMetric", {"name": "Mine", "type": "COUNT"}),
        ("updateMetric", {"id": "Calls", "name": "Mine"}),
        ("deleteMetric", {"id": "Calls"}),
        ("createRollupField", {"metricId": "Calls", **CALLS}),
        ("updateRollupField", {"id": "field of Calls", "state": "OPEN"}),
        ("deleteRollupField", {"id": "field of Calls"}),
    ):
        code, _ = await desk.refused(mutation, rep, **desk.named(given))
        assert code == "FORBIDDEN", mutation
    # A manager may not take a goal away from a parent that somebody else manages, nor make it a root.
    manager = desk.login("Manager")
    await desk.do("assignGoal", id=desk.ids["Root"], managerId=desk.ids["Rep 1"])
    changed = await desk.everything()
    assert await desk.refused("moveGoal", manager, id=desk.ids["Child"], parentId=None) == ("FORBIDDEN", "id")
    assert await desk.refused("moveGoal", rep, id=desk.ids["Root"], parentId=None) == ("FORBIDDEN", "parentId")
    assert await desk.everything() == changed != before
