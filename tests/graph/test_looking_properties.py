"""What users who see a part of a random world are told: trials, contributions, overlap, explanations, by the oracle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from graph.contribution import Contributions, Page, contributions, overlap
from graph.errors import Refusal
from graph.money import DataType, format_units
from graph.query_spec import FieldCondition, Subject, asks_for_the_goal, conditions
from graph.query_trial import QueryTrial, try_query
from graph.query_types import query_types
from graph.rollup_compiler import Category
from graph.visibility import Viewer
from tests.factories import WON_REVENUE, Company
from tests.graph.test_contribution_properties import twice
from tests.graph.test_rollup_properties import LINES, OPEN
from tests.leaks.comparison import application
from tests.lookers import TYPES, draw_lookers, plant_lookers
from tests.oracle import own
from tests.planting import plant
from tests.query_draws import Asked, inherited
from tests.worlds import FIELDS, TODAY, candidates, counted, expected, worlds

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from graph.clock import FixedClock
    from graph.database import Database, Transaction
    from graph.query_spec import Spec
    from tests.lookers import Looker
    from tests.worlds import World

EXPLAIN = """
query ($id: ID!) { goal(id: $id) { explain { categories {
  category query restrictedChildren children { goalId amount } total } } } }
"""
Worlds = worlds(most_goals=3, most_records=60, most_queries=2)


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(world=Worlds, seed=st.integers(0, 2**32))
async def test_who_sees_a_part_is_told_of_that_part_alone(
    migrated: Database, clock: FixedClock, world: World, seed: int
) -> None:
    await migrated.schema("MATCH (n) WHERE NOT n:Migration AND NOT n:TestDatabase DETACH DELETE n")
    company = await Company(migrated, clock).found()
    ids = await plant(company, world, await company.metric("Everything", WON_REVENUE, OPEN, LINES))
    lookers = draw_lookers(world, seed, 2)
    await company.write(lambda tx: plant_lookers(tx, lookers, ids))
    await company.recalculate(ids[0])
    for looker in lookers:
        looking = _Looking(looker, ids, clock.now())
        await migrated.read(looking.look, deadline=120)
    async with application(migrated, clock) as login:
        for looker in lookers:
            for number, goal_id in enumerate(ids):
                answer = await login(str(looker.user)).data(EXPLAIN, {"id": goal_id})
                _check_explanation(looker, ids, number, answer["goal"])


class _Looking:
    """One looker's questions."""

    def __init__(self, looker: Looker, ids: list[str], now: datetime) -> None:
        self.looker, self.ids, self.now, self.world = looker, ids, now, looker.world
        self.viewer = Viewer(looker.id, str(looker.user), looker.id, administrator=False)

    async def look(self, tx: Transaction) -> None:
        for category in Category:
            counts = [counted(self.world, goal, category.column) for goal in self.world.goals]
            for number, goal_id in enumerate(self.ids):
                shown = await contributions(tx, self.viewer, goal_id, category, Page(200), self.now)
                over = await overlap(tx, self.viewer, goal_id, category, self.now)
                if not self.looker.sees_goal(number) or self.looker.mask == f"goal.{category.stored}":
                    assert (shown, over) == (None, None)
                    continue
                assert over == twice(self.world, counts, number, category.column)
                assert isinstance(shown, Contributions)
                seen = {n for n in counts[number] if self._shown(n, number, category)}
                assert {record.id for record in shown.records} == {f"record-{n}" for n in seen}
                assert (shown.total_count, shown.restricted_count) == (len(seen), len(counts[number]) - len(seen))
                event("some records that count are hidden" if shown.restricted_count else "all that counts is shown")
        for of, spec in self.world.queries:
            await self._try(tx, of, spec)

    def _shown(self, record: int, goal: int, category: Category) -> bool:
        """Whether a record that counts for a goal is shown: it, and all that decides whether it counts."""
        named = dict(self.world.goals[goal].queries).get(category.column)
        asked = [] if named is None else list(conditions(self.world.queries[named][1]))
        fields = [one for one in asked if isinstance(one, FieldCondition)]
        if named is not None and not self.looker.queries:
            return False
        if self.looker.mask in {_dated(category), *(_secured(category, one) for one in fields)}:
            return False
        subjects = {one.subject for one in fields} | ({Subject.PARENT} if category is Category.CUSTOM else set())
        around = {Subject.ACCOUNT: self._account(record), Subject.PARENT: self.world.records[record].parent}
        needed = [around[subject] for subject in subjects - {Subject.RECORD}]
        return self.looker.sees(record) and all(one is not None and self.looker.sees(one) for one in needed)

    def _account(self, record: int) -> Any:
        return inherited(self.world, self.world.records[record], "account")

    async def _try(self, tx: Transaction, category: str, spec: Spec) -> None:
        """Try a query alone, and for each goal."""
        (label, amount) = next((label, amount) for name, label, _, _, amount, _ in FIELDS if name == category)
        types, looker, sees = await query_types(tx, TYPES[label]), self.looker, self.looker.sees
        asked, secured = Asked(self.world, TODAY), f"record.{TYPES[label]}.{amount}"
        of = Category(category.upper())

        async def trial(found: Callable[[], list[int]], goal: int | None, *, refused: bool) -> None:
            goal_id = None if goal is None else self.ids[goal]
            named = None if goal is None else of
            draft = QueryTrial(spec, types, goal_id, named, None if goal is not None else amount)
            if refused:
                with pytest.raises(Refusal):
                    await try_query(tx, self.viewer, draft, Page(200), self.now)
                return
            result = await try_query(tx, self.viewer, draft, Page(200), self.now)
            numbers = found()
            assert {record.id for record in result.records} == {f"record-{n}" for n in numbers}
            assert result.count == len(numbers)
            assert result.units == sum(self._amount(n, amount) for n in numbers)
            event("a trial finds something" if numbers else "a trial finds nothing")

        def of_type() -> list[int]:
            records = self.world.records
            every = [n for n, record in enumerate(records) if record.label == label and sees(n)]
            return [n for n in every if asked.meets(spec, None, records[n], sees)]

        await trial(of_type, None, refused=asks_for_the_goal(spec) or looker.mask == secured)
        for number, goal in enumerate(self.world.goals):

            def of_goal(goal: Any = goal) -> list[int]:
                records = self.world.records
                every = own(self.world, goal, [n for n in candidates(self.world, category) if sees(n)])
                if of is Category.CUSTOM:
                    every = [n for n in every if (above := records[n].parent) is not None and sees(above)]
                return [n for n in every if asked.meets(spec, goal, records[n], sees)]

            masked = looker.mask is not None and looker.mask in {secured, _dated(of)}
            await trial(of_goal, number, refused=masked or not looker.sees_goal(number))

    def _amount(self, record: int, field: str) -> int:
        return self.world.records[record].fields().get(field) or 0


