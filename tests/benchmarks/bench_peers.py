"""Both peers alone: shows that the harness and the peers run here. Nothing of ours is measured."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from neo4j import GraphDatabase

from tests.benchmarks import data, load, neo4j_graphql, postgres
from tests.benchmarks.harness import Benchmark, PeerUnavailableError, Row, Run, Samples, alternate

if TYPE_CHECKING:
    from collections.abc import Iterator

LABEL = "PeerTrial"
TREES = {111: 3, 1111: 4}  # goals → levels


def measure(run: Run) -> Iterator[Row]:
    """Seconds of PostgreSQL's rollup; trees per second and latency of @neo4j/graphql."""
    yield _postgres(run)
    yield from _neo4j_graphql(run)


def _postgres(run: Run) -> Row:
    with ExitStack() as stack:
        peer, note = run.enter_peer(stack, postgres.cluster())
        seconds: tuple[float, ...] = ()
        if peer:
            run.versions["PostgreSQL"] = peer.version
            peer.setup()
            (seconds,) = alternate(peer.full_rollup, warm_up=2, counted=3)
            peer.check_rollup()
    unit = "s, full_rollup.sql"
    return run.row(data.Shape().records, unit, ours=None, peer=Samples.of(seconds), better="lower", note=note)


def _neo4j_graphql(run: Run) -> Iterator[Row]:
    with ExitStack() as stack:
        url, note = run.enter_peer(stack, _server_with_goals())
        if url:
            run.versions["@neo4j/graphql"] = neo4j_graphql.version()
        for size, levels in TREES.items():
            peer = load.Endpoint(url, neo4j_graphql.tree_document(levels, "number: {eq: 0}")) if url else None
            if peer:
                load.check(peer, size)
            yield from load.rows(run, size, None, peer, note)


@contextmanager
def _server_with_goals() -> Iterator[str]:
    """Run the peer over the database at BENCH_NEO4J_URI; its goals have a label of their own and are deleted after."""
    uri = os.environ.get("BENCH_NEO4J_URI")
    if not uri:
        reason = "BENCH_NEO4J_URI names no database (without authentication) for a few trial goals"
        raise PeerUnavailableError(reason)
    with GraphDatabase.driver(uri) as driver, ExitStack() as stack:
        stack.callback(driver.execute_query, f"MATCH (n:{LABEL}) DETACH DELETE n")
        names = data.Names(goal=LABEL, user=LABEL)
        with data.indexes(driver, names):
            data.load_goals(driver, data.Shape(levels=max(TREES.values())), names)
        bolt, spelling = neo4j_graphql.Bolt(uri), neo4j_graphql.Spelling(LABEL)
        yield stack.enter_context(neo4j_graphql.server(bolt, spelling))


BENCHMARKS = (Benchmark("peers", "Both peers alone: that they run here, and how fast. Nothing of ours.", measure),)
