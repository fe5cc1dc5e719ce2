"""The worked examples of the semantics, each as a client lives it: GraphQL in and out, numbers as in the document."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.hierarchy import OPEN_REVENUE, YEAR, Desk, open_desk, won
from tests.invariants import check_invariants

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from graph.clock import FixedClock
    from graph.database import Database
    from graph.settings import Settings

Q1 = {"fiscal": {"year": 2026, "index": 1}}
TONNES = {
    "category": "ACTUAL",
    "recordType": "order",
    "amountField": "totalWeight",
    "dateField": "orderDate",
    "state": "FULFILLED",
}


@pytest.fixture
async def desk(settings: Settings, database: Database, clock: FixedClock) -> AsyncIterator[Desk]:
    async with open_desk(settings, database, clock) as desk:
        yield desk
    await check_invariants(database)


def shipped(external_id: str, weight: str | None, owner: str = "Rep 1") -> dict[str, Any]:
    """Give the row of a fulfilled order of some tonnes."""
    fields = {"totalWeight": weight, "orderDate": "2026-02-01"}
    return {"externalId": external_id, "state": "FULFILLED", "owner": {"user": owner}, "fields": fields}


async def test_3_a_manager_over_three_reps(desk: Desk) -> None:
    await desk.users("Manager", "Rep 1", "Rep 2", "Rep 3")
    await desk.metric("Revenue")
    await desk.goal(
        "Team",
        metricId="Revenue",
        managerId="Manager",
        period=Q1,
        target="1500000",
        rollupOnlyFromChildren=True,
    )
    reps = ("Rep 1", "Rep 2", "Rep 3")
    for rep in reps:
        await desk.goal(f"Goal of {rep}", parentId="Team", managerId="Manager", ownerId=rep, target="500000")
    await desk.records(
        "opportunity",
        won("1", "Rep 1", "410000", "2026-01-20"),
        won("2", "Rep 2", "275000", "2026-02-10"),
        won("3", "Manager", "100000", "2026-02-11"),
    )
    await desk.recalculate("Goal of Rep 2")
    shown = await desk.all_shown("actual percentageAchieved", "Team", *(f"Goal of {rep}" for rep in reps))
    assert shown == [
        {"actual": "685000", "percentageAchieved": "45.67"},
        {"actual": "410000", "percentageAchieved": "82"},
        {"actual": "275000", "percentageAchieved": "55"},
        {"actual": "0", "percentageAchieved": "0"},
    ]
    await desk.do("updateGoal", id=desk.ids["Team"], rollupOnlyFromChildren=False)
    await desk.recalculate("Team")
    assert await desk.shown("Team", "actual ownActual computedActual percentageAchieved recordCount") == {
        "actual": "785000",
        "ownActual": "100000",
        "computedActual": "785000",
        "percentageAchieved": "52.33",
        "recordCount": 3,
    }


async def test_4_both_ends_of_the_period_count_and_today_has_its_target(desk: Desk, clock: FixedClock) -> None:
    clock.set(datetime(2026, 2, 15, 12, tzinfo=UTC))
    await desk.metric("Revenue")
    await desk.goal("Quarter", metricId="Revenue", period=Q1, target="100000")
    assert await desk.shown("Quarter", "period { startDate endDate }") == {
        "period": {"startDate": "2026-01-01", "endDate": "2026-03-31"}
    }
    await desk.records(
        "opportunity",
        won("1", "admin", "40000", "2026-01-01"),
        won("2", "admin", "55000", "2026-03-31"),
        won("3", "admin", "9000", "2025-12-31"),
        won("4", "admin", "7000", "2026-04-01"),
    )
    await desk.recalculate("Quarter")
    fields = "actual percentageAchieved todaysTarget todaysTargetPercentage recordCount status"
    assert await desk.shown("Quarter", fields) == {
        "actual": "95000",
        "percentageAchieved": "95",
        "todaysTarget": "50561.7978",
        "todaysTargetPercentage": "50.56",
        "recordCount": 2,
        "status": "ON_TRACK",
    }


async def test_6_tonnes_are_exact(desk: Desk) -> None:
    await desk.users("Rep 1")
    await desk.metric("Tonnes", TONNES, dataType="DECIMAL")
    await desk.goal("Shipped", metricId="Tonnes", ownerId="Rep 1", period=YEAR, target="2500")
    await desk.records("order", shipped("1", "1234.5"), shipped("2", "765.25"))
    await desk.recalculate("Shipped")
    shown = await desk.shown("Shipped", "actual percentageAchieved target")
    assert shown == {"actual": "1999.75", "percentageAchieved": "79.99", "target": "2500"}


async def test_7_money_counts_in_base_currency_at_the_rate_of_its_day(desk: Desk) -> None:
    rates = [{"currency": "GBP", "validFrom": "2026-01-01", "rate": "0.728109"}]
    assert (await desk.do("setExchangeRates", rates=rates))["inserted"] == 1
    await desk.metric("Revenue")
    await desk.goal("Year", metricId="Revenue", period=YEAR, target="15000")
    in_pounds = won("1", "admin", "7281.09", "2026-01-20", currency="GBP")
    await desk.records("opportunity", in_pounds, won("2", "admin", "5000", "2026-01-20"))
    await desk.recalculate("Year")
    amounts = 'currency rate rateDate reason target actual inProgress formatted(locale: "en-GB") { actual inProgress }'
    assert await desk.shown("Year", f'actual currency amounts(currency: "GBP") {{ {amounts} }}') == {
        "actual": "15000",
        "currency": "EUR",
        "amounts": {
            "currency": "GBP",
            "rate": "0.728109",
            "rateDate": "2026-02-15",
            "reason": None,
            "target": "10921.635",
            "actual": "10921.635",
            "inProgress": None,
            "formatted": {"actual": "£10,921.64", "inProgress": None},
        },
    }
    shown = await desk.admin.data(
        '{ records(type: "opportunity") { nodes { externalId currency fields { key value baseValue } } } }'
    )
    found = {
        node["externalId"]: (node["currency"], field["value"], field["baseValue"])
        for node in shown["records"]["nodes"]
        for field in node["fields"]
        if field["key"] == "actualValue"
    }
    assert found == {"1": ("GBP", "7281.09", "10000"), "2": ("EUR", "5000", "5000")}


async def test_8_a_metric_with_only_in_progress_has_no_percentage(desk: Desk) -> None:
    await desk.metric("Pipeline", OPEN_REVENUE)
    await desk.goal("Pipeline of the year", metricId="Pipeline", period=YEAR, target="100000")
    row = {"externalId": "1", "state": "OPEN", "owner": {"user": "admin"}}
    fields = {"estimatedValue": "50000", "openDate": "2026-01-05"}
    await desk.records("opportunity", {**row, "fields": fields}, won("2", "admin", "7", "2026-01-05"))
    await desk.recalculate("Pipeline of the year")
    shown = await desk.shown(
        "Pipeline of the year",
        "actual ownActual computedActual inProgress custom percentageAchieved status recordCount "
        "progressReasons { field code } rollup { state }",
    )
    reasons = {reason["field"]: reason["code"] for reason in shown.pop("progressReasons")}
    assert shown == {
        "actual": None,
        "ownActual": None,
        "computedActual": None,
        "inProgress": "50000",
        "custom": None,
        "percentageAchieved": None,
        "status": None,
        "recordCount": 1,
        "rollup": {"state": "CURRENT"},
    }
    assert reasons["percentageAchieved"] == "NO_ACTUAL"
    assert reasons["status"] == "NO_ACTUAL"


async def test_9_children_outlive_their_parent(desk: Desk) -> None:
    await desk.users("Rep 1", "Rep 2", "Rep 3")
    await desk.metric("Revenue")
    await desk.goal("Parent", metricId="Revenue", period=Q1, target="30")
    children = ("Child 1", "Child 2", "Child 3")
    for n, child in enumerate(children, 1):
        await desk.goal(child, parentId="Parent", ownerId=f"Rep {n}", target="10")
    await desk.records("opportunity", *(won(f"{n}", f"Rep {n}", f"{n}00", "2026-01-05") for n in (1, 2, 3)))
    await desk.recalculate("Parent")
    fields = (
        "id title actual ownActual recordCount target percentageAchieved state createdAt updatedAt metric { name } "
        "period { kind label startDate endDate } owner { ... on User { name } } manager { name } "
        "rollup { state calculatedAt incomplete error }"
    )
    before = await desk.all_shown(fields, *children)
    assert [child["actual"] for child in before] == ["100", "200", "300"]
    desk.clock.set(datetime(2026, 2, 16, tzinfo=UTC))
    deleted = await desk.do("deleteGoal", id=desk.ids["Parent"])
    assert deleted["deletedId"] == desk.ids["Parent"]
    assert await desk.shown("Parent", "title") is None
    assert await desk.all_shown(fields, *children) == before
    assert await desk.all_shown("parent { id }", *children) == [{"parent": None}] * 3
    # Each recalculates alone.
    await desk.records("opportunity", *(won(f"more {n}", f"Rep {n}", "1", "2026-01-06") for n in (1, 2, 3)))
    assert [one["rollup"]["state"] for one in await desk.all_shown("rollup { state }", *children)] == ["STALE"] * 3
    await desk.recalculate("Child 2")
    assert await desk.all_shown("actual rollup { state }", *children) == [
        {"actual": "100", "rollup": {"state": "STALE"}},
        {"actual": "201", "rollup": {"state": "CURRENT"}},
        {"actual": "300", "rollup": {"state": "STALE"}},
    ]


async def test_10_a_total_counts_what_its_viewer_may_not_open(desk: Desk) -> None:
    await desk.users("U1", "U2")
    await desk.metric("Revenue")
    parent = {"ownerId": "U2", "managerId": "U2", "rollupOnlyFromChildren": True}
    await desk.goal("Parent", metricId="Revenue", period=Q1, **parent)
    await desk.goal("Child", parentId="Parent", ownerId="U1", managerId="U1")
    deals = (won("1", "U1", "600", "2026-02-01"), won("2", "U1", "400", "2026-02-02"))
    await desk.records("opportunity", *deals)
    await desk.recalculate("Parent")
    records = '{ records(type: "opportunity") { totalCount nodes { id name } } }'
    for record in (await desk.admin.data(records))["records"]["nodes"]:
        document = "mutation($id: ID!) { setRestricted(input: {id: $id, restricted: true}) { userErrors { code } } }"
        assert (await desk.admin.data(document, {"id": record["id"]}))["setRestricted"]["userErrors"] == []
    below = "actual restrictedChildren { count } children { nodes { title actual } }"
    for restricted in (False, True):
        await desk.do("updateGoal", id=desk.ids["Child"], restricted=restricted)
        child = [] if restricted else [{"title": "Child", "actual": "1000"}]
        for client, seen in ((desk.login("U2"), child), (desk.admin, [{"title": "Child", "actual": "1000"}])):
            assert await desk.shown("Parent", below, client) == {
                "actual": "1000",
                "restrictedChildren": {"count": 1 - len(seen)},
                "children": {"nodes": seen},
            }
        assert (await desk.login("U2").data(records))["records"] == {"totalCount": 0, "nodes": []}
        assert await desk.shown("Child", "actual", desk.login("U1")) == "1000"
        assert (await desk.login("U1").data(records))["records"]["totalCount"] == 2


async def test_11_tenths_add_up_exactly_and_the_greatest_number_is_kept(desk: Desk) -> None:
    await desk.users("Rep 1", "Rep 2")
    await desk.metric("Tonnes", TONNES, dataType="DECIMAL")
    await desk.goal("Tenths", metricId="Tonnes", ownerId="Rep 1", period=YEAR)
    await desk.records("order", *(shipped(weight, weight) for weight in ("0.1", "0.2", "0.3")))
    await desk.recalculate("Tenths")
    assert await desk.shown("Tenths", "actual") == "0.6"
    await desk.goal("Greatest", metricId="Tonnes", ownerId="Rep 2", period=YEAR)
    await desk.records("order", shipped("greatest", "922337203685477.5807", "Rep 2"))
    await desk.recalculate("Greatest")
    fields = "actual recordCount rollup { state incomplete }"
    good = {"actual": "922337203685477.5807", "recordCount": 1, "rollup": {"state": "CURRENT", "incomplete": False}}
    assert await desk.shown("Greatest", fields) == good
    await desk.records("order", shipped("least", "0.0001", "Rep 2"))
    await desk.recalculate("Greatest")
    assert await desk.shown("Greatest", fields) == {**good, "rollup": {"state": "OVERFLOW", "incomplete": False}}
    said = (await desk.shown("Greatest", "rollup { error }"))["rollup"]["error"]
    assert "does not fit" in said


async def test_12_an_override_stays_until_it_is_cleared(desk: Desk) -> None:
    await desk.metric("Revenue")
    await desk.goal("Year", metricId="Revenue", period=YEAR, target="20")
    await desk.records("opportunity", won("1", "admin", "1", "2026-01-05"))
    await desk.recalculate("Year")
    await desk.do("overrideGoal", id=desk.ids["Year"], actual="10", reason="Booked elsewhere.")
    await desk.recalculate("Year")
    fields = "actual ownActual computedActual percentageAchieved override { reason actual } rollup { state }"
    assert await desk.shown("Year", fields) == {
        "actual": "10",
        "ownActual": "1",
        "computedActual": "1",
        "percentageAchieved": "50",
        "override": {"reason": "Booked elsewhere.", "actual": "10"},
        "rollup": {"state": "CURRENT"},
    }
    await desk.do("clearGoalOverride", id=desk.ids["Year"])
    cleared = {"actual": "1", "computedActual": "1", "percentageAchieved": "5", "override": None}
    assert await desk.shown("Year", "actual computedActual percentageAchieved override { reason }") == cleared
