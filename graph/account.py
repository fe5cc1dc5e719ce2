"""Users as accounts: who may log in. For identification and for the host; nothing here obeys a viewer's rights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.errors import ErrorCode, Refusal
from graph.statement import Count, Read
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


@dataclass(frozen=True)
class ActiveAdministrators(Read[Count], path="owners/active_administrators", row=Count):
    """How many administrators there are who may log in."""


async def check_administrators(tx: Transaction, name: tuple[str, ...]) -> None:
    """Refuse LAST_ADMINISTRATOR if none is left who may log in. Asked under the organization's lock, after writing."""
    left = await tx.one(ActiveAdministrators())
    if left is None or not left.count:
        message = "This would leave no administrator who may log in. Make another active user one first."
        raise Refusal(ErrorCode.LAST_ADMINISTRATOR, message, name)


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
