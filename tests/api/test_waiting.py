"""`waitSeconds` and `inTotals`: what is told to be in the totals is, and nobody waits for more than was asked."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from graph.fold import fold_waiting
from graph.waiting import Waits
from tests.api.structure import logins
from tests.factories import YEAR, Company

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from graph.clock import FixedClock
    from graph.database import Database
    from graph.settings import Settings
    from tests.api.conftest import Client

UPSERT = (
    "mutation($input: UpsertRecordsInput!) { payload: upsertRecords(input: $input) "
    "{ inserted updated unchanged inTotals userErrors { code field } } }"
)
DELETE = (
    "mutation($input: DeleteRecordsInput!) { payload: deleteRecords(input: $input) "
    "{ deleted inTotals userErrors { code field } } }"
)
GOAL = "query($id: ID!) { goal(id: $id) { actual recordCount rollup { state } } }"
KEY = "a key that is long enough"


@pytest.fixture
async def company(database: Database, clock: FixedClock) -> Company:
    company = await Company(database, clock).found()
    await company.users("Rep 01")
    owner = company.ids["Rep 01"]
    company.ids["Goal"] = await company.goal(
        "Goal", metric_id=await company.metric(), owner_id=owner, manager_id=owner, period=YEAR
    )
    await company.fold()
    return company


@pytest.fixture
async def admin(settings: Settings, database: Database, clock: FixedClock, company: Company) -> AsyncIterator[Client]:
    async with logins(settings, database, clock) as login:
        yield login(company.administrator.external_id)


def deals(**amounts: str) -> dict[str, Any]:
    return {
        "type": "opportunity",
        "rows": [
            {
                "externalId": key,
                "state": "WON",
                "owner": {"user": "Rep 01"},
                "fields": {"actualValue": amount, "actualCloseDate": "2026-02-01"},
            }
            for key, amount in amounts.items()
        ],
    }


@asynccontextmanager
async def folding(company: Company) -> AsyncIterator[None]:
    """Fold, as the worker does."""
    over = asyncio.Event()

    async def work() -> None:
        while not over.is_set():
            if not await fold_waiting(company.database, company.clock):
                await asyncio.sleep(0.01)

    task = asyncio.create_task(work())
    try:
        yield
    finally:
        over.set()
        await task


async def done(admin: Client, document: str, **given: Any) -> Any:
    payload = (await admin.data(document, {"input": given}))["payload"]
    assert payload["userErrors"] == [], payload
    return payload


async def shown(admin: Client, company: Company) -> tuple[Any, ...]:
    goal = (await admin.data(GOAL, {"id": company.ids["Goal"]}))["goal"]
    return goal["actual"], goal["recordCount"], goal["rollup"]["state"]


async def test_who_does_not_wait_is_told_that_it_is_not_there_yet(admin: Client, company: Company) -> None:
    assert not (await done(admin, UPSERT, **deals(a="2")))["inTotals"]
    assert not (await done(admin, UPSERT, **deals(a="3"), waitSeconds=0.1))["inTotals"]
    assert await shown(admin, company) == ("0", 0, "STALE")
    await company.fold()
    assert await shown(admin, company) == ("3", 1, "CURRENT")


async def test_what_is_told_to_be_in_the_totals_is(admin: Client, company: Company) -> None:
    async with folding(company):
        assert (await done(admin, UPSERT, **deals(a="2", b="3"), waitSeconds=60))["inTotals"]
        assert await shown(admin, company) == ("5", 2, "CURRENT")
        payload = await done(admin, DELETE, type="opportunity", externalIds=["a"], waitSeconds=60)
        assert payload == {"deleted": 1, "inTotals": True, "userErrors": []}
        assert await shown(admin, company) == ("3", 1, "CURRENT")


async def test_many_wait_at_once(admin: Client, company: Company) -> None:
    async with folding(company):
        told = await asyncio.gather(
            *(done(admin, UPSERT, **deals(**{f"d{number}": "1"}), waitSeconds=60) for number in range(20))
        )
    assert all(payload["inTotals"] for payload in told)
    assert await shown(admin, company) == ("20", 20, "CURRENT")


async def test_what_changes_nothing_waits_for_nothing(admin: Client, company: Company) -> None:
    await done(admin, UPSERT, **deals(a="2"))
    again = await done(admin, UPSERT, **deals(a="2"), waitSeconds=60)
    assert (again["unchanged"], again["inTotals"]) == (1, True)
    assert (await done(admin, DELETE, type="opportunity", externalIds=["x"], waitSeconds=60))["inTotals"]
    assert await shown(admin, company) == ("0", 0, "STALE")


@pytest.mark.parametrize(
    ("document", "given"), [(UPSERT, deals(a="2")), (DELETE, {"type": "opportunity", "externalIds": ["kept"]})]
)
async def test_sent_again_it_is_in_the_totals_when_nothing_waits(
    admin: Client, company: Company, document: str, given: dict[str, Any]
) -> None:
    await done(admin, UPSERT, **deals(kept="1"))
    await company.fold()
    assert not (await done(admin, document, **given, idempotencyKey=KEY))["inTotals"]
    assert not (await done(admin, document, **given, idempotencyKey=KEY))["inTotals"]
    await company.fold()
    assert (await done(admin, document, **given, idempotencyKey=KEY))["inTotals"]


@pytest.mark.parametrize("seconds", [-1, 60.5])
@pytest.mark.parametrize(
    ("document", "given"), [(UPSERT, deals(a="2")), (DELETE, {"type": "opportunity", "externalIds": ["kept"]})]
)
async def test_what_is_no_wait_is_refused_and_nothing_is_written(
    admin: Client, company: Company, document: str, given: dict[str, Any], seconds: float
) -> None:
    await done(admin, UPSERT, **deals(kept="1"))
    await company.fold()
    payload = (await admin.data(document, {"input": {**given, "waitSeconds": seconds}}))["payload"]
    assert payload["userErrors"] == [{"code": "INVALID_VALUE", "field": ["waitSeconds"]}]
    assert not payload["inTotals"]
    assert await shown(admin, company) == ("1", 1, "CURRENT")
    assert not await fold_waiting(company.database, company.clock)


async def test_each_waits_for_its_own(company: Company) -> None:
    waits = Waits(company.database)
    assert await waits.until_folded("a transaction of which nothing waits", 0)
    await company.records("opportunity", *deals(a="2")["rows"])
    text = "MATCH (change:RollupChange) RETURN DISTINCT change.batch AS batch"
    rows = await company.database.read(lambda tx: tx.text(text, {}, name="tests/batch"))
    assert not await waits.until_folded(rows[0]["batch"], 0)
    assert await waits.until_folded("another", 0)
    await company.fold()
    assert await waits.until_folded(rows[0]["batch"], 0)
