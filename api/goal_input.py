"""What clients give to make and change goals, and how it becomes what `graph/goal_change.py` takes."""

from __future__ import annotations

from typing import Any

import strawberry

from api.payload import MutationInput, VersionedInput
from api.period import PeriodInput, read_period
from api.scalars import Decimal
from graph.database import Transaction
from graph.errors import Refusal
from graph.goal import RecordSet
from graph.goal_creation import GoalDraft
from graph.organization import organization
from graph.period import FiscalCalendar, GoalPeriod

_TARGET = "What is to be reached, 0 or more, in units of the metric (base currency for money)."
_STRETCH = "What would be better still, at least the target; only if the metric tracks stretch targets."
_ONLY_CHILDREN = "Whether the goal takes everything from its children and has no own part."
_MEMBERS = "Whether a team's goal counts its members' records too."
_RESTRICTED = "Whether only manager, owner and administrators may see the goal; its descendants become restricted too."


@strawberry.input(description="What a new goal is made of, but for its place.")
class GoalFields:
    """Base of the inputs that make goals."""

    title: str = strawberry.field(description="Title, 1 to 100 characters.")
    description: str | None = strawberry.field(default=None, description="Up to 2 000 characters.")
    metric_id: strawberry.ID | None = strawberry.field(
        default=None, description="The metric; left out below a parent, which has it."
    )
    manager_id: strawberry.ID | None = strawberry.field(default=None, description="A user; the viewer if left out.")
    owner_id: strawberry.ID | None = strawberry.field(
        default=None, description="A user, team, business unit, territory or product line; the manager if left out."
    )
    period: PeriodInput | None = strawberry.field(
        default=None, description="The period, within the parent's; the parent's if left out."
    )
    target: Decimal | None = strawberry.field(default=None, description=_TARGET)
    stretch_target: Decimal | None = strawberry.field(default=None, description=_STRETCH)
    rollup_only_from_children: bool = strawberry.field(default=False, description=_ONLY_CHILDREN)
    record_set: RecordSet = strawberry.field(default=RecordSet.OWNED, description="Which records its own part counts.")
    include_team_members: bool = strawberry.field(default=False, description=_MEMBERS)
    restricted: bool | None = strawberry.field(default=None, description="As the parent is, if left out.")


@strawberry.input(description="A new goal.")
class CreateGoalInput(GoalFields, MutationInput):
    """Input of createGoal."""

    parent_id: strawberry.ID | None = strawberry.field(default=None, description="The goal above; none: a root.")


@strawberry.input(description="Changes of a goal: what is left out stays, null clears what may be empty.")
class UpdateGoalInput(VersionedInput):
    """Input of updateGoal."""

    id: strawberry.ID = strawberry.field(description="The goal.")
    title: strawberry.Maybe[str] = strawberry.field(default=None, description="Title, 1 to 100 characters.")
    description: strawberry.Maybe[str | None] = strawberry.field(default=None, description="Up to 2 000 characters.")
    metric_id: strawberry.Maybe[strawberry.ID] = strawberry.field(
        default=None,
        description="Another metric; only on a goal without children that has no parent, or gets one of this metric in "
        "the same call. Numbers start anew, and an override ends.",
    )
    parent_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        default=None,
        description="Another parent, or null for none; all below moves along. Needs the right to change both parents.",
    )
    manager_id: strawberry.Maybe[strawberry.ID] = strawberry.field(default=None, description="Another manager, a user.")
    owner_id: strawberry.Maybe[strawberry.ID] = strawberry.field(
        default=None, description="Another owner, of any kind."
    )
    period: strawberry.Maybe[PeriodInput] = strawberry.field(
        default=None, description="Another period; goals below with exactly the same one move along."
    )
    target: strawberry.Maybe[Decimal | None] = strawberry.field(default=None, description=_TARGET)
    stretch_target: strawberry.Maybe[Decimal | None] = strawberry.field(default=None, description=_STRETCH)
    rollup_only_from_children: strawberry.Maybe[bool] = strawberry.field(default=None, description=_ONLY_CHILDREN)
    record_set: strawberry.Maybe[RecordSet] = strawberry.field(
        default=None, description="Which records its own part counts."
    )
    include_team_members: strawberry.Maybe[bool] = strawberry.field(default=None, description=_MEMBERS)
    restricted: strawberry.Maybe[bool] = strawberry.field(default=None, description=_RESTRICTED)


_CHANGES = (
    "title",
    "description",
    "metric_id",
    "parent_id",
    "manager_id",
    "owner_id",
    "target",
    "stretch_target",
    "rollup_only_from_children",
    "record_set",
    "include_team_members",
    "restricted",
)


def read_draft(given: GoalFields, calendar: FiscalCalendar, parent_id: str | None = None) -> GoalDraft:
    """What a new goal is to be, as a draft; a period that cannot be is in it as the refusal."""
    period: GoalPeriod | Refusal | None = None
    if given.period is not None:
        try:
            period = read_period(given.period, calendar, ("period",))
        except Refusal as refusal:
            period = refusal
    return GoalDraft(
        title=given.title,
        description=given.description,
        metric_id=given.metric_id,
        parent_id=parent_id,
        manager_id=given.manager_id,
        owner_id=given.owner_id,
        period=period,
        target=given.target,
        stretch_target=given.stretch_target,
        rollup_only_from_children=given.rollup_only_from_children,
        record_set=given.record_set,
        include_team_members=given.include_team_members,
        restricted=given.restricted,
    )


async def read_changes(tx: Transaction, given: UpdateGoalInput) -> dict[str, Any]:
    """What updateGoal was given, present keys only."""
    changes: dict[str, Any] = present(given, _CHANGES)
    if given.period is not None:
        period: PeriodInput = given.period.value
        changes["period"] = read_period(period, (await organization(tx)).calendar, ("period",))
    return changes


def present(given: object, names: tuple[str, ...]) -> dict[str, Any]:
    """The values of an input's Maybe fields that were given, by name; None where null was."""
    found = ((name, getattr(given, name)) for name in names)
    return {name: maybe.value for name, maybe in found if maybe is not None}
