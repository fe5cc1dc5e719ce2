"""The rules of semantics §7, §8 on a goal's fields, parent and period. Each refuses with one code, or returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graph.errors import ErrorCode, Refusal
from graph.goal import GoalState
from graph.goal_statements import IsBelow, KindsOfOwners, Subtree
from graph.metric import MetricsByIds
from graph.money import format_units, parse_units
from graph.period import GoalPeriod, PeriodKind
from graph.rights import check_may_create

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from graph.database import Transaction
    from graph.goal import GoalRow
    from graph.goal_statements import GoalForChange, OwnerKind
    from graph.metric import MetricRow
    from graph.visibility import Viewer

NOT_FOUND_GOAL = "There is no such goal, or you may not see it."

#: The fields whose change makes a goal's numbers, and its ancestors', older than its definition.
PROPERTIES_THAT_COUNT = frozenset(
    {"metric_id", "owner_id", "period", "rollup_only_from_children", "record_set", "include_team_members", "queries"}
)


def check_closed(goal: GoalForChange, name: tuple[str, ...], *, inside: bool = False) -> None:
    """Refuses GOAL_CLOSED if the goal is closed; `inside`: or anything above it is."""
    if goal.goal.closed:
        message = "The goal is closed and read-only. Reopen it first."
        raise Refusal(ErrorCode.GOAL_CLOSED, message, name)
    if inside and goal.below_closed:
        message = "A goal above this one is closed, so nothing moves below it. Reopen from the top."
        raise Refusal(ErrorCode.GOAL_CLOSED, message, name)


def check_parent(
    parent: GoalForChange,
    metric_id: str,
    period: GoalPeriod,
    *,
    period_field: tuple[str, ...],
    metric_field: tuple[str, ...] = ("parentId",),
) -> None:
    """Refuses PARENT_METRIC_DIFFERS and PERIOD_NOT_WITHIN_PARENT."""
    if parent.goal.metric_id != metric_id:
        message = "A goal has its parent's metric. Leave the metric out, or choose a parent of the same one."
        raise Refusal(ErrorCode.PARENT_METRIC_DIFFERS, message, metric_field)
    if not parent.goal.period.contains(period):
        raise Refusal(ErrorCode.PERIOD_NOT_WITHIN_PARENT, outside(parent), period_field)


async def check_place(tx: Transaction, viewer: Viewer, goal: GoalForChange, parent: GoalForChange | None) -> None:
    """Refuses a move under this parent, or to the top: FORBIDDEN, GOAL_CLOSED, GOAL_CYCLE."""
    if not goal.parent_writable:
        message = "Moving a goal needs the right to change it and both its parents."
        raise Refusal(ErrorCode.FORBIDDEN, message, ("id",))
    if parent is None:
        await check_may_create(tx, viewer, goal.goal.manager_id, ("parentId",))
    check_closed(goal, ("id",), inside=True)
    if parent is not None:
        check_closed(parent, ("parentId",), inside=True)
        found = await tx.one(IsBelow(parent.goal.id, goal.goal.id))
        if found is not None and found.found:
            message = "A goal cannot be below itself. Choose a parent outside its own tree."
            raise Refusal(ErrorCode.GOAL_CYCLE, message, ("parentId",))


def check_metric_change(goal: GoalForChange, *, moves: bool) -> None:
    """Refuses METRIC_LOCKED_IN_TREE: another metric needs that no goal above or below keeps the former one."""
    if goal.has_children or (goal.goal.parent_id is not None and not moves):
        message = "A goal with a parent or children keeps its metric. Take it out of its tree first."
        raise Refusal(ErrorCode.METRIC_LOCKED_IN_TREE, message, ("metricId",))


async def check_period_change(
    tx: Transaction, goal: GoalForChange, parent: GoalForChange | None, period: GoalPeriod | None
) -> list[str]:
    """The descendants that had exactly the same period and move along; the period fits above and below.

    `parent` is the one the goal is going to have. Refuses PERIOD_INCOMPLETE, PERIOD_NOT_WITHIN_PARENT,
    PERIOD_LOCKED_BY_CLOSED_GOAL. A descendant moves along if the goals between have the same period too, or not: what
    counts is that each stays within its parent's.
    """
    if period is None:
        message = "A goal needs a period. Leave it out to keep the one it has."
        raise Refusal(ErrorCode.PERIOD_INCOMPLETE, message, ("period",))
    if parent is not None and not parent.goal.period.contains(period):
        raise Refusal(ErrorCode.PERIOD_NOT_WITHIN_PARENT, outside(parent), ("period",))
    former = (goal.goal.start_date, goal.goal.end_date)
    below = await tx.run(Subtree(goal.goal.id))
    along = [row for row in below if (row.start_date, row.end_date) == former]
    if any(row.state != GoalState.OPEN for row in along):
        message = "A closed goal below has the same period and cannot move along. Reopen it first."
        raise Refusal(ErrorCode.PERIOD_LOCKED_BY_CLOSED_GOAL, message, ("period",))
    moved = {row.id for row in along}
    dates = {row.id: (row.start_date, row.end_date) for row in below}
    dates |= dict.fromkeys([goal.goal.id, *moved], (period.start, period.end))
    for row in below:
        start, end = dates[row.id]
        parent_start, parent_end = dates[row.parent_id]
        if start < parent_start or end > parent_end:
            message = "A goal below would lie outside this period. Change the periods below first."
            raise Refusal(ErrorCode.PERIOD_NOT_WITHIN_PARENT, message, ("period",))
    return sorted(moved)


def check_targets(metric: MetricRow, target: str | None, stretch: str | None) -> tuple[int | None, int | None]:
    """Target and stretch target as units. Refuses TARGET_NEGATIVE, STRETCH_NOT_TRACKED, STRETCH_BELOW_TARGET."""
    units = None if target is None else parse_units(target, metric.data_type, ("target",))
    stretch_units = None if stretch is None else parse_units(stretch, metric.data_type, ("stretchTarget",))
    for value, name in ((units, "target"), (stretch_units, "stretchTarget")):
        if value is not None and value < 0:
            message = f"{name} cannot be negative. Use 0 or more."
            raise Refusal(ErrorCode.TARGET_NEGATIVE, message, (name,))
    if stretch_units is not None:
        if not metric.tracks_stretch_target:
            message = "The metric tracks no stretch target. Leave it out."
            raise Refusal(ErrorCode.STRETCH_NOT_TRACKED, message, ("stretchTarget",))
        if units is not None and stretch_units < units:
            message = "The stretch target is below the target. Use the target or more."
            raise Refusal(ErrorCode.STRETCH_BELOW_TARGET, message, ("stretchTarget",))
    return units, stretch_units


def changed_targets(
    goal: GoalRow, metric: MetricRow, changes: Mapping[str, Any], already: Mapping[str, Any]
) -> dict[str, Any]:
    """The properties of a change of target or stretch target, checked together with the one that stays."""

    def text(key: str, stored: int | None, name: str) -> str | None:
        if key in changes:
            value: str | None = changes[key]
            return value
        units = already.get(name, stored)
        return None if units is None else format_units(units, metric.data_type)

    target, stretch = check_targets(
        metric,
        text("target", goal.target, "target"),
        text("stretch_target", goal.stretch_target, "stretchTarget"),
    )
    return {"target": target, "stretchTarget": stretch}


def converted_targets(
    goal: GoalRow, former: MetricRow, metric: MetricRow, changes: Mapping[str, Any]
) -> dict[str, Any]:
    """The targets that stay, in the units of another metric's data type. Refuses AMOUNT_TOO_PRECISE."""
    converted: dict[str, Any] = {}
    for key, name, units in (
        ("target", "target", goal.target),
        ("stretch_target", "stretchTarget", goal.stretch_target),
    ):
        if key not in changes and units is not None:
            converted[name] = parse_units(format_units(units, former.data_type), metric.data_type, (name,))
    return converted


