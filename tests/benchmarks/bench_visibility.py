"""What the visibility policy costs: the statements of a tree and of a page, against the same ones without a policy.

Three users look: one that owns a single goal, one that manages a branch of 1 111 goals, an administrator of all.
"""

from __future__ import annotations

import statistics
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import cypher
from graph.goal import GoalsPage
from graph.goal_tree import GoalTree
from tests.benchmarks import database
from tests.benchmarks.data import SHAPES, Shape
from tests.benchmarks.harness import Benchmark, Row, Run, Samples, alternate, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import LiteralString

    from graph.statement import Statement
    from tests.benchmarks.database import Bench

WARM_UP = 30
COUNTED = 100
#: Goals of the branch that the manager has, where the tree is big enough: levels, from the bottom.
BRANCH = 4
NOTE = "The peer: the same statement over the same goals with every policy replaced by `true`."
#: What stands for each policy where there is none; what stands for that of lists is `Looking.lists`.
_BARE = dict.fromkeys(("visibility/goal", "visibility/covered_goal", "visibility/all_below"), "true")
_OWN = """\
MATCH (:User {id: $viewer})<-[:MANAGED_BY|OWNED_BY]-(top:Goal)
MATCH (top)((:Goal)<-[:CHILD_OF]-(:Goal)){0,}(entity:Goal)"""
_ALL = "MATCH (entity:Goal)"


@dataclass(frozen=True)
class Looking:
    """A user that looks, in words, the goal at the top of what it sees, and what finds all of it without a policy."""

    who: str
    viewer: str
    top: str
    lists: str = _OWN


def measure_tree(run: Run) -> Iterator[Row]:
    """Milliseconds at p50 and p95 of one tree's statement, three levels deep."""

    def statement(looking: Looking) -> Statement[Any]:
        return GoalTree(looking.viewer, looking.top, first=2_001, depth=BRANCH - 1, links=True)

    yield from _measure(run, statement)


def measure_page(run: Run) -> Iterator[Row]:
    """Milliseconds at p50 and p95 of one page's statement: 50 of the visible goals by title, and how many there are."""
    yield from _measure(run, lambda looking: GoalsPage(looking.viewer, first=51))


def _measure(run: Run, statement: Callable[[Looking], Statement[Any]]) -> Iterator[Row]:
    shapes = SHAPES[:-1] if run.session.small else SHAPES
    bench = run.session.shared(database.kept, partial(database.kept, shapes))
    shape = shapes[-1]
    with _people(bench, shape) as people:
        for looking in people:
            asked = statement(looking)
            texts = (asked.text, _bare(asked, looking.lists))
            sides = tuple(partial(seconds, partial(_ask, bench, text, asked.parameters())) for text in texts)
            ours, theirs = alternate(*sides, warm_up=WARM_UP, counted=COUNTED)
            for name, quantile in (("p50", 50), ("p95", 95)):
                mine, others = (Samples.of([_at(side, quantile) * 1_000]) for side in (ours, theirs))
                yield run.row(
                    shape.goals, f"ms at {name}, {looking.who}", ours=mine, peer=others, better="lower", note=NOTE
                )


def _at(values: tuple[float, ...], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def _ask(bench: Bench, text: LiteralString, parameters: dict[str, Any]) -> None:
    assert bench.query(text, **parameters)


def _bare(statement: Statement[Any], lists: str) -> LiteralString:
    """The statement's text without a policy."""
    read = cypher._read
    cypher.load.cache_clear()
    bare = {**_BARE, "visibility/goals": lists}
    cypher._read = lambda name: bare[name] if name in bare else read(name)
    try:
        return statement.text
    finally:
        cypher._read = read
        cypher.load.cache_clear()


@contextmanager
def _people(bench: Bench, shape: Shape) -> Iterator[list[Looking]]:
    """The three who look. One of the users manages a branch meanwhile."""
    level = max(shape.levels - BRANCH, 0)
    branch = shape.goal_id(sum(shape.branching**n for n in range(level)))
    (found,) = bench.query(
        "MATCH (leaf:User {externalId: $leaf}) MATCH (manager:User {externalId: $manager}) "
        "RETURN leaf.id AS leaf, manager.id AS manager",
        leaf=shape.owner(shape.first_leaf),
        manager=shape.owner(shape.goals - 1),
    )
    administrator = bench.viewer().id
    _set_manager(bench, branch, found["manager"])
    try:
        yield [
            Looking("owner of one goal", found["leaf"], shape.goal_id(shape.first_leaf)),
            Looking("manager of a branch", found["manager"], branch),
            Looking("administrator", administrator, branch, _ALL),
        ]
    finally:
        _set_manager(bench, branch, administrator)


def _set_manager(bench: Bench, goal: str, manager: str) -> None:
    bench.run(bench.database.schema(_MANAGED.replace("$goal", f"'{goal}'").replace("$manager", f"'{manager}'")))


_MANAGED = (
    "MATCH (g:Goal {id: $goal})-[link:MANAGED_BY]->() DELETE link WITH DISTINCT g "
    "MATCH (u:User {id: $manager}) CREATE (g)-[:MANAGED_BY]->(u)"
)

BENCHMARKS = (
    Benchmark("visibility_tree", "What the policy adds to reading a tree, by who reads.", measure_tree),
    Benchmark("visibility_page", "What the policy adds to a page of goals, by who reads.", measure_page),
)
