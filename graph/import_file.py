"""Loading a file by a map, or by its own names: what `goals import` does. Not here: reading rows, writing them."""

from __future__ import annotations

import hashlib
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.errors import ErrorCode, Refusal
from graph.import_draft import Drafter
from graph.import_map import read_map
from graph.import_progress import SaveProgress, forget, key_of, resumable
from graph.import_refused import RefusedRows
from graph.import_run import Rehearsal, run_drafts
from graph.import_source import READERS, REFUSAL_COLUMNS, CsvReader, SourceFormat, file_rows, format_of, header_of
from graph.import_target import ImportTarget, import_target
from graph.visibility import Viewer, require_administrator

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
    from hashlib import _Hash
    from pathlib import Path

    from graph.clock import Clock
    from graph.database import Database, Transaction
    from graph.import_draft import Draft
    from graph.import_map import ImportMap, TableSource
    from graph.import_progress import ImportProgress
    from graph.import_run import ImportedBatch, Stage
    from graph.import_source import RowReader, SourceRow
    from graph.ingestion import RowRefusal


@dataclass(frozen=True)
class FileImport:
    """An import, checked and ready to run. `map` None: the file holds rows in the form that an upsert takes."""

    target: ImportTarget
    file: Path
    format: SourceFormat
    map: ImportMap | None
    header: list[str]
    tables: dict[str, dict[str, str]]
    key: str

    @property
    def size(self) -> int:
        """The file's size in bytes."""
        return self.file.stat().st_size

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know first, in words: which columns are left out."""
        used = set() if self.map is None else self.map.columns() | self.map.ignore | set(REFUSAL_COLUMNS)
        unmapped = [column for column in self.header if column not in used]
        return (f"Not mapped, hence not loaded: {', '.join(unmapped)}.",) if unmapped else ()

    async def run(
        self,
        database: Database,
        viewer: Viewer,
        clock: Clock,
        *,
        dry_run: bool = False,
        resume: bool = False,
        refused: Path | None = None,
    ) -> AsyncGenerator[ImportedBatch]:
        """Load the file; what became of each batch, as it goes.

        `dry_run`: check everything and write nothing. `resume`: go on after the last batch of an import that was
        broken off. `refused`: the file for refused rows.

        Refuses FORBIDDEN, NOTHING_TO_RESUME, NOT_FOUND for a file of refused rows that cannot be written, and
        INVALID_VALUE for a file that is not CSV in UTF-8; batches before it stay loaded, and loading them again
        changes nothing.
        """
        require_administrator(viewer, "import files")
        if refused is not None:
            _require_another(refused, self.file)
        found = await resumable(database, self.key, self.file) if resume else None
        running = _Running(self, clock, keeps=not dry_run, found=found)
        async with AsyncExitStack() as stack:
            if refused is not None:
                header = self.header if self.format is SourceFormat.CSV else None
                kept = found[0].refused_bytes if found is not None else 0
                # A rehearsal leaves alone what an import that was broken off has written.
                part = refused.with_name(f"{refused.name}.{'rehearsed.' if dry_run else ''}part")
                running.refused = RefusedRows(refused, part, header, kept)
                stack.callback(running.refused.close)
            stage: Stage = await stack.enter_async_context(Rehearsal(database)) if dry_run else database

            async def identify(_tx: Transaction) -> Viewer:
                return viewer

            drafter = Drafter(self.target, self.map, self.header, self.tables)
            async for batch in run_drafts(
                stage, drafter, running.drafts(drafter), identify, clock, after=running.after
            ):
                yield batch
        if not dry_run:
            await forget(database, self.key)
        if running.refused is not None:
            running.refused.finish()


class _Running:
    """What one run of an import carries along: how far it has come, and the refused rows."""

    def __init__(
        self, loading: FileImport, clock: Clock, *, keeps: bool, found: tuple[ImportProgress, _Hash] | None
    ) -> None:
        self.refused: RefusedRows | None = None
        self._loading = loading
        self._clock = clock
        self._keeps = keeps
        self._begins = found[0] if found else None
        self._loaded = found[1] if found else hashlib.sha256()
        self._batch: Draft | None = None
        self._refused_before = 0

    async def drafts(self, drafter: Drafter) -> AsyncIterator[Draft]:
        """Give the batches from where the import stands."""
        begins = self._begins
        literal = drafter.literal()
        if literal is not None and begins is None:
            yield literal
        number, position = (begins.number, begins.position) if begins is not None else (0, 0)
        reader = READERS[self._loading.format](number, position, self._loaded)
        async for draft in drafter.drafts(self._rows(reader)):
            yield draft

    async def after(self, tx: Transaction, draft: Draft, refused: tuple[RowRefusal, ...]) -> None:
        """Keep a batch's refused rows, and how far the import has come with it. May be done again."""
        if self.refused is not None:
            if draft is not self._batch:
                self._batch, self._refused_before = draft, self.refused.size
            rows = [(draft.originals[refusal.row], refusal) for refusal in refused if refusal.row in draft.originals]
            self.refused.write(rows, self._refused_before)
        if self._keeps:
            size = self.refused.size if self.refused is not None else 0
            loaded = self._loaded.hexdigest()
            saved = SaveProgress(self._loading.key, draft.position, draft.number, loaded, size, self._clock.now())
            await tx.run(saved)

    async def _rows(self, reader: RowReader) -> AsyncIterator[SourceRow]:
        for row in file_rows(self._loading.file, reader):
            if row.number > 1 or self._loading.format is SourceFormat.NDJSON:
                yield row


