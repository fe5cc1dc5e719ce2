"""Rollup queries on goals, one for a category at most: which may be attached, and how. What they ask: `query_spec`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from graph.errors import ErrorCode, Refusal
from graph.problems import Problems
from graph.rights import Depth, Kind, Operation, depth_of, require
from graph.rollup_compiler import Category
from graph.rollup_query import RollupQueriesByIds
from graph.statement import Count, Write

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from graph.database import Transaction
    from graph.metric import MetricRow
    from graph.visibility import Viewer

#: The ids of queries by category; None clears one. Categories that are not named stay.
Queries: TypeAlias = Mapping[Category, str | None]


@dataclass(frozen=True, slots=True)
class QueryType:
    """A rollup query, and the key of the record type that it is over."""

    id: str
    record_type: str


@dataclass(frozen=True)
class LockQueries(Write[QueryType], path="goal/lock_queries", row=QueryType):
    """Those of these queries that there are, locked: none can be changed or deleted while goals get it."""

    ids: list[str]


@dataclass(frozen=True)
class DetachQueries(Write[Count], path="goal/detach_queries", row=Count):
    """Take the queries of these categories off a goal."""

    id: str
    categories: list[str]


@dataclass(frozen=True)
class AttachQueries(Write[Count], path="goal/attach_queries", row=Count):
    """Give goals queries: goal, category, query each. What the category had is not looked at."""

    rows: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Usable:
    """The queries that one call names: the record types of those that the viewer may use, and those it only sees."""

    types: Mapping[str, str]
    seen: Collection[str]

    @classmethod
    async def of(cls, tx: Transaction, viewer: Viewer, named: Iterable[Queries]) -> Usable:
        """Of these. What the viewer may use is locked: it stays as it is until the goals have it."""
        ids = sorted({id_ for queries in named for id_ in queries.values() if id_ is not None})
        if not ids:
            return cls({}, ())
        if await depth_of(tx, viewer, Kind.ROLLUP_QUERY, Operation.USE) is Depth.ORGANIZATION:
            return cls({row.id: row.record_type for row in await tx.run(LockQueries(ids))}, ())
        return cls({}, [row.id for row in await tx.run(RollupQueriesByIds(viewer.id, ids))])

    def checked(self, queries: Queries, metric: MetricRow, former: MetricRow | None = None) -> dict[Category, str]:
        """The queries that a goal of this metric gets; every one that it cannot have is refused, all at once.

        `former`: the metric that the goal has so far, whose categories may be cleared.
        """
        problems = Problems()
        for index, (category, id_) in enumerate(queries.items()):
            with problems.at(("queries", str(index))):
                self._check(category, id_, metric, former)
        problems.check(("queries",))
        return {category: id_ for category, id_ in queries.items() if id_ is not None}

    def _check(self, category: Category, id_: str | None, metric: MetricRow, former: MetricRow | None) -> None:
        reads = _record_types(metric).get(category)
        if id_ is None and former is not None and category in former.categories:
            return
        if reads is None:
            message = f"The metric has no {category.value} category. Leave it out."
            raise Refusal(ErrorCode.INVALID_VALUE, message, ("category",))
        if id_ is None:
            return
        if id_ in self.seen:
            message = "You may see this rollup query, but not use it. Ask for a role that may."
            raise Refusal(ErrorCode.FORBIDDEN, message, ("queryId",))
        if id_ not in self.types:
            message = "There is no such rollup query, or you may neither see nor use it."
            raise Refusal(ErrorCode.NOT_FOUND, message, ("queryId",))
        if self.types[id_] != reads:
            message = f"The query asks for records of type {self.types[id_]}, this category counts {reads}. "
            message += "Choose another query."
            raise Refusal(ErrorCode.QUERY_RECORD_TYPE_MISMATCH, message, ("queryId",))


async def check_changed_queries(  # noqa: PLR0917 - a goal before and after
    tx: Transaction,
    viewer: Viewer,
    attached: Sequence[Sequence[str]],
    former: MetricRow,
    metric: MetricRow,
    changes: Mapping[str, Any],
) -> dict[Category, str]:
    """The queries that a goal gets by a change. `attached`: category and record type of those it has.

    Refuses as `Usable.checked`, and QUERY_RECORD_TYPE_MISMATCH for a query that would stay under a metric it does not
    fit.
    """
    queries: Queries = changes.get("queries", {})
    checked = (await Usable.of(tx, viewer, [queries])).checked(queries, metric, former)
    types = _record_types(metric)
    if metric.id != former.id and any(
        types.get(Category(category)) != record_type
        for category, record_type in attached
        if Category(category) not in queries
    ):
        message = "The goal has a rollup query that does not fit this metric. Clear it or name another in `queries`."
        raise Refusal(ErrorCode.QUERY_RECORD_TYPE_MISMATCH, message, ("metricId",))
    return checked


async def require_use(tx: Transaction, viewer: Viewer, field: tuple[str, ...]) -> None:
    """Refuses FORBIDDEN unless the viewer may use rollup queries."""
    await require(tx, viewer, Kind.ROLLUP_QUERY, Operation.USE, "use the rollup queries of these goals", field)


async def attach(tx: Transaction, queries: Mapping[str, Mapping[Category, str]]) -> None:
    """Give goals, by id, queries for categories that have none."""
    rows = [
        {"goal": goal_id, "category": category.value, "query": query}
        for goal_id, of_goal in queries.items()
        for category, query in of_goal.items()
    ]
    if rows:
        await tx.run(AttachQueries(rows))


async def replace(tx: Transaction, goal_id: str, named: Collection[Category], queries: Mapping[Category, str]) -> None:
    """Give a goal these queries in the place of those that the categories named have."""
    if named:
        await tx.run(DetachQueries(goal_id, [category.value for category in named]))
        await attach(tx, {goal_id: queries})


def _record_types(metric: MetricRow) -> dict[Category, str]:
    """The record type that each category of a metric reads."""
    return {field.category: field.record_type for field in metric.fields}
