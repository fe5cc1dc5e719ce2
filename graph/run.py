"""Runs of the rollup as they are kept: what began each, who, how far it is, what came of it. What they do: `rollup`."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from graph import rollup
from graph.errors import GoalgraphError, Unavailable
from graph.lease import LeaseLost
from graph.rollup_run import run_trees
from graph.statement import Count, Id, Read, Write, native

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from datetime import datetime

    from graph.clock import Clock
    from graph.database import Database, Transaction
    from graph.rollup_run import TreeRun
    from graph.rollup_statements import Root

#: How long runs are kept.
KEPT = timedelta(days=90)
#: How many old runs one transaction forgets.
_AT_ONCE = 1_000
_FAULT = "The database or the program failed. See the log."


class Trigger(StrEnum):
    """What began a run."""

    MANUAL = "MANUAL"
    SCHEDULE = "SCHEDULE"
    TURN_OF_DAY = "TURN_OF_DAY"


class RunState(StrEnum):
    """How a run stands. BROKEN_OFF: its process was stopped, or died; each tree has its old totals or its new."""

    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    BROKEN_OFF = "BROKEN_OFF"


@dataclass(frozen=True, slots=True)
class RunCounts:
    """What a run did: trees and goals looked at, goals whose numbers changed, in OVERFLOW, trees that failed.

    `defects`: goals that read CURRENT and whose numbers changed all the same.
    """

    trees: int = 0
    goals: int = 0
    changed: int = 0
    overflowed: int = 0
    failed: int = 0
    defects: int = 0

    def with_tree(self, done: TreeRun) -> RunCounts:
        """Give the counts with one more tree."""
        report = done.report
        if report is None:
            return RunCounts(self.trees, self.goals, self.changed, self.overflowed, self.failed + 1, self.defects)
        return RunCounts(
            self.trees + 1,
            self.goals + report.goals,
            self.changed + report.changed,
            self.overflowed + report.overflowed,
            self.failed,
            self.defects + done.defects,
        )

    def properties(self) -> dict[str, int]:
        """Give what is stored of them."""
        return {name: getattr(self, name) for name in ("trees", "goals", "changed", "overflowed", "failed", "defects")}


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run. `who`: a user's id, None for the host or the worker; `root`: the tree's, None for all trees.

    `counts` are None for a viewer who may not read the settings.
    """

    id: str
    trigger: str
    who: str | None
    root: str | None
    state: str
    percent: int
    problem: str | None
    started_at: datetime
    ended_at: datetime | None
    alive_until: datetime
    counts: RunCounts | None

    @classmethod
    def read(cls, columns: Mapping[str, Any]) -> RunRow:
        """From the map of `columns/run.cypher`."""
        values = native(columns["run"])
        counts = values.pop("counts")
        return cls(**values, counts=None if counts is None else RunCounts(**counts))

    def state_at(self, now: datetime) -> RunState:
        """How it stands; one that has not been heard of for longer than a tree may take is over."""
        if self.state == RunState.RUNNING and self.alive_until < now:
            return RunState.BROKEN_OFF
        return RunState(self.state)

    def outcome(self, now: datetime) -> str:
        """What came of it, in words."""
        state = self.state_at(now)
        if state is RunState.RUNNING:
            return f"Under way: {self.percent} %."
        if state is RunState.BROKEN_OFF:
            return "It was broken off. Each tree has its old totals or its new ones. Run it again."
        if state is RunState.FAILED and self.counts is None:
            return self.problem or _FAULT
        return " ".join(part for part in (self.problem, self._counted()) if part) or "All totals are new."

    def _counted(self) -> str:
        if self.counts is None:
            return ""
        counts = self.counts
        told = f"{_several(counts.trees, 'tree')}, {_several(counts.goals, 'goal')}, {counts.changed} changed"
        more = {
            "in overflow": counts.overflowed,
            "changed though current": counts.defects,
            "not calculated": counts.failed,
        }
        return ", ".join([told, *(f"{count} {what}" for what, count in more.items() if count)]) + "."


class _ReadsRun:
    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> RunRow:
        return RunRow.read(columns)


@dataclass(frozen=True)
class StartRun(Write[Id], path="run/start", row=Id):
    """Note that a run has begun."""

    trigger: Trigger
    who: str | None
    root: str | None
    now: datetime
    alive_until: datetime
    id: str = field(default_factory=lambda: str(uuid4()))


