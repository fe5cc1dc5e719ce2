"""A goal's amounts in another currency, in GraphQL: for display. What is stored and summed is in base currency."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

import strawberry

from api.category import Category
from api.context import Context, Info
from api.enums import describe_enum
from api.fields import aggregate, detail, public
from api.scalars import Decimal
from graph.currency import check_currency, format_money
from graph.exchange_rate import ONE, RateRow, from_base
from graph.goal import GoalRow
from graph.metric import MetricRow
from graph.money import RATE_PLACES, DataType, format_decimal, format_units, with_places


class AmountsReason(StrEnum):
    """Why amounts in a currency are null."""

    NOT_MONEY = "NOT_MONEY"
    NO_EXCHANGE_RATE = "NO_EXCHANGE_RATE"


describe_enum(
    AmountsReason,
    "Why a goal's amounts in a currency are null.",
    {
        AmountsReason.NOT_MONEY: "The metric is not money.",
        AmountsReason.NO_EXCHANGE_RATE: "There is no exchange rate of the currency on or before the rate date.",
    },
)

Wanted = Annotated[
    str | None,
    strawberry.argument(description='A code of ISO 4217: `"USD"`. If left out, the base currency.'),
]
Locale = Annotated[
    str, strawberry.argument(description='Language, and country if wanted, that digits are written for: `"de-AT"`.')
]


@strawberry.type(description="A goal's amounts written for people, rounded to the currency's digits.")
class FormattedAmounts:
    """Texts of amounts."""

    target: str | None = detail("The target.")
    stretch_target: str | None = detail("The stretch target.")
    actual: str | None = aggregate("The actual total.")
    in_progress: str | None = aggregate("The in-progress total.")
    custom: str | None = aggregate("The custom total.")


@strawberry.type(description="A goal's target and totals in a currency, to four decimal places, half-even.")
class GoalAmounts:
    """Amounts in a currency."""

    units: strawberry.Private[dict[str, int | None]]

    currency: str = public("The currency asked for.")
    rate: Decimal | None = public("Units of it for one of the base currency, up to ten decimal places.")
    rate_date: date = aggregate("The day whose rate is used: the earlier of today and the goal's last day.")
    reason: AmountsReason | None = aggregate("Why all amounts are null; null where they are not.")

    @detail("The target; null: none.")
    def target(self) -> Decimal | None:
        """The target."""
        return self._amount("target")

    @detail("The stretch target; null: none.")
    def stretch_target(self) -> Decimal | None:
        """The stretch target."""
        return self._amount("stretch_target")

    @aggregate("The actual total; null as the goal's own `actual` is.")
    def actual(self) -> Decimal | None:
        """The actual total."""
        return self._amount("actual")

    @aggregate("The in-progress total; null as the goal's own `inProgress` is.")
    def in_progress(self) -> Decimal | None:
        """The in-progress total."""
        return self._amount("in_progress")

    @aggregate("The custom total; null as the goal's own `custom` is.")
    def custom(self) -> Decimal | None:
        """The custom total."""
        return self._amount("custom")

    @aggregate("The same amounts as texts for people.")
    def formatted(self, locale: Locale = "en") -> FormattedAmounts:
        """Format the amounts. Refuses INVALID_VALUE for a locale that is not known."""
        texts = {
            name: None if units is None else format_money(units, self.currency, locale)
            for name, units in self.units.items()
        }
        return FormattedAmounts(**texts)

    def _amount(self, name: str) -> Decimal | None:
        units = self.units[name]
        return None if units is None else Decimal(format_units(units, DataType.MONEY))


@strawberry.type
class GoalMoney:
    """A goal's row, metric and moment, and what is said of its currency."""

    row: strawberry.Private[GoalRow]
    measure: strawberry.Private[MetricRow]
    now: strawberry.Private[datetime]

    @detail('Currency of its amounts, the base currency: `"EUR"`; null where the metric is not money.')
    def currency(self) -> str | None:
        """The base currency, for money."""
        return self.measure.base_currency if self.measure.data_type is DataType.MONEY else None

    @aggregate("Target and totals in another currency, at the rate of the earlier of today and the goal's last day.")
    async def amounts(self, info: Info, currency: Wanted = None) -> GoalAmounts:
        """The amounts in a currency. Refuses UNKNOWN_CURRENCY."""
        return await goal_amounts(info.context, self.row, self.measure, self.measure.today(self.now), currency)


async def goal_amounts(
    context: Context, row: GoalRow, measure: MetricRow, today: date, currency: str | None
) -> GoalAmounts:
    """Convert a goal's amounts. Refuses UNKNOWN_CURRENCY."""
    base = measure.base_currency
    wanted = base if currency is None else check_currency(currency, ("currency",))
    day = min(today, row.end_date)
    reason, rate = None, None
    if measure.data_type is not DataType.MONEY:
        reason = AmountsReason.NOT_MONEY
    else:
        rate = RateRow(base, day, ONE) if wanted == base else await context.loaders.rates.load((wanted, day))
        reason = AmountsReason.NO_EXCHANGE_RATE if rate is None else None
    stored = {"target": row.target, "stretch_target": row.stretch_target}
    stored |= {category.column: row.total(category) for category in Category}
    return GoalAmounts(
        units={
            name: None if units is None or rate is None else from_base(units, rate.rate)
            for name, units in stored.items()
        },
        currency=wanted,
        rate=None if rate is None else Decimal(format_decimal(with_places(rate.rate, RATE_PLACES))),
        rate_date=day,
        reason=reason,
    )
