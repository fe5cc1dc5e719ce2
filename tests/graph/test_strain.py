"""What the log says of the database's counts."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from graph.strain import tell

if TYPE_CHECKING:
    import pytest


async def test_what_happened_is_told_once_and_nothing_where_nothing_happened(caplog: pytest.LogCaptureFixture) -> None:
    counts = Counter({"retried": 7, "torn": 1})
    with caplog.at_level(logging.INFO):
        telling = asyncio.create_task(tell(counts, 0.01))
        await asyncio.sleep(0.05)
        assert caplog.messages == []
        counts += Counter({"retried": 3, "deadlocks": 2})
        counts["locked"] += 1
        await asyncio.sleep(0.05)
        telling.cancel()
        with suppress(asyncio.CancelledError):
            await telling
    said = "3 transactions tried again, 2 deadlocks, 0 answers read again, 1 answers read under a lock"
    assert caplog.messages == [f"the database in the last 0 s: {said}"]
