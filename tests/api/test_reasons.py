"""Why a number is what it is, over GraphQL: explanation, the records counted, what counts twice; who is told what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.api.hierarchy import YEAR, Desk, open_desk, won
from tests.invariants import check_invariants

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from graph.clock import FixedClock
    from graph.database import Database
    from graph.settings import Settings

ORDERS = {
    "category": "ACTUAL",
    "recordType": "order",
    "amountField": "totalAmount",
    "dateField": "orderDate",
    "state": "FULFILLED",
}
COUNTED = "contributions { restrictedCount records { totalCount nodes { externalId } } }"


@pytest.fixture
async def desk(settings: Settings, database: Database, clock: FixedClock) -> AsyncIterator[Desk]:
    async with open_desk(settings, database, clock) as desk:
        yield desk
    await check_invariants(database)


def shown(ids: list[str], restricted: int) -> dict[str, Any]:
    """What COUNTED answers."""
    nodes = [{"externalId": id_} for id_ in ids]
    return {"contributions": {"restrictedCount": restricted, "records": {"totalCount": len(ids), "nodes": nodes}}}


async def test_worked_example_5_an_order_that_counts_twice_is_an_overlap(desk: Desk) -> None:
    await desk.owners("upsertProductLines", {"name": "Pumps"})
    await desk.owners("upsertTerritories", {"name": "East"})
    await desk.metric("Orders", ORDERS)
    await desk.goal("All", metricId="Orders", period=YEAR, rollupOnlyFromChildren=True)
    for owner in ("Pumps", "East"):
        await desk.goal(f"Goal of {owner}", parentId="All", ownerId=owner)
    fields = {"totalAmount": "1000", "orderDate": "2026-02-01"}
    order = {"externalId": "1", "state": "FULFILLED", "productLine": "Pumps", "territory": "East", "fields": fields}
    once = {**order, "externalId": "2", "territory": None, "fields": {**fields, "totalAmount": "70"}}
    await desk.records("order", {**order, "owner": {"user": "admin"}}, {**once, "owner": {"user": "admin"}})
    await desk.recalculate("All")
    both = "overlap { records amount }"
    answers = await desk.all_shown(f"actual {both}", "All", "Goal of Pumps", "Goal of East")
    assert answers == [
        {"actual": "2070", "overlap": {"records": 1, "amount": "1000"}},
        {"actual": "1070", "overlap": {"records": 0, "amount": "0"}},
        {"actual": "1000", "overlap": {"records": 0, "amount": "0"}},
    ]
    await desk.do("updateGoal", id=desk.ids["All"], rollupOnlyFromChildren=False, recordSet="ALL")
    await desk.recalculate("All")
    assert await desk.shown("All", f"actual {both}") == {
        "actual": "3140",
        "overlap": {"records": 2, "amount": "2070"},
    }
    await desk.do("overrideGoal", id=desk.ids["Goal of East"], actual="5", reason="Counted by hand")
    assert await desk.shown("All", both) == {"overlap": {"records": 2, "amount": "1070"}}
    await desk.do("cancelGoal", id=desk.ids["Goal of Pumps"])
    assert await desk.shown("All", both) == {"overlap": {"records": 0, "amount": "0"}}


async def test_the_records_that_count_are_listed_and_those_that_are_hidden_are_a_number(desk: Desk) -> None:
    await desk.users("Manager", "Rep 1", "Rep 2")
    await desk.owners("upsertTeams", {"name": "Team"})
    await desk.owners("upsertUsers", *({"name": name, "teams": ["Team"]} for name in ("Rep 1", "Rep 2")))
    await desk.metric("Revenue")
    given = {"managerId": "Manager", "ownerId": "Team", "includeTeamMembers": True}
    await desk.goal("Team's", metricId="Revenue", period=YEAR, **given)
    await desk.records(
        "opportunity",
        won("1", "Rep 1", "400", "2026-02-01"),
        won("2", "Rep 2", "600", "2026-02-01"),
        won("3", "Rep 2", "50", "2027-02-01"),
    )
    await desk.recalculate("Team's")
    assert await desk.shown("Team's", COUNTED) == shown(["1", "2"], 0)
    assert await desk.shown("Team's", COUNTED, desk.login("Manager")) == shown([], 2)
    assert await desk.shown("Team's", COUNTED, desk.login("Rep 1")) == shown(["1"], 1)
    page = "contributions(first: 1) { records { pageInfo { hasNextPage endCursor } nodes { externalId } } }"
    first = (await desk.shown("Team's", page))["contributions"]["records"]
    assert first["pageInfo"]["hasNextPage"]
    after = first["pageInfo"]["endCursor"]
    second = await desk.shown("Team's", f'contributions(after: "{after}") {{ records {{ nodes {{ externalId }} }} }}')
    assert second["contributions"]["records"]["nodes"] == [{"externalId": "2"}]
    assert await desk.shown("Team's", "contributions(category: CUSTOM) { restrictedCount }") == {"contributions": None}


async def test_a_field_that_decides_and_is_kept_from_somebody_shows_no_record(desk: Desk) -> None:
    await desk.users("Rep 1")
    await desk.metric("Revenue")
    await desk.goal("Goal", metricId="Revenue", period=YEAR, managerId="Rep 1", ownerId="Rep 1")
    await desk.records("opportunity", won("1", "Rep 1", "400", "2026-02-01"))
    rep = desk.login("Rep 1")
    assert await desk.shown("Goal", COUNTED, rep) == shown(["1"], 0)
    kept = {"name": "Kept", "fields": [{"field": "record.opportunity.actualCloseDate"}]}
    document = (
        "mutation($input: UpsertFieldProfileInput!) { upsertFieldProfile(input: $input) { userErrors { code } } }"
    )
    assert await desk.admin.data(document, {"input": kept}) == {"upsertFieldProfile": {"userErrors": []}}
    assert await desk.shown("Goal", COUNTED, rep) == shown([], 1)
    assert await desk.shown("Goal", COUNTED) == shown(["1"], 0)


async def test_an_explanation_says_what_counts_and_what_each_child_gives(desk: Desk) -> None:
    await desk.users("Manager", "Rep 1", "Rep 2")
    await desk.metric("Revenue")
    await desk.goal("Team", metricId="Revenue", managerId="Manager", ownerId="Manager", period=YEAR)
    for rep in ("Rep 1", "Rep 2"):
        await desk.goal(f"Goal of {rep}", parentId="Team", managerId=rep, ownerId=rep)
    await desk.do("updateGoal", id=desk.ids["Goal of Rep 2"], restricted=True)
    await desk.records(
        "opportunity",
        won("1", "Rep 1", "400", "2026-02-01"),
        won("2", "Rep 2", "600", "2026-02-01"),
        won("3", "Manager", "50", "2026-02-01"),
    )
    await desk.recalculate("Team")
    asked = """explain { calculatedAt runId categories { category formula counts query conversion own computed pinned
      total restrictedChildren children { title amount note } } }"""
    explained = (await desk.shown("Team", asked, desk.login("Manager")))["explain"]
    assert explained["calculatedAt"] is not None
    runs = (await desk.admin.data("{ rollupRuns { nodes { id root { id } } } }"))["rollupRuns"]["nodes"]
    assert runs == [{"id": explained["runId"], "root": {"id": desk.ids["Team"]}}]
    # Who sees a goal and not its tree's root may not see the run.
    below = await desk.shown("Goal of Rep 1", "explain { calculatedAt runId }", desk.login("Rep 1"))
    assert below == {"explain": {"calculatedAt": explained["calculatedAt"], "runId": None}}
    (actual,) = [one for one in explained["categories"] if one["category"] == "ACTUAL"]
    assert actual == {
        "category": "ACTUAL",
        "formula": "Own part plus the sum of the children's totals. Cancelled children add nothing.",
        "counts": (
            "Of records of type opportunity, owned by the goal's owner, in state WON, with their actualCloseDate from "
            "2026-01-01 to 2026-12-31, both included: the sum of their actualValue in EUR."
        ),
        "query": None,
        "conversion": (
            "An amount in another currency counts in EUR, at the rate of the record's rate date: its actualCloseDate, "
            "or the day of saving without one."
        ),
        "own": "50",
        "computed": "1050",
        "pinned": None,
        "total": "1050",
        "restrictedChildren": 1,
        "children": [{"title": "Goal of Rep 1", "amount": "400", "note": None}],
    }
    await desk.do("overrideGoal", id=desk.ids["Goal of Rep 1"], actual="7", reason="Counted by hand")
    (actual, *_) = (await desk.shown("Team", asked))["explain"]["categories"]
    assert actual["children"] == [
        {"title": "Goal of Rep 1", "amount": "7", "note": "Overridden: it adds the pinned value."},
        {"title": "Goal of Rep 2", "amount": "600", "note": None},
    ]
    assert actual["total"] == "657"
