"""Recalculating a tree on request: the run goes on in this process also when the client no longer waits."""

from __future__ import annotations

import asyncio
import logging

from api.context import Context, Info
from api.errors import UserError, problems_as_user_errors
from graph import rollup
from graph.database import Transaction
from graph.errors import ErrorCode, GoalgraphError, Refusal
from graph.faults import stack_of
from graph.goal_change import goal_for_change
from graph.rights import Operation

_log = logging.getLogger(__name__)
LONGEST_WAIT = 60.0

#: Runs under way in this process; held here so that they are not collected, and ended with the application.
running: set[asyncio.Task[rollup.RunReport]] = set()


async def recalculate(info: Info, goal_id: str, wait_seconds: float) -> tuple[bool, list[UserError]]:
    """Start a run of a goal's tree and wait: (whether it is over, refusals). Needs the right to recalculate it."""
    context = info.context
    try:
        _check_wait(wait_seconds)
        root = await context.write(lambda tx: _root(tx, context, goal_id))
        await rollup.announce(context.database, context.clock, root)
    except Refusal as refusal:
        return False, problems_as_user_errors(refusal)
    run = asyncio.create_task(rollup.recalculate_tree(context.database, context.clock, goal_id))
    running.add(run)
    run.add_done_callback(_over)
    done, _ = await asyncio.wait({run}, timeout=wait_seconds)
    if not done:
        return False, []
    try:
        run.result()
    except Refusal as refusal:
        return False, problems_as_user_errors(refusal)
    vars(context).pop("loaders", None)
    return True, []


def _check_wait(seconds: float) -> None:
    if not 0 <= seconds <= LONGEST_WAIT:
        message = f"waitSeconds is 0 to {LONGEST_WAIT:.0f}. The run goes on after the wait."
        raise Refusal(ErrorCode.INVALID_VALUE, message, ("waitSeconds",))


async def _root(tx: Transaction, context: Context, goal_id: str) -> str:
    await goal_for_change(tx, context.viewer, goal_id, ("goalId",), Operation.RECALCULATE)
    return (await rollup.lock_roots(tx, [goal_id]))[0]


def _over(run: asyncio.Task[rollup.RunReport]) -> None:
    running.discard(run)
    error = None if run.cancelled() else run.exception()
    if error is not None and not isinstance(error, Refusal):
        _log.error("recalculation failed: %s", error.code if isinstance(error, GoalgraphError) else stack_of(error))
