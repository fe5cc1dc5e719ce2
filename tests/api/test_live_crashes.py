"""Processes of the API and the database killed at random moments, while writers write and the worker folds.

After each kill every acknowledged change is there once, one that was not acknowledged at most once, and once when it is
sent again; totals are those of all records, and of a full run.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import defaultdict
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from statistics import median
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from api.auth import Tokens
from graph import migration
from graph.clock import FixedClock, SystemClock
from graph.database import connect
from graph.goal import RecordSet
from graph.launcher import LocalServer
from graph.period import GoalPeriod, PeriodKind
from graph.settings import Settings
from tests.api.conftest import SECRET
from tests.api.killable import PATIENCE, KillableApi, KillableDatabase, free_port
from tests.api.persistence import Writer, check_writes
from tests.factories import Company
from tests.invariants import check_invariants
from tests.proxy import proxied

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path
    from typing import LiteralString

    from graph.database import Transaction

WRITERS, REPS = 4, 6
#: Kills of the API, kills of the database and pauses of the worker that a run of all tests makes, and a soak at least.
FEW, MANY = (1, 1, 1), (30, 10, 5)

#: Seconds between two looks at the writers.
_LOOK = 0.02


@dataclass
class Site:
    """Two processes of the API over a database of their own, and writers to both."""

    company: Company
    database: KillableDatabase
    processes: list[KillableApi]
    random: Random
    login: str
    root: str = ""
    whole: str = ""
    #: Which process is the worker, and the token by which it is.
    worker: int = 0
    token: int = 0
    writers: list[Writer] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    async def begin(self) -> None:
        """Make goals that hold today, start the processes one after the other, and the writers."""
        company, today = self.company, SystemClock().now().date()
        first, last = today - timedelta(30), today + timedelta(300)
        period = GoalPeriod(PeriodKind.CUSTOM, None, None, f"{first} to {last}", first, last)
        reps = [f"Rep {number}" for number in range(REPS)]
        await company.users("Manager", *reps)
        common: dict[str, Any] = {
            "metric_id": await company.metric(),
            "manager_id": company.ids["Manager"],
            "period": period,
        }
        self.root = await company.goal("Root", **common, rollup_only_from_children=True)
        self.whole = await company.goal("Whole", **common, record_set=RecordSet.ALL)
        for rep in reps:
            await company.goal(rep, parent_id=self.root, owner_id=company.ids[rep])
        await self.processes[0].start()
        await self._look_for_the_worker()
        self.worker = 0
        await self.processes[1].start()
        self.writers = [
            Writer(number, Random(self.random.random()), reps, str(today), self.urls, self.login, self.gate)  # noqa: S311
            for number in range(WRITERS)
        ]

    def urls(self) -> list[str]:
        """Where writers write to."""
        return [process.url for process in self.processes]

    async def kill_api(self) -> None:
        """Kill one of the processes; the other serves, and is or becomes the worker."""
        killed = self.random.randrange(2)
        began = time.monotonic()
        self.processes[killed].send(signal.SIGKILL)
        await self._close()
        await asyncio.sleep(0.5)  # what it had sent to the database before may be done yet
        await check_writes(self.company.database, self.writers)
        if killed == self.worker:
            await self._taken_over()
            self.seconds["another process is the worker"].append(time.monotonic() - began)
        self.seconds["a process is ready again"].append(await self.processes[killed].start())

    async def kill_database(self) -> None:
        """Kill the database and start it again."""
        await asyncio.to_thread(self.database.kill)
        await self._close()
        began = time.monotonic()
        await self.database.start()
        started = time.monotonic()
        self.seconds["the database answers again"].append(started - began)
        for process in self.processes:
            await process.until_ready()
        self.seconds["both processes are ready after that"].append(time.monotonic() - started)
        await check_writes(self.company.database, self.writers)
        began = time.monotonic()
        await self._look_for_the_worker()
        self.seconds["one of them is the worker after that"].append(time.monotonic() - began)

    async def pause_worker(self) -> None:
        """Pause the worker's process until the other is the worker, and let it go on then."""
        paused = self.processes[self.worker]
        began = time.monotonic()
        paused.send(signal.SIGSTOP)
        try:
            await self._taken_over()
            self.seconds["another process is the worker"].append(time.monotonic() - began)
            await asyncio.sleep(self.random.uniform(0, 2))
        finally:
            paused.send(signal.SIGCONT)
        await paused.until_ready()
        await self._close()
        await asyncio.sleep(0.5)
        await check_writes(self.company.database, self.writers)

    async def recover(self) -> None:
        """Send all that was not acknowledged, wait for the worker, and look at everything."""
        await asyncio.gather(*(writer.finish() for writer in self.writers))
        await check_writes(self.company.database, self.writers)
        began = time.monotonic()
        async with asyncio.timeout(PATIENCE):
            while await self._read("MATCH (change:RollupChange) RETURN change.goal AS goal LIMIT 1"):
                pass  # each answer takes its time
        self.seconds["all is in the totals after that"].append(time.monotonic() - began)
        await check_invariants(self.company.database)
        total = sum(sum(writer.amounts.values()) for writer in self.writers) * 10_000
        text = "MATCH (g:Goal) WHERE g.id IN $ids RETURN g.actualOwn + coalesce(g.actualBelow, 0) AS total"
        assert await self._read(text, ids=[self.root, self.whole]) == [{"total": total}] * 2
        for top in (self.root, self.whole):
            assert (await self.company.recalculate(top)).changed == 0
        await self._look_for_the_worker()

    async def write(self, writing: list[asyncio.Task[None]], seconds: float) -> None:
        """Let writers write until some changes are acknowledged, and for some time. What one finds wrong is raised."""
        before, until = self.acknowledged, time.monotonic() + seconds
        self.gate.set()
        async with asyncio.timeout(PATIENCE):
            while time.monotonic() < until or self.acknowledged < before + WRITERS:
                failed, _ = await asyncio.wait(writing, timeout=_LOOK, return_when=asyncio.FIRST_EXCEPTION)
                for task in failed:
                    task.result()

    @property
    def acknowledged(self) -> int:
        """How many changes were acknowledged."""
        return sum(writer.acknowledged for writer in self.writers)

    async def _close(self) -> None:
        self.gate.clear()
        for writer in self.writers:
            await writer.idle()

    async def _look_for_the_worker(self, after: int = 0) -> None:
        """Wait until a process holds the lease, by a token greater than `after`. They hold it in turn, with each token.

        A process that has no time on a busy machine may also lose it, of itself.
        """
        text = (
            "MATCH (lease:WorkerLease) WHERE lease.until > datetime.realtime() AND lease.token > $after "
            "RETURN lease.token AS token"
        )
        async with asyncio.timeout(PATIENCE):
            while not (rows := await self._read(text, after=after)):
                pass  # each answer takes its time
        found: int = rows[0]["token"]
        self.worker = (self.worker + found - self.token) % 2
        self.token = found

    async def _read(self, text: LiteralString, **parameters: Any) -> list[dict[str, Any]]:
        async def work(tx: Transaction) -> list[dict[str, Any]]:
            return await tx.text(text, parameters, name="tests/crashes")

        return await self.company.database.read(work, deadline=PATIENCE)

    async def _taken_over(self) -> None:
        await self._look_for_the_worker(self.token)


