"""What a goal shows in objects of its own: how its numbers came about, what is hidden and wanted below it."""

from __future__ import annotations

from datetime import datetime

import strawberry

from api.category import Category
from api.context import Info
from api.fields import aggregate, detail
from api.rollup_query import RollupQuery
from api.scalars import Decimal
from graph.goal import RollupState


@strawberry.type(description="How a goal's numbers came about.")
class GoalRollup:
    """State of a goal's rollup."""

    state: RollupState = aggregate("How far the numbers can be relied on.")
    calculated_at: datetime | None = aggregate("When the numbers were last worked out; null if never.")
    incomplete: bool = aggregate("Whether a goal below keeps an older number, because a new one did not fit.")
    late_changes: bool = aggregate(
        "Whether something changed after the settings' `lateAfterDays`: it waits for recalculateGoal."
    )
    error: str | None = aggregate("What went wrong, in words; null if nothing did.")


@strawberry.type(description="Children that the viewer may not see.")
class RestrictedChildren:
    """Hidden children, counted."""

    count: int = aggregate("How many children count in the totals and are not shown.")


@strawberry.type(description="Which records count for one category of a goal.")
class GoalRollupQuery:
    """A category's rollup query."""

    category: Category = detail("The category.")
    query_id: strawberry.ID = detail("Id of the rollup query.")

    @detail("The rollup query.")
    async def query(self, info: Info) -> RollupQuery | None:
        """The rollup query."""
        row = await info.context.loaders.rollup_queries.load(str(self.query_id))
        return None if row is None else RollupQuery(row=row)


@strawberry.type(description="What the targets of a goal's children add up to; cancelled children are left out.")
class ChildTargets:
    """Targets below, added up."""

    sum: Decimal = detail("The sum, in units of the metric; a child without a target adds 0.")
    difference: Decimal | None = detail("The goal's own target minus the sum; null if it has none.")
