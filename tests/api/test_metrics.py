"""Metrics and rollup fields over GraphQL: what is shown, pages, what their changes do to goals. Refusals: elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.api.hierarchy import CALLS, LINES, OPEN_REVENUE, YEAR, Desk, open_desk, won
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
        "rollupFields { category recordType amountField dateField state statuses stateFromParent dateFromParent } } }"
    )
    assert found["metric"] == {
        "name": "CALLS",
        "description": None,
        "type": "COUNT",
        "dataType": "INTEGER",
        "tracksStretchTarget": False,
        "rollupFields": [
            {**CALLS, "amountField": None, "statuses": [], "stateFromParent": False, "dateFromParent": False}
        ],
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


async def test_a_goal_over_parts_follows_every_change_of_what_they_are_part_of(desk: Desk) -> None:
    await desk.users("rep")
    await desk.metric("Lines", LINES)
    await desk.goal("Goal", metricId="Lines", ownerId="rep", period=YEAR)
    order = {"externalId": "o", "owner": {"user": "rep"}, "state": "FULFILLED", "fields": {"orderDate": "2026-02-01"}}
    await desk.records("opportunity", {"externalId": "d", "state": "OPEN", "owner": {"user": "rep"}})
    await desk.records("order", order)
    await desk.records("order_line", {"externalId": "l", "parent": "o", "fields": {"extendedAmount": "5"}})
    await desk.recalculate("Goal")
    assert await desk.shown("Goal", "custom rollup { state }") == {"custom": "5", "rollup": {"state": "CURRENT"}}
    changes: list[tuple[str, dict[str, Any], str]] = [
        ("order", {"externalId": "o", "state": "ACTIVE"}, "0"),
        ("order", {"externalId": "o", "state": "FULFILLED"}, "5"),
        ("order", {"externalId": "o", "fields": {"orderDate": "2025-12-31"}}, "0"),
        ("order", {**order, "owner": {"user": "admin"}}, "0"),
        ("order", {"externalId": "o", "owner": None}, "0"),
        ("order", {"externalId": "o", "parent": "d"}, "5"),
        ("opportunity", {"externalId": "d", "owner": {"user": "admin"}}, "0"),
        ("order_line", {"externalId": "l", "owner": {"user": "rep"}}, "5"),
    ]
    before = "5"
    for type_key, row, total in changes:
        await desk.records(type_key, row)
        state = "CURRENT" if total == before else "STALE"  # what changes no number leaves nothing to wait for
        assert await desk.shown("Goal", "rollup { state }") == {"rollup": {"state": state}}, row
        await desk.fold()
        before = total
        assert await desk.shown("Goal", "custom rollup { state }") == {
            "custom": total,
            "rollup": {"state": "CURRENT"},
        }, row
    field = (await desk.admin.data(f'{{ metric(id: "{desk.ids["Lines"]}") {{ rollupFields {{ id }} }} }}'))["metric"]
    changed = {"dateField": "shippedDate", "dateFromParent": False}
    await desk.do("updateRollupField", id=field["rollupFields"][0]["id"], **changed)
    await desk.records("order_line", {"externalId": "l", "fields": {"shippedDate": "2026-12-31"}})
    await desk.records("order", {"externalId": "o", "fields": {"orderDate": None}})
    await desk.recalculate("Goal")
    assert await desk.shown("Goal", "custom") == "5"
    await desk.do("deleteRecords", type="order", externalIds=["o"])
    assert await desk.shown("Goal", "rollup { state }") == {"rollup": {"state": "STALE"}}
    await desk.fold()
    assert await desk.shown("Goal", "custom") == "0"


async def test_a_record_type_is_defined_and_its_records_counted(desk: Desk) -> None:
    field = {"key": "visitDay", "dataType": "DATETIME"}
    choice = {"key": "kind", "dataType": "CHOICE", "name": "Sort", "choices": ["A", "B"]}
    given = {"key": "site_visit", "name": "Visit", "fields": [field, choice], "states": [{"key": "DONE"}]}
    made = await desk.do("defineRecordType", **given, parentType="case", rateDate="visitDay")
    assert made["recordType"] == {
        "key": "site_visit",
        "parentType": "case",
        "rateDate": "visitDay",
        "states": [{"key": "DONE", "statuses": []}],
        "fields": [
            {"key": "visitDay", "name": "Visit day", "dataType": "DATETIME", "choices": []},
            {"key": "kind", "name": "Sort", "dataType": "CHOICE", "choices": ["A", "B"]},
        ],
    }
    wrong = {"key": "kind", "dataType": "TEXT"}
    assert await desk.refused("defineRecordType", key="site_visit", fields=[wrong]) == ("FIELD_TYPE_FROZEN", "fields")
    await desk.metric(
        "Visits",
        {**CALLS, "recordType": "site_visit", "state": "DONE", "dateField": "visitDay"},
        type="COUNT",
        dataType=None,
    )
    await desk.goal("Goal", metricId="Visits", period=YEAR)
    visit = {
        "externalId": "v",
        "state": "DONE",
        "owner": {"user": "admin"},
        "fields": {"visitDay": "2026-01-01T00:00:00Z"},
    }
    await desk.records("site_visit", visit)
    await desk.recalculate("Goal")
    assert await desk.shown("Goal", "actual") == "1"