def metric_of(
    metrics: Mapping[str, MetricRow], metric_id: str | None, parent_metric_id: str | None = None
) -> MetricRow:
    """The metric named, or the parent's. `metrics`: those there are, by id.

    Refuses REQUIRED, NOT_FOUND, PARENT_METRIC_DIFFERS, METRIC_WITHOUT_FIELDS.
    """
    if parent_metric_id is not None:
        if metric_id not in {None, parent_metric_id}:
            message = "A goal has its parent's metric. Leave the metric out."
            raise Refusal(ErrorCode.PARENT_METRIC_DIFFERS, message, ("metricId",))
        metric_id = parent_metric_id
    if metric_id is None:
        message = "A goal without a parent needs a metric."
        raise Refusal(ErrorCode.REQUIRED, message, ("metricId",))
    metric = metrics.get(metric_id)
    if metric is None:
        message = "There is no such metric."
        raise Refusal(ErrorCode.NOT_FOUND, message, ("metricId",))
    if not metric.fields:
        message = "The metric has no rollup field yet. Create one first."
        raise Refusal(ErrorCode.METRIC_WITHOUT_FIELDS, message, ("metricId",))
    return metric


def manager_of(owners: Mapping[str, OwnerKind], manager_id_: str) -> str:
    """The id, if it is an active user's. `owners`: those there are. Refuses MANAGER_MUST_BE_USER, NOT_FOUND."""
    owner = owners.get(manager_id_)
    if owner is None:
        message = "There is no such user."
        raise Refusal(ErrorCode.NOT_FOUND, message, ("managerId",))
    if owner.kind != "USER" or not owner.active:
        message = "A goal's manager is an active user. Name one."
        raise Refusal(ErrorCode.MANAGER_MUST_BE_USER, message, ("managerId",))
    return owner.id


