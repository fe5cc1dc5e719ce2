"""The rollup on hand-made trees: what counts, for each kind of owner, and what does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from graph.metric import MetricType
from graph.metric_change import RollupFieldDraft
from graph.record_upsert import upsert_records
from graph.rollup_compiler import Category
from tests.factories import FOUNDER, Q1

if TYPE_CHECKING:
    from tests.factories import Company


async def test_own_parts_add_up_to_the_root(company: Company) -> None:
    await company.users("Manager", "Rep 1", "Rep 2", "Rep 3")
    metric = await company.metric()
    manager = company.ids["Manager"]
    root = await company.goal(
        "Team", metric_id=metric, manager_id=manager, period=Q1, target="1500000", rollup_only_from_children=True
    )
    reps = [
        await company.goal(name, parent_id=root, manager_id=manager, owner_id=company.ids[name], target="500000")
        for name in ("Rep 1", "Rep 2", "Rep 3")
    ]
    await company.won("Rep 1", ("410000", "2026-02-01"))
    await company.won("Rep 2", ("275000", "2026-03-31"))
    await company.won("Manager", ("100000", "2026-01-01"))
    assert await company.totals([root, *reps]) == [None] * 4
    report = await company.recalculate(reps[0])
    assert report.root == root
    assert report.goals == 4
    assert await company.totals([root, *reps]) == ["685000", "410000", "275000", "0"]
    assert await company.totals([root, *reps], Category.IN_PROGRESS) == ["0"] * 4


async def test_a_datetime_counts_on_its_day_in_the_organizations_zone(company: Company) -> None:
    calls = RollupFieldDraft(Category.ACTUAL, "phone_call", "actualEnd", "COMPLETED")
    metric = await company.metric("Calls", calls, type_=MetricType.COUNT, data_type=None)
    goal = await company.goal("Quarter", metric_id=metric, manager_id=company.administrator.id, period=Q1)
    owner = {"state": "COMPLETED", "owner": {"user": "administrator"}}
    moments = ["2025-12-31T23:00:00Z", "2025-12-31T22:59:59Z", "2026-03-31T21:59:59Z", "2026-03-31T22:00:00Z", None]
    rows = [{"externalId": f"{n}", **owner, "fields": {"actualEnd": moment}} for n, moment in enumerate(moments)]
    vienna = ZoneInfo("Europe/Vienna")
    report = await company.write(
        lambda tx: upsert_records(tx, FOUNDER, "phone_call", rows, now=company.clock.now(), zone=vienna)
    )
    assert not report.refused
    await company.recalculate(goal)
    assert await company.total(goal) == "2"
    assert await company.total(goal, Category.CUSTOM) is None
