"""Progress of a goal in GraphQL; the formulas are in `graph/progress.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import strawberry

from api.category import Category
from api.enums import describe_enum
from api.fields import aggregate
from api.scalars import Decimal
from graph.progress import Progress, Reason, Status

if TYPE_CHECKING:
    from datetime import datetime

    from graph.goal import GoalRow
    from graph.metric import MetricRow

describe_enum(
    Status,
    "How a goal stands: the first that holds.",
    {
        Status.STRETCH_MET: "Actual has reached the stretch target.",
        Status.MET: "Actual has reached the target.",
        Status.MISSED: "The period is over, or the goal closed, without the target.",
        Status.NOT_STARTED: "The period has not begun.",
        Status.ON_TRACK: "Actual is today's target or more.",
        Status.BEHIND: "Actual is at least 80 % of today's target.",
        Status.AT_RISK: "Actual is less than 80 % of today's target.",
    },
    name="GoalStatus",
)
describe_enum(
    Reason,
    "Why a progress field is null.",
    {
        Reason.NO_ACTUAL: "The metric has no actual category.",
        Reason.NOT_CALCULATED: "The goal has not been calculated yet.",
        Reason.NO_TARGET: "The goal has no target.",
        Reason.RESTRICTED: "The viewer may not read what it is worked out from.",
        Reason.TARGET_ZERO: "The target is 0.",
        Reason.STRETCH_NOT_TRACKED: "The metric tracks no stretch target.",
        Reason.NO_STRETCH_TARGET: "The goal has no stretch target.",
        Reason.STRETCH_TARGET_ZERO: "The stretch target is 0.",
        Reason.NOT_STARTED: "The period has not begun.",
        Reason.FIRST_DAY: "It is the first day: nothing has elapsed.",
        Reason.SINGLE_DAY: "The period is a single day.",
    },
    name="ProgressReasonCode",
)


@strawberry.type(description="Why a progress field of a goal is null.")
class ProgressReason:
    """A null and its reason."""

    field: str = aggregate("The field that is null, such as `percentageAchieved` or `pace.days`.")
    code: Reason = aggregate("Why.")


@strawberry.type(description="How far ahead of today's target a goal is; negative: behind.")
class GoalPace:
    """The pace."""

    amount: Decimal | None = aggregate("Actual minus today's target, in units of the metric.")
    days: Decimal | None = aggregate("The same in days of the target's even pace, one decimal place.")


def progress_of(row: GoalRow, metric: MetricRow, now: datetime) -> Progress:
    """Give the progress of a goal as its viewer sees it: nothing is worked out from what the viewer may not read."""
    no_actual = Reason.NOT_CALCULATED if Category.ACTUAL in metric.categories else Reason.NO_ACTUAL
    return Progress(
        row.total(Category.ACTUAL),
        row.target,
        row.stretch_target,
        row.start_date,
        row.end_date,
        metric.today(now),
        row.closed,
        metric.tracks_stretch_target,
        metric.data_type,
        metric.thresholds,
        no_actual=Reason.RESTRICTED if row.hides("actual") and no_actual is Reason.NOT_CALCULATED else no_actual,
        no_target=Reason.RESTRICTED if row.hides("target") else Reason.NO_TARGET,
    )
