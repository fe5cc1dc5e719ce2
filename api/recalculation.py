"""Recalculating a tree on request: the run goes on in this process also when the client no longer waits."""

from __future__ import annotations

import asyncio
import logging

from api.context import Context, Info
from api.errors import UserError, problems_as_user_errors
from api.waiting import check_wait
from graph import rollup, run
from graph.database import Transaction
from graph.errors import GoalgraphError, Refusal
from graph.faults import stack_of
from graph.goal_change import goal_for_change
from graph.rights import Operation

_log = logging.getLogger(__name__)

#: Runs under way in this process; held here so that they are not collected, and ended with the application.
running: set[asyncio.Task[rollup.RunReport]] = set()


async def recalculate(info: Info, goal_id: str, wait_seconds: float) -> tuple[str | None, bool, list[UserError]]:
    """Start a run of a goal's tree and wait: (its id, whether it is over, refusals). Needs the right to recalculate."""
    context = info.context
    try:
        check_wait(wait_seconds)
        run_id, root = await context.write(lambda tx: _start(tx, context, goal_id))
        await rollup.announce(context.database, context.clock, root)
    except Refusal as refusal:
        return None, False, problems_as_user_errors(refusal)
    task = asyncio.create_task(run.run_tree(context.database, context.clock, run_id, goal_id))
    running.add(task)
    task.add_done_callback(_over)
    done, _ = await asyncio.wait({task}, timeout=wait_seconds)
    vars(context).pop("loaders", None)
    if not done:
        return run_id, False, []
    try:
        task.result()
    except Refusal as refusal:
        return None, False, problems_as_user_errors(refusal)
    return run_id, True, []


async def _start(tx: Transaction, context: Context, goal_id: str) -> tuple[str, str]:
    await goal_for_change(tx, context.viewer, goal_id, ("goalId",), Operation.RECALCULATE)
    (root,) = await rollup.lock_roots(tx, [goal_id])
    return await run.start(tx, context.clock.now(), run.Trigger.MANUAL, context.viewer.id, root), root


def _over(task: asyncio.Task[rollup.RunReport]) -> None:
    running.discard(task)
    error = None if task.cancelled() else task.exception()
    if error is not None and not isinstance(error, Refusal):
        _log.error("recalculation failed: %s", error.code if isinstance(error, GoalgraphError) else stack_of(error))
