"""`goals import`: a CSV file as records or owners, by a map. A command of the host: it obeys nobody's visibility."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import orjson
import typer
from rich.markup import escape
from rich.progress import DownloadColumn, Progress

from api.cli import FAILED
from api.cli.opening import on_database
from api.cli.output import progress, show, tell
from graph.clock import SystemClock
from graph.import_file import open_import
from graph.preparation import prepare
from graph.settings import read_settings
from graph.visibility import Viewer

if TYPE_CHECKING:
    from collections.abc import Callable

    from graph.clock import Clock
    from graph.database import Database
    from graph.import_file import FileImport, ImportedBatch
    from graph.ingestion import RowRefusal

app = typer.Typer(add_completion=False)

#: Who may read the database's password may write into it: the host acts for no user.
HOST: Final = Viewer("host", "host", "Host", administrator=True)
_SHOWN: Final = 20


@dataclass
class Summary:
    """How many rows of a file became what. Refused rows are counted, not kept: a file may have any number of them."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    refused: int = 0

    def add(self, batch: ImportedBatch) -> None:
        """Count a batch."""
        self.inserted += batch.inserted
        self.updated += batch.updated
        self.unchanged += batch.unchanged
        self.skipped += batch.skipped
        self.refused += len(batch.refused)


@app.command("import")
def import_(
    type_: Annotated[
        str,
        typer.Argument(
            metavar="TYPE",
            help="A record type's key (opportunity), or users, teams, business_units, territories, product_lines.",
        ),
    ],
    file: Annotated[Path, typer.Argument(help="The CSV file, in UTF-8 and with a header.")],
    map_: Annotated[Path, typer.Option("--map", help="TOML file that says which column fills which field.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with every refused row.")] = False,
) -> None:
    """Load a CSV file: `goals import opportunity deals.csv --map deals.toml`. Exit code 1 where a row was refused.

    Rows are matched by external id, so loading again changes nothing. A command of the host: it does not ask for a
    viewer's rights; whoever may read the database's password may use it.
    """
    refusals: Refusals = JsonRefusals() if as_json else TextRefusals()
    clock = SystemClock()
    summary = Summary()

    async def work(database: Database) -> None:
        await prepare(database, clock)
        loading = await open_import(database, type_, file, map_)
        try:
            await run_import(database, clock, loading, summary, refusals.add)
        finally:
            refusals.end(summary)  # what was loaded before a fault stays, so it is told

    on_database(read_settings(), work)
    if summary.inserted or summary.updated:
        tell("Totals read STALE until they are recalculated: goals rollup run")
    if summary.refused:
        raise typer.Exit(FAILED)


async def run_import(
    database: Database, clock: Clock, loading: FileImport, summary: Summary, on_refused: Callable[[RowRefusal], None]
) -> None:
    """Load a file batch by batch, counting into `summary`; progress on a terminal. Refuses as the import does."""
    for note in loading.notes:
        tell(note)
    columns = (*Progress.get_default_columns(), DownloadColumn())
    # Data must reach stdout, also while the bar is drawn on stderr.
    with Progress(
        *columns, console=progress, disable=not progress.is_terminal, transient=True, redirect_stdout=False
    ) as bar:
        task = bar.add_task(escape(loading.file.name), total=loading.size)
        async for batch in loading.run(database, HOST, clock):
            summary.add(batch)
            for refusal in batch.refused:
                on_refused(refusal)
            bar.update(task, completed=batch.position)


class TextRefusals:
    """The first refused rows on stderr as they come; at the end the summary as a table."""

    def __init__(self) -> None:
        self._shown = 0

    def add(self, refusal: RowRefusal) -> None:
        """Print one, if not too many were."""
        if self._shown < _SHOWN:
            where = f"row {refusal.row}" if refusal.row else "the map's rows"
            column = f", {refusal.field}" if refusal.field else ""
            progress.print(f"{where}{column}: {refusal.message}", markup=False, soft_wrap=True)
        self._shown += 1

    def end(self, summary: Summary) -> None:
        """Print the summary, and how many refused rows were not shown."""
        if self._shown > _SHOWN:
            progress.print(f"… and {self._shown - _SHOWN} more refused rows: --json prints all.", markup=False)
        show([vars(summary)], as_json=False)


class JsonRefusals:
    """One JSON object: every refused row, printed as it comes, then the summary."""

    def __init__(self) -> None:
        self._before = '{"refusals": ['

    def add(self, refusal: RowRefusal) -> None:
        """Print one."""
        row = {"row": refusal.row, "field": refusal.field, "code": refusal.code, "reason": refusal.message}
        sys.stdout.write(f"{self._before}\n  {orjson.dumps(row).decode()}")
        self._before = ","

    def end(self, summary: Summary) -> None:
        """Print the summary."""
        opened = "\n]" if self._before == "," else f"{self._before}]"
        counts = orjson.dumps(vars(summary)).decode()
        sys.stdout.write(f"{opened}, {counts[1:]}\n")


Refusals = TextRefusals | JsonRefusals
