"""What a change of records adds to the own parts of goals: counted before it and after it, within its transaction.

Writers of records hold the lock of the records' family of types meanwhile, so nobody else changes what is counted.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from graph.change import append, ask_accounts
from graph.difference_compiler import decided
from graph.money import MAX_UNITS, MIN_UNITS
from graph.organization import organization
from graph.query_compiler import Today, predicate
from graph.query_form import read_spec
from graph.query_spec import QueryTypes
from graph.record_row import ACCOUNT
from graph.record_type import RecordTypes, record_type
from graph.rollup_compiler import HALF, Category
from graph.rollup_query import QueriesForRollup
from graph.statement import Id, Read

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from graph.database import Transaction
    from graph.query_compiler import Predicate
    from graph.record_type import RecordType


class Amount(IntEnum):
    """Which of the amounts of a pair: where it stands in it."""

    STORED = 2
    NEW = 3


#: Amount in units and count of records, by goal and category.
Counted = dict[tuple[str, Category], tuple[int, int]]
_NOTHING = (0, 0)


@dataclass(frozen=True, slots=True)
class Reader:
    """A rollup field, by the declared names of what it reads."""

    metric: str
    category: str
    record_type: str
    amount_field: str | None
    date_field: str
    state: str
    statuses: list[str] | None
    state_from_parent: bool
    date_from_parent: bool


@dataclass(frozen=True)
class Readers(Read[Reader], path="change/readers", row=Reader):
    """The rollup fields that count records of a type, or of those below it."""

    key: str


@dataclass(frozen=True)
class PartsOf(Read[Id], path="change/parts", row=Id, many=True):
    """Records and all that are parts of them."""

    ids: list[str]


@dataclass(frozen=True, slots=True)
class CountedRow:
    """What records add to a goal in a category: the amount is high x 2^32 + low, and with their new amounts new_*.

    `pairs`: id, type, amount and new amount of each record, where a query has yet to say which of them count.
    """

    goal: str
    category: str
    query: str | None
    high: int
    low: int
    new_high: int
    new_low: int
    count: int
    pairs: list[list[Any]]


@dataclass(frozen=True)
class CountedBy(Read[CountedRow], path="change/counted_by", row=CountedRow, many=True):
    """What records add to the own parts of open goals. Each is its id and its new amounts by property; null: as is."""

    records: list[tuple[str, Mapping[str, int] | None]]
    fields: list[dict[str, Any]]


class Differences:
    """What one transaction's changes of records of a type add to goals. `before` the writing, `append` after it."""

    def __init__(self, tx: Transaction, kind: RecordType, now: datetime, readers: Sequence[Reader]) -> None:
        self._tx = tx
        self._kind = kind
        self._now = now
        self._readers = readers
        self._fields: list[dict[str, Any]] = []
        self._types: dict[str, RecordType] = {}
        self._queries: _Deciding | None = None
        self._ids: set[str] = set()
        self._before: Counted = {}
        self._after: Counted = {}
        # Of records that stay with their goals: what queries must be asked once more about, after the writing.
        self._asked_again: list[CountedRow] = []

    @classmethod
    async def of(cls, tx: Transaction, kind: RecordType, now: datetime) -> Differences:
        """Begin, with the type's family locked."""
        differences = cls(tx, kind, now, await tx.run(Readers(kind.key)))
        await differences._read_types()
        return differences

    async def before(self, changed: Mapping[str, Mapping[str, Any]], moved: Collection[str]) -> None:
        """Count what records that are about to change or to go, and their parts, add to goals.

        `changed`: new values of properties by the record's id. `moved`: those that get other links, or go.
        """
        if not self._fields:
            return
        staying = {id_: values for id_, values in changed.items() if id_ not in moved and self._stays(values)}
        others = sorted({*changed, *moved} - staying.keys())
        if staying:
            rows = await self._tx.run(CountedBy(self._new_amounts(staying), self._fields))
            self._asked_again = [row for row in rows if row.query is not None]
            for row in rows:
                if row.query is None:
                    _add(self._before, row, row.high * HALF + row.low, row.count)
                    _add(self._after, row, row.new_high * HALF + row.new_low, row.count)
            await self._decide(self._before, self._asked_again, Amount.STORED)
        if others:
            found = await self._tx.run(PartsOf(others)) if self._has_parts else [Id(id_) for id_ in others]
            self._ids |= {row.id for row in found}
            await self._count(self._before, sorted(self._ids))

    async def append(self, created: Iterable[str]) -> None:
        """Count again, with the records that were made, and note the differences for each goal."""
        if self._kind.key == ACCOUNT:
            await ask_accounts(self._tx)
        if not self._fields:
            return
        await self._decide(self._after, self._asked_again, Amount.NEW)
        ids = sorted({*self._ids, *created})
        if ids:
            await self._count(self._after, ids)
        rows: dict[str, dict[str, Any]] = defaultdict(dict)
        for key in {*self._before, *self._after}:
            amount, count = self._after.get(key, _NOTHING)
            amount_before, count_before = self._before.get(key, _NOTHING)
            goal, category = key
            for name, difference in (("Own", amount - amount_before), ("OwnCount", count - count_before)):
                if not MIN_UNITS <= difference <= MAX_UNITS:  # no number to store; what it comes to is another question
                    rows[goal]["recompute"] = True
                elif difference:
                    rows[goal][f"{category.stored}{name}"] = difference
        await append(self._tx, [{"goal": goal, **parts} for goal, parts in sorted(rows.items())])

    def _stays(self, values: Mapping[str, Any]) -> bool:
        """Whether a record with these new values has the goals that it had, but for what queries say.

        Of a record with parts that count, queries about the parts may look at any value.
        """
        return not self._has_parts and self._deciding.isdisjoint(values)

    def _new_amounts(self, changed: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, Mapping[str, int] | None]]:
        """The records with those of their new values that goals add up; an amount that is cleared adds 0."""
        names = {field["amount"] for field in self._fields}
        return [
            (id_, {name: value or 0 for name, value in values.items() if name in names})
            for id_, values in sorted(changed.items())
        ]

    @property
    def _has_parts(self) -> bool:
        return any(reader.record_type != self._kind.key for reader in self._readers)

    @cached_property
    def _deciding(self) -> frozenset[str]:
        """The properties by which fields count a record, beside its amount."""
        return frozenset({"state", "status", *(field["date"] for field in self._fields)})

    async def _read_types(self) -> None:
        """Look up under which names the fields' values are stored."""
        if not self._readers:
            return
        lower = {reader.record_type for reader in self._readers} - {self._kind.key}
        self._types = {self._kind.key: self._kind}
        wanted = {key for key in (*lower, self._kind.parent_type) if key is not None}
        while wanted:
            found = await self._tx.run(RecordTypes(sorted(wanted)))
            self._types |= {kind.key: kind for kind in found}
            wanted = {kind.parent_type for kind in found if kind.parent_type is not None} - set(self._types)
        for reader in self._readers:
            kind = self._types[reader.record_type]
            dated = self._types[kind.parent_type or ""] if reader.date_from_parent else kind
            self._fields.append(
                {
                    "metric": reader.metric,
                    "category": reader.category,
                    "record_type": reader.record_type,
                    "amount": None if reader.amount_field is None else kind.stored_amount(reader.amount_field),
                    "date": dated.stored_date(reader.date_field),
                    "state": reader.state,
                    "statuses": reader.statuses or None,
                    "state_from_parent": reader.state_from_parent,
                    "date_from_parent": reader.date_from_parent,
                }
            )

    async def _count(self, total: Counted, ids: Iterable[str]) -> None:
        """Add what records, as they are stored, add to goals."""
        rows = await self._tx.run(CountedBy([(id_, None) for id_ in ids], self._fields))
        for row in rows:
            if row.query is None:
                _add(total, row, row.high * HALF + row.low, row.count)
        await self._decide(total, [row for row in rows if row.query is not None], Amount.STORED)

    async def _decide(self, total: Counted, rows: Sequence[CountedRow], amount: Amount) -> None:
        """Add what those records come to that queries let count."""
        if rows:
            self._queries = self._queries or await _Deciding.of(self._tx, self._types, self._now)
            await self._queries.decide(total, rows, amount)


