"""Folding: changes that wait are added to the own parts of their goals, and the sums above follow, tree by tree.

One transaction for each tree and batch, under the lock of the tree's root: a hundred changes below one root are one
update of it. Why no change is lost or counted twice: docs/decisions/0019.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from graph.change import PARTS, TakeChanges, WaitingChanges, forget_taken
from graph.recalculation import Recalculation
from graph.rollup import DEADLINE, definition_of, lock_one_root, recalculate_tree
from graph.rollup_statements import NoteEnds, Parent
from graph.statement import Read, Write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from graph.change import Taken, Waiting
    from graph.clock import Clock
    from graph.database import Database, Transaction

#: Seconds that a fold of one tree may take. Were its process paused in the middle, the tree is locked for as long.
_FOLD_WITHIN: Final = 60.0
#: From this many goals on that are to be worked out anew, their whole tree is.
WHOLE_TREE_FROM: Final = 500


@dataclass(frozen=True, slots=True)
class Standing:
    """An open goal before changes are added: whether it ended too long ago to change, or old numbers were kept; parts.

    `parts`: its own parts as stored, in the order of `PARTS`.
    """

    id: str
    late: bool
    failed: bool
    parts: list[int | None]


@dataclass(frozen=True)
class GoalStandings(Read[Standing], path="rollup/standing", row=Standing, many=True):
    """The open ones of these goals; those that ended before `late_before` are late."""

    ids: list[str]
    late_before: date


@dataclass(frozen=True, slots=True)
class Above(Parent):
    """A goal with children, its depth in the tree, and whether old numbers were kept."""

    failed: bool


@dataclass(frozen=True)
class ParentsAbove(Read[Above], path="rollup/above", row=Above, many=True):
    """The goals with children at and above these."""

    ids: list[str]


@dataclass(frozen=True, slots=True)
class Noted:
    """What a tree's root knows after a fold."""

    calculated_at: datetime | None
    holds_until: str | None


@dataclass(frozen=True)
class NoteFold(Write[Noted], path="rollup/note_fold", row=Noted):
    """Tell the root that changes were added; goals that some came too late for are told so."""

    root: str
    now: datetime
    late: list[str]


async def fold_waiting(database: Database, clock: Clock) -> int:
    """Fold what waits, of a tree at a time; how many trees had something. Raises Unavailable and LeaseLost."""
    trees = await database.fetch(WaitingChanges(), deadline=DEADLINE)
    for tree in trees:
        await _fold_tree(database, clock, tree)
    await forget_taken(database)
    return len(trees)


async def _fold_tree(database: Database, clock: Clock, waiting: Waiting) -> None:
    async def work(tx: Transaction) -> bool:
        if waiting.node is None:
            await tx.run(TakeChanges(waiting.goals, recomputed=True))
            return False
        root = await lock_one_root(tx, waiting.node, waiting.goals)
        # Deleted or moved meanwhile: the next look finds each with its tree, or gone.
        return root is not None and await _Fold(tx, root, waiting, clock.now()).run()

    if await database.write(work, deadline=_FOLD_WITHIN) and waiting.root is not None:
        await recalculate_tree(database, clock, waiting.root)


class _Fold:
    """One batch of changes of one tree, inside a transaction that holds the root's lock."""

    def __init__(self, tx: Transaction, root: str, waiting: Waiting, now: datetime) -> None:
        self._tx = tx
        self._root = root
        self._waiting = waiting
        self._now = now

    async def run(self) -> bool:
        """Fold; or, where the whole tree is to be calculated instead, say so and take nothing."""
        definition = await definition_of(self._tx, self._root)
        today = definition.metric.today(self._now)
        late_before = definition.metric.late_before(self._now)
        standings = {row.id: row for row in await self._tx.run(GoalStandings(self._waiting.goals, late_before))}
        places = [PARTS.index(f"{category.stored}Own") for category in definition.metric.categories]
        new = {id_ for id_, row in standings.items() if any(row.parts[place] is None for place in places)}
        above = await self._tx.run(ParentsAbove(self._waiting.goals))
        # Where old numbers were kept, only own parts worked out anew tell whether new ones fit.
        failed = {row.id for row in standings.values() if row.failed} | {row.id for row in above if row.failed}
        anew = self._waiting.recomputed or new or failed
        if self._waiting.recomputed >= WHOLE_TREE_FROM or len(new) >= WHOLE_TREE_FROM:
            return True
        recalculation = Recalculation(self._tx, self._root, definition, today, late=late_before)
        if anew:
            await recalculation.lock_sources()
        taken = await self._tx.run(TakeChanges(self._waiting.goals, bool(anew)))
        late = {id_ for id_, row in standings.items() if row.late and id_ not in new}
        changed = {one.goal for one in taken} & set(standings)
        again = {one.goal for one in taken if one.recompute} | new
        again = ((again & set(standings)) - late) | failed
        own = _added(taken, standings, again | late)
        if again:
            own |= await recalculation.own_of(sorted(again))
        await recalculation.write(own, above)
        if anew:
            await self._tx.run(NoteEnds([self._root]))
        (noted,) = await self._tx.run(NoteFold(self._root, self._now, sorted(changed & late)))
        # A query with relative dates is asked on one day for all of a tree.
        overdue = noted.holds_until is not None and noted.holds_until < today.isoformat()
        return bool(anew) and (overdue or noted.calculated_at is None)


def _added(taken: Sequence[Taken], standings: dict[str, Standing], other: set[str]) -> dict[str, dict[str, Any]]:
    """New own parts of goals, as stored properties: what is stored and all differences. `other` goals are left out."""
    sums: dict[str, list[int]] = {}
    for one in taken:
        if one.goal in standings and one.goal not in other and not one.recompute:
            so_far = sums.get(one.goal, [0] * len(PARTS))
            sums[one.goal] = [a + b for a, b in zip(so_far, one.differences, strict=True)]
    own = {}
    for id_, differences in sums.items():
        before = standings[id_].parts
        changes = {
            name: before[place] + differences[place]  # type: ignore[operator] # of its metric's categories none is None
            for place, name in enumerate(PARTS)
            if differences[place]
        }
        if changes:
            own[id_] = changes
    return own
