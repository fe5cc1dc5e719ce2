"""Reading a tree over HTTP: `goals serve` against @neo4j/graphql, both on the same database and goals."""

from __future__ import annotations

import os
import secrets
import sys
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx2
from pydantic import SecretStr

from api.auth import Tokens
from graph.money import TEN_THOUSANDTHS
from graph.rollup import recalculate_tree
from graph.settings import Settings
from tests.benchmarks import data, database, load, neo4j_graphql
from tests.benchmarks.data import SHAPES
from tests.benchmarks.harness import BUILD, ROOT, Benchmark, Row, Run
from tests.benchmarks.load import Endpoint
from tests.benchmarks.neo4j_graphql import Bolt
from tests.benchmarks.server import free_port, running

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
    ours = _ours(run, bench, shapes[-1].root, levels)
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


def _ours(run: Run, bench: Bench, root: str, levels: int) -> Endpoint:
    secret = run.session.shared("jwt", _secret)
    url = run.session.shared("goals serve", lambda: _served(bench, secret))
    tokens = Tokens(Settings(jwt_secret=SecretStr(secret)), bench.clock)
    token = tokens.issue(data.ADMINISTRATOR, timedelta(hours=8))
    return Endpoint(url, DOCUMENT, {"id": root, "depth": levels - 1}, {"authorization": f"Bearer {token}"})


@contextmanager
def _secret() -> Iterator[str]:
    yield secrets.token_urlsafe(64)


@contextmanager
def _served(bench: Bench, secret: str) -> Iterator[str]:
    """Run `goals serve` on the bench database, as an operator would; gives the address of its GraphQL endpoint."""
    port = free_port()
    home = BUILD / "bench-api"
    home.mkdir(parents=True, exist_ok=True)
    environment = {
        "PATH": os.environ["PATH"],
        "NEO4J_URI": bench.server.uri,
        "NEO4J_USER": bench.server.user,
        "NEO4J_PASSWORD": bench.server.password.get_secret_value(),
        "GOALGRAPH_HOME": str(home),
        "GOALGRAPH_PORT": str(port),
        "GOALGRAPH_JWT_SECRET": secret,
        "GOALGRAPH_REQUEST_TIMEOUT": "120",  # a new server's first plan, on a machine that also does other things
    }

    def ready() -> bool:
        try:
            return httpx2.get(f"http://127.0.0.1:{port}/readyz").is_success
        except httpx2.TransportError:
            return False

    command = [sys.executable, "-m", "api.cli", "serve"]
    with running(command, ready=ready, log=home / "serve.log", cwd=ROOT, environment=environment):
        yield f"http://127.0.0.1:{port}/graphql"


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
