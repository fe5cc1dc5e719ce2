"""Metrics and rollup fields over GraphQL: what is shown, pages, what their changes do to goals. Refusals: elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.api.hierarchy import CALLS, OPEN_REVENUE, YEAR, Desk, open_desk, won
from tests.invariants import check_invariants

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from graph.clock import FixedClock
    from graph.database import Database
    from graph.settings import Settings


@pytest.fixture
async def desk(settings: Settings, database: Database, clock: FixedClock) -> AsyncIterator[Desk]:
    async with open_desk(settings, database, clock) as desk:
        yield desk
    await check_invariants(database)


async def test_a_metric_is_shown_as_it_was_made_and_renamed(desk: Desk) -> None:
    await desk.metric("Calls", CALLS, type="COUNT", dataType=None, description="Completed ones.")
    await desk.do("updateMetric", id=desk.ids["Calls"], name="CALLS", description=None)
    found = await desk.admin.data(
        f'{{ metric(id: "{desk.ids["Calls"]}") {{ name description type dataType tracksStretchTarget '
        "rollupFields { category recordType amountField dateField state statuses } } }"
    )
    assert found["metric"] == {
        "name": "CALLS",
        "description": None,
        "type": "COUNT",
        "dataType": "INTEGER",
        "tracksStretchTarget": False,
        "rollupFields": [{**CALLS, "amountField": None, "statuses": []}],
    }


async def test_metrics_are_read_in_pages_by_name(desk: Desk) -> None:
    for name in ("b", "C", "A"):
        await desk.do("createMetric", name=name, type="COUNT")
    seen, after = [], None
    while True:
        page = (
            await desk.admin.data(
                "query($after: String) { metrics(first: 2, after: $after) { totalCount nodes { name } "
                "pageInfo { hasNextPage endCursor } } }",
                {"after": after},
            )
        )["metrics"]
        assert page["totalCount"] == 3
        seen += [node["name"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert seen == ["A", "b", "C"]


async def test_a_deleted_metric_takes_its_rollup_fields_along(desk: Desk) -> None:
    before = await desk.everything()
    await desk.metric("Revenue")
    await desk.do("deleteMetric", id=desk.ids["Revenue"])
    assert [node for node in await desk.everything() if node["names"] != ["AuditEntry"]] == before


async def test_a_changed_rollup_field_makes_goals_stale(desk: Desk) -> None:
    await desk.metric("Revenue")
    await desk.goal("Goal", metricId="Revenue", period=YEAR)
    await desk.goal("Below", parentId="Goal")
    await desk.records("opportunity", won("1", "admin", "5", "2026-02-01"))
    await desk.recalculate("Goal")
    assert await desk.all_shown("actual rollup { state }", "Goal", "Below") == [
        {"actual": "10", "rollup": {"state": "CURRENT"}},
        {"actual": "5", "rollup": {"state": "CURRENT"}},
    ]
    await desk.do("createRollupField", metricId=desk.ids["Revenue"], **OPEN_REVENUE)
    assert await desk.all_shown("actual inProgress rollup { state }", "Goal", "Below") == [
        {"actual": "10", "inProgress": None, "rollup": {"state": "STALE"}},
        {"actual": "5", "inProgress": None, "rollup": {"state": "STALE"}},
    ]
    await desk.recalculate("Below")
    assert await desk.all_shown("actual inProgress rollup { state }", "Goal", "Below") == [
        {"actual": "10", "inProgress": "0", "rollup": {"state": "CURRENT"}},
        {"actual": "5", "inProgress": "0", "rollup": {"state": "CURRENT"}},
    ]
