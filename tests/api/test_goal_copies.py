"""Rolling a tree forward: a preview that says what is made, periods that follow, and what stays behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.api.hierarchy import Q1, Desk, custom, open_desk, won
from tests.invariants import check_invariants

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from graph.clock import FixedClock
    from graph.database import Database
    from graph.settings import Settings

KEPT = (
    "state restricted rollupOnlyFromChildren recordSet includeTeamMembers description manager { name } metric { name }"
)


def year(number: int) -> dict[str, Any]:
    """Give a whole fiscal year."""
    return {"fiscalYear": {"year": number}}


def quarter(number: int, index: int) -> dict[str, Any]:
    """Give one period of a fiscal year."""
    return {"fiscal": {"year": number, "index": index}}


@pytest.fixture
async def desk(settings: Settings, database: Database, clock: FixedClock) -> AsyncIterator[Desk]:
    """A year over a region, its second quarter and a week; a restricted goal of somebody else beside them."""
    async with open_desk(settings, database, clock) as desk:
        await desk.users("Manager", "Rep 1", "Boss")
        await desk.metric("Revenue", tracksStretchTarget=True)
        await desk.goal(
            "Year", metricId="Revenue", managerId="Manager", period=year(2026), target="100.0001", stretchTarget="200"
        )
        await desk.goal("Region", parentId="Year", managerId="Manager", rollupOnlyFromChildren=True, description="East")
        await desk.goal("Second", parentId="Region", managerId="Manager", period=quarter(2026, 2), recordSet="ALL")
        await desk.goal(
            "Week", parentId="Second", managerId="Rep 1", ownerId="Rep 1", period=custom("2026-06-24", "2026-06-30")
        )
        await desk.goal("Secret", parentId="Region", managerId="Boss", target="5", restricted=True)
        await desk.goal("Seen", parentId="Secret", managerId="Manager")
        yield desk
    await check_invariants(database)


async def test_the_preview_says_what_is_made(desk: Desk) -> None:
    await desk.records("opportunity", won("1", "Manager", "7", "2026-02-01"))
    await desk.recalculate("Year")
    await desk.do("closeGoal", id=desk.ids["Year"], includeDescendants=True)
    before = await desk.everything()
    given = {"rootId": desk.ids["Year"], "period": year(2027), "targetFactor": "1.5"}
    preview = await desk.do("copyGoals", **given, preview=True)
    assert await desk.everything() == before
    made = await desk.do("copyGoals", **given)
    assert [one.pop("goal") for one in preview["copies"]] == [None] * 6
    desk.ids |= {f"new {one['title']}": one.pop("goal")["id"] for one in made["copies"]}
    assert preview == made
    shown = {one["title"]: (one["path"], one["period"]["label"], one["target"]) for one in made["copies"]}
    assert shown == {
        "Year": (["Year"], "FY2027", "150.0002"),  # 150.00015, half to even
        "Region": (["Year", "Region"], "FY2027", None),
        "Second": (["Year", "Region", "Second"], "FY2027 Q2", None),
        "Week": (["Year", "Region", "Second", "Week"], "2027-06-24 to 2027-06-30", None),
        "Secret": (["Year", "Region", "Secret"], "FY2027", "7.5"),
        "Seen": (["Year", "Region", "Secret", "Seen"], "FY2027", None),
    }
    assert made["copies"][0]["stretchTarget"] == "300"
    assert made["restrictedCount"] == 0
    titles = ("Year", "Region", "Second", "Week", "Secret", "Seen")
    assert {one["source"]["id"] for one in made["copies"]} == {desk.ids[title] for title in titles}
    copies = await desk.all_shown(KEPT, *(f"new {title}" for title in titles))
    for copy, original in zip(copies, await desk.all_shown(KEPT, *titles), strict=True):
        assert copy == {**original, "state": "OPEN"}
    # Nothing comes along but the goals, and the new tree counts for itself.
    await desk.recalculate("new Year")
    assert await desk.all_shown("actual", "Year", "new Year", "new Week") == ["14", "0", "0"]


async def test_what_the_viewer_may_not_see_is_not_copied(desk: Desk) -> None:
    manager = desk.login("Manager")
    await desk.let_count("Manager")
    await desk.goal("Next", metricId="Revenue", managerId="Manager", period=year(2027))
    given = {"rootId": desk.ids["Region"], "parentId": desk.ids["Next"], "period": year(2027)}
    made = await desk.do("copyGoals", manager, **given)
    assert [one["title"] for one in made["copies"]] == ["Region", "Second", "Week"]
    assert made["restrictedCount"] == 1
    parent = await desk.admin.data(f'{{ goal(id: "{made["copies"][0]["goal"]["id"]}") {{ parent {{ title }} }} }}')
    assert parent["goal"]["parent"]["title"] == "Next"
    await desk.do("assignGoal", id=desk.ids["Region"], ownerId=desk.ids["Rep 1"])
    before = await desk.everything()
    rep = desk.login("Rep 1")
    assert await desk.refused("copyGoals", manager, rootId=desk.ids["Year"], period=year(2027)) == (
        "FORBIDDEN",
        "parentId",
    )
    assert await desk.refused("copyGoals", rep, **given) == ("NOT_FOUND", "parentId")
    given.pop("parentId")
    assert await desk.refused("copyGoals", rep, **given) == ("FORBIDDEN", "rootId")
    assert await desk.refused("copyGoals", rep, **{**given, "rootId": desk.ids["Year"]}) == ("NOT_FOUND", "rootId")
    assert len(await desk.everything()) == len(before)


async def test_a_tree_that_does_not_fit_is_refused_and_named(desk: Desk) -> None:
    root, ids = desk.ids["Year"], desk.ids
    before = await desk.everything()
    payload = await desk.send("copyGoals", rootId=root, period=quarter(2027, 1))
    (error,) = payload["userErrors"]
    assert (error["code"], error["field"]) == ("PERIOD_NOT_MAPPED", ["period"])
    assert error["message"].startswith("No period corresponds to FY2026 Q2 of Year / Region / Second. ")
    for factor, code in (
        ("0", "INVALID_VALUE"),
        ("-1", "INVALID_VALUE"),
        ("1.00001", "AMOUNT_TOO_PRECISE"),
        ("10000000000000", "AMOUNT_OUT_OF_RANGE"),
    ):
        given = {"rootId": root, "period": year(2027), "targetFactor": factor}
        assert await desk.refused("copyGoals", **given, preview=True) == (code, "targetFactor")
    assert await desk.refused("copyGoals", rootId=root, period=year(2101)) == (
        "PERIOD_NOT_IN_CALENDAR",
        "period.fiscalYear.year",
    )
    assert await desk.refused("copyGoals", rootId=root, parentId=ids["Region"], period=year(2027)) == (
        "PERIOD_NOT_WITHIN_PARENT",
        "period",
    )
    assert await desk.everything() == before
    await desk.owners("upsertUsers", {"name": "Rep 1", "active": False})
    payload = await desk.send("copyGoals", rootId=root, period=year(2027), preview=True)
    (error,) = payload["userErrors"]
    assert (error["code"], error["field"]) == ("MANAGER_MUST_BE_USER", ["rootId"])
    assert error["message"].startswith("Year / Region / Second / Week: ")
    # A quarter goes to the next one, and what is custom goes with it, cut to fit.
    await desk.do("assignGoal", id=ids["Week"], managerId=ids["Manager"])
    payload = await desk.do("copyGoals", rootId=ids["Second"], period=quarter(2026, 3))
    assert [one["period"]["label"] for one in payload["copies"]] == ["FY2026 Q3", "2026-09-23 to 2026-09-29"]
    payload = await desk.do("copyGoals", rootId=ids["Second"], period=Q1, preview=True)
    assert [one["period"]["endDate"] for one in payload["copies"]] == ["2026-03-31", "2026-03-31"]
