"""What tells that a tree was read on two sides of a commit."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from graph.goal_tree import TreeNode, is_torn
from graph.rollup_compiler import Category

ACTUAL = [Category.ACTUAL]


def node(name: str, depth: int, children: int, total: int, *, below: int = 0, **more: Any) -> TreeNode:
    """A node of a tree; the first letters of its name are its parent's."""
    goal: Any = SimpleNamespace(
        id=name,
        parent_id=name[:-1] or None,
        state="OPEN",
        rollup_error=None,
        stored_total=lambda _: total,
        below=lambda _: below,
    )
    vars(goal).update(more)
    return TreeNode(depth, children, goal)


WHOLE = [node("r", 0, 2, 7, below=7), node("ra", 1, 0, 3), node("rb", 1, 0, 4)]


@pytest.mark.parametrize(
    ("nodes", "depth", "torn"),
    [
        (WHOLE, 9, False),
        ([node("r", 0, 2, 8, below=8), *WHOLE[1:]], 9, True),
        # A child that came or went between the list and the count.
        ([node("r", 0, 1, 3, below=3), *WHOLE[1:]], 9, True),
        ([node("r", 0, 3, 9, below=9), *WHOLE[1:]], 9, True),
        # Left out, by depth or by number; but more than there are is never so.
        ([node("r", 0, 3, 9, below=9)], 0, False),
        ([node("r", 0, 3, 9, below=9), *WHOLE[1:]], 0, False),
        ([node("r", 0, 1, 3, below=3), *WHOLE[1:]], 0, True),
        # Kept numbers add up to nothing.
        ([node("r", 0, 2, 8, below=8, state="CLOSED"), *WHOLE[1:]], 9, False),
        ([node("r", 0, 1, 8, below=8, rollup_error="OVERFLOW"), *WHOLE[1:]], 9, False),
        ([*WHOLE[:2], node("rb", 1, 0, 4, state="CANCELLED")], 9, True),
    ],
)
def test_a_sum_that_is_not_that_of_its_children_is_torn(nodes: list[TreeNode], depth: int, *, torn: bool) -> None:
    assert is_torn(nodes, {}, ACTUAL, depth=depth) is torn


def test_hidden_children_count_and_what_is_not_shown_is_not_compared() -> None:
    nodes = [node("r", 0, 1, 7, below=7), node("ra", 1, 0, 3)]
    assert not is_torn(nodes, {"r": [4, 0, 0]}, ACTUAL, depth=9)
    assert is_torn(nodes, {"r": [5, 0, 0]}, ACTUAL, depth=9)
    assert not is_torn(nodes, {}, [], depth=9)
