"""Histories that `test_live_totals` once found, as short as they get."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.live_beginning import Beginning

if TYPE_CHECKING:
    from graph.clock import FixedClock
    from graph.database import Database

FOUND: dict[str, list[tuple[Any, ...]]] = {
    # Reopening calculates the tree in its own transaction, which takes the change; nobody forgot it then.
    "a change that a mutation takes is forgotten": [("cancel", 0), ("boss", "ben", "ada"), ("reopen", 0)],
}


@pytest.mark.parametrize("steps", FOUND.values(), ids=FOUND)
async def test_a_history_that_was_wrong_is_right(
    database: Database, clock: FixedClock, steps: list[tuple[Any, ...]]
) -> None:
    history = await (await Beginning.make(database, clock)).again(database, clock)
    for step in steps:
        await history.take(step)
    await history.check()
