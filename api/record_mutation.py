"""Mutations of records: upsert and delete by type and external id. Reading records is record.py."""

from typing import Annotated

import strawberry
from strawberry import Maybe

from api.context import Info
from api.fields import public
from api.payload import MutationInput, MutationPayload, as_given, changed_by, given, said_fields
from api.scalars import JSON
from api.upsert import UpsertInput, UpsertPayload, told_of
from api.waiting import IN_TOTALS, WAIT, change_and_wait, check_wait, wait
from graph.audit import AuditEntry
from graph.database import Transaction
from graph.idempotency import Once
from graph.record_upsert import DeleteReport, Upsert, delete_records
from graph.record_writer import Asked, Written

_TYPE = 'Key of the record type: `"opportunity"`.'


@strawberry.input(one_of=True, description="Whose record it is: give exactly one of these.")
class RecordOwnerInput:
    """A record's owner."""

    user: Maybe[str] = strawberry.field(description="External id of a user.")
    team: Maybe[str] = strawberry.field(description="External id of a team.")


@as_given
@strawberry.input(description="A record to make or change. What is left out stays as it is; null clears it.")
class RecordRowInput:
    """A record's row."""

    external_id: str = strawberry.field(
        description="Its key in the system it comes from, unique among its type: what decides whether it is new."
    )
    name: Maybe[str | None] = strawberry.field(
        description="Its name, up to 200 characters; without one it is called by its external id."
    )
    state: Maybe[str | None] = strawberry.field(
        description="One of the states of its type; needed for a new one, unless the type has none."
    )
    status: Maybe[str | None] = strawberry.field(
        description="One of the statuses of its state. A new state clears a status that it does not have."
    )
    owner: Maybe[RecordOwnerInput | None] = strawberry.field(description="The user or team whose record it is.")
    territory: Maybe[str | None] = strawberry.field(description="External id of the territory it belongs to.")
    product_line: Maybe[str | None] = strawberry.field(
        description="External id of the product line or product it is about."
    )
    account: Maybe[str | None] = strawberry.field(
        description="External id of the account it is about. Accounts themselves have none."
    )
    parent: Maybe[str | None] = strawberry.field(
        description="External id of the record that it is part of, of the type's parent type; only if it has one."
    )
    currency: Maybe[str | None] = strawberry.field(
        description=(
            'Currency of its amounts, a code of ISO 4217: `"USD"`. Null: its parent record\'s, else the base currency.'
        )
    )
    fields: Maybe[JSON | None] = strawberry.field(
        description=(
            'Values by key of the type\'s fields: `{"actualValue": "1234.5", "actualCloseDate": "2026-03-31"}`. '
            "Amounts are text or whole numbers; moments without an offset are times of the organization's zone. "
            "A key that is left out stays as it is, null clears it."
        )
    )


@strawberry.input(description="Input of `upsertRecords`.")
class UpsertRecordsInput(UpsertInput):
    """Records to make or change."""

    type: str = strawberry.field(description=_TYPE)
    rows: list[RecordRowInput] = strawberry.field(description="Up to 10 000 records, each external id once.")
    wait_seconds: float = strawberry.field(default=0.0, description=WAIT)


@strawberry.input(description="Input of `deleteRecords`.")
class DeleteRecordsInput(MutationInput):
    """Records to delete."""

    type: str = strawberry.field(description=_TYPE)
    external_ids: list[str] = strawberry.field(description="External ids of up to 10 000 records.")
    wait_seconds: float = strawberry.field(default=0.0, description=WAIT)


@strawberry.type(description="Answer of `deleteRecords`.")
class DeleteRecordsPayload(MutationPayload):
    """What was deleted."""

    deleted: int = public("Number of records that were deleted.")
    missing: int = public("Number of external ids that no record of the type has.")
    in_totals: bool = public(IN_TOTALS)


@strawberry.type(description="Answer of `upsertRecords`.")
class UpsertRecordsPayload(UpsertPayload):
    """What became of the rows."""

    in_totals: bool = public(IN_TOTALS)


@strawberry.type
class RecordMutation:
    """Mutations of records."""

    @public(
        "Make or change records of a type by external id. Goals that count them are stale until the change is in their "
        "totals. For administrators."
    )
    async def upsert_records(
        self,
        info: Info,
        told: Annotated[
            UpsertRecordsInput, strawberry.argument(name="input", description="The rows, and how to treat them.")
        ],
    ) -> UpsertRecordsPayload:
        """Upsert records."""
        context = info.context

        async def write(once: Once | None) -> Written:
            check_wait(told.wait_seconds)
            entry = AuditEntry(
                context.clock.now(),
                context.viewer.id,
                info.field_name,
                [told.type],
                said_fields(told),
                context.request_id,
            )
            upsert = Upsert(context.viewer, given(told.rows), told.all_or_nothing)
            return await context.upsert(Asked(told.type, upsert, once, entry, context.until, context.trace))

        done, user_errors = await changed_by(info, told, write)
        in_totals = done is not None and await wait(info, done.batch, told.wait_seconds)
        return UpsertRecordsPayload(
            **told_of(told, None if done is None else done.report, user_errors), in_totals=in_totals
        )

    @public(
        "Delete records of a type by external id. Goals that counted them are stale until the change is in their "
        "totals. For administrators."
    )
    async def delete_records(
        self,
        info: Info,
        told: Annotated[DeleteRecordsInput, strawberry.argument(name="input", description="Which records.")],
    ) -> DeleteRecordsPayload:
        """Delete records."""
        viewer = info.context.viewer

        async def work(tx: Transaction) -> DeleteReport:
            tx.changed.append(told.type)
            return await delete_records(tx, viewer, told.type, told.external_ids, now=info.context.clock.now())

        done, in_totals, user_errors = await change_and_wait(info, told, told.wait_seconds, work)
        return DeleteRecordsPayload(
            user_errors=user_errors,
            client_mutation_id=told.client_mutation_id,
            deleted=0 if done is None else done.deleted,
            missing=0 if done is None else done.missing,
            in_totals=in_totals,
        )
