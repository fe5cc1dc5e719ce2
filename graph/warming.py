"""Planning ahead: the first plan of a statement takes up to seconds, which its first user would wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graph.errors import Unavailable
from graph.goal import GoalsByIds, GoalsPage
from graph.goal_relatives import AncestorsOf, ChildrenOf, RestrictedChildrenOf
from graph.goal_tree import GoalTree
from graph.metric import MetricsByIds
from graph.owners import OwnersByIds
from graph.record import RecordsByIds, RecordsPage
from graph.visibility import ViewersByExternalIds

if TYPE_CHECKING:
    from graph.database import Database
    from graph.statement import Statement

#: Nobody: no user has it, so nothing is read. The database keeps plans by text and by the types of the parameters.
_NOBODY: Final = "-"
#: Seconds that a plan may take, on a machine that also does other things.
_DEADLINE: Final = 60.0
#: Levels of trees that are asked for most; each is a text of its own.
_DEPTHS: Final = (64, 1, 2, 3)


def usual() -> list[Statement[Any]]:
    """The reads that most requests make, the commonest first, on behalf of nobody."""
    ids = [_NOBODY]
    return [
        ViewersByExternalIds([_NOBODY]),
        GoalsByIds(_NOBODY, ids),
        MetricsByIds(_NOBODY, ids),
        OwnersByIds(_NOBODY, ids),
        *(GoalTree(_NOBODY, _NOBODY, 1, depth) for depth in _DEPTHS),
        ChildrenOf(_NOBODY, ids, 1, None, None),
        RestrictedChildrenOf(_NOBODY, ids),
        AncestorsOf(_NOBODY, ids),
        GoalsPage(_NOBODY, 1),
        RecordsByIds(_NOBODY, ids),
        RecordsPage(_NOBODY, _NOBODY, 1),
    ]


async def warm(database: Database) -> int:
    """Have the usual reads planned, one after the other; how many were. Whatever fails is planned when it is needed."""
    planned = 0
    for statement in usual():
        try:
            await database.fetch(statement, deadline=_DEADLINE)
        except Unavailable:
            break
        planned += 1
    return planned
