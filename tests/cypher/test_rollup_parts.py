"""The compiled statements over records that are part of others, on small data: what each goal holds, in Python."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from graph import own_compiler
from graph.goal import RecordSet
from graph.own_compiler import CountedField, Holding
from graph.owners import OwnerKind
from tests.cypher.test_rollup_compiler import DEALS, LINES, ORDERS, SHIPPED
from tests.factories import Q1, Company

if TYPE_CHECKING:
    from graph.database import Transaction

A, B, RED = {"user": "a"}, {"user": "b"}, {"team": "red"}
WON = {"state": "WON", "status": "WON"}
DONE = {"state": "FULFILLED", "status": "COMPLETE"}
IN, OUT = "2026-03-31", "2026-04-01"
DEAL_ROWS: dict[str, dict[str, Any]] = {
    "d1": {**WON, "owner": A, "territory": "east", "productLine": "bikes", "fields": {"actualCloseDate": IN}},
    "d2": {**WON, "fields": {"actualCloseDate": OUT}},
    "d3": {"state": "OPEN", "owner": RED, "territory": "west", "fields": {"actualCloseDate": IN}},
}
#: Each amount is a power of two of its own, so that a sum says which records are in it.
ORDER_ROWS: dict[str, dict[str, Any]] = {
    "o1": {**DONE, "parent": "d1", "fields": {"orderDate": IN, "totalAmount": 1}},
    "o2": {**DONE, "parent": "d1", "owner": B, "territory": "west", "fields": {"orderDate": IN, "totalAmount": 2}},
    "o3": {**DONE, "parent": "d2", "owner": A, "fields": {"orderDate": OUT, "totalAmount": 4}},
    "o4": {"state": "ACTIVE", "parent": "d3", "productLine": "bikes", "fields": {"orderDate": IN, "totalAmount": 8}},
    "o5": {"state": "FULFILLED", "status": "PARTIAL", "parent": "d3", "fields": {"orderDate": IN, "totalAmount": 16}},
    "o6": {**DONE, "owner": B, "productLine": "bikes", "fields": {"orderDate": IN, "totalAmount": 32}},
}
_LINES: list[dict[str, Any]] = [
    {"parent": "o1"},
    {"parent": "o1", "owner": B},
    {"parent": "o1", "territory": "west"},
    {"parent": "o2"},
    {"parent": "o2", "owner": RED, "productLine": "bikes"},
    {"parent": "o2", "territory": "east"},
    {"parent": "o3"},
    {"parent": "o4", "owner": A},
    {"parent": "o5"},
    {"parent": "o5", "owner": B},
    {"parent": "o6"},
    {"parent": "o6", "owner": RED, "territory": "east"},
    {"owner": A, "territory": "east", "productLine": "bikes"},
    {},
]
LINE_ROWS: dict[str, dict[str, Any]] = {
    f"l{number}": {**row, "fields": {"extendedAmount": 2**number, "shippedDate": (IN, OUT, IN)[number % 3]}}
    for number, row in enumerate(_LINES)
}
ROWS = DEAL_ROWS | ORDER_ROWS | LINE_ROWS
#: By holding: the goal's owner, and which links of a record make it the goal's. User a is in the team; both in "north".
HELD: dict[Holding, tuple[str, str, list[Any]]] = {
    Holding.USER: ("a", "owner", [A]),
    Holding.TEAM: ("red", "owner", [RED]),
    Holding.TEAM_WITH_MEMBERS: ("red", "owner", [RED, A]),
    Holding.BUSINESS_UNIT: ("all", "owner", [RED, A]),
    Holding.TERRITORY: ("world", "territory", ["west"]),
    Holding.PRODUCT_LINE: ("wheels", "productLine", ["bikes"]),
    Holding.ALL: ("a", "", []),
}


def link(row: dict[str, Any], name: str) -> Any:
    """A record's link: its own, or else that of what it is part of."""
    return row.get(name) or (link(ROWS[row["parent"]], name) if "parent" in row else None)


