"""Checks statement files against their classes and against the database: what tests and `goals doctor` run."""

from __future__ import annotations

import dataclasses
import pkgutil
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

import cypher
import graph
from graph.statement import CATALOG, Statement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graph.database import Database

_PARAMETER = re.compile(r"\$(\w+)")
_READS = {"r"}
_WRITES = {"w", "rw"}


def import_all() -> None:
    """Import every module of `graph`, so that each statement class is in the catalog."""
    for module in pkgutil.iter_modules(graph.__path__):
        import_module(f"graph.{module.name}")


def unpaired(names: Iterable[str], classes: Iterable[str]) -> list[str]:
    """Name statement files without a class, and classes without a file."""
    files, paths = set(names), set(classes)
    return [
        *(f"cypher/{name}.cypher has no class: write one in graph/, or delete it." for name in sorted(files - paths)),
        *(f"{path} is no file: write cypher/{path}.cypher." for path in sorted(paths - files)),
    ]


def parameter_problems(statement: type[Statement[Any]], text: str) -> list[str]:
    """Compare the parameters in a statement's text with the fields of its class.

    A class with `parameters` of its own may use a field otherwise.
    """
    fields = {field.name for field in dataclasses.fields(statement)}  # type: ignore[arg-type]
    used = set(_PARAMETER.findall(text))
    unused = fields - used if statement.parameters is Statement.parameters else set()
    return [
        *(f"{statement.path}: ${name} is no field of {statement.__name__}: add it." for name in sorted(used - fields)),
        *(f"{statement.path}: nothing uses ${name}: drop the field of it." for name in sorted(unused)),
    ]


def offline_problems() -> list[str]:
    """All that can be said without a database: pairs, headers, parameters."""
    import_all()
    names = list(cypher.names())
    problems = unpaired(names, CATALOG)
    for name in names:
        try:
            source = cypher.load(name)
        except ValueError as malformed:
            problems.append(str(malformed))
            continue
        if name in CATALOG:
            problems += parameter_problems(CATALOG[name], source.text)
    return problems


async def explained_problems(database: Database, statement: type[Statement[Any]]) -> list[str]:
    """Ask the database to plan a statement, and compare its columns and mode with its class.

    A class with a `read_row` of its own may make what it likes of its columns.
    """
    fields = dataclasses.fields(statement)  # type: ignore[arg-type]
    text = cypher.load(statement.path).text
    columns, mode, _ = await database.explain(text, {field.name: None for field in fields})
    problems = []
    if mode not in (_WRITES if statement.writes else _READS):
        declared = "Write" if statement.writes else "Read"
        problems.append(f"{statement.path}: the database says mode {mode!r}, the class says {declared}.")
    if getattr(statement.read_row, "__func__", None) is not Statement.read_row.__func__:  # type: ignore[attr-defined]
        if statement.many:
            problems.append(f"{statement.path}: read_row of {statement.__name__} is not asked, as it has many rows.")
    else:
        row = [field.name for field in dataclasses.fields(statement.row)]
        if sorted(columns) != sorted(row):
            problems.append(
                f"{statement.path}: columns {columns} are not the fields {row} of {statement.row.__name__}."
            )
    return problems


async def problems(database: Database) -> list[str]:
    """All problems of the catalog, on a migrated database."""
    found = offline_problems()
    for name in sorted(set(CATALOG) & set(cypher.names())):
        found += await explained_problems(database, CATALOG[name])
    return found
