"""Goals with queries, records singly, records that count twice: each text is a snapshot, runs, and scans nothing.

A snapshot that is to change: UPDATE_SNAPSHOTS=1 make test, then read the difference.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import cypher
from graph import contribution_compiler, own_compiler
from graph.own_compiler import Asking, Holding, asked_name
from graph.period import FiscalCalendar
from graph.query_compiler import Today, predicate
from graph.query_form import read_spec
from graph.query_spec import QueryTypes
from graph.rollup_compiler import Category, Compiled
from graph.shipped_types import SHIPPED
from tests.cypher.test_rollup_compiler import CALLS, LINES, OPEN, RUN, WON
from tests.worlds import TODAY

if TYPE_CHECKING:
    from graph.database import Transaction
    from graph.query_compiler import Predicate
    from tests.factories import Company

SNAPSHOTS = Path(__file__).parent / "asking_snapshots"
KINDS = {kind.key: kind for kind in SHIPPED}
DEALS = QueryTypes((KINDS["opportunity"],), KINDS["account"])
PARTS = QueryTypes((KINDS["order_line"], KINDS["order"], KINDS["opportunity"]), KINDS["account"])
POSTAL_CODE = {"field": {"of": "ACCOUNT", "key": "postalCode", "test": {"equals": "60661"}}}
EVERYTHING = {
    "all": [
        POSTAL_CODE,
        {"owner": {"atOrBelowGoalOwner": True}},
        {"territory": {"atOrBelow": ["t1"]}},
        {"field": {"of": "PARENT", "key": "orderDate", "test": {"lastDays": 7}}},
    ]
}


def asked(form: Any, types: QueryTypes, name: str = asked_name(Category.ACTUAL)) -> Predicate:
    """A form as a predicate."""
    return predicate(read_spec(form, types), types, Today(TODAY, FiscalCalendar()), name)


QUERY = asked(POSTAL_CODE, DEALS)
BOTH = Asking({Category.ACTUAL: QUERY, Category.IN_PROGRESS: None}, DEALS)
LINE = asked(EVERYTHING, PARTS)
CASES: dict[str, Compiled] = {
    **{f"own_{holding.lower()}": own_compiler.own(holding, [WON, OPEN], BOTH) for holding in Holding},
    "own_part": own_compiler.own(Holding.TERRITORY, [LINES], Asking({Category.ACTUAL: LINE}, PARTS)),
    "own_none": own_compiler.own(Holding.USER, [CALLS], Asking({Category.ACTUAL: None}, DEALS)),
    "own_exact": own_compiler.own(Holding.ALL, [WON, OPEN], BOTH, exact=True),
    "contributions": contribution_compiler.contributions(Holding.USER, WON, None),
    "contributions_asked": contribution_compiler.contributions(Holding.TEAM, WON, BOTH),
    "contributions_part": contribution_compiler.contributions(
        Holding.TERRITORY, LINES, Asking({Category.ACTUAL: LINE}, PARTS)
    ),
    "tested": contribution_compiler.tested(WON, None, asked(POSTAL_CODE, DEALS, "asked"), DEALS),
    "tested_for_goal": contribution_compiler.tested(LINES, Holding.TERRITORY, asked(EVERYTHING, PARTS, "asked"), PARTS),
    "overlap": contribution_compiler.overlap(
        Category.ACTUAL,
        "actualValueBase",
        [(Holding.USER, WON, replace(BOTH, suffix="_0")), (Holding.ALL, WON, None)],
    ),
    "overlap_count": contribution_compiler.overlap(Category.ACTUAL, None, [(Holding.TEAM_WITH_MEMBERS, CALLS, None)]),
}
PARAMETERS: dict[str, Any] = {
    **RUN,
    "viewer": "none",
    "goal": "none",
    "open": True,
    "first": 10,
    "after_name": None,
    "after_id": None,
    "asked": {"c0": "60661"},
    "actual_queries": {},
    "actual_queries_0": {},
}


@pytest.mark.parametrize("name", CASES)
async def test_the_text_is_the_snapshot_and_it_runs(name: str, company: Company) -> None:
    compiled = CASES[name]
    file = SNAPSHOTS / f"{name}.cypher"
    text = compiled.text + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text("utf-8"), f"{file.name} differs: read the difference, then UPDATE_SNAPSHOTS=1"

    async def work(tx: Transaction) -> list[dict[str, Any]]:
        filled: Any = cypher.fill(compiled.text)
        return await tx.text(filled, PARAMETERS | compiled.parameters, name=compiled.name)

    assert len(await company.database.read(work)) <= 1


def test_there_is_no_snapshot_without_a_case() -> None:
    assert sorted(file.stem for file in SNAPSHOTS.glob("*.cypher")) == sorted(CASES)


#: What may be looked at whole: records of a type, by who counts them all or tries a query on them all.
WHOLE_TYPE = {"own_all", "own_exact", "tested", "overlap"}


@pytest.mark.parametrize("name", CASES)
async def test_nothing_is_looked_at_whole_where_a_relationship_leads(name: str, company: Company) -> None:
    compiled = CASES[name]
    text: Any = cypher.fill(compiled.text)
    _, _, plan = await company.database.explain(text, PARAMETERS | compiled.parameters)
    scans = [one for one in operators(plan) if "Scan" in one[0]]
    allowed = {"r:Opportunity"} if name in WHOLE_TYPE else set()
    assert [one for one in scans if not allowed & {one[1].split(" ")[0]}] == []
    # So that a plan that names its operators in another way does not pass for one without scans.
    assert bool(scans) == (name in WHOLE_TYPE)


def operators(plan: dict[str, Any]) -> list[tuple[str, str]]:
    """Each operator of a plan, with what it says of itself."""
    own = (plan["operatorType"], str(plan.get("args", {}).get("Details", "")))
    return [own, *(one for child in plan.get("children", ()) for one in operators(child))]
