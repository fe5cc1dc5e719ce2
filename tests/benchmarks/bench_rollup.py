"""The whole rollup by the product's own engine against full_rollup.sql: unchanged, all changed, from nothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from graph.goal_statements import RESULTS
from graph.rollup import recalculate_tree
from tests.benchmarks import database, postgres
from tests.benchmarks.data import SHAPES
from tests.benchmarks.harness import Benchmark, Row, Run, Samples, alternate, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.benchmarks.data import Shape
    from tests.benchmarks.database import Bench
    from tests.benchmarks.postgres import Postgres

WARM_UP = 2  # the third run counts, as the peers' README has it
WARM_UP_GOALS = 20_000  # and not before Java's compilers have seen as much, which takes small trees more runs
COUNTED = 3
TARGET = 1.5


@dataclass(frozen=True)
class Before:
    """What happens, untimed, before each run: a statement on our side and one on the peer's. Empty: nothing."""

    ours: str = ""
    peer: str = ""


UNCHANGED = Before()
ALL_CHANGED = Before(
    "MATCH (r:Record {{type: 'opportunity'}}) WHERE r.externalId STARTS WITH '{shape.name}' CALL (r) {{"
    " SET r.actualValue = r.actualValue + 10000, r.estimatedValue = r.estimatedValue + 10000,"
    " r.actualValueBase = r.actualValue, r.estimatedValueBase = r.estimatedValue"
    " }} IN TRANSACTIONS OF 50000 ROWS",
    "update record set amount = amount + 1; vacuum record",
)
FROM_NOTHING = Before(
    "MATCH (root:Goal {{id: '{shape.root}'}}) MATCH (root)((:Goal)<-[:CHILD_OF]-(:Goal)){{0,}}(g:Goal) CALL (g) {{"
    f" SET {', '.join(f'g.{name} = null' for name in (*RESULTS, 'changedOn'))}"
    " }} IN TRANSACTIONS OF 20000 ROWS",
    "update goal set actual = null, in_progress = null; vacuum goal",
)


def measure(run: Run, before: Before) -> Iterator[Row]:
    """Seconds of one rollup of each tree, ours and the peer's in turn; both totals are checked afterwards."""
    shapes = SHAPES[:-1] if run.session.small else SHAPES
    bench = run.session.shared(database.kept, partial(database.kept, shapes))
    peer, note = run.peer(lambda: run.session.shared(postgres.cluster, postgres.cluster))
    if peer:
        run.versions["PostgreSQL"] = peer.version
    for shape in shapes:
        tree = peer.tree(shape) if peer else None
        ours = partial(_ours, bench, shape, before)
        theirs = partial(_theirs, tree, before) if tree else None
        warm_up = max(WARM_UP, WARM_UP_GOALS // shape.goals)
        our_seconds, peer_seconds = alternate(ours, theirs, warm_up=warm_up, counted=COUNTED)
        database.check_totals(bench, shape.root, shape.name)
        if tree:
            tree.check_rollup()
        mine, others = Samples.of(our_seconds), Samples.of(peer_seconds)
        yield run.row(shape.goals, "s", ours=mine, peer=others, better="lower", note=note)


def _ours(bench: Bench, shape: Shape, before: Before) -> float:
    if before.ours:
        bench.bulk(before.ours.format(shape=shape))
    return seconds(lambda: bench.run(recalculate_tree(bench.database, bench.clock, shape.root)))


def _theirs(peer: Postgres, before: Before) -> float:
    for statement in filter(None, before.peer.split("; ")):
        peer.psql("-c", statement)
    return peer.full_rollup()


def _benchmark(name: str, what: str, before: Before, target: float | None = None) -> Benchmark:
    summary = f"The whole rollup of a tree of so many goals, nine records a goal{what}, against full_rollup.sql."
    return Benchmark(name, summary, partial(measure, before=before), family=name, target=target)


BENCHMARKS = (
    _benchmark("full_rollup", "", UNCHANGED, TARGET),
    _benchmark("full_rollup_all_changed", ", each amount changed before each run", ALL_CHANGED),
    _benchmark("full_rollup_first", ", no goal calculated yet", FROM_NOTHING),
)
