"""Loading a CSV file by a map, in batches and constant memory. Not here: the map's form, what rows must obey."""

from __future__ import annotations

import csv
import io
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from graph.errors import ErrorCode, Refusal
from graph.import_map import ImportMap, read_map
from graph.import_target import ImportTarget, import_target
from graph.ingestion import LARGEST_BATCH, RowRefusal
from graph.organization import organization
from graph.owners import NameMatch, OwnerKind, OwnersByNames
from graph.record_upsert import OWNER_KINDS, RecordsByNames
from graph.visibility import Viewer, require_administrator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator, Iterator, Mapping, Sequence
    from pathlib import Path

    from graph.clock import Clock
    from graph.database import Database, Transaction
    from graph.import_map import Source, TableSource
    from graph.ingestion import UpsertReport

#: Seconds that the transaction of one batch may take.
BATCH_DEADLINE = 120.0
_MOST_NAMES = 100_000  # kept in memory; more are looked up again


@dataclass(frozen=True, slots=True)
class ImportedBatch:
    """What became of some rows of the file. `row` of a refusal is the row in the file, the header being 1.

    `skipped` rows did not meet `where`, or repeat an earlier one under `distinct`. `position`: bytes of the file read.
    """

    inserted: int
    updated: int
    unchanged: int
    skipped: int
    refused: tuple[RowRefusal, ...]
    position: int


@dataclass
class _Draft:
    """Rows on their way to an upsert: their numbers in the file, and the names in them still to be looked up."""

    numbers: list[int] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    names: list[dict[Source, str]] = field(default_factory=list)
    refused: list[RowRefusal] = field(default_factory=list)
    skipped: int = 0
    position: int = 0

    def refuse(self, number: int, refusal: Refusal) -> None:
        """Leave a row out, for this reason."""
        problem = refusal.problem
        self.refused.append(RowRefusal(number, ".".join(problem.field or ()), problem.code, problem.message))


@dataclass
class FileImport:
    """An import, checked and ready to run. `notes`: what the user should know first, such as columns not mapped."""

    target: ImportTarget
    file: Path
    map: ImportMap
    header: list[str]
    tables: dict[str, dict[str, str]]
    _known: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """The file's size in bytes."""
        return self.file.stat().st_size

    @property
    def notes(self) -> tuple[str, ...]:
        """What is left out, in words."""
        unmapped = [column for column in self.header if column not in self.map.columns() | self.map.ignore]
        return (f"Not mapped, hence not loaded: {', '.join(unmapped)}.",) if unmapped else ()

    async def run(self, database: Database, viewer: Viewer, clock: Clock) -> AsyncIterator[ImportedBatch]:
        """Load the file; what became of each batch, as it goes.

        Refuses FORBIDDEN, and INVALID_VALUE for a file that is not CSV in UTF-8; batches before it stay loaded, and
        loading them again changes nothing.
        """
        require_administrator(viewer, "import files")
        zone = (await database.read(organization)).zone
        for draft in self._drafts():
            await self._look_up(database, draft)

            async def work(tx: Transaction, rows: Sequence[Mapping[str, Any]] = draft.rows) -> UpsertReport:
                return await self.target.upsert(tx, viewer, rows, now=clock.now(), zone=zone)

            report = await database.write(work, deadline=BATCH_DEADLINE)
            refused = [
                RowRefusal(draft.numbers[refusal.row - 1], refusal.field, refusal.code, refusal.message)
                for refusal in report.refused
            ]
            yield ImportedBatch(
                report.inserted,
                report.updated,
                report.unchanged,
                draft.skipped,
                tuple(sorted([*draft.refused, *refused], key=lambda refusal: refusal.row)),
                draft.position,
            )

    def _drafts(self) -> Iterator[_Draft]:
        seen: set[str] = set()
        numbered = _rows(self.file)
        literal = _Draft(numbers=[0] * len(self.map.rows), rows=[dict(row) for row in self.map.rows])
        literal.names = [{} for _ in literal.rows]
        if literal.rows:
            yield literal
        while chunk := list(islice(numbered, LARGEST_BATCH)):
            draft = _Draft(position=chunk[-1][2])
            for number, values, _ in chunk:
                try:
                    self._take(draft, number, values, seen)
                except Refusal as refusal:
                    draft.refuse(number, refusal)
            yield draft

    def _take(self, draft: _Draft, number: int, values: list[str], seen: set[str]) -> None:
        if len(values) != len(self.header):
            message = f"The row has {len(values)} cells, the header {len(self.header)}. Quote cells that hold a comma."
            raise Refusal(ErrorCode.INVALID_VALUE, message)
        cells = dict(zip(self.header, map(str.strip, values), strict=True))
        if any(cells[column] not in wanted for column, wanted in self.map.where.items()):
            draft.skipped += 1
            return
        row: dict[str, Any] = {}
        names: dict[Source, str] = {}
        for source in self.map.sources:
            value = source.text(cells)
            if value is not None and source.table is not None:
                value = self._from_table(source, str(value))
            if value is not None and source.by_name:
                names[source] = str(value)
            else:
                self.target.put(row, source, value)
        if self.map.distinct:
            shape = repr((row, sorted((source.key, name) for source, name in names.items())))
            if shape in seen:
                draft.skipped += 1
                return
            seen.add(shape)
        draft.numbers.append(number)
        draft.rows.append(row)
        draft.names.append(names)

    def _from_table(self, source: Source, key: str) -> str | None:
        table = self.tables[source.table or ""]
        if key not in table:
            message = f"The table {source.table} has no {key!r}. Add it there, or give its other spelling in values."
            raise Refusal(ErrorCode.NOT_FOUND, message, (source.key,))
        return table[key] or None

    async def _look_up(self, database: Database, draft: _Draft) -> None:
        """Put external ids where the rows have names. Refuses the rows whose names are unknown or ambiguous."""
        if len(self._known) > _MOST_NAMES:
            self._known.clear()
        wanted: dict[str, set[str]] = {}
        for names in draft.names:
            for source, name in names.items():
                kind = self.target.reference(source)
                if (kind, name) not in self._known:
                    wanted.setdefault(kind, set()).add(name)
        for kind, missing in wanted.items():
            found = await database.read(partial(_find, kind, sorted(missing)))
            self._known.update({(kind, name): [] for name in missing})
            self._known.update({(kind, match.name): match.external_ids for match in found})
        kept = _Draft()
        for number, row, names in zip(draft.numbers, draft.rows, draft.names, strict=True):
            try:
                for source, name in names.items():
                    self.target.put(row, source, self._named(source, name))
            except Refusal as refusal:
                draft.refuse(number, refusal)
            else:
                kept.numbers.append(number)
                kept.rows.append(row)
        draft.numbers, draft.rows = kept.numbers, kept.rows

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


