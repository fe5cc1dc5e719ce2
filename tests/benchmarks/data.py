"""Bench data in the shape of the PostgreSQL peer's setup.sql, written with plain statements; no product code."""

from __future__ import annotations

import random
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any, LiteralString

from neo4j import Driver, Query

if TYPE_CHECKING:
    from collections.abc import Iterator

# The statements demand index seeks: they are planned while the labels are empty, and an index scan would look as cheap.
BATCH = 10_000
SEED = 20260115
CLOSED_ON = date(2026, 1, 15)
HIGHEST_AMOUNT = 999_999
TARGET = 1_000_000

Item = dict[str, Any]


@dataclass(frozen=True)
class Shape:
    """A tree with the same branching everywhere, one owner per leaf, the records dealt out to the owners in turn."""

    branching: int = 10
    levels: int = 6
    records: int = 1_000_000

    @property
    def goals(self) -> int:
        """All goals; they are numbered from 0, the root, level by level."""
        return sum(self.branching**level for level in range(self.levels))

    @property
    def leaves(self) -> int:
        return int(self.branching ** (self.levels - 1))

    @property
    def first_leaf(self) -> int:
        return self.goals - self.leaves


@dataclass(frozen=True)
class Names:
    """What the graph calls things. Labels may be several, joined by a colon; the first is the one indexed."""

    goal: str = "Goal"
    user: str = "User"
    record: str = "Record:Opportunity"
    child_of: str = "CHILD_OF"
    owned_by: str = "OWNED_BY"
    number: str = "number"
    target: str = "target"
    amount: str = "amount"
    state: str = "state"
    closed_on: str = "closed_on"


@dataclass(frozen=True)
class Totals:
    """What the root must show after a rollup: the sums over all records, by state."""

    won: int = 0
    open: int = 0


def load(driver: Driver, shape: Shape, names: Names) -> Totals:
    """Write goals, owners and records."""
    with indexes(driver, names):
        load_goals(driver, shape, names)
        load_owners(driver, shape, names)
        return load_records(driver, shape, names)


@contextmanager
def indexes(driver: Driver, names: Names) -> Iterator[None]:
    """Have the indexes that loading needs, and drop them: what is measured has the product's own and no others."""
    labels = {"goal": _indexed(names.goal), "user": _indexed(names.user)}
    for kind, label in labels.items():
        _run(driver, f"CREATE INDEX bench_{kind} IF NOT EXISTS FOR (n:{label}) ON (n.{names.number})")
    try:
        _run(driver, "CALL db.awaitIndexes(300)")
        yield
    finally:
        for kind in labels:
            _run(driver, f"DROP INDEX bench_{kind} IF EXISTS")


def load_goals(driver: Driver, shape: Shape, names: Names) -> None:
    """Write the tree: goal `i` below goal `(i - 1) // branching`, parents always written before their children."""
    identify = random.Random(SEED)  # noqa: S311  # bench data, the same on every run
    rows = (
        {"number": i, "id": _uuid(identify), "target": TARGET, "parent": (i - 1) // shape.branching if i else None}
        for i in range(shape.goals)
    )
    nodes = f"""
        UNWIND $rows AS row
        CREATE (:{names.goal} {{{names.number}: row.number, id: row.id, {names.target}: row.target}})"""
    edges = f"""
        UNWIND $rows AS row
        MATCH (child:{names.goal} {{{names.number}: row.number}})
        USING INDEX SEEK child:{_indexed(names.goal)}({names.number})
        MATCH (parent:{names.goal} {{{names.number}: row.parent}})
        USING INDEX SEEK parent:{_indexed(names.goal)}({names.number})
        CREATE (child)-[:{names.child_of}]->(parent)"""
    for batch in _batches(rows):
        _run(driver, nodes, batch)
        _run(driver, edges, batch)


def load_owners(driver: Driver, shape: Shape, names: Names) -> None:
    """Write one user per leaf, with the leaf's number."""
    identify = random.Random(SEED + 1)  # noqa: S311
    rows = ({"number": i, "id": _uuid(identify)} for i in range(shape.first_leaf, shape.goals))
    statement = f"""
        UNWIND $rows AS row
        MATCH (goal:{names.goal} {{{names.number}: row.number}})
        USING INDEX SEEK goal:{_indexed(names.goal)}({names.number})
        CREATE (goal)-[:{names.owned_by}]->(:{names.user} {{{names.number}: row.number, id: row.id}})"""
    for batch in _batches(rows):
        _run(driver, statement, batch)


def load_records(driver: Driver, shape: Shape, names: Names) -> Totals:
    """Write record `i` for the owner of leaf `first_leaf + i % leaves`; amounts uniform, won and open by half."""
    statement = f"""
        UNWIND $rows AS row
        MATCH (owner:{names.user} {{{names.number}: row.owner}})
        USING INDEX SEEK owner:{_indexed(names.user)}({names.number})
        CREATE (:{names.record} {{
          id: row.id, {names.amount}: row.amount, {names.state}: row.state, {names.closed_on}: row.closed_on
        }})-[:{names.owned_by}]->(owner)"""
    won = opened = 0
    for batch in _batches(records(shape)):
        _run(driver, statement, batch)
        won += sum(row["amount"] for row in batch if row["state"] == "won")
        opened += sum(row["amount"] for row in batch if row["state"] == "open")
    return Totals(won=won, open=opened)


def records(shape: Shape) -> Iterator[Item]:
    """Draw the records one by one, the same on every run: `owner` is the leaf's number."""
    draw = random.Random(SEED + 2)  # noqa: S311
    for i in range(shape.records):
        yield {
            "id": _uuid(draw),
            "owner": shape.first_leaf + i % shape.leaves,
            "amount": draw.randint(1, HIGHEST_AMOUNT),
            "state": "won" if draw.random() < 0.5 else "open",
            "closed_on": CLOSED_ON,
        }


def _indexed(labels: str) -> str:
    return labels.split(":", maxsplit=1)[0]


def _uuid(source: random.Random) -> str:
    return str(uuid.UUID(int=source.getrandbits(128), version=4))


def _batches(rows: Iterator[Item]) -> Iterator[list[Item]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def _run(driver: Driver, statement: LiteralString, batch: list[Item] | None = None) -> None:
    driver.execute_query(Query(statement), {"rows": batch or []})
