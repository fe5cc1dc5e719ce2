"""The mutation that defines record types. Reading them is record.py."""

from typing import Annotated

import strawberry

from api.context import Info
from api.fields import detail, public
from api.payload import MutationInput, MutationPayload, change
from api.record import RecordType
from graph import record_type_change
from graph.database import Transaction
from graph.record_type import FieldType
from graph.record_type_change import FieldDraft, RecordTypeDraft


@strawberry.input(description="A state that records of a type can be in.")
class RecordStateInput:
    """A state with its statuses."""

    key: str = strawberry.field(description='The state, words in upper case: `"IN_PROGRESS"`.')
    statuses: list[str] = strawberry.field(
        default_factory=list, description="Statuses that a record in it may have; they come to those it has."
    )


@strawberry.input(description="A field that records of a type have.")
class RecordFieldInput:
    """A field to declare."""

    key: str = strawberry.field(description='Its key: `"visitDate"`.')
    data_type: FieldType = strawberry.field(description="What it holds; never changes.")
    name: str | None = strawberry.field(
        default=None,
        description='Its name, for people, 1 to 100 characters; made from the key if left out: "Visit date".',
    )
    choices: list[str] = strawberry.field(
        default_factory=list, description="Values that a CHOICE may have; they come to those it has."
    )


@strawberry.input(description="A record type, or what is to be added to one. What is left out stays as it is.")
class DefineRecordTypeInput(MutationInput):
    """Input of defineRecordType."""

    key: str = strawberry.field(
        description='Its key, words in lower case: `"site_visit"`. One there is, also a shipped one, is extended.'
    )
    name: str | None = strawberry.field(
        default=None, description="Its name, for people, 1 to 100 characters; needed for a new one."
    )
    fields: list[RecordFieldInput] = strawberry.field(
        default_factory=list, description="Fields to add; one that is there may get choices or another name."
    )
    states: list[RecordStateInput] = strawberry.field(default_factory=list, description="States to add.")
    parent_type: str | None = strawberry.field(
        default=None, description="Key of the type of which its records are parts. Once there is one, it stays."
    )
    rate_date: str | None = strawberry.field(
        default=None,
        description=(
            "Key of the field whose date says at which rate amounts of money are converted. Stays once a record has an "
            "amount."
        ),
    )


@strawberry.type(description="A record type after the change.")
class DefineRecordTypePayload(MutationPayload):
    """Payload of defineRecordType."""

    record_type: RecordType | None = detail("The record type; null if it was refused.")


@strawberry.type
class RecordTypeMutation:
    """Mutations of record types."""

    @public("Define a kind of source data, or add to one there is: nothing is ever taken away. For administrators.")
    async def define_record_type(
        self,
        info: Info,
        told: Annotated[
            DefineRecordTypeInput, strawberry.argument(name="input", description="The type, or what to add to it.")
        ],
    ) -> DefineRecordTypePayload:
        """Define a record type."""
        context = info.context
        draft = RecordTypeDraft(
            told.key,
            told.name,
            tuple(FieldDraft(one.key, one.data_type, one.name, tuple(one.choices)) for one in told.fields),
            tuple((one.key, tuple(one.statuses)) for one in told.states),
            told.parent_type,
            told.rate_date,
        )

        async def work(tx: Transaction) -> str:
            return await record_type_change.define_record_type(tx, context.viewer, draft)

        key, errors = await change(info, told, work)
        row = await info.context.loaders.record_types.load(key) if key else None
        return DefineRecordTypePayload(
            record_type=None if row is None else RecordType(row=row),
            user_errors=errors,
            client_mutation_id=told.client_mutation_id,
        )
