"""What one change costs as what is around it grows: goals, records of its goal, goals above it, goals beside it."""

from __future__ import annotations

import random
import tempfile
import uuid
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from graph.fold import fold_waiting
from graph.owners import OwnerKind
from graph.owners_upsert import upsert_owners
from tests.benchmarks import data, database
from tests.benchmarks.data import CLOSED_ON, DATE_FIELD, HIGHEST_AMOUNT, OPEN, SEED, WON
from tests.benchmarks.harness import Benchmark, Row, Run, Samples, alternate, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graph.database import Transaction
    from graph.ingestion import UpsertReport
    from graph.visibility import Viewer
    from tests.benchmarks.data import Item
    from tests.benchmarks.database import Bench

#: Changes before the first ones that count, in all and of each tree; those that count.
FIRST, WARM_UP, COUNTED = 200, 10, 50
BRANCHING = 10
OWNERS = 1_000  # leaves with records, where there are so many leaves
PARTS = ("Own", "OwnCount", "Below", "BelowCount")


#: What a goal without records and its parents come to: so no run of a tree of a million goals need say so.
ZEROS = {f"{category}{part}": 0 for category in ("actual", "inProgress") for part in PARTS}


@dataclass(frozen=True)
class Tree:
    """A tree of one curve: goal `i` is below `parent(i)`; some leaves have an owner, and these the records in turn."""

    curve: str
    size: int
    goals: int
    records: int
    parent: Callable[[int], int]
    first_leaf: int
    owners: int = 1

    @property
    def name(self) -> str:
        """What the external ids of its owners and records begin with."""
        return f"{self.curve}-{self.size}-"

    @property
    def root(self) -> str:
        """The root's id."""
        return self._id(0)

    def _id(self, number: int) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.name}{number}"))

    def owner(self, number: int) -> str:
        """Give the external id of one of the owners, counted from 0."""
        return f"{self.name}{number}"

    def goal_rows(self, viewer: Viewer, bench: Bench) -> Iterator[Item]:
        """Give the goals as `data.write_goals` takes them; leaves with owners are spread over all leaves."""
        step = (self.goals - self.first_leaf) // self.owners
        now = bench.clock.now()
        for number in range(self.goals):
            place, between = divmod(number - self.first_leaf, step)
            owned = number >= self.first_leaf and not between and place < self.owners
            row = data.goal_row(
                self._id(number),
                parent=self._id(self.parent(number)) if number else None,
                owner=self.owner(place) if owned else viewer.external_id,
                title=f"Goal {number}",
                leaf=number >= self.first_leaf,
                now=now,
            )
            row["properties"] |= ZEROS
            yield row

    def record_row(self, number: int, amount: int) -> Item:
        """Give a record as `upsert_records` takes it."""
        state, status, amount_field = WON if number % 2 else OPEN
        return {
            "externalId": f"{self.name}{number:07}",
            "name": f"Opportunity {number}",
            "state": state,
            "status": status,
            "owner": {"user": self.owner(number % self.owners)},
            "fields": {amount_field: str(amount), DATE_FIELD: CLOSED_ON},
        }


def trees(*, small: bool) -> Iterator[Tree]:
    """Give the trees in the order in which they are made and measured: the database grows with each curve."""
    for depth in (1, 5, 10, 20, 50):
        yield Tree("depth", depth, depth + 1, 100, lambda number: number - 1, first_leaf=depth)
    for children in (10, 100, 1_000, 10_000)[: 3 if small else 4]:
        yield Tree("children", children, children + 1, 100, lambda _: 0, first_leaf=1)
    for levels in (4, 5, 6, 7)[: 2 if small else 4]:
        first_leaf, goals = (sum(BRANCHING**level for level in range(below)) for below in (levels - 1, levels))
        yield Tree("goals", goals, goals, OWNERS, lambda number: (number - 1) // BRANCHING, first_leaf, OWNERS)
    for records in (1_000, 10_000, 100_000, 1_000_000)[: 2 if small else 4]:
        yield Tree("records", records, 2, records, lambda _: 0, first_leaf=1)


def measure(run: Run) -> Iterator[Row]:
    """Milliseconds to write one change and to fold it, one at a time, without HTTP; the smallest tree as the peer."""
    smallest: dict[str, Tree] = {}
    with tempfile.TemporaryDirectory(prefix="bench-growth-") as home, database.started(Path(home)) as bench:
        growth = _Growth(bench)
        for tree in trees(small=run.session.small):
            growth.load(tree)
            least = smallest.setdefault(tree.curve, tree)
            sides = [partial(growth.change, side) for side in (tree, least)]
            ours, theirs = alternate(*sides, warm_up=WARM_UP if growth.warm else FIRST, counted=COUNTED)
            growth.warm = True
            database.check_totals(bench, tree.root, tree.name)
            for place, what in enumerate(("write", "fold")):
                mine, others = (Samples.of(pair[place] for pair in side) for side in (ours, theirs))
                unit = f"ms to {what}, by {tree.curve}"
                yield run.row(tree.size, unit, ours=mine, peer=others, better="lower", note=NOTE)


NOTE = (
    "The peer is the smallest tree of the curve, measured in turn, in the database as it is then: each tree stays. "
    "By depth: goals above the leaf that has the record. By children: goals below the root, one of which has it. "
    "By goals: ten below each, so ten times as many are one level more. By records: of the one goal below the root."
)


@dataclass
class _Growth:
    bench: Bench
    _draw: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311 - bench data
    warm: bool = False

    def __post_init__(self) -> None:
        self._viewer, self._metric = self.bench.run(database.begin(self.bench))

    def load(self, tree: Tree) -> None:
        """Make owners, goals and records, and fold what the records add to the goals."""
        self.bench.run(self._load(tree))

    async def _load(self, tree: Tree) -> None:
        opened, viewer, clock = self.bench.database, self._viewer, self.bench.clock
        rows = [{"externalId": tree.owner(number), "name": f"Rep {number}"} for number in range(tree.owners)]

        async def owners(tx: Transaction) -> UpsertReport:
            return await upsert_owners(tx, viewer, OwnerKind.USER, rows, all_or_nothing=True)

        await opened.write(owners, deadline=data.LOAD_SECONDS)
        for batch in data.batches(tree.goal_rows(viewer, self.bench)):
            await data.write_goals(opened, viewer, self._metric, batch)
        amounts = (self._draw.randint(1, HIGHEST_AMOUNT) for _ in range(tree.records))
        for batch in data.batches(map(tree.record_row, count(), amounts)):
            await data.upsert(opened, viewer, clock, batch)
            await fold_waiting(opened, clock)

    def change(self, tree: Tree) -> tuple[float, float]:
        """Change one record; milliseconds until it is written, and from there until it is folded."""
        row = tree.record_row(self._draw.randrange(tree.records), self._draw.randint(1, HIGHEST_AMOUNT))
        opened, clock, run = self.bench.database, self.bench.clock, self.bench.run
        written = seconds(lambda: run(data.upsert(opened, self._viewer, clock, [row])))
        folded = seconds(lambda: run(fold_waiting(opened, clock)))
        return written * 1_000, folded * 1_000


BENCHMARKS = (
    Benchmark(
        "change_growth",
        "Time of one change alone, by goals of the tree, records of its goal, depth, goals beside it.",
        measure,
        family="change_growth",
    ),
)
