"""What can be listened to. When there is something to tell is decided in `graph/event.py`; connections: `session`."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import strawberry

from api.context import Info
from api.enums import describe_enum
from api.fields import detail
from api.run import RollupRunCounts
from graph.event import Change, goal_events, run_events
from graph.run import RunState

describe_enum(
    Change,
    "What became another of a goal.",
    {
        Change.DEFINITION: "What people edit, or which goals are below it, as far as the viewer may read it.",
        Change.TOTALS: "Its numbers or their state, as far as the viewer may read them.",
    },
    name="GoalChangeKind",
)


@strawberry.type(description="A goal of which the viewer can read something else than before.")
class GoalChange:
    """An event of a goal."""

    id: strawberry.ID = detail("The goal's id: read what is needed of it.")
    kind: Change = detail("What became another.")


@strawberry.type(description="How a run of the rollup stands at one moment.")
class RollupProgress:
    """An event of a run."""

    run_id: strawberry.ID = detail("The run's id.")
    state: RunState = detail("How it stands.")
    percentage: int = detail("How much of it is done, 0 to 100 percent.")
    outcome: str = detail("What came of it, in words.")
    ended: bool = detail("Whether it is over. Then this is the last event.")
    counts: RollupRunCounts | None = detail("What it counted so far; null for who may not read the settings.")


@strawberry.type(description="What can be listened to, over a websocket or as server-sent events.")
class Subscription:
    """The root of subscriptions."""

    @detail(
        "What changes in the tree below a goal, as the viewer sees it, of up to 2 000 goals, the upper levels first. "
        "The first event is of the goal itself, as soon as changes are noticed: read the tree then. "
        "A goal that comes into sight is an event; one that goes is an event of the goal above it.",
        is_subscription=True,
    )
    async def goal_changed(
        self,
        info: Info,
        root_id: Annotated[strawberry.ID, strawberry.argument(description="The goal at the top.")],
    ) -> AsyncGenerator[GoalChange, None]:
        """Tell of changed goals."""
        context = info.context
        events = goal_events(context.subscriber, str(root_id))
        async with aclosing(events):
            async for event in events:
                yield GoalChange(id=strawberry.ID(event.id), kind=event.kind)

    @detail(
        "How a run of the rollup stands, at once and each time that is another; it ends with the run.",
        is_subscription=True,
    )
    async def rollup_progress(
        self,
        info: Info,
        run_id: Annotated[strawberry.ID, strawberry.argument(description="The run's id.")],
    ) -> AsyncGenerator[RollupProgress, None]:
        """Tell how far a run is."""
        context = info.context
        events = run_events(context.subscriber, str(run_id))
        async with aclosing(events):
            async for run in events:
                now = context.clock.now()
                state = run.state_at(now)
                counts = None if run.counts is None else RollupRunCounts(**run.counts.properties())
                yield RollupProgress(
                    run_id=strawberry.ID(run.id),
                    state=state,
                    percentage=run.percent,
                    outcome=run.outcome(now),
                    ended=state is not RunState.RUNNING,
                    counts=counts,
                )
