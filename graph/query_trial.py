"""Trying a rollup query, saved or draft: what it finds among the records a viewer may see, as the viewer sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graph import contribution_compiler
from graph.contribution import HowGoalCounts, fields_that_decide, run
from graph.errors import ErrorCode, Refusal
from graph.money import DataType
from graph.organization import organization
from graph.own_compiler import CountedField, Holding
from graph.own_part import definition
from graph.query_compiler import Today, predicate
from graph.query_spec import asks_for_the_goal
from graph.record import RecordRow
from graph.rights import SecuredFrom
from graph.rollup_compiler import HALF, Category

if TYPE_CHECKING:
    from datetime import datetime

    from graph.contribution import Page
    from graph.database import Transaction
    from graph.query_spec import QueryTypes, Spec
    from graph.visibility import Viewer


@dataclass(frozen=True, slots=True)
class QueryTrial:
    """What is tested: a spec over these types, alone or for one category of a goal; `amount_field`: what to sum."""

    spec: Spec
    types: QueryTypes
    goal_id: str | None = None
    category: Category | None = None
    amount_field: str | None = None


@dataclass(frozen=True, slots=True)
class TrialResult:
    """A page of the records found, how many there are, and what their amounts sum to, in units; None: no amount."""

    records: tuple[RecordRow, ...]
    count: int
    units: int | None
    data_type: DataType | None


async def try_query(tx: Transaction, viewer: Viewer, trial: QueryTrial, page: Page, now: datetime) -> TrialResult:
    """Find the records that the viewer may see and that the query finds; of others nothing is said.

    For a goal: those it would count, could it count only what the viewer sees. That the viewer may ask all of it is
    checked before (`rollup_query_change.check_may_ask`). Refuses NOT_FOUND, REQUIRED, UNKNOWN_FIELD, FORBIDDEN,
    QUERY_RECORD_TYPE_MISMATCH.
    """
    found = await organization(tx)
    today = Today(now.astimezone(found.zone).date(), found.calendar)
    asked = predicate(trial.spec, trial.types, today, "asked")
    field, holding, data_type = await _counted(tx, viewer, trial)
    if holding is None and trial.goal_id is not None:
        return TrialResult((), 0, 0 if data_type else None, data_type)  # it takes all from its children
    compiled = contribution_compiler.tested(field, holding, asked, trial.types)
    more: dict[str, Any] = {"asked": dict(asked.values), **page.parameters()}
    rows = await run(tx, compiled, viewer, trial.goal_id, more)
    row: dict[str, Any] = rows[0] if rows else {"records": [], "total_count": 0, "high": 0, "low": 0}
    units = row["high"] * HALF + row["low"] if field.amount else None
    return TrialResult(tuple(map(RecordRow.read, row["records"])), row["total_count"], units, data_type)


async def _counted(
    tx: Transaction, viewer: Viewer, trial: QueryTrial
) -> tuple[CountedField, Holding | None, DataType | None]:
    """Which records of the type are asked, by which field their amounts are summed, and as what."""
    if trial.goal_id is None:
        if asks_for_the_goal(trial.spec):
            message = "The query compares records with a goal's owner. Name the goal to test it for."
            raise Refusal(ErrorCode.REQUIRED, message, ("goalId",))
        return await _of_type(tx, viewer, trial)
    if trial.category is None:
        raise Refusal(ErrorCode.REQUIRED, "Which of the goal's categories is it tested for?", ("category",))
    counts = await tx.one(HowGoalCounts(viewer.id, trial.goal_id))
    if counts is None:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such goal, or you may not see it.", ("goalId",))
    if trial.category not in counts.metric.categories:
        message = "The goal's metric has no such category. Choose one of its rollup fields."
        raise Refusal(ErrorCode.INVALID_VALUE, message, ("category",))
    known = await definition(tx, counts.metric)
    field = known.field(trial.category)
    if field.label != trial.types.record.label:
        message = "The query's record type is not that of the goal's rollup field."
        raise Refusal(ErrorCode.QUERY_RECORD_TYPE_MISMATCH, message, ("category",))
    amounts = {
        f"record.{trial.types.record.key}.{row.amount_field}"
        for row in counts.metric.fields
        if row.category is trial.category
    }
    if (fields_that_decide(field, known) | amounts) & set(counts.masked):
        message = "A field that the goal's rollup field reads is kept from you by a field profile."
        raise Refusal(ErrorCode.FORBIDDEN, message, ("category",))
    holding = None if counts.holding is None else Holding(counts.holding)
    return field, holding, counts.metric.data_type if field.amount else None


async def _of_type(tx: Transaction, viewer: Viewer, trial: QueryTrial) -> tuple[CountedField, None, DataType | None]:
    kind = trial.types.record
    secured = await tx.one(SecuredFrom(viewer.id))
    if secured is not None and f"record.{kind.key}.{trial.amount_field}" in secured.masked:
        # Else the sum over one record would be its amount.
        message = f"A field profile keeps {trial.amount_field} from you. Sum another field, or none."
        raise Refusal(ErrorCode.FORBIDDEN, message, ("amountField",))
    amount = None if trial.amount_field is None else kind.stored_amount(trial.amount_field)
    data_type = None if trial.amount_field is None else DataType(kind.fields[trial.amount_field].data_type.value)
    # No state and no date decide here: only its label and its amount are looked at.
    return CountedField(Category.ACTUAL, kind.label, amount, "", (), "name"), None, data_type
