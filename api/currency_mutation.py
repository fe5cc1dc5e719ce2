"""Mutations of exchange rates and the base currency. Reading them is `currency`."""

from datetime import date
from typing import Annotated

import strawberry

from api.context import Info
from api.derived import DerivedPayload, derived
from api.fields import public
from api.payload import MutationInput, MutationPayload, change, given
from api.scalars import Decimal
from graph.base_currency import set_base_currency
from graph.currency import check_currency
from graph.database import Transaction
from graph.exchange_rate import RatesReport, set_exchange_rates
from graph.rederive import DerivedReport, reapply_rates

_CODE = 'Code of the currency: `"USD"`.'
_DAY = "The first day on which it holds."


@strawberry.input(description="An exchange rate to make, or to change if its currency has one from that day.")
class ExchangeRateInput:
    """A rate."""

    currency: str = strawberry.field(description=_CODE)
    valid_from: date = strawberry.field(description=_DAY)
    rate: Decimal = strawberry.field(
        description="Units of the currency for one of the base currency: greater than 0, up to ten decimal places."
    )


@strawberry.input(description="Which exchange rate.")
class ExchangeRateKeyInput:
    """A rate's key."""

    currency: str = strawberry.field(description=_CODE)
    valid_from: date = strawberry.field(description=_DAY)


@strawberry.input(description="Input of `setExchangeRates`: at most 10 000 rates, each currency and day once.")
class SetExchangeRatesInput(MutationInput):
    """Rates to change."""

    rates: list[ExchangeRateInput] = strawberry.field(description="Rates to make or change.", default_factory=list)
    remove: list[ExchangeRateKeyInput] = strawberry.field(description="Rates to delete.", default_factory=list)


@strawberry.type(description="Answer of `setExchangeRates`; all counts are 0 if anything was refused.")
class SetExchangeRatesPayload(MutationPayload):
    """What became of the rates."""

    inserted: int = public("Number of rates that are new.")
    updated: int = public("Number of rates that are other than before.")
    unchanged: int = public("Number of rates that were so already.")
    removed: int = public("Number of rates that were deleted.")


@strawberry.input(description="Input of `reapplyRates`.")
class ReapplyRatesInput(MutationInput):
    """Which records to convert again."""

    from_: date = strawberry.field(name="from", description="Only records whose rate date is this day or later.")
    currency: str | None = strawberry.field(description="Only records in this currency; all if left out.", default=None)
    preview: bool = strawberry.field(description="Write nothing, and tell what would change.", default=False)
    after: str | None = strawberry.field(
        description="The `next` of the call before; left out to begin with.", default=None
    )


@strawberry.input(description="Input of `setBaseCurrency`.")
class SetBaseCurrencyInput(MutationInput):
    """The base currency."""

    currency: str = strawberry.field(description='Its code of ISO 4217: `"USD"`.')


@strawberry.type(description="Answer of `setBaseCurrency`.")
class SetBaseCurrencyPayload(MutationPayload):
    """The base currency as it is now."""

    base_currency: str | None = public("The base currency; null if the change was refused.")


@strawberry.type
class CurrencyMutation:
    """Mutations of currencies."""

    @public(
        "Make, change and delete exchange rates, all or none. Records keep their base amounts until they change or "
        "`reapplyRates` is called. For administrators."
    )
    async def set_exchange_rates(
        self,
        info: Info,
        told: Annotated[SetExchangeRatesInput, strawberry.argument(name="input", description="The rates.")],
    ) -> SetExchangeRatesPayload:
        """Set rates."""
        viewer = info.context.viewer

        async def work(tx: Transaction) -> RatesReport:
            return await set_exchange_rates(tx, viewer, given(told.rates), given(told.remove))

        done, user_errors = await change(info, told, work)
        done = done or RatesReport(0, 0, 0, 0)
        return SetExchangeRatesPayload(
            user_errors=user_errors,
            client_mutation_id=told.client_mutation_id,
            inserted=done.inserted,
            updated=done.updated,
            unchanged=done.unchanged,
            removed=done.removed,
        )

    @public(
        "Convert records into base currency again, at the exchange rates of now: up to 10 000 records a call. Repeat "
        "with `after` until `finished`; doing a call again changes nothing more. Goals that count records which "
        "changed are stale until the next rollup. For administrators."
    )
    async def reapply_rates(
        self,
        info: Info,
        told: Annotated[ReapplyRatesInput, strawberry.argument(name="input", description="Which records.")],
    ) -> DerivedPayload:
        """Reapply rates to a batch of records."""
        context = info.context

        async def work(tx: Transaction) -> DerivedReport:
            if told.currency is not None:
                check_currency(told.currency, ("currency",))
            return await reapply_rates(
                tx,
                context.viewer,
                told.from_,
                now=context.clock.now(),
                currency=told.currency,
                preview=told.preview,
                after=told.after,
            )

        return await derived(info, told, work)

    @public(
        "Choose the currency of targets and totals, before any record holds money and there is any exchange rate: "
        "from then on it is fixed. For administrators."
    )
    async def set_base_currency(
        self,
        info: Info,
        told: Annotated[SetBaseCurrencyInput, strawberry.argument(name="input", description="The currency.")],
    ) -> SetBaseCurrencyPayload:
        """Set the base currency."""
        viewer = info.context.viewer

        async def work(tx: Transaction) -> str:
            await set_base_currency(tx, viewer, told.currency)
            return told.currency

        done, user_errors = await change(info, told, work)
        return SetBaseCurrencyPayload(
            user_errors=user_errors, client_mutation_id=told.client_mutation_id, base_currency=done
        )
