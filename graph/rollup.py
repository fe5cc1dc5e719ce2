"""Rollups of whole trees, and of what is above a change, under the root's lock. How one goes: `recalculation`."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from graph.change import MarkTree, forget_taken
from graph.errors import ErrorCode, Refusal, Unavailable
from graph.metric import MetricForRollup
from graph.own_part import definition
from graph.recalculation import Beside, Recalculation
from graph.rollup_statements import (
    AnnounceRun,
    FinishRun,
    GoalsInError,
    LockRoots,
    LockSources,
    NoteEnds,
    RootsOf,
    Standings,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from graph.clock import Clock
    from graph.database import Database, Transaction
    from graph.own_part import Definition
    from graph.rollup_compiler import Compiled

#: Seconds a run of one tree may take.
DEADLINE = 600.0


@dataclass(frozen=True, slots=True)
class RunReport:
    """What one run did: goals looked at, goals whose numbers changed, goals now in OVERFLOW.

    `current`: whether, if judged, all read CURRENT before and nothing changed meanwhile.
    """

    root: str
    goals: int
    changed: int
    overflowed: int
    current: bool = False


async def recalculate_tree(
    database: Database, clock: Clock, goal_id: str, *, judged: bool = False, also_late: bool = False
) -> RunReport:
    """Recalculate the whole tree that a goal is in; `also_late`: with goals so long over that they change no more.

    Refuses NOT_FOUND if it was deleted meanwhile.

    One write transaction holds the root's lock; for a big tree, own parts are read by parallel transactions under that
    lock (nothing in the tree can change meanwhile). Readers see all of it, or read again (facts on torn reads).
    """

    async def read(compiled: Compiled, more: dict[str, Any]) -> list[dict[str, Any]]:
        async def work(tx: Transaction) -> list[dict[str, Any]]:
            records = await tx.text(compiled.text, {"root": root[0], **compiled.parameters, **more}, name=compiled.name)
            rows: list[dict[str, Any]] = records[0]["rows"]
            return rows

        return await database.read(work, deadline=DEADLINE)

    root: list[str] = [""]
    metric: list[str] = [""]

    async def mark(run: str) -> None:
        async def work(tx: Transaction) -> None:
            await tx.run(LockSources(metric[0]))
            await tx.run(MarkTree(root[0], run))

        await database.write(work, deadline=DEADLINE)

    async def work(tx: Transaction) -> RunReport:
        root[0] = (await lock_roots(tx, [goal_id]))[0]
        counted = await definition_of(tx, root[0])
        metric[0] = counted.metric.id
        now = clock.now()
        today = counted.metric.today(now)
        (before,) = await tx.run(Standings([root[0]], today)) if judged else (None,)
        late = None if also_late else counted.metric.late_before(now)
        recalculation = Recalculation(tx, root[0], counted, today, late=late)
        goals = await recalculation.run(Beside(read, mark))
        await tx.run(FinishRun(root[0], now))
        await tx.run(NoteEnds([root[0]]))
        # With no change before or during the run, whatever it found different was wrong.
        current = before is not None and not (before.stale or before.overflowed or before.failed or recalculation.taken)
        return RunReport(root[0], goals, recalculation.changed, len(recalculation.overflowed), current)

    try:
        report = await database.write(work, deadline=DEADLINE)
    except BaseException:
        if root[0]:
            with suppress(Unavailable):  # then the announcement ends by itself, at its deadline
                await _announce_until(database, root[0], None)
        raise
    await forget_taken(database)
    return report


async def announce(database: Database, clock: Clock, root: str) -> None:
    """Show the tree as CALCULATING from now until its run is over, or could no longer be alive."""
    await _announce_until(database, root, clock.now() + timedelta(seconds=DEADLINE))


async def _announce_until(database: Database, root: str, until: datetime | None) -> None:
    async def work(tx: Transaction) -> None:
        await tx.run(AnnounceRun(root, until))

    await database.write(work)


async def recalculate_inside(tx: Transaction, goal_id: str, now: datetime) -> None:
    """Recalculate a goal and all below it inside a mutation that holds the root's lock; its ancestors are not."""
    counted = await definition_of(tx, goal_id)
    await Recalculation(tx, goal_id, counted, counted.metric.today(now)).run(None)


async def fold_upwards(tx: Transaction, ids: Sequence[str], now: datetime) -> None:
    """Bring the sums of these goals up to date, first to last: a chain from a changed goal's parent to the root."""
    if ids:
        counted = await definition_of(tx, ids[0])
        recalculation = Recalculation(tx, ids[-1], counted, counted.metric.today(now))
        # A goal in OVERFLOW keeps old numbers: only with its own part worked out anew is it known whether it fits now.
        failed = [row.id for row in await tx.run(GoalsInError(list(ids)))]
        if failed:
            await recalculation.lock_sources()
        own = await recalculation.own_of(failed) if failed else {}
        for goal_id in ids:
            await recalculation.fold([goal_id], own)


async def lock_roots(tx: Transaction, goal_ids: Sequence[str]) -> list[str]:
    """Lock the roots of the trees these goals are in; their ids. Refuses NOT_FOUND if none is left.

    A root may have become a child before its lock was ours, so look until nothing moves.
    """
    locked: set[str] = set()
    while True:
        roots = await tx.run(RootsOf(sorted(goal_ids)))
        if not roots:
            message = "There is no such goal."
            raise Refusal(ErrorCode.NOT_FOUND, message, ("id",))
        nodes = {root.node for root in roots}
        if nodes <= locked:
            return [root.id for root in roots]
        await tx.run(LockRoots(sorted(nodes)))
        locked |= nodes


async def lock_one_root(tx: Transaction, node: str, goal_ids: Sequence[str]) -> str | None:
    """Lock a root that was that of these goals a moment ago; its id. None if it is not, or there are others by now.

    Then nothing more may be locked in this transaction: roots are locked all at once.
    """
    await tx.run(LockRoots([node]))
    roots = await tx.run(RootsOf(sorted(goal_ids)))
    return roots[0].id if [root.node for root in roots] == [node] else None


async def definition_of(tx: Transaction, goal_id: str) -> Definition:
    """What the metric of a goal counts. Refuses NOT_FOUND."""
    metric = await tx.one(MetricForRollup(goal_id))
    if metric is None:
        message = "There is no such goal."
        raise Refusal(ErrorCode.NOT_FOUND, message, ("id",))
    return await definition(tx, metric)
