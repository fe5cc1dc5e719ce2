"""A goal in GraphQL: its fields, and the goals around it. Finding goals: `goal_query`; changing: `goal_mutation`."""

from __future__ import annotations

from datetime import date, datetime
from functools import cached_property
from typing import Annotated
from zoneinfo import ZoneInfo

import strawberry

from api import goal_enums  # noqa: F401 - the enums below are described there
from api.connection import Connection, read_page
from api.context import Context, Info
from api.fields import aggregate, detail
from api.loaders import ChildrenPage
from api.metric import Metric
from api.node import Node
from api.owners import GoalOwner, User, owner_type
from api.period import GoalPeriod
from api.progress import GoalPace, ProgressReason
from api.scalars import Decimal
from graph.goal import GoalRow, GoalState, RecordSet, RollupState
from graph.metric import MetricRow
from graph.money import format_decimal, format_units
from graph.progress import Progress, Reason, Status
from graph.rollup_compiler import Category


@strawberry.type(description="How a goal's numbers came about.")
class GoalRollup:
    """State of a goal's rollup."""

    state: RollupState = aggregate("How far the numbers can be relied on.")
    calculated_at: datetime | None = aggregate("When the numbers were last worked out; null if never.")
    incomplete: bool = aggregate("Whether a goal below keeps an older number, because a new one did not fit.")
    error: str | None = aggregate("What went wrong, in words; null if nothing did.")


@strawberry.type(description="Children that the viewer may not see.")
class RestrictedChildren:
    """Hidden children, counted."""

    count: int = aggregate("How many children count in the totals and are not shown.")


@strawberry.type(description="What the viewer may do with a goal.")
class GoalAccess:
    """The viewer's rights on a goal."""

    can_edit: bool = detail("Whether the viewer may change, move, close and recalculate the goal.")
    can_delete: bool = detail("Whether the viewer may delete the goal.")


@strawberry.type(description="A target for one metric, one owner and one period; a node in a tree of goals.")
class Goal(Node):
    """A goal, as one viewer sees it at one moment."""

    row: strawberry.Private[GoalRow]
    measure: strawberry.Private[MetricRow]
    now: strawberry.Private[datetime]

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

    @aggregate("Actual total: the goal's own part plus its children's totals. Null if the metric has no such category.")
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
        return self._amount(self.row.total(Category.ACTUAL))

    @aggregate("In-progress total: own part plus children's totals. Null if the metric has no such category.")
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
        return self._amount(self.row.total(Category.IN_PROGRESS))

    @aggregate("Custom total: own part plus children's totals. Null if the metric has no such category.")
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
        return self._amount(self.row.total(Category.CUSTOM))

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
        return GoalRollup(
            state=self.row.rollup_state(self.measure, self.now),
            calculated_at=self.row.last_calculated(self.measure),
            incomplete=bool(self.row.incomplete),
            error=self.row.rollup_message,
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

    @detail("Whether only manager, owner and administrators may see the goal. It counts in totals all the same.")
    def restricted(self) -> bool:
        """Whether the goal is restricted."""
        return self.row.restricted

    @detail("What the viewer may do with the goal.")
    def access(self, info: Info) -> GoalAccess:
        """The viewer's rights."""
        viewer = info.context.viewer
        writable = viewer.administrator or viewer.id == self.row.manager_id
        return GoalAccess(can_edit=writable, can_delete=writable)

    @detail("When the goal was created.")
    def created_at(self) -> datetime:
        """When created."""
        return self.row.created_at

    @detail("When the goal's definition was last changed; results do not move it.")
    def updated_at(self) -> datetime:
        """When changed."""
        return self.row.updated_at

    @cached_property
    def _progress(self) -> Progress:
        has_actual = Category.ACTUAL in self.measure.categories
        return Progress(
            self.row.total(Category.ACTUAL),
            self.row.target,
            self.row.stretch_target,
            self.row.start_date,
            self.row.end_date,
            self._today,
            self.row.closed,
            self.measure.tracks_stretch_target,
            self.measure.data_type,
            no_actual=Reason.NOT_CALCULATED if has_actual else Reason.NO_ACTUAL,
        )

    @property
    def _today(self) -> date:
        return self.now.astimezone(ZoneInfo(self.measure.time_zone)).date()

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
