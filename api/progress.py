"""Progress of a goal in GraphQL; the formulas are in `graph/progress.py`."""

from __future__ import annotations

import strawberry

from api.fields import aggregate
from api.scalars import Decimal
from graph.progress import Reason, Status

GoalStatusEnum = strawberry.enum(
    Status,
    name="GoalStatus",
    description=(
        "How a goal stands, the first that holds: stretch target met, target met, missed (over or closed), not started, "
        "then by actual against today's target: on track from 100 %, behind from 80 %, else at risk."
    ),
)
ProgressReasonEnum = strawberry.enum(Reason, name="ProgressReasonCode", description="Why a progress field is null.")


@strawberry.type(description="Why a progress field of a goal is null.")
class ProgressReason:
    """A null and its reason."""

    field: str = aggregate("The field that is null, such as `percentageAchieved` or `pace.days`.")
    code: ProgressReasonEnum = aggregate("Why.")


@strawberry.type(description="How far ahead of today's target a goal is; negative: behind.")
class GoalPace:
    """The pace."""

    amount: Decimal | None = aggregate("Actual minus today's target, in units of the metric.")
    days: Decimal | None = aggregate("The same in days of the target's even pace, one decimal place.")