def owner_of(owners: Mapping[str, OwnerKind], owner_id_: str) -> str:
    """The id, if it is that of an owner of any kind. `owners`: those there are. Refuses OWNER_NOT_FOUND."""
    owner = owners.get(owner_id_)
    if owner is None:
        message = "There is no such user, team, business unit, territory or product line."
        raise Refusal(ErrorCode.OWNER_NOT_FOUND, message, ("ownerId",))
    return owner.id


async def metric_with_fields(tx: Transaction, viewer: Viewer, metric_id: str) -> MetricRow:
    """The metric named, as `metric_of` gives it."""
    return metric_of(await metrics_by_id(tx, viewer, [metric_id]), metric_id)


async def manager_id(tx: Transaction, owner_id_: str) -> str:
    """The id, as `manager_of` gives it."""
    return manager_of(await owners_by_id(tx, [owner_id_]), owner_id_)


async def owner_id(tx: Transaction, owner_id_: str) -> str:
    """The id, as `owner_of` gives it."""
    return owner_of(await owners_by_id(tx, [owner_id_]), owner_id_)


async def metrics_by_id(tx: Transaction, viewer: Viewer, ids: Iterable[str]) -> dict[str, MetricRow]:
    """The metrics that there are of these."""
    return {row.id: row for row in await tx.run(MetricsByIds(viewer.id, sorted(set(ids))))}


async def owners_by_id(tx: Transaction, ids: Iterable[str]) -> dict[str, OwnerKind]:
    """The owners that there are of these."""
    return {row.id: row for row in await tx.run(KindsOfOwners(sorted(set(ids))))}


def outside(parent: GoalForChange) -> str:
    """The refusal's sentence; the parent's dates only for who sees the parent."""
    return outside_of(parent.goal.period) if parent.visible else "The period lies outside the parent's."


def outside_of(period: GoalPeriod) -> str:
    """The refusal's sentence for who sees the parent."""
    kind = "" if period.kind is PeriodKind.CUSTOM else f" ({period.label})"
    return f"The period lies outside the parent's, {period.start} to {period.end}{kind}. Choose one within it."
