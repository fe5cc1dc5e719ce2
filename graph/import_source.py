"""The rows of a CSV or NDJSON source, read piece by piece in bounded memory. Not here: what their cells mean."""

from __future__ import annotations

import csv
import json
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import orjson

from graph.errors import ErrorCode, Refusal

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
    from hashlib import _Hash
    from pathlib import Path

#: Bytes of one row.
LONGEST_ROW = 1_048_576
#: Columns, or keys, that a file of refused rows adds; an import takes no notice of them.
REFUSAL_COLUMNS = ("refusal_code", "refusal_reason", "refusal_field")
_CHUNK = 65_536
BOM = b"\xef\xbb\xbf"
# In a quoted field a quote is written twice, and line ends are part of it; what csv refuses after a quote it may see.
_FIELD = rb'(?:"(?:[^"]++|"")*+"[^,\r\n]*+|[^",\r\n][^,\r\n]*+)?+'
_RECORD = re.compile(rb"%b(?:,%b)*+(?:\r\n|\n|\r)" % (_FIELD, _FIELD))


class SourceFormat(StrEnum):
    """How rows are written."""

    CSV = "csv"
    NDJSON = "ndjson"


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A row as it stands in its source.

    `number` counts rows as a spreadsheet (or, of NDJSON, an editor) does, from 1; `position` is where it ends, in
    bytes. `content`: the cells of CSV, empty for a blank row; the object of NDJSON; or why it is none.
    """

    number: int
    position: int
    raw: bytes
    content: list[str] | dict[str, Any] | Refusal


class RowReader(ABC):
    """Takes bytes as they come and gives the rows that they complete. Holds one row at most, and the bytes given.

    `number` and `position` are those of the last row given; `loaded`, if there is one, is the hash of all bytes up to
    its end.
    """

    def __init__(self, number: int = 0, position: int = 0, loaded: _Hash | None = None) -> None:
        self.number = number
        self.position = position
        self.loaded = loaded
        self._rest = b""
        self._skipping = False  # the rest of a row that was too long

    def feed(self, chunk: bytes, *, final: bool = False) -> Iterator[SourceRow]:
        """Give the rows that are whole with these bytes; `final`: no more will come.

        Refuses INVALID_VALUE where the source is not of the format, so that no row after it can be told.
        """
        data = self._rest + chunk
        missing = final and (data or self._skipping) and not data.endswith((b"\n", b"\r"))
        size = len(data)
        if missing:
            data += b"\n"
        at = 0
        while at < len(data):
            end = self._end(data, at, final=final)
            if end is None:
                break
            raw = data[at : min(end, size)]
            self.number += 1
            row = self._row(raw)
            self._pass(raw)
            yield SourceRow(self.number, self.position, raw, row)
            at = end
        self._rest = data[at:]
        if len(self._rest) > LONGEST_ROW or (final and self._rest):
            self._rest = self._overlong(self._rest)

    def _pass(self, raw: bytes) -> None:
        self.position += len(raw)
        if self.loaded is not None:
            self.loaded.update(raw)

    @abstractmethod
    def _end(self, data: bytes, at: int, *, final: bool) -> int | None:
        """Give where the row that begins at `at` ends; None if that cannot be told yet."""

    @abstractmethod
    def _row(self, raw: bytes) -> list[str] | dict[str, Any] | Refusal:
        """Read a whole row."""

    @abstractmethod
    def _overlong(self, rest: bytes) -> bytes:
        """Give what to keep of the beginning of a row that is too long, or refuse it."""


class CsvReader(RowReader):
    """Reads CSV in UTF-8, with or without a byte order mark. A fault of its form ends it: quotes may mean anything."""

    def _end(self, data: bytes, at: int, *, final: bool) -> int | None:
        record = _RECORD.match(data, at)
        if record is None or (not final and record.end() == len(data) and data.endswith(b"\r")):
            return None  # what follows may be the other half of the line's end
        return record.end()

    def _row(self, raw: bytes) -> list[str]:
        if self.position == 0:
            raw = raw.removeprefix(BOM)
        try:
            return next(csv.reader((raw.decode(),), strict=True), [])
        except (UnicodeDecodeError, csv.Error):
            raise self._broken(self.number - 1) from None

    def _overlong(self, rest: bytes) -> bytes:  # noqa: ARG002 - whatever it is
        raise self._broken(self.number)

    @staticmethod
    def _broken(number: int) -> Refusal:
        message = f"The source is not CSV in UTF-8 after row {number}. Correct it, or save it as CSV UTF-8."
        return Refusal(ErrorCode.INVALID_VALUE, message, ("file",))


class JsonReader(RowReader):
    """Reads NDJSON: one JSON object a line, in UTF-8. A line that is none is refused by itself."""

    def _end(self, data: bytes, at: int, *, final: bool) -> int | None:  # noqa: ARG002 - a line ends with its "\n"
        end = data.find(b"\n", at) + 1
        return end or None

    def _row(self, raw: bytes) -> list[str] | dict[str, Any] | Refusal:
        if self._skipping or len(raw) > LONGEST_ROW:
            self._skipping = False
            return Refusal(ErrorCode.INVALID_VALUE, f"The line is longer than {LONGEST_ROW} bytes. Shorten it.")
        if self.position == 0:
            raw = raw.removeprefix(BOM)
        if not raw.strip():
            return []
        try:
            content = json.loads(raw.decode(), parse_float=Decimal, parse_constant=_refuse_constant)
            if b"\\u" in raw:
                orjson.loads(raw)  # it refuses half of a surrogate pair, which no answer could repeat
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            return Refusal(ErrorCode.INVALID_VALUE, "The line is not a JSON object in UTF-8. Correct it.")
        return content

    def _overlong(self, rest: bytes) -> bytes:
        self._pass(rest)
        self._skipping = True
        return b""


READERS: dict[SourceFormat, type[RowReader]] = {SourceFormat.CSV: CsvReader, SourceFormat.NDJSON: JsonReader}


def format_of(file: Path) -> SourceFormat:
    """Tell the format by the file's ending: NDJSON for .ndjson and .jsonl, else CSV."""
    return SourceFormat.NDJSON if file.suffix.lower() in {".ndjson", ".jsonl"} else SourceFormat.CSV


