"""`goals rollup run` ended by Ctrl-C: each tree has its old totals or its new ones, and the run says so."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from graph import integrity
from graph.run import RunsPage, RunState
from tests.api.conftest import on_server
from tests.api.test_cli import ROOT
from tests.factories import YEAR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graph.database import Transaction
    from graph.run import RunRow
    from tests.factories import Company
    from tests.neo4j_server import Neo4jServer

TREES = ("Tree 1", "Tree 2", "Tree 3", "Tree 4")
HELD = "Tree 3"
#: Seconds for what must end.
_LIMIT = 120


async def runs(company: Company) -> list[RunRow]:
    """All runs, newest first."""
    statement = RunsPage(company.administrator.id, 10)
    return await company.database.fetch(statement)


async def totals(company: Company) -> dict[str, list[str | None]]:
    """The totals of each tree: of its root, then of its two children."""
    names = {tree: [tree, f"{tree} a", f"{tree} b"] for tree in TREES}
    return {tree: await company.totals([company.ids[name] for name in below]) for tree, below in names.items()}


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let what is started heed Ctrl-C, also where the tests themselves do not: a shell's jobs in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


async def test_ctrl_c_leaves_totals_whole_and_the_run_broken_off(company: Company, neo4j_server: Neo4jServer) -> None:
    await company.users("rep")
    metric, boss, rep = await company.metric(), company.ids["administrator"], company.ids["rep"]
    for tree in TREES:
        company.ids[tree] = await company.goal(tree, metric_id=metric, manager_id=boss, period=YEAR)
        for name in (f"{tree} a", f"{tree} b"):
            company.ids[name] = await company.goal(name, parent_id=company.ids[tree], manager_id=boss, owner_id=rep)
        await company.recalculate(company.ids[tree])
    await company.won("rep", ("10", "2026-02-01"))
    old, new = ["0", "0", "0"], ["20", "10", "10"]
    assert set(map(tuple, (await totals(company)).values())) == {tuple(old)}

    # Planned before it is asked for in the seconds for which the run waits at the held tree.
    assert await runs(company) == []

    held, over = asyncio.Event(), asyncio.Event()

    async def hold(tx: Transaction) -> None:
        text = "MATCH (g:Goal {id: $id}) SET g.title = g.title RETURN g.id AS id"
        await tx.text(text, {"id": company.ids[HELD]}, name="tests/hold")
        held.set()
        await over.wait()

    holding = asyncio.create_task(company.database.write(hold, deadline=2 * _LIMIT))
    await held.wait()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("GOALGRAPH_", "NEO4J_", "COV"))}
    with _interruptible():
        process = subprocess.Popen(  # noqa: ASYNC220 - it is started at once
            [sys.executable, "-m", "api.cli", "rollup", "run"],
            env={**clean, **on_server(neo4j_server)},
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
    try:
        async with asyncio.timeout(_LIMIT):
            # It is at the tree that is held: those before it are done.
            while not any(run.percent == 50 for run in await runs(company)):
                assert process.poll() is None, process.communicate()
                await asyncio.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, said = await asyncio.to_thread(process.communicate, timeout=_LIMIT)
        assert (process.returncode, b"Traceback" in said) == (130, False), said
    finally:
        process.kill()
        process.communicate()
        over.set()
        await holding

    (run,) = await runs(company)
    assert (run.state, run.percent, run.ended_at is not None) == (RunState.BROKEN_OFF, 50, True)
    assert await totals(company) == {"Tree 1": new, "Tree 2": new, "Tree 3": old, "Tree 4": old}
    assert await company.database.read(lambda tx: tx.run(integrity.GoalSums())) == []
    for tree in TREES:
        await company.recalculate(company.ids[tree])
    assert set(map(tuple, (await totals(company)).values())) == {tuple(new)}