def _dated(category: Category) -> str:
    """The field, as field profiles name it, that dates what a category counts."""
    return {
        Category.ACTUAL: "record.opportunity.actualCloseDate",
        Category.IN_PROGRESS: "record.opportunity.openDate",
        Category.CUSTOM: "record.order.orderDate",
    }[category]


def _secured(category: Category, condition: FieldCondition) -> str:
    """The field of a condition, as field profiles name it."""
    lines = category is Category.CUSTOM
    of = {Subject.ACCOUNT: "account", Subject.PARENT: "order" if lines else ""}
    of[Subject.RECORD] = "order_line" if lines else "opportunity"
    return f"record.{of[condition.subject]}.{condition.field}"


def _check_explanation(looker: Looker, ids: list[str], number: int, goal: Any) -> None:
    """Visible children with what they give, how many are hidden, and the query for who may read it."""
    if not looker.sees_goal(number):
        assert goal is None
        return
    world = looker.world
    below = [n for n, child in enumerate(world.goals) if child.parent == number]
    totals = expected(world)
    found = {one["category"]: one for one in goal["explain"]["categories"]}
    assert set(found) == {"ACTUAL", "IN_PROGRESS", "CUSTOM"}
    for category in Category:
        said, readable = found[category.value], looker.mask != f"goal.{category.stored}"

        def total(n: int, category: Category = category, *, readable: bool = readable) -> str | None:
            units = dict(world.goals[n].pinned).get(category.column, totals[category.column][n][0])
            return format_units(units, DataType.MONEY) if readable else None

        asked = category.column in dict(world.goals[number].queries)
        assert (said["query"] is not None) == (asked and looker.queries)
        assert said["restrictedChildren"] == len([n for n in below if not looker.sees_goal(n)])
        adding = {
            ids[n]: "0" if world.goals[n].state == "CANCELLED" else total(n) for n in below if looker.sees_goal(n)
        }
        assert {one["goalId"]: one["amount"] for one in said["children"]} == adding
        assert said["total"] == total(number)
