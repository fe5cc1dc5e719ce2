"""What upserts of records and of structure share: the input, the report on rows. Importing files: `goals import`."""

from collections.abc import Awaitable, Callable
from typing import Any, Self

import strawberry

from api.context import Info
from api.errors import UserError
from api.fields import public
from api.payload import MutationInput, MutationPayload, change
from graph.database import Transaction
from graph.errors import ErrorCode
from graph.ingestion import RowRefusal, UpsertReport


@strawberry.input(description="What every upsert takes beside its rows.")
class UpsertInput(MutationInput):
    """Base of the upserts' inputs."""

    all_or_nothing: bool = strawberry.field(
        description="Write nothing at all if any row is refused. Otherwise a refused row never stops the others.",
        default=False,
    )


@strawberry.type(description="A row of an upsert that was refused.")
class RefusedRow:
    """One refused row."""

    row: int = public("Number of the row in `rows`, counted from 1.")
    field: str = public('The offending key of the row, as a path: `"name"`, `"fields.estimatedValue"`.')
    code: ErrorCode = public("Which rule it breaks.")
    message: str = public("What is wrong and what to do about it, for people.")

    @classmethod
    def of(cls, refusal: RowRefusal) -> Self:
        """Make it from what `graph/` reports."""
        return cls(row=refusal.row, field=refusal.field, code=refusal.code, message=refusal.message)


@strawberry.type(
    description=(
        "What became of the rows of an upsert: each is inserted, updated, unchanged or refused. "
        "With `allOrNothing` and any row refused, nothing was written and the three counts are 0."
    )
)
class UpsertPayload(MutationPayload):
    """The payload of all upserts."""

    inserted: int = public("Number of rows that made something new.")
    updated: int = public("Number of rows that changed something.")
    unchanged: int = public("Number of rows that said what was known already.")
    refused: list[RefusedRow] = public("The refused rows, in their order.")


async def upsert(
    info: Info, told: MutationInput, work: Callable[[Transaction], Awaitable[UpsertReport]]
) -> UpsertPayload:
    """Run an upsert and tell what became of its rows."""
    report, user_errors = await change(info, told, work)
    return UpsertPayload(**told_of(told, report, user_errors))


def told_of(told: MutationInput, report: UpsertReport | None, user_errors: list[UserError]) -> dict[str, Any]:
    """What became of the rows, as the fields of the payload."""
    report = report or UpsertReport((), ())
    return {
        "user_errors": user_errors,
        "client_mutation_id": told.client_mutation_id,
        "inserted": report.inserted,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "refused": [RefusedRow.of(refusal) for refusal in report.refused],
    }
