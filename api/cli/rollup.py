"""`goals rollup`: recalculate trees, and how they stand.

With a token, as its user on a running server; without one, commands of the host that obey nobody's visibility.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn

from api.cli import FAILED, NOT_PERMITTED
from api.cli.goal import Token, Url, ask, pages
from api.cli.opening import on_database
from api.cli.output import AsJson, progress, show, tell
from graph.clock import SystemClock
from graph.rollup_run import TreeRun, standings, trees
from graph.run import Trigger, run_noted
from graph.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graph.database import Database

_RUN: Final = (
    "run { id state percentage outcome counts { goals changed overflowed } durationSeconds root { id title } }"
)
_RECALCULATE: Final = (
    "mutation Run($id: ID!, $wait: Float!) { recalculateGoal(input: {goalId: $id, waitSeconds: $wait})"
    " { " + _RUN + " userErrors { code message } } }"
)
_LOOK: Final = "query Run($id: ID!) { node(id: $id) { ... on RollupRun { " + _RUN[6:-2] + " } } }"
_ROOTS: Final = (
    "query Roots($first: Int, $after: String) { found: goals(filter: {rootsOnly: true}, first: $first, after: $after)"
    " { pageInfo { hasNextPage endCursor } nodes { id title rollup { state calculatedAt } } } }"
)
_RUNS: Final = "query Runs { rollupRuns(first: 200) { nodes { state percentage outcome root { id } } } }"
_WAIT: Final = 2.0  # seconds that the server lets us wait for one run, and between two looks at it
#: The bar of a run; it is shown on a terminal alone.
_COLUMNS: Final = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeElapsedColumn())

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Recalculate trees of goals, and see how they stand."
)


@app.command()
def run(
    goal: Annotated[str | None, typer.Option(help="Id of a goal: only its tree, the whole of it.")] = None,
    token: Token = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Recalculate every tree, one after the other: `goals rollup run`. Exit code 1 where one failed.

    With a token: on a running server, the trees whose top its user sees, as far as it may recalculate them. Without: a
    command of the host, which asks for nobody's rights but those of the database's user.
    """
    if token:
        _run_there(goal, token, url, as_json=as_json)
        return
    clock = SystemClock()

    async def work(database: Database) -> list[TreeRun]:
        roots = await trees(database, goal)
        done = []
        one_tree = None if goal is None else roots[0].id
        with Progress(*_COLUMNS, console=progress, disable=not progress.is_terminal, transient=True) as bar:
            task = bar.add_task("Trees", total=len(roots))
            async for one in run_noted(database, clock, roots, Trigger.MANUAL, one_tree):
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
def status(token: Token = None, url: Url = None, as_json: AsJson = False) -> None:
    """List all trees: state, when calculated, how many goals, stale ones, overflowed ones: `goals rollup status`.

    With a token: from a running server, the trees whose top its user sees, with the last run of each. Without: a
    command of the host, which shows every tree, whoever may see it.
    """
    if token:
        show(_status_there(token, url), as_json=as_json)
        return
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


def _run_there(goal: str | None, token: str, url: str | None, *, as_json: bool) -> None:
    """Run trees on a server, one after the other."""
    wanted = [goal] if goal else [root["id"] for root in pages(_ROOTS, token=token, url=url)]
    done: list[dict[str, Any]] = []
    code = 0
    with Progress(*_COLUMNS, console=progress, disable=not progress.is_terminal, transient=True) as bar:
        task = bar.add_task("Trees", total=len(wanted))
        for id_ in wanted:
            payload = ask(_RECALCULATE, {"id": id_, "wait": _WAIT}, token=token, url=url)["recalculateGoal"]
            for error in payload["userErrors"]:
                print(f"goals: {id_}: {error['message']}", file=sys.stderr)
                code = max(code, NOT_PERMITTED if error["code"] == "FORBIDDEN" else FAILED)
            for run in _followed(payload["run"], token, url):
                bar.update(task, completed=len(done) + run["percentage"] / 100)
                last = run
            if payload["run"]:
                done.append(_told(last))
                code = max(code, FAILED if last["state"] != "DONE" else 0)
    show(done, as_json=as_json)
    if code:
        raise typer.Exit(code)


def _followed(run: dict[str, Any] | None, token: str, url: str | None) -> Iterator[dict[str, Any]]:
    """Give a run as it goes on, to its end."""
    while run is not None:
        yield run
        if run["state"] != "RUNNING":
            return
        time.sleep(_WAIT)
        run = ask(_LOOK, {"id": run["id"]}, token=token, url=url)["node"]


def _told(run: dict[str, Any]) -> dict[str, Any]:
    root, counts = run["root"] or {}, run["counts"] or {}
    return {
        "title": root.get("title"),
        "state": run["state"],
        **{name: counts.get(name) for name in ("goals", "changed", "overflowed")},
        "seconds": run["durationSeconds"],
        "outcome": run["outcome"],
        "id": root.get("id"),
    }


def _status_there(token: str, url: str | None) -> list[dict[str, Any]]:
    """How the trees stand whose top the user sees, and what came of the last run of each."""
    runs: dict[str, str] = {}
    for run in ask(_RUNS, {}, token=token, url=url)["rollupRuns"]["nodes"]:
        if run["root"] is not None:
            runs.setdefault(run["root"]["id"], run["outcome"])
    return [
        {
            "title": root["title"],
            "state": root["rollup"]["state"],
            "calculated": root["rollup"]["calculatedAt"],
            "last run": runs.get(root["id"]),
            "id": root["id"],
        }
        for root in pages(_ROOTS, token=token, url=url)
    ]


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
