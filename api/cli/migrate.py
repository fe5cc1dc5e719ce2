"""`goals migrate`: the database's schema."""

from __future__ import annotations

import typer

from api.cli.opening import on_database
from api.cli.output import AsJson, show, tell
from graph import migration
from graph.clock import SystemClock
from graph.settings import read_settings

app = typer.Typer(no_args_is_help=True, help="Bring the database's schema up to date.")


@app.command()
def status(as_json: AsJson = False) -> None:
    """List the migrations, and when each was applied. Exit code 1 while one is missing."""
    known = on_database(read_settings(), migration.status)
    show([{"migration": m.name, "applied": m.applied_at} for m in known], as_json=as_json)
    if any(m.applied_at is None for m in known):
        raise typer.Exit(1)


@app.command()
def up(as_json: AsJson = False) -> None:
    """Apply the migrations that are missing. Safe to repeat."""
    done = on_database(read_settings(), lambda database: migration.up(database, SystemClock()))
    show([{"migration": name} for name in done], as_json=as_json)
    tell("Up to date.")
