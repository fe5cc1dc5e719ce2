"""What every database needs before its first use: the schema, the organization, the shipped record types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph import migration
from graph.organization import ensure_organization
from graph.role import ensure_roles
from graph.shipped_types import ensure_record_types

if TYPE_CHECKING:
    from graph.clock import Clock
    from graph.database import Database, Transaction


async def prepare(database: Database, clock: Clock) -> None:
    """Bring the schema up to date, and make sure of the organization and the shipped record types. Safe to repeat."""
    await migration.up(database, clock)

    async def work(tx: Transaction) -> None:
        await ensure_organization(tx)
        await ensure_record_types(tx)
        await ensure_roles(tx)

    await database.write(work)
