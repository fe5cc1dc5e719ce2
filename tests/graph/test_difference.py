"""What changes of records add to goals: counted once where a record keeps its goals, else before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from graph.database import Trace
from graph.record_upsert import upsert_records
from tests.factories import FOUNDER
from tests.graph.asking import BIG, create, goals_with
from tests.graph.test_base_amount import set_rates

if TYPE_CHECKING:
    from graph.database import Transaction
    from tests.factories import Company


async def counts_of(company: Company, **row: Any) -> int:
    """Change the deal, and say how often what it adds to goals was counted for that."""
    trace = Trace()

    async def work(tx: Transaction) -> None:
        report = await upsert_records(
            tx, FOUNDER, "opportunity", [{"externalId": "deal", **row}], now=company.clock.now()
        )
        assert (report.updated, report.refused) == (1, ())

    await company.database.write(work, trace=trace)
    await company.fold()
    return [name for name, _ in trace.statements].count("change/counted_by")


@pytest.mark.parametrize(
    ("row", "counts", "asking", "all_"),
    [
        ({"fields": {"actualValue": "7000"}}, 1, "7000", "7010"),
        ({"fields": {"actualValue": "20"}}, 1, "0", "30"),
        ({"fields": {"actualValue": None}}, 1, "0", "10"),
        ({"fields": {"estimatedValue": "1"}}, 1, "5000", "5010"),
        ({"name": "Another"}, 1, "5000", "5010"),
        ({"fields": {"actualValue": "6000", "actualCloseDate": "2026-03-01"}}, 2, "6000", "6010"),
        ({"fields": {"actualValue": "6000", "actualCloseDate": None}}, 2, "0", "10"),
        ({"state": "LOST", "fields": {"actualValue": "6000"}}, 2, "0", "10"),
        ({"owner": None, "fields": {"actualValue": "6000"}}, 2, "0", "10"),
        ({"currency": "USD"}, 1, "2500", "2510"),
    ],
)
async def test_a_change_is_in_the_totals_however_it_is_counted(
    company: Company, row: dict[str, Any], counts: int, asking: str, all_: str
) -> None:
    await set_rates(company, ("USD", "2020-01-01", "2"))
    goals = await goals_with(company, await create(company, "Big", BIG))
    plain = await company.goal("Plain", parent_id=goals["middle"], owner_id=company.ids["rep"])
    await company.won("rep", ("5000", "2026-02-01"), externalId="deal")
    await company.won("rep", ("10", "2026-02-02"))
    await company.fold()
    assert await company.totals([goals["leaf"], plain]) == ["5000", "5010"]
    assert await counts_of(company, **row) == counts
    assert await company.totals([goals["leaf"], plain]) == [asking, all_]
    assert (await company.recalculate(goals["root"])).changed == 0
