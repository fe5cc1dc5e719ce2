"""How commands print: data on stdout, as a table or JSON; everything else on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: The option of every command that reads.
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

console = Console(highlight=False)
progress = Console(stderr=True, highlight=False)


def show(rows: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    """Print rows of the same keys: JSON, or a table whose long cells are folded."""
    if as_json:
        typer.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2, default=str).decode())
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in rows[0] if rows else ():
        table.add_column(name, overflow="fold")
    for row in rows:
        # Text, not markup: a title may have brackets.
        table.add_row(*(Text("" if value is None else str(value)) for value in row.values()))
    # Not on a terminal, a line is a row: whoever reads it there cuts it themselves.
    (console if console.is_terminal else Console(width=10_000, highlight=False)).print(table)


def tell(message: str) -> None:
    """Say how far a command is, where somebody watches."""
    if progress.is_terminal:
        progress.print(message, markup=False)
