"""The order in which every transaction takes its locks, so that no two ever wait for one another.

1. its idempotency key, which nobody else waits for but the same request sent again
2. the roots of the trees that it changes or whose metric it redefines, by id: all of them at once
3. the organization, for users, structure, settings and the calendar
4. families of record types, by the key of the first type of each, for records
5. rollup queries, for their conditions, and to be given to goals
6. metrics, for their definition
7. the worker's lease, last of all: from the check of its token to the commit nobody can take it over

Whoever needs a lock of an earlier kind takes it first, before reading what it decides on. The kinds are named by the
statements that lock them; a new statement that locks belongs here. Should two transactions wait for one another all the
same (the database also locks the nodes at both ends of a new relationship), one of them is tried again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

ORDER: Final = (
    ("idempotency/claim",),
    ("goal/lock_roots", "metric/lock_roots"),
    ("organization/lock", "organization/bump_structure", "rollup/lock_sources"),
    ("record_type/lock", "record_type/lock_some"),
    ("rollup_query/lock", "goal/lock_queries"),
    ("metric/lock",),
    ("worker/take", "worker/check"),
)
_RANKS: Final = {statement: rank for rank, statements in enumerate(ORDER) for statement in statements}


def out_of_order(statements: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of locking statements, of those that one transaction ran in this order, of which the second came too late.

    A lock that is taken again is no matter.
    """
    held: list[str] = []
    late = []
    for statement in statements:
        if statement not in _RANKS or statement in held:
            continue
        late += [(before, statement) for before in held if _RANKS[before] > _RANKS[statement]]
        held.append(statement)
    return late
