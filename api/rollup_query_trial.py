"""Trying a rollup query in GraphQL, saved or draft: what it finds among the records that the viewer may see."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.arguments import After, First
from api.category import Category
from api.connection import Connection, read_page
from api.context import Info
from api.fields import detail, public
from api.record import Record, record_type_node
from api.rollup_query_input import RollupQueryConditionInput, form_of
from api.scalars import Decimal
from graph.contribution import Page
from graph.database import Transaction
from graph.errors import ErrorCode, Refusal
from graph.goal_explanation import in_words
from graph.money import format_units
from graph.organization import organization
from graph.query_form import read_spec
from graph.query_rights import check_may_ask, check_owners
from graph.query_trial import QueryTrial, TrialResult, try_query
from graph.query_types import query_types
from graph.rollup_query import RollupQueriesByIds

_NO_QUERY = "There is no such rollup query, or you may not see it."
_ONE = "Name a saved query by queryId, or give recordType and conditions of a draft: one of the two."


@strawberry.input(description="A rollup query to try: a saved one, or a draft; alone, or for one category of a goal.")
class TestRollupQueryInput:
    """What to try."""

    __test__ = False

    query_id: strawberry.ID | None = strawberry.field(default=None, description="A saved rollup query.")
    record_type: str | None = strawberry.field(default=None, description="Of a draft: the record type's key.")
    conditions: RollupQueryConditionInput | None = strawberry.field(
        default=None, description="Of a draft: its conditions."
    )
    goal_id: strawberry.ID | None = strawberry.field(
        default=None, description="A goal: of the records that it counts but for its query, which does this one choose?"
    )
    category: Category | None = strawberry.field(default=None, description="With a goal: for which of its categories.")
    amount_field: str | None = strawberry.field(
        default=None, description="Without a goal: key of the field of the record type to sum."
    )


@strawberry.type(description="What a rollup query finds among the records that the viewer may see; nothing of others.")
class RollupQueryTest:
    """A trial's outcome."""

    words: str = public("The query in words.")
    count: int = detail("How many records it finds.")
    sum: Decimal | None = detail("The sum of their amounts, money in base currency; null where none is summed.")
    records: Connection[Record] = detail("The records, by name.")


@strawberry.type
class RollupQueryTrialQuery:
    """Trying rollup queries."""

    @detail(
        "Try a rollup query, saved or draft: count, sum and a page of the records it finds and the viewer may see. "
        "It needs the right to read every type and field that the conditions name."
    )
    async def test_rollup_query(
        self,
        info: Info,
        input: Annotated[TestRollupQueryInput, strawberry.argument(description="What to try.")],
        first: First = None,
        after: After = None,
    ) -> RollupQueryTest:
        """Try a query. Refuses what saving it would refuse."""
        context = info.context
        form = None if input.conditions is None else form_of(input.conditions)
        asked = {"query": input.query_id, "type": input.record_type, "conditions": form, "goal": input.goal_id}
        asked |= {"category": input.category and input.category.value, "amount": input.amount_field}
        cursors = context.cursors({"field": "testRollupQuery", **asked})
        page = read_page(cursors, first=first, after=after, forward_only=True)
        name, id_ = (str(key) for key in page.after) if page.after else (None, None)
        wanted = Page(page.limit, name, id_)

        async def work(tx: Transaction) -> tuple[str, TrialResult]:
            trial = await _trial(tx, info, input, form)
            said = await in_words(tx, context.viewer, trial.spec, trial.types, (await organization(tx)).base_currency)
            return said, await try_query(tx, context.viewer, trial, wanted, context.clock.now())

        words, found = await context.read(work)
        kind = found.data_type
        return RollupQueryTest(
            words=words,
            count=found.count,
            sum=None if found.units is None or kind is None else Decimal(format_units(found.units, kind)),
            records=Connection[Record].of(
                found.records,
                page,
                cursors,
                keys=lambda row: [row.name, row.id],
                node=record_type_node,
                total=found.count,
            ),
        )


async def _trial(tx: Transaction, info: Info, input: TestRollupQueryInput, form: object) -> QueryTrial:
    """What is tried, once the viewer may ask all of it."""
    viewer = info.context.viewer
    key = input.record_type
    if (input.query_id is None) == (form is None) or (form is None) != (key is None):
        raise Refusal(ErrorCode.REQUIRED, _ONE, ("queryId",))
    if input.query_id is not None:
        (row,) = await tx.run(RollupQueriesByIds(viewer.id, [input.query_id])) or (None,)
        if row is None:
            raise Refusal(ErrorCode.NOT_FOUND, _NO_QUERY, ("queryId",))
        key, form = row.record_type, row.form
    types = await query_types(tx, key or "")
    spec = read_spec(form, types)
    await check_may_ask(tx, viewer, types, spec)
    await check_owners(tx, spec, form)
    return QueryTrial(spec, types, input.goal_id, input.category, input.amount_field)
