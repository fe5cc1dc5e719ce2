"""Making goals, one or a whole tree in one call: all that is wrong is told at once, all of it is written or nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from graph import goal_queries
from graph import goal_statements as statements
from graph.change import ask_goals
from graph.errors import ErrorCode, Refusal
from graph.goal import GoalState, RecordSet
from graph.goal_queries import Usable
from graph.goal_rights import check_plan
from graph.goal_rules import (
    check_closed,
    check_targets,
    manager_of,
    metric_of,
    metrics_by_id,
    outside_of,
    owner_of,
    owners_by_id,
)
from graph.problems import Problems
from graph.rights import check_may_create
from graph.text import checked_name, checked_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from graph.database import Transaction
    from graph.goal_queries import Queries
    from graph.goal_statements import GoalForChange, OwnerKind
    from graph.metric import MetricRow
    from graph.period import GoalPeriod
    from graph.rollup_compiler import Category
    from graph.visibility import Viewer

T = TypeVar("T")

#: Goals that one call makes, copies or realigns at most.
MOST_GOALS = 10_000


@dataclass(frozen=True)
class GoalDraft:
    """What a new goal is made from. What is None is taken from the parent, or from the viewer.

    A period or queries that could not be read are the refusal itself: it is told together with what else is wrong.
    """

    title: str
    description: str | None = None
    metric_id: str | None = None
    parent_id: str | None = None
    manager_id: str | None = None
    owner_id: str | None = None
    period: GoalPeriod | Refusal | None = None
    target: str | None = None
    stretch_target: str | None = None
    rollup_only_from_children: bool = False
    record_set: RecordSet = RecordSet.OWNED
    include_team_members: bool = False
    restricted: bool | None = None
    queries: Queries | Refusal = field(default_factory=dict)


@dataclass(frozen=True)
class TreeDraft:
    """A goal of a tree to be made: `key` names it within the call, `parent_key` the one it is below. None: on top.

    Its refusals name fields below `path`. `draft.parent_id` is not looked at: what is on top has the call's parent.
    """

    draft: GoalDraft
    path: tuple[str, ...] = ()
    key: str = ""
    parent_key: str | None = None


@dataclass(frozen=True, slots=True)
class PlannedGoal:
    """A goal that may be made as it is, below those planned before it. `parent`: index of its parent among them."""

    key: str
    parent: int | None
    metric: MetricRow
    manager_id: str
    owner_id: str
    period: GoalPeriod
    properties: dict[str, Any]
    queries: Mapping[Category, str]


async def plan_goals(
    tx: Transaction, viewer: Viewer, parent: GoalForChange | None, drafts: Sequence[TreeDraft]
) -> list[PlannedGoal]:
    """What will be made of the drafts, parents before their children, all on top below `parent` (locked) or as roots.

    Refuses everything that is wrong at once, each with its path; the call itself ("goals"): REQUIRED, TOO_MANY_ROWS.
    """
    if parent is None:
        # Whoever may create no root at all is told so first.
        await check_may_create(tx, viewer, viewer.id, ("parentId",))
    else:
        check_closed(parent, ("parentId",), inside=True)
    if not drafts:
        raise Refusal(ErrorCode.REQUIRED, "There is nothing to create. Name at least one goal.", ("goals",))
    if len(drafts) > MOST_GOALS:
        message = f"One call creates at most {MOST_GOALS} goals. Create the rest below them in another."
        raise Refusal(ErrorCode.TOO_MANY_ROWS, message, ("goals",))
    named = {one.draft.metric_id for one in drafts} | {parent.goal.metric_id if parent else None}
    metrics = await metrics_by_id(tx, viewer, (id_ for id_ in named if id_ is not None))
    people = {id_ for one in drafts for id_ in (one.draft.manager_id, one.draft.owner_id) if id_ is not None}
    owners = await owners_by_id(tx, people | {viewer.id})
    named_queries = [one.draft.queries for one in drafts if not isinstance(one.draft.queries, Refusal)]
    usable = await Usable.of(tx, viewer, named_queries)
    top = None
    if parent is not None:
        top = _Above(metrics.get(parent.goal.metric_id), parent.goal.period, parent.goal.restricted)
    problems = Problems()
    planner = _Planner(viewer, top, metrics, owners, usable, problems)
    for one in _parents_first(drafts, problems):
        planner.add(one)
    problems.check(("goals",))
    await check_plan(tx, viewer, parent, planner.planned, {one.key: one.path for one in drafts})
    return planner.planned


async def write_goals(
    tx: Transaction, parent: GoalForChange | None, planned: Sequence[PlannedGoal], now: datetime
) -> list[str]:
    """Make the planned goals; their ids in the same order. Numbers start null; what is above is stale."""
    ids = [str(uuid4()) for _ in planned]
    rows = [
        {
            "id": id_,
            "metric": one.metric.id,
            "manager": one.manager_id,
            "owner": one.owner_id,
            "properties": one.properties,
        }
        for id_, one in zip(ids, planned, strict=True)
    ]
    await tx.run(statements.CreateGoals(rows, now))
    await goal_queries.attach(tx, {id_: one.queries for id_, one in zip(ids, planned, strict=True)})
    tx.changed += ids
    top = None if parent is None else parent.goal.id
    above = [top if one.parent is None else ids[one.parent] for one in planned]
    pairs = [(id_, parent_id) for id_, parent_id in zip(ids, above, strict=True) if parent_id is not None]
    if pairs:
        await tx.run(statements.LinkParents(pairs))
    await ask_goals(tx, ids)
    return ids


def period_properties(period: GoalPeriod) -> dict[str, Any]:
    """A period as stored with its goal: dates and label stay whatever becomes of the calendar."""
    return {
        "periodKind": period.kind.value,
        "fiscalYear": period.fiscal_year,
        "fiscalIndex": period.index,
        "periodTemplate": None if period.template is None else period.template.value,
        "periodLabel": period.label,
        "startDate": period.start,
        "endDate": period.end,
    }


def _parents_first(drafts: Sequence[TreeDraft], problems: Problems) -> list[TreeDraft]:
    """The drafts in an order in which each comes after its parent; what has no such place is a problem and left out."""
    by_key: dict[str, TreeDraft] = {}
    for one in drafts:
        with problems.at(one.path):
            if one.key in by_key:
                message = "Another goal of this call has the same key. Give each its own."
                raise Refusal(ErrorCode.DUPLICATE_ROW, message, ("key",))
        by_key.setdefault(one.key, one)
    below: dict[str | None, list[TreeDraft]] = {}
    for one in by_key.values():
        with problems.at(one.path):
            if one.parent_key is not None and one.parent_key not in by_key:
                message = "No goal of this call has this key. Name one that does, or leave it out."
                raise Refusal(ErrorCode.NOT_FOUND, message, ("parentKey",))
            below.setdefault(one.parent_key, []).append(one)
    ordered = below.get(None, [])
    for one in ordered:  # it grows on the way
        ordered += below.get(one.key, [])
    placed = {one.key for one in ordered}
    for one in by_key.values():
        # Those below a goal that is refused anyway are in no cycle, and are told of once that is corrected.
        if one.key not in placed and _is_below_itself(one, by_key):
            with problems.at(one.path):
                message = "This goal is below itself. Leave out one parentKey of the circle."
                raise Refusal(ErrorCode.GOAL_CYCLE, message, ("parentKey",))
    return ordered


def _is_below_itself(one: TreeDraft, by_key: Mapping[str, TreeDraft]) -> bool:
    seen = set()
    key = one.parent_key
    while key is not None and key in by_key and key not in seen:
        if key == one.key:
            return True
        seen.add(key)
        key = by_key[key].parent_key
    return False


@dataclass(frozen=True, slots=True)
class _Above:
    """What the goals below one need to know of it; None where that was refused, and told of there."""

    metric: MetricRow | None
    period: GoalPeriod | None
    restricted: bool
    index: int | None = None


class _Planner:
    """Checks one draft after the other, parents first, each as if those before it were there already."""

    def __init__(  # noqa: PLR0917 - what was read for all drafts
        self,
        viewer: Viewer,
        top: _Above | None,
        metrics: Mapping[str, MetricRow],
        owners: Mapping[str, OwnerKind],
        usable: Usable,
        problems: Problems,
    ) -> None:
        self._viewer = viewer
        self._metrics = metrics
        self._owners = owners
        self._usable = usable
        self._problems = problems
        self._known: dict[str | None, _Above | None] = {None: top}
        self.planned: list[PlannedGoal] = []

    def add(self, one: TreeDraft) -> None:
        """Plan a goal, or keep everything that is wrong with it."""
        draft, above, owners = one.draft, self._known[one.parent_key], self._owners

        def checked(rule: Callable[..., T], *values: Any) -> T | None:
            with self._problems.at(one.path):
                return rule(*values)
            return None

        title = checked(checked_name, draft.title, ("title",))
        description = checked(checked_text, draft.description, ("description",))
        metric = checked(self._metric, draft, above)
        period = checked(_period, draft, above)
        targets = metric and checked(check_targets, metric, draft.target, draft.stretch_target)
        queries = checked(self._queries, draft, metric) if metric else None
        manager = checked(manager_of, owners, self._viewer.id if draft.manager_id is None else draft.manager_id)
        owner = manager if draft.owner_id is None else checked(owner_of, owners, draft.owner_id)
        restricted = bool(above and above.restricted) if draft.restricted is None else draft.restricted
        # The number of goals before it is its place in what is planned, unless one was refused: then nothing is made.
        self._known[one.key] = _Above(metric, period, restricted, len(self._known) - 1)
        if title and metric and period and targets and manager and owner and queries is not None:
            properties = {
                "title": title,
                "description": description,
                "state": GoalState.OPEN.value,
                "restricted": restricted,
                "target": targets[0],
                "stretchTarget": targets[1],
                "rollupOnlyFromChildren": draft.rollup_only_from_children,
                "recordSet": draft.record_set.value,
                "includeTeamMembers": draft.include_team_members,
                **period_properties(period),
            }
            index = above.index if above else None
            self.planned.append(PlannedGoal(one.key, index, metric, manager, owner, period, properties, queries))

    def _metric(self, draft: GoalDraft, above: _Above | None) -> MetricRow | None:
        if above is None:
            return metric_of(self._metrics, draft.metric_id)
        return above.metric and metric_of(self._metrics, draft.metric_id, above.metric.id)

    def _queries(self, draft: GoalDraft, metric: MetricRow) -> dict[Category, str]:
        if isinstance(draft.queries, Refusal):
            raise draft.queries
        return self._usable.checked(draft.queries, metric)


def _period(draft: GoalDraft, above: _Above | None) -> GoalPeriod | None:
    """The draft's own period, or the one above. Refuses PERIOD_INCOMPLETE, PERIOD_NOT_WITHIN_PARENT."""
    if isinstance(draft.period, Refusal):
        raise draft.period
    if above is None and draft.period is None:
        message = "A goal without a parent needs a period."
        raise Refusal(ErrorCode.PERIOD_INCOMPLETE, message, ("period",))
    outer = above.period if above else None
    if outer and draft.period and not outer.contains(draft.period):
        raise Refusal(ErrorCode.PERIOD_NOT_WITHIN_PARENT, outside_of(outer), ("period",))
    return draft.period or outer
