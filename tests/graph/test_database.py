"""Transactions: what is tried again, for how long, and what never is."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING

import pytest

from graph.errors import ErrorCode, Refusal, Unavailable
from graph.lock_order import out_of_order

if TYPE_CHECKING:
    from graph.database import Database, Transaction

LOCK = "MATCH (n:Metric {id: $id}) SET n.lock = 0 RETURN n.id AS id"


async def lock(tx: Transaction, name: str) -> None:
    await tx.text(LOCK, {"id": name}, name="tests/lock")


async def test_of_two_that_wait_for_one_another_both_get_done(database: Database) -> None:
    await database.schema("CREATE (:Metric {id: 'a', nameKey: 'a'}), (:Metric {id: 'b', nameKey: 'b'})")
    meeting = asyncio.Barrier(2)
    attempts: list[str] = []

    async def change(first: str, second: str) -> None:
        async def work(tx: Transaction) -> None:
            attempts.append(first)
            await lock(tx, first)
            if attempts.count(first) == 1:
                await meeting.wait()
            await lock(tx, second)

        await database.write(work)

    before = database.counts.copy()
    await asyncio.gather(change("a", "b"), change("b", "a"))
    assert len(attempts) >= 3
    counted = database.counts - before
    assert counted == {"retried": len(attempts) - 2, "deadlocks": len(attempts) - 2}


async def test_who_waits_for_a_lock_waits_no_longer_than_the_deadline(database: Database) -> None:
    await database.schema("CREATE (:Metric {id: 'a', nameKey: 'a'})")
    held, over = asyncio.Event(), asyncio.Event()

    async def hold(tx: Transaction) -> None:
        await lock(tx, "a")
        held.set()
        await over.wait()

    holding = asyncio.create_task(database.write(hold))
    await held.wait()
    began = monotonic()
    with pytest.raises(Unavailable, match="longer than it may"):
        await database.write(lambda tx: lock(tx, "a"), deadline=0.5)
    assert monotonic() - began < 5
    # Whatever the work waits for, the deadline is the end of it.
    with pytest.raises(Unavailable, match="longer than it may"):
        await database.read(lambda _tx: asyncio.sleep(60), deadline=0.1)
    over.set()
    await holding


async def test_only_what_may_pass_is_tried_again(database: Database) -> None:
    await database.schema("CREATE (:Metric {id: 'a', nameKey: 'a'})")
    attempts: list[str] = []

    async def clash(tx: Transaction) -> None:
        attempts.append("clash")
        await tx.text("CREATE (n:Metric {id: 'other', nameKey: 'a'}) RETURN n.id AS id", {}, name="tests/clash")

    with pytest.raises(Refusal) as refused:
        await database.write(clash)
    assert refused.value.problem.code is ErrorCode.CONFLICT
    assert attempts == ["clash"] * 2  # the second look is the work's own chance to say what is wrong

    async def wrong(tx: Transaction) -> None:
        attempts.append("wrong")
        await tx.text("RETURN 1 / 0 AS id", {}, name="tests/wrong")

    async def late(_tx: Transaction) -> None:
        attempts.append("late")
        raise TimeoutError

    for work in (wrong, late):
        with pytest.raises(Exception, match=r"zero|^$"):
            await database.write(work)
    assert attempts[2:] == ["wrong", "late"]


def test_a_lock_that_is_taken_too_late_is_found() -> None:
    good = [
        "idempotency/claim",
        "goal/lock_roots",
        "goal/by_ids",
        "organization/lock",
        "goal/lock_roots",
        "metric/lock",
    ]
    assert out_of_order(good) == []
    assert out_of_order(["metric/lock", "goal/lock_roots"]) == [("metric/lock", "goal/lock_roots")]


async def test_a_warning_of_the_server_is_an_error_in_tests(database: Database) -> None:
    async def work(tx: Transaction) -> None:
        await tx.text("MATCH (n:Gaol) RETURN n.id AS id", {}, name="tests/misspelt")

    with pytest.raises(RuntimeWarning, match="tests/misspelt: 01N50"):
        await database.read(work)
