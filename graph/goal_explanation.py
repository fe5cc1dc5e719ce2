"""Why a goal's numbers are what they are: which records its rollup fields and queries count, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.contribution import HowGoalCounts
from graph.goal import GoalRow, RecordSet
from graph.money import DataType
from graph.owners import OwnersByIds
from graph.query_spec import owners_named
from graph.query_types import query_types
from graph.query_words import words
from graph.rollup_query import RollupQueriesByIds

if TYPE_CHECKING:
    from graph.database import Transaction
    from graph.metric import MetricRow, RollupFieldRow
    from graph.query_spec import QueryTypes, Spec
    from graph.rollup_compiler import Category
    from graph.rollup_query import RollupQueryRow
    from graph.visibility import Viewer

_SETS = {
    "USER": "owned by the goal's owner",
    "TEAM": "owned by the goal's team",
    "TEAM_WITH_MEMBERS": "owned by the goal's team or a member of it",
    "BUSINESS_UNIT": "owned by a user or team in the goal's business unit or below",
    "TERRITORY": "in the goal's territory or below",
    "PRODUCT_LINE": "for the goal's product line or one below",
    "ALL": "of any owner",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """What one category counts, in words. `query` is its query's id, `query_words` None where none can be read."""

    category: Category
    counts: str
    query: str | None
    query_words: str | None
    conversion: str | None


async def reasons(tx: Transaction, viewer: Viewer, goal: GoalRow) -> list[Reason]:
    """Say of each category of a goal's metric what it counts; nothing if the viewer may not see the goal.

    A query is put into words for who may read rollup queries.
    """
    counts = await tx.one(HowGoalCounts(viewer.id, goal.id))
    if counts is None:
        return []
    ids = dict(counts.queries)
    readable = {row.id: row for row in await tx.run(RollupQueriesByIds(viewer.id, sorted(ids.values())))} if ids else {}
    found = []
    for field in counts.metric.fields:
        query = readable.get(ids.get(field.category.value, ""))
        found.append(
            Reason(
                field.category,
                _counts(goal, counts.metric, field, counts.holding, with_query=field.category.value in ids),
                None if query is None else query.id,
                None if query is None else await query_in_words(tx, viewer, query, counts.metric.base_currency),
                await _conversion(tx, counts.metric, field),
            )
        )
    return found


async def query_in_words(tx: Transaction, viewer: Viewer, query: RollupQueryRow, base_currency: str) -> str:
    """A rollup query in words, with the names of the owners it names."""
    types = await query_types(tx, query.record_type)
    return await in_words(tx, viewer, query.spec(types), types, base_currency)


async def in_words(tx: Transaction, viewer: Viewer, spec: Spec, types: QueryTypes, base_currency: str) -> str:
    """A spec in words, with the names of the owners it names."""
    named = sorted(owners_named(spec))
    names = {row.id: row.name for row in await tx.run(OwnersByIds(viewer.id, named))} if named else {}
    return words(spec, types, names, base_currency)


def _counts(goal: GoalRow, metric: MetricRow, field: RollupFieldRow, holding: str | None, *, with_query: bool) -> str:
    if holding is None:
        return "The goal has no records of its own: it takes everything from the goals below."
    what = "how many there are" if field.amount_field is None else f"the sum of their {field.amount_field}"
    state = f"in state {field.state}" + (f" with status {' or '.join(field.statuses)}" if field.statuses else "")
    if field.state_from_parent:
        state = f"whose parent record is {state}"
    date = f"the {field.date_field} of their parent record" if field.date_from_parent else f"their {field.date_field}"
    records = _SETS["ALL" if goal.record_set == RecordSet.ALL else holding]
    query = ", and that meet its query" if with_query else ""
    kind = field.record_type.replace("_", " ")
    unit = f" in {metric.base_currency}" if metric.data_type is DataType.MONEY else ""
    return (
        f"Of records of type {kind}, {records}, {state}, with {date} from {goal.start} to {goal.end}, both included"
        f"{query}: {what}{unit}."
    )


async def _conversion(tx: Transaction, metric: MetricRow, field: RollupFieldRow) -> str | None:
    """How amounts in other currencies come into the sum; None where no money is summed."""
    if metric.data_type is not DataType.MONEY:
        return None
    rate_date = (await query_types(tx, field.record_type)).record.rate_date
    day = "the day it was saved first" if rate_date is None else f"its {rate_date}, or the day of saving without one"
    return (
        f"An amount in another currency counts in {metric.base_currency}, at the rate of the record's rate date: {day}."
    )
