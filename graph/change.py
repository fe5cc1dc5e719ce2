"""Changes that are not in the totals yet, as nodes beside the goals: noted by whoever changes something, folded later.

A node says what a change of records adds to a goal's own part, or that the own part must be worked out anew because
what the goal counts has changed. Why each is counted exactly once: docs/decisions/0019.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graph.rollup_compiler import Category
from graph.statement import Count, Id, Read, Write

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from graph.database import Database, Transaction

#: Changes that one look at what is waiting takes in at most.
AT_ONCE = 10_000
#: The properties of a change in the order in which `TakeChanges` gives them.
PARTS = tuple(f"{category.stored}Own{part}" for category in Category for part in ("", "Count"))


@dataclass(frozen=True)
class AppendChanges(Write[Count], path="change/append", row=Count):
    """Note changes: each row is a goal and the parts that differ, or that it is to be recomputed."""

    rows: list[dict[str, Any]]
    batch: str


@dataclass(frozen=True)
class AskMetric(Write[Count], path="change/ask_metric", row=Count):
    """Ask for the goals of a metric."""

    metric: str
    batch: str


@dataclass(frozen=True)
class AskType(Write[Count], path="change/ask_type", row=Count):
    """Ask for the goals that count records of a type, or of those below it."""

    key: str
    batch: str


@dataclass(frozen=True)
class AskOwners(Write[Count], path="change/ask_owners", row=Count):
    """Ask for the goals that count through owners, and those with queries about structure."""

    owners: list[str]
    batch: str


@dataclass(frozen=True)
class AskAccounts(Write[Count], path="change/ask_accounts", row=Count):
    """Ask for the goals with queries about accounts."""

    batch: str


@dataclass(frozen=True)
class AskDays(Write[Count], path="change/ask_days", row=Count):
    """Ask for the goals with queries about days relative to today."""

    batch: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Goals of a tree with changes that wait, and how many of them must be worked out anew. No root: they are gone.

    `node`: the root's element id.
    """

    root: str | None
    node: str | None
    goals: list[str]
    recomputed: int


@dataclass(frozen=True)
class WaitingChanges(Read[Waiting], path="change/waiting", row=Waiting):
    """The trees with changes that wait; of some of the changes, if there are many."""

    most: int = AT_ONCE


@dataclass(frozen=True, slots=True)
class Taken:
    """One change of a goal: the differences in the order of `PARTS`, or that it must be worked out anew."""

    goal: str
    recompute: bool
    differences: list[int]


@dataclass(frozen=True)
class TakeChanges(Write[Taken], path="change/take", row=Taken, many=True):
    """Take the changes of goals; those that ask for a recomputation only if `recomputed`."""

    goals: list[str]
    recomputed: bool


@dataclass(frozen=True)
class TakeTree(Write[Count], path="change/take_tree", row=Count):
    """Take the changes of a whole tree; how many. Goals that ended before `late` are told that they have some."""

    root: str
    late: date | None


@dataclass(frozen=True)
class MarkTree(Write[Count], path="change/mark_tree", row=Count):
    """Mark the changes of a whole tree as those that a run has in what it reads; how many."""

    root: str
    run: str


@dataclass(frozen=True)
class Unmarked(Read[Id], path="change/unmarked", row=Id, many=True):
    """The goals of a tree with changes that a run did not mark."""

    root: str
    run: str


@dataclass(frozen=True)
class TakenChanges(Read[Count], path="change/taken", row=Count):
    """Whether there are changes that are in the totals: 1 or 0."""


@dataclass(frozen=True)
class ForgetChanges(Write[Count], path="change/forget", row=Count):
    """Forget some of the changes that are in the totals."""

    most: int = AT_ONCE


#: Stands for the batch of a transaction that nobody knows any more: whatever waits may be its.
ANY = "*"


@dataclass(frozen=True)
class BatchesThatWait(Read[Id], path="change/batch", row=Id):
    """Which of these transactions have changes that are not in the totals yet; with `ANY` among them, all that have."""

    batches: list[str]


async def append(tx: Transaction, rows: list[dict[str, Any]]) -> None:
    """Note changes: each row is a goal with the parts that differ, or with `recompute`."""
    if rows:
        await _note(tx, AppendChanges(rows, tx.batch))


async def ask_goals(tx: Transaction, ids: Iterable[str]) -> None:
    """Ask that the own parts of these goals be worked out anew. They and all above them read STALE until then."""
    await append(tx, [{"goal": id_, "recompute": True} for id_ in ids])


async def ask_metric(tx: Transaction, metric: str) -> None:
    """Ask it of every open goal that a metric measures."""
    await _note(tx, AskMetric(metric, tx.batch))


async def ask_type(tx: Transaction, key: str) -> None:
    """Ask it of every open goal that counts records of a type, or of one whose records are parts of those."""
    await _note(tx, AskType(key, tx.batch))


async def ask_owners(tx: Transaction, owners: Iterable[str]) -> None:
    """Ask it of every open goal that counts through one of these owners or one above, or asks about structure."""
    await _note(tx, AskOwners(sorted(set(owners)), tx.batch))


async def ask_accounts(tx: Transaction) -> None:
    """Ask it of every open goal whose query looks at accounts."""
    await _note(tx, AskAccounts(tx.batch))


async def ask_days(tx: Transaction) -> None:
    """Ask it of every open goal whose query has relative dates."""
    await _note(tx, AskDays(tx.batch))


async def _note(tx: Transaction, statement: Write[Count]) -> None:
    (noted,) = await tx.run(statement)
    tx.notes += noted.count


async def forget_taken(database: Database) -> None:
    """Forget the changes that are in the totals, also those of mutations and of processes that were killed."""
    if not (await database.fetch(TakenChanges()))[0].count:
        return
    while (await database.write(lambda tx: tx.run(ForgetChanges()), repeatable=True))[0].count == AT_ONCE:
        pass
