"""Brings a database's schema up to the program's: each file of `cypher/schema/` once, in order, known by its hash."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cypher
from graph.database import DEADLINE
from graph.errors import SchemaOutdated
from graph.statement import Id, Read, Write

if TYPE_CHECKING:
    from datetime import datetime
    from typing import LiteralString

    from graph.clock import Clock
    from graph.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class Applied:
    """A migration that the database has had: its name, hash of its text, and when."""

    name: str
    hash: str
    applied_at: datetime


@dataclass(frozen=True)
class AppliedMigrations(Read[Applied], path="migration/applied", row=Applied):
    """The migrations this database has had."""


@dataclass(frozen=True)
class RememberMigration(Write[Id], path="migration/remember", row=Id):
    """Remember that a migration was applied."""

    name: str
    hash: str
    now: datetime


@dataclass(frozen=True)
class Migration:
    """One file of `cypher/schema/` and, once applied, when."""

    name: str
    hash: str
    statements: tuple[LiteralString, ...]
    applied_at: datetime | None


async def status(database: Database, *, deadline: float = DEADLINE) -> list[Migration]:
    """Every migration the program knows, in order. Raises SchemaOutdated if the database has had others."""

    async def read(tx: Transaction) -> list[Applied]:
        return await tx.run(AppliedMigrations())

    applied = {row.name: row for row in await database.read(read, deadline=deadline)}
    known = [
        Migration(
            name,
            hashlib.sha256(text.encode()).hexdigest(),
            statements,
            applied[name].applied_at if name in applied else None,
        )
        for name, text, statements in cypher.migrations()
    ]
    strange = sorted(set(applied) - {migration.name for migration in known})
    changed = [m.name for m in known if m.name in applied and applied[m.name].hash != m.hash]
    if strange or changed:
        names = ", ".join(strange or changed)
        message = f"The database was made by another version of the program ({names}). Use that version."
        raise SchemaOutdated(message)
    return known


async def up(database: Database, clock: Clock) -> list[str]:
    """Apply what is missing; the names applied. Safe to repeat: an interrupted run goes on where it stopped."""
    _, _, first = next(cypher.migrations())
    for statement in first:
        await database.schema(statement)
    done = []
    for migration in await status(database):
        if migration.applied_at is not None:
            continue
        for statement in migration.statements:
            await database.schema(statement)
        remembered = RememberMigration(migration.name, migration.hash, clock.now())

        async def remember(tx: Transaction, remembered: RememberMigration = remembered) -> None:
            await tx.run(remembered)

        await database.write(remember)
        done.append(migration.name)
    return done
