"""`goals user`: tokens, and who there is. Commands of the host: they obey nobody's visibility."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from api.auth import Tokens
from api.cli.opening import on_database
from api.cli.output import AsJson, show, tell
from graph.account import all_accounts
from graph.clock import SystemClock
from graph.settings import read_settings

app = typer.Typer(no_args_is_help=True, help="Make tokens for users, and list users.")


@app.command()
def token(
    external_id: Annotated[str, typer.Argument(help="The user's external id.")],
    hours: Annotated[float, typer.Option(min=0.01, max=24 * 366, help="How long it holds.")] = 8,
) -> None:
    """Print a bearer token for a user. Whoever has it acts as that user; the user must exist and be active."""
    typer.echo(Tokens(read_settings(), SystemClock()).issue(external_id, timedelta(hours=hours)))
    tell(f"Valid for {hours:g} hours. Send it as: Authorization: Bearer TOKEN")


@app.command("list")
def list_users(as_json: AsJson = False) -> None:
    """List all users, active or not. Read on the host, past everyone's visibility."""
    accounts = on_database(read_settings(), all_accounts)
    show(
        [
            {
                "external id": account.external_id,
                "name": account.name,
                "active": account.active,
                "administrator": account.administrator,
            }
            for account in accounts
        ],
        as_json=as_json,
    )