@pytest.fixture
async def site(tmp_path: Path, neo4j_jars: list[Path]) -> AsyncIterator[Callable[[Random], Awaitable[Site]]]:
    """What makes a site of random draws."""
    async with AsyncExitStack() as stack:
        server = stack.enter_context(LocalServer(tmp_path, heap="512m", pagecache="64m", jars=neo4j_jars))
        proxy, uri = await stack.enter_async_context(proxied(server.uri))
        password = server.password.get_secret_value()
        database = await stack.enter_async_context(connect(uri, server.user, password))
        clock = FixedClock(SystemClock().now())
        await migration.up(database, clock)
        company = await Company(database, clock).found()
        environment = {
            "NEO4J_URI": uri,
            "NEO4J_USER": server.user,
            "NEO4J_PASSWORD": password,
            "GOALGRAPH_JWT_SECRET": SECRET,
            "GOALGRAPH_HOME": str(tmp_path / "home"),
            "GOALGRAPH_REQUEST_TIMEOUT": "30",  # a database that has just begun plans every statement anew
        }
        processes = [KillableApi(environment, tmp_path / f"serve-{number}.log", free_port()) for number in range(2)]
        for process in processes:
            stack.callback(process.end)
        token = Tokens(Settings(jwt_secret=SecretStr(SECRET)), clock).issue("administrator", timedelta(days=1))

        async def make(random: Random) -> Site:
            made = Site(company, KillableDatabase(server, proxy), processes, random, f"Bearer {token}")
            await made.begin()
            return made

        yield make


async def test_kills_and_pauses_at_random_moments_lose_nothing_and_do_nothing_twice(
    site: Callable[[Random], Awaitable[Site]], record_property: Callable[[str, object], None]
) -> None:
    seconds = float(os.environ.get("GOALGRAPH_SOAK_SECONDS", "0"))
    seed = int(os.environ.get("GOALGRAPH_SOAK_SEED", time.time_ns() % 2**40))
    record_property("cases", f"crashes: seed {seed}")
    random = Random(seed)  # noqa: S311 - so that a seed repeats its draws, though not the moments
    at = await site(random)
    least = MANY if seconds else FEW
    done = [0, 0, 0]
    writing = [asyncio.create_task(writer.run()) for writer in at.writers]
    began = time.monotonic()
    try:
        while True:
            # Each kind in its share; and what one writer finds wrong ends the test.
            kind = min(range(3), key=lambda one: done[one] / least[one])
            await at.write(writing, random.uniform(0, 2.0))
            await (at.kill_api, at.kill_database, at.pause_worker)[kind]()
            await at.recover()
            done[kind] += 1
            if time.monotonic() - began > seconds and all(a >= b for a, b in zip(done, least, strict=True)):
                break
    finally:
        for task in writing:
            task.cancel()
        await asyncio.gather(*writing, return_exceptions=True)
    again = sum(writer.again for writer in at.writers)
    told = "; ".join(
        f"{what} {median(values):.1f} s, at most {max(values):.1f}" for what, values in sorted(at.seconds.items())
    )
    record_property(
        "cases",
        f"crashes: seed {seed}, kills of the API {done[0]}, of the database {done[1]}, pauses of the worker {done[2]}, "
        f"changes {at.acknowledged}, sent again {again}; {told}",
    )
