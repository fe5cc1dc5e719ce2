"""The command `goals`. A command's module is imported when that command runs, so that help is quick.

Data go to stdout; progress to stderr, on a terminal only. Exit codes: 0 ok, 1 failed, 2 usage, 3 unreachable,
4 not permitted, 130 interrupted.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

#: What a command is: the module with its `app` (a Typer), and its line in the help. To add one, add a line.
COMMANDS: Final = {
    "serve": ("api.cli.serve", "Run the API, and a local Neo4j unless NEO4J_URI names one."),
    "doctor": ("api.cli.doctor", "Check the installation and the database, and say what to do."),
    "migrate": ("api.cli.migrate", "Bring the database's schema up to date."),
    "demo": ("api.cli.demo", "Fill an empty database with demo data, or empty the demo's database."),
    "import": ("api.cli.import_file", "Load a CSV or NDJSON file as records, users, teams and so on."),
    "rollup": ("api.cli.rollup", "Recalculate trees of goals, and see how they stand."),
    "derive": ("api.cli.derive", "Derive base amounts or dates of all records anew, in batches."),
    "goal": ("api.cli.goal", "Show goals as a user of a running server sees them."),
    "schema": ("api.cli.graphql", "Print the GraphQL schema, or compare it with the committed one."),
    "query": ("api.cli.query", "Send a GraphQL document to a running server."),
    "user": ("api.cli.user", "Make tokens for users, and list users."),
    "config": ("api.cli.config", "Show the settings."),
    "version": ("api.cli.version", "Print the version."),
}

FAILED: Final = 1
USAGE: Final = 2
UNREACHABLE: Final = 3
NOT_PERMITTED: Final = 4
INTERRUPTED: Final = 130

_BY_CODE: Final = {
    "UNAVAILABLE": UNREACHABLE,
    "WRONG_SERVER": UNREACHABLE,
    "LAUNCH": UNREACHABLE,
    "UNAUTHENTICATED": NOT_PERMITTED,
    "FORBIDDEN": NOT_PERMITTED,
    "SETTINGS_INVALID": USAGE,
}


class LazyGroup(TyperGroup):
    """Commands by name, loaded when one is called."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """Name the commands in the order of COMMANDS."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | TyperGroup | None:
        """Give a command that was loaded, else one that only has its line in the help."""
        loaded = super().get_command(ctx, cmd_name)
        if isinstance(loaded, TyperCommand | TyperGroup) or cmd_name not in COMMANDS:
            return loaded if isinstance(loaded, TyperCommand | TyperGroup) else None
        return TyperCommand(cmd_name, help=COMMANDS[cmd_name][1])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Load the command that was named."""
        name = args[0]
        if name in COMMANDS and name not in self.commands:
            self.add_command(typer.main.get_command(import_module(COMMANDS[name][0]).app), name)
        return super().resolve_command(ctx, args)


app = typer.Typer(
    name="goals",
    cls=LazyGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Hierarchies of goals over a graph database.",
)


@app.callback()
def _goals() -> None:
    """Hierarchies of goals over a graph database."""


def main() -> None:
    """Run the command line; an error that was foreseen is one line on stderr."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as error:
        # Looked up by name: importing graph.errors here would cost each start of the program.
        code = code_of(error)
        if code is None:
            raise
        print(f"goals: {error}", file=sys.stderr)
        sys.exit(_BY_CODE.get(code, FAILED))


def code_of(error: BaseException) -> str | None:
    """Give the code of one of graph/errors.py's exceptions; None for any other, which is a fault of the program."""
    errors = sys.modules.get("graph.errors")
    if errors is None or not isinstance(error, errors.GoalgraphError):
        return None
    return str(error.problem.code if isinstance(error, errors.Refusal) else error.code)
