"""A file of the rows that an import refused, as they were and why: to be mended and imported again by the same map."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

import orjson

from graph.errors import ErrorCode, Refusal
from graph.import_source import BOM, REFUSAL_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from graph.import_source import SourceRow
    from graph.ingestion import RowRefusal

_TEXT = rb'"(?:[^"\\]|\\.)*"'
_REASONS = re.compile(rb",".join(rb'"%b":%b' % (name.encode(), _TEXT) for name in REFUSAL_COLUMNS) + rb",?")


class RefusedRows:
    """Writes into `part`, which becomes `file` at the end. With nothing refused there is no file, also no older one.

    `header`: the columns of CSV; None: the rows are NDJSON, and a line that is no object stays as it was. `kept`: bytes
    of `part` that an import broken off has left; what comes after them is written again.
    """

    def __init__(self, file: Path, part: Path, header: list[str] | None, kept: int = 0) -> None:
        self.file = file
        self.part = part
        self._header = header
        try:
            if kept and self.part.stat().st_size < kept:
                raise FileNotFoundError
            self._out = self.part.open("r+b" if kept else "w+b")
        except OSError:
            what = "does not hold the rows refused so far" if kept else "cannot be written"
            message = f"{self.part} {what}. Name another file with --refused, or import from the start."
            raise Refusal(ErrorCode.NOT_FOUND, message, ("refused",)) from None
        self.size = kept

    def write(self, rows: Iterable[tuple[SourceRow, RowRefusal]], after: int) -> None:
        """Write rows after this many bytes, over any that an attempt before this one wrote there."""
        self._out.seek(after)
        self._out.truncate()
        for row, refusal in rows:
            reasons = [refusal.code.value, refusal.message, refusal.field]
            if self._header is None:
                self._out.write(_line(row, reasons))
            else:
                self._out.write(self._cells(row, reasons))
        self._out.flush()
        self.size = self._out.tell()

    def close(self) -> None:
        """Leave `part` as it is, for an import that goes on later."""
        self._out.close()

    def finish(self) -> None:
        """Give the file its name, or leave none where no row was refused."""
        self._out.close()
        if self.size:
            self.part.replace(self.file)
        else:
            self.part.unlink()
            self.file.unlink(missing_ok=True)

    def _cells(self, row: SourceRow, reasons: list[str]) -> bytes:
        # The reasons stand first: a row with too many cells, or too few, is no different with them.
        header = self._header or []
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")  # hence cells with either of them are quoted
        if not self._out.tell():
            writer.writerow([*REFUSAL_COLUMNS, *(column for column in header if column not in REFUSAL_COLUMNS)])
        added = {at for at, column in enumerate(header) if column in REFUSAL_COLUMNS}
        cells = row.content if isinstance(row.content, list) else []
        writer.writerow([*reasons, *(cell for at, cell in enumerate(cells) if at not in added)])
        return text.getvalue().encode()


def _line(row: SourceRow, reasons: list[str]) -> bytes:
    """Give an object with the reasons before its own keys, which stay as they were written."""
    raw = row.raw.removeprefix(BOM).strip()
    if not isinstance(row.content, dict):
        return raw + b"\n"
    own = raw[1:].lstrip()
    if (earlier := _REASONS.match(own)) is not None:
        own = own[earlier.end() :].lstrip()
    added = orjson.dumps(dict(zip(REFUSAL_COLUMNS, reasons, strict=True)))[:-1]
    return added + (b"" if own == b"}" else b",") + own + b"\n"
