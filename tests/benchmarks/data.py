"""Bench data in the shape of the PostgreSQL peer's setup.sql, the same on every run, written as the product would."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, LiteralString

from graph.goal import GoalState, RecordSet
from graph.goal_creation import period_properties
from graph.metric import MetricType
from graph.metric_change import MetricDraft, RollupFieldDraft, create_metric, create_rollup_field
from graph.money import TEN_THOUSANDTHS, DataType
from graph.organization import organization
from graph.owners import OwnerKind
from graph.owners_upsert import upsert_owners
from graph.period import FiscalCalendar, PeriodKind, resolve_period
from graph.record_upsert import upsert_records
from graph.rollup_compiler import Category
from graph.visibility import Viewer, ViewersByExternalIds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from graph.clock import Clock
    from graph.database import Database, Transaction
    from graph.ingestion import UpsertReport

BATCH = 10_000
SEED = 20260115
CLOSED_ON = "2026-01-15"
#: Not over when it is measured: goals whose time is long over change no more.
PERIOD = date(2026, 1, 1), date(2099, 12, 31)
HIGHEST_AMOUNT = 999_999
TARGET = 1_000_000
ADMINISTRATOR = "administrator"
RECORD_TYPE = "opportunity"
#: State, status and amount field of the records that count in each category; both go by one date, as in setup.sql.
WON = ("WON", "WON", "actualValue")
OPEN = ("OPEN", "IN_PROGRESS", "estimatedValue")
DATE_FIELD = "actualCloseDate"
LOAD_SECONDS = 600.0
#: A run on schedule, because the data were kept for a day, would be in what is measured.
SETTINGS: LiteralString = "MATCH (o:Organization) SET o.rollupEveryHours = 744"

Item = dict[str, Any]


@dataclass(frozen=True)
class Shape:
    """A tree with the same branching everywhere, one owner per leaf, the records dealt out to the owners in turn.

    Goals are numbered from 0, the root, level by level. External ids begin with `name`: trees live side by side.
    """

    levels: int = 6
    records: int = 1_000_000
    branching: int = 10

    @property
    def goals(self) -> int:
        """All goals."""
        return sum(self.branching**level for level in range(self.levels))

    @property
    def leaves(self) -> int:
        """The goals of the lowest level."""
        return int(self.branching ** (self.levels - 1))

    @property
    def first_leaf(self) -> int:
        """The number of the first goal of the lowest level."""
        return self.goals - self.leaves

    @property
    def name(self) -> str:
        """What the external ids of its owners and records begin with."""
        return f"tree-{self.goals}-"

    @property
    def root(self) -> str:
        """The root's id."""
        return self.goal_id(0)

    def goal_id(self, number: int) -> str:
        """Give the id of a goal: as random as any, and the same on every run."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.name}{number}"))

    def owner(self, number: int) -> str:
        """Give the external id of the user who owns a leaf."""
        return f"{self.name}{number}"


#: For the plots of time against size; the largest one is the peers'.
SHAPES = (Shape(4, 10_000), Shape(5, 100_000), Shape(6, 1_000_000))


def owner_rows(shape: Shape) -> Iterator[Item]:
    """Give the users who own the leaves, as `upsert_owners` takes them."""
    for number in range(shape.first_leaf, shape.goals):
        yield {"externalId": shape.owner(number), "name": f"Rep {number}"}


def record_rows(shape: Shape, *, more: int = 0) -> Iterator[Item]:
    """Draw the records one by one, as `upsert_records` takes them: amounts uniform and `more`, won and open by half."""
    draw = random.Random(SEED)  # noqa: S311 - bench data, the same on every run
    for number in range(shape.records):
        amount = draw.randint(1, HIGHEST_AMOUNT) + more
        state, status, field = WON if draw.random() < 0.5 else OPEN
        yield {
            "externalId": f"{shape.name}{number:07}",
            "name": f"Opportunity {number}",
            "state": state,
            "status": status,
            "owner": {"user": shape.owner(shape.first_leaf + number % shape.leaves)},
            "fields": {field: str(amount), DATE_FIELD: CLOSED_ON},
        }


def batches(rows: Iterable[Item]) -> Iterator[list[Item]]:
    """Cut the rows into batches of the size that an upsert takes at most, holding one at a time."""
    source = iter(rows)
    while batch := list(islice(source, BATCH)):
        yield batch


async def load_administrator(database: Database) -> Viewer:
    """Make the administrator on whose behalf everything else is written."""
    maker = Viewer("bench", "bench", "Bench", administrator=True)
    row = {"externalId": ADMINISTRATOR, "name": "Administrator", "administrator": True}

    async def work(tx: Transaction) -> Viewer | None:
        await upsert_owners(tx, maker, OwnerKind.USER, [row], all_or_nothing=True)
        return await tx.one(ViewersByExternalIds([ADMINISTRATOR]))

    viewer = await database.write(work, deadline=LOAD_SECONDS)
    if viewer is None:
        message = "the administrator was written and is not there"
        raise RuntimeError(message)
    return viewer


async def load_metric(database: Database, viewer: Viewer) -> str:
    """Make the metric of all trees, money in two categories; its id."""

    async def work(tx: Transaction) -> str:
        draft = MetricDraft("Revenue", MetricType.AMOUNT, DataType.MONEY)
        metric = await create_metric(tx, viewer, draft)
        for category, (state, _, field) in ((Category.ACTUAL, WON), (Category.IN_PROGRESS, OPEN)):
            source = RollupFieldDraft(category, RECORD_TYPE, DATE_FIELD, state, amount_field=field)
            await create_rollup_field(tx, viewer, metric, source)
        return metric

    return await database.write(work, deadline=LOAD_SECONDS)


async def load_owners(database: Database, viewer: Viewer, shape: Shape) -> None:
    """Write one user per leaf through the product's own path."""
    for batch in batches(owner_rows(shape)):

        async def work(tx: Transaction, batch: list[Item] = batch) -> UpsertReport:
            return await upsert_owners(tx, viewer, OwnerKind.USER, batch, all_or_nothing=True)

        _all_taken(await database.write(work, deadline=LOAD_SECONDS))


