"""`goals import`: a CSV or NDJSON file as records or owners. A command of the host: it obeys nobody's visibility."""

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
from graph.import_source import SourceFormat
from graph.preparation import prepare
from graph.settings import read_settings
from graph.visibility import Viewer

if TYPE_CHECKING:
    from collections.abc import Callable

    from graph.clock import Clock
    from graph.database import Database
    from graph.import_file import FileImport
    from graph.import_run import ImportedBatch
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
    file: Annotated[Path, typer.Argument(help="CSV in UTF-8 with a header, or NDJSON: one JSON object a line.")],
    *,
    map_: Annotated[
        Path | None,
        typer.Option(
            "--map",
            help="TOML file that says which column or key fills which field. Without it they are called as the fields.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything as an import does, report the same, and write nothing.")
    ] = False,
    refused: Annotated[
        Path | None,
        typer.Option(
            help="Write the refused rows here as they were, with the reasons, to be mended and imported again. "
            "Until the end they are in FILE.part; with none refused there is no file, also no older one."
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on after the last batch of an import that was broken off.")
    ] = False,
    format_: Annotated[
        SourceFormat | None,
        typer.Option(
            "--format", help="Told by the file's ending unless given: NDJSON for .ndjson and .jsonl, else CSV."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with every refused row.")] = False,
) -> None:
    """Load a file: `goals import opportunity deals.csv --map deals.toml`. Exit code 1 where a row was refused.

    Rows are matched by external id, so loading again changes nothing. A dry run takes 50 000 rows (or 30 seconds) at a
    time: of a longer file, a row that refers to one more than that above it may be refused, though an import takes it.

    A command of the host: it does not ask for a viewer's rights; whoever may read the database's password may use it.
    """
    if dry_run and resume:
        message = "A dry run keeps no progress to go on from. Leave out one of --dry-run and --resume."
        raise typer.BadParameter(message)
    refusals: Refusals = JsonRefusals() if as_json else TextRefusals()
    clock = SystemClock()
    summary = Summary()

    async def work(database: Database) -> None:
        await prepare(database, clock)
        loading = await open_import(database, type_, file, map_, format_)
        options = ImportOptions(dry_run=dry_run, resume=resume, refused=refused)
        try:
            await run_import(database, clock, loading, summary, refusals.add, options=options)
        finally:
            refusals.end(summary)  # what was loaded before a fault stays, so it is told

    try:
        on_database(read_settings(), work)
    except KeyboardInterrupt:
        if not dry_run and (resume or any(vars(summary).values())):
            progress.print("Broken off. The same command with --resume goes on after the last batch.", markup=False)
        raise
    if dry_run:
        tell("A dry run: nothing was written.")
    elif summary.inserted or summary.updated:
        tell("Totals read STALE until they are recalculated: goals rollup run")
    if summary.refused:
        raise typer.Exit(FAILED)


@dataclass(frozen=True)
class ImportOptions:
    """How to run an import; the fields are the options of `FileImport.run`."""

    dry_run: bool = False
    resume: bool = False
    refused: Path | None = None


DEFAULTS: Final = ImportOptions()


async def run_import(
    database: Database,
    clock: Clock,
    loading: FileImport,
    summary: Summary,
    on_refused: Callable[[RowRefusal], None],
    *,
    options: ImportOptions = DEFAULTS,
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
        async for batch in loading.run(database, HOST, clock, **vars(options)):
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
