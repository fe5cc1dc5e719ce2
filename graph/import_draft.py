"""Rows of a source on their way to an upsert: mapped, in batches, names put in place. Reading: `import_source`."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from graph.errors import ErrorCode, Refusal
from graph.import_source import REFUSAL_COLUMNS
from graph.ingestion import LARGEST_BATCH, RowRefusal
from graph.owners import NameMatch, OwnerKind, OwnersByNames
from graph.record_upsert import OWNER_KINDS
from graph.record_writing import RecordsByNames

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from graph.database import Transaction
    from graph.import_map import ImportMap, Source
    from graph.import_source import SourceRow
    from graph.import_target import ImportTarget

#: Bytes of rows in one batch, and one row more.
LARGEST_BATCH_BYTES = 8 * 1_048_576
_MOST_NAMES = 100_000  # kept in memory; more are looked up again


@dataclass
class Draft:
    """A batch: its rows with their numbers in the source, and the names in them still to be looked up.

    `position` and `number` are those of the last row read; `originals` the rows as they stood, by number.
    """

    numbers: list[int] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    names: list[dict[Source, str]] = field(default_factory=list)
    refused: list[RowRefusal] = field(default_factory=list)
    originals: dict[int, SourceRow] = field(default_factory=dict)
    skipped: int = 0
    size: int = 0
    number: int = 0
    position: int = 0

    @property
    def full(self) -> bool:
        """Tell whether no more rows fit in."""
        return len(self.originals) >= LARGEST_BATCH or self.size >= LARGEST_BATCH_BYTES

    def read(self, row: SourceRow) -> None:
        """Note that a row was read, whatever becomes of it."""
        self.number, self.position = row.number, row.position
        if row.content != []:
            self.originals[row.number] = row
            self.size += len(row.raw)

    def add(self, number: int, row: dict[str, Any], names: dict[Source, str]) -> None:
        """Take a row in."""
        self.numbers.append(number)
        self.rows.append(row)
        self.names.append(names)

    def refuse(self, number: int, refusal: Refusal) -> None:
        """Leave a row out, for this reason."""
        self.refused.append(refused_row(number, refusal))


def refused_row(number: int, refusal: Refusal) -> RowRefusal:
    """Make the report on a row that was refused."""
    problem = refusal.problem
    return RowRefusal(number, ".".join(problem.field or ()), problem.code, problem.message)


@dataclass
class Drafter:
    """Makes batches of rows. `map` None: the rows are objects of the form that the upsert takes."""

    target: ImportTarget
    map: ImportMap | None
    header: list[str]
    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    _known: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)

    def literal(self) -> Draft | None:
        """Give the rows that the map itself holds, if any; their number is 0."""
        draft = Draft()
        for row in self.map.rows if self.map is not None else ():
            draft.add(0, dict(row), {})
        return draft if draft.rows else None

    async def drafts(self, rows: AsyncIterator[SourceRow]) -> AsyncIterator[Draft]:
        """Give the rows in batches. A fault of the source ends it, and the batch it is in is not given."""
        draft = Draft()
        async for row in rows:
            draft.read(row)
            if row.content == []:
                continue
            try:
                self._take(draft, row)
            except Refusal as refusal:
                draft.refuse(row.number, refusal)
            if draft.full:
                yield draft
                draft = Draft()
        if draft.originals:
            yield draft

    async def resolved(self, tx: Transaction, draft: Draft) -> tuple[list[int], list[dict[str, Any]], list[RowRefusal]]:
        """Put external ids where a batch's rows have names: (numbers, rows, those whose names say nothing or too much).

        The draft stays as it is, so that this can be done again.
        """
        await self._look_up(tx, draft)
        numbers, rows, refused = [], [], []
        for number, original, names in zip(draft.numbers, draft.rows, draft.names, strict=True):
            row = {**original} if names else original
            try:
                for source, name in names.items():
                    self.target.put(row, source, self._named(source, name))
            except Refusal as refusal:
                refused.append(refused_row(number, refusal))
            else:
                numbers.append(number)
                rows.append(row)
        return numbers, rows, refused

    def _take(self, draft: Draft, row: SourceRow) -> None:
        if isinstance(row.content, Refusal):
            raise row.content
        if self.map is None:
            if not isinstance(row.content, dict):  # pragma: no cover - cells always have a map
                raise TypeError
            plain = {key: value for key, value in row.content.items() if key not in REFUSAL_COLUMNS}
            draft.add(row.number, plain, {})
            return
        cells = self._cells(row.content)
        if any(cells[column] not in wanted for column, wanted in self.map.where.items()):
            draft.skipped += 1
            return
        filled: dict[str, Any] = {}
        names: dict[Source, str] = {}
        for source in self.map.sources:
            value = source.text(cells)
            if value is not None and source.table is not None:
                value = self._from_table(source, str(value))
            if value is not None and source.by_name:
                names[source] = str(value)
            else:
                self.target.put(filled, source, value)
        if self.map.distinct:
            shape = repr((filled, sorted((source.key, name) for source, name in names.items())))
            if shape in self._seen:
                draft.skipped += 1
                return
            self._seen.add(shape)
        draft.add(row.number, filled, names)

    def _cells(self, content: list[str] | dict[str, Any]) -> Mapping[str, str]:
        """Give a row's texts by column: of an object, its values that are texts, numbers, true or false."""
        if isinstance(content, dict):
            known = self.map.columns() if self.map is not None else content.keys()
            return defaultdict(str, {key: _text(key, content[key]) for key in known if key in content})
        if len(content) != len(self.header):
            message = f"The row has {len(content)} cells, the header {len(self.header)}. Quote cells that hold a comma."
            raise Refusal(ErrorCode.INVALID_VALUE, message)
        return dict(zip(self.header, map(str.strip, content), strict=True))

    def _from_table(self, source: Source, key: str) -> str | None:
        table = self.tables[source.table or ""]
        if key not in table:
            message = f"The table {source.table} has no {key!r}. Add it there, or give its other spelling in values."
            raise Refusal(ErrorCode.NOT_FOUND, message, (source.key,))
        return table[key] or None

    async def _look_up(self, tx: Transaction, draft: Draft) -> None:
        # What was not found may have come with an earlier batch, and so may another of the same name.
        own = self.target.kind
        self._known = {key: ids for key, ids in self._known.items() if ids and key[0] != own}
        if len(self._known) > _MOST_NAMES:
            self._known.clear()
        wanted: dict[str, set[str]] = {}
        for names in draft.names:
            for source, name in names.items():
                kind = self.target.reference(source)
                if (kind, name) not in self._known:
                    wanted.setdefault(kind, set()).add(name)
        for kind, missing in wanted.items():
            found = await _find(tx, kind, sorted(missing))
            self._known.update({(kind, name): [] for name in missing})
            self._known.update({(kind, match.name): match.external_ids for match in found})

    def _named(self, source: Source, name: str) -> str:
        kind = self.target.reference(source)
        found = self._known[kind, name]
        words = kind.lower().replace("_", " ")
        if not found:
            code = ErrorCode.OWNER_NOT_FOUND if source.key == "owner" else ErrorCode.NOT_FOUND
            message = f"There is no {words} called {name!r}. Load it first, or give its other spelling in values."
            raise Refusal(code, message, (source.key,))
        if len(found) > 1:
            message = f"More than one {words} is called {name!r}. Refer to them by external id."
            raise Refusal(ErrorCode.INVALID_VALUE, message, (source.key,))
        return found[0]


async def _find(tx: Transaction, kind: str, names: list[str]) -> list[NameMatch]:
    if kind in OWNER_KINDS:
        return await tx.run(OwnersByNames(OwnerKind(kind), names))
    return await tx.run(RecordsByNames(kind, names))


def _text(column: str, value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str() | int() | Decimal():
            return str(value).strip()
        case _:
            message = f"{column} is a list or an object. A map takes texts, numbers, true and false."
            raise Refusal(ErrorCode.INVALID_VALUE, message, (column,))
