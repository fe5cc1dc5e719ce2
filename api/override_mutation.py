"""Giving a goal's totals by hand, and ending that."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import strawberry

from api.category import Category
from api.context import Info
from api.fields import public
from api.goal_mutation import GoalIdInput, GoalPayload, changed
from api.payload import VersionedInput
from api.scalars import Decimal
from graph import override
from graph.database import Transaction
from graph.override import OverrideDraft

_INPUT = strawberry.argument(description="The mutation's input.")


@strawberry.input(description="Values to pin: null takes a category's pin away, what is left out stays as it is.")
class OverrideGoalInput(VersionedInput):
    """Input of overrideGoal."""

    id: strawberry.ID = strawberry.field(description="The goal, an open one.")
    reason: str = strawberry.field(description="Why, 1 to 2 000 characters; it replaces the former one.")
    end_date: date | None = strawberry.field(
        default=None,
        description="The last day on which the override counts, today or later; none if left out, whatever was before.",
    )
    actual: strawberry.Maybe[Decimal | None] = strawberry.field(
        default=None, description="The actual total, in units of the metric (base currency for money)."
    )
    in_progress: strawberry.Maybe[Decimal | None] = strawberry.field(
        default=None, description="The in-progress total, in units of the metric."
    )
    custom: strawberry.Maybe[Decimal | None] = strawberry.field(
        default=None, description="The custom total, in units of the metric."
    )


@strawberry.type
class OverrideMutation:
    """Mutations of overrides."""

    @public(
        "Pin totals of an open goal. They survive recalculations, count in the goals above and in percentages; "
        "the computed values are kept beside them."
    )
    async def override_goal(self, info: Info, input: Annotated[OverrideGoalInput, _INPUT]) -> GoalPayload:
        """Override a goal."""
        now = info.context.clock.now()
        given = {
            Category.ACTUAL: input.actual,
            Category.IN_PROGRESS: input.in_progress,
            Category.CUSTOM: input.custom,
        }
        values = {category: maybe.value for category, maybe in given.items() if maybe is not None}
        draft = OverrideDraft(values, input.reason, input.end_date)

        async def work(tx: Transaction) -> None:
            await override.override_goal(tx, info.context.viewer, input.id, draft, now)

        return await changed(info, input, input.id, work)

    @public("End the override of an open goal: the computed values count again at once. Without one nothing changes.")
    async def clear_goal_override(self, info: Info, input: Annotated[GoalIdInput, _INPUT]) -> GoalPayload:
        """End an override."""
        now = info.context.clock.now()

        async def work(tx: Transaction) -> None:
            await override.clear_override(tx, info.context.viewer, input.id, now)

        return await changed(info, input, input.id, work)
