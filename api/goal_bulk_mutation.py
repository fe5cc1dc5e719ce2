"""Mutations of whole trees of goals: made in one call, rolled forward, realigned with the calendar."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.context import Info
from api.fields import aggregate, detail, public
from api.goal import Goal, load_goal, load_goals
from api.goal_input import GoalFields, read_draft
from api.payload import MutationInput, MutationPayload, change
from api.period import GoalPeriod, PeriodInput, read_period
from api.scalars import Decimal
from graph import goal_change
from graph.database import Transaction
from graph.goal_copy import CopyDraft, CopyReport, GoalCopy, copy_goals
from graph.goal_creation import TreeDraft
from graph.goal_realignment import PeriodChange, realign_goals
from graph.organization import organization
from graph.period import Template
from graph.period_mapping import PeriodMapping

_INPUT = strawberry.argument(description="The mutation's input.")
_PREVIEW = "Write nothing, and tell what would be."


@strawberry.input(description="A goal of a tree that is made in one call.")
class NewGoalInput(GoalFields):
    """One goal of createGoals."""

    key: str = strawberry.field(
        description="A name of your own for it, each its own in this call; it is told in the payload and not kept."
    )
    parent_key: str | None = strawberry.field(
        default=None, description="The key of the goal above, of this call too; none: it is on top."
    )


@strawberry.input(description="A tree of goals, or several.")
class CreateGoalsInput(MutationInput):
    """Input of createGoals."""

    parent_id: strawberry.ID | None = strawberry.field(
        default=None, description="The goal that those on top are below; none: they are roots."
    )
    goals: list[NewGoalInput] = strawberry.field(
        description="Up to 10 000 goals in any order, as many as one request can hold."
    )


@strawberry.type(description="A goal that was made.")
class CreatedGoal:
    """One goal of createGoals' payload."""

    key: str = public("Its key in the input.")
    goal: Goal | None = detail("The goal; null if the viewer may not see it.")


@strawberry.type(description="The goals that were made.")
class CreateGoalsPayload(MutationPayload):
    """Payload of createGoals."""

    made: strawberry.Private[list[CreatedGoal]]

    @detail("Each goal, parents before their children; empty if the tree was refused.")
    def goals(self, info: Info) -> list[CreatedGoal]:
        """Give the goals; many at once are shaped past the executor, where the selection allows it."""
        return info.context.answer_directly(info, "CreatedGoal", self.made)


@strawberry.input(description="A tree to roll forward.")
class CopyGoalsInput(MutationInput):
    """Input of copyGoals."""

    root_id: strawberry.ID = strawberry.field(description="The goal to copy, with all below it that the viewer sees.")
    period: PeriodInput = strawberry.field(description="The period of the copied root.")
    parent_id: strawberry.ID | None = strawberry.field(
        default=None, description="The goal that the copied root is below; none: it is a root."
    )
    target_factor: Decimal = strawberry.field(
        default=Decimal("1"), description="What targets are multiplied by, above 0, up to four decimal places."
    )
    preview: bool = strawberry.field(default=False, description=_PREVIEW)


@strawberry.type(description="A goal that was copied, or would be.")
class CopiedGoal:
    """One goal of copyGoals' payload."""

    copies: strawberry.Private[tuple[GoalCopy, ...]]
    row: strawberry.Private[GoalCopy]

    @detail("The title.")
    def title(self) -> str:
        """The title."""
        return self.row.title

    @detail("Titles from the copied root down to this goal.")
    def path(self) -> list[str]:
        """The titles above it, and its own."""
        titles = [self.row.title]
        above = self.row.parent
        while above is not None:
            titles.append(self.copies[above].title)
            above = self.copies[above].parent
        return titles[::-1]

    @detail("The copy's period.")
    def period(self) -> GoalPeriod:
        """The period."""
        return GoalPeriod.of(self.row.period)

    @detail("The copy's target, in units of the metric; null if it has none.")
    def target(self) -> Decimal | None:
        """The target."""
        return None if self.row.target is None else Decimal(self.row.target)

    @detail("The copy's stretch target, in units of the metric; null if it has none.")
    def stretch_target(self) -> Decimal | None:
        """The stretch target."""
        return None if self.row.stretch_target is None else Decimal(self.row.stretch_target)

    @detail("The goal that was copied.")
    async def source(self, info: Info) -> Goal | None:
        """The original."""
        return await load_goal(info.context, self.row.source_id)

    @detail("The copy; null in a preview, or if the viewer may not see it.")
    async def goal(self, info: Info) -> Goal | None:
        """The copy."""
        return None if self.row.id is None else await load_goal(info.context, self.row.id)


@strawberry.type(description="What was copied, or would be.")
class CopyGoalsPayload(MutationPayload):
    """Payload of copyGoals."""

    copies: list[CopiedGoal] = detail("Each copy, parents before their children; empty if it was refused.")
    restricted_count: int = aggregate(
        "Number of children of the copied goals that the viewer may not see. They, and all below them, are not copied."
    )


