"""Random histories of everything that totals follow from: folded changes, a full run and plain Python agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.goal import RecordSet
from tests.live import STEPS, begin

if TYPE_CHECKING:
    from graph.clock import FixedClock
    from graph.database import Database

#: What a history starts from, so that its steps meet something.
BEGINNING: tuple[tuple[Any, ...], ...] = (
    ("create", None, "Revenue", "top", RecordSet.OWNED, False),
    ("create", 0, "Revenue", "team", RecordSet.OWNED, False),
    ("create", 1, "Revenue", "ada", RecordSet.OWNED, False),
    ("create", None, "Lines", "land", RecordSet.OWNED, False),
    ("unit", "ada", "low"),
    ("place", "low", True),
    ("member", "ada", True),
    ("account", 0, "Here"),
    ("deals", [(0, {"owner": "ada", "amount": "1", "day": None}), (1, {"owner": "ben", "amount": "-7.5"})]),
    ("orders", [(0, {"owner": "ada", "territory": "town"})]),
    ("lines", [(0, {"parent": 0, "amount": "1"})]),
)


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(steps=st.lists(STEPS, min_size=10, max_size=50))
async def test_live_totals_are_those_of_a_full_run_and_of_python(
    migrated: Database, clock: FixedClock, steps: list[tuple[Any, ...]]
) -> None:
    history = await begin(migrated, clock)
    for step in BEGINNING:
        await history.take(step)
    for number, step in enumerate(steps, 1):
        await history.take(step)
        if number % 10 == 0:
            await history.check()
    await history.check()
