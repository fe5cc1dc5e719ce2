"""A whole tree in one call: all of it or nothing, everything that is wrong at once, in few statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from api.context import Context
from api.loaders import Loaders
from api.schema import schema
from graph import goal_creation
from tests.api.hierarchy import Q1, YEAR, Desk, custom, open_desk, won
from tests.invariants import check_invariants

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from graph.clock import FixedClock
    from graph.database import Database
    from graph.settings import Settings

SHOWN = (
    "title target recordSet restricted manager { name } owner { ... on User { name } } period { label } "
    "parent { title }"
)
DOCUMENT = (
    "mutation($input: CreateGoalsInput!) { payload: createGoals(input: $input) "
    "{ goals { key goal { id title } } userErrors { code field message } } }"
)


@pytest.fixture
async def desk(settings: Settings, database: Database, clock: FixedClock) -> AsyncIterator[Desk]:
    """Open an application with a money metric, a manager and two representatives."""
    async with open_desk(settings, database, clock) as desk:
        await desk.users("Manager", "Rep 1", "Rep 2")
        await desk.metric("Revenue")
        yield desk
    await check_invariants(database)


def node(key: str, parent: str | None = None, /, **more: Any) -> dict[str, Any]:
    """Give a goal of a tree whose title is its key."""
    return {"key": key, "parentKey": parent, "title": key, **more}


def tree(desk: Desk) -> list[dict[str, Any]]:
    """Give company, region, quarter and two representatives, not in that order."""
    ids = desk.ids
    return [
        node("Rep 2", "Quarter", ownerId=ids["Rep 2"], recordSet="ALL"),
        node("Quarter", "Region", period=Q1, restricted=True),
        node("Company", metricId=ids["Revenue"], period=YEAR, target="300.5", rollupOnlyFromChildren=True),
        node("Rep 1", "Quarter", ownerId=ids["Rep 1"], target="100", restricted=False),
        node("Region", "Company", managerId=ids["Manager"], description="East"),
    ]


async def test_a_tree_in_any_order_is_as_if_made_one_by_one(desk: Desk) -> None:
    made = (await desk.do("createGoals", goals=tree(desk)))["goals"]
    desk.ids |= {one["key"]: one["goal"]["id"] for one in made}
    order = [one["key"] for one in made]
    assert (order[:3], sorted(order[3:])) == (["Company", "Region", "Quarter"], ["Rep 1", "Rep 2"])
    goals = {goal["title"]: goal for goal in await desk.all_shown(SHOWN, *order)}
    year, quarter = "2026-01-01 to 2026-12-31", "2026-01-01 to 2026-03-31"
    assert {
        title: (goal["manager"]["name"], goal["owner"]["name"], goal["period"]["label"], goal["restricted"])
        for title, goal in goals.items()
    } == {
        "Company": ("Admin", "Admin", year, False),
        "Region": ("Manager", "Manager", year, False),
        "Quarter": ("Admin", "Admin", quarter, True),
        "Rep 1": ("Admin", "Rep 1", quarter, False),
        "Rep 2": ("Admin", "Rep 2", quarter, True),
    }
    parents = {title: goal["parent"] and goal["parent"]["title"] for title, goal in goals.items()}
    assert parents == {
        "Company": None,
        "Region": "Company",
        "Quarter": "Region",
        "Rep 1": "Quarter",
        "Rep 2": "Quarter",
    }
    assert (goals["Company"]["target"], goals["Rep 1"]["target"], goals["Rep 2"]["target"]) == ("300.5", "100", None)
    await desk.records("opportunity", won("1", "Rep 1", "7", "2026-02-01"), won("2", None, "50", "2026-02-01"))
    await desk.recalculate("Company")
    assert await desk.all_shown("actual", "Company", "Rep 1", "Rep 2") == ["64", "7", "57"]

    # Below a goal that is there: its numbers are older than its definition from then on.
    manager = desk.login("Manager")
    await desk.let_count("Manager")
    more = [node("A", period=Q1), node("B", "A"), node("C")]
    made = (await desk.do("createGoals", manager, parentId=desk.ids["Region"], goals=more))["goals"]
    desk.ids |= {one["key"]: one["goal"]["id"] for one in made}
    shown = await desk.all_shown("parent { title } rollup { state } period { label }", "A", "B", "C", "Company")
    assert [goal["parent"] and goal["parent"]["title"] for goal in shown] == ["Region", "A", "Region", None]
    assert {goal["rollup"]["state"] for goal in shown} == {"STALE"}
    assert [goal["period"]["label"] for goal in shown[:3]] == [quarter, quarter, year]


async def test_everything_wrong_is_told_with_its_path_and_nothing_is_written(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.goal("Top", metricId="Revenue", period=Q1, managerId="Manager")
    before = await desk.everything()
    goals = [
        node("ok"),
        node("", "ok", target="-1", ownerId="absent"),
        node("two", "ok", managerId="absent", period={"fiscal": {"year": 2026, "index": 5}}),
        node("below two", "two", period=custom("2030-01-01", "2030-12-31")),
        node("ok", period=YEAR),
        node("outside", "ok", period=YEAR, metricId="absent", stretchTarget="1"),
        node("lost", "nowhere"),
        node("below lost", "lost"),
        node("a", "b"),
        node("b", "a"),
        node("below b", "b"),
        node("itself", "itself"),
    ]
    payload = await desk.send("createGoals", parentId=desk.ids["Top"], goals=goals)
    assert payload["goals"] == []
    assert sorted((error["field"], error["code"]) for error in payload["userErrors"]) == sorted(
        [
            (["goals", "1", "title"], "INVALID_VALUE"),
            (["goals", "1", "target"], "TARGET_NEGATIVE"),
            (["goals", "1", "ownerId"], "OWNER_NOT_FOUND"),
            (["goals", "2", "managerId"], "NOT_FOUND"),
            (["goals", "2", "period", "fiscal", "index"], "PERIOD_NOT_IN_CALENDAR"),
            (["goals", "4", "key"], "DUPLICATE_ROW"),
            (["goals", "5", "metricId"], "PARENT_METRIC_DIFFERS"),
            (["goals", "5", "period"], "PERIOD_NOT_WITHIN_PARENT"),
            (["goals", "6", "parentKey"], "NOT_FOUND"),
            (["goals", "8", "parentKey"], "GOAL_CYCLE"),
            (["goals", "9", "parentKey"], "GOAL_CYCLE"),
            (["goals", "11", "parentKey"], "GOAL_CYCLE"),
        ]
    )
    many = [node(f"{n}", title="") for n in range(130)]
    errors = (await desk.send("createGoals", parentId=desk.ids["Top"], goals=many))["userErrors"]
    assert [error["field"] for error in errors] == [*(["goals", f"{n}", "title"] for n in range(100)), ["goals"]]
    assert errors[-1]["message"] == "30 more problems are not listed. Correct these first."
    assert await desk.refused("createGoals", goals=[]) == ("REQUIRED", "goals")
    monkeypatch.setattr(goal_creation, "MOST_GOALS", 2)
    assert await desk.refused("createGoals", goals=goals[:3]) == ("TOO_MANY_ROWS", "goals")
    assert await desk.refused("createGoals", desk.login("Manager"), goals=goals[:1]) == ("FORBIDDEN", "parentId")
    assert await desk.everything() == before


async def test_a_bigger_tree_takes_no_more_statements(
    desk: Desk, settings: Settings, database: Database, clock: FixedClock
) -> None:
    async def statements(size: int) -> list[str]:
        goals = [node(f"{n}", f"{(n - 1) // 3}" if n else None, ownerId=desk.ids["Rep 1"]) for n in range(size)]
        goals[0] |= {"metricId": desk.ids["Revenue"], "period": YEAR}
        context = Context("request", "admin", database, clock, settings, settings.signing_key(), make_loaders=Loaders)
        result = await schema.execute(DOCUMENT, {"input": {"goals": goals}}, context_value=context)
        assert result.errors is None, result.errors
        assert result.data is not None
        assert {one["goal"]["title"] for one in result.data["payload"]["goals"]} == {f"{n}" for n in range(size)}
        return [name for name, _seconds in context.trace.statements]

    assert await statements(2) == await statements(40)
