"""`goals doctor`: what is wrong with the installation or the database, and what to do."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.opening import on_database
from api.cli.output import AsJson, show
from graph import catalog, distribution, integrity, migration
from graph.errors import GoalgraphError, SchemaOutdated
from graph.explanation import computable
from graph.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from graph.database import Database

app = typer.Typer()


@app.command()
def doctor(
    user: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="USER",
            help="List instead where this user (external id) can compute one hidden contributor of a total.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check settings, Neo4j's files, the schema, every statement and all data. Exit code 1 where one is wrong."""
    settings = read_settings()
    if user is not None:
        found = on_database(settings, lambda database: computable(database, user))
        show([{"goal": one.title, "id": one.id, "finding": one.finding} for one in found], as_json=as_json)
        return
    rows: list[dict[str, object]] = [
        {"check": "Python", "well": sys.version_info >= (3, 11), "finding": sys.version.split()[0]},
        _check("signing key", lambda: f"{len(settings.signing_key())} characters"),
    ]
    if settings.neo4j_uri is None:
        rows.append(_check("Neo4j's files", lambda: f"{len(distribution.prepare(settings.home))} as pinned"))
    rows += on_database(settings, _database_checks)
    show(rows, as_json=as_json)
    if not all(row["well"] for row in rows):
        raise typer.Exit(1)


def _check(name: str, work: Callable[[], str]) -> dict[str, object]:
    try:
        return {"check": name, "well": True, "finding": work()}
    except GoalgraphError as error:
        return {"check": name, "well": False, "finding": error.message}


async def _database_checks(database: Database) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = [{"check": "database", "well": True, "finding": "answers"}]
    try:
        missing = [known.name for known in await migration.status(database) if known.applied_at is None]
    except SchemaOutdated as outdated:
        return [*rows, {"check": "schema", "well": False, "finding": outdated.message}]
    if missing:
        return [
            *rows,
            {"check": "schema", "well": False, "finding": f"{len(missing)} missing. Run `goals migrate up`."},
        ]
    rows.append({"check": "schema", "well": True, "finding": "up to date"})
    problems = await catalog.problems(database)
    finding = "\n".join(problems) or "all as their classes say"
    rows.append({"check": "statements", "well": not problems, "finding": finding})
    faults = await integrity.check(database)
    finding = "\n".join(map(_fault, faults)) or "as it must be"
    return [*rows, {"check": "data", "well": not faults, "finding": finding}]


def _fault(fault: integrity.Finding) -> str:
    """Say what is wrong, how often, and where, as far as ten ids say it."""
    more = f" and {fault.count - len(fault.ids)} more" if fault.count > len(fault.ids) else ""
    return f"{fault.name}: {fault.count} ({', '.join(fault.ids)}{more})"