def file_rows(file: Path, reader: RowReader) -> Iterator[SourceRow]:
    """Give the rows of a file from the reader's position on. Refuses NOT_FOUND and what the reader refuses."""
    try:
        with file.open("rb") as raw:
            raw.seek(reader.position)
            yield from _rows(iter(lambda: raw.read(_CHUNK), b""), reader)
    except OSError:
        raise Refusal(ErrorCode.NOT_FOUND, f"The file {file.name} cannot be read.", ("file",)) from None


async def streamed_rows(chunks: AsyncIterable[bytes], reader: RowReader) -> AsyncIterator[SourceRow]:
    """Give the rows of a stream as they come. Refuses what the reader refuses."""
    async for chunk in chunks:
        for at in range(0, len(chunk), _CHUNK):  # a sender may choose its pieces; rows are told from small ones
            for row in reader.feed(chunk[at : at + _CHUNK]):
                yield row
    for row in reader.feed(b"", final=True):
        yield row


def header_of(row: SourceRow | None, name: str) -> list[str]:
    """Give the columns that the first row of a CSV source names. Refuses INVALID_VALUE."""
    header = [cell.strip() for cell in row.content] if row is not None and isinstance(row.content, list) else []
    repeated = sorted({column for column in header if header.count(column) > 1})
    if not header or repeated:
        what = f"repeats the columns {', '.join(repeated)}" if repeated else "is empty"
        message = f"{name} {what}. Its first row must name each column once."
        raise Refusal(ErrorCode.INVALID_VALUE, message, ("file",))
    return header


def _rows(chunks: Iterable[bytes], reader: RowReader) -> Iterator[SourceRow]:
    for chunk in chunks:
        yield from reader.feed(chunk)
    yield from reader.feed(b"", final=True)


def _refuse_constant(name: str) -> None:
    message = f"{name} is not JSON"
    raise ValueError(message)
