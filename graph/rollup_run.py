"""The rollup over many trees, one after the other, and how all trees stand. What one run does is `rollup`."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

from graph import rollup
from graph.errors import ErrorCode, Refusal, Unavailable
from graph.faults import stack_of
from graph.lease import LeaseLost
from graph.organization import organization
from graph.rollup_statements import Root, Roots, Standing, Standings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime

    from graph.clock import Clock
    from graph.database import Database, Transaction

_log = logging.getLogger(__name__)
#: Trees whose state one statement reads.
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class TreeRun:
    """What became of one tree: the run's report, or why it failed, in words; and how many seconds it took.

    `defects`: goals that read CURRENT before and whose numbers changed all the same.
    """

    root: Root
    report: rollup.RunReport | None
    error: str | None
    seconds: float
    defects: int = 0


async def trees(database: Database, goal_id: str | None = None) -> list[Root]:
    """List the roots of all trees by title, or of the one that a goal is in. Refuses NOT_FOUND."""

    async def work(tx: Transaction) -> list[Root]:
        wanted = None if goal_id is None else set(await rollup.lock_roots(tx, [goal_id]))
        return [root for root in await tx.run(Roots(None)) if wanted is None or root.id in wanted]

    return await (database.read if goal_id is None else database.write)(work, deadline=rollup.DEADLINE)


async def run_trees(
    database: Database, clock: Clock, roots: Sequence[Root], *, judged: bool = False, also_late: bool = False
) -> AsyncIterator[TreeRun]:
    """Recalculate trees; what became of each, as it goes. One that fails does not stop the others.

    A tree deleted meanwhile is passed over. `judged`: look also for goals that read CURRENT and were wrong.
    `also_late`: as `recalculate_tree` has it. Raises Unavailable when the database answers no more, and LeaseLost.
    """
    for root in roots:
        began = perf_counter()
        report, error, defects = None, None, 0
        try:
            await rollup.announce(database, clock, root.id)
            report = await rollup.recalculate_tree(database, clock, root.id, judged=judged, also_late=also_late)
            if report.current and report.changed:
                defects = report.changed  # nothing changed from before the run until after it
        except Refusal as refusal:
            if refusal.problem.code is ErrorCode.NOT_FOUND:
                continue
            error = refusal.message
        except Unavailable as unavailable:
            await database.ping()
            error = unavailable.message
        except LeaseLost:
            raise
        except Exception as fault:  # noqa: BLE001 - one tree that cannot be managed must not keep all others waiting
            _log.error("the rollup of the tree of goal %s failed: %s", root.id, stack_of(fault))
            error = "The database or the program failed. See the log."
        yield TreeRun(root, report, error, perf_counter() - began, defects)


async def standings(database: Database, now: datetime) -> list[tuple[Root, Standing]]:
    """List all trees by title, each with how it stands at a moment."""
    found = []
    roots = await trees(database)
    today = now.astimezone((await database.read(organization)).zone).date()
    for start in range(0, len(roots), _AT_ONCE):
        some = roots[start : start + _AT_ONCE]

        async def work(tx: Transaction, ids: Sequence[str] = tuple(root.id for root in some)) -> list[Standing]:
            return await tx.run(Standings(list(ids), today))

        rows = await database.read(work, deadline=rollup.DEADLINE)
        found += [(some[row.position], row) for row in rows]
    return found