async def open_import(database: Database, type_key: str, file: Path, map_file: Path) -> FileImport:
    """Make an import of a file as records of a type, or as users, teams, business_units, territories, product_lines.

    Refuses, before anything is written: what `read_map` refuses, UNKNOWN_RECORD_TYPE, UNKNOWN_FIELD for a key that the
    type lacks, NOT_FOUND for a file, INVALID_VALUE for a column that a file lacks.
    """
    import_map = read_map(map_file)
    target = await import_target(database, type_key)
    target.check(import_map)
    header = _header(file)
    for column in sorted(import_map.columns()):
        _require_column(column, header, file)
    tables = {name: _load_table(file.parent / table.file, table) for name, table in import_map.tables.items()}
    return FileImport(target, file, import_map, header, tables)


async def _find(kind: str, names: list[str], tx: Transaction) -> list[NameMatch]:
    if kind in OWNER_KINDS:
        return await tx.run(OwnersByNames(OwnerKind(kind), names))
    return await tx.run(RecordsByNames(kind, names))


def _load_table(file: Path, table: TableSource) -> dict[str, str]:
    header = _header(file)
    _require_column(table.key, header, file)
    _require_column(table.value, header, file)
    key_at, value_at = header.index(table.key), header.index(table.value)
    found: dict[str, str] = {}
    for number, values, _ in _rows(file):
        if len(values) != len(header):
            message = f"Row {number} of {file.name} has {len(values)} cells, the header {len(header)}. Correct it."
            raise Refusal(ErrorCode.INVALID_VALUE, message, ("map", "tables"))
        key, value = values[key_at].strip(), values[value_at].strip()
        if found.setdefault(key, value) != value:
            message = f"{file.name} gives {key!r} two values for {table.value}. A table has one for each key."
            raise Refusal(ErrorCode.INVALID_VALUE, message, ("map", "tables"))
    return found


def _header(file: Path) -> list[str]:
    with closing(_all_rows(file)) as rows:
        header = [name.strip() for _, values, _ in islice(rows, 1) for name in values]
    repeated = sorted({name for name in header if header.count(name) > 1})
    if not header or repeated:
        what = f"repeats the columns {', '.join(repeated)}" if repeated else "is empty"
        message = f"{file.name} {what}. Its first row must name each column once."
        raise Refusal(ErrorCode.INVALID_VALUE, message, ("file",))
    return header


def _rows(file: Path) -> Iterator[tuple[int, list[str], int]]:
    """Give the rows below the header that are not blank, as `_all_rows` does."""
    return (row for row in _all_rows(file) if row[0] > 1 and row[1])


def _all_rows(file: Path) -> Generator[tuple[int, list[str], int], None, None]:
    """Give each row: its number as a spreadsheet counts, its cells, and the bytes read so far."""
    number = 0
    try:
        with file.open("rb") as raw, io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as text:
            for number, values in enumerate(csv.reader(text, strict=True), 1):
                yield number, values, raw.tell()
    except OSError:
        raise Refusal(ErrorCode.NOT_FOUND, f"The file {file.name} cannot be read.", ("file",)) from None
    except (UnicodeDecodeError, csv.Error):
        message = f"{file.name} is not CSV in UTF-8 after row {number}. Correct it, or save it as CSV UTF-8."
        raise Refusal(ErrorCode.INVALID_VALUE, message, ("file",)) from None


def _require_column(column: str, header: Sequence[str], file: Path) -> None:
    if column not in header:
        message = f"{file.name} has no column {column!r}. It has: {', '.join(header)}."
        raise Refusal(ErrorCode.INVALID_VALUE, message, ("map",))
