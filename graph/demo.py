"""The demo: an organization to try things on, in three sizes. Users are roles and places.

S is `demo_small`, which the README's tour is about; M and L bring one more tree each, from `demo_tree`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from graph import rollup
from graph.account import all_accounts
from graph.demo_small import SmallDemo, finish
from graph.demo_tree import SHAPES, LargeTree, Size
from graph.errors import GoalgraphError

if TYPE_CHECKING:
    from graph.clock import Clock
    from graph.database import Database, Transaction
    from graph.demo_small import Loaded
    from graph.demo_tree import Progress

_DEADLINE: Final = 120.0


class DatabaseNotEmpty(GoalgraphError):  # noqa: N818 - named like its siblings
    """The database holds data. Load the demo into an empty one."""

    code = "DATABASE_NOT_EMPTY"


@dataclass(frozen=True, slots=True)
class Persona:
    """A user of the demo to log in as, and in words what it sees."""

    external_id: str
    role: str
    sees: str


PERSONAS: Final = (
    Persona("administrator", "System Administrator", "everything, the restricted goal too"),
    Persona("director", "Sales Director", "every goal but the restricted one, whose amounts are in all totals"),
    Persona("manager-east", "Sales Manager, East", "the goals of East; no single deal of its representatives"),
    Persona("rep-01-east", "Rep 01, East", "its own goals, its team's, and its own deals"),
    Persona("rep-07-west", "Rep 07, West", "its own restricted goal, and its own deals"),
    Persona("analyst", "Analyst, Company", "every goal and record that is not restricted; it changes nothing"),
)


async def is_empty(database: Database) -> bool:
    """Say whether there is no user yet: an organization starts with one."""
    return not await all_accounts(database)


async def personas(database: Database) -> list[Persona]:
    """List the personas if the demo is what the database holds, else none."""
    known = {account.external_id for account in await all_accounts(database) if account.active}
    return list(PERSONAS) if known >= {persona.external_id for persona in PERSONAS} else []


async def load_demo(
    database: Database, clock: Clock, size: Size = Size.S, progress: Progress = lambda _done, _all: None
) -> list[Persona]:
    """Fill an empty database; the personas. Raises DatabaseNotEmpty.

    `progress` is told how much of a large tree is there. Broken off, what is there stays: `reset_demo` deletes it.
    """
    if not await is_empty(database):
        raise DatabaseNotEmpty

    async def load(tx: Transaction) -> Loaded:
        return await SmallDemo(tx, clock).load()

    loaded = await database.write(load, deadline=_DEADLINE)
    for root in loaded.roots:
        await rollup.recalculate_tree(database, clock, root)
    await database.write(lambda tx: finish(tx, clock, loaded), deadline=_DEADLINE)
    if size in SHAPES:
        tree = LargeTree(
            database=database,
            clock=clock,
            viewer=loaded.viewer,
            zone=loaded.zone,
            shape=SHAPES[size],
            metric_id=loaded.revenue,
            period=loaded.period,
            today=loaded.today,
            progress=progress,
        )
        await tree.load()
    return list(PERSONAS)
