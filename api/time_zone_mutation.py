"""The mutation of the organization's time zone. Reading it: `FiscalCalendar.timeZone`."""

from typing import Annotated

import strawberry

from api.context import Info
from api.derived import DerivedPayload, derived
from api.fields import public
from api.payload import MutationInput
from graph.database import Transaction
from graph.rederive import DerivedReport
from graph.time_zone import set_time_zone


@strawberry.input(description="Input of `setTimeZone`.")
class SetTimeZoneInput(MutationInput):
    """The time zone."""

    time_zone: str = strawberry.field(description='Its name in the IANA database: `"Europe/Vienna"`.')
    preview: bool = strawberry.field(description="Write nothing, and tell what would change.", default=False)
    after: str | None = strawberry.field(
        description="In a preview, the `next` of the call before. Otherwise it is known where to go on.", default=None
    )


@strawberry.type
class TimeZoneMutation:
    """The mutation of the time zone."""

    @public(
        "Use another time zone: at once for all that is written from now on and for what day it is, up to 10 000 "
        "records a call for the dates of moments that are stored. Repeat until `finished`. Goals are stale until the "
        "next rollup. For administrators."
    )
    async def set_time_zone(
        self,
        info: Info,
        told: Annotated[SetTimeZoneInput, strawberry.argument(name="input", description="The time zone.")],
    ) -> DerivedPayload:
        """Set the time zone, and derive the dates of a batch of records."""
        context = info.context

        async def work(tx: Transaction) -> DerivedReport:
            return await set_time_zone(
                tx, context.viewer, told.time_zone, now=context.clock.now(), preview=told.preview, after=told.after
            )

        return await derived(info, told, work)
