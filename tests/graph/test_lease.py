"""One worker among several processes: who holds the lease, who takes over, and that a former holder writes nothing."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from graph import lease as lease_module
from graph.errors import Unavailable
from graph.lease import BEAT, HOLDS, Lease, LeaseLost
from graph.worker import REST, Worker

if TYPE_CHECKING:
    from graph.clock import Clock, FixedClock
    from graph.database import Database, Transaction

EXPIRED = timedelta(seconds=HOLDS + 0.001)


async def mark(tx: Transaction, word: str) -> None:
    await tx.text("MERGE (n:TestDatabase) SET n.name = $word", {"word": word}, name="tests/mark")


async def marked(database: Database) -> Any:
    async def work(tx: Transaction) -> Any:
        return (await tx.text("MATCH (n:TestDatabase) RETURN n.name AS name", {}, name="tests/marked"))[0]["name"]

    return await database.read(work)


async def test_one_process_has_the_lease_until_it_is_over(database: Database, clock: FixedClock) -> None:
    first, second = Lease(database, clock), Lease(database, clock)
    assert (await first.take(), await second.take()) == (True, False)
    for _ in range(3):
        clock.advance(timedelta(seconds=BEAT))
        assert (await first.take(), await second.take()) == (True, False)
    before = first.token
    clock.advance(timedelta(seconds=HOLDS))
    assert not await second.take(), "it holds for the whole of its time"
    clock.advance(timedelta(milliseconds=1))
    assert await second.take()
    assert not await first.take()
    assert (before, second.token) == (1, 2)


def test_others_take_over_within_ten_seconds() -> None:
    # The lease just prolonged, the others' next look just missed, and the wait for its lock.
    assert HOLDS + BEAT + lease_module._PATIENCE < 10


async def test_the_database_tells_the_time_and_a_lease_given_back_is_free_at_once(database: Database) -> None:
    first, second = Lease(database), Lease(database)
    assert (await first.take(), await second.take(), await first.take()) == (True, False, True)
    await first.release()
    assert await second.take()
    await first.release()
    assert not await first.take(), "only its holder gives it back"


async def test_a_paused_holder_that_wakes_up_changes_nothing(database: Database, clock: FixedClock) -> None:
    first, second = Lease(database, clock), Lease(database, clock)
    assert await first.take()
    written, woken = asyncio.Event(), asyncio.Event()

    async def paused(tx: Transaction) -> None:
        await mark(tx, "first")
        written.set()
        await woken.wait()

    fenced = first.fenced()
    await fenced.write(lambda tx: mark(tx, "before"))
    work = asyncio.create_task(fenced.write(paused))
    await written.wait()
    clock.advance(EXPIRED)
    assert await second.take(), "the paused holder's transaction does not hold the lease"
    woken.set()
    with pytest.raises(LeaseLost):
        await work
    assert await marked(database) == "before"
    await second.fenced().write(lambda tx: mark(tx, "second"))
    with pytest.raises(LeaseLost):
        await fenced.write(lambda tx: mark(tx, "late"))
    assert await marked(database) == "second"
    assert not await first.take()
    with pytest.raises(LeaseLost):
        first.fenced()


async def test_nobody_takes_over_between_the_check_and_the_commit(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease_module, "_PATIENCE", 0.2)
    first, second = Lease(database, clock), Lease(database, clock)
    assert await first.take()
    clock.advance(EXPIRED)
    async with database.rehearsal() as tx:
        assert await tx.one(lease_module.CheckLease(first._holder, first.token or 0))
        with pytest.raises(Unavailable):
            await second.take()
    assert await second.take()


class Jobs:
    """A job that notes whose round it was, and waits if told to."""

    def __init__(self, name: str, done: list[str]) -> None:
        self.name, self.done = name, done
        self.waits: asyncio.Event | None = None

    async def __call__(self, database: Database, _clock: Clock) -> None:
        if self.waits is not None:
            await self.waits.wait()
        await database.write(lambda tx: mark(tx, self.name))
        self.done.append(self.name)


async def test_the_worker_of_the_process_with_the_lease_works_and_another_goes_on(
    database: Database, clock: FixedClock
) -> None:
    done: list[str] = []
    jobs = [Jobs("first", done), Jobs("second", done)]
    first, second = (Worker(Lease(database, clock), clock, [job]) for job in jobs)
    for worker in (first, second, first):
        await worker.beat()
        await worker.finish()
    assert done == ["first"], "one of them works, and then rests"
    clock.advance(timedelta(seconds=BEAT))
    await first.beat()
    clock.advance(REST)
    await first.beat()
    await first.finish()
    assert done == ["first", "first"]
    clock.advance(EXPIRED)
    await second.beat()
    await second.finish()
    assert done == ["first", "first", "second"]
    clock.advance(EXPIRED)
    await first.beat()
    await first.finish()
    assert done == ["first", "first", "second"], "the first has it again, and rests as it would have"


async def test_a_worker_that_lost_the_lease_stops_and_one_that_fails_goes_on(
    database: Database, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []
    waiting = Jobs("waiting", done)
    waiting.waits = asyncio.Event()

    async def failing(_database: Database, _clock: Clock) -> None:
        message = "canary"
        raise RuntimeError(message)

    first = Worker(Lease(database, clock), clock, [waiting])
    second = Worker(Lease(database, clock), clock, [failing, Jobs("second", done)])
    await first.beat()
    clock.advance(EXPIRED)
    await second.beat()
    await second.finish()
    assert done == ["second"]
    assert "the worker failed: builtins.RuntimeError" in caplog.text
    assert "canary" not in caplog.text.replace("raise RuntimeError(message)", "")
    # The first learns of it by its write, or at its next beat.
    waiting.waits.set()
    await first.finish()
    assert "another process is the worker now" in caplog.text
    waiting.waits.clear()
    clock.advance(EXPIRED + REST)
    await first.beat()
    clock.advance(EXPIRED)
    await second.beat()
    await second.finish()
    await first.beat()
    assert first._round is None
    assert done == ["second", "second"]
