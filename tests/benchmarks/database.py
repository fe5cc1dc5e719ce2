"""The database that benchmarks measure: ours, started for them, its data kept for the next run. What is in it: data."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString, TypeVar

import cypher
from graph import distribution
from graph.clock import SystemClock
from graph.database import connect
from graph.launcher import LocalServer
from graph.preparation import prepare
from graph.visibility import ViewersByExternalIds
from tests.benchmarks import data
from tests.benchmarks.harness import BUILD, ROOT

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator, Sequence

    from graph.clock import Clock
    from graph.database import Database, Transaction
    from graph.visibility import Viewer
    from tests.benchmarks.data import Shape

T = TypeVar("T")

HEAP = "4g"
PAGECACHE = "1g"
#: The checkout's own folder: Neo4j's jars are there already; no data of it is used.
JARS = ROOT / ".goalgraph"
_MARKER = "BenchData"


@dataclass(frozen=True)
class Bench:
    """An open database in a synchronous world: `run` drives the product's coroutines on one event loop."""

    server: LocalServer
    database: Database
    clock: Clock
    runner: asyncio.Runner

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Give what the coroutine returns."""
        return self.runner.run(work)

    def query(self, text: LiteralString, **parameters: str) -> list[dict[str, Any]]:
        """Give all records of a text that the product does not have."""

        async def work(tx: Transaction) -> list[dict[str, Any]]:
            return await tx.text(text, parameters, name="bench/query")

        return self.run(self.database.read(work, deadline=data.LOAD_SECONDS))

    def bulk(self, text: LiteralString) -> None:
        """Run a statement that commits in pieces (CALL ... IN TRANSACTIONS)."""
        self.run(self.database.schema(text))

    def viewer(self) -> Viewer:
        """Give the administrator of the bench data."""

        async def work(tx: Transaction) -> Viewer | None:
            return await tx.one(ViewersByExternalIds([data.ADMINISTRATOR]))

        found = self.run(self.database.read(work))
        if found is None:
            message = "the bench data has no administrator"
            raise RuntimeError(message)
        return found


@contextmanager
def started(home: Path) -> Iterator[Bench]:
    """Run our Neo4j on a home, as big as bulk work needs it, and connect; nothing is written."""
    local = LocalServer(home, heap=HEAP, pagecache=PAGECACHE, jars=distribution.prepare(JARS))
    with local as server, asyncio.Runner() as runner:
        stack = AsyncExitStack()
        connection = connect(server.uri, server.user, server.password.get_secret_value())
        database = runner.run(stack.enter_async_context(connection))
        try:
            yield Bench(server, database, SystemClock(), runner)
        finally:
            runner.run(stack.aclose())


@contextmanager
def kept(shapes: Sequence[Shape]) -> Iterator[Bench]:
    """Run on the home that is kept under build/, with these trees in it; loads them if others, or none, are there."""
    home = BUILD / f"bench-home-{max(shape.goals for shape in shapes)}"
    version = _version(shapes)
    with ExitStack() as stack:
        bench = stack.enter_context(started(home))
        if _found(bench) != version:
            if bench.query("MATCH (n) RETURN n LIMIT 1"):
                stack.close()  # its lock has kept others out so far
                shutil.rmtree(home)
                bench = stack.enter_context(started(home))
            print(
                f"  loading {', '.join(str(shape.goals) for shape in shapes)} goals, kept for the next run", flush=True
            )
            bench.run(_load(bench, shapes))
            bench.run(bench.database.schema("CALL db.awaitIndexes(600)"))
            bench.bulk(f"CREATE (:{_MARKER} {{version: '{version}'}})")
        yield bench


def check_totals(bench: Bench, root: str, name: str) -> None:
    """Fail unless the root's totals are the sums over the records, found by what their keys begin with."""
    (kept,) = bench.query(
        "MATCH (g:Goal {id: $root})"
        " RETURN g.actualOwn + g.actualBelow AS won, g.inProgressOwn + g.inProgressBelow AS open",
        root=root,
    )
    (direct,) = bench.query(
        "MATCH (r:Record {type: 'opportunity'}) WHERE r.externalId STARTS WITH $name"
        " RETURN sum(CASE r.state WHEN 'WON' THEN r.actualValue END) AS won,"
        " sum(CASE r.state WHEN 'OPEN' THEN r.estimatedValue END) AS open",
        name=name,
    )
    if kept != direct or not all(kept.values()):
        message = f"the totals of {name} are wrong: {kept}, not {direct}"
        raise RuntimeError(message)


def _found(bench: Bench) -> str | None:
    """Read the version of the data that is there whole. Label and property as values: the server warns of new names."""
    marked = bench.query("MATCH (m:$($marker)) RETURN properties(m) AS marker", marker=_MARKER)
    return marked[0]["marker"]["version"] if marked else None


async def begin(bench: Bench) -> tuple[Viewer, str]:
    """Make what all bench data need in an empty database: the administrator, and the id of the metric."""
    await prepare(bench.database, SystemClock())
    await bench.database.schema(data.SETTINGS)
    viewer = await data.load_administrator(bench.database)
    return viewer, await data.load_metric(bench.database, viewer)


async def _load(bench: Bench, shapes: Sequence[Shape]) -> None:
    viewer, metric = await begin(bench)
    for shape in shapes:
        await data.load_owners(bench.database, viewer, shape)
        # Before there are goals, records are no changes of totals.
        await data.load_records(bench.database, viewer, bench.clock, shape)
        await data.load_goals(bench.database, viewer, metric, shape, bench.clock.now())


def _version(shapes: Sequence[Shape]) -> str:
    """Name what the data came from: other trees, another way of writing them or another schema make another."""
    digest = hashlib.sha256(repr(shapes).encode())
    digest.update(Path(data.__file__).read_bytes())
    for _, text, _ in cypher.migrations():
        digest.update(text.encode())
    return digest.hexdigest()
