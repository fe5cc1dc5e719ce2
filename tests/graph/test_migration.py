from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from graph import migration
from graph.errors import SchemaOutdated
from tests.conftest import NOW

if TYPE_CHECKING:
    from graph.clock import FixedClock
    from graph.database import Database, Transaction


async def test_all_migrations_are_applied_once(database: Database, clock: FixedClock) -> None:
    known = await migration.status(database)
    assert [m.name for m in known] == sorted(m.name for m in known)
    assert all(m.applied_at is not None for m in known)
    assert await migration.up(database, clock) == []


async def test_a_database_of_another_version_is_refused(database: Database) -> None:
    async def remember(tx: Transaction) -> None:
        await tx.run(migration.RememberMigration("9999_from_the_future", "0", NOW))

    await database.write(remember)
    try:
        with pytest.raises(SchemaOutdated, match="9999_from_the_future"):
            await migration.status(database)
    finally:
        await database.schema("MATCH (m:Migration {name: '9999_from_the_future'}) DELETE m")
