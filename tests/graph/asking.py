"""What tests of rollup queries share: making and changing them, what is refused, goals that have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from graph.errors import Refusal
from graph.rights import Depth, Kind, Operation, Privilege
from graph.role import assign_role, upsert_role
from graph.rollup_query import RollupQueriesByIds, RollupQueryRow
from graph.rollup_query_change import (
    RollupQueryDraft,
    create_rollup_query,
    delete_rollup_query,
    update_rollup_query,
)
from tests.factories import YEAR, Company

if TYPE_CHECKING:
    from graph.database import Transaction
    from graph.visibility import Viewer

Form = dict[str, Any]


def field(key: str, of: str = "RECORD", **test: Any) -> Form:
    """A condition on a field; `one_of` stands for `in`, which is a word of Python."""
    named = {"in" if name == "one_of" else name: value for name, value in test.items()}
    return {"field": {"of": of, "key": key, "test": named}}


BIG = field("actualValue", greater="1000")
CHICAGO = field("postalCode", "ACCOUNT", equals="60661")


async def create(
    company: Company, name: str, form: Any, record_type: str = "opportunity", viewer: Viewer | None = None, **more: Any
) -> str:
    draft = RollupQueryDraft(name, record_type, form, **more)
    made: str = await company.write(
        lambda tx: create_rollup_query(tx, viewer or company.administrator, draft, company.clock.now())
    )
    return made


async def update(company: Company, query: str, viewer: Viewer | None = None, **changes: Any) -> None:
    await company.write(
        lambda tx: update_rollup_query(tx, viewer or company.administrator, query, changes, company.clock.now())
    )


async def delete(company: Company, query: str, viewer: Viewer | None = None) -> None:
    await company.write(lambda tx: delete_rollup_query(tx, viewer or company.administrator, query))


async def read(company: Company, query: str) -> RollupQueryRow:
    (row,) = await company.database.fetch(RollupQueriesByIds(company.administrator.id, [query]))
    return row


async def stored(company: Company) -> list[Any]:
    """All nodes and relationships with their properties, but for locks."""

    async def work(tx: Transaction) -> list[Any]:
        text = "MATCH (n) RETURN elementId(n) AS id, n {.*, lock: null} AS properties, COUNT { (n)--() } AS links"
        return [dict(row) for row in await tx.text(text, {}, name="tests/stored")]

    return sorted(await company.database.read(work), key=lambda row: str(row["id"]))


async def refused(company: Company, work: Any) -> tuple[str, str]:
    """Do what must be refused: its code and field. Nothing is written, and the message names a remedy."""
    before = await stored(company)
    with pytest.raises(Refusal) as caught:
        await work
    assert await stored(company) == before
    problem = caught.value.problem
    assert problem.message.endswith(".")
    return problem.code.value, ".".join(problem.field or ())


async def attach(company: Company, query: str, goal: str, category: str = "ACTUAL") -> None:
    async def work(tx: Transaction) -> None:
        text = (
            "MATCH (g:Goal {id: $goal}) MATCH (q:RollupQuery {id: $query}) "
            "CREATE (g)-[:FILTERED_BY {category: $category}]->(q)"
        )
        await tx.text(text, {"goal": goal, "query": query, "category": category}, name="tests/attach")

    await company.write(work)


async def allow(company: Company, name: str, *privileges: Privilege) -> Viewer:
    """A user with a role of its own over these privileges and all on rollup queries."""
    queries = [Privilege(Kind.ROLLUP_QUERY, operation, Depth.ORGANIZATION) for operation in Operation]

    async def work(tx: Transaction) -> None:
        role = await upsert_role(tx, company.administrator, None, name, None, [*queries, *privileges])
        await assign_role(tx, company.administrator, role, company.ids[name], granted=True)

    await company.users(name)
    await company.write(work)
    return company.viewer(name)


def reading(record_type: str | None = None, depth: Depth = Depth.OWN) -> Privilege:
    return Privilege(Kind.RECORD, Operation.READ, depth, record_type)


async def goals_with(company: Company, query: str) -> dict[str, str]:
    """Two trees of one metric with a closed goal in each, calculated; the first one's leaf and closed goal have it."""
    metric = await company.metric()
    await company.users("rep", "other")
    ids = company.ids
    root = await company.goal("Root", metric_id=metric, manager_id=ids["rep"], period=YEAR)
    middle = await company.goal("Middle", parent_id=root, manager_id=ids["rep"], rollup_only_from_children=True)
    leaf = await company.goal("Leaf", parent_id=middle, manager_id=ids["rep"])
    beside = await company.goal("Beside", parent_id=root, manager_id=ids["rep"])
    apart = await company.goal("Apart", metric_id=metric, manager_id=ids["other"], period=YEAR)
    await attach(company, query, leaf)
    for one in (root, apart):
        await company.recalculate(one)
    return {"root": root, "middle": middle, "leaf": leaf, "beside": beside, "apart": apart, "metric": metric}
