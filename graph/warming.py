"""Planning ahead: the first plan of a statement takes up to seconds, which its first user would wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graph.audit import WriteAuditEntries
from graph.change import AppendChanges, ForgetChanges, TakeChanges, WaitingChanges
from graph.difference import CountedBy, Readers
from graph.errors import Unavailable
from graph.fold import GoalStandings, NoteFold, ParentsAbove
from graph.goal import GoalsByIds, GoalsPage
from graph.goal_relatives import AncestorsOf, ChildrenOf, RestrictedChildrenOf
from graph.goal_tree import GoalTree
from graph.metric import MetricsByIds
from graph.owners import OwnerKind, OwnersByExternalIds, OwnersByIds
from graph.record import RecordsByIds, RecordsPage
from graph.record_row import LINKS
from graph.record_type import LockRecordType
from graph.record_writing import ChangeRecords, CreateRecords, RecordsForUpsert, RelinkRecords
from graph.rollup_statements import ApplyChanges, LockRoots, RootsOf
from graph.visibility import ViewersByExternalIds

if TYPE_CHECKING:
    from datetime import datetime

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


def usual_changes(now: datetime) -> list[Statement[Any]]:
    """The statements of which upserts of records and folding consist, with parameters of the types that they have."""
    ids = [_NOBODY]
    change = {"goal": _NOBODY, "actualOwn": 1, "actualOwnCount": 1}
    return [
        LockRecordType(_NOBODY),
        RecordsForUpsert(_NOBODY, ids),
        OwnersByExternalIds([(OwnerKind.USER.value, _NOBODY)]),
        Readers(_NOBODY),
        CountedBy([(_NOBODY, {})], [{"metric": _NOBODY}]),
        CreateRecords(_NOBODY, "Record", [[_NOBODY, _NOBODY, _NOBODY, {}, *[None] * len(LINKS)]], now),
        ChangeRecords([{"id": _NOBODY}], now),
        RelinkRecords("OWNED_BY", [(_NOBODY, _NOBODY)]),
        AppendChanges([change], _NOBODY),
        WriteAuditEntries([{"id": _NOBODY}]),
        WaitingChanges(),
        RootsOf(ids),
        LockRoots(ids),
        GoalStandings(ids, now.date()),
        ParentsAbove(ids),
        TakeChanges(ids, recomputed=False),
        ApplyChanges([{"id": _NOBODY, "changes": change}], now.date()),
        NoteFold(_NOBODY, now, []),
        ForgetChanges(),
    ]


async def warm(database: Database, now: datetime) -> int:
    """Have the usual statements planned, one after the other; how many were.

    Those that write are planned and not run. Whatever fails is planned when it is needed.
    """
    planned = 0
    try:
        for statement in usual():
            await database.fetch(statement, deadline=_DEADLINE)
            planned += 1
        for statement in usual_changes(now):
            await database.explain(statement.text, statement.parameters())
            planned += 1
    except Unavailable:
        pass
    return planned
