"""What runs by itself: every tree every N hours, those that a day's turn changes, and forgetting what is old.

Each is a job of the worker, which finds out from the graph whether it is due.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from graph import history, run
from graph.organization import organization
from graph.organization_settings import OrganizationSettings, organization_settings
from graph.rollup_statements import Root
from graph.run import Trigger
from graph.statement import Read

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from graph.clock import Clock
    from graph.database import Database, Transaction
    from graph.worker import Job

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TreesNotOver(Read[Root], path="schedule/trees", row=Root):
    """The roots of the trees that end on a day or later."""

    ends_from: date


@dataclass(frozen=True)
class TreesTurned(Read[Root], path="schedule/turned", row=Root):
    """The roots of those whose numbers no longer hold today."""

    today: date
    ends_from: date


@dataclass(frozen=True, slots=True)
class LastRun:
    """When the last run began that came to its end, if there was one, and since when there is a worker."""

    last: datetime | None
    since: datetime | None


@dataclass(frozen=True)
class LastRunOf(Read[LastRun], path="schedule/last_run", row=LastRun):
    """The last run with a trigger."""

    trigger: Trigger


@dataclass(frozen=True, slots=True)
class Plan:
    """What the jobs go by: the settings, the date, the first last day of trees that are not over, the last run."""

    settings: OrganizationSettings
    today: date
    ends_from: date
    last_run: LastRun
    last_day: date | None


async def run_on_schedule(database: Database, clock: Clock) -> None:
    """Recalculate every tree that is not over, if N hours have passed. What changes in current goals is a defect."""
    plan = await _plan(database, clock, Trigger.SCHEDULE)
    # In a new database the first run is N hours after its beginning.
    before = plan.last_run.last or plan.last_run.since
    if before is not None and clock.now() < before + timedelta(hours=plan.settings.rollup_every_hours):
        return
    roots = await database.read(lambda tx: tx.run(TreesNotOver(plan.ends_from)))
    defects = await _run(database, clock, roots, Trigger.SCHEDULE, judged=True)
    if defects:
        _log.error("the scheduled run changed %d goals that read CURRENT: see rollupRuns", defects)


async def turn_the_day(database: Database, clock: Clock) -> None:
    """Recalculate, once a day, the trees whose numbers held until yesterday: overrides end, relative dates move."""
    plan = await _plan(database, clock, Trigger.TURN_OF_DAY)
    if plan.last_day == plan.today:
        return
    roots = await database.read(lambda tx: tx.run(TreesTurned(plan.today, plan.ends_from)))
    if roots:
        await _run(database, clock, roots, Trigger.TURN_OF_DAY)


async def forget(database: Database, clock: Clock) -> None:
    """Forget what is kept for a time only."""
    plan = await _plan(database, clock, Trigger.SCHEDULE)
    await run.sweep(database, clock.now())
    await history.sweep(database, history.first_day(plan.today, plan.settings.history_months))


#: The jobs of `goals serve`, in the order of their turns.
JOBS: Final[Sequence[Job]] = (turn_the_day, run_on_schedule, forget)


async def _plan(database: Database, clock: Clock, trigger: Trigger) -> Plan:
    async def work(tx: Transaction) -> Plan:
        settings, zone = await organization_settings(tx), (await organization(tx)).zone
        last_run = await tx.one(LastRunOf(trigger)) or LastRun(None, None)
        today = clock.now().astimezone(zone).date()
        last = last_run.last
        return Plan(
            settings,
            today,
            today - timedelta(days=settings.late_after_days),
            last_run,
            None if last is None else last.astimezone(UTC).astimezone(zone).date(),
        )

    return await database.read(work)


async def _run(
    database: Database, clock: Clock, roots: Sequence[Root], trigger: Trigger, *, judged: bool = False
) -> int:
    """Run these trees; how many goals were wrong though they read CURRENT, if that is `judged`."""
    return sum([done.defects async for done in run.run_noted(database, clock, roots, trigger, judged=judged)])
