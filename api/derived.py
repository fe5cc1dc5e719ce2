"""What records hold because of settings, derived anew in batches: the answer of the mutations that do so."""

from collections.abc import Awaitable, Callable

import strawberry

from api.context import Info
from api.fields import public
from api.payload import MutationInput, MutationPayload, change
from api.scalars import Decimal
from graph.database import Transaction
from graph.money import DataType, format_units
from graph.rederive import DerivedReport


@strawberry.type(description="What changed in one field of one record type.")
class DerivedChange:
    """Changes of a field."""

    record_type: str = public("Key of the record type.")
    field: str = public("Key of the field: of money, whose base amount changed, or a moment, whose date did.")
    records: int = public("Number of records in which it changed.")
    change: Decimal | None = public("Of money, what all base amounts together changed by; null for moments.")


@strawberry.type(description="What one call derived anew, or would in a preview. Sums over all calls are the client's.")
class DerivedPayload(MutationPayload):
    """What a batch changed."""

    records: int = public("Number of records that changed.")
    kept: int = public("Number of amounts that have no exchange rate or do not fit at it: they stay as they are.")
    changes: list[DerivedChange] = public("What changed, by record type and field.")
    finished: bool = public("Whether no records are left; false too if the call was refused.")
    next: str | None = public("What to give as `after` in the next call; null if there is none to make.")


async def derived(
    info: Info, told: MutationInput, work: Callable[[Transaction], Awaitable[DerivedReport]]
) -> DerivedPayload:
    """Derive a batch and tell what changed."""
    done, user_errors = await change(info, told, work)
    report = done or DerivedReport(0, 0, (), None)
    return DerivedPayload(
        user_errors=user_errors,
        client_mutation_id=told.client_mutation_id,
        records=report.records,
        kept=report.kept,
        changes=[
            DerivedChange(
                record_type=one.record_type,
                field=one.field,
                records=one.records,
                change=None if one.change is None else Decimal(format_units(one.change, DataType.MONEY)),
            )
            for one in report.changes
        ],
        finished=done is not None and done.after is None,
        next=report.after,
    )
