"""Every kind of statement that the rollup compiler makes: its text is a snapshot, and the same text is run.

A snapshot that is to change: UPDATE_SNAPSHOTS=1 make test, then read the difference.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from graph import own_compiler, rollup_compiler
from graph.own_compiler import CountedField, Holding
from graph.rollup_compiler import Category, Compiled

if TYPE_CHECKING:
    from graph.database import Transaction
    from tests.factories import Company

SNAPSHOTS = Path(__file__).parent / "snapshots"
WON = CountedField(Category.ACTUAL, "Opportunity", "actualValue", "WON", (), "actualCloseDate")
OPEN = CountedField(Category.IN_PROGRESS, "Opportunity", "estimatedValue", "OPEN", ("NEW", "IN_PROGRESS"), "openDate")
CALLS = CountedField(Category.ACTUAL, "PhoneCall", None, "COMPLETED", (), "actualEndDate")
LINES = CountedField(
    Category.ACTUAL,
    "OrderLine",
    "extendedAmount",
    "FULFILLED",
    ("COMPLETE",),
    "orderDate",
    ("Order", "Opportunity"),
    state_from_parent=True,
    date_from_parent=True,
)
SHIPPED = replace(LINES, category=Category.CUSTOM, amount=None, statuses=(), date="shippedDate", date_from_parent=False)
ORDERS = CountedField(Category.ACTUAL, "Order", "totalAmount", "FULFILLED", (), "orderDate", ("Opportunity",))
DEALS = replace(
    ORDERS,
    category=Category.IN_PROGRESS,
    state="WON",
    statuses=("WON",),
    date="actualCloseDate",
    state_from_parent=True,
    date_from_parent=True,
)

CASES: dict[str, Compiled] = {
    **{f"own_{holding.lower()}": own_compiler.own(holding, [WON, OPEN]) for holding in Holding},
    "own_count": own_compiler.own(Holding.USER, [CALLS]),
    "own_exact": own_compiler.own(Holding.TEAM_WITH_MEMBERS, [WON, OPEN], exact=True),
    **{f"own_part_{holding.lower()}": own_compiler.own(holding, [LINES, SHIPPED]) for holding in Holding},
    "own_part_or_whole": own_compiler.own(Holding.USER, [ORDERS, DEALS]),
    "own_part_exact": own_compiler.own(Holding.TERRITORY, [LINES], exact=True),
    "shape": rollup_compiler.shape([Category.ACTUAL, Category.CUSTOM]),
    "below_one": rollup_compiler.below([Category.ACTUAL]),
    "below_all": rollup_compiler.below(list(Category)),
    "below_whole_tree": rollup_compiler.below([Category.ACTUAL, Category.IN_PROGRESS], whole_tree=True),
    "below_exact": rollup_compiler.below([Category.ACTUAL], exact=True),
}
RUN: dict[str, Any] = {"root": "none", "from": "", "until": "g", "late": None, "ids": ["none"], "forced": []}


@pytest.mark.parametrize("name", CASES)
async def test_the_text_is_the_snapshot_and_it_runs(name: str, company: Company) -> None:
    compiled = CASES[name]
    file = SNAPSHOTS / f"{name}.cypher"
    text = compiled.text + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text("utf-8"), f"{file.name} differs: read the difference, then UPDATE_SNAPSHOTS=1"

    async def work(tx: Transaction) -> list[dict[str, Any]]:
        return await tx.text(compiled.text, RUN | compiled.parameters, name=compiled.name)

    (row,) = await company.database.read(work)
    assert row == (
        {"goals": 0, "holdings": [], "without_own": [], "late_changes": []} if name == "shape" else {"rows": []}
    )


def test_there_is_no_snapshot_without_a_case() -> None:
    assert sorted(file.stem for file in SNAPSHOTS.glob("*.cypher")) == sorted(CASES)


@pytest.mark.parametrize("name", ["a-b", "a`b", "a b", "1a", "", "a}", "ä", "a" * 101])
def test_a_name_that_is_no_identifier_never_reaches_the_text(name: str) -> None:
    with pytest.raises(ValueError, match="not a declared identifier"):
        CountedField(Category.ACTUAL, "Opportunity", name or "`", "WON", (), "actualCloseDate")
    with pytest.raises(ValueError, match="not a declared identifier"):
        CountedField(Category.ACTUAL, name, "actualValue", "WON", (), "actualCloseDate")
    with pytest.raises(ValueError, match="not a declared identifier"):
        replace(LINES, above=("Order", name))


def test_values_are_parameters_only() -> None:
    hostile = "WON' OR true //`}"
    field = CountedField(Category.ACTUAL, "Opportunity", "actualValue", hostile, (hostile,), "actualCloseDate")
    for holding in Holding:
        compiled = own_compiler.own(holding, [field])
        assert hostile not in compiled.text
        assert compiled.parameters == {"actual_state": hostile, "actual_statuses": [hostile]}


async def test_a_goal_over_all_records_uses_an_index_by_date_where_there_is_one(company: Company) -> None:
    """The program makes none: it costs every load of records more than it saves. An organization may."""
    compiled = own_compiler.own(Holding.ALL, [WON])
    await company.database.schema("CREATE INDEX by_date IF NOT EXISTS FOR (r:Opportunity) ON (r.actualCloseDate)")
    try:
        await company.database.schema("CALL db.awaitIndexes(60)")
        _, _, plan = await company.database.explain(compiled.text, RUN | compiled.parameters)
    finally:
        await company.database.schema("DROP INDEX by_date IF EXISTS")
    assert "NodeIndexSeekByRange" in str(plan)