@strawberry.input(description="What becomes of a period that counts by another template than the calendar's.")
class PeriodMappingInput:
    """One period of realignGoals' mapping."""

    from_index: int = strawberry.field(description="Number of the period in its year, as the goals have it.")
    from_template: Template | None = strawberry.field(
        default=None, description="The template it counts by; none: any for which the mapping has no other."
    )
    index: int | None = strawberry.field(
        default=None, description="Number of the period that it becomes; none: the whole year."
    )
    year_offset: int = strawberry.field(default=0, description="How many fiscal years later it becomes that one.")


@strawberry.input(description="Goals to realign with the fiscal calendar.")
class RealignGoalsInput(MutationInput):
    """Input of realignGoals."""

    root_ids: list[strawberry.ID] = strawberry.field(
        description="1 to 200 goals; each is realigned with all below it, 10 000 goals at most."
    )
    mapping: list[PeriodMappingInput] = strawberry.field(
        default_factory=list,
        description="Needed for goals whose period counts by another template than the calendar's.",
    )
    preview: bool = strawberry.field(default=False, description=_PREVIEW)


@strawberry.type(description="A goal whose period changed, or would.")
class RealignedGoal:
    """One goal of realignGoals' payload."""

    row: strawberry.Private[PeriodChange]

    @detail("The goal.")
    async def goal(self, info: Info) -> Goal | None:
        """The goal."""
        return await load_goal(info.context, self.row.goal_id)

    @detail("Its period before.", name="from")
    def before(self) -> GoalPeriod:
        """The former period."""
        return GoalPeriod.of(self.row.before)

    @detail("Its period by the calendar in force.", name="to")
    def after(self) -> GoalPeriod:
        """The new period."""
        return GoalPeriod.of(self.row.after)


@strawberry.type(description="What was realigned, or would be.")
class RealignGoalsPayload(MutationPayload):
    """Payload of realignGoals."""

    realigned: list[RealignedGoal] = detail(
        "Each goal whose period changes, parents first; empty if none does, or if it was refused."
    )


@strawberry.type
class GoalBulkMutation:
    """Mutations of trees of goals."""

    @public(
        "Create a tree of goals, or several, in one call: all of it, or nothing and everything that is wrong with it. "
        "A goal has its parent's metric, period and restriction unless it says otherwise."
    )
    async def create_goals(self, info: Info, input: Annotated[CreateGoalsInput, _INPUT]) -> CreateGoalsPayload:
        """Create a tree."""
        now = info.context.clock.now()

        async def work(tx: Transaction) -> dict[str, str]:
            calendar = (await organization(tx)).calendar
            drafts = [
                TreeDraft(read_draft(one, calendar), ("goals", str(index)), one.key, one.parent_key)
                for index, one in enumerate(input.goals)
            ]
            return await goal_change.create_goals(tx, info.context.viewer, input.parent_id, drafts, now)

        ids, errors = await change(info, input, work)
        goals = await load_goals(info.context, list((ids or {}).values()))
        return CreateGoalsPayload(
            made=[CreatedGoal(key=key, goal=goals.get(id_)) for key, id_ in (ids or {}).items()],
            user_errors=errors,
            client_mutation_id=input.client_mutation_id,
        )

    @public(
        "Roll a tree forward: copy a goal and all below it that the viewer sees, with another period and open again. "
        "Results stay behind. Periods below follow the root's: the same one becomes its, a fiscal one goes as many "
        "periods or years, a custom one as many days, cut to its parent's. What has no counterpart is refused."
    )
    async def copy_goals(self, info: Info, input: Annotated[CopyGoalsInput, _INPUT]) -> CopyGoalsPayload:
        """Copy a tree."""
        viewer, now = info.context.viewer, info.context.clock.now()

        async def work(tx: Transaction) -> CopyReport:
            period = read_period(input.period, (await organization(tx)).calendar)
            draft = CopyDraft(input.root_id, period, input.target_factor, input.parent_id)
            return await copy_goals(tx, viewer, draft, now, preview=input.preview)

        done, errors = await change(info, input, work)
        copies = done.copies if done else ()
        return CopyGoalsPayload(
            copies=[CopiedGoal(copies=copies, row=row) for row in copies],
            restricted_count=done.restricted_count if done else 0,
            user_errors=errors,
            client_mutation_id=input.client_mutation_id,
        )

    @public(
        "Give goals the dates and names that their fiscal periods have by the calendar in force; custom periods stay. "
        "Needs the right to change each of them. They are stale until they are calculated."
    )
    async def realign_goals(self, info: Info, input: Annotated[RealignGoalsInput, _INPUT]) -> RealignGoalsPayload:
        """Realign trees."""
        viewer, now = info.context.viewer, info.context.clock.now()
        mapping = [
            PeriodMapping(one.from_index, one.index, one.year_offset, one.from_template) for one in input.mapping
        ]
        roots = [str(id_) for id_ in input.root_ids]

        async def work(tx: Transaction) -> tuple[PeriodChange, ...]:
            return await realign_goals(tx, viewer, roots, mapping, now, preview=input.preview)

        done, errors = await change(info, input, work)
        return RealignGoalsPayload(
            realigned=[RealignedGoal(row=row) for row in done or ()],
            user_errors=errors,
            client_mutation_id=input.client_mutation_id,
        )
