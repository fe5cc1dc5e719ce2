"""Changing goals: each mutation is one call of `graph/goal_change.py`, and reads the goal back as the viewer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

import strawberry

from api.context import Context, Info
from api.fields import detail, public
from api.goal import Goal, load_goal
from api.goal_input import CreateGoalInput, UpdateGoalInput, read_changes, read_draft
from api.payload import MutationInput, MutationPayload, VersionedInput, change, given
from api.recalculation import recalculate
from api.run import RollupRun, load_run
from graph import goal_change
from graph.database import Transaction
from graph.goal_expectation import expect_goal
from graph.organization import organization

_INPUT = strawberry.argument(description="The mutation's input.")


@strawberry.type(description="A goal as the viewer sees it after the change.")
class GoalPayload(MutationPayload):
    """Payload of mutations of one goal."""

    goal: Goal | None = detail("The goal; null if it was refused, or the viewer may no longer see it.")


@strawberry.type(description="What was deleted.")
class DeleteGoalPayload(MutationPayload):
    """Payload of deleteGoal."""

    deleted_id: strawberry.ID | None = detail("Id of the goal that is gone; null if it was refused.")


@strawberry.type(description="A recalculation.")
class RecalculateGoalPayload(MutationPayload):
    """Payload of recalculateGoal."""

    goal: Goal | None = detail("The goal; null if it was refused.")
    finished: bool = public("Whether the totals are those of this recalculation; false: it goes on.")
    run: RollupRun | None = detail("The run: ask for it again by its id to see how far it is. Null if it was refused.")


@strawberry.input(description="A goal's new place.")
class MoveGoalInput(VersionedInput):
    """Input of moveGoal."""

    id: strawberry.ID = strawberry.field(description="The goal to move, with all below it.")
    parent_id: strawberry.ID | None = strawberry.field(description="The new parent; null: it becomes a root.")


@strawberry.input(description="A goal's new owner or manager.")
class AssignGoalInput(VersionedInput):
    """Input of assignGoal."""

    id: strawberry.ID = strawberry.field(description="The goal.")
    owner_id: strawberry.ID | None = strawberry.field(default=None, description="The new owner, of any kind.")
    manager_id: strawberry.ID | None = strawberry.field(default=None, description="The new manager, a user.")


@strawberry.input(description="A goal.")
class GoalIdInput(VersionedInput):
    """Input of mutations that need no more than the goal."""

    id: strawberry.ID = strawberry.field(description="The goal.")


@strawberry.input(description="A goal to close as achieved.")
class CloseGoalInput(VersionedInput):
    """Input of closeGoal."""

    id: strawberry.ID = strawberry.field(description="The goal.")
    include_descendants: bool = strawberry.field(default=False, description="Close the open goals below it too.")


@strawberry.input(description="A goal whose tree to recalculate.")
class RecalculateGoalInput(MutationInput):
    """Input of recalculateGoal."""

    goal_id: strawberry.ID = strawberry.field(description="Any goal of the tree: the whole tree is recalculated.")
    wait_seconds: float = strawberry.field(
        default=8.0, description="How long to wait for the totals, 0 to 60 seconds; the run goes on in any case."
    )


@strawberry.type
class GoalMutation:
    """Mutations of goals."""

    @public("Create a goal, with or without a parent.")
    async def create_goal(self, info: Info, input: Annotated[CreateGoalInput, _INPUT]) -> GoalPayload:
        """Create a goal."""
        now = info.context.clock.now()

        async def work(tx: Transaction) -> str:
            draft = read_draft(input, (await organization(tx)).calendar, input.parent_id)
            return await goal_change.create_goal(tx, info.context.viewer, draft, now)

        goal_id, errors = await change(info, input, work)
        goal = await load_goal(info.context, goal_id) if goal_id else None
        return GoalPayload(goal=goal, user_errors=errors, client_mutation_id=input.client_mutation_id)

    @public("Change a goal: its own fields, its parent, or both. Parent, metric and period may change together.")
    async def update_goal(self, info: Info, input: Annotated[UpdateGoalInput, _INPUT]) -> GoalPayload:
        """Change a goal."""
        now = info.context.clock.now()

        async def work(tx: Transaction) -> None:
            changes = await read_changes(tx, input)
            await goal_change.update_goal(tx, info.context.viewer, input.id, changes, now)

        return await changed(info, input, input.id, work)

    @public("Give a goal another owner, manager, or both.")
    async def assign_goal(self, info: Info, input: Annotated[AssignGoalInput, _INPUT]) -> GoalPayload:
        """Assign a goal."""
        now = info.context.clock.now()
        given = {"owner_id": input.owner_id, "manager_id": input.manager_id}
        changes = {key: value for key, value in given.items() if value is not None}

        async def work(tx: Transaction) -> None:
            await goal_change.update_goal(tx, info.context.viewer, input.id, changes, now)

        return await changed(info, input, input.id, work)

    @public("Put a goal and all below it under another parent, or none.")
    async def move_goal(self, info: Info, input: Annotated[MoveGoalInput, _INPUT]) -> GoalPayload:
        """Move a goal."""
        now = info.context.clock.now()

        async def work(tx: Transaction) -> None:
            await goal_change.move_goal(tx, info.context.viewer, input.id, input.parent_id, now)

        return await changed(info, input, input.id, work)

    @public("Delete a goal. The goals below it lose their parent and keep everything else.")
    async def delete_goal(self, info: Info, input: Annotated[GoalIdInput, _INPUT]) -> DeleteGoalPayload:
        """Delete a goal."""
        now = info.context.clock.now()

        async def work(tx: Transaction) -> str:
            await expect_goal(tx, info.context.viewer, input.id, info.context.expected(input.expected_version))
            await goal_change.delete_goal(tx, info.context.viewer, input.id, now)
            return str(input.id)

        deleted, errors = await change(info, input, work)
        return DeleteGoalPayload(
            deleted_id=strawberry.ID(deleted) if deleted else None,
            user_errors=errors,
            client_mutation_id=input.client_mutation_id,
        )

    @public("Close a goal as achieved: it and all below it are calculated once more, then frozen.")
    async def close_goal(self, info: Info, input: Annotated[CloseGoalInput, _INPUT]) -> GoalPayload:
        """Close a goal."""
        now = info.context.clock.now()

        async def work(tx: Transaction) -> None:
            viewer = info.context.viewer
            await goal_change.close_goal(tx, viewer, input.id, now, include_descendants=input.include_descendants)

        return await changed(info, input, input.id, work)

    @public("Cancel a goal: its numbers freeze and leave the totals above; the goals below stay open.")
    async def cancel_goal(self, info: Info, input: Annotated[GoalIdInput, _INPUT]) -> GoalPayload:
        """Cancel a goal."""
        now = info.context.clock.now()

        async def work(tx: Transaction) -> None:
            await goal_change.cancel_goal(tx, info.context.viewer, input.id, now)

        return await changed(info, input, input.id, work)

    @public("Reopen a closed goal: it is calculated anew, and the totals above follow.")
    async def reopen_goal(self, info: Info, input: Annotated[GoalIdInput, _INPUT]) -> GoalPayload:
        """Reopen a goal."""
        now = info.context.clock.now()

        async def work(tx: Transaction) -> None:
            await goal_change.reopen_goal(tx, info.context.viewer, input.id, now)

        return await changed(info, input, input.id, work)

    @public(
        "Recalculate the whole tree that a goal is in. Done twice it is as done once, with idempotencyKey or without."
    )
    async def recalculate_goal(
        self, info: Info, input: Annotated[RecalculateGoalInput, _INPUT]
    ) -> RecalculateGoalPayload:
        """Recalculate a tree."""
        run_id, finished, errors = await recalculate(info, str(input.goal_id), input.wait_seconds)
        return RecalculateGoalPayload(
            goal=await load_goal(info.context, str(input.goal_id)) if run_id else None,
            finished=finished,
            run=await load_run(info.context, run_id) if run_id else None,
            user_errors=errors,
            client_mutation_id=input.client_mutation_id,
        )


async def changed(
    info: Info, told: VersionedInput, goal_id: str, work: Callable[[Transaction], Awaitable[None]]
) -> GoalPayload:
    """Run `work` and give the goal as the viewer sees it then."""
    context: Context = info.context

    async def expected(tx: Transaction) -> None:
        also = given(told).get("parentId")
        await expect_goal(tx, context.viewer, goal_id, context.expected(told.expected_version), also=also)
        await work(tx)

    _, errors = await change(info, told, expected)
    goal = None if errors else await load_goal(context, goal_id)
    return GoalPayload(goal=goal, user_errors=errors, client_mutation_id=told.client_mutation_id)