def held(rows: dict[str, dict[str, Any]], holding: Holding) -> list[dict[str, Any]]:
    _, name, targets = HELD[holding]
    return [row for row in rows.values() if holding is Holding.ALL or link(row, name) in targets]


def expected(field: CountedField, holding: Holding) -> tuple[int, int]:
    """Sum in units, and number, of the records that a goal of the first quarter counts."""
    counted = []
    for row in held(LINE_ROWS if field.label == "OrderLine" else ORDER_ROWS, holding):
        above = ROWS.get(row.get("parent", ""), {"fields": {}})
        stated, dated = above if field.state_from_parent else row, above if field.date_from_parent else row
        day = dated["fields"].get(field.date)
        fits = stated.get("state") == field.state and (not field.statuses or stated.get("status") in field.statuses)
        if fits and day is not None and Q1.start <= date.fromisoformat(day) <= Q1.end:
            counted.append(row["fields"][field.amount] * 10_000 if field.amount else 1)
    return sum(counted), len(counted)


@pytest.fixture
async def goals(company: Company) -> dict[Holding, str]:
    """Every record, and a goal for each holding."""
    await company.owners(
        OwnerKind.BUSINESS_UNIT, {"name": "all"}, {"name": "north", "parent": "all"}, {"name": "other"}
    )
    await company.owners(OwnerKind.TEAM, {"name": "red", "unit": "north"})
    await company.owners(
        OwnerKind.USER, {"name": "a", "unit": "north", "teams": ["red"]}, {"name": "b", "unit": "other"}
    )
    await company.owners(OwnerKind.TERRITORY, {"name": "world"}, {"name": "west", "parent": "world"}, {"name": "east"})
    await company.owners(OwnerKind.PRODUCT_LINE, {"name": "wheels"}, {"name": "bikes", "parent": "wheels"})
    for type_key, rows in (("opportunity", DEAL_ROWS), ("order", ORDER_ROWS), ("order_line", LINE_ROWS)):
        await company.records(type_key, *({"externalId": key, **row} for key, row in rows.items()))
    metric = await company.metric()
    return {
        holding: await company.goal(
            holding,
            metric_id=metric,
            manager_id=company.ids["administrator"],
            owner_id=company.ids[owner],
            period=Q1,
            record_set=RecordSet.ALL if holding is Holding.ALL else RecordSet.OWNED,
            include_team_members=holding is Holding.TEAM_WITH_MEMBERS,
        )
        for holding, (owner, _, _) in HELD.items()
    }


#: What is compiled together: all holdings of the lines, the others where their text differs.
TOGETHER: list[tuple[list[CountedField], list[Holding]]] = [
    ([LINES, SHIPPED], list(Holding)),
    ([LINES], [Holding.ALL]),
    ([ORDERS, DEALS], [Holding.USER, Holding.TERRITORY, Holding.ALL]),
    ([ORDERS], [Holding.PRODUCT_LINE]),
    ([DEALS], [Holding.TEAM]),
]


async def test_a_goal_counts_what_it_holds_by_the_nearest_link(company: Company, goals: dict[Holding, str]) -> None:
    async def work(tx: Transaction) -> None:
        for fields, holding in [(fields, holding) for fields, holdings in TOGETHER for holding in holdings]:
            compiled = own_compiler.own(holding, fields)
            more = {"root": goals[holding], "from": "", "until": "g", "late": None}
            ((row,),) = [one["rows"] for one in await tx.text(compiled.text, compiled.parameters | more, name="own")]
            for field in fields:
                column = field.category.column
                assert (row[column], row[f"{column}_count"]) == expected(field, holding), (field, holding)

    await company.database.read(work, deadline=120)
    assert expected(LINES, Holding.USER) == (50_000, 2)  # lines 0 and 2: the oracle itself, once by hand
