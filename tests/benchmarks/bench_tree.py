"""Reading a tree over HTTP: `goals serve` against @neo4j/graphql, both on the same database and goals."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from graph.money import TEN_THOUSANDTHS
from graph.rollup import recalculate_tree
from tests.benchmarks import database, load, neo4j_graphql, serving
from tests.benchmarks.data import SHAPES
from tests.benchmarks.harness import Benchmark, Row, Run
from tests.benchmarks.load import Endpoint
from tests.benchmarks.neo4j_graphql import Bolt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from tests.benchmarks.database import Bench

#: id → actual, in-progress and target in units.
Numbers = dict[str, tuple[int, int, int]]

DOCUMENT = """\
query Tree($id: ID!, $depth: Int!) {
  goalTree(rootId: $id, depth: $depth) { nodes { id parentId goal { id actual inProgress target } } }
}"""
LEVELS = {111: 3, 1111: 4}  # goals → levels


def measure(run: Run, goals: int) -> Iterator[Row]:
    """Answers per second and latency of the upper levels of the largest tree; both must say the same numbers first."""
    shapes = SHAPES[:-1] if run.session.small else SHAPES
    levels = LEVELS[goals]
    bench = run.session.shared(database.kept, partial(database.kept, shapes))
    served = serving.api(run, bench)
    ours = Endpoint(served.url, DOCUMENT, {"id": shapes[-1].root, "depth": levels - 1}, served.headers)
    url, note = run.peer(lambda: run.session.shared(neo4j_graphql.server, lambda: _peer(bench)))
    bench.run(recalculate_tree(bench.database, bench.clock, shapes[-1].root))
    wanted = _our_numbers(load.answer(ours))
    if len(wanted) != goals or not all(all(numbers) for numbers in wanted.values()):
        message = f"our tree has {len(wanted)} goals, not {goals}, or some without numbers"
        raise RuntimeError(message)
    peer = None
    if url:
        run.versions["@neo4j/graphql"] = neo4j_graphql.version()
        peer = Endpoint(url, neo4j_graphql.tree_document(levels, shapes[-1].root))
        if dict(_peer_numbers(load.answer(peer)["goals"])) != wanted:
            message = "the peer's tree has other numbers than ours"
            raise RuntimeError(message)
    yield from load.rows(run, goals, ours, peer, note)


def _peer(bench: Bench) -> AbstractContextManager[str]:
    bolt = Bolt(bench.server.uri, bench.server.user, bench.server.password.get_secret_value())
    return neo4j_graphql.server(bolt)


def _our_numbers(answer: dict[str, Any]) -> Numbers:
    goals = [node["goal"] for node in answer["goalTree"]["nodes"]]
    return {goal["id"]: (_units(goal["actual"]), _units(goal["inProgress"]), _units(goal["target"])) for goal in goals}


def _units(amount: str | None) -> int:
    return int(Decimal(amount or 0) * TEN_THOUSANDTHS)


def _peer_numbers(goals: list[dict[str, Any]]) -> Iterator[tuple[str, tuple[int, int, int]]]:
    for goal in goals:
        actual, in_progress = (
            int(goal[f"{name}Own"] or 0) + int(goal[f"{name}Below"] or 0) for name in ("actual", "inProgress")
        )
        yield goal["id"], (actual, in_progress, int(goal["target"]))
        yield from _peer_numbers(goal.get("children", []))


BENCHMARKS = tuple(
    Benchmark(
        f"tree_read_{goals}",
        f"A tree of {goals} goals, six values each, over HTTP, against @neo4j/graphql.",
        partial(measure, goals=goals),
        family="tree_read",
    )
    for goals in LEVELS
)
