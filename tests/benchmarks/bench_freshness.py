"""How long a change takes to be in the root's total, at a steady rate: from its answer, and from when it was due."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.benchmarks import data, postgres
from tests.benchmarks.bench_changes import WRITERS, Hot, hot
from tests.benchmarks.data import SEED
from tests.benchmarks.harness import Benchmark, Row, Run, Samples, in_turn
from tests.benchmarks.writers import Writers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graph.database import Transaction
    from tests.benchmarks.data import Item

RATE = 100
SECONDS = 10
WARM_UP, COUNTED = 1, 3
#: Seconds between two looks at the root, beside what a look takes.
PAUSE = 0.002
#: Changes under way at a time: each adds another power of two, so that the root's total tells which of them it has.
BITS = 50
_ROOT = "MATCH (g:Goal {id: $root}) RETURN g.actualOwn + g.actualBelow AS total"
_WON = "MATCH (r:Record {type: 'opportunity', state: 'WON'}) WHERE r.externalId IN $keys RETURN r.externalId AS key, "
_WON += "r.actualValue AS units"


@dataclass(frozen=True)
class Fresh:
    """Milliseconds of each change until it was visible, since it was answered and since it was due; and of a look."""

    answered: list[float]
    due: list[float]
    look: float


def measure(run: Run) -> Iterator[Row]:
    """Milliseconds at p50 and p99 until the root shows a change, at 100 changes a second."""
    tree = hot(run)
    seconds = SECONDS // 3 if run.session.small else SECONDS
    peer, note = run.peer(lambda: run.session.shared(postgres.cluster, postgres.cluster))
    theirs = None
    if peer:
        run.versions["PostgreSQL"] = peer.version
        theirs = partial(peer.tree(tree.shape).paced, tree.shape, WRITERS, RATE, seconds)
    rounds, latencies = in_turn(partial(_round, tree, seconds), theirs, warm_up=WARM_UP, counted=COUNTED)
    note = " ".join(filter(None, (note, NOTE.format(statistics.median(one.look for one in rounds)))))
    for percent in (50, 99):
        ours = Samples.of(_at(one.answered, percent) for one in rounds)
        yield run.row(
            tree.shape.goals, f"ms at p{percent}, answer to root", ours=ours, peer=None, better="lower", note=note
        )
        ours = Samples.of(_at(one.due, percent) for one in rounds)
        others = Samples.of(_at(one, percent) for one in latencies)
        yield run.row(
            tree.shape.goals, f"ms at p{percent}, request to root", ours=ours, peer=others, better="lower", note=note
        )


NOTE = (
    f"{RATE} changes a second at random moments, whatever becomes of those before (pgbench -R {RATE}). Answer to root: "
    "0 where the root had the change before its answer was read. Request to root: since the moment at which the change "
    "was due; the peer's change is in the root when it commits. A connection of its own looked at the root every "
    "{:.1f} ms, so a figure of ours may be so much too long."
)


def _at(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def _round(tree: Hot, seconds: int) -> Fresh:
    fresh = tree.bench.run(_Round(tree, seconds).run())
    tree.backlog()
    return fresh


class _Round:
    """One round of changes, each of another record; afterwards all have their old amounts."""

    def __init__(self, tree: Hot, seconds: int) -> None:
        self._tree = tree
        self._viewer = tree.bench.viewer()
        self._draw = random.Random(SEED)  # noqa: S311 - bench data
        self._dues = list(self._due_times(seconds))
        self._answered = [0.0] * len(self._dues)
        self._seen = [0.0] * len(self._dues)
        self._looks = 0
        #: Bits that no change under way has; those that one has, with its number.
        self._free: asyncio.PriorityQueue[int] = asyncio.PriorityQueue()
        self._taken: dict[int, int] = {}
        for bit in range(BITS):
            self._free.put_nowait(bit)

    def _due_times(self, seconds: int) -> Iterator[float]:
        due = self._draw.expovariate(RATE)
        while due < seconds:
            yield due
            due += self._draw.expovariate(RATE)

    async def run(self) -> Fresh:
        """Send all changes and see them come into the total."""
        before = await self._records()
        root = await self._root()
        try:
            async with Writers(self._tree.api, WRITERS) as writers:
                begin = time.perf_counter()
                async with asyncio.TaskGroup() as group:
                    watching = group.create_task(self._watch(root))
                    for number, (due, (key, units)) in enumerate(zip(self._dues, before, strict=True)):
                        await asyncio.sleep(begin + due - time.perf_counter())
                        group.create_task(self._change(writers, number, key, units))
                await watching
                took = time.perf_counter() - begin
        finally:
            rows = [_row(key, units) for key, units in before]
            bench = self._tree.bench
            await data.upsert(bench.database, self._viewer, bench.clock, rows)
        return Fresh(
            [max(seen - answered, 0.0) * 1_000 for seen, answered in zip(self._seen, self._answered, strict=True)],
            [(seen - begin - due) * 1_000 for seen, due in zip(self._seen, self._dues, strict=True)],
            took / self._looks * 1_000,
        )

    async def _records(self) -> list[tuple[str, int]]:
        """Draw as many won records as there are changes, with their amounts in units."""
        shape, wanted = self._tree.shape, len(self._dues)
        # Half of all records are won; a third of them is enough.
        numbers = self._draw.sample(range(shape.records), wanted * 3)
        found = await self._read(_WON, keys=[f"{shape.name}{number:07}" for number in numbers])
        return [(row["key"], row["units"]) for row in found[:wanted]]

    async def _root(self) -> int:
        (row,) = await self._read(_ROOT, root=self._tree.shape.root)
        total: int = row["total"]
        return total

    async def _read(self, text: Any, **parameters: Any) -> list[dict[str, Any]]:
        async def work(tx: Transaction) -> list[dict[str, Any]]:
            return await tx.text(text, parameters, name="bench/freshness")

        return await self._tree.bench.database.read(work)

    async def _change(self, writers: Writers, number: int, key: str, units: int) -> None:
        bit = await self._free.get()
        self._taken[bit] = number
        await writers.send([_row(key, units + 2**bit)])
        self._answered[number] = time.perf_counter()

    async def _watch(self, total: int) -> None:
        """Look at the root until it has all changes. Raises RuntimeError for a total that they cannot give."""
        while not all(self._seen):
            await asyncio.sleep(PAUSE)
            now = await self._root()
            self._looks += 1
            moment = time.perf_counter()
            for bit in (bit for bit in range(BITS) if (now - total) >> bit & 1):
                if bit not in self._taken:
                    message = f"the root rose by {now - total} units, which changes under way do not give"
                    raise RuntimeError(message)
                self._seen[self._taken.pop(bit)] = moment
                self._free.put_nowait(bit)
            total = now


def _row(key: str, units: int) -> Item:
    return {"externalId": key, "fields": {"actualValue": format(Decimal(units).scaleb(-4), "f")}}


BENCHMARKS = (
    Benchmark(
        "freshness",
        f"Time until a change is in the root's total of a tree of so many goals, at {RATE} changes a second.",
        measure,
        family="freshness",
    ),
)
