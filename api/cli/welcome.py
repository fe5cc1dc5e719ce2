"""What `goals serve` prints once it serves: where to look, and the demo's personas with their tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import typer
from rich.table import Table

from api.auth import Tokens
from api.cli.output import progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import SecretStr

    from graph.clock import Clock
    from graph.settings import Settings

# They die with the process anyway; this bounds one that is never stopped.
_LIFETIME = timedelta(days=30)


def welcome(settings: Settings, clock: Clock, personas: Sequence[Any] | None, key: SecretStr | None) -> None:
    """Say where to look (on stderr), and who the personas are; print their tokens as data (on stdout).

    A persona has an `external_id`, a `role`, and in `sees` what it sees.
    """
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"http://{host}:{settings.port}"
    progress.print(f"\nGoalgraph serves on {address}", markup=False, soft_wrap=True)
    progress.print(
        f"GraphQL: POST {address}/graphql with a bearer token. Ctrl-C stops it.", markup=False, soft_wrap=True
    )
    if personas is None:
        progress.print("A token: goals user token EXTERNAL_ID", markup=False, soft_wrap=True)
        return
    if not personas:
        progress.print(
            "This database holds other data than the demo's, hence no personas.", markup=False, soft_wrap=True
        )
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("Persona", "Role", "Sees"):
        table.add_column(name)
    for persona in personas:
        table.add_row(persona.external_id, persona.role, persona.sees)
    progress.print(table)
    progress.print("Their tokens hold until this program ends:\n", markup=False, soft_wrap=True)
    tokens = Tokens(settings, clock, key)
    for persona in personas:
        # Whole, on a line of its own: to be copied, or cut by a program.
        typer.echo(f"{persona.external_id}\t{tokens.issue(persona.external_id, _LIFETIME, demo=True)}")
