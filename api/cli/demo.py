"""`goals demo`: fill an empty database with the demo, or empty the demo's. Commands of the host."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn

from api.cli import USAGE
from api.cli.opening import on_database
from api.cli.output import AsJson, progress, show, tell
from graph.clock import SystemClock
from graph.demo import load_demo
from graph.demo_reset import reset_demo
from graph.demo_tree import Size
from graph.preparation import prepare
from graph.settings import read_settings

if TYPE_CHECKING:
    from graph.database import Database
    from graph.demo import Persona

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Fill an empty database with demo data, or empty the demo's database.",
)


@app.command()
def load(
    size: Annotated[
        Size,
        typer.Option(
            case_sensitive=False,
            help="S: 80 goals. M: also a tree of 1 111 goals and 10 000 records. L: also one of 111 111 goals and "
            "1 000 000 records, which takes some minutes and wants GOALGRAPH_HEAP=4g.",
        ),
    ] = Size.S,
    as_json: AsJson = False,
) -> None:
    """Load the demo into an empty database, and list its personas: `goals demo load`, then `goals serve`.

    A command of the host: it asks for nobody's rights but those of the database's user.
    """
    clock = SystemClock()

    async def work(database: Database) -> list[Persona]:
        await prepare(database, clock)
        columns = (*Progress.get_default_columns(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=progress, disable=not progress.is_terminal, transient=True) as bar:
            task = bar.add_task("people, goals, records", total=None, visible=size is not Size.S)

            def show_progress(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total)

            return await load_demo(database, clock, size, show_progress)

    personas = on_database(read_settings(), work)
    rows = [{"external id": one.external_id, "role": one.role, "sees": one.sees} for one in personas]
    show(rows, as_json=as_json)
    tell("A token for one of them: goals user token EXTERNAL_ID")


@app.command()
def reset(yes: Annotated[bool, typer.Option("--yes", help="Yes, delete everything in it.")] = False) -> None:
    """Delete everything in a database that holds the demo and no other users: `goals demo reset --yes`.

    A command of the host: it asks for nobody's rights but those of the database's user.
    """
    if not yes:
        message = "goals: This deletes everything in the demo's database. If that is meant: goals demo reset --yes"
        print(message, file=sys.stderr)
        raise typer.Exit(USAGE)

    async def work(database: Database) -> int:
        gone = 0
        async for gone in reset_demo(database, SystemClock()):
            tell(f"{gone} nodes deleted")
        return gone

    gone = on_database(read_settings(), work)
    typer.echo(f"Deleted {gone} nodes. Load the demo anew with: goals demo load")
