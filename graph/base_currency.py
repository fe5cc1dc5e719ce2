"""The organization's base currency, in which targets and totals are: chosen before there is any money, then fixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.base_amount import MoneyFields
from graph.currency import check_currency
from graph.errors import ErrorCode, Refusal
from graph.exchange_rate import AnyRate
from graph.organization import SetOrganization, ensure_organization, organization
from graph.record_type import lock_record_type, record_types
from graph.rights import Kind, Operation, require
from graph.statement import Count, Read

if TYPE_CHECKING:
    from graph.database import Transaction
    from graph.visibility import Viewer


@dataclass(frozen=True)
class AnyMoney(Read[Count], path="record/any_money", row=Count):
    """Whether any record holds one of these properties: 1 or 0."""

    names: list[str]


async def set_base_currency(tx: Transaction, viewer: Viewer, currency: str) -> None:
    """Choose the base currency. Refuses FORBIDDEN, UNKNOWN_CURRENCY, BASE_CURRENCY_FROZEN."""
    await require(tx, viewer, Kind.SETTINGS, Operation.WRITE, "choose the base currency")
    wanted = check_currency(currency, ("currency",))
    names: set[str] = set()
    for kind in await record_types(tx):
        fields = MoneyFields.of(kind).amounts
        if fields:
            await lock_record_type(tx, kind.key)  # no record of it is being written meanwhile
            names |= set(fields)
    await ensure_organization(tx)
    if (await organization(tx)).base_currency == wanted:
        return
    if await _is_any(tx, AnyMoney(sorted(names))):
        message = "Records hold money already, so the base currency stays as it is. Choose it before loading records."
        raise Refusal(ErrorCode.BASE_CURRENCY_FROZEN, message, ("currency",))
    if await _is_any(tx, AnyRate()):
        message = "There are exchange rates, which are for the base currency as it is. Remove them first."
        raise Refusal(ErrorCode.BASE_CURRENCY_FROZEN, message, ("currency",))
    await tx.run(SetOrganization({"baseCurrency": wanted}))


async def _is_any(tx: Transaction, statement: Read[Count]) -> bool:
    found = await tx.one(statement)
    return found is not None and found.count > 0