async def load_goals(database: Database, viewer: Viewer, metric: str, shape: Shape, now: datetime) -> None:
    """Write the tree: goal `i` below goal `(i - 1) // branching`, parents always written before their children.

    In bulk, unchecked, with ids of its own: the same properties and links as createGoals leaves.
    """
    for batch in batches(_goal_rows(shape, viewer, now)):
        await write_goals(database, viewer, metric, batch)


async def write_goals(database: Database, viewer: Viewer, metric: str, rows: list[Item]) -> None:
    """Write goals in one transaction, unchecked: id, parent, external id of the owner, properties each."""

    async def work(tx: Transaction) -> None:
        for text in (_NODES, _EDGES):
            await tx.text(text, {"rows": rows, "metric": metric, "manager": viewer.id}, name="bench/goals")

    await database.write(work, deadline=LOAD_SECONDS)


# The statements demand index seeks: they are planned while the labels are empty, and a label scan would look as cheap.
_NODES: LiteralString = """\
MATCH (metric:Metric {id: $metric})
MATCH (manager:User {id: $manager})
UNWIND $rows AS row
MATCH (owner:User {externalId: row.owner})
USING INDEX SEEK owner:User(externalId)
CREATE (g:Goal {id: row.id})
SET g += row.properties, g.ownedBy = owner.id
CREATE (g)-[:MEASURED_BY]->(metric)
CREATE (g)-[:MANAGED_BY]->(manager)
CREATE (g)-[:OWNED_BY]->(owner)
RETURN count(*) AS count"""
_EDGES: LiteralString = """\
UNWIND $rows AS row
MATCH (child:Goal {id: row.id})
USING INDEX SEEK child:Goal(id)
MATCH (parent:Goal {id: row.parent})
USING INDEX SEEK parent:Goal(id)
CREATE (child)-[:CHILD_OF]->(parent)
RETURN count(*) AS count"""


def _goal_rows(shape: Shape, viewer: Viewer, now: datetime) -> Iterator[Item]:
    for number in range(shape.goals):
        leaf = number >= shape.first_leaf
        yield goal_row(
            shape.goal_id(number),
            parent=shape.goal_id((number - 1) // shape.branching) if number else None,
            owner=shape.owner(number) if leaf else viewer.external_id,
            title=f"Goal {number}",
            leaf=leaf,
            now=now,
        )


@cache
def _period_properties() -> dict[str, Any]:
    start, end = PERIOD
    period = resolve_period(FiscalCalendar(), kind=PeriodKind.CUSTOM, start=start, end=end)
    return {name: value for name, value in period_properties(period).items() if value is not None}


def goal_row(id_: str, *, parent: str | None, owner: str, title: str, leaf: bool, now: datetime) -> Item:
    """Put a goal as `write_goals` takes it; all but leaves have their numbers from their children alone."""
    return {
        "id": id_,
        "parent": parent,
        "owner": owner,
        "properties": {
            "title": title,
            "state": GoalState.OPEN.value,
            "restricted": False,
            "target": TARGET * TEN_THOUSANDTHS,
            "rollupOnlyFromChildren": not leaf,
            "recordSet": RecordSet.OWNED.value,
            "includeTeamMembers": False,
            **_period_properties(),
            "createdAt": now,
            "updatedAt": now,
        },
    }


async def upsert(database: Database, viewer: Viewer, clock: Clock, batch: list[Item]) -> UpsertReport:
    """Write a batch of records in one transaction, through the product's own path."""

    async def work(tx: Transaction) -> UpsertReport:
        zone = (await organization(tx)).zone
        return await upsert_records(tx, viewer, RECORD_TYPE, batch, now=clock.now(), zone=zone)

    report = await database.write(work, deadline=LOAD_SECONDS)
    _all_taken(report)
    return report


def _all_taken(report: UpsertReport) -> None:
    if report.refused:
        message = f"bench data was refused: {report.refused[0]}"
        raise RuntimeError(message)


async def load_records(database: Database, viewer: Viewer, clock: Clock, shape: Shape) -> None:
    """Write the records through the product's own path."""
    for batch in batches(record_rows(shape)):
        await upsert(database, viewer, clock, batch)
