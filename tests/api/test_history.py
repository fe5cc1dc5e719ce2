"""A goal's history over GraphQL: points, changes since a day, and only what the viewer may read."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.api.hierarchy import YEAR, Desk, open_desk, won
from tests.api.structure import traced

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from graph.clock import FixedClock
    from graph.database import Database
    from graph.settings import Settings

POINTS = "day actual inProgress custom recordCount target stretchTarget state"


@pytest.fixture
async def desk(settings: Settings, database: Database, clock: FixedClock) -> AsyncIterator[Desk]:
    """A goal that Rep manages, with a restricted one of Other below, over three days: 10, 30, 25 in all."""
    async with open_desk(settings, database, clock) as desk:
        await desk.users("Rep", "Other")
        await desk.metric("Revenue")
        await desk.goal("Root", metricId="Revenue", ownerId="Rep", managerId="Rep", target="100", period=YEAR)
        await desk.goal("Hidden", parentId="Root", ownerId="Other", managerId="Other", restricted=True)
        for number, (owner, amount) in enumerate((("Rep", "10"), ("Other", "20"), ("Rep", "5"))):
            row = 0 if number == 2 else number
            await desk.records("opportunity", won(str(row), owner, amount, "2026-02-01"))
            await desk.recalculate("Root")
            clock.advance(timedelta(days=1))
        yield desk


async def test_a_goal_tells_what_it_came_to(desk: Desk) -> None:
    rep = desk.login("Rep")
    points = await desk.shown("Root", f"history {{ {POINTS} }}", rep)
    same = {"inProgress": None, "custom": None, "target": "100", "stretchTarget": None, "state": "OPEN"}
    assert points["history"] == [
        {"day": f"2026-02-{day}", "actual": actual, "recordCount": count, **same}
        for day, actual, count in ((15, "10", 1), (16, "30", 2), (17, "25", 2))
    ]
    asked = 'history(from: "2026-02-16", to: "2026-02-16", interval: MONTH) { day actual }'
    assert await desk.shown("Root", asked, rep) == {"history": [{"day": "2026-02-16", "actual": "30"}]}
    since = (
        'a: changeSince(day: "2026-02-16") { day actual inProgress } b: changeSince(day: "2026-02-14") { day } '
        'c: changeSince(day: "2026-02-15") { actual }'
    )
    assert await desk.shown("Root", since, rep) == {
        "a": {"day": "2026-02-16", "actual": "-5", "inProgress": None},
        "b": None,
        "c": {"actual": "15"},
    }
    document = f'{{ goal(id: "{desk.ids["Root"]}") {{ history(from: "2026-02-16", to: "2026-02-15") {{ day }} }} }}'
    assert await rep.codes(document) == ["INVALID_VALUE"]
    hidden = f'{{ node(id: "{desk.ids["Hidden"]}") {{ ... on Goal {{ history {{ day }} }} }} }}'
    assert (await rep.data(hidden))["node"] is None


async def test_secured_values_are_in_nobodys_history(desk: Desk) -> None:
    await desk.do("updateGoal", id=desk.ids["Root"], target="200")
    mutation = (
        "mutation($input: UpsertFieldProfileInput!) { upsertFieldProfile(input: $input) { userErrors { code } } }"
    )
    profile = {"name": "Secret", "fields": [{"field": "goal.target"}]}
    assert (await desk.admin.data(mutation, {"input": profile}))["upsertFieldProfile"]["userErrors"] == []
    # On the eighteenth nothing changed but the target.
    for client, last in ((desk.admin, ("2026-02-18", "25", "200")), (desk.login("Rep"), ("2026-02-17", "25", None))):
        point = (await desk.shown("Root", "history { day actual target }", client))["history"][-1]
        assert (point["day"], point["actual"], point["target"]) == last
    profile = {"name": "More", "fields": [{"field": "goal.actual"}]}
    assert (await desk.admin.data(mutation, {"input": profile}))["upsertFieldProfile"]["userErrors"] == []
    since = 'history { day } changeSince(day: "2026-02-17") { actual } restrictedFields'
    shown = await desk.shown("Root", since, desk.login("Rep"))
    assert (shown["history"], shown["changeSince"]) == ([], None)
    assert {"target", "stretchTarget", "actual", "recordCount"} <= {*shown["restrictedFields"]}
    # That the goal was closed is no secret; what it came to then is.
    await desk.do("closeGoal", id=desk.ids["Root"], includeDescendants=True)
    closed = {"day": "2026-02-18", "actual": None, "recordCount": None, "target": None, "state": "ACHIEVED"}
    fields = "history { day actual recordCount target state }"
    assert await desk.shown("Root", fields, desk.login("Rep")) == {"history": [closed]}


async def test_histories_of_many_goals_are_read_at_once_and_cost_what_they_are_worth(
    desk: Desk, settings: Settings, clock: FixedClock
) -> None:
    document = '{ goals(first: 10) { nodes { title history { day } changeSince(day: "2026-02-18") { day } } } }'
    answer = (await desk.admin.post(document)).json()
    assert [len(node["history"]) for node in answer["data"]["goals"]["nodes"]] == [2, 3]
    assert answer["extensions"]["cost"] == 1 + 10 * (1 + 77 + 1)
    _, statements = await traced(document, "admin", settings, desk.database, clock)
    assert statements.count("history/of_goals") == 1
