from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from graph.owners import OwnerKind
from graph.record import RecordRow, RecordsByIds, RecordsPage
from tests.factories import Company

if TYPE_CHECKING:
    from graph.clock import FixedClock
    from graph.database import Database, Transaction


@pytest.fixture
async def company(database: Database, clock: FixedClock) -> Company:
    company = await Company(database, clock).found()
    await company.users("Rep 01", "Rep 02")
    await company.owners(OwnerKind.TEAM, {"name": "Red", "members": ["Rep 02"]})
    await company.records("account", {"externalId": "own", "owner": {"user": "Rep 01"}}, {"externalId": "other"})
    won = {"state": "WON", "status": "WON", "fields": {"actualValue": "1.5", "actualCloseDate": "2026-01-31"}}
    await company.records(
        "opportunity",
        {"externalId": "a", "name": "Ash", "owner": {"user": "Rep 01"}, "account": "own", **won},
        {"externalId": "b", "name": "Box", "owner": {"user": "Rep 01"}, "account": "other", "state": "OPEN"},
        {"externalId": "c", "name": "Box", "owner": {"team": "Red"}, "state": "OPEN"},
        {"externalId": "d", "name": "Elm", "state": "OPEN"},
    )
    return company


async def page(company: Company, viewer: str, first: int = 10, **filters: Any) -> tuple[list[RecordRow], int]:
    async def work(tx: Transaction) -> tuple[list[RecordRow], int]:
        [found] = await tx.run(RecordsPage(company.ids[viewer], "opportunity", first, **filters))
        return list(found.records), found.total_count

    return await company.database.read(work)


async def keys(company: Company, viewer: str, **filters: Any) -> tuple[list[str], int]:
    rows, count = await page(company, viewer, **filters)
    return sorted(row.external_id for row in rows), count


async def test_a_record_is_seen_by_its_owner_the_owning_teams_members_and_administrators(company: Company) -> None:
    assert await keys(company, "Rep 01") == (["a", "b"], 2)
    assert await keys(company, "Rep 02") == (["c"], 1)
    assert await keys(company, "administrator") == (["a", "b", "c", "d"], 4)


async def test_hidden_records_are_absent_by_id_too(company: Company) -> None:
    rows, _ = await page(company, "administrator")

    async def work(tx: Transaction) -> set[str]:
        found = await tx.run(RecordsByIds(company.ids["Rep 02"], [row.id for row in rows]))
        return {row.external_id for row in found}

    assert await company.database.read(work) == {"c"}


async def test_a_row_tells_all_but_the_account_that_is_hidden(company: Company) -> None:
    everything, _ = await page(company, "administrator")
    rows, _ = await page(company, "Rep 01")
    assert [row.account_id for row in rows if row.external_id == "b"] == [None]
    assert all(row.account_id for row in everything if row.external_id in "ab")
    [ash] = [row for row in rows if row.external_id == "a"]
    assert ash == RecordRow(
        id=ash.id,
        type="opportunity",
        external_id="a",
        name="Ash",
        state="WON",
        status="WON",
        owner_id=company.ids["Rep 01"],
        territory_id=None,
        product_line_id=None,
        account_id=next(row.account_id for row in everything if row.external_id == "a"),
        parent_id=None,
        currency=None,
        properties={"actualValue": 15_000, "actualValueBase": 15_000, "actualCloseDate": date(2026, 1, 31)},
    )


async def test_filters_count_what_they_show(company: Company) -> None:
    assert await keys(company, "administrator", states=["WON", "LOST"]) == (["a"], 1)
    assert await keys(company, "administrator", owner=company.ids["Red"]) == (["c"], 1)
    assert await keys(company, "administrator", search="bO") == (["b", "c"], 2)
    assert await keys(company, "Rep 01", search="bO") == (["b"], 1)
    assert await keys(company, "Rep 01", owner=company.ids["Red"]) == ([], 0)


async def test_pages_follow_names_and_end(company: Company) -> None:
    seen: list[RecordRow] = []
    for size in (2, 2, 0):
        after = {"after_name": seen[-1].name, "after_id": seen[-1].id} if seen else {}
        rows, count = await page(company, "administrator", 2, **after)
        assert (len(rows), count) == (size, 4)
        seen += rows
    assert [row.name for row in seen] == ["Ash", "Box", "Box", "Elm"]
    assert len({row.id for row in seen}) == 4