def _add(total: Counted, row: CountedRow, amount: int, count: int) -> None:
    key = (row.goal, Category(row.category))
    amount_before, count_before = total.get(key, _NOTHING)
    total[key] = (amount_before + amount, count_before + count)


class _Deciding:
    """Lets rollup queries say which records count."""

    def __init__(self, tx: Transaction, types: dict[str, RecordType], account: RecordType, today: Today) -> None:
        self._tx = tx
        self._types = types
        self._account = account
        self._today = today
        self._compiled: dict[tuple[str, str], Predicate] = {}

    @classmethod
    async def of(cls, tx: Transaction, types: dict[str, RecordType], now: datetime) -> _Deciding:
        company = await organization(tx)
        today = Today(now.astimezone(company.zone).date(), company.calendar)
        return cls(tx, types, await record_type(tx, ACCOUNT), today)

    async def decide(self, total: Counted, rows: Sequence[CountedRow], amount: Amount) -> None:
        """Add what the records that the queries let count come to."""
        await self._compile(rows)
        pairs: dict[tuple[Predicate, str], list[tuple[CountedRow, Any]]] = defaultdict(list)
        for row in rows:
            for pair in row.pairs:
                pairs[self._compiled[row.query or "", pair[1]], pair[1]].append((row, (pair[0], pair[amount])))
        for (compiled, key), asked in pairs.items():
            statement = decided(compiled, self._query_types(key))
            given = [[position, record, row.goal, row.query] for position, (row, (record, _)) in enumerate(asked)]
            values = {
                row.query: dict(self._compiled[row.query, key].values) for row, _ in asked if row.query is not None
            }
            (found,) = await self._tx.text(statement.text, {"pairs": given, "asked": values}, name=statement.name)
            for position in found["kept"]:
                row, (_, units) = asked[position]
                _add(total, row, units, 1)

    async def _compile(self, rows: Sequence[CountedRow]) -> None:
        wanted = {(row.query, key) for row in rows for _, key, *_ in row.pairs if row.query is not None} - set(
            self._compiled
        )
        if not wanted:
            return
        found = await self._tx.run(QueriesForRollup(sorted({query for query, _ in wanted})))
        specs = {row.id: json.loads(row.spec) for row in found}
        for query, key in wanted:
            types = self._query_types(key)
            self._compiled[query, key] = predicate(read_spec(specs[query], types), types, self._today, "asked")

    def _query_types(self, key: str) -> QueryTypes:
        chain = [self._types[key]]
        while chain[-1].parent_type is not None:
            chain.append(self._types[chain[-1].parent_type])
        return QueryTypes(tuple(chain), None if key == ACCOUNT else self._account)
