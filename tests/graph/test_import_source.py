"""Rows of CSV and NDJSON, however the bytes that hold them are cut into pieces."""

from __future__ import annotations

import csv
import hashlib
import io
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import Refusal
from graph.import_source import LONGEST_ROW, CsvReader, JsonReader, RowReader, SourceFormat, format_of

if TYPE_CHECKING:
    from pathlib import Path

    from graph.import_source import SourceRow

CELLS = st.text(st.sampled_from('a é",\r\n;'), max_size=6)


def read(reader: RowReader, *pieces: bytes) -> list[SourceRow]:
    rows = [row for piece in pieces for row in reader.feed(piece)]
    return [*rows, *reader.feed(b"", final=True)]


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.lists(CELLS, min_size=2, max_size=3), max_size=4),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    size=st.integers(1, 9),
    ended=st.booleans(),
)
def test_csv_is_what_the_standard_library_wrote(rows: list[list[str]], end: str, size: int, *, ended: bool) -> None:
    text = io.StringIO()
    # Of a bare line end of another kind than its own the writer takes no notice.
    writer = csv.writer(text, lineterminator=end) if end == "\r\n" else csv.writer(text, "unix", lineterminator=end)
    writer.writerows(rows)
    data = text.getvalue().encode()
    data = data if ended else data.removesuffix(end.encode())
    found = read(CsvReader(), *(data[at : at + size] for at in range(0, len(data), size)))
    assert [row.content for row in found] == rows
    assert b"".join(row.raw for row in found) == data
    assert [row.position for row in found][-1:] == ([len(data)] if rows else [])
    for row in found[:1]:  # a reader put behind a row goes on with the next
        assert [r.content for r in read(CsvReader(row.number, row.position), data[row.position :])] == rows[1:]


def test_csv_has_blank_rows_a_byte_order_mark_and_quotes_within_cells() -> None:
    found = read(CsvReader(), b"\xef\xbb\xbfa,b\r", b'\n\r\n5" disk,"x""y\n"')
    assert [(row.number, row.content) for row in found] == [(1, ["a", "b"]), (2, []), (3, ['5" disk', 'x"y\n'])]


@pytest.mark.parametrize("data", [b'a\n"open', b'a\n"x"y\n', b"a\n\xff\n", b'a\n"' + b"x" * (LONGEST_ROW + 1)])
def test_csv_that_breaks_off_says_after_which_row(data: bytes) -> None:
    with pytest.raises(Refusal, match="after row 1"):
        read(CsvReader(), data)


def test_ndjson_refuses_lines_and_goes_on() -> None:
    lines = [
        b'\xef\xbb\xbf{"a": 1.50, "b": 12345678901234567890}',
        b"",
        b"[1]",
        b'{"a": NaN}',
        b'{"a": "\\ud800"}',
        b'{"a": "\xff"}',
        b"[" * 100_000,
        b'{"a": "' + b"x" * LONGEST_ROW + b'"}',
        b'{"a": null}',
        b"x" * (3 * LONGEST_ROW),
    ]
    data = b"\n".join(lines)
    reader = JsonReader(loaded=hashlib.sha256())
    found = read(reader, *(data[at : at + 65_536] for at in range(0, len(data), 65_536)))
    assert reader.loaded is not None
    assert reader.loaded.digest() == hashlib.sha256(data).digest()
    assert [row.number for row in found] == list(range(1, len(lines) + 1))
    assert found[0].content == {"a": Decimal("1.50"), "b": 12345678901234567890}
    assert found[1].content == []
    assert found[8].content == {"a": None}
    assert all(isinstance(found[at].content, Refusal) for at in (2, 3, 4, 5, 6, 7, 9))
    assert found[8].position == data.rindex(b"\n") + 1
    assert found[9].position == len(data)


def test_the_ending_tells_the_format(tmp_path: Path) -> None:
    endings = {"a.csv": "csv", "a.NDJSON": "ndjson", "a.jsonl": "ndjson", "a": "csv"}
    assert {name: format_of(tmp_path / name) for name in endings} == {
        name: SourceFormat(value) for name, value in endings.items()
    }
