"""Currencies that records take from the records they are part of, and a batch's base amounts that follow from them.

A record without a currency of its own keeps that of the nearest record above (`inheritedCurrency`): whoever changes a
currency, or what a record is part of, brings those below up to date in the same transaction.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graph.base_amount import MoneyFields, currency_of, settle
from graph.errors import Refusal
from graph.exchange_rate import Rates, rates_of
from graph.record_row import PARENT
from graph.record_type import record_types
from graph.statement import Count, Read, Write, native

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from graph.database import Transaction
    from graph.ingestion import Batch
    from graph.record_row import RecordInput
    from graph.record_type import RecordType
    from graph.record_writing import StoredRecord

#: The key of a record's type, and new values of its properties with its id.
Change = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Currency:
    id: str
    currency: str


@dataclass(frozen=True)
class CurrenciesOfRecords(Read[_Currency], path="record/currencies", row=_Currency, many=True):
    """The currency of each of these records that has one, its own or inherited."""

    ids: list[str]


@dataclass(frozen=True, slots=True)
class _Below:
    top_id: str
    records: list[dict[str, Any]]


@dataclass(frozen=True)
class LoseCurrency(Write[Count], path="record/lose_currency", row=Count):
    """Put the records below these into base currency; how many changed. `amounts`: MONEY by type."""

    type: str
    external_ids: list[str]
    amounts: dict[str, list[str]]


@dataclass(frozen=True)
class RecordsBelow(Read[_Below], path="record/below_in_currency", row=_Below):
    """The records below these, by external id, that take their currency from them."""

    type: str
    external_ids: list[str]

    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> _Below:
        """Read the records' properties."""
        return _Below(columns["top_id"], native(columns["records"]))


async def settle_batch(
    tx: Transaction,
    kind: RecordType,
    batch: Batch[RecordInput],
    stored: Mapping[str, StoredRecord],
    targets: Mapping[tuple[str, str], str],
    *,
    base: str,
    today: date,
) -> dict[int, list[Change]]:
    """Add base amounts and inherited currencies to what the rows speak of; give what changes below, by row.

    Refuses the rows that have no rate, themselves or below them, as `settle` does.
    """
    before = {
        number: found.properties if (found := stored.get(row.external_id)) else {} for number, row in batch.rows.items()
    }
    inherited = await _inherited(tx, batch, stored, targets)
    currencies: dict[int, str | None] = {}
    moved: dict[str, int] = {}
    for number, row in batch.rows.items():
        own = row.properties["currency"] if "currency" in row.properties else before[number].get("currency")
        currencies[number] = own or inherited.get(number)
        if before[number] and currencies[number] != currency_of(before[number]):
            moved[row.external_id] = number
    below = await _records_below(tx, kind, sorted(moved)) if moved else {}
    rates = await rates_of(tx, base, {currency for currency in currencies.values() if currency is not None})
    fields = MoneyFields.of(kind)
    for number, row in list(batch.rows.items()):
        try:
            settle(fields, row.properties, before[number], inherited=inherited.get(number), rates=rates, today=today)
        except Refusal as refusal:
            batch.refuse(number, refusal)
    changes: dict[int, list[Change]] = {}
    for number in [number for number in moved.values() if number in batch.rows]:
        try:
            records = below.get(before[number]["id"], [])
            changes[number] = [_settled(*one, currencies[number], rates, today) for one in records]
        except Refusal as refusal:
            problem = refusal.problem
            field = "currency" if "currency" in batch.rows[number].properties else PARENT.field
            batch.refuse(number, Refusal(problem.code, f"Below this record: {problem.message}", (field,)))
    return changes


async def lose_currency(tx: Transaction, kind: RecordType, external_ids: Sequence[str]) -> None:
    """Leave the records below these, which are about to be deleted, with the base currency."""
    kinds = {one.key: one for one in await record_types(tx)}
    lower = _types_below(kinds.values(), kind.key)
    if lower:
        amounts = {key: list(MoneyFields.of(kinds[key]).amounts) for key in lower}
        await tx.run(LoseCurrency(kind.key, list(external_ids), amounts))


def _settled(fields: MoneyFields, stored: Mapping[str, Any], currency: str | None, rates: Rates, today: date) -> Change:
    changes: dict[str, Any] = {}
    settle(fields, changes, stored, inherited=currency, rates=rates, today=today)
    return stored["type"], {**changes, "id": stored["id"]}


async def _inherited(
    tx: Transaction,
    batch: Batch[RecordInput],
    stored: Mapping[str, StoredRecord],
    targets: Mapping[tuple[str, str], str],
) -> dict[int, str]:
    """Give the currency that each row's record takes from the one above, if any: looked up only where it may move."""
    found: dict[int, str] = {}
    parents: dict[int, str] = {}
    for number, row in batch.rows.items():
        was = stored.get(row.external_id)
        if PARENT in row.links:
            key = row.links[PARENT]
            parent = None if key is None else targets[key]
        elif was is not None and "currency" in row.properties:
            parent = was.links[PARENT.column]
        else:
            currency = None if was is None else was.properties.get("inheritedCurrency")
            found |= {} if currency is None else {number: currency}
            continue
        parents |= {} if parent is None else {number: parent}
    if parents:
        rows = await tx.run(CurrenciesOfRecords(sorted(set(parents.values()))))
        known = {row.id: row.currency for row in rows}
        found |= {number: known[parent] for number, parent in parents.items() if parent in known}
    return found


async def _records_below(
    tx: Transaction, kind: RecordType, external_ids: Sequence[str]
) -> dict[str, list[tuple[MoneyFields, dict[str, Any]]]]:
    """Give the records that take their currency from these, by the id of the one above all, with their fields.

    None is being made meanwhile: the types of a chain have one lock.
    """
    kinds = {one.key: one for one in await record_types(tx)}
    lower = _types_below(kinds.values(), kind.key)
    if not lower:
        return {}
    fields = {key: MoneyFields.of(kinds[key]) for key in lower}
    found: dict[str, list[tuple[MoneyFields, dict[str, Any]]]] = defaultdict(list)
    for row in await tx.run(RecordsBelow(kind.key, list(external_ids))):
        found[row.top_id] += [(fields[record["type"]], record) for record in row.records]
    return found


def _types_below(kinds: Iterable[RecordType], key: str) -> list[str]:
    """Give the keys of the types whose records can be below those of one, sorted: the order in which to lock them."""
    above = {kind.key: kind.parent_type for kind in kinds}
    below = {key}
    while more := {lower for lower, parent in above.items() if parent in below} - below:
        below |= more
    return sorted(below - {key})
