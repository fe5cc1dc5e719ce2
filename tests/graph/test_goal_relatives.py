"""What tells that a goal and its children were read on two sides of a commit."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from graph.errors import Torn
from graph.goal_relatives import Children

SUMS = {"actual_below": 7, "in_progress_below": None, "custom_below": None}
PARENT: Any = SimpleNamespace(**SUMS, state="OPEN", rollup_error=None)
CLOSED: Any = SimpleNamespace(**SUMS, state="CLOSED", rollup_error=None)
FAILED: Any = SimpleNamespace(**SUMS, state="OPEN", rollup_error="OVERFLOW")


def child(total: int, state: str = "OPEN") -> Any:
    """A goal that adds so much to its parent's actual total."""
    return SimpleNamespace(state=state, stored_total=lambda category: total if category == "ACTUAL" else None)


def page(*goals: Any, count: int | None = None, hidden: list[int] | None = None, **more: Any) -> Children:
    known = {"sums": [7, None, None], **more}
    return Children("parent", list(goals), len(goals) if count is None else count, hidden, **known)


def test_children_that_come_to_the_sum_are_of_its_moment() -> None:
    page(child(3), child(4)).check_sum_of(PARENT)
    page(child(3), child(9, "CANCELLED"), hidden=[4, 0, 0]).check_sum_of(PARENT)
    # Numbers that are kept, and children of whom some are on other pages, cannot be compared.
    page(child(3)).check_sum_of(CLOSED)
    page(child(3)).check_sum_of(FAILED)
    page(child(3), count=2).check_sum_of(PARENT)


@pytest.mark.parametrize(
    "torn",
    [
        page(child(3), child(5)),
        page(child(3), hidden=[5, 0, 0]),
        page(child(3), child(4), hidden=[0, 1, 0]),
        page(child(3), child(4), sums=[8, None, None]),
    ],
)
def test_children_of_another_moment_are_torn(torn: Children) -> None:
    with pytest.raises(Torn):
        torn.check_sum_of(PARENT)


def test_other_sums_than_the_goal_had_are_torn_also_where_numbers_are_kept() -> None:
    with pytest.raises(Torn):
        page(child(3), child(4), sums=[8, None, None]).check_sum_of(CLOSED)
