"""How long work is tried again: while a fault may pass, and not for long while no server answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from graph import patience
from graph.patience import GONE_FOR, RETRY_FOR, Patience

if TYPE_CHECKING:
    from collections.abc import Callable

Clock = list[float]


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The one moment, in seconds: pauses move it, and nothing waits."""
    moment = [100.0]

    async def sleep(seconds: float) -> None:
        moment[0] += seconds

    monkeypatch.setattr(patience, "monotonic", lambda: moment[0])
    monkeypatch.setattr("graph.patience.asyncio.sleep", sleep)
    return moment


async def lasted(now: Clock, tried: Patience, gone: Callable[[int], bool]) -> float:
    """Seconds until it is no longer tried; `gone`: which faults are of a server that does not answer."""
    began = now[0]
    while await tried.pause(gone=gone(tried.faults)):
        pass
    return now[0] - began


async def test_a_server_that_does_not_answer_is_not_waited_for(now: Clock) -> None:
    assert GONE_FOR / 2 < await lasted(now, Patience(60, began=now[0]), lambda _: True) < GONE_FOR
    # What a server itself says may pass is waited for, up to the deadline.
    assert RETRY_FOR / 2 < await lasted(now, Patience(60, began=now[0]), lambda _: False) < RETRY_FOR
    assert 1 < await lasted(now, Patience(4, began=now[0]), lambda _: False) < 4


async def test_a_server_that_goes_later_is_waited_for_from_then(now: Clock) -> None:
    later = await lasted(now, Patience(60, began=now[0]), lambda faults: faults >= 10)
    assert GONE_FOR < later < RETRY_FOR
    # One that answers in between is there.
    assert await lasted(now, Patience(60, began=now[0]), lambda faults: faults % 2 == 0) > GONE_FOR


async def test_tries_are_counted(now: Clock) -> None:
    tried = Patience(60, tries=3, began=now[0])
    await lasted(now, tried, lambda _: False)
    assert tried.faults == 3
