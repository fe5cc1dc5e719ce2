"""`goals config`: the settings in force, secrets hidden."""

from __future__ import annotations

import typer
from pydantic import SecretStr

from api.cli.output import AsJson, show
from graph.settings import Settings, read_settings

app = typer.Typer(no_args_is_help=True, help="Show the settings.")


@app.callback()
def _config() -> None:
    """Show the settings."""


@app.command("show")
def show_settings(as_json: AsJson = False) -> None:
    """Print each setting: its environment variable, its value and what it means. Secrets are hidden."""
    settings = read_settings()
    rows = []
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        shown = "(hidden)" if isinstance(value, SecretStr) else value
        source = "environment" if name in settings.model_fields_set else "default"
        rows.append(
            {
                "variable": field.alias,
                "value": shown if shown is None or isinstance(shown, bool | int | float) else str(shown),
                "source": source,
                "meaning": field.description,
            }
        )
    show(rows, as_json=as_json)
