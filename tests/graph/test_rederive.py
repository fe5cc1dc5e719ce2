"""Base amounts at corrected rates, dates in another time zone: batch by batch, with a preview that says the same."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from graph import record_upsert
from graph.errors import ErrorCode, Refusal
from graph.goal import RollupState
from graph.organization import SetOrganization, organization
from graph.record_type import lock_record_type
from graph.rederive import DerivedChange, DerivedReport, reapply_rates
from graph.time_zone import set_time_zone
from graph.visibility import Viewer
from tests.conftest import NOW
from tests.factories import FOUNDER, YEAR, Company
from tests.graph.test_base_amount import set_rates, stored

if TYPE_CHECKING:
    from graph.database import Transaction
    from graph.record_type import RecordType

NOBODY = Viewer("1", "rep", "Rep 01", administrator=False)


async def reapply(company: Company, since: date, *, size: int, **options: Any) -> list[DerivedReport]:
    """Do all batches."""
    reports = [DerivedReport(0, 0, (), "")]
    while reports[-1].after is not None:
        after = reports[-1].after

        async def work(tx: Transaction, after: str = after) -> DerivedReport:
            return await reapply_rates(tx, FOUNDER, since, now=NOW, after=after, size=size, **options)

        reports.append(await company.write(work))
    return reports[1:]


def summed(reports: list[DerivedReport]) -> tuple[int, int, dict[tuple[str, str], tuple[int, int]]]:
    """Give records, kept amounts, and per type and field how many records and what change."""
    changes: dict[tuple[str, str], tuple[int, int]] = {}
    for one in (one for report in reports for one in report.changes):
        records, change = changes.get((one.record_type, one.field), (0, 0))
        changes[one.record_type, one.field] = records + one.records, change + (one.change or 0)
    return sum(report.records for report in reports), sum(report.kept for report in reports), changes


async def test_corrected_rates_change_nothing_until_they_are_reapplied(company: Company) -> None:
    await company.users("rep")
    await set_rates(company, ("USD", "2020-01-01", "2"), ("GBP", "2020-01-01", "0.5"))
    for number in range(6):
        currency = ("USD", "GBP", None)[number % 3]
        await company.won("rep", ("8", "2026-02-01"), currency=currency)
    order = {"state": "ACTIVE", "currency": "USD", "fields": {"totalAmount": "10"}}
    await company.records("order", order)
    people: dict[str, Any] = {"manager_id": company.ids["rep"], "owner_id": company.ids["rep"]}
    goal = await company.goal("All", metric_id=await company.metric(), period=YEAR, **people)

    async def state() -> tuple[str | None, RollupState]:
        row, metric = await company.read(goal)
        return await company.total(goal), row.rollup_state(metric, NOW)

    await company.recalculate(goal)
    assert await state() == ("56", RollupState.CURRENT)
    await set_rates(company, ("USD", "2020-01-01", "4"), remove=[("GBP", "2020-01-01")])
    before = await stored(company)
    assert await state() == ("56", RollupState.CURRENT)
    # Per USD deal 4 becomes 2, for the order 5 becomes 2.5; the two deals in GBP have no rate any more.
    changes = {("opportunity", "actualValue"): (2, -40_000), ("order", "totalAmount"): (1, -25_000)}
    previews = await reapply(company, date(2020, 1, 1), size=3, preview=True)
    assert summed(previews) == (3, 2, changes)
    assert len(previews) == 3
    assert await stored(company) == before
    assert await state() == ("56", RollupState.CURRENT)
    assert summed(await reapply(company, date(2026, 12, 31), size=100)) == (0, 0, {})
    assert summed(await reapply(company, date(2020, 1, 1), size=100, currency="CHF")) == (0, 0, {})
    assert summed(await reapply(company, date(2020, 1, 1), size=3)) == (3, 2, changes)
    assert (await state())[1] is RollupState.STALE
    await company.recalculate(goal)
    assert await state() == ("52", RollupState.CURRENT)
    assert summed(await reapply(company, date(2020, 1, 1), size=100)) == (0, 2, {})
    assert (await state())[1] is RollupState.CURRENT
    with pytest.raises(Refusal) as refused:
        await company.write(lambda tx: reapply_rates(tx, NOBODY, date(2020, 1, 1), now=NOW))
    assert refused.value.problem.code is ErrorCode.FORBIDDEN


async def test_another_time_zone_moves_the_dates_of_moments_batch_by_batch(company: Company) -> None:
    def call(external_id: str, **moments: str) -> dict[str, Any]:
        return {"externalId": external_id, "state": "COMPLETED", "fields": moments}

    await company.records(
        "phone_call",
        call("a", actualStart="2026-03-31T21:30:00Z", actualEnd="2026-03-31T22:30:00Z"),
        call("b", actualEnd="2026-01-31T22:59:59Z"),
        call("c", actualEnd="2026-01-31T23:00:00Z"),
        call("d", actualEnd="1960-06-30T23:59:59Z"),
        call("e"),
    )

    async def change(zone: str, **options: Any) -> DerivedReport:
        report: DerivedReport = await company.write(
            lambda tx: set_time_zone(tx, FOUNDER, zone, now=NOW, size=2, **options)
        )
        return report

    async def dates() -> dict[str, str]:
        async def work(tx: Transaction) -> list[dict[str, Any]]:
            text = "MATCH (r:PhoneCall) RETURN r.externalId AS id, toString(r.actualEndDate) AS day ORDER BY id"
            return await tx.text(text, {}, name="tests/dates")

        return {row["id"]: row["day"] for row in await company.database.read(work)}

    before = {"a": "2026-03-31", "b": "2026-01-31", "c": "2026-01-31", "d": "1960-06-30", "e": None}
    moved = {**before, "a": "2026-04-01", "c": "2026-02-01", "d": "1960-07-01"}
    previews = [await change("Europe/Vienna", preview=True)]
    while (after := previews[-1].after) is not None:
        previews.append(await change("Europe/Vienna", preview=True, after=after))
    assert summed(previews) == (3, 0, {("phone_call", "actualEnd"): (3, 0)})
    assert await dates() == before
    assert (await company.database.read(organization)).time_zone == "UTC"
    reports = [await change("Europe/Vienna")]
    # From the first call on it holds for what is written, and the rest is known to be left.
    assert (await company.database.read(organization)).time_zone == "Europe/Vienna"
    assert reports[0].after is not None
    await company.write(lambda tx: set_time_zone(tx, FOUNDER, "UTC", now=NOW))
    assert await dates() == before
    reports = [await change("Europe/Vienna")]
    while reports[-1].after is not None:
        reports.append(await change("Europe/Vienna"))
    assert summed(reports) == summed(previews)
    assert all(isinstance(one, DerivedChange) and one.change is None for report in reports for one in report.changes)
    assert await dates() == moved
    revision = (await company.database.read(organization)).structure_revision
    assert await change("Europe/Vienna") == DerivedReport(0, 0, (), None)
    assert (await company.database.read(organization)).structure_revision == revision
    for zone in ("Europe/Nowhere", "", "../etc/passwd"):
        with pytest.raises(Refusal) as refused:
            await change(zone)
        assert (refused.value.problem.code, refused.value.problem.field) == (ErrorCode.INVALID_VALUE, ("timeZone",))


async def test_a_batch_read_while_the_time_zone_changes_is_read_in_the_new_one(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def changed_meanwhile(tx: Transaction, key: str) -> RecordType:
        await tx.run(SetOrganization({"timeZone": "Europe/Vienna"}))
        return await lock_record_type(tx, key)

    monkeypatch.setattr(record_upsert, "lock_record_type", changed_meanwhile)
    row = {"externalId": "x", "state": "COMPLETED", "fields": {"actualEnd": "2026-02-01T00:30:00"}}
    await company.write(lambda tx: record_upsert.upsert_records(tx, FOUNDER, "phone_call", [row], now=NOW))
    found = (await stored(company))["x"]
    assert found["actualEnd"].to_native() == datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
    assert found["actualEndDate"].to_native() == date(2026, 2, 1)