async def open_import(
    database: Database,
    type_key: str,
    file: Path,
    map_file: Path | None = None,
    source_format: SourceFormat | None = None,
) -> FileImport:
    """Make an import of a file as records of a type, or as users, teams, business_units, territories, product_lines.

    The format is told by the file's ending unless it is named. Without a map, columns are called as what they fill
    (`ImportTarget.direct_map`), and objects are rows as an upsert takes them.

    Refuses, before anything is written: what `read_map` refuses, UNKNOWN_RECORD_TYPE, UNKNOWN_FIELD for a key that the
    type lacks, NOT_FOUND for a file, INVALID_VALUE for a column that a file lacks.
    """
    source_format = source_format or format_of(file)
    import_map = read_map(map_file) if map_file is not None else None
    target = await import_target(database, type_key)
    if import_map is not None:
        target.check(import_map)
    header = _header(file) if source_format is SourceFormat.CSV else []
    if import_map is None and source_format is SourceFormat.CSV:
        import_map = target.direct_map(header)
    elif import_map is not None and source_format is SourceFormat.CSV:
        for column in sorted(import_map.columns()):
            _require_column(column, header, file)
    sources = import_map.tables if import_map is not None else {}
    tables = {name: _load_table(file.parent / table.file, table) for name, table in sources.items()}
    key = key_of(file, type_key, source_format.value, _text(map_file), repr(tables))
    return FileImport(target, file, source_format, import_map, header, tables, key)


def _text(map_file: Path | None) -> str:
    return map_file.read_text("utf-8") if map_file is not None else ""


def _require_another(refused: Path, file: Path) -> None:
    if refused.resolve() == file.resolve():
        message = "The file of refused rows is the file that is imported. Name another one."
        raise Refusal(ErrorCode.INVALID_VALUE, message, ("refused",))


def _load_table(file: Path, table: TableSource) -> dict[str, str]:
    header = _header(file)
    _require_column(table.key, header, file)
    _require_column(table.value, header, file)
    key_at, value_at = header.index(table.key), header.index(table.value)
    found: dict[str, str] = {}
    for number, values in _cells(file):
        if number == 1 or not values:
            continue
        if len(values) != len(header):
            message = f"Row {number} of {file.name} has {len(values)} cells, the header {len(header)}. Correct it."
            raise Refusal(ErrorCode.INVALID_VALUE, message, ("map", "tables"))
        key, value = values[key_at].strip(), values[value_at].strip()
        if found.setdefault(key, value) != value:
            message = f"{file.name} gives {key!r} two values for {table.value}. A table has one for each key."
            raise Refusal(ErrorCode.INVALID_VALUE, message, ("map", "tables"))
    return found


def _header(file: Path) -> list[str]:
    return header_of(next(file_rows(file, CsvReader()), None), file.name)


def _cells(file: Path) -> Iterator[tuple[int, list[str]]]:
    for row in file_rows(file, CsvReader()):
        if isinstance(row.content, list):
            yield row.number, row.content


def _require_column(column: str, header: Sequence[str], file: Path) -> None:
    if column not in header:
        message = f"{file.name} has no column {column!r}. It has: {', '.join(header)}."
        raise Refusal(ErrorCode.INVALID_VALUE, message, ("map",))
