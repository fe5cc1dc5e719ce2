"""Events: what one subscriber is told of goals and runs, each time from what it may read itself at that moment.

Its rights are in the statements that read the data, so they hold at each event. What is compared is what it could have
read before with what it can read now: an event says nothing that asking again would not say.
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from graph.account import viewer_named
from graph.errors import ErrorCode, Refusal, Unauthenticated, Unavailable
from graph.goal import RollupState
from graph.goal_tree import DEEPEST, GoalTree, in_tree_order
from graph.run import RunsByIds, RunState
from graph.version import editable_values

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping
    from datetime import datetime

    from graph.clock import Clock
    from graph.goal import GoalRow
    from graph.goal_tree import Tree
    from graph.metric import MetricRow
    from graph.pulse import Pulse
    from graph.run import RunRow
    from graph.statement import Statement
    from graph.visibility import Viewer

#: Goals of a tree that are watched; the upper levels come first.
WATCHED: Final = 2_000
#: How often a tree is read again when a commit came between a sum and its parts, before it is taken as it is.
_ATTEMPTS: Final = 3
_NO_GOAL: Final = "There is no such goal, or none that you may see."
_NO_RUN: Final = "There is no such run, or none that you may see."


class Change(StrEnum):
    """What became another of a goal."""

    DEFINITION = "DEFINITION"
    TOTALS = "TOTALS"


@dataclass(frozen=True, slots=True)
class GoalEvent:
    """A visible goal of which the viewer can read something else than before."""

    id: str
    kind: Change


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Who listens. `check` raises when it may no longer: it is called all the time."""

    pulse: Pulse
    clock: Clock
    viewer: Viewer
    check: Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Told:
    """All that a viewer can read of a goal in its tree, as two values to compare."""

    definition: tuple[Any, ...]
    totals: tuple[Any, ...]


async def goal_events(subscriber: Subscriber, root: str) -> AsyncGenerator[GoalEvent, None]:
    """What changes in the visible tree below a goal.

    The first event is of the root, as soon as changes are noticed. A goal that comes into sight is an event; one that
    goes is none, but one of the goal above it. Refuses NOT_FOUND, at once or later, if the root is hidden or absent;
    raises Unauthenticated when the viewer is no more.
    """
    told: dict[str, _Told] | None = None
    torn = 0
    statement = GoalTree(subscriber.viewer.id, root, WATCHED, DEEPEST)
    async with aclosing(_readings(subscriber, statement, _NO_GOAL)) as readings:
        async for tree in readings:
            if tree.torn and torn < _ATTEMPTS:
                torn += 1
                continue
            torn = 0
            now = _told(tree, told or {}, subscriber.clock.now())
            if told is None:
                yield GoalEvent(root, Change.TOTALS)
            else:
                for event in _differences(told, now):
                    yield event
            told = now


async def run_events(subscriber: Subscriber, run_id: str) -> AsyncGenerator[RunRow, None]:
    """A run as it stands, and again each time that is another; the last time when it is over.

    Refuses NOT_FOUND, at once or later, if the run is hidden or absent; raises Unauthenticated when the viewer is gone.
    """
    told: tuple[RunState, RunRow] | None = None
    async with aclosing(_readings(subscriber, RunsByIds(subscriber.viewer.id, [run_id]), _NO_RUN)) as readings:
        async for run in readings:
            now = (run.state_at(subscriber.clock.now()), run)
            if now != told:
                told = now
                yield run
            if now[0] is not RunState.RUNNING:
                return


async def _readings(subscriber: Subscriber, statement: Statement[Any], absent: str) -> AsyncGenerator[Any, None]:
    """The one row of a viewer's statement, each time that it may be another; not while the database is away."""
    async with aclosing(subscriber.pulse.beats(subscriber.check)) as beats:
        async for _ in beats:
            try:
                rows = await subscriber.pulse.read(statement)
                if not rows:
                    await _refuse(subscriber, absent)
            except Unavailable:
                continue
            subscriber.check()  # the token may have ended while this was read
            yield rows[0]


async def _refuse(subscriber: Subscriber, absent: str) -> None:
    viewer = await viewer_named(subscriber.pulse.read, subscriber.viewer.external_id)
    if viewer is None or viewer.id != subscriber.viewer.id:
        raise Unauthenticated
    raise Refusal(ErrorCode.NOT_FOUND, absent)


def _told(tree: Tree, before: Mapping[str, _Told], now: datetime) -> dict[str, _Told]:
    children: dict[str | None, list[str]] = {}
    nodes = in_tree_order(tree.nodes)
    for node in nodes[1:]:
        children.setdefault(node.goal.parent_id, []).append(node.goal.id)
    found = {}
    for node in nodes:
        goal = node.goal
        below = (node.child_count, frozenset(children.get(goal.id, ())))
        totals = (_state(goal, tree.metric, before.get(goal.id), now), *_numbers(goal, tree.metric))
        # When the tree was calculated is the same for all its goals: one event says it.
        calculated = () if node.depth else (goal.last_calculated(tree.metric),)
        found[goal.id] = _Told((editable_values(goal), *below), (*totals, *calculated))
    return found


def _state(goal: GoalRow, metric: MetricRow, before: _Told | None, now: datetime) -> RollupState:
    """How far the numbers can be relied on. While they are worked out, what it was before: their outcome is told."""
    state = goal.rollup_state(metric, now)
    if state is not RollupState.CALCULATING:
        return state
    known: RollupState = RollupState.STALE if before is None else before.totals[0]
    return known


def _numbers(goal: GoalRow, metric: MetricRow) -> tuple[Any, ...]:
    categories = metric.categories
    amounts = [part(category) for category in categories for part in (goal.own, goal.computed, goal.total)]
    return (*amounts, goal.count(categories), goal.rollup_message, bool(goal.incomplete))


def _differences(told: Mapping[str, _Told], now: Mapping[str, _Told]) -> list[GoalEvent]:
    events = []
    for id_, found in now.items():
        known = told.get(id_)
        if known is None or known.definition != found.definition:
            events.append(GoalEvent(id_, Change.DEFINITION))
        if known is not None and known.totals != found.totals:
            events.append(GoalEvent(id_, Change.TOTALS))
    return events
