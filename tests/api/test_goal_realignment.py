"""Another calendar changes no goal; realigning changes what its preview said, and nothing that does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.api.hierarchy import Desk, custom, open_desk, won
from tests.invariants import check_invariants

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from graph.clock import FixedClock
    from graph.database import Database
    from graph.settings import Settings

SET = "mutation($input: SetFiscalCalendarInput!) { setFiscalCalendar(input: $input) { userErrors { code } } }"
TREE = ("Year", "First", "Second", "Days")
Labels = list[tuple[str, str, str, str]]


@pytest.fixture
async def desk(settings: Settings, database: Database, clock: FixedClock) -> AsyncIterator[Desk]:
    """A year of calendar quarters over two of them, the first over a few days; all calculated."""
    async with open_desk(settings, database, clock) as desk:
        await desk.users("Manager", "Other")
        await desk.metric("Revenue")
        await desk.goal("Year", metricId="Revenue", managerId="Manager", period={"fiscalYear": {"year": 2026}})
        for title, index in (("First", 1), ("Second", 2)):
            fiscal = {"fiscal": {"year": 2026, "index": index}}
            await desk.goal(title, parentId="Year", managerId="Manager", period=fiscal)
        await desk.goal("Days", parentId="First", managerId="Manager", period=custom("2026-03-01", "2026-03-10"))
        sales = (won("1", "Manager", "1", "2026-02-01"), won("2", "Manager", "10", "2026-07-01"))
        await desk.records("opportunity", *sales)
        await desk.recalculate("Year")
        yield desk
    await check_invariants(database)


async def calendar(desk: Desk, **given: Any) -> None:
    """Set the calendar; no goal may change by that, nor be stale."""
    before = [node for node in await desk.everything() if "Goal" in node["names"]]
    assert (await desk.admin.data(SET, {"input": given}))["setFiscalCalendar"]["userErrors"] == []
    assert [node for node in await desk.everything() if "Goal" in node["names"]] == before


async def realigned(desk: Desk, *titles: str, **given: Any) -> Labels:
    """Realign after a preview, which must say the same and write nothing; each change as (title, from, to, dates)."""
    ids = [desk.ids[title] for title in titles]
    before = await desk.everything()
    preview = await desk.do("realignGoals", desk.login("Manager"), rootIds=ids, preview=True, **given)
    assert await desk.everything() == before
    done = await desk.do("realignGoals", desk.login("Manager"), rootIds=ids, **given)
    assert done == preview
    for one in done["realigned"]:
        shown = await desk.shown(one["goal"]["title"], "period { label startDate endDate } rollup { state }")
        assert shown == {"period": one["to"], "rollup": {"state": "STALE"}}
    return [
        (
            one["goal"]["title"],
            one["from"]["label"],
            one["to"]["label"],
            f"{one['to']['startDate']} to {one['to']['endDate']}",
        )
        for one in done["realigned"]
    ]


async def test_dates_and_names_follow_the_calendar_once_asked(desk: Desk) -> None:
    assert await realigned(desk, "Year") == []
    assert {goal["rollup"]["state"] for goal in await desk.all_shown("rollup { state }", *TREE)} == {"CURRENT"}

    await calendar(desk, startMonth=2, displayFormat="{year}[/{index}]")
    assert await realigned(desk, "Year", "First") == [
        ("Year", "FY2026", "2026", "2026-02-01 to 2027-01-31"),
        ("First", "FY2026 Q1", "2026/1", "2026-02-01 to 2026-04-30"),
        ("Second", "FY2026 Q2", "2026/2", "2026-05-01 to 2026-07-31"),
    ]
    await desk.recalculate("Year")
    assert await desk.all_shown("actual", "First", "Second") == ["1", "10"]

    # Under another template an index means something else: months that the mapping does not name are listed.
    await calendar(desk, template="MONTHLY", startMonth=1, displayFormat=None)
    before = await desk.everything()
    one = {"fromIndex": 1, "index": 3}
    payload = await desk.send("realignGoals", rootIds=[desk.ids["Year"]], mapping=[one], preview=True)
    (error,) = payload["userErrors"]
    assert (error["code"], error["field"]) == ("PERIOD_NOT_MAPPED", ["mapping"])
    assert error["message"].startswith("No period corresponds to 2026/2 of Year / Second. ")
    assert await desk.everything() == before
    two = [one, {"fromIndex": 2, "fromTemplate": "QUARTERLY", "index": 6}, {"fromIndex": 2, "index": 7}]
    assert await realigned(desk, "Year", mapping=two) == [
        ("Year", "2026", "FY2026", "2026-01-01 to 2026-12-31"),
        ("First", "2026/1", "FY2026 M03", "2026-03-01 to 2026-03-31"),
        ("Second", "2026/2", "FY2026 M06", "2026-06-01 to 2026-06-30"),
    ]
    await calendar(desk, template="ANNUAL")
    await desk.do("deleteGoal", id=desk.ids["Days"])
    whole = [{"fromIndex": 3, "fromTemplate": "MONTHLY"}, {"fromIndex": 6, "index": 1}]
    assert [(title, to) for title, _, to, _ in await realigned(desk, "Year", mapping=whole)] == [
        ("First", "FY2026"),
        ("Second", "FY2026"),
    ]


async def test_what_does_not_fit_is_refused_and_nothing_written(desk: Desk) -> None:
    async def refused(*titles: str, client: str = "admin", **given: Any) -> tuple[str, str | None, str]:
        ids = [desk.ids.get(title, title) for title in titles]
        payload = await desk.send("realignGoals", desk.login(client), rootIds=ids, **given)
        assert payload["realigned"] == []
        (error,) = payload["userErrors"]
        return error["code"], error["field"] and ".".join(error["field"]), error["message"]

    await desk.goal("Hidden", parentId="Second", managerId="Other", restricted=True)
    await calendar(desk, startMonth=4)
    before = await desk.everything()
    assert (await refused("Year"))[:2] == ("PERIOD_NOT_WITHIN_PARENT", "rootIds")
    assert (await refused("Year"))[2].startswith("Year / First / Days would lie outside the period above it. ")
    outside = ("PERIOD_NOT_WITHIN_PARENT", "rootIds")
    assert (await refused("Hidden", "Days", client="Other"))[:2] == ("NOT_FOUND", "rootIds.1")
    # The manager may not change what is hidden below: neither by a preview.
    assert (await refused("Year", client="Manager", preview=True))[:2] == ("FORBIDDEN", "rootIds")
    assert (await refused("First", "absent", client="Manager"))[:2] == ("NOT_FOUND", "rootIds.1")
    assert (await refused())[:2] == ("REQUIRED", "rootIds")
    mapping = [{"fromIndex": 9, "index": 5}]
    assert (await refused("Year", mapping=mapping))[:2] == ("PERIOD_NOT_IN_CALENDAR", "mapping.0.index")
    mapping = [{"fromIndex": 9, "index": 4}, {"fromIndex": 9}]
    assert (await refused("Year", mapping=mapping))[:2] == ("DUPLICATE_ROW", "mapping.1.fromIndex")
    assert await desk.everything() == before
    # A quarter of its own moves out of the year that stays.
    await desk.do("deleteGoal", id=desk.ids["Days"])
    await calendar(desk, startMonth=11)
    assert (await refused("Second"))[:2] == outside
    await desk.do("closeGoal", id=desk.ids["First"])
    assert (await refused("Year"))[:2] == ("GOAL_CLOSED", "rootIds")
    assert (await refused("First"))[:2] == ("GOAL_CLOSED", "rootIds.0")
