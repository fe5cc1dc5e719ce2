"""Rollup queries on goals over GraphQL: what counts, every refusal, who may, versions, copies, the turn of the day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.hierarchy import CALLS, OPEN_REVENUE, WON_REVENUE, YEAR, Desk, custom, open_desk, won
from tests.invariants import check_invariants
from tests.queries import closed_in_the_last, named, of_account_in, rollup_query

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from graph.clock import FixedClock
    from graph.database import Database
    from graph.settings import Settings

SHOWN = "rollupQueries { category queryId } restrictedFields version updatedAt"


@pytest.fixture
async def desk(settings: Settings, database: Database, clock: FixedClock) -> AsyncIterator[Desk]:
    """An organization with two reps, a query of each postal code, and one over phone calls."""
    async with open_desk(settings, database, clock) as desk:
        await desk.users("Rep 1", "Rep 2")
        for code in ("60661", "99999"):
            desk.ids[code] = await rollup_query(database, clock, code, of_account_in(code), "opportunity")
        for direction in ("incoming", "outgoing"):
            desk.ids[direction] = await rollup_query(database, clock, direction, named(direction), "phone_call")
        yield desk
    await check_invariants(database)


def by(desk: Desk, category: str, name: str | None) -> dict[str, Any]:
    """Give one GoalQueryInput."""
    return {"category": category, "queryId": None if name is None else desk.ids.get(name, name)}


def actual(desk: Desk, name: str | None) -> list[dict[str, Any]]:
    """Give the queries of an input that names one for the Actual category."""
    return [by(desk, "ACTUAL", name)]


async def grant(desk: Desk, user: str, *privileges: tuple[str, str]) -> None:
    """Give a user a role of its own."""
    given = [{"kind": kind, "operation": operation, "depth": "ORGANIZATION"} for kind, operation in privileges]
    document = "mutation($input: UpsertRoleInput!) { payload: upsertRole(input: $input) { id } }"
    role = await desk.admin.data(document, {"input": {"name": f"{user} {privileges}", "privileges": given}})
    document = "mutation($input: AssignRoleInput!) { assignRole(input: $input) { userErrors { code } } }"
    await desk.admin.data(document, {"input": {"roleId": role["payload"]["id"], "userId": desk.ids[user]}})


async def test_example_1_accounts_by_postal_code(desk: Desk, clock: FixedClock) -> None:
    today = clock.now().date()
    await desk.metric("Revenue")
    around = custom(str(today - timedelta(1)), str(today + timedelta(30)))
    await desk.goal("Parent", metricId="Revenue", period=around, target="300", rollupOnlyFromChildren=True)
    for title, rep, code, target in (("A", "Rep 1", "60661", "100"), ("B", "Rep 2", "99999", "200")):
        await desk.goal(title, parentId="Parent", ownerId=rep, target=target, queries=actual(desk, code))
    await desk.records(
        "account",
        *(
            {"externalId": code, "name": code, "owner": {"user": "admin"}, "fields": {"postalCode": code}}
            for code in ("60661", "99999")
        ),
    )
    await desk.records(
        "opportunity",
        won("1", "Rep 1", "400", str(today), account="60661"),
        won("2", "Rep 2", "400", str(today), account="99999"),
        won("3", "Rep 1", "7", str(today), account="99999"),
        won("4", "Rep 2", "7", str(today)),
    )
    await desk.recalculate("Parent")
    shown = await desk.all_shown(
        "actual percentageAchieved todaysTargetPercentage rollup { state }", "A", "B", "Parent"
    )
    assert [(one["actual"], one["percentageAchieved"]) for one in shown] == [
        ("400", "400"),
        ("400", "200"),
        ("800", "266.67"),
    ]
    assert {one["todaysTargetPercentage"] for one in shown} == {"3.23"}
    assert {one["rollup"]["state"] for one in shown} == {"CURRENT"}
    # The metric reads accounts by now: one that moves counts elsewhere, and makes its goals stale.
    moved = {"externalId": "99999", "name": "Moved", "owner": {"user": "admin"}, "fields": {"postalCode": "60661"}}
    await desk.records("account", moved)
    assert [one["state"] for one in await desk.all_shown("rollup { state }", "A") for one in one.values()] == ["STALE"]
    await desk.recalculate("Parent")
    assert await desk.all_shown("actual", "A", "B", "Parent") == ["407", "0", "407"]


async def test_example_2_calls_with_stretch_targets(desk: Desk) -> None:
    await desk.metric("Calls", CALLS, type="COUNT", dataType=None, tracksStretchTarget=True)
    above = {"target": "8", "stretchTarget": "10", "rollupOnlyFromChildren": True}
    await desk.goal("Parent", metricId="Calls", period=YEAR, **above)
    for title, rep, direction, target, stretch in (
        ("1", "Rep 1", "incoming", "5", "6"),
        ("2", "Rep 2", "outgoing", "3", "4"),
    ):
        more = {"target": target, "stretchTarget": stretch, "queries": actual(desk, direction)}
        await desk.goal(title, parentId="Parent", ownerId=rep, **more)
    calls = [("Rep 1", "incoming"), ("Rep 1", "outgoing"), ("Rep 2", "outgoing"), ("Rep 2", "incoming")]
    await desk.records(
        "phone_call",
        *(
            {
                "externalId": str(number),
                "name": direction,
                "owner": {"user": rep},
                "state": "COMPLETED",
                "fields": {"actualEnd": "2026-02-15T10:00:00Z"},
            }
            for number, (rep, direction) in enumerate(calls)
        ),
    )
    await desk.recalculate("Parent")
    shown = await desk.all_shown("actual percentageAchieved", "1", "2", "Parent")
    assert [tuple(one.values()) for one in shown] == [("1", "20"), ("1", "33.33"), ("2", "25")]


async def test_every_refusal_writes_nothing(desk: Desk) -> None:
    await desk.metric("Revenue")
    await desk.metric("Calls", CALLS, type="COUNT", dataType=None)
    await desk.goal("Goal", metricId="Revenue", period=YEAR, queries=actual(desk, "60661"))
    await desk.goal("Closed", metricId="Revenue", period=YEAR)
    await desk.do("closeGoal", id=desk.ids["Closed"])
    wrong = [
        (actual(desk, "absent"), "NOT_FOUND", "queries.0.queryId"),
        (actual(desk, "incoming"), "QUERY_RECORD_TYPE_MISMATCH", "queries.0.queryId"),
        ([by(desk, "CUSTOM", "60661")], "INVALID_VALUE", "queries.0.category"),
        ([by(desk, "CUSTOM", None)], "INVALID_VALUE", "queries.0.category"),
        ([*actual(desk, "60661"), *actual(desk, None)], "INVALID_VALUE", "queries.1.category"),
    ]
    before = await desk.everything()
    new = {"title": "New", "metricId": desk.ids["Revenue"], "period": YEAR}
    for queries, code, path in wrong:
        assert await desk.refused("createGoal", **new, queries=queries) == (code, path)
        tree = [{**new, "key": "", "queries": queries}]
        assert await desk.refused("createGoals", goals=tree) == (code, f"goals.0.{path}")
        assert await desk.refused("updateGoal", id=desk.ids["Goal"], queries=queries) == (code, path)
    told = await desk.refused("updateGoal", id=desk.ids["Closed"], queries=actual(desk, "60661"))
    assert told == ("GOAL_CLOSED", "id")
    told = await desk.refused("updateGoal", id=desk.ids["Goal"], metricId=desk.ids["Calls"])
    assert told == ("QUERY_RECORD_TYPE_MISMATCH", "metricId")
    assert await desk.everything() == before


async def test_a_change_of_metric_keeps_what_fits(desk: Desk) -> None:
    await desk.metric("Revenue", WON_REVENUE, OPEN_REVENUE)
    await desk.metric("Won")
    await desk.metric("Calls", CALLS, type="COUNT", dataType=None)
    both = [*actual(desk, "60661"), by(desk, "IN_PROGRESS", "99999")]
    await desk.goal("Goal", metricId="Revenue", period=YEAR, queries=both)
    goal = desk.ids["Goal"]
    shown = "rollupQueries { category queryId }"
    assert (await desk.shown("Goal", shown))["rollupQueries"] == both
    # Categories not named stay; a category that the new metric lacks must be cleared.
    assert await desk.refused("updateGoal", id=goal, metricId=desk.ids["Won"]) == (
        "QUERY_RECORD_TYPE_MISMATCH",
        "metricId",
    )
    await desk.do("updateGoal", id=goal, metricId=desk.ids["Won"], queries=[by(desk, "IN_PROGRESS", None)])
    assert (await desk.shown("Goal", shown))["rollupQueries"] == actual(desk, "60661")
    await desk.do("updateGoal", id=goal, metricId=desk.ids["Calls"], queries=actual(desk, "incoming"))
    assert (await desk.shown("Goal", shown))["rollupQueries"] == actual(desk, "incoming")
    await desk.do("updateGoal", id=goal, queries=[])
    assert (await desk.shown("Goal", shown))["rollupQueries"] == actual(desk, "incoming")
    await desk.recalculate("Goal")
    await desk.do("updateGoal", id=goal, queries=actual(desk, None))
    assert await desk.shown("Goal", f"{shown} rollup {{ state }}") == {
        "rollupQueries": [],
        "rollup": {"state": "STALE"},
    }
    await desk.do("deleteGoal", id=goal)


async def test_attaching_needs_use_and_reading_is_apart(desk: Desk, clock: FixedClock) -> None:
    await desk.metric("Revenue")
    counting = ("RECORD", "AGGREGATE")
    creating = ("GOAL", "CREATE")
    await grant(desk, "Rep 1", counting, creating, ("ROLLUP_QUERY", "USE"))
    await grant(desk, "Rep 2", counting, creating, ("ROLLUP_QUERY", "READ"))
    await desk.goal("Of 1", metricId="Revenue", managerId="Rep 1", ownerId="Rep 1", period=YEAR)
    await desk.goal("Of 2", metricId="Revenue", managerId="Rep 2", ownerId="Rep 2", period=YEAR)
    uses, reads = desk.login("Rep 1"), desk.login("Rep 2")
    moments = await desk.shown("Of 1", SHOWN, uses)
    assert moments["restrictedFields"] == ["rollupQueries"]
    clock.advance(timedelta(minutes=1))
    seen = await desk.shown("Of 1", SHOWN)
    await desk.do("updateGoal", uses, id=desk.ids["Of 1"], queries=actual(desk, "60661"))
    # Who may use and not see queries gives them, and is not told of them by anything.
    assert await desk.shown("Of 1", SHOWN, uses) == moments
    now = await desk.shown("Of 1", SHOWN)
    assert now["rollupQueries"] == actual(desk, "60661")
    assert now["restrictedFields"] == []
    assert (now["version"] != seen["version"], now["updatedAt"] > seen["updatedAt"]) == (True, True)
    tree = f'{{ goalTree(rootId: "{desk.ids["Of 1"]}") {{ nodes {{ goal {{ {SHOWN} }} }} }} }}'
    assert (await desk.admin.data(tree))["goalTree"]["nodes"] == [{"goal": now}]
    assert (await uses.data(tree))["goalTree"]["nodes"] == [{"goal": moments}]
    before = await desk.everything()
    attempt = {"id": desk.ids["Of 2"], "queries": actual(desk, "60661")}
    assert await desk.refused("updateGoal", reads, **attempt) == ("FORBIDDEN", "queries.0.queryId")
    attempt["queries"] = actual(desk, "absent")
    assert await desk.refused("updateGoal", reads, **attempt) == ("NOT_FOUND", "queries.0.queryId")
    assert await desk.everything() == before
    # A copy has them too, which needs the right to use them.
    following = custom("2027-01-01", "2027-12-31")
    await desk.do("copyGoals", uses, rootId=desk.ids["Of 1"], period=following)
    found = await desk.admin.data("{ goals { nodes { title rollupQueries { category queryId } } } }")
    copied = [one["rollupQueries"] for one in found["goals"]["nodes"] if one["title"] == "Of 1"]
    assert copied == [actual(desk, "60661")] * 2
    await desk.do("updateGoal", id=desk.ids["Of 2"], queries=actual(desk, "60661"))
    assert await desk.refused("copyGoals", reads, rootId=desk.ids["Of 2"], period=following) == ("FORBIDDEN", "rootId")


async def test_queries_need_the_right_to_count(desk: Desk) -> None:
    await desk.metric("Revenue")
    await grant(desk, "Rep 1", ("ROLLUP_QUERY", "USE"))
    await desk.goal("Of 1", metricId="Revenue", managerId="Rep 1", ownerId="Rep 2", period=YEAR)
    told = await desk.refused("updateGoal", desk.login("Rep 1"), id=desk.ids["Of 1"], queries=actual(desk, "60661"))
    assert told == ("FORBIDDEN", "rollupOnlyFromChildren")


async def test_relative_dates_are_asked_anew_each_day(desk: Desk, clock: FixedClock, database: Database) -> None:
    desk.ids["recent"] = await rollup_query(database, clock, "recent", closed_in_the_last(3), "opportunity")
    today = clock.now().date()
    await desk.metric("Revenue")
    await desk.goal("Goal", metricId="Revenue", period=YEAR, ownerId="Rep 1", queries=actual(desk, "recent"))
    days = (("1", "10", today - timedelta(3)), ("2", "200", today - timedelta(1)), ("3", "3000", today))
    await desk.records("opportunity", *(won(key, "Rep 1", amount, str(day)) for key, amount, day in days))
    await desk.recalculate("Goal")
    shown = "actual rollup { state }"
    assert await desk.shown("Goal", shown) == {"actual": "3210", "rollup": {"state": "CURRENT"}}
    clock.advance(timedelta(days=1))
    assert await desk.shown("Goal", shown) == {"actual": "3210", "rollup": {"state": "STALE"}}
    await desk.recalculate("Goal")
    # The first of the days is not one of them any more.
    assert await desk.shown("Goal", shown) == {"actual": "3200", "rollup": {"state": "CURRENT"}}
    await desk.do("updateGoal", id=desk.ids["Goal"], queries=actual(desk, None))
    await desk.recalculate("Goal")
    clock.advance(timedelta(days=1))
    assert await desk.shown("Goal", shown) == {"actual": "3210", "rollup": {"state": "CURRENT"}}
