"""Users as accounts: who may log in. For identification and for the host; nothing here obeys a viewer's rights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.database import Trace
from graph.errors import ErrorCode, Refusal
from graph.gathering import Gathering
from graph.statement import Count, Read
from graph.visibility import ViewersByExternalIds

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

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
    fetch: Callable[[ViewersByExternalIds], Awaitable[list[Viewer]]], external_id: str
) -> Viewer | None:
    """Look up the active user whom a token names; None for any other. `fetch`: `Transaction.run` or the like."""
    return next(iter(await fetch(ViewersByExternalIds([external_id]))), None)


class Callers:
    """Looks up who asks, for all requests of a process: those that come at the same time in one statement.

    It begins after each of them came, so nobody is known by what was so before.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._gathering: Gathering[tuple[str, Trace], Viewer | None] = Gathering(self._look)

    async def named(self, external_id: str, trace: Trace) -> Viewer | None:
        """Look up the active user whom a token names; None for any other. Raises Unavailable."""
        return await self._gathering.ask((external_id, trace))

    async def _look(self, asked: Sequence[tuple[str, Trace]]) -> list[Viewer | None]:
        wanted, trace = sorted({external_id for external_id, _ in asked}), Trace()
        found = await self._database.fetch(ViewersByExternalIds(wanted), trace=trace)
        for _, one in asked:
            one.statements += trace.statements
        viewers = {viewer.external_id: viewer for viewer in found}
        return [viewers.get(external_id) for external_id, _ in asked]


async def all_accounts(database: Database) -> list[Account]:
    """List all users by external id."""

    async def work(tx: Transaction) -> list[Account]:
        return await tx.run(Accounts())

    return await database.read(work)
