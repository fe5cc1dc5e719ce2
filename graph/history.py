"""The history of goals: what each came to at the end of past days, how that is written and how it is read.

A goal knows since which day it comes to what it does (`changedOn`). That is kept as a snapshot only when it changes on
a later day: a first run costs none, changes of one day one, and the last values are the goal's own. Whoever changes
what a goal comes to writes it through `rollup/apply` or `rollup/end_overrides`, which keep it. See decision 0018.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from graph.goal import GoalState
from graph.organization import organization
from graph.organization_settings import organization_settings
from graph.rollup_compiler import Category
from graph.rollup_statements import ApplyChanges
from graph.statement import Count, Read, Write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from graph.database import Database, Transaction
    from graph.period import FiscalCalendar

#: How many snapshots one transaction forgets.
_AT_ONCE = 10_000
_LAST_SAFE_DAY = 28  # that every month has
#: The values of an open goal of which a viewer may read none: no beginning of a history.
_NOTHING = (*(None for _ in Category), None, None, None, GoalState.OPEN)


class Interval(StrEnum):
    """What a history has one point for: the last values of each day, week (from Monday on), month, fiscal period."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    FISCAL_PERIOD = "FISCAL_PERIOD"

    def start(self, day: date, calendar: FiscalCalendar) -> date:
        """Give the first day of the interval that a day is in."""
        match self:
            case Interval.DAY:
                return day
            case Interval.WEEK:
                return day - timedelta(days=day.weekday())
            case Interval.MONTH:
                return day.replace(day=1)
            case Interval.FISCAL_PERIOD:
                return calendar.containing(day).start


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a goal came to from the end of a day on, in units: totals by category, records counted, targets, state."""

    day: date
    totals: Mapping[Category, int | None]
    record_count: int | None
    target: int | None
    stretch_target: int | None
    state: GoalState

    @property
    def values(self) -> tuple[object, ...]:
        """All of it but the day."""
        return (*self.totals.values(), self.record_count, self.target, self.stretch_target, self.state)


@dataclass(frozen=True, slots=True)
class History:
    """A goal's snapshots as a viewer may read them, oldest first: only where what it may read is not what it was."""

    goal_id: str
    snapshots: tuple[Snapshot, ...]

    @classmethod
    def read(cls, goal_id: str, masked: Sequence[str] | None, since: date, rows: Iterable[Sequence[Any]]) -> History:
        """From the columns of `history/of_goals`, oldest first. `since`: the first day for which history is kept.

        What is secured from the viewer is left out first: a day on which nothing else changed is no day of its history.
        What was in force on the first day is told of that day, also if it was so before: else a day would depend on
        what was forgotten already.
        """
        hidden = set(masked or ())
        found: list[Snapshot] = []
        for row in rows:
            snapshot = _readable(row, hidden, since)
            if found and found[-1].values == snapshot.values:
                continue
            if found and found[-1].day == snapshot.day:
                found.pop()
            found.append(snapshot)
        if found and found[0].values == _NOTHING:
            found.pop(0)
        return cls(goal_id, tuple(found))

    def at(self, day: date) -> Snapshot | None:
        """What the goal came to at the end of a day; None before its history begins."""
        return next((one for one in reversed(self.snapshots) if one.day <= day), None)

    def points(self, since: date | None, until: date, interval: Interval, calendar: FiscalCalendar) -> list[Snapshot]:
        """Give the last snapshot of each interval in which there is one; first what was in force on the day `since`."""
        return list(self._points(since, until, interval, calendar))

    def _points(
        self, since: date | None, until: date, interval: Interval, calendar: FiscalCalendar
    ) -> Iterator[Snapshot]:
        first = None if since is None else self.at(since)
        wanted = [
            one for one in self.snapshots if one.day <= until and (since is None or one is first or one.day > since)
        ]
        for one, following in zip_longest(wanted, wanted[1:]):
            if following is None or interval.start(following.day, calendar) != interval.start(one.day, calendar):
                yield one


def _readable(row: Sequence[Any], hidden: set[str], since: date) -> Snapshot:
    """What a viewer may read of a row; records are counted over all categories, so all of them must be readable."""
    day, *totals, count, target, stretch, state = row
    secured = [f"goal.{category.stored}" in hidden for category in Category]
    uncounted = any(is_hidden and total is not None for is_hidden, total in zip(secured, totals, strict=True))
    return Snapshot(
        max(date.fromisoformat(day), since),
        {
            category: None if is_hidden else total
            for category, is_hidden, total in zip(Category, secured, totals, strict=True)
        },
        None if uncounted else count,
        None if "goal.target" in hidden else target,
        None if "goal.target" in hidden else stretch,
        GoalState(state),
    )


@dataclass(frozen=True)
class SweepSnapshots(Write[Count], path="history/sweep", row=Count):
    """Forget some of what was over by a day."""

    since: date
    most: int = _AT_ONCE


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a goal, for a viewer from whom the `masked` fields are secured: rows as `History.read` takes."""

    goal_id: str
    masked: list[str] | None
    snapshots: list[list[Any]]


@dataclass(frozen=True)
class SnapshotsOf(Read[Kept], path="history/of_goals", row=Kept):
    """What is kept of the visible ones of these goals."""

    viewer: str
    ids: list[str]
    today: date


async def histories(tx: Transaction, viewer_id: str, ids: Sequence[str], now: datetime) -> list[History]:
    """Give the histories of the visible ones of these goals."""
    today = await _today(tx, now)
    since = first_day(today, (await organization_settings(tx)).history_months)
    rows = await tx.run(SnapshotsOf(viewer_id, list(ids), today))
    return [History.read(row.goal_id, row.masked, since, row.snapshots) for row in rows]


async def write_changes(tx: Transaction, ids: Sequence[str], changes: Mapping[str, Any], now: datetime) -> None:
    """Write stored properties of goals, the same for each, and into its history if it then comes to something else."""
    rows = [{"id": goal_id, "changes": dict(changes)} for goal_id in ids]
    await tx.run(ApplyChanges(rows, await _today(tx, now)))


async def sweep(database: Database, since: date) -> None:
    """Forget all history before a day, but what was in force on that day."""
    while (await database.write(lambda tx: tx.run(SweepSnapshots(since))))[0].count == _AT_ONCE:
        pass


def first_day(today: date, months: int) -> date:
    """Give the first day of which history is kept: so many months ago; the month's 28th for a later day."""
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    return date(year, month + 1, min(today.day, _LAST_SAFE_DAY))


async def _today(tx: Transaction, now: datetime) -> date:
    return now.astimezone((await organization(tx)).zone).date()
