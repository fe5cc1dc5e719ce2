"""`goals version`."""

from importlib.metadata import version as installed_version

import typer

app = typer.Typer()


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(installed_version("goalgraph"))
