"""Rollup queries: type and queries. Conditions are `rollup_query_input`, changing them is `rollup_query_mutation`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from api.connection import Connection, read_page
from api.context import Info
from api.fields import detail
from api.node import Node
from api.scalars import JSON
from graph.database import Transaction
from graph.goal_explanation import query_in_words
from graph.organization import organization
from graph.rollup_query import RollupQueriesPage, RollupQueryPage, RollupQueryRow
from graph.version import rollup_query_version


@strawberry.type(
    description="Which records count: conditions on records of one type. A goal has up to one per category."
)
class RollupQuery(Node):
    """A rollup query."""

    row: strawberry.Private[RollupQueryRow]

    @detail("Name, unique without regard to case, 1 to 100 characters.")
    def name(self) -> str:
        """The name."""
        return self.row.name

    @detail("Description, up to 2 000 characters.")
    def description(self) -> str | None:
        """The description."""
        return self.row.description

    @detail("Key of the record type whose records it is about. It never changes.")
    def record_type(self) -> str:
        """The record type's key."""
        return self.row.record_type

    @detail("The conditions, in the form of `RollupQueryConditionInput`: to be shown, changed and sent back.")
    def conditions(self) -> JSON:
        """The conditions' form."""
        return JSON(self.row.form)

    @detail("The conditions in words: English that can be read in one way alone.")
    async def words(self, info: Info) -> str:
        """The conditions in words."""

        async def work(tx: Transaction) -> str:
            base_currency = (await organization(tx)).base_currency
            return await query_in_words(tx, info.context.viewer, self.row, base_currency)

        return await info.context.read(work)

    @detail("Whether a goal that the viewer sees uses it. One that any goal uses cannot be deleted.")
    def in_use(self) -> bool:
        """Whether a goal has it."""
        return self.row.in_use

    @detail("For `expectedVersion`: it moves with name, description and conditions.")
    def version(self, info: Info) -> str:
        """The version."""
        return rollup_query_version(info.context.version_key, self.row)

    @detail("When it was created.")
    def created_at(self) -> datetime:
        """The moment of creation."""
        return self.row.created_at

    @detail("When it was last changed.")
    def updated_at(self) -> datetime:
        """The moment of the last change."""
        return self.row.updated_at


@strawberry.type
class RollupQueryQuery:
    """Queries of rollup queries."""

    @detail("One rollup query; null if there is none with this id, or none that the viewer may see.")
    async def rollup_query(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The rollup query's id.")]
    ) -> RollupQuery | None:
        """One rollup query."""
        row = await info.context.loaders.rollup_queries.load(str(id))
        return None if row is None else RollupQuery(row=row)

    @detail("The rollup queries that the viewer may see, by name.")
    async def rollup_queries(
        self,
        info: Info,
        search: Annotated[str | None, strawberry.argument(description="Part of the name, in any case.")] = None,
        record_type: Annotated[
            str | None, strawberry.argument(description="Key of a record type: queries over its records alone.")
        ] = None,
        first: Annotated[int | None, strawberry.argument(description="At most 200; 50 if left out.")] = None,
        after: Annotated[
            str | None, strawberry.argument(description="Cursor of the last node seen, with the same arguments.")
        ] = None,
    ) -> Connection[RollupQuery]:
        """A page of rollup queries."""
        context = info.context
        part = None if search is None else search.casefold()
        cursors = context.cursors({"field": "rollupQueries", "search": part, "recordType": record_type})
        page = read_page(cursors, first=first, after=after, forward_only=True)

        async def work(tx: Transaction) -> RollupQueryPage | None:
            after_name = str(page.after[0]) if page.after else None
            return await tx.one(RollupQueriesPage(context.viewer.id, part, record_type, page.limit, after_name))

        found = await context.read(work) or RollupQueryPage([], 0)
        return Connection[RollupQuery].of(
            found.queries,
            page,
            cursors,
            keys=lambda row: [row.name.casefold()],
            node=lambda row: RollupQuery(row=row),
            total=found.total_count,
        )
