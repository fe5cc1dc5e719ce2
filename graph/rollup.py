"""The rollup: own parts from records, sums from the leaves up, in one transaction under the lock of the tree's root.

Cypher aggregates; Python decides what fits 64 bits and writes what changed. Formulas: semantics.md §9.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from graph import rollup_compiler
from graph.errors import ErrorCode, Refusal, Unavailable
from graph.metric import MetricForRollup
from graph.money import MAX_UNITS, MIN_UNITS
from graph.own_part import definition, own_jobs
from graph.rollup_compiler import HALF, Compiled
from graph.rollup_statements import (
    AnnounceRun,
    ApplyChanges,
    ClearStale,
    EndOverrides,
    FinishRun,
    GoalsInError,
    LockRevisions,
    LockRoots,
    NoteEnds,
    ParentsByDepth,
    Shape,
    Standings,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date, datetime

    from graph.clock import Clock
    from graph.database import Database, Transaction
    from graph.own_part import Definition, RunsJob

#: Seconds a run of one tree may take.
DEADLINE = 600.0
#: From this many goals on, own parts are read by several readers at once, each a range of goal ids (random UUIDs).
PARALLEL_FROM = 2_000
RANGES = (("", "8"), ("8", "g"))
WHOLE = (("", "g"),)

OVERFLOW = "OVERFLOW"


@dataclass(frozen=True, slots=True)
class RunReport:
    """What one run did: goals looked at, goals whose numbers changed, goals now in OVERFLOW.

    `revision`: up to which records and structure were read; `current`: whether, if judged, all read CURRENT before.
    """

    root: str
    goals: int
    changed: int
    overflowed: int
    revision: int = 0
    current: bool = False


class Recalculation:
    """One recalculation of a goal and everything below it, inside a transaction that holds the root's lock."""

    def __init__(self, tx: Transaction, root: str, definition: Definition, today: date) -> None:
        self._tx = tx
        self._root = root
        self._definition = definition
        self._today = today
        self._categories = definition.metric.categories
        self.overflowed: set[str] = set()
        self.changed = 0

    async def run(self, outside: RunsJob | None) -> int:
        """Calculate and write; how many goals there are. `outside`: reads beside the transaction, for a big tree."""
        # Those readers do not see yet that overrides which ended before today are gone.
        (ended,) = await self._tx.run(EndOverrides(self._root, self._today))
        shape = await self._shape()
        ranges = RANGES if outside is not None and shape.goals >= PARALLEL_FROM else WHOLE
        read = outside if outside is not None and ranges is RANGES else self._inside
        own = await self._own(shape, ranges, read)
        if own or ended.count or await self._sums_differ(ranges, read):
            await self._write(own)
        if shape.stale:
            await self._tx.run(ClearStale(shape.stale))
        return shape.goals

    async def _shape(self) -> Shape:
        compiled = rollup_compiler.shape(self._categories)
        (columns,) = await self._tx.text(compiled.text, {"root": self._root}, name=compiled.name)
        return Shape(**columns)

    async def _sums_differ(self, ranges: Sequence[tuple[str, str]], read: RunsJob) -> bool:
        """Whether any goal's sum is not that of its children as they are stored: then somebody wrote past the rules."""
        compiled = rollup_compiler.below(self._categories, whole_tree=True)
        jobs = [(compiled, {"from": start, "until": until, "forced": []}) for start, until in ranges]
        return any(await self._read_all(jobs, read))

    async def _read_all(self, jobs: Sequence[tuple[Compiled, dict[str, Any]]], read: RunsJob) -> list[list[Any]]:
        """The rows of each job. One transaction takes one statement at a time; other readers work side by side."""
        reads = [read(compiled, more) for compiled, more in jobs]
        return [await one for one in reads] if read == self._inside else list(await asyncio.gather(*reads))

    async def _write(self, own: dict[str, dict[str, Any]]) -> None:
        """Write new own parts, and every goal's sum from the leaves up."""
        parents = await self._tx.run(ParentsByDepth(self._root))
        above = {row.id for row in parents}
        await self._apply(
            {"id": goal_id, "changes": self._judged(goal_id, values, None)}
            for goal_id, values in own.items()
            if goal_id not in above
        )
        levels: dict[int, list[str]] = defaultdict(list)
        for row in parents:
            levels[row.depth].append(row.id)
        for depth in sorted(levels, reverse=True):
            await self.fold(levels[depth], own)

    async def fold(self, ids: list[str], own: dict[str, dict[str, Any]]) -> None:
        """Bring the sums of goals of one level up to date with their children. `own`: new own parts, by goal."""
        forced = [goal_id for goal_id in ids if goal_id in own]
        rows = await self._sums(ids, forced)
        await self._apply(
            {"id": row["id"], "changes": self._judged(row["id"], own.get(row["id"], {}), row)} for row in rows
        )

    async def own_of(self, ids: list[str]) -> dict[str, dict[str, Any]]:
        """New own parts of these goals of the tree alone."""
        found = await self._own(await self._shape(), WHOLE, self._inside, ids)
        return {goal_id: found[goal_id] for goal_id in ids if goal_id in found}

    async def _own(
        self, shape: Shape, ranges: Sequence[tuple[str, str]], read: RunsJob, only: list[str] | None = None
    ) -> dict[str, dict[str, Any]]:
        """New own parts by goal, as stored properties; of these goals alone if `only` says which."""
        jobs = [
            (job, {"from": start, "until": until, "only": only})
            for job in await own_jobs(self._tx, self._definition, shape.holdings, self._today)
            for start, until in ranges
        ]
        results = await self._read_all([(job.compiled(), more) for job, more in jobs], read)
        found: dict[str, dict[str, Any]] = defaultdict(dict)
        for (job, more), rows in zip(jobs, results, strict=True):
            for row in await self._made_exact(rows, partial(job.compiled, exact=True), _only(more)):
                self._take(found[row["id"]], row, "Own")
        for goal_id in shape.without_own:
            for category in self._categories:
                found[goal_id] |= {f"{category.stored}Own": 0, f"{category.stored}OwnCount": 0}
        return dict(found)

    async def _sums(self, ids: list[str], forced: list[str]) -> list[dict[str, Any]]:
        """What the children of each goal add up to; sums that became floats once more, exactly."""
        compiled = rollup_compiler.below(self._categories)
        rows = await self._inside(compiled, {"ids": ids, "forced": forced})
        exact = partial(rollup_compiler.below, self._categories, exact=True)
        return await self._made_exact(rows, exact, lambda again: {"ids": again, "forced": []})

    async def _made_exact(
        self,
        rows: list[dict[str, Any]],
        exact: Callable[[], Compiled],
        parameters: Callable[[list[str]], dict[str, Any]],
    ) -> list[dict[str, Any]]:
        """The rows; those whose sum became a float (it passed 64 bits on its way) read again as exact integers."""
        floats = {row["id"] for row in rows if any(isinstance(value, float) for value in row.values())}
        if not floats:
            return rows
        again = await self._inside(exact(), parameters(sorted(floats)))
        return [row for row in rows if row["id"] not in floats] + [self._joined(row) for row in again]

    async def _inside(self, compiled: Compiled, more: dict[str, Any]) -> list[Any]:
        """The rows (or ids) of a compiled statement, run in this transaction."""
        parameters = {"root": self._root, **compiled.parameters, **more}
        records = await self._tx.text(compiled.text, parameters, name=compiled.name)
        return next(iter(records[0].values())) if records else []

    def _joined(self, row: dict[str, Any]) -> dict[str, Any]:
        """The row with each [high, low] pair as the one integer it stands for, of any size."""
        pairs = {category.column: row[category.column] for category in self._categories if category.column in row}
        return {**row, **{column: high * HALF + low for column, (high, low) in pairs.items()}}

    def _take(self, values: dict[str, Any], row: dict[str, Any], part: str) -> None:
        for category in self._categories:
            if category.column in row:
                values[f"{category.stored}{part}"] = row[category.column]
                values[f"{category.stored}{part}Count"] = row[f"{category.column}_count"]

    def _judged(self, goal_id: str, own: dict[str, Any], sums: dict[str, Any] | None) -> dict[str, Any]:
        """The properties to write: everything, or, where a number does not fit, only that it does not."""
        changes = dict(own)
        if sums is not None:
            self._take(changes, sums, "Below")
            changes["incomplete"] = sums["incomplete"] or None
        else:
            # A leaf has nothing below, also if its children went while it was in OVERFLOW and kept their sum.
            changes |= {
                f"{category.stored}Below{part}": None for category in self._categories for part in ("", "Count")
            }
            changes["incomplete"] = None
        for category in self._categories:
            stored = sums[f"{category.column}_own"] if sums is not None else 0
            own_part = changes.get(f"{category.stored}Own", stored) or 0
            total = own_part + (changes.get(f"{category.stored}Below") or 0)
            if not (MIN_UNITS <= own_part <= MAX_UNITS and MIN_UNITS <= total <= MAX_UNITS):
                self.overflowed.add(goal_id)
                name = category.value.lower().replace("_", "-")
                message = f"The {name} total does not fit 64 bits; the last good one is kept."
                return {"rollupError": OVERFLOW, "rollupMessage": message}
        return {**changes, "rollupError": None, "rollupMessage": None}

    async def _apply(self, rows: Iterable[dict[str, Any]]) -> None:
        batch = list(rows)
        if batch:
            self.changed += len(batch)
            await self._tx.run(ApplyChanges(batch, self._today))


