"""Whether a goal still is what a client read, under the lock of its tree. The rules on changes are `goal_change`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.goal import GoalsByIds
from graph.goal_change import locked_goal
from graph.version import goal_version

if TYPE_CHECKING:
    from graph.database import Transaction
    from graph.version import Expected
    from graph.visibility import Viewer


async def expect_goal(
    tx: Transaction, viewer: Viewer, goal_id: str, expected: Expected, *, also: str | None = None
) -> None:
    """Refuses CONFLICT if the goal is another version, as this viewer sees it; and as `locked_goal` does.

    Leaves the root of its tree locked, and that of `also`, in the order of their ids: nothing can come in between.
    """
    if expected.version is not None:
        await locked_goal(tx, viewer, goal_id, also=also)
        for row in await tx.run(GoalsByIds(viewer.id, [goal_id])):
            expected.check(goal_version(expected.key, row))
