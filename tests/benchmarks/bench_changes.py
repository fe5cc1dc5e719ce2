"""Changes of records into one hot root: how many a second are in its totals, and what memory their folding takes."""

from __future__ import annotations

import asyncio
import operator
import re
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from graph.rollup import recalculate_tree
from tests.benchmarks import database, postgres, serving
from tests.benchmarks.data import SHAPES
from tests.benchmarks.harness import Benchmark, Row, Run, Samples, in_turn
from tests.benchmarks.writers import Changes, Writers, Written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.benchmarks.data import Shape
    from tests.benchmarks.database import Bench
    from tests.benchmarks.serving import Api

WRITERS = 64
SECONDS = 10
WARM_UP, COUNTED = 1, 3
WARM_UP_SECONDS = 15
BATCH = 100
#: Changes that are folded to see what memory that takes, and at which parts of them it is looked at.
FOLDED = 300_000
PARTS = (10, 50, 100)
#: Seconds after which a backlog is one that will not go.
LONGEST_BACKLOG = 120
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)
_RESET_PEAK = "5"


@dataclass(frozen=True)
class Hot:
    """A tree that is changed through a server: its numbers are up to date when nothing waits."""

    bench: Bench
    api: Api
    shape: Shape
    changes: Changes

    def write(self, rows: int, until: Callable[[int], bool]) -> Written:
        """Let the writers write."""

        async def work() -> Written:
            async with Writers(self.api, WRITERS) as writers:
                return await writers.write(partial(self.changes.rows, rows), until)

        return asyncio.run(work())

    def backlog(self) -> float:
        """Seconds until all changes are in the totals. Raises RuntimeError if that takes too long."""
        begin = time.perf_counter()
        while waiting(self.bench):
            if time.perf_counter() - begin > LONGEST_BACKLOG:
                message = f"{waiting(self.bench)} changes are not in the totals after {LONGEST_BACKLOG} s"
                raise RuntimeError(message)
            time.sleep(0.005)
        return time.perf_counter() - begin


def waiting(bench: Bench) -> int:
    """How many changes are not in the totals."""
    (found,) = bench.query("MATCH (c:RollupChange) WHERE c.folded IS NULL RETURN count(c) AS count")
    count: int = found["count"]
    return count


def hot(run: Run) -> Hot:
    """Give the largest tree, calculated, behind a server that has seen changes for a while."""
    return run.session.shared("hot", partial(_hot, run))


@contextmanager
def _hot(run: Run) -> Iterator[Hot]:
    shapes = SHAPES[:-1] if run.session.small else SHAPES
    shape = shapes[-1]
    bench = run.session.shared(database.kept, partial(database.kept, shapes))
    api = serving.api(run, bench)
    bench.run(recalculate_tree(bench.database, bench.clock, shape.root))
    tree = Hot(bench, api, shape, Changes(shape))
    # A server that has just started plans its statements, and Java compiles what it sees often.
    for rows in (1, BATCH):
        tree.write(rows, _for(WARM_UP_SECONDS))
        tree.backlog()
    yield tree


def _for(seconds: float) -> Callable[[int], bool]:
    """Say of any number of changes that they are enough, once so many seconds are over."""
    end = time.perf_counter() + seconds
    return lambda _: time.perf_counter() >= end


@dataclass(frozen=True)
class Round:
    """One measurement of ours: changes per second in the totals, seconds of backlog, the writers' part of a core."""

    per_second: float
    backlog: float
    own_part: float


def measure(run: Run, rows: int) -> Iterator[Row]:
    """Changes per second with 64 writers: from the first request until all of them are in the root's totals."""
    tree = hot(run)
    seconds = SECONDS // 3 if run.session.small else SECONDS
    peer, note = run.peer(lambda: run.session.shared(postgres.cluster, postgres.cluster))
    theirs = None
    if peer:
        run.versions["PostgreSQL"] = peer.version
        theirs = partial(peer.tree(tree.shape).incremental, tree.shape, WRITERS, seconds)
    our_rounds, peer_rounds = in_turn(partial(_round, tree, rows, seconds), theirs, warm_up=WARM_UP, counted=COUNTED)
    database.check_totals(tree.bench, tree.shape.root, tree.shape.name)
    ours = Samples.of(one.per_second for one in our_rounds)
    others = Samples.of(one.tps for one in peer_rounds)
    yield run.row(
        tree.shape.goals,
        f"changes/s, {WRITERS} writers",
        ours=ours,
        peer=others,
        better="higher",
        note=" ".join(filter(None, (note, _note(our_rounds), _peer_note(peer_rounds)))),
    )


def _round(tree: Hot, rows: int, seconds: int) -> Round:
    written = tree.write(rows, _for(seconds))
    backlog = tree.backlog()
    return Round(written.changes / (written.seconds + backlog), backlog, written.own_seconds / written.seconds)


def _note(rounds: tuple[Round, ...]) -> str:
    backlogs = ", ".join(f"{one.backlog:.2f}" for one in rounds)
    parts = ", ".join(f"{one.own_part:.1%}" for one in rounds)
    return (
        f"Counted until the last change is in the root's totals, {backlogs} s after the last answer in the rounds that "
        f"count; the totals are then the sums over the records. The writers themselves took {parts} of a core."
    )


def _peer_note(rounds: tuple[postgres.Pgbench, ...]) -> str:
    failed = sum(one.failed for one in rounds)
    return f"The peer lost {failed} transactions to deadlocks, which do not count." if failed else ""


def measure_memory(run: Run) -> Iterator[Row]:
    """MiB that the API process has at most while so many changes are written and folded."""
    tree = hot(run)
    total = FOLDED // 10 if run.session.small else FOLDED
    tree.write(BATCH, partial(operator.le, total // 100))
    tree.backlog()
    status = Path("/proc") / str(tree.api.process) / "status"
    if not status.exists():
        note = "This system does not tell a process's peak."
        yield run.row(total, "MiB, peak of the API", ours=None, peer=None, better="lower", note=note)
        return
    # Other benchmarks may have used the process before.
    (status.parent / "clear_refs").write_text(_RESET_PEAK)
    done = 0
    for part in PARTS:
        step = total * part // 100 - done
        done += tree.write(BATCH, partial(operator.le, step)).changes
        tree.backlog()
        found = _PEAK.search(status.read_text())
        peak = Samples.of([int(found[1]) / 1024] if found else [])
        yield run.row(done, "MiB, peak of the API", ours=peak, peer=None, better="lower", note=MEMORY_NOTE)
    database.check_totals(tree.bench, tree.shape.root, tree.shape.name)


MEMORY_NOTE = f"{WRITERS} writers, {BATCH} changes a request; the process serves, writes and folds."

_TO_THE_ROOT = f"with {WRITERS} writers over HTTP, until they are in the root's totals"
BENCHMARKS = (
    Benchmark(
        "changes_batched",
        f"Changes of records of a tree of so many goals, {BATCH} a request, {_TO_THE_ROOT}, against incremental.sql.",
        partial(measure, rows=BATCH),
        family="changes_batched",
        target=5,
    ),
    Benchmark(
        "changes_single",
        f"Changes of records of a tree of so many goals, one a request, {_TO_THE_ROOT}, against incremental.sql.",
        partial(measure, rows=1),
        family="changes_single",
        target=1,
    ),
    Benchmark(
        "changes_memory",
        "Memory of the process that writes and folds, by the number of changes.",
        measure_memory,
        family="changes_memory",
    ),
)
