"""Users who leave, and structure that is deleted unless something uses it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from graph import goal_change, integrity
from graph.goal_creation import GoalDraft
from graph.visibility import Viewer
from tests.api.hierarchy import YEAR, Desk, open_desk, won
from tests.api.structure import upsert
from tests.factories import YEAR as PERIOD
from tests.invariants import check_invariants

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from graph.clock import FixedClock
    from graph.database import Database, Transaction
    from graph.settings import Settings

DEACTIVATE = (
    "mutation($input: DeactivateUserInput!) { deactivateUser(input: $input) "
    "{ user { name active } goalsHandedOver userErrors { code field } } }"
)


@pytest.fixture
async def desk(settings: Settings, database: Database, clock: FixedClock) -> AsyncIterator[Desk]:
    """Open an organization with an administrator, two users and a metric."""
    async with open_desk(settings, database, clock) as desk:
        await desk.users("Leaver", "Successor")
        await desk.metric("Revenue")
        yield desk
    await check_invariants(database)
    assert await integrity.check(database) == []


async def deactivate(desk: Desk, **given: Any) -> Any:
    """Send deactivateUser; its payload."""
    return (await desk.admin.data(DEACTIVATE, {"input": given}))["deactivateUser"]


async def delete(desk: Desk, kind: str, *external_ids: str) -> Any:
    """Send a deletion of structure: (deleted, missing), or its error."""
    document = (
        f"mutation($input: DeleteStructureInput!) {{ gone: delete{kind}(input: $input) "
        "{ deleted missing userErrors { code field message } } }"
    )
    payload = (await desk.admin.data(document, {"input": {"externalIds": external_ids}}))["gone"]
    return payload["userErrors"][0] if payload["userErrors"] else (payload["deleted"], payload["missing"])


async def test_a_user_who_leaves_hands_goals_over_and_counts_on(desk: Desk) -> None:
    ids = desk.ids
    await desk.owners("upsertUsers", {"name": "Below", "manager": "Leaver"})
    await desk.goal("Root", metricId="Revenue", period=YEAR, managerId="Leaver", ownerId="Leaver", restricted=True)
    await desk.goal("Closed", parentId="Root", managerId="Leaver", ownerId="Leaver")
    await desk.goal("Other", metricId="Revenue", period=YEAR, managerId="Successor", ownerId="Leaver")
    await desk.records("opportunity", won("1", "Leaver", "5", "2026-02-01"))
    await desk.do("closeGoal", id=ids["Closed"])
    leaver = desk.login("Leaver")
    assert (await leaver.data("{ viewer { name } }")) == {"viewer": {"name": "Leaver"}}

    before = await desk.everything()
    refusals: list[tuple[dict[str, Any], str, str]] = [
        ({"userId": ids["Leaver"], "successorId": "absent"}, "NOT_FOUND", "successorId"),
        ({"userId": ids["Leaver"], "successorId": ids["Leaver"]}, "MANAGER_MUST_BE_USER", "successorId"),
        ({"userId": "absent", "successorId": ids["Successor"]}, "NOT_FOUND", "userId"),
        ({"externalId": "absent", "successorId": ids["Successor"]}, "NOT_FOUND", "externalId"),
        ({"successorId": ids["Successor"]}, "REQUIRED", "userId"),
        ({"userId": "x", "externalId": "y", "successorId": ids["Successor"]}, "REQUIRED", "userId"),
        ({"externalId": "admin", "successorId": ids["Successor"]}, "LAST_ADMINISTRATOR", "externalId"),
    ]
    for given, code, field in refusals:
        assert (await deactivate(desk, **given))["userErrors"] == [{"code": code, "field": [field]}], given
    for flags in ({"active": False}, {"administrator": False}):
        payload = await upsert(desk.admin, "upsertUsers", [{"externalId": "admin", **flags}])
        assert [error["code"] for error in payload["userErrors"]] == ["LAST_ADMINISTRATOR"]
    assert await desk.everything() == before

    done = await deactivate(desk, externalId="Leaver", successorId=ids["Successor"])
    assert done == {"user": {"name": "Leaver", "active": False}, "goalsHandedOver": 2, "userErrors": []}
    assert (await leaver.post("{ viewer { name } }")).status_code == 401
    fields = "state manager { name } owner { ... on Owner { name } } actual"
    root, closed, other = await desk.all_shown(fields, "Root", "Closed", "Other")
    names = {"manager": {"name": "Successor"}, "owner": {"name": "Leaver"}}
    assert closed == {"state": "ACHIEVED", "actual": "5", **names}
    assert (root["manager"], other["owner"]) == (names["manager"], names["owner"])
    await desk.recalculate("Root")
    assert await desk.shown("Root", "actual") == "10"
    found = await desk.login("Successor").data(
        f'{{ goal(id: "{ids["Root"]}") {{ title }} users(search: "Below") {{ nodes {{ manager {{ name }} }} }} }}'
    )
    assert found == {"goal": {"title": "Root"}, "users": {"nodes": [{"manager": {"name": "Leaver"}}]}}
    again = await deactivate(desk, userId=ids["Leaver"], successorId=ids["Successor"])
    assert again["goalsHandedOver"] == 0


async def test_structure_in_use_is_not_deleted(desk: Desk) -> None:
    await desk.owners("upsertBusinessUnits", {"name": "Company"}, {"name": "West", "parent": "Company"})
    await desk.owners(
        "upsertTeams", {"name": "Team", "members": ["Leaver", "Successor"], "unit": "West"}, {"name": "Spare"}
    )
    await desk.owners("upsertTerritories", {"name": "World"}, {"name": "East", "parent": "World"})
    await desk.owners("upsertProductLines", {"name": "Pumps"}, {"name": "Pump 1", "parent": "Pumps"})
    await desk.goal("Goal", metricId="Revenue", period=YEAR, ownerId="Team")
    deal = {"owner": {"team": "Team"}, "territory": "East", "productLine": "Pump 1", "state": "OPEN"}
    await desk.records("opportunity", {"externalId": "1", **deal}, {"externalId": "2", **deal})
    before = await desk.everything()
    used = {
        ("Teams", "Spare", "Team"): "1 goal, 2 members, 2 records",
        ("BusinessUnits", "Company"): "1 child",
        ("BusinessUnits", "Company", "West"): "1 team",
        ("Territories", "World", "East"): "2 records",
        ("ProductLines", "Pumps"): "1 child",
    }
    for (kind, *external_ids), words in used.items():
        refused = await delete(desk, kind, *external_ids)
        assert (refused["code"], refused["field"]) == ("STRUCTURE_IN_USE", ["externalIds"]), external_ids
        assert refused["message"].startswith(f"This is in use: {words}. "), refused
    assert (await delete(desk, "Teams", *map(str, range(1_001))))["code"] == "TOO_MANY_ROWS"
    assert await delete(desk, "Teams", "Leaver") == (0, 1)  # a user is no team
    assert await desk.everything() == before

    assert await delete(desk, "Teams", "Spare", "absent") == (1, 1)
    await desk.do("deleteGoal", id=desk.ids["Goal"])
    await desk.admin.data(
        'mutation { deleteRecords(input: {type: "opportunity", externalIds: ["1", "2"]}) { deleted } }'
    )
    await desk.owners("upsertTeams", {"name": "Team", "members": []})
    assert await delete(desk, "Teams", "Team") == (1, 0)
    assert await delete(desk, "BusinessUnits", "Company", "West") == (2, 0)
    assert await delete(desk, "Territories", "World", "East") == (2, 0)
    assert await delete(desk, "ProductLines", "Pump 1") == (1, 0)


async def test_what_a_goal_takes_into_use_meanwhile_is_not_deleted(desk: Desk) -> None:
    await desk.owners("upsertTeams", {"name": "Team"})
    ids = desk.ids
    made, over = asyncio.Event(), asyncio.Event()

    async def create(tx: Transaction) -> None:
        viewer = Viewer(ids["Admin"], "admin", "Admin", administrator=True)
        draft = GoalDraft("Goal", metric_id=ids["Revenue"], owner_id=ids["Team"], period=PERIOD)
        await goal_change.create_goal(tx, viewer, draft, desk.clock.now())
        made.set()
        await over.wait()

    making = asyncio.create_task(desk.database.write(create))
    await made.wait()
    deletions = [
        asyncio.create_task(delete(desk, "Teams", "Team")),
        asyncio.create_task(desk.refused("deleteMetric", id=ids["Revenue"])),
    ]
    await asyncio.wait(deletions, timeout=0.5)  # both have looked, and wait for the goal's transaction
    over.set()
    await making
    team, metric = await asyncio.gather(*deletions)
    assert team["code"] == "STRUCTURE_IN_USE"
    assert metric == ("METRIC_IN_USE", "id")
