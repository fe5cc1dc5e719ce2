"""`goals schema`: the GraphQL schema as text. The committed copy is the contract with clients."""

from __future__ import annotations

import difflib
from pathlib import Path

import typer

from api.schema import schema

app = typer.Typer(no_args_is_help=True, help="Print the GraphQL schema, or compare it with the committed one.")

#: The committed copy.
COMMITTED = Path(__file__).parent.parent / "schema.graphql"


@app.command()
def export() -> None:
    """Print the schema: `goals schema export > api/schema.graphql`."""
    typer.echo(schema.as_str())


@app.command()
def diff() -> None:
    """Compare the schema with the committed one. Exit code 1 where they differ."""
    committed = COMMITTED.read_text("utf-8") if COMMITTED.exists() else ""
    changes = list(
        difflib.unified_diff(
            committed.splitlines(),
            schema.as_str().splitlines(),
            "api/schema.graphql",
            "the program's schema",
            lineterm="",
        )
    )
    for line in changes:
        typer.echo(line)
    if changes:
        raise typer.Exit(1)
