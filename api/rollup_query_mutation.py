"""Changing rollup queries: each mutation is one call of `graph/rollup_query_change.py`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

import strawberry

from api.context import Info
from api.fields import detail, public
from api.goal_input import present
from api.payload import MutationInput, MutationPayload, VersionedInput, change
from api.rollup_query import RollupQuery
from api.rollup_query_input import RollupQueryConditionInput, form_of
from graph import rollup_query_change
from graph.database import Transaction
from graph.rollup_query_change import RollupQueryDraft

_INPUT = strawberry.argument(description="The mutation's input.")
_CHANGES = ("name", "description", "record_type", "conditions")
Work = Callable[[Transaction], Awaitable[str]]


@strawberry.type(description="A rollup query after the change.")
class RollupQueryPayload(MutationPayload):
    """Payload of mutations of one rollup query."""

    rollup_query: RollupQuery | None = detail("The rollup query; null if it was refused, or may not be seen.")


@strawberry.type(description="What was deleted.")
class DeleteRollupQueryPayload(MutationPayload):
    """Payload of deleteRollupQuery."""

    deleted_id: strawberry.ID | None = detail("Id of the rollup query that is gone; null if it was refused.")


@strawberry.input(description="A new rollup query.")
class CreateRollupQueryInput(MutationInput):
    """Input of createRollupQuery."""

    name: str = strawberry.field(description="Name, unique without regard to case, 1 to 100 characters.")
    record_type: str = strawberry.field(description="Key of the record type, such as `opportunity`; never changes.")
    conditions: RollupQueryConditionInput = strawberry.field(description="Which records of the type count.")
    description: str | None = strawberry.field(default=None, description="Up to 2 000 characters.")


@strawberry.input(description="Changes of a rollup query: what is left out stays.")
class UpdateRollupQueryInput(VersionedInput):
    """Input of updateRollupQuery."""

    id: strawberry.ID = strawberry.field(description="The rollup query.")
    name: strawberry.Maybe[str] = strawberry.field(default=None, description="Name, 1 to 100 characters.")
    description: strawberry.Maybe[str | None] = strawberry.field(default=None, description="Up to 2 000 characters.")
    record_type: strawberry.Maybe[str] = strawberry.field(default=None, description="Refused if it would change.")
    conditions: strawberry.Maybe[RollupQueryConditionInput] = strawberry.field(
        default=None, description="Which records count, as a whole in place of those before."
    )


@strawberry.input(description="A rollup query.")
class RollupQueryIdInput(VersionedInput):
    """Input of deleteRollupQuery."""

    id: strawberry.ID = strawberry.field(description="The rollup query.")


@strawberry.type
class RollupQueryMutation:
    """Mutations of rollup queries."""

    @public("Create a rollup query. Needs the right to read every type and field that its conditions name.")
    async def create_rollup_query(
        self, info: Info, input: Annotated[CreateRollupQueryInput, _INPUT]
    ) -> RollupQueryPayload:
        """Create a rollup query."""
        context = info.context
        draft = RollupQueryDraft(input.name, input.record_type, form_of(input.conditions), input.description)

        async def work(tx: Transaction) -> str:
            return await rollup_query_change.create_rollup_query(tx, context.viewer, draft, context.clock.now())

        return await _payload(info, input, work)

    @public(
        "Change a rollup query. With other conditions the open goals that use it become stale; it needs the right to "
        "read all that they name, and to aggregate what those goals count."
    )
    async def update_rollup_query(
        self, info: Info, input: Annotated[UpdateRollupQueryInput, _INPUT]
    ) -> RollupQueryPayload:
        """Change a rollup query."""
        context = info.context
        changes = present(input, _CHANGES)
        if "conditions" in changes:
            changes["conditions"] = form_of(changes["conditions"])

        async def work(tx: Transaction) -> str:
            expected = context.expected(input.expected_version)
            await rollup_query_change.update_rollup_query(
                tx, context.viewer, input.id, changes, context.clock.now(), expected
            )
            return str(input.id)

        return await _payload(info, input, work)

    @public("Delete a rollup query that no goal uses.")
    async def delete_rollup_query(
        self, info: Info, input: Annotated[RollupQueryIdInput, _INPUT]
    ) -> DeleteRollupQueryPayload:
        """Delete a rollup query."""

        async def work(tx: Transaction) -> str:
            expected = info.context.expected(input.expected_version)
            await rollup_query_change.delete_rollup_query(tx, info.context.viewer, input.id, expected)
            return str(input.id)

        deleted, errors = await change(info, input, work)
        return DeleteRollupQueryPayload(
            deleted_id=strawberry.ID(deleted) if deleted else None,
            user_errors=errors,
            client_mutation_id=input.client_mutation_id,
        )


async def _payload(info: Info, told: MutationInput, work: Work) -> RollupQueryPayload:
    query_id, errors = await change(info, told, work)
    row = await info.context.loaders.rollup_queries.load(query_id) if query_id else None
    return RollupQueryPayload(
        rollup_query=RollupQuery(row=row) if row else None,
        user_errors=errors,
        client_mutation_id=told.client_mutation_id,
    )
