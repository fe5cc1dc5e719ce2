"""What clients give to make and change goals, and how it becomes what `graph/goal_change.py` takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import strawberry

from api.category import Category
from api.payload import MutationInput, VersionedInput
from api.period import PeriodInput, read_period
from api.scalars import Decimal
from graph.database import Transaction
from graph.errors import ErrorCode, Refusal
from graph.goal import RecordSet
from graph.goal_creation import GoalDraft
from graph.goal_queries import Queries
from graph.organization import organization
from graph.period import FiscalCalendar, GoalPeriod

_TARGET = "What is to be reached, 0 or more, in units of the metric (base currency for money)."
_STRETCH = "What would be better still, at least the target; only if the metric tracks stretch targets."
_ONLY_CHILDREN = "Whether the goal takes everything from its children and has no own part."
_MEMBERS = "Whether a team's goal counts its members' records too."
_RESTRICTED = "Whether only manager, owner and administrators may see the goal; its descendants become restricted too."
_QUERIES = "Rollup queries that say which records count, one for a category at most; children do not inherit them."


@strawberry.input(description="Which records count for one category of a goal.")
class GoalQueryInput:
    """A category's rollup query."""

    category: Category = strawberry.field(description="A category of the goal's metric, named once.")
    query_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="A rollup query over the record type that the category reads; null: every record of its set.",
    )


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
    queries: list[GoalQueryInput] = strawberry.field(default_factory=list, description=_QUERIES)


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
    queries: strawberry.Maybe[list[GoalQueryInput]] = strawberry.field(
        default=None, description=f"{_QUERIES} Categories that are not named stay as they are."
    )


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
    """What a new goal is to be, as a draft; a period or queries that cannot be are in it as the refusal."""
    period: GoalPeriod | Refusal | None = None
    if given.period is not None:
        try:
            period = read_period(given.period, calendar, ("period",))
        except Refusal as refusal:
            period = refusal
    queries: Queries | Refusal
    try:
        queries = read_queries(given.queries)
    except Refusal as refusal:
        queries = refusal
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
        queries=queries,
    )


async def read_changes(tx: Transaction, given: UpdateGoalInput) -> dict[str, Any]:
    """What updateGoal was given, present keys only."""
    changes: dict[str, Any] = present(given, _CHANGES)
    if given.period is not None:
        period: PeriodInput = given.period.value
        changes["period"] = read_period(period, (await organization(tx)).calendar, ("period",))
    if given.queries is not None and given.queries.value:
        changes["queries"] = read_queries(given.queries.value)
    return changes


def read_queries(given: Sequence[GoalQueryInput]) -> dict[Category, str | None]:
    """The queries named, by category. Refuses INVALID_VALUE for one that is named twice."""
    queries: dict[Category, str | None] = {}
    for index, one in enumerate(given):
        if one.category in queries:
            message = "This category is named twice. Give it one query."
            raise Refusal(ErrorCode.INVALID_VALUE, message, ("queries", str(index), "category"))
        queries[one.category] = one.query_id
    return queries


def present(given: object, names: tuple[str, ...]) -> dict[str, Any]:
    """The values of an input's Maybe fields that were given, by name; None where null was."""
    found = ((name, getattr(given, name)) for name in names)
    return {name: maybe.value for name, maybe in found if maybe is not None}
