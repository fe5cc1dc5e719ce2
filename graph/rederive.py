"""What records hold because of settings, worked out anew: base amounts from rates, dates from the time zone.

Batch by batch in the order of ids, each atomic and in a transaction of its own; doing one again changes nothing more.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from graph.base_amount import MoneyFields, base_amount
from graph.difference import Differences
from graph.errors import Refusal
from graph.exchange_rate import Rates, rates_of
from graph.organization import organization
from graph.record_type import FieldType, base_name, lock_record_types, record_types
from graph.record_writing import ChangeRecords
from graph.rights import Kind, Operation, require
from graph.statement import Read

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from graph.database import Transaction
    from graph.record_type import RecordType
    from graph.visibility import Viewer

#: Records that one batch looks at: what a request can do within its deadline.
BATCH: Final = 10_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DerivedChange:
    """In how many records of a type a field's derived value changed; for money the change of their sum, in units."""

    record_type: str
    field: str
    records: int
    change: int | None


@dataclass(frozen=True, slots=True)
class DerivedReport:
    """What a batch changed, or would. `kept`: amounts that have no rate, or none that fits, and stay as they are.

    `after`: where the next batch begins; None: this was the last.
    """

    records: int
    kept: int
    changes: tuple[DerivedChange, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class _Batch:
    last: str | None
    examined: int
    rows: list[list[Any]]


@dataclass(frozen=True)
class DerivedOfRecords(Read[_Batch], path="rederive/records", row=_Batch):
    """A batch of records in foreign currency (one or all, from a rate date on) or with moments."""

    after: str
    size: int
    types: dict[str, dict[str, Any]]
    base: str
    currency: str | None
    since: date | None


@dataclass
class _Type:
    """The properties of a type that are derived, and what they are derived from."""

    money: MoneyFields
    moments: tuple[str, ...]

    @classmethod
    def of(cls, kind: RecordType, *, dates: bool) -> _Type:
        moments = (field.key for field in kind.fields.values() if field.data_type is FieldType.DATETIME)
        return cls(MoneyFields.of(kind), tuple(moments) if dates else ())

    def parameters(self) -> dict[str, Any]:
        return {"date": self.money.date, "amounts": list(self.money.amounts), "moments": list(self.moments)}


@dataclass
class _Changes:
    """What a batch has come to so far."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    of_rows: list[str] = field(default_factory=list)  # the key of each row's type
    kept: int = 0
    moved: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))

    def report(self, after: str | None, money: set[tuple[str, str]]) -> DerivedReport:
        changes = tuple(
            DerivedChange(type_key, name, len(differences), sum(differences) if (type_key, name) in money else None)
            for (type_key, name), differences in sorted(self.moved.items())
        )
        return DerivedReport(len(self.rows), self.kept, changes, after)


async def reapply_rates(
    tx: Transaction,
    viewer: Viewer,
    since: date,
    *,
    now: datetime,
    currency: str | None = None,
    preview: bool = False,
    after: str | None = None,
    size: int = BATCH,
) -> DerivedReport:
    """Convert a batch of records whose rate date is `since` or later at the rates of now. Refuses FORBIDDEN.

    An amount that has no rate any more, or would be out of range, keeps its base amount.
    """
    await require(tx, viewer, Kind.SETTINGS, Operation.WRITE, "reapply exchange rates")
    return await rederive(tx, None, now=now, since=since, currency=currency, preview=preview, after=after, size=size)


async def rederive(
    tx: Transaction,
    zone: ZoneInfo | None,
    *,
    now: datetime,
    since: date | None = None,
    currency: str | None = None,
    preview: bool = False,
    after: str | None = None,
    size: int = BATCH,
) -> DerivedReport:
    """Derive a batch of records after an id anew: dates of moments if a zone is given, then base amounts.

    With a zone, only base amounts whose rate date moved; otherwise all.
    """
    kinds = {kind.key: kind for kind in await record_types(tx)}
    types = {key: _Type.of(kind, dates=zone is not None) for key, kind in kinds.items()}
    if not preview:
        await lock_record_types(tx, [key for key, type_ in types.items() if type_.money.amounts or type_.moments])
    base = (await organization(tx)).base_currency
    parameters = {key: type_.parameters() for key, type_ in types.items()}
    found = await tx.one(DerivedOfRecords(after or "", size, parameters, base, currency, since))
    if found is None:
        return DerivedReport(0, 0, (), None)
    rates = await rates_of(tx, base, {row[2] for row in found.rows if row[2] is not None})
    changes = _Changes()
    for row in found.rows:
        _derive(row, types[row[1]], rates, zone, changes)
    if changes.rows and not preview:
        await _write(tx, kinds, changes, now)
    money = {(key, name) for key, type_ in types.items() for name in type_.money.amounts}
    return changes.report(found.last if found.examined == size else None, money)


async def _write(tx: Transaction, kinds: Mapping[str, RecordType], changes: _Changes, now: datetime) -> None:
    """Write what changed. What it adds to goals is counted for each chain of types together."""
    chains: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for key, row in zip(changes.of_rows, changes.rows, strict=True):
        top = key
        while (above := kinds[top].parent_type) is not None:
            top = above
        chains[top][row["id"]] = row
    differences = []
    for key, changed in sorted(chains.items()):
        one = await Differences.of(tx, kinds[key], now)
        await one.before(changed, moved=())
        differences.append(one)
    await tx.run(ChangeRecords(changes.rows, now))
    for one in differences:
        await one.append(())


def _derive(row: list[Any], type_: _Type, rates: Rates, zone: ZoneInfo | None, changes: _Changes) -> None:
    id_, key, currency, day, amounts, bases, moments, dates = row
    changed: dict[str, Any] = {}
    for name, seconds, stored in zip(type_.moments, moments, dates, strict=True):
        wanted = None if seconds is None or zone is None else _date(seconds, zone)
        if wanted is not None and wanted.isoformat() != stored:
            changed[f"{name}Date"] = wanted
            changes.moved[key, name].append(1)
    moved = changed.get(type_.money.date or "")
    rate_day = moved or (None if day is None else date.fromisoformat(day))
    if rate_day is not None and currency is not None and (zone is None or moved):
        for name, units, stored in zip(type_.money.amounts, amounts, bases, strict=True):
            if units is None:
                continue
            try:
                converted = base_amount(name, units, currency, rate_day, rates)
            except Refusal:
                changes.kept += 1
                continue
            if converted != stored:
                changed[base_name(name)] = converted
                changes.moved[key, name].append(converted - (stored or 0))
    if changed:
        changes.of_rows.append(key)
        changes.rows.append({"id": id_, **changed})


def _date(seconds: int, zone: ZoneInfo) -> date:
    moment = _EPOCH + timedelta(seconds=seconds)
    try:
        return moment.astimezone(zone).date()
    except OverflowError:  # on the first or last day there is: it has no other date in any zone
        return moment.date()
