"""Runs of the rollup in GraphQL: what began each, how far it is, what came of it. Starting one: `recalculation`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from api.arguments import After, First
from api.connection import Connection, read_page
from api.context import Context, Info
from api.enums import describe_enum
from api.fields import detail
from api.goal import Goal, load_goal
from api.node import Node
from api.owners import User, owner_type
from graph.database import Transaction
from graph.run import RunRow, RunsCount, RunsPage, RunState, Trigger

describe_enum(
    Trigger,
    "What began a run of the rollup.",
    {
        Trigger.MANUAL: "Somebody asked for it, by recalculateGoal or by a command of the host.",
        Trigger.SCHEDULE: "The settings' `rollupEveryHours` had passed.",
        Trigger.TURN_OF_DAY: "A day began, in the organization's time zone.",
    },
    name="RollupTrigger",
)
describe_enum(
    RunState,
    "How a run of the rollup stands.",
    {
        RunState.RUNNING: "It is under way.",
        RunState.DONE: "It is over, and all totals are those of this run.",
        RunState.FAILED: "It is over, and at least one tree has its old totals.",
        RunState.BROKEN_OFF: "Its process ended or was stopped. Each tree has its old totals or its new ones.",
    },
    name="RollupRunState",
)


@strawberry.type(description="What a run of the rollup counted. For who may read the settings.")
class RollupRunCounts:
    """Counts of a run."""

    trees: int = detail("Trees that were calculated.")
    goals: int = detail("Goals of these trees.")
    changed: int = detail("Goals whose numbers changed.")
    overflowed: int = detail("Goals whose total does not fit, so that the last good one was kept.")
    failed: int = detail("Trees that failed.")
    defects: int = detail("Goals that read CURRENT and whose numbers changed all the same: faults of the program.")


@strawberry.type(description="One run of the rollup. Runs are kept for 90 days.")
class RollupRun(Node):
    """A run, as one viewer sees it at one moment."""

    now: strawberry.Private[datetime]

    @detail("What began it.")
    def trigger(self) -> Trigger:
        """The trigger."""
        return Trigger(self.row.trigger)

    @detail("The user who began it; null if that was the program itself or a command of the host.")
    async def started_by(self, info: Info) -> User | None:
        """Who began it."""
        row = None if self.row.who is None else await info.context.loaders.owners.load(self.row.who)
        owner = None if row is None else owner_type(row)
        return owner if isinstance(owner, User) else None

    @detail("Whether it calculates all trees, or all that need it; false: the one tree of `root`.")
    def all_trees(self) -> bool:
        """Whether it is about all trees."""
        return self.row.root is None

    @detail("The goal at the top of its tree when it began; null if it is about all trees, or not to be seen.")
    async def root(self, info: Info) -> Goal | None:
        """The tree's root."""
        return None if self.row.root is None else await load_goal(info.context, self.row.root)

    @detail("How it stands.")
    def state(self) -> RunState:
        """The state."""
        return RunState(self.row.state_at(self.now))

    @detail("How much of it is done, 0 to 100 percent.")
    def percentage(self) -> int:
        """How far it is."""
        return int(self.row.percent)

    @detail("When it began.")
    def started_at(self) -> datetime:
        """The beginning."""
        began: datetime = self.row.started_at
        return began

    @detail("When it ended; null if it has not, or was broken off.")
    def ended_at(self) -> datetime | None:
        """The end."""
        ended: datetime | None = self.row.ended_at
        return ended

    @detail("How long it took, in seconds; null if it has not ended.")
    def duration_seconds(self) -> float | None:
        """The duration."""
        ended, began = self.row.ended_at, self.row.started_at
        return None if ended is None else float((ended - began).total_seconds())

    @detail("What came of it, in words.")
    def outcome(self) -> str:
        """The outcome."""
        return str(self.row.outcome(self.now))

    @detail("What it counted; null for who may not read the settings.")
    def counts(self) -> RollupRunCounts | None:
        """The counts."""
        counts = self.row.counts
        return None if counts is None else RollupRunCounts(**counts.properties())


async def load_run(context: Context, run_id: str) -> RollupRun | None:
    """The run with this id, or None for hidden and absent alike."""
    row = await context.loaders.runs.load(run_id)
    return None if row is None else RollupRun(row=row, now=context.clock.now())


@strawberry.type
class RunQuery:
    """Queries of runs."""

    @detail(
        "Runs of the rollup, newest first: those that the viewer began, those of trees whose root it sees, and for who "
        "may read the settings all."
    )
    async def rollup_runs(
        self,
        info: Info,
        first: First = None,
        after: After = None,
    ) -> Connection[RollupRun]:
        """Give a page of runs."""
        context = info.context
        cursors = context.cursors({"field": "rollupRuns"})
        page = read_page(cursors, first=first, after=after, forward_only=True)
        at, id_ = (str(key) for key in page.after) if page.after else (None, None)
        after_at = None if at is None else datetime.fromisoformat(at)
        now = context.clock.now()

        async def work(tx: Transaction) -> list[RunRow]:
            return await tx.run(RunsPage(context.viewer.id, page.limit, after_at, id_))

        async def count() -> int:
            (found,) = await context.fetch(RunsCount(context.viewer.id))
            return found.count

        def node(row: Any) -> RollupRun:
            return RollupRun(row=row, now=now)

        return Connection[RollupRun].of(
            await context.read(work),
            page,
            cursors,
            keys=lambda row: [row.started_at.isoformat(), row.id],
            node=node,
            total=count,
        )
