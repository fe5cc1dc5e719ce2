"""Emptying a database that is the demo's, and no other. Loading the demo is `demo`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from graph.account import all_accounts
from graph.demo import PERSONAS
from graph.errors import GoalgraphError
from graph.preparation import prepare
from graph.statement import Count, Write

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from graph.clock import Clock
    from graph.database import Database, Transaction

#: Nodes deleted by one transaction: what is under way in a transaction is held in the server's memory.
BATCH: Final = 10_000
_DEADLINE: Final = 120.0
#: Users beside the personas: the small organization's, and a large tree's.
_OTHERS: Final = re.compile(r"(rep-\d{2}|manager)-(east|west)|(rep|manager)(-\d)+")


class NotTheDemo(GoalgraphError):  # noqa: N818 - named like its siblings
    """The database is not the demo's, so nothing was deleted. Name the demo's with GOALGRAPH_HOME or NEO4J_URI."""

    code = "NOT_THE_DEMO"


@dataclass(frozen=True)
class DeleteSome(Write[Count], path="demo/delete_some", row=Count):
    """Delete at most so many nodes: users, or all others."""

    users: bool
    most: int


async def is_demo(database: Database) -> bool:
    """Say whether the users are the demo's and no others: users stay for good, so real ones show."""
    known = {account.external_id for account in await all_accounts(database)}
    personas = {persona.external_id for persona in PERSONAS}
    return known >= personas and all(_OTHERS.fullmatch(key) for key in known - personas)


async def reset_demo(database: Database, clock: Clock) -> AsyncIterator[int]:
    """Delete everything in the demo's database, in batches: how many nodes are gone so far. Raises NotTheDemo.

    The users go last, so that an interrupted reset can be done again. What is left is an empty database, ready for use.
    """
    if not await is_demo(database):
        raise NotTheDemo

    gone = 0
    for users in (False, True):

        async def work(tx: Transaction, users: bool = users) -> int:  # noqa: FBT001 - bound in a loop
            row = await tx.one(DeleteSome(users, BATCH))
            return row.count if row is not None else 0

        while deleted := await database.write(work, deadline=_DEADLINE):
            gone += deleted
            yield gone
    await prepare(database, clock)
