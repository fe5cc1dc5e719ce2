"""The records behind a goal's numbers: those it counts, as a viewer may see them, and what counts more than once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import cypher
from graph import contribution_compiler
from graph.metric import MetricRow
from graph.own_compiler import Holding
from graph.own_part import Queries, definition
from graph.query_spec import Subject, compared_property, fields_read, query_fields
from graph.record import RecordRow
from graph.rights import Depth, Kind, Operation, depth_of
from graph.rollup_compiler import HALF, Category
from graph.statement import Read

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from graph.database import Transaction
    from graph.own_compiler import Asking, CountedField
    from graph.own_part import Definition
    from graph.query_spec import QueryTypes, Spec
    from graph.rollup_compiler import Compiled, Ways
    from graph.visibility import Viewer


@dataclass(frozen=True, slots=True)
class Page:
    """Which of the records, by name and id: so many after that of the last one seen."""

    first: int
    after_name: str | None = None
    after_id: str | None = None

    def parameters(self) -> dict[str, Any]:
        """As statements take it."""
        return {"first": self.first, "after_name": self.after_name, "after_id": self.after_id}


@dataclass(frozen=True, slots=True)
class Contributions:
    """Records that a goal's own part counts: a page of those the viewer may see, how many such, and how many others."""

    records: tuple[RecordRow, ...] = ()
    total_count: int = 0
    restricted_count: int = 0


@dataclass(frozen=True, slots=True)
class Overlap:
    """Records that count more than once in a goal's total, and in units (a Count: how often) what they add too much."""

    records: int = 0
    units: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """How a goal finds its records: a Holding's name, None without an own part; its queries; what is masked."""

    metric: MetricRow
    holding: str | None
    queries: list[tuple[str, str]]
    masked: list[str]

    def query(self, category: Category) -> str | None:
        """The id of its query for a category."""
        return dict(self.queries).get(category.value)

    def tells(self, category: Category) -> bool:
        """Whether the metric has this category and the viewer may read its numbers."""
        return category in self.metric.categories and f"goal.{category.stored}" not in self.masked


@dataclass(frozen=True)
class HowGoalCounts(Read[Counts], path="goal/counts", row=Counts):
    """How a goal that the viewer may see finds its records."""

    viewer: str
    goal: str

    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> Counts:
        """The metric's map as a row."""
        return Counts(**{**columns, "metric": MetricRow.read(columns["metric"])})


@dataclass(frozen=True, slots=True)
class WaysFound:
    """The ways in which goals find records."""

    ways: Ways


@dataclass(frozen=True)
class WaysBelow(Read[WaysFound], path="goal/ways_below", row=WaysFound):
    """The ways in which a visible goal and all that counts in it find records."""

    viewer: str
    goal: str


async def contributions(  # noqa: PLR0917 - what, for whom, when
    tx: Transaction, viewer: Viewer, goal_id: str, category: Category, page: Page, now: datetime
) -> Contributions | None:
    """The records that a goal's own part counts now; None if the viewer may not see the goal or the category's numbers.

    A record is shown only where all is visible that decides whether it counts: a field or a query that is kept from the
    viewer, or a hidden account, would be told by its being there.
    """
    counts = await tx.one(HowGoalCounts(viewer.id, goal_id))
    if counts is None or not counts.tells(category):
        return None
    if counts.holding is None:
        return Contributions()
    known = await definition(tx, counts.metric)
    field = known.field(category)
    query = counts.query(category)
    queries = await Queries.of(tx, known, set() if query is None else {query}, counts.metric.today(now))
    asking, values = queries.asking(field.label, [field], {} if query is None else {category: query})
    deciding = fields_that_decide(field, known)
    if query is not None:
        deciding |= fields_asked(queries.spec(field.label, query), queries.types(field.label))
    compiled = contribution_compiler.contributions(Holding(counts.holding), field, asking)
    readable = query is None or await depth_of(tx, viewer, Kind.ROLLUP_QUERY, Operation.READ) is Depth.ORGANIZATION
    more = {"open": readable and not deciding & set(counts.masked), **values, **page.parameters()}
    rows = await run(tx, compiled, viewer, goal_id, more)
    if not rows:  # no record counts
        return Contributions()
    (row,) = rows
    return Contributions(tuple(map(RecordRow.read, row["records"])), row["total_count"], row["restricted_count"])


async def overlap(tx: Transaction, viewer: Viewer, goal_id: str, category: Category, now: datetime) -> Overlap | None:
    """What counts more than once in a goal's total now; None if the viewer may not see the goal or its numbers.

    Declared as shown (visibility.md §1): it says nothing of a single record or goal.
    """
    counts = await tx.one(HowGoalCounts(viewer.id, goal_id))
    if counts is None or not counts.tells(category):
        return None
    (below,) = await tx.run(WaysBelow(viewer.id, goal_id))
    known = await definition(tx, counts.metric)
    field = known.field(category)
    asked = [(name, dict(named).get(category.value)) for name, named in below.ways]
    queries = await Queries.of(tx, known, {id_ for _, id_ in asked if id_}, counts.metric.today(now))
    jobs: dict[Any, tuple[Asking | None, dict[str, Any]]] = {}
    for name, id_ in asked:
        asking, values = queries.asking(field.label, [field], {} if id_ is None else {category: id_})
        key = (name, None if asking is None else tuple(asking.predicates.items()))
        number, (kept, merged) = len(jobs), jobs.get(key, (asking, {}))
        if kept is not None and key not in jobs:
            kept = replace(kept, suffix=f"_{number}")
        for of_query in values.values():
            merged = {**merged, **of_query}
        jobs[key] = (kept, merged)
    if not jobs:
        return Overlap()
    compiled = contribution_compiler.overlap(
        category, field.amount, [(Holding(key[0]), field, kept) for key, (kept, _) in jobs.items()]
    )
    more = {kept.parameter(category): values for kept, values in jobs.values() if kept is not None}
    (row,) = await run(tx, compiled, viewer, goal_id, more)
    return Overlap(row["records"], row["high"] * HALF + row["low"])


def fields_that_decide(field: CountedField, known: Definition) -> set[str]:
    """What decides whether a record counts, but for queries, as field profiles name it: its date."""
    kind, *above = known.chains[field.label]
    dated = above[0] if field.date_from_parent else kind
    return {
        f"record.{dated.key}.{declared.key}"
        for declared in dated.fields.values()
        if compared_property(declared) == field.date
    }


def fields_asked(spec: Spec, types: QueryTypes) -> set[str]:
    """The declared fields that a query looks at, as field profiles name them."""
    found = set()
    for subject, key in fields_read(spec):
        kind = types.of(Subject(subject))
        if kind is not None and key in query_fields(kind):
            found.add(f"record.{kind.key}.{key}")
    return found


async def run(
    tx: Transaction, compiled: Compiled, viewer: Viewer, goal_id: str | None, more: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The rows of a compiled statement, with the policies it names filled in."""
    parameters = {"viewer": viewer.id, "goal": goal_id, **compiled.parameters, **more}
    # The compiled text and the policies are the program's own: nothing of a request is in them.
    text: Any = cypher.fill(compiled.text)
    return await tx.text(text, parameters, name=compiled.name)
