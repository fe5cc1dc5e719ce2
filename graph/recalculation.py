"""One calculation of a tree or of some of its goals: own parts, sums from the leaves up, and what of it does not fit.

Cypher aggregates; Python decides what fits 64 bits and writes what changed. Formulas: semantics.md §9.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from graph import rollup_compiler
from graph.change import TakeTree, Unmarked
from graph.money import MAX_UNITS, MIN_UNITS
from graph.own_part import own_jobs
from graph.rollup_compiler import HALF, Compiled
from graph.rollup_statements import ApplyChanges, ClearLateChanges, EndOverrides, LockSources, ParentsByDepth, Shape

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence
    from datetime import date

    from graph.database import Transaction
    from graph.own_part import Definition, RunsJob
    from graph.rollup_statements import Parent

#: From this many goals on, own parts are read by several readers at once, each a range of goal ids (random UUIDs).
PARALLEL_FROM = 2_000
RANGES = (("", "8"), ("8", "g"))
WHOLE = (("", "g"),)

OVERFLOW = "OVERFLOW"


@dataclass(frozen=True, slots=True)
class Beside:
    """What a big tree's calculation does in transactions of its own, beside the one that holds the root's lock.

    `read` runs one statement. `mark` marks the changes that are in what is read from then on, as those of a run.
    """

    read: RunsJob
    mark: Callable[[str], Awaitable[None]]


class Recalculation:
    """One recalculation of a goal and everything below it, inside a transaction that holds the root's lock."""

    def __init__(
        self, tx: Transaction, root: str, definition: Definition, today: date, *, late: date | None = None
    ) -> None:
        """`late`: goals that ended before that day, once calculated, are left as they are; None: none is."""
        self._tx = tx
        self._root = root
        self._definition = definition
        self._today = today
        self._late = late
        self._categories = definition.metric.categories
        # A leaf has nothing below, also if its children went while it was in OVERFLOW and kept their sum.
        self._nothing_below = {
            f"{category.stored}Below{part}": None for category in self._categories for part in ("", "Count")
        } | {"incomplete": None}
        self.overflowed: set[str] = set()
        self.changed = 0
        self.taken = 0

    async def run(self, beside: Beside | None) -> int:
        """Calculate and write; how many goals there are. `beside`: readers beside the transaction, for a big tree."""
        # Those readers do not see yet that overrides which ended before today are gone.
        (ended,) = await self._tx.run(EndOverrides(self._root, self._today))
        if beside is None:
            shape, differ = await self._shape(), await self._sums_differ(self._inside)
        else:
            # What it reads is as it will be: only who holds the root's lock writes numbers of goals.
            comparing = asyncio.create_task(self._sums_differ(beside.read))
            try:
                # Awaited first whatever becomes of the other: our transaction must not end in the middle of it.
                shape = await self._shape()
                differ = await comparing
            finally:
                comparing.cancel()
        if beside is None or shape.goals < PARALLEL_FROM:
            await self.lock_sources()
            own = await self._own(shape, self._tree_jobs(WHOLE), self._inside)
        else:
            run = uuid4().hex
            await beside.mark(run)
            own = await self._own(shape, self._tree_jobs(RANGES), beside.read)
            # From here on nothing is changed that is counted; what was while it was read is read again.
            await self.lock_sources()
            again = [row.id for row in await self._tx.run(Unmarked(self._root, run))]
            if again:
                own = {goal_id: parts for goal_id, parts in own.items() if goal_id not in set(again)}
                own |= await self.own_of(again)
        (taken,) = await self._tx.run(TakeTree(self._root, self._late))
        self.taken = taken.count
        if shape.late_changes and self._late is None:
            await self._tx.run(ClearLateChanges(shape.late_changes))
        if own or ended.count or differ:
            await self.write(own, await self._tx.run(ParentsByDepth(self._root)))
        return shape.goals

    async def lock_sources(self) -> None:
        """Lock what own parts are read from: no change of it is under way from here on, and none begins."""
        await self._tx.run(LockSources(self._definition.metric.id))

    async def _shape(self, ids: list[str] | None = None) -> Shape:
        compiled = rollup_compiler.shape(self._categories, named=ids is not None)
        (columns,) = await self._tx.text(compiled.text, {"root": self._root, "ids": ids}, name=compiled.name)
        return Shape(**columns)

    async def _sums_differ(self, read: RunsJob) -> bool:
        """Whether any goal's sum is not that of its children as they are stored: then somebody wrote past the rules."""
        compiled = rollup_compiler.below(self._categories, whole_tree=True)
        ((start, until),) = WHOLE
        return bool(await read(compiled, {"from": start, "until": until, "forced": []}))

    async def _read_all(self, jobs: Sequence[tuple[Compiled, dict[str, Any]]], read: RunsJob) -> list[list[Any]]:
        """The rows of each job. One transaction takes one statement at a time; other readers work side by side."""
        reads = [read(compiled, more) for compiled, more in jobs]
        return [await one for one in reads] if read == self._inside else list(await asyncio.gather(*reads))

    async def write(self, own: dict[str, dict[str, Any]], parents: Sequence[Parent]) -> None:
        """Write new own parts, and the sums of `parents`, goals with children, from the lowest up."""
        above = {row.id for row in parents}
        leaves = [goal_id for goal_id in own if goal_id not in above]
        await self._apply({"id": goal_id, "changes": self._judged(goal_id, own[goal_id], None)} for goal_id in leaves)
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
        """New own parts of these goals of the tree alone, where they differ from what is stored."""
        return await self._own(await self._shape(ids), [{"ids": ids}], self._inside, named=True)

    @staticmethod
    def _tree_jobs(ranges: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
        return [{"from": start, "until": until} for start, until in ranges]

    async def _own(
        self, shape: Shape, parts: Sequence[dict[str, Any]], read: RunsJob, *, named: bool = False
    ) -> dict[str, dict[str, Any]]:
        """New own parts by goal, as stored properties. `parts`: the parameters of each statement for some goals."""
        jobs = [
            (job, {**part, "late": self._late})
            for job in await own_jobs(self._tx, self._definition, shape.holdings, self._today)
            for part in parts
        ]
        results = await self._read_all([(job.compiled(named=named), more) for job, more in jobs], read)
        found: dict[str, dict[str, Any]] = defaultdict(dict)
        for (job, _), rows in zip(jobs, results, strict=True):
            exact = partial(job.compiled, exact=True, named=True)
            for row in await self._made_exact(rows, exact, lambda again: {"ids": again, "late": None}):
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
            changes |= self._nothing_below
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
