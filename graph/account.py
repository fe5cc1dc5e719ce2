"""Users as accounts: who may log in. For identification and for the host; nothing here obeys a viewer's rights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.statement import Read
from graph.visibility import ViewerByExternalId

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from graph.database import Database, Transaction
    from graph.visibility import Viewer


@dataclass(frozen=True, slots=True)
class Account:
    """A user, active or not."""

    external_id: str
    name: str
    active: bool
    administrator: bool


@dataclass(frozen=True)
class Accounts(Read[Account], path="owners/accounts", row=Account):
    """All users."""


async def viewer_named(
    fetch: Callable[[ViewerByExternalId], Awaitable[list[Viewer]]], external_id: str
) -> Viewer | None:
    """Look up the active user whom a token names; None for any other. `fetch`: `Transaction.run` or the like."""
    return next(iter(await fetch(ViewerByExternalId(external_id))), None)


async def all_accounts(database: Database) -> list[Account]:
    """List all users by external id."""

    async def work(tx: Transaction) -> list[Account]:
        return await tx.run(Accounts())

    return await database.read(work)
