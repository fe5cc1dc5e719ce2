"""Roles, business units, shares, restrictions and field profiles over GraphQL, on one small company."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from graph.owners import OwnerKind
from tests.api.structure import logins
from tests.factories import YEAR, Company

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from graph.clock import FixedClock
    from graph.database import Database
    from graph.settings import Settings
    from tests.api.conftest import Client

SHIPPED = ["Analyst", "Auditor", "Rollup Service", "Sales Director", "Sales Manager", "Salesperson"]


@dataclass
class Office:
    """A company with units Company > East > North and West, a goal for each of its people, and who may log in."""

    login: Callable[[str], Client]
    company: Company
    roles: dict[str, str] = field(default_factory=dict)

    async def send(self, who: str, mutation: str, **given: Any) -> list[str]:
        """Send a mutation of rights or goals as somebody; the codes of its refusals."""
        kind = mutation[0].upper() + mutation[1:] + "Input"
        document = f"mutation($input: {kind}!) {{ {mutation}(input: $input) {{ userErrors {{ code message }} }} }}"
        errors = (await self.login(who).data(document, {"input": given}))[mutation]["userErrors"]
        assert all(error["message"].endswith(".") for error in errors)
        return [error["code"] for error in errors]

    async def grant(self, role: str, *names: str) -> None:
        """Give people a role."""
        for name in names:
            assert not await self.send("admin", "assignRole", roleId=self.roles[role], userId=self.company.ids[name])

    async def goals(self, who: str) -> set[str]:
        """The titles of the goals that somebody sees."""
        found = await self.login(who).data("{ goals(first: 200) { totalCount nodes { title } } }")
        titles = {node["title"] for node in found["goals"]["nodes"]}
        assert found["goals"]["totalCount"] == len(titles)
        return titles

    async def deals(self, who: str) -> set[str]:
        """The names of the records that somebody sees."""
        found = await self.login(who).data('{ records(type: "opportunity", first: 200) { nodes { name } } }')
        return {node["name"] for node in found["records"]["nodes"]}

    async def goal(self, who: str, title: str, selection: str) -> Any:
        """What somebody reads of a goal."""
        document = f"query($id: ID!) {{ goal(id: $id) {{ {selection} }} }}"
        return (await self.login(who).data(document, {"id": self.company.ids[title]}))["goal"]


@pytest.fixture
async def office(settings: Settings, database: Database, clock: FixedClock) -> AsyncIterator[Office]:
    """Nobody but the administrator has a role yet."""
    async with logins(settings, database, clock) as login:
        company = await Company(database, clock).found()
        await company.owners(OwnerKind.BUSINESS_UNIT, {"name": "Company"})
        await company.owners(
            OwnerKind.BUSINESS_UNIT,
            {"name": "East", "parent": "Company"},
            {"name": "West", "parent": "Company"},
            {"name": "North", "parent": "East"},
        )
        await company.owners(OwnerKind.TEAM, {"name": "easterners", "unit": "East"})
        for name, unit in (("boss", "Company"), ("east", "East"), ("north", "North"), ("west", "West")):
            await company.users(name, unit=unit)
        await company.users("eve", unit="East", teams=["easterners"])
        await company.users("nobody")
        metric = company.ids["metric"] = await company.metric(stretch=True)
        more: dict[str, Any] = {"metric_id": metric, "period": YEAR, "target": "100"}
        for name in ("boss", "east", "north", "west"):
            id_ = company.ids[name]
            company.ids[f"of {name}"] = await company.goal(f"of {name}", manager_id=id_, owner_id=id_, **more)
            await company.won(name, ("40", "2026-02-01"), name=f"deal of {name}")
        parent: dict[str, Any] = {"parent_id": company.ids["of east"], "manager_id": company.ids["north"]}
        company.ids["hidden"] = await company.goal("hidden", restricted=True, **parent)
        for title in ("of boss", "of east", "of north", "of west"):
            await company.recalculate(company.ids[title])
        roles = (await login("admin").data("{ roles { id name } }"))["roles"]
        yield Office(login, company, {role["name"]: role["id"] for role in roles})


async def test_roles_reach_as_far_as_their_depth_and_restricted_things_are_for_the_few(office: Office) -> None:
    assert sorted(office.roles) == sorted([*SHIPPED, "System Administrator"])
    assert await office.goals("east") == {"of east"}
    assert await office.goals("nobody") == set()
    await office.grant("Sales Manager", "east")
    await office.grant("Analyst", "nobody")
    await office.grant("Salesperson", "north")
    assert await office.goals("east") == {"of east", "of north"}
    assert await office.goals("nobody") == {"of boss", "of east", "of north", "of west"}
    assert await office.goals("north") == {"of north", "hidden"}
    # Managers have totals, analysts deals: what may be summed need not be seen.
    assert await office.deals("east") == {"deal of east"}
    assert len(await office.deals("nobody")) == 4
    mine = await office.login("east").data("{ viewer { roles { name privileges { kind operation depth } } } }")
    assert [role["name"] for role in mine["viewer"]["roles"]] == ["Sales Manager"]
    assert {"kind": "GOAL", "operation": "READ", "depth": "UNIT_AND_BELOW"} in mine["viewer"]["roles"][0]["privileges"]
    others = await office.login("east").data('{ users(search: "north") { nodes { roles { name } } } roles { name } }')
    assert others == {"users": {"nodes": [{"roles": None}]}, "roles": [{"name": "Sales Manager"}]}

    access = "access { canEdit canDelete canAssign canShare canRecalculate canOverride }"
    all_of_it = dict.fromkeys(("canEdit", "canDelete", "canAssign", "canShare", "canRecalculate", "canOverride"), True)
    assert (await office.goal("east", "of north", access))["access"] == all_of_it
    assert (await office.goal("nobody", "of north", access))["access"] == dict.fromkeys(all_of_it, False)
    assert await office.send("east", "updateGoal", id=office.company.ids["of north"], title="of north") == []
    assert await office.send("nobody", "updateGoal", id=office.company.ids["of north"], title="x") == ["FORBIDDEN"]
    assert await office.send("nobody", "recalculateGoal", goalId=office.company.ids["of north"]) == ["FORBIDDEN"]


async def test_a_share_shows_a_restricted_goal_to_users_and_teams(office: Office) -> None:
    ids = office.company.ids
    await office.grant("Sales Manager", "east")
    assert await office.send("east", "shareNode", id=ids["hidden"], withId=ids["east"]) == ["NOT_FOUND"]
    assert await office.send("north", "shareNode", id=ids["hidden"], withId=ids["easterners"]) == []
    assert await office.goals("eve") == {"hidden"}
    assert await office.send("eve", "updateGoal", id=ids["hidden"], title="mine") == ["FORBIDDEN"]
    assert await office.send("north", "shareNode", id=ids["hidden"], withId=ids["east"], canWrite=True) == []
    assert await office.send("east", "updateGoal", id=ids["hidden"], title="hidden", description="Seen.") == []
    assert await office.send("north", "unshareNode", id=ids["hidden"], withId=ids["easterners"]) == []
    assert await office.goals("eve") == set()


async def test_rights_follow_at_once_when_a_role_a_user_or_a_unit_changes(office: Office) -> None:
    ids = office.company.ids
    unit = {"kind": "GOAL", "operation": "READ", "depth": "UNIT"}
    assert await office.send("admin", "upsertRole", name="Neighbour", privileges=[unit]) == []
    assert await office.send("admin", "upsertRole", name="neighbour", privileges=[]) == ["ROLE_NAME_TAKEN"]
    office.roles |= {r["name"]: r["id"] for r in (await office.login("admin").data("{ roles { id name } }"))["roles"]}
    await office.grant("Neighbour", "eve")
    assert await office.goals("eve") == {"of east"}
    unit["depth"] = "UNIT_AND_BELOW"
    assert await office.send("admin", "upsertRole", id=office.roles["Neighbour"], privileges=[unit]) == []
    assert await office.goals("eve") == {"of east", "of north"}
    await office.company.owners(OwnerKind.BUSINESS_UNIT, {"name": "North", "parent": "West"})
    assert await office.goals("eve") == {"of east"}
    await office.company.users("eve", unit="West")
    assert await office.goals("eve") == {"of north", "of west"}
    assert (
        await office.send("admin", "assignRole", roleId=office.roles["Neighbour"], userId=ids["eve"], granted=False)
        == []
    )
    assert await office.goals("eve") == set()


async def test_not_everything_can_be_given_away_and_not_by_everybody(office: Office) -> None:
    ids = office.company.ids
    owned = {"kind": "METRIC", "operation": "WRITE", "depth": "UNIT"}
    assert await office.send("admin", "upsertRole", name="Odd", privileges=[owned]) == ["INVALID_VALUE"]
    system = office.roles["System Administrator"]
    assert await office.send("admin", "upsertRole", id=system, privileges=[]) == ["ROLE_SHIPPED"]
    assert await office.send("boss", "assignRole", roleId=system, userId=ids["boss"]) == ["FORBIDDEN"]
    assert await office.send("admin", "assignRole", roleId=system, userId=ids["administrator"], granted=False) == []
    assert await office.send("admin", "assignRole", roleId=system, userId="u-admin", granted=False) == [
        "LAST_ADMINISTRATOR"
    ]
    structure = {"kind": "STRUCTURE", "operation": "WRITE", "depth": "ORGANIZATION"}
    assert await office.send("admin", "upsertRole", name="Registrar", privileges=[structure]) == []
    office.roles |= {r["name"]: r["id"] for r in (await office.login("admin").data("{ roles { id name } }"))["roles"]}
    await office.grant("Registrar", "boss")
    assert await office.send("boss", "upsertTeams", rows=[{"externalId": "new", "name": "New"}]) == []
    raised = {"externalId": "boss", "administrator": True}
    assert await office.send("boss", "upsertUsers", rows=[raised]) == ["FORBIDDEN"]


async def test_what_counts_is_defined_by_who_may_aggregate(office: Office) -> None:
    ids = office.company.ids
    await office.grant("Sales Manager", "east")
    await office.grant("Salesperson", "north", "west")
    below = {"title": "new", "parentId": ids["of east"]}
    # Its own unit and those below; what it may not count it may still plan, over the totals of children.
    assert await office.send("east", "createGoal", **below, ownerId=ids["North"]) == []
    assert await office.send("east", "createGoal", **below, ownerId=ids["easterners"], includeTeamMembers=True) == []
    for other in (
        {"ownerId": ids["West"]},
        {"ownerId": ids["west"]},
        {"recordSet": "ALL"},
        {"ownerId": ids["Company"]},
    ):
        assert await office.send("east", "createGoal", **below, **other) == ["FORBIDDEN"], other
    assert await office.send("east", "createGoal", **below, ownerId=ids["west"], rollupOnlyFromChildren=True) == []
    mine = ids["of north"]
    assert await office.send("north", "updateGoal", id=mine, title="of north", includeTeamMembers=True) == []
    assert await office.send("north", "updateGoal", id=mine, recordSet="ALL") == ["FORBIDDEN"]
    assert await office.send("north", "assignGoal", id=mine, ownerId=ids["east"]) == ["FORBIDDEN"]
    root = {
        "title": "Root",
        "metricId": ids["metric"],
        "period": {"custom": {"startDate": "2026-01-01", "endDate": "2026-02-01"}},
    }
    assert await office.send("north", "createGoal", **root) == []
    assert await office.send("north", "createGoal", **root, managerId=ids["east"]) == ["FORBIDDEN"]


async def test_secured_fields_are_null_named_out_of_orders_and_not_to_be_written(office: Office) -> None:
    ids = office.company.ids
    secured = [{"field": "goal.target"}, {"field": "record.opportunity.actualValue"}]
    assert await office.send("admin", "upsertFieldProfile", name="Kept", fields=[{"field": "goal.x"}]) == [
        "UNKNOWN_FIELD"
    ]
    assert await office.send("admin", "upsertFieldProfile", name="Kept", fields=secured) == []
    shown = "target actual percentageAchieved restrictedFields progressReasons { field code }"
    seen = await office.goal("west", "of west", shown)
    assert (seen["target"], seen["actual"], seen["percentageAchieved"]) == (None, "40", None)
    assert seen["restrictedFields"] == ["target", "stretchTarget", "rollupQueries"]
    assert {reason["code"] for reason in seen["progressReasons"]} == {"RESTRICTED"}
    document = '{ records(type: "opportunity") { nodes { restrictedFields fields { key value } } } }'
    (deal,) = (await office.login("west").data(document))["records"]["nodes"]
    assert deal["restrictedFields"] == ["actualValue"]
    assert {"key": "actualValue", "value": None} in deal["fields"]
    assert await office.send("west", "updateGoal", id=ids["of west"], target="1") == ["FORBIDDEN"]
    assert await office.send("west", "updateGoal", id=ids["of west"], title="of west") == []
    tree = "query($id: ID!) { goalTree(rootId: $id) { nodes { goal { target restrictedFields } } } }"
    (node, *_) = (await office.login("west").data(tree, {"id": ids["of west"]}))["goalTree"]["nodes"]
    assert node["goal"] == {"target": None, "restrictedFields": ["target", "stretchTarget", "rollupQueries"]}
    moments = {who: await office.goal(who, "of west", "updatedAt version") for who in ("west", "admin")}
    office.company.clock.advance(timedelta(minutes=1))
    for target, title in (("900", "of boss"), ("5", "of west"), ("70", "of east")):
        assert await office.send("admin", "updateGoal", id=ids[title], target=target) == []
    # Nobody is told that something changed that it may not read.
    assert await office.goal("west", "of west", "updatedAt version") == moments["west"]
    assert (await office.goal("admin", "of west", "updatedAt"))["updatedAt"] > moments["admin"]["updatedAt"]
    await office.grant("Analyst", "nobody")
    ordered = "{ goals(orderBy: {field: TARGET}) { nodes { id } edges { cursor } } }"
    orders = [node["id"] for node in (await office.login("nobody").data(ordered))["goals"]["nodes"]]
    assert orders == sorted(orders)
    profiles = await office.login("admin").data("{ fieldProfiles { id fields { field canRead } members { name } } }")
    (profile,) = profiles["fieldProfiles"]
    granted = [{"field": "goal.target", "canRead": True}, {"field": "goal.actual"}]
    members = [ids["west"]]
    assert await office.send("admin", "upsertFieldProfile", id=profile["id"], fields=granted, memberIds=members) == []
    seen = await office.goal("west", "of west", f"ownActual recordCount rollup {{ state }} {shown}")
    assert (seen["target"], seen["actual"], seen["recordCount"]) == ("5", None, None)
    assert seen["restrictedFields"] == ["rollupQueries", "actual", "ownActual", "computedActual", "recordCount"]
    assert seen["rollup"] == {"state": "CURRENT"}
    assert await office.send("west", "updateGoal", id=ids["of west"], target="1") == ["FORBIDDEN"]
    assert (await office.goal("admin", "of west", shown))["restrictedFields"] == []


async def test_a_restricted_type_is_its_owners_and_administrators_are_told_why(office: Office) -> None:
    ids = office.company.ids
    await office.grant("Analyst", "nobody")
    kept = [{"field": "goal.target"}, {"field": "record.opportunity.quantity"}]
    assert await office.send("admin", "upsertFieldProfile", name="Kept", fields=kept) == []
    assert len(await office.deals("nobody")) == 4
    assert await office.send("nobody", "setRestricted", recordType="opportunity", restricted=True) == ["FORBIDDEN"]
    assert await office.send("admin", "setRestricted", recordType="opportunity", restricted=True) == []
    assert await office.deals("nobody") == set()
    assert await office.deals("west") == {"deal of west"}
    why = (
        "query($user: ID!, $node: ID!) { explainVisibility(userId: $user, nodeId: $node) "
        "{ visible because restrictedFields } }"
    )
    asked = {"user": ids["nobody"], "node": ids["of west"]}
    told = (await office.login("admin").data(why, asked))["explainVisibility"]
    assert told == {
        "visible": True,
        "because": ["A role lets the user read goals as far as ORGANIZATION, which covers this one."],
        "restrictedFields": ["goal.target"],
    }
    told = (await office.login("admin").data(why, {**asked, "node": ids["hidden"]}))["explainVisibility"]
    assert (told["visible"], len(told["because"])) == (False, 1)
    assert (await office.login("west").data(why, asked))["explainVisibility"] is None
    # Denials are on record, and so is who asked what others see.
    log = '{ auditLog(filter: {what: "explainVisibility"}) { nodes { what denied which } } }'
    entries = (await office.login("admin").data(log))["auditLog"]["nodes"]
    assert {"what": "explainVisibility", "denied": False, "which": [ids["nobody"], ids["hidden"]]} in entries
    denied = '{ auditLog(filter: {what: "setRestricted"}) { nodes { what denied who { name } } } }'
    entries = (await office.login("admin").data(denied))["auditLog"]["nodes"]
    assert {"what": "setRestricted", "denied": True, "who": {"name": "nobody"}} in entries


async def test_managers_of_all_goals_above_see_a_goal_or_that_of_the_parent_alone(office: Office) -> None:
    company, ids = office.company, office.company.ids
    middle = await company.goal("middle", parent_id=ids["of boss"], manager_id=ids["west"], owner_id=ids["west"])
    await company.goal("deeper", parent_id=middle, manager_id=ids["north"], owner_id=ids["north"])
    assert "deeper" in await office.goals("boss")
    assert await office.send("admin", "updateSettings", ancestorManagers="PARENT") == []
    assert (await office.login("boss").data("{ settings { ancestorManagers } }"))["settings"] == {
        "ancestorManagers": "PARENT"
    }
    assert "deeper" not in await office.goals("boss")
    assert "middle" in await office.goals("boss")
