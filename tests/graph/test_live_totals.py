"""Random histories of everything that totals follow from: folded changes, a full run and plain Python agree.

What fails is told with the seed of its histories, and the shortest list of steps that fails: both repeat it.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from contextlib import AsyncExitStack
from itertools import count
from typing import TYPE_CHECKING, Any

import hypothesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.database import connect
from tests.live import KINDS, STEPS
from tests.live_beginning import Beginning

if TYPE_CHECKING:
    from collections.abc import Callable

    from graph.clock import FixedClock
    from graph.database import Database
    from tests.neo4j_server import Neo4jServer

#: Histories that a run of all tests makes; `make soak` sets a time instead.
HISTORIES = 100
#: Histories of each seed, and steps of each of them.
EACH, FEWEST, MOST = 50, 20, 50
SEED = 20_260_215
SETTINGS = settings(
    max_examples=EACH,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def test_live_totals_are_those_of_a_full_run_and_of_python(
    migrated: Database, neo4j_server: Neo4jServer, clock: FixedClock, record_property: Callable[[str, object], None]
) -> None:
    seconds = float(os.environ.get("GOALGRAPH_SOAK_SECONDS", "0"))
    first = int(os.environ.get("GOALGRAPH_SOAK_SEED", SEED if not seconds else time.time_ns() % 2**40))
    record_property("cases", f"histories: seeds from {first}")
    taken: Counter[str] = Counter()
    began = time.monotonic()
    # Hypothesis calls what it tries, and does not await it: hence a loop of our own, and a connection of its.
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        stack = AsyncExitStack()
        opened = connect(neo4j_server.uri, neo4j_server.user, neo4j_server.password or "", strict=True)
        database = runner.run(stack.enter_async_context(opened))
        try:
            beginning = runner.run(Beginning.make(database, clock))

            async def play(steps: list[tuple[Any, ...]]) -> None:
                history = await beginning.again(database, clock)
                for number, step in enumerate(steps, 1):
                    await history.take(step)
                    if number % 10 == 0:
                        await history.check()
                await history.check()
                taken.update({**history.taken, "histories": 1})

            for seed in count(first):

                @hypothesis.seed(seed)
                @SETTINGS
                @given(steps=st.lists(STEPS, min_size=FEWEST, max_size=MOST))
                def several(steps: list[tuple[Any, ...]]) -> None:
                    runner.run(play(steps))

                try:
                    several()
                except BaseException as failure:
                    failure.add_note(f"GOALGRAPH_SOAK_SEED={seed} repeats it.")
                    raise
                if time.monotonic() - began > seconds and taken["histories"] >= HISTORIES:
                    break
        finally:
            runner.run(stack.aclose())
    histories = taken.pop("histories")
    told = ", ".join(f"{kind} {number}" for kind, number in sorted(taken.items()))
    record_property(
        "cases", f"histories: {histories} in {time.monotonic() - began:.0f} s, seeds to {seed}; steps: {told}"
    )
    assert {kind for kind in KINDS if not taken[kind]} == set(), "no history has a step of these kinds"