async def recalculate_tree(database: Database, clock: Clock, goal_id: str, *, judged: bool = False) -> RunReport:
    """Recalculate the whole tree that a goal is in. Refuses NOT_FOUND if it was deleted meanwhile.

    One write transaction holds the root's lock; for a big tree, own parts are read by parallel transactions under that
    lock (nothing in the tree can change meanwhile). Readers see all of it, or read again (facts on torn reads).
    """
    revision = await revision_of(database, goal_id)

    async def read(compiled: Compiled, more: dict[str, Any]) -> list[dict[str, Any]]:
        async def work(tx: Transaction) -> list[dict[str, Any]]:
            records = await tx.text(compiled.text, {"root": root[0], **compiled.parameters, **more}, name=compiled.name)
            rows: list[dict[str, Any]] = records[0]["rows"]
            return rows

        return await database.read(work, deadline=DEADLINE)

    root: list[str] = [""]

    async def work(tx: Transaction) -> RunReport:
        root[0] = (await lock_roots(tx, [goal_id]))[0]
        counted = await _definition(tx, root[0])
        now = clock.now()
        today = counted.metric.today(now)
        (before,) = await tx.run(Standings([root[0]], today)) if judged else (None,)
        recalculation = Recalculation(tx, root[0], counted, today)
        goals = await recalculation.run(read)
        await tx.run(FinishRun(root[0], now, revision))
        await tx.run(NoteEnds([root[0]]))
        current = before is not None and not (before.stale or before.overflowed or before.failed)
        overflowed = len(recalculation.overflowed)
        return RunReport(root[0], goals, recalculation.changed, overflowed, revision, current)

    try:
        return await database.write(work, deadline=DEADLINE)
    except BaseException:
        if root[0]:
            with suppress(Unavailable):  # then the announcement ends by itself, at its deadline
                await _announce_until(database, root[0], None)
        raise


