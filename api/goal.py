"""A goal in GraphQL: its fields, and the goals around it. Finding goals: `goal_query`; changing: `goal_mutation`."""

from __future__ import annotations

from datetime import date, datetime
from functools import cached_property
from typing import Annotated

import strawberry

from api import goal_enums  # noqa: F401 - the enums below are described there
from api.category import Category
from api.connection import Connection, read_page
from api.context import Context, Info
from api.fields import aggregate, detail
from api.goal_access import GoalAccess, withheld
from api.goal_amounts import GoalMoney
from api.goal_parts import ChildTargets, GoalRollup, GoalRollupQuery, RestrictedChildren
from api.goal_reasons import GoalReasons
from api.history import GoalHistory
from api.loaders import ChildrenPage
from api.metric import Metric
from api.node import Node
from api.override import GoalOverride
from api.owners import GoalOwner, User, owner_type
from api.period import GoalPeriod
from api.progress import GoalPace, ProgressReason, progress_of
from api.scalars import Decimal
from graph.goal import GoalRow, GoalState, RecordSet, RollupState
from graph.money import format_decimal, format_units
from graph.progress import Progress, Status
from graph.version import goal_version


@strawberry.type(description="A target for one metric, one owner and one period; a node in a tree of goals.")
class Goal(GoalMoney, GoalReasons, GoalHistory, Node):
    """A goal, as one viewer sees it at one moment."""

    @detail("Title, 1 to 100 characters.")
    def title(self) -> str:
        """The title."""
        return self.row.title

    @detail("Description, up to 2 000 characters.")
    def description(self) -> str | None:
        """The description."""
        return self.row.description

    @detail("How the goal is measured: all goals of a tree alike.")
    def metric(self) -> Metric:
        """The metric."""
        return Metric(row=self.measure)

    @detail("The goal above; null for a root, and where the viewer may not see it.")
    async def parent(self, info: Info) -> Goal | None:
        """The visible parent."""
        return await load_goal(info.context, self.row.parent_id) if self.row.parent_id else None

    @detail("The goals above, nearest first, up to the first that the viewer may not see.")
    async def ancestors(self, info: Info) -> list[Goal]:
        """The visible ancestors."""
        found = await info.context.loaders.ancestors.load(self.row.id)
        return [] if found is None else [Goal(row=row, measure=self.measure, now=self.now) for row in found.goals]

    @detail("The goals below that the viewer may see, by title.")
    async def children(
        self,
        info: Info,
        first: Annotated[int | None, strawberry.argument(description="At most 200; 50 if left out.")] = None,
        after: Annotated[str | None, strawberry.argument(description="Cursor of the last node seen.")] = None,
    ) -> Connection[Goal]:
        """A page of the visible children."""
        cursors = info.context.cursors({"field": "children", "parent": self.row.id})
        page = read_page(cursors, first=first, after=after, forward_only=True)
        title, goal_id = (str(key) for key in page.after) if page.after else (None, None)
        found = await info.context.loaders.children.load(ChildrenPage(self.row.id, page.limit, title, goal_id))
        if found is not None:
            found.check_sum_of(self.row)
        return Connection[Goal].of(
            found.goals if found else [],
            page,
            cursors,
            keys=lambda row: [row.title, row.id],
            node=lambda row: Goal(row=row, measure=self.measure, now=self.now),
            total=found.total_count if found else 0,
        )

    @detail("What the children's targets add up to; null if the viewer may not see every child.")
    async def child_targets(self, info: Info) -> ChildTargets | None:
        """The children's targets."""
        found = await info.context.loaders.child_targets.load(self.row.id)
        if found is None:
            return None
        target = self.row.target
        return ChildTargets(
            sum=Decimal(format_units(found.units, self.measure.data_type)),
            difference=self._amount(None if target is None else target - found.units),
        )

    @aggregate("Children that the viewer may not see: they count in the totals.")
    async def restricted_children(self, info: Info) -> RestrictedChildren:
        """How many children are hidden."""
        found = await info.context.loaders.restricted_children.load(self.row.id)
        return RestrictedChildren(count=found.count if found else 0)

    @detail("The user responsible for the goal: sets target, period and owner.")
    async def manager(self, info: Info) -> User | None:
        """The manager."""
        row = await info.context.loaders.owners.load(self.row.manager_id)
        owner = owner_type(row) if row is not None else None
        return owner if isinstance(owner, User) else None

    @detail("Who must meet the goal: a user, team, business unit, territory or product line.")
    async def owner(self, info: Info) -> GoalOwner | None:
        """The owner."""
        row = await info.context.loaders.owners.load(self.row.owner_id)
        return owner_type(row) if row is not None else None

    @detail("The days whose records count.")
    def period(self) -> GoalPeriod:
        """The period."""
        return GoalPeriod.of(self.row.period)

    @detail("Whether the goal is open or closed.")
    def state(self) -> GoalState:
        """The state."""
        return GoalState(self.row.state)

    @detail("What is to be reached, in units of the metric (base currency for money); null: no target.")
    def target(self) -> Decimal | None:
        """The target."""
        return self._amount(self.row.target)

    @detail("What would be better still, in units of the metric; null: none, or the metric tracks none.")
    def stretch_target(self) -> Decimal | None:
        """The stretch target."""
        return self._amount(self.row.stretch_target)

    @aggregate(
        "Actual total: the pinned value, or else own part plus children's totals. Null if the metric has no actual."
    )
    def actual(self) -> Decimal | None:
        """The actual total."""
        return self._amount(self.row.total(Category.ACTUAL))

    @aggregate("Actual of the goal's own records.")
    def own_actual(self) -> Decimal | None:
        """The actual own part."""
        return self._amount(self.row.own(Category.ACTUAL))

    @aggregate("Actual as computed: own part plus children's totals.")
    def computed_actual(self) -> Decimal | None:
        """The computed actual."""
        return self._amount(self.row.computed(Category.ACTUAL))

    @aggregate("In-progress total: the pinned value, or else own part plus children's totals. Null if there is none.")
    def in_progress(self) -> Decimal | None:
        """The in-progress total."""
        return self._amount(self.row.total(Category.IN_PROGRESS))

    @aggregate("In-progress of the goal's own records.")
    def own_in_progress(self) -> Decimal | None:
        """The in-progress own part."""
        return self._amount(self.row.own(Category.IN_PROGRESS))

    @aggregate("In-progress as computed: own part plus children's totals.")
    def computed_in_progress(self) -> Decimal | None:
        """The computed in-progress."""
        return self._amount(self.row.computed(Category.IN_PROGRESS))

    @aggregate("Custom total: the pinned value, or else own part plus children's totals. Null if there is none.")
    def custom(self) -> Decimal | None:
        """The custom total."""
        return self._amount(self.row.total(Category.CUSTOM))

    @aggregate("Custom of the goal's own records.")
    def own_custom(self) -> Decimal | None:
        """The custom own part."""
        return self._amount(self.row.own(Category.CUSTOM))

    @aggregate("Custom as computed: own part plus children's totals.")
    def computed_custom(self) -> Decimal | None:
        """The computed custom."""
        return self._amount(self.row.computed(Category.CUSTOM))

    @aggregate("Records counted, own and below, over all categories; one that counts for two goals below counts twice.")
    def record_count(self) -> int | None:
        """How many records counted."""
        return self.row.count(self.measure.categories)

    @aggregate("How the goal stands today; null where progressReasons says why.")
    def status(self) -> Status | None:
        """The status."""
        return self._progress.status

    @aggregate("Actual in percent of the target, two decimal places.")
    def percentage_achieved(self) -> Decimal | None:
        """Percentage achieved."""
        return _decimal(self._progress.percentage_achieved)

    @aggregate("Actual in percent of the stretch target, two decimal places.")
    def stretch_percentage_achieved(self) -> Decimal | None:
        """Stretch percentage achieved."""
        return _decimal(self._progress.stretch_percentage_achieved)

    @aggregate("What should be reached by today: target times the elapsed part of the period.")
    def todays_target(self) -> Decimal | None:
        """Today's target."""
        return _decimal(self._progress.todays_target)

    @aggregate("The elapsed part of the period in percent, two decimal places.")
    def todays_target_percentage(self) -> Decimal | None:
        """Today's target in percent."""
        return _decimal(self._progress.todays_target_percentage)

    @aggregate("How far ahead (or, negative, behind) of today's target the actual is.")
    def pace(self) -> GoalPace:
        """The pace."""
        return GoalPace(amount=_decimal(self._progress.pace_amount), days=_decimal(self._progress.pace_days))

    @aggregate("Actual divided by the elapsed part of the period: where it ends if it goes on like this.")
    def projected(self) -> Decimal | None:
        """The projection."""
        return _decimal(self._progress.projected)

    @aggregate("Why each progress field that is null is null.")
    def progress_reasons(self) -> list[ProgressReason]:
        """Reasons of nulls."""
        return [ProgressReason(field=name, code=reason) for name, reason in self._progress.reasons]

    @aggregate("State of the numbers: current or stale, when calculated, what went wrong.")
    def rollup(self) -> GoalRollup:
        """The rollup's state."""
        state = self.row.rollup_state(self.measure, self.now)
        return GoalRollup(
            state=state,
            calculated_at=self.row.last_calculated(self.measure),
            incomplete=bool(self.row.incomplete),
            late_changes=bool(self.row.late_changes)
            or (state is RollupState.STALE and self.measure.is_late(self.row.end_date, self.now)),
            error=self.row.rollup_message,
        )

    @detail("Totals given by hand in the place of computed ones; null if there are none.")
    def override(self) -> GoalOverride | None:
        """The override."""
        row = self.row
        if row.override_reason is None or row.override_author is None or row.overridden_at is None:
            return None
        return GoalOverride(
            author_id=row.override_author,
            reason=row.override_reason,
            overridden_at=row.overridden_at,
            end_date=None if row.override_end is None else date.fromisoformat(row.override_end),
            actual=self._amount(row.pinned(Category.ACTUAL)),
            in_progress=self._amount(row.pinned(Category.IN_PROGRESS)),
            custom=self._amount(row.pinned(Category.CUSTOM)),
        )

    @detail("Whether the goal takes everything from its children and has no own part.")
    def rollup_only_from_children(self) -> bool:
        """Whether there is no own part."""
        return self.row.rollup_only_from_children

    @detail("Which records its own part counts.")
    def record_set(self) -> RecordSet:
        """The record set."""
        return RecordSet(self.row.record_set)

    @detail("Whether a team's goal counts its members' records too.")
    def include_team_members(self) -> bool:
        """Whether members' records count."""
        return self.row.include_team_members

    @detail("Which records count, for each category with a rollup query; empty for who may not see those.")
    def rollup_queries(self) -> list[GoalRollupQuery]:
        """The rollup queries."""
        pairs = self.row.queries or []
        return [GoalRollupQuery(category=Category(category), query_id=strawberry.ID(id_)) for category, id_ in pairs]

    @detail("Whether only manager, owner and administrators may see the goal. It counts in totals all the same.")
    def restricted(self) -> bool:
        """Whether the goal is restricted."""
        return self.row.restricted

    @detail("What the viewer may do with the goal.")
    async def access(self, info: Info) -> GoalAccess:
        """The viewer's rights."""
        found = await info.context.loaders.operations.load(self.row.id)
        return GoalAccess.of(found.operations if found else [])

    @detail("Names of the fields that are null, or empty lists, because the viewer may not read them.")
    def restricted_fields(self) -> list[str]:
        """The fields withheld."""
        return withheld(self.row, self.measure)

    @detail(
        "For `expectedVersion`: it moves with the goal's definition, as the viewer may see it, and not with results."
    )
    def version(self, info: Info) -> str:
        """The version."""
        return goal_version(info.context.version_key, self.row)

    @detail("When the goal was created.")
    def created_at(self) -> datetime:
        """When created."""
        return self.row.created_at

    @detail("When the goal's definition was last changed, as far as the viewer may read it; results do not move it.")
    def updated_at(self) -> datetime:
        """When changed."""
        return self.row.updated_at

    @cached_property
    def _progress(self) -> Progress:
        return progress_of(self.row, self.measure, self.now)

    def _amount(self, units: int | None) -> Decimal | None:
        return None if units is None else Decimal(format_units(units, self.measure.data_type))


async def load_goal(context: Context, goal_id: str) -> Goal | None:
    """The goal with this id, or None for hidden and absent alike."""
    row = await context.loaders.goals.load(goal_id)
    return None if row is None else (await with_metrics(context, [row]))[0]


async def load_goals(context: Context, goal_ids: list[str]) -> dict[str, Goal]:
    """The goals with these ids that the viewer may see, by id, read in one statement."""
    rows = [row for row in await context.loaders.goals.load_many(goal_ids) if row is not None]
    return {goal.row.id: goal for goal in await with_metrics(context, rows)}


async def with_metrics(context: Context, rows: list[GoalRow]) -> list[Goal]:
    """The rows as GraphQL goals, in the same order; each metric is read once a request."""
    metrics = await context.loaders.metrics.load_many([row.metric_id for row in rows])
    now = context.clock.now()
    return [
        Goal(row=row, measure=metric, now=now) for row, metric in zip(rows, metrics, strict=True) if metric is not None
    ]


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(format_decimal(value))  # type: ignore[arg-type]