@dataclass(frozen=True)
class NoteRun(Write[Count], path="run/note", row=Count):
    """New properties of a run under way."""

    id: str
    properties: dict[str, Any]


@dataclass(frozen=True)
class SweepRuns(Write[Count], path="run/sweep", row=Count):
    """Forget some old runs."""

    before: datetime
    most: int = _AT_ONCE


@dataclass(frozen=True)
class RunsByIds(_ReadsRun, Read[RunRow], path="run/by_ids", row=RunRow):
    """The visible ones of these runs."""

    viewer: str
    ids: list[str]


@dataclass(frozen=True)
class RunOfGoal(Read[Id], path="run/of_goal", row=Id):
    """The run that was under way for a goal's tree at a moment, in whole milliseconds, if the viewer may see it."""

    viewer: str
    goal: str
    at: datetime


@dataclass(frozen=True)
class RunsPage(_ReadsRun, Read[RunRow], path="run/page", row=RunRow):
    """A page of visible runs, newest first, after (at, id)."""

    viewer: str
    first: int
    after_at: datetime | None = None
    after_id: str | None = None


@dataclass(frozen=True)
class RunsCount(Read[Count], path="run/count", row=Count):
    """How many runs are visible."""

    viewer: str


async def start(tx: Transaction, now: datetime, trigger: Trigger, who: str | None, root: str | None) -> str:
    """Note in a transaction that a run begins; its id."""
    (run,) = await tx.run(StartRun(trigger, who, root, now, now + timedelta(seconds=rollup.DEADLINE)))
    return run.id


async def run_tree(database: Database, clock: Clock, run: str, goal_id: str) -> rollup.RunReport:
    """Recalculate the tree of a goal, and note what came of it with its run, under way. Raises as `rollup` does."""
    try:
        report = await rollup.recalculate_tree(database, clock, goal_id, also_late=True)
    except BaseException as fault:
        with suppress(Unavailable):  # then it is seen to be broken off when its time is over
            await _end(database, clock, run, RunCounts(failed=1), fault)
        raise
    await _end(database, clock, run, RunCounts(1, report.goals, report.changed, report.overflowed))
    return report


async def run_noted(
    database: Database,
    clock: Clock,
    roots: Sequence[Root],
    trigger: Trigger,
    root: str | None = None,
    *,
    judged: bool = False,
) -> AsyncIterator[TreeRun]:
    """Recalculate trees, noted as one run of the host or the worker; what became of each, as it goes.

    `root`: that of the one tree asked for. By hand also goals that are long over are calculated. `judged` and what it
    raises: as `run_trees`.
    """
    run = await database.write(lambda tx: start(tx, clock.now(), trigger, None, root))
    counts, fault = RunCounts(), None
    try:
        async for done in run_trees(database, clock, roots, judged=judged, also_late=trigger is Trigger.MANUAL):
            counts = counts.with_tree(done)
            percent = 100 * (counts.trees + counts.failed) // len(roots)
            alive_until = clock.now() + timedelta(seconds=rollup.DEADLINE)
            await _note(database, run, {"percent": percent, "aliveUntil": alive_until, **counts.properties()})
            yield done
    except BaseException as broken:
        fault = broken
        raise
    finally:
        with suppress(Unavailable, LeaseLost):
            await _end(database, clock, run, counts, fault)


async def sweep(database: Database, now: datetime) -> None:
    """Forget the runs that are older than they are kept."""
    while (await database.write(lambda tx: tx.run(SweepRuns(now - KEPT))))[0].count == _AT_ONCE:
        pass


async def _end(
    database: Database, clock: Clock, run: str, counts: RunCounts, fault: BaseException | None = None
) -> None:
    if fault is None:
        state = RunState.FAILED if counts.failed else RunState.DONE
    else:
        state = RunState.FAILED if isinstance(fault, Exception) else RunState.BROKEN_OFF
    properties: dict[str, Any] = {"state": state.value, "endedAt": clock.now(), **counts.properties()}
    if fault is None:
        properties["percent"] = 100
    elif isinstance(fault, GoalgraphError):
        properties["problem"] = fault.message
    elif isinstance(fault, Exception):
        properties["problem"] = _FAULT
    await _note(database, run, properties)


def _several(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


async def _note(database: Database, run: str, properties: dict[str, Any]) -> None:
    await database.write(lambda tx: tx.run(NoteRun(run, properties)), repeatable=True)
