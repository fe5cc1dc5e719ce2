"""Finding goals: one, a filtered and ordered page, a whole tree."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any

import strawberry

from api.connection import Connection, read_page
from api.context import Info
from api.fields import detail
from api.goal import Goal, load_goal, with_metrics
from api.goal_tree import GoalTree, read_tree
from graph.database import Transaction
from graph.errors import LimitExceeded
from graph.goal import GoalPage, GoalRow, GoalsPage, GoalState

_FIRST = strawberry.argument(description="At most 200; 50 if left out.")
_AFTER = strawberry.argument(description="Cursor of the last node seen, with the same arguments.")
#: Nodes of a tree when the client names no number, and at most.
TREE_SIZE = 2_000
TREE_MAX = 10_000


@strawberry.enum(description="What goals are ordered by.")
class GoalOrderField(Enum):
    """Order of goals; the value is the stored property."""

    TITLE = strawberry.enum_value("title", description="By title.")
    START_DATE = strawberry.enum_value("startDate", description="By the first day of the period.")
    END_DATE = strawberry.enum_value("endDate", description="By the last day of the period.")
    TARGET = strawberry.enum_value("target", description="By target; goals without one last.")
    CREATED_AT = strawberry.enum_value("createdAt", description="By the moment of creation.")


#: How an order's key comes back from a cursor, where JSON has no such type.
_READ: dict[GoalOrderField, Callable[[str], date]] = {
    GoalOrderField.START_DATE: date.fromisoformat,
    GoalOrderField.END_DATE: date.fromisoformat,
    GoalOrderField.CREATED_AT: datetime.fromisoformat,
}


@strawberry.input(description="Order of goals; ties are broken by id.")
class GoalOrder:
    """Field and direction."""

    field: GoalOrderField = strawberry.field(description="What to order by.")
    descending: bool = strawberry.field(default=False, description="Whether the greatest come first.")


@strawberry.input(description="Which goals: those that meet every condition given.")
class GoalFilter:
    """Conditions on goals."""

    search: str | None = strawberry.field(default=None, description="Part of the title, in any case.")
    states: list[GoalState] | None = strawberry.field(default=None, description="Any of these states.")
    fiscal_year: int | None = strawberry.field(default=None, description="Fiscal year of the period.")
    fiscal_index: int | None = strawberry.field(default=None, description="Index of the fiscal period in its year.")
    on: date | None = strawberry.field(default=None, description="A day within the period.")
    metric_id: strawberry.ID | None = strawberry.field(default=None, description="The metric.")
    manager_id: strawberry.ID | None = strawberry.field(default=None, description="The manager, a user.")
    owner_id: strawberry.ID | None = strawberry.field(default=None, description="The owner, of any kind.")
    roots_only: bool = strawberry.field(default=False, description="Only goals without a parent that the viewer sees.")


@strawberry.type
class GoalQuery:
    """Queries of goals."""

    @detail("One goal; null if there is none with this id that the viewer may see.")
    async def goal(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The goal's id.")]
    ) -> Goal | None:
        """One goal."""
        return await load_goal(info.context, str(id))

    @detail("The goals that the viewer may see, filtered and ordered (by title if not said otherwise).")
    async def goals(
        self,
        info: Info,
        filter: Annotated[GoalFilter | None, strawberry.argument(description="Which goals.")] = None,
        order_by: Annotated[GoalOrder | None, strawberry.argument(description="In which order.")] = None,
        first: Annotated[int | None, _FIRST] = None,
        after: Annotated[str | None, _AFTER] = None,
    ) -> Connection[Goal]:
        """A page of goals."""
        context = info.context
        wanted = filter or GoalFilter()
        order = order_by or GoalOrder(field=GoalOrderField.TITLE)
        cursors = context.cursors({"field": "goals", "filter": repr(wanted), "order": repr(order)})
        page = read_page(cursors, first=first, after=after, forward_only=True)
        after_key: Any = page.after[0] if page.after else None
        if after_key is not None and order.field in _READ:
            after_key = _READ[order.field](after_key)
        statement = GoalsPage(
            viewer=context.viewer.id,
            search=wanted.search or None,
            states=[state.value for state in wanted.states] if wanted.states is not None else None,
            fiscal_year=wanted.fiscal_year,
            fiscal_index=wanted.fiscal_index,
            on=wanted.on,
            metric=wanted.metric_id,
            manager=wanted.manager_id,
            owner=wanted.owner_id,
            roots_only=wanted.roots_only,
            order_property=str(order.field.value),
            descending=order.descending,
            first=page.limit,
            after_unset=int(bool(page.after) and page.after is not None and page.after[0] is None),
            after_key=after_key,
            after_id=str(page.after[1]) if page.after else None,
        )

        async def work(tx: Transaction) -> GoalPage | None:
            return await tx.one(statement)

        found = await context.read(work) or GoalPage([], [], 0)
        goals = {goal.row.id: goal for goal in await with_metrics(context, found.goals)}
        keyed = [(row, key) for row, key in zip(found.goals, found.keys, strict=True) if row.id in goals]

        def keys(pair: tuple[GoalRow, Any]) -> list[Any]:
            return [pair[1].isoformat() if hasattr(pair[1], "isoformat") else pair[1], pair[0].id]

        return Connection[Goal].of(
            keyed, page, cursors, keys=keys, node=lambda pair: goals[pair[0].id], total=found.total_count
        )

    @detail("The tree below a goal as the viewer sees it; null if the viewer may not see the goal.")
    async def goal_tree(
        self,
        info: Info,
        root_id: Annotated[strawberry.ID, strawberry.argument(description="The goal at the top.")],
        depth: Annotated[int, strawberry.argument(description="Levels below the top goal, 0 to 64.")] = 64,
        first: Annotated[
            int, strawberry.argument(description="At most 10 000 goals, the upper ones first.")
        ] = TREE_SIZE,
    ) -> GoalTree | None:
        """A tree."""
        if not 0 <= first <= TREE_MAX:
            message = f"A tree has at most {TREE_MAX} goals in one answer. Ask for fewer, or for the branches apart."
            raise LimitExceeded(message)
        return await read_tree(info, str(root_id), depth, first)
