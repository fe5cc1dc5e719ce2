"""Why a goal's numbers are what they are, in GraphQL: explanation, the records counted, those that count twice."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from api.arguments import After, First
from api.category import Category
from api.connection import Connection, read_page
from api.context import Info
from api.fields import aggregate, detail, public
from api.loaders import ChildrenPage
from api.record import Record, record_type_node
from api.scalars import Decimal
from graph import contribution, goal_explanation
from graph.database import Transaction
from graph.goal import GoalRow, GoalState
from graph.metric import MetricRow
from graph.money import format_units
from graph.run import RunOfGoal
from graph.statement import Id

#: Children whose parts an explanation lists.
MOST_CHILDREN = 200
Wanted = Annotated[Category, strawberry.argument(description="Which of the metric's categories.")]


@strawberry.type(description="Records that a goal's own part counts, as records are now.")
class Contributions:
    """Counted records: those the viewer may see, and how many others."""

    records: Connection[Record] = detail(
        "Those that the viewer may see, by name, where all is readable that decides whether they count."
    )
    restricted_count: int = aggregate("How many others count and are not shown.")


@strawberry.type(description="Records that count more than once in a goal's total.")
class Overlap:
    """What counts twice."""

    records: int = aggregate("How many records count more than once, at the goal or below.")
    amount: Decimal = aggregate(
        "What they add too much, in units of the metric: amount times (times counted - 1); of a Count, the times alone."
    )


@strawberry.type(description="What a child gives to its parent's total.")
class ChildPart:
    """A child's part."""

    title: str = detail("The child's title.")
    goal_id: strawberry.ID = detail("The child's id.")
    amount: Decimal | None = aggregate("What it adds, in units of the metric; null if its numbers are not readable.")
    note: str | None = aggregate("What is particular about it: cancelled, pinned, not calculated yet; null for none.")


@strawberry.type(description="How one total of a goal came about.")
class CategoryExplanation:
    """One category explained."""

    category: Category = public("Which category it is.")
    formula: str = aggregate("How the total is made, in words.")
    counts: str = detail("Which records the own part counts, in words.")
    query: str | None = detail("The rollup query in words; null without one, and for who may not read it.")
    conversion: str | None = detail("How amounts in other currencies come in; null where no money is summed.")
    own: Decimal | None = aggregate("The own part, in units of the metric; null until calculated.")
    children: list[ChildPart] = detail("The visible children's parts, by title: the first 200.")
    restricted_children: int = aggregate("How many children count and are not shown: a number, never an amount.")
    computed: Decimal | None = aggregate("Own part plus all children's totals.")
    pinned: Decimal | None = aggregate("What an override puts in its place; null without one.")
    total: Decimal | None = aggregate("What counts: the pinned value, or else the computed one.")


@strawberry.type(description="Why a goal's totals are what they are.")
class GoalExplanation:
    """A goal's numbers explained."""

    calculated_at: datetime | None = aggregate("When the numbers were last worked out; null if never.")
    run_id: strawberry.ID | None = detail(
        "Id of the run that was under way for the goal's tree then; null for none, and for who may not see the run."
    )
    categories: list[CategoryExplanation] = detail("One explanation for each category of the metric.")


