"""Currencies and exchange rates in GraphQL: types and queries. Changing them is `currency_mutation`."""

from datetime import date
from typing import Annotated, Self

import strawberry

from api.arguments import After, First
from api.connection import Connection, read_page
from api.context import Info
from api.fields import public
from api.scalars import Decimal
from graph.currency import check_currency, currencies, currency_digits, currency_name
from graph.database import Transaction
from graph.exchange_rate import RatePage, RateRow, rates_page
from graph.money import RATE_PLACES, format_decimal, with_places
from graph.organization import OrganizationRow


@strawberry.type(description="A currency.")
class Currency:
    """A currency."""

    code: str = public('Its code of ISO 4217: `"USD"`.')
    name: str = public("Its name, in the language asked for.")
    digits: int = public("How many decimal places its amounts are written with. All are kept to four.")
    is_base: bool = public("Whether it is the organization's base currency, in which targets and totals are.")


@strawberry.type(description="An exchange rate. It holds from its day until the next one of its currency.")
class ExchangeRate:
    """An exchange rate."""

    currency: str = public('Code of the currency: `"USD"`.')
    valid_from: date = public("The first day on which it holds.")
    rate: Decimal = public("Units of the currency for one of the base currency, up to ten decimal places.")

    @classmethod
    def of(cls, row: RateRow) -> Self:
        """Make it from its row."""
        rate = Decimal(format_decimal(with_places(row.rate, RATE_PLACES)))
        return cls(currency=row.currency, valid_from=row.valid_from, rate=rate)


@strawberry.type
class CurrencyQuery:
    """Queries of currencies."""

    @public("All currencies of ISO 4217, former ones too, by code.")
    async def currencies(
        self,
        info: Info,
        locale: Annotated[
            str, strawberry.argument(description='Language that names are in, with a country if wanted: `"de-AT"`.')
        ] = "en",
    ) -> list[Currency]:
        """Give all currencies. Refuses INVALID_VALUE for a locale that is not known."""
        organization: OrganizationRow = await info.context.loaders.organizations.load(None)
        return [
            Currency(
                code=code,
                name=currency_name(code, locale),
                digits=currency_digits(code),
                is_base=code == organization.base_currency,
            )
            for code in sorted(currencies())
        ]

    @public("Exchange rates, by currency and day.")
    async def exchange_rates(
        self,
        info: Info,
        currency: Annotated[
            str | None, strawberry.argument(description='Only those of this currency: `"USD"`. All if left out.')
        ] = None,
        on: Annotated[
            date | None,
            strawberry.argument(description="Only those in force on this day: the latest on or before it."),
        ] = None,
        first: First = None,
        after: After = None,
    ) -> Connection[ExchangeRate]:
        """Give a page of rates. Refuses UNKNOWN_CURRENCY."""
        if currency is not None:
            check_currency(currency, ("currency",))
        cursors = info.context.cursors({"field": "exchangeRates", "currency": currency, "on": on and on.isoformat()})
        page = read_page(cursors, first=first, after=after, forward_only=True)
        last = (str(page.after[0]), date.fromisoformat(str(page.after[1]))) if page.after else None

        async def work(tx: Transaction) -> RatePage:
            return await rates_page(tx, currency, on, page.limit, last)

        found = await info.context.read(work)
        return Connection[ExchangeRate].of(
            found.rates,
            page,
            cursors,
            keys=lambda row: [row.currency, row.valid_from.isoformat()],
            node=ExchangeRate.of,
            total=found.total_count,
        )
