"""Random sequences of legal and illegal changes of goals and records: no rule of semantics §7 ever breaks."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.errors import ErrorCode
from graph.goal import RecordSet, RollupState
from graph.metric import MetricType
from graph.metric_change import RollupFieldDraft
from graph.owners import OwnerKind
from graph.period import GoalPeriod, PeriodKind
from graph.query_spec import FieldCondition, Operator, Subject
from graph.rollup_compiler import Category
from tests.conftest import NOW
from tests.factories import Q1, YEAR, Company
from tests.invariants import check_invariants
from tests.plays import Play, goals_of, snapshot
from tests.queries import rollup_query

if TYPE_CHECKING:
    from graph.clock import FixedClock
    from graph.database import Database

VIEWERS = ("administrator", "administrator", "north", "south")
OWNERS = ("north", "south", "rep", "team")


def _period(start: date, end: date) -> GoalPeriod:
    return GoalPeriod(PeriodKind.CUSTOM, None, None, f"{start} to {end}", start, end)


PERIODS = (YEAR, YEAR, Q1, _period(date(2026, 2, 1), date(2026, 2, 28)), _period(date(2027, 1, 1), date(2027, 12, 31)))
DAYS = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 2, 10), date(2026, 3, 31), date(2026, 11, 30))

NUMBER = st.integers(0, 9)  # a goal made before, modulo how many there are
TARGET = st.sampled_from(("0", "1", "10", "100.5", "0.00001", "-1"))
PIN = st.sampled_from(("0", "7", "12.25", "-3", "0.00001"))
#: The keys of an update with values that are good, or bad, or either, as the goal is.
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "title": st.sampled_from(("Renamed", "", "x" * 101)),
    "description": st.none() | st.just("Words"),
    "metric_id": st.sampled_from(("Revenue", "Deals", "absent")),
    "parent_id": st.none() | NUMBER,
    "manager_id": st.sampled_from(("north", "south", "team", "absent")),
    "owner_id": st.sampled_from((*OWNERS, "absent")),
    "period": st.none() | st.sampled_from(PERIODS),
    "target": st.none() | TARGET,
    "stretch_target": st.none() | TARGET,
    "rollup_only_from_children": st.none() | st.booleans(),
    "record_set": st.sampled_from((None, *RecordSet)),
    "include_team_members": st.booleans(),
    "restricted": st.booleans(),
    "queries": st.sampled_from(
        (*({Category.ACTUAL: id_} for id_ in ("query big", "query big", None, "absent")), {Category.IN_PROGRESS: None})
    ),
}
STEPS = st.one_of(
    st.tuples(
        st.just("create"),
        st.fixed_dictionaries(
            {
                "parent_id": st.none() | NUMBER | NUMBER,
                "metric_id": st.sampled_from(("Revenue", "Revenue", "Deals", None)),
                "period": st.none() | st.sampled_from(PERIODS),
                "manager_id": st.sampled_from(("north", "south")),
                "owner_id": st.sampled_from(OWNERS),
                "record_set": st.sampled_from(RecordSet),
                "include_team_members": st.booleans(),
                "rollup_only_from_children": st.booleans(),
            },
            optional={"target": TARGET, "restricted": st.booleans()},
        ),
    ),
    st.tuples(
        st.just("update"),
        NUMBER,
        st.sampled_from(sorted(FIELDS)).flatmap(lambda key: st.fixed_dictionaries({key: FIELDS[key]})),
    ),
    # Parent, metric and period at once.
    st.tuples(
        st.just("update"),
        NUMBER,
        st.fixed_dictionaries(
            {"parent_id": st.none() | NUMBER | NUMBER, "metric_id": st.sampled_from(("Revenue", "Deals"))},
            optional={"period": st.sampled_from(PERIODS)},
        ),
    ),
    st.tuples(st.just("move"), NUMBER, st.none() | NUMBER | NUMBER),
    st.tuples(st.sampled_from(("delete", "close", "close all", "cancel", "reopen", "recalculate", "clear")), NUMBER),
    st.tuples(
        st.just("override"),
        NUMBER,
        st.dictionaries(st.sampled_from((Category.ACTUAL, Category.IN_PROGRESS)), st.none() | PIN, min_size=1),
        st.sampled_from(("A reason", "A reason", "A reason", " ")),
        st.none() | st.integers(-1, 3),
    ),
    st.tuples(st.just("wait"), st.integers(1, 3)),
    st.tuples(
        st.just("record"),
        st.integers(0, 4),
        st.sampled_from(OWNERS),
        st.sampled_from(("WON", "OPEN", "LOST")),
        st.sampled_from((None, "0", "1", "0.0001", "-7.5", "123456789.25")),
        st.none() | st.sampled_from(DAYS),
    ),
)
#: What a sequence starts from: a tree of three levels with deals, so that steps meet something.
BEGINNING: list[tuple[Any, ...]] = [
    ("create", {"parent_id": None, "metric_id": "Revenue", "period": YEAR, "manager_id": "north", "owner_id": "team"}),
    ("create", {"parent_id": 0, "manager_id": "south", "owner_id": "south", "target": "10"}),
    ("create", {"parent_id": 1, "manager_id": "south", "owner_id": "rep", "period": Q1}),
    ("record", 0, "rep", "WON", "12.5", DAYS[2]),
    ("record", 1, "south", "OPEN", "3", DAYS[1]),
]


async def begin(database: Database, clock: FixedClock) -> Play:
    """An empty organization with two managers, a rep, a team, and two metrics."""
    await database.schema("MATCH (n) WHERE NOT n:Migration AND NOT n:TestDatabase DETACH DELETE n")
    clock.set(NOW)
    company = await Company(database, clock).found()
    await company.owners(OwnerKind.TEAM, {"name": "team"})
    await company.users("north")
    await company.users("rep", "south", teams=["team"])
    await company.grant("Counter", "north", "south")
    company.ids["Revenue"] = await company.metric()
    won = RollupFieldDraft(Category.ACTUAL, "opportunity", "actualCloseDate", "WON", (), None)
    company.ids["Deals"] = await company.metric("Deals", won, type_=MetricType.COUNT, data_type=None, stretch=True)
    above_1 = FieldCondition(Subject.RECORD, "actualValue", Operator.GREATER, ("1",))
    await rollup_query(database, clock, "big", above_1, "opportunity")
    play = Play(company)
    for step in BEGINNING:
        await play.take(company.administrator, step, "none")
    assert len(play.goals) == 3
    return play


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(steps=st.lists(st.tuples(st.sampled_from(VIEWERS), STEPS), min_size=5, max_size=25))
async def test_no_sequence_of_changes_breaks_a_rule(
    migrated: Database, clock: FixedClock, steps: list[tuple[str, tuple[Any, ...]]]
) -> None:
    play = await begin(migrated, clock)
    for who, step in steps:
        await play.step(who, step)
    # In the end every tree is calculated, and says so.
    before = goals_of(await snapshot(migrated))
    for id_, goal in before.items():
        if "CHILD_OF" not in goal:
            await play.company.recalculate(id_)
            play.note_pins(("recalculate", 0), id_, before, before)
    goals = goals_of(await snapshot(migrated))
    play.check_pins(goals)
    play.check_sums(goals, set(goals), {id_ for id_, goal in goals.items() if goal["state"] != "OPEN"})
    for id_, goal in goals.items():
        row, metric = await play.company.read(id_)
        assert row.rollup_state(metric, clock.now()) is RollupState.CURRENT, goal
    await check_invariants(migrated)


async def test_each_kind_of_step_can_succeed_and_be_refused(database: Database, clock: FixedClock) -> None:
    """The sequence above would prove little if its steps were all refused, or none."""
    play = await begin(database, clock)
    steps: list[tuple[str, tuple[Any, ...], ErrorCode | None]] = [
        ("south", ("update", 1, {"target": "20"}), None),
        ("rep", ("update", 1, {"target": "20"}), ErrorCode.NOT_FOUND),
        ("north", ("update", 1, {"target": "20"}), ErrorCode.FORBIDDEN),
        ("administrator", ("move", 0, 2), ErrorCode.GOAL_CYCLE),
        ("administrator", ("close", 1), ErrorCode.OPEN_DESCENDANTS),
        ("south", ("close all", 1), None),
        ("south", ("reopen", 2), ErrorCode.GOAL_CLOSED),
        ("south", ("reopen", 1), None),
        ("south", ("reopen", 2), None),
        ("north", ("override", 1, {Category.ACTUAL: "7"}, "A reason", None), ErrorCode.FORBIDDEN),
        ("south", ("override", 1, {Category.ACTUAL: "7"}, "A reason", -1), ErrorCode.INVALID_VALUE),
        ("south", ("override", 1, {Category.ACTUAL: "7"}, "A reason", 1), None),
        ("administrator", ("update", 0, {"queries": {Category.ACTUAL: "query big"}}), None),
        ("south", ("update", 1, {"queries": {Category.ACTUAL: "query big"}}), ErrorCode.NOT_FOUND),
        ("administrator", ("update", 2, {"parent_id": None, "metric_id": "Deals"}), None),
        ("administrator", ("update", 2, {"parent_id": 1, "metric_id": "Deals"}), ErrorCode.PARENT_METRIC_DIFFERS),
        ("administrator", ("update", 2, {"parent_id": 1, "metric_id": "Revenue"}), None),
        ("south", ("clear", 1), None),
        ("administrator", ("cancel", 0), None),
        ("administrator", ("reopen", 0), None),
        ("administrator", ("delete", 1), None),
    ]
    for who, step, code in steps:
        viewer = play.company.viewer(who, administrator=who == "administrator")
        problem = await play.problem(viewer, step, play.goals[step[1]])
        assert (None if problem is None else problem.code) is code, (step, problem)
        await check_invariants(database)