@strawberry.type
class GoalReasons:
    """A goal's row, metric and moment, and what stands behind its numbers."""

    row: strawberry.Private[GoalRow]
    measure: strawberry.Private[MetricRow]
    now: strawberry.Private[datetime]

    @detail(
        "The records that the goal's own part counts; null if the metric lacks the category or the viewer may not read "
        "its numbers. Records of the goals below are asked for there."
    )
    async def contributions(
        self, info: Info, category: Wanted = Category.ACTUAL, first: First = None, after: After = None
    ) -> Contributions | None:
        """The counted records."""
        context = info.context
        cursors = context.cursors({"field": "contributions", "goal": self.row.id, "category": category.value})
        page = read_page(cursors, first=first, after=after, forward_only=True)
        name, id_ = (str(key) for key in page.after) if page.after else (None, None)
        wanted = contribution.Page(page.limit, name, id_)

        async def work(tx: Transaction) -> contribution.Contributions | None:
            return await contribution.contributions(tx, context.viewer, self.row.id, category, wanted, self.now)

        found = await context.read(work)
        if found is None:
            return None
        records = Connection[Record].of(
            found.records,
            page,
            cursors,
            keys=lambda row: [row.name, row.id],
            node=record_type_node,
            total=found.total_count,
        )
        return Contributions(records=records, restricted_count=found.restricted_count)

    @aggregate(
        "What counts more than once in the goal's total, at the goal or below, as records are now; null if the metric "
        "lacks the category or the viewer may not read its numbers."
    )
    async def overlap(self, info: Info, category: Wanted = Category.ACTUAL) -> Overlap | None:
        """What counts twice."""

        async def work(tx: Transaction) -> contribution.Overlap | None:
            return await contribution.overlap(tx, info.context.viewer, self.row.id, category, self.now)

        found = await info.context.read(work)
        if found is None:
            return None
        return Overlap(records=found.records, amount=Decimal(format_units(found.units, self.measure.data_type)))

    @detail("Why the totals are what they are: own part, each visible child's part, what is hidden, override, query.")
    async def explain(self, info: Info) -> GoalExplanation:
        """The explanation."""
        context = info.context

        at = self.row.last_calculated(self.measure)

        async def work(tx: Transaction) -> tuple[list[goal_explanation.Reason], Id | None]:
            reasons = await goal_explanation.reasons(tx, context.viewer, self.row)
            if at is None:
                return reasons, None
            run = await tx.one(RunOfGoal(context.viewer.id, self.row.id, at))
            return reasons, run

        reasons, run = await context.read(work)
        page = ChildrenPage(self.row.id, MOST_CHILDREN, None, None)
        children = await context.loaders.children.load(page)
        if children is not None:
            children.check_sum_of(self.row)
        hidden = await context.loaders.restricted_children.load(self.row.id)
        rows = children.goals if children is not None else []
        return GoalExplanation(
            calculated_at=at,
            run_id=None if run is None else strawberry.ID(run.id),
            categories=[self._category(reason, rows, hidden.count if hidden else 0) for reason in reasons],
        )

    def _category(self, reason: goal_explanation.Reason, children: list[GoalRow], hidden: int) -> CategoryExplanation:
        row, category = self.row, reason.category
        return CategoryExplanation(
            category=category,
            formula=_formula(row, category),
            counts=reason.counts,
            query=reason.query_words,
            conversion=reason.conversion,
            own=self._units(row.own(category)),
            children=[self._part(child, category) for child in children],
            restricted_children=hidden,
            computed=self._units(row.computed(category)),
            pinned=self._units(row.pinned(category)),
            total=self._units(row.total(category)),
        )

    def _part(self, child: GoalRow, category: Category) -> ChildPart:
        cancelled = child.state == GoalState.CANCELLED
        readable = not child.hides(category.stored)
        units = 0 if cancelled else child.total(category) or 0
        note = None
        if cancelled:
            note = "Cancelled: it adds nothing."
        elif child.pinned(category) is not None:
            note = "Overridden: it adds the pinned value."
        elif readable and child.total(category) is None:
            note = "Not calculated yet: it adds 0."
        elif child.rollup_error:
            note = "It adds its last good total."
        return ChildPart(
            title=child.title,
            goal_id=strawberry.ID(child.id),
            amount=self._units(units) if readable else None,
            note=note,
        )

    def _units(self, units: int | None) -> Decimal | None:
        return None if units is None else Decimal(format_units(units, self.measure.data_type))


def _formula(row: GoalRow, category: Category) -> str:
    if row.pinned(category) is not None:
        return "The pinned value of the override counts, in the place of own part plus children's totals."
    if row.rollup_only_from_children:
        return "The sum of the children's totals: the goal has no own part. Cancelled children add nothing."
    return "Own part plus the sum of the children's totals. Cancelled children add nothing."
