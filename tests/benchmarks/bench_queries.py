"""What rollup queries cost a rollup, and what records of another type do: each against the same rollup without them."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from graph.query_form import read_spec, written_spec
from graph.query_spec import QueryTypes
from graph.rollup import recalculate_tree
from graph.shipped_types import SHIPPED
from tests.benchmarks import database
from tests.benchmarks.bench_rollup import WARM_UP, WARM_UP_GOALS
from tests.benchmarks.data import SHAPES
from tests.benchmarks.harness import Benchmark, Row, Run, Samples, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.benchmarks.data import Shape
    from tests.benchmarks.database import Bench

COUNTED = 3
#: Every third goal has one of so many queries.
QUERIES = 30
OTHERS = 1_000_000
_KINDS = {kind.key: kind for kind in SHIPPED}
_TYPES = QueryTypes((_KINDS["opportunity"],), _KINDS["account"])


def _form(number: int) -> Any:
    """One of three shapes of queries, each with values of its own."""
    amount = {"field": {"key": "actualValue", "test": {"greaterOrEqual": str(number)}}}
    match number % 3:
        case 0:
            return amount
        case 1:
            name = {"field": {"key": "name", "test": {"contains": str(number % 10)}}}
            return {"any": [name, {"not": amount}]}
    return {
        "all": [{"owner": {"isGoalOwner": True}}, {"field": {"of": "ACCOUNT", "key": "city", "test": {"isNull": True}}}]
    }


def with_queries(run: Run) -> Iterator[Row]:
    """Seconds of a rollup of which a third of the goals have a query, against the same goals without."""
    shapes = SHAPES[:-1] if run.session.small else SHAPES
    bench = run.session.shared(database.kept, partial(database.kept, shapes))
    specs = [json.dumps(written_spec(read_spec(_form(number), _TYPES))) for number in range(QUERIES)]
    for shape in shapes:
        without = _measured(bench, shape)
        _forget(bench)  # what a run that was broken off left
        try:
            for number, spec in enumerate(specs):
                bench.bulk(_attach(shape, number, spec))
            asked = _measured(bench, shape)
        finally:
            _forget(bench)
        yield run.row(shape.goals, "s", ours=asked, peer=without, better="lower", note=_NOTE)


def with_others(run: Run) -> Iterator[Row]:
    """Seconds of a rollup beside a million records of another type of the same owners, against one without them."""
    shapes = SHAPES[:-1] if run.session.small else SHAPES
    bench = run.session.shared(database.kept, partial(database.kept, shapes))
    shape = shapes[-1]
    without = _measured(bench, shape)
    others = OTHERS // 10 if run.session.small else OTHERS
    bench.bulk(_OTHERS.replace("COUNT", str(others)))
    try:
        beside = _measured(bench, shape)
    finally:
        bench.bulk("MATCH (r:PhoneCall) CALL (r) { DETACH DELETE r } IN TRANSACTIONS OF 20000 ROWS")
    yield run.row(shape.goals, "s", ours=beside, peer=without, better="lower", note="Aim: at most 1.1.")


def _measured(bench: Bench, shape: Shape) -> Samples | None:
    """Runs that change nothing, as `full_rollup` has them."""

    def once() -> float:
        return seconds(lambda: bench.run(recalculate_tree(bench.database, bench.clock, shape.root)))

    for _ in range(max(WARM_UP, WARM_UP_GOALS // shape.goals)):
        once()
    return Samples.of([once() for _ in range(COUNTED)])


def _attach(shape: Shape, number: int, spec: str) -> str:
    """Make one query and give it to its share of the goals: of a third of all ids, which are random."""
    first, end = (f"{0x5555 * place // QUERIES:04x}" for place in (number, number + 1))
    text = _ATTACH.replace("ROOT", shape.root).replace("NAME", f"bench-{number}").replace("SPEC", json.dumps(spec))
    return text.replace("FIRST", first).replace("END", end)


def _forget(bench: Bench) -> None:
    bench.bulk("MATCH (:RollupQuery)<-[f:FILTERED_BY]-() CALL (f) { DELETE f } IN TRANSACTIONS OF 20000 ROWS")
    bench.bulk("MATCH (q:RollupQuery) DELETE q")


_ATTACH = (
    "CREATE (q:RollupQuery {id: 'NAME', nameKey: 'NAME', spec: SPEC, movesWithTheDay: false}) "
    "WITH q MATCH (g:Goal) WHERE 'FIRST' <= g.id < 'END' "
    "MATCH (g)((:Goal)-[:CHILD_OF]->(:Goal)){0,}(:Goal {id: 'ROOT'}) "
    "CREATE (g)-[:FILTERED_BY {category: 'ACTUAL'}]->(q)"
)
_OTHERS = (
    "MATCH (u:User) WITH collect(u) AS users UNWIND range(1, COUNT) AS n WITH users[n % size(users)] AS u, n "
    "CALL (u, n) { CREATE (r:Record:PhoneCall {id: 'other-' + n, type: 'phone_call', externalId: 'other-' + n, "
    "name: 'Other', state: 'COMPLETED', actualEndDate: date('2026-02-01')})-[:OWNED_BY]->(u) } "
    "IN TRANSACTIONS OF 20000 ROWS"
)
_NOTE = f"The peer: the same rollup without queries. {QUERIES} queries of three shapes on every third goal."

BENCHMARKS = (
    Benchmark(
        "rollup_with_queries", "A rollup with queries on a third of its goals, against one without.", with_queries
    ),
    Benchmark(
        "rollup_other_type", "A rollup beside a million records of another type, against one without.", with_others
    ),
)