async def announce(database: Database, clock: Clock, root: str) -> None:
    """Show the tree as CALCULATING from now until its run is over, or could no longer be alive."""
    await _announce_until(database, root, clock.now() + timedelta(seconds=DEADLINE))


async def _announce_until(database: Database, root: str, until: datetime | None) -> None:
    async def work(tx: Transaction) -> None:
        await tx.run(AnnounceRun(root, until))

    await database.write(work)


async def recalculate_inside(tx: Transaction, goal_id: str, now: datetime) -> None:
    """Recalculate a goal and all below it inside a mutation that holds the root's lock; its ancestors are not."""
    counted = await _definition(tx, goal_id)
    await Recalculation(tx, goal_id, counted, counted.metric.today(now)).run(None)


async def fold_upwards(tx: Transaction, ids: Sequence[str], now: datetime) -> None:
    """Bring the sums of these goals up to date, first to last: a chain from a changed goal's parent to the root."""
    if ids:
        counted = await _definition(tx, ids[0])
        recalculation = Recalculation(tx, ids[-1], counted, counted.metric.today(now))
        # A goal in OVERFLOW keeps old numbers: only with its own part worked out anew is it known whether it fits now.
        failed = [row.id for row in await tx.run(GoalsInError(list(ids)))]
        own = await recalculation.own_of(failed) if failed else {}
        for goal_id in ids:
            await recalculation.fold([goal_id], own)


async def lock_roots(tx: Transaction, goal_ids: Sequence[str]) -> list[str]:
    """Lock the roots of the trees these goals are in; their ids. Refuses NOT_FOUND if none is left.

    A root may have become a child before its lock was ours, so look until nothing moves.
    """
    locked: set[str] = set()
    while True:
        roots = [row.id for row in await tx.run(LockRoots(sorted(goal_ids)))]
        if not roots:
            message = "There is no such goal."
            raise Refusal(ErrorCode.NOT_FOUND, message, ("id",))
        if set(roots) <= locked:
            return roots
        locked |= set(roots)


async def revision_of(database: Database, goal_id: str) -> int:
    """What the records and structure have come to, read before the run in a transaction of its own, under their locks.

    A change that commits later moves it again, so that the goals read STALE; without the locks a commit could be seen
    half: its revision, and not yet its records.
    """

    async def work(tx: Transaction) -> int:
        metric = await tx.one(MetricForRollup(goal_id))
        if metric is None:
            return 0
        row = await tx.one(LockRevisions(metric.id))
        return row.count if row is not None else 0

    return await database.write(work)


async def _definition(tx: Transaction, goal_id: str) -> Definition:
    metric = await tx.one(MetricForRollup(goal_id))
    if metric is None:
        message = "There is no such goal."
        raise Refusal(ErrorCode.NOT_FOUND, message, ("id",))
    return await definition(tx, metric)


def _only(more: dict[str, Any]) -> Callable[[list[str]], dict[str, Any]]:
    return lambda ids: {**more, "only": ids}
