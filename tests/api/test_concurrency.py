"""Readers during rollups and moves: every answer adds up, whatever commit came in between."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from api.context import Context
from api.loaders import Loaders
from api.schema import schema
from tests.factories import Q1

if TYPE_CHECKING:
    from pydantic import SecretStr

    from graph.settings import Settings
    from tests.factories import Company

CHILDREN = 40
ROUNDS = 12
TREE = "{ goalTree(rootId: $root) { nodes { parentId goal { id state actual ownActual computedActual } } } }"
NESTED = (
    "{ goal(id: $root) { id ownActual computedActual children(first: 50) { nodes { id actual ownActual computedActual "
    "children(first: 50) { nodes { id actual } } } } } }"
)


async def test_no_answer_has_a_sum_that_is_not_that_of_its_parts(company: Company, settings: Settings) -> None:
    await company.users("Manager")
    manager = company.ids["Manager"]
    metric = await company.metric()
    root = await company.goal("Root", metric_id=metric, manager_id=manager, period=Q1, rollup_only_from_children=True)
    teams = [await company.goal(name, parent_id=root, rollup_only_from_children=True) for name in ("East", "West")]
    await company.users(*(f"Rep {number:02}" for number in range(CHILDREN)))
    reps = [
        await company.goal(f"Rep {number:02}", parent_id=teams[number % 2], owner_id=company.ids[f"Rep {number:02}"])
        for number in range(CHILDREN)
    ]
    over = asyncio.Event()
    counted = {"answers": 0}

    async def write() -> None:
        for turn in range(1, ROUNDS + 1):
            await company.records(
                "opportunity",
                *(
                    {
                        "externalId": f"deal-{number}",
                        "state": "WON",
                        "owner": {"user": f"Rep {number:02}"},
                        "fields": {"actualValue": str(turn * (number + 1)), "actualCloseDate": "2026-02-01"},
                    }
                    for number in range(CHILDREN)
                ),
            )
            await company.recalculate(root)
            moved, target = reps[turn % CHILDREN], teams[turn % 2]
            await company.move(moved, target)
        over.set()

    async def read(document: str, check: Any) -> None:
        while not over.is_set():
            data = await execute(document, root, company, settings)
            check(data)
            counted["answers"] += 1

    await asyncio.gather(write(), read(TREE, check_tree), read(NESTED, check_nested), read(TREE, check_tree))
    assert counted["answers"] > ROUNDS
    data = await execute(NESTED, root, company, settings)
    assert data["goal"]["computedActual"] == str(ROUNDS * sum(range(1, CHILDREN + 1)))


async def execute(document: str, root: str, company: Company, settings: Settings) -> Any:
    key: SecretStr = settings.signing_key()
    context = Context("request", "administrator", company.database, company.clock, settings, key, make_loaders=Loaders)
    result = await schema.execute(f"query ($root: ID!) {document}", {"root": root}, context_value=context)
    assert result.errors is None, result.errors
    return result.data


def check_tree(data: Any) -> None:
    nodes = data["goalTree"]["nodes"]
    for node in nodes:
        goal = node["goal"]
        parts = [other["goal"]["actual"] for other in nodes if other["parentId"] == goal["id"]]
        check_sum(goal, parts)


def check_nested(data: Any) -> None:
    top = data["goal"]
    check_sum(top, [child["actual"] for child in top["children"]["nodes"]])
    for child in top["children"]["nodes"]:
        check_sum(child, [below["actual"] for below in child["children"]["nodes"]])


def check_sum(goal: Any, parts: list[str | None]) -> None:
    if goal["computedActual"] is not None:
        total = Decimal(goal["ownActual"]) + sum(Decimal(part or 0) for part in parts)
        assert Decimal(goal["computedActual"]) == total, (goal, parts)
