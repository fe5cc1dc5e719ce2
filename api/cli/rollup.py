"""`goals rollup`: recalculate trees, and how they stand. Commands of the host: they obey nobody's visibility."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn

from api.cli import FAILED
from api.cli.opening import on_database
from api.cli.output import AsJson, progress, show, tell
from graph.clock import SystemClock
from graph.rollup_run import TreeRun, run_trees, standings, trees
from graph.settings import read_settings

if TYPE_CHECKING:
    from graph.database import Database

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Recalculate trees of goals, and see how they stand."
)


@app.command()
def run(
    goal: Annotated[str | None, typer.Option(help="Id of a goal: only its tree, the whole of it.")] = None,
    as_json: AsJson = False,
) -> None:
    """Recalculate every tree, one after the other: `goals rollup run`. Exit code 1 where one failed.

    A command of the host: it asks for nobody's rights but those of the database's user.
    """
    clock = SystemClock()

    async def work(database: Database) -> list[TreeRun]:
        roots = await trees(database, goal)
        done = []
        columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=progress, disable=not progress.is_terminal, transient=True) as bar:
            task = bar.add_task("Trees", total=len(roots))
            async for one in run_trees(database, clock, roots):
                done.append(one)
                bar.advance(task)
        return done

    done = on_database(read_settings(), work)
    show([_row(one) for one in done], as_json=as_json)
    reports = [one.report for one in done if one.report is not None]
    tell(
        f"{len(reports)} trees, {sum(report.goals for report in reports)} goals, "
        f"{sum(report.changed for report in reports)} changed, {sum(report.overflowed for report in reports)} "
        f"overflowed, {sum(one.seconds for one in done):.1f} s."
    )
    failed = [one for one in done if one.error is not None]
    for one in failed:
        print(f"goals: {one.root.title}: {one.error}", file=sys.stderr)
    if failed:
        raise typer.Exit(FAILED)


@app.command()
def status(as_json: AsJson = False) -> None:
    """List all trees: state, when calculated, how many goals, stale ones, overflowed ones: `goals rollup status`.

    A command of the host: it shows every tree, whoever may see it.
    """
    now = SystemClock().now()
    rows = [
        {
            "title": root.title,
            "state": standing.state(now).value,
            "calculated": standing.calculated_at,
            "goals": standing.goals,
            "stale": standing.stale,
            "overflowed": standing.overflowed,
            "id": root.id,
        }
        for root, standing in on_database(read_settings(), lambda database: standings(database, now))
    ]
    show(rows, as_json=as_json)


def _row(one: TreeRun) -> dict[str, Any]:
    report = one.report
    return {
        "title": one.root.title,
        "goals": None if report is None else report.goals,
        "changed": None if report is None else report.changed,
        "overflowed": None if report is None else report.overflowed,
        "seconds": round(one.seconds, 3),
        "error": one.error,
        "id": one.root.id,
    }
