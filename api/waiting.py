"""Waiting for what a mutation changed to be in the totals: `waitSeconds` of the mutations of records."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from api.context import Info
from api.errors import UserError, problems_as_user_errors
from api.payload import MutationInput, change
from graph.change import ANY
from graph.database import Transaction
from graph.errors import ErrorCode, Refusal

T = TypeVar("T")
LONGEST_WAIT = 60.0
WAIT = (
    "How long to wait for the changes to be in all totals, 0 to 60 seconds. They get there in any case: in a moment, "
    "unless very many are under way."
)
IN_TOTALS = (
    "Whether the changes are in all totals. False: not yet, when the wait was over. Goals read STALE until then."
)


def check_wait(seconds: float) -> None:
    """Refuses INVALID_VALUE for what is no wait."""
    if not 0 <= seconds <= LONGEST_WAIT:
        message = f"waitSeconds is 0 to {LONGEST_WAIT:.0f}. What was begun goes on after the wait."
        raise Refusal(ErrorCode.INVALID_VALUE, message, ("waitSeconds",))


async def wait(info: Info, batch: str | None, seconds: float) -> bool:
    """Whether the changes of a transaction are in the totals, after a wait for it if need be. None: it had none."""
    return batch is None or await info.context.folded(batch, seconds)


async def change_and_wait(
    info: Info, told: MutationInput, seconds: float, work: Callable[[Transaction], Awaitable[T]]
) -> tuple[T | None, bool, list[UserError]]:
    """Run `work` as `change` does, then wait: (what it returns, whether it is in the totals, refusals)."""
    # Where an idempotency key says that it was done before, it is not known under which name its changes wait.
    batch: list[str | None] = [ANY]

    async def noting(tx: Transaction) -> T:
        done = await work(tx)
        batch[:] = [tx.batch if tx.notes else None]
        return done

    try:
        check_wait(seconds)
    except Refusal as refusal:
        return None, False, problems_as_user_errors(refusal)
    done, user_errors = await change(info, told, noting)
    if user_errors:
        return None, False, user_errors
    return done, await wait(info, batch[0], seconds), []
