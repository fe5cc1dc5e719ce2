"""Random sequences of legal and illegal changes of goals and records: no rule of semantics §7 ever breaks.

The oracle of the sums is plain Python on what the steps wrote: it shares no code with the rollup.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, event, given, note, settings
from hypothesis import strategies as st

from graph import goal_change
from graph.errors import ErrorCode, Problem, Refusal
from graph.goal import RecordSet, RollupState
from graph.metric import MetricType
from graph.metric_change import RollupFieldDraft
from graph.owners import OwnerKind
from graph.period import GoalPeriod, PeriodKind
from graph.rollup_compiler import Category
from tests.factories import Q1, YEAR, Company
from tests.invariants import check_invariants

if TYPE_CHECKING:
    from graph.clock import FixedClock
    from graph.database import Database, Transaction
    from graph.visibility import Viewer

Totals = dict[str, tuple[int, int]]
Snapshot = list[dict[str, Any]]

VIEWERS = ("administrator", "administrator", "north", "south")
OWNERS = ("north", "south", "rep", "team")
MEMBERS = frozenset({"rep", "south"})
CATEGORIES = ("actual", "inProgress")


def _period(start: date, end: date) -> GoalPeriod:
    return GoalPeriod(PeriodKind.CUSTOM, None, None, f"{start} to {end}", start, end)


PERIODS = (YEAR, YEAR, Q1, _period(date(2026, 2, 1), date(2026, 2, 28)), _period(date(2027, 1, 1), date(2027, 12, 31)))
DAYS = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 2, 10), date(2026, 3, 31), date(2026, 11, 30))

NUMBER = st.integers(0, 9)  # a goal made before, modulo how many there are
TARGET = st.sampled_from(("0", "1", "10", "100.5", "0.00001", "-1"))
#: The keys of an update with values that are good, or bad, or either, as the goal is.
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "title": st.sampled_from(("Renamed", "", "x" * 101)),
    "description": st.none() | st.just("Words"),
    "metric_id": st.sampled_from(("Revenue", "Deals", "absent")),
    "manager_id": st.sampled_from(("north", "south", "team", "absent")),
    "owner_id": st.sampled_from((*OWNERS, "absent")),
    "period": st.none() | st.sampled_from(PERIODS),
    "target": st.none() | TARGET,
    "stretch_target": st.none() | TARGET,
    "rollup_only_from_children": st.none() | st.booleans(),
    "record_set": st.sampled_from((None, *RecordSet)),
    "include_team_members": st.booleans(),
    "restricted": st.booleans(),
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
    st.tuples(st.just("move"), NUMBER, st.none() | NUMBER | NUMBER),
    st.tuples(st.sampled_from(("delete", "close", "close all", "cancel", "reopen", "recalculate")), NUMBER),
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


@dataclass
class Play:
    """A sequence under way: the goals made so far, and the records as they must be by now."""

    company: Company
    goals: list[str] = field(default_factory=list)
    records: dict[int, tuple[str, str, str | None, date | None]] = field(default_factory=dict)

    async def step(self, who: str, step: tuple[Any, ...]) -> None:
        """Take a step as a user, and look at everything after it."""
        viewer = self.company.viewer(who, administrator=who == "administrator")
        before = await snapshot(self.company.database)
        goal_id = self.goals[step[1] % len(self.goals)] if self.goals and isinstance(step[1], int) else "absent"
        problem = await self.problem(viewer, step, goal_id)
        if problem is not None:
            event(f"{step[0]}: {problem.code}")
            note(f"refused: {problem}")
            assert problem.field
            assert await snapshot(self.company.database) == before
            return
        event(f"{step[0]}: done")
        await check_invariants(self.company.database)
        states = {id_: goal["state"] for id_, goal in _goals(before).items()}
        managed = _goals(before).get(goal_id, {}).get("MANAGED_BY")
        if step[0] not in {"create", "record", "recalculate"}:
            assert viewer.administrator or managed == viewer.id
        if step[0] in {"close", "close all", "cancel"}:
            after = _goals(await snapshot(self.company.database))
            frozen = {id_ for id_, goal in after.items() if goal["state"] != states[id_]}
            assert goal_id in frozen
            self.check_sums(after, frozen, {id_ for id_, state in states.items() if state != "OPEN"})

    async def problem(self, viewer: Viewer, step: tuple[Any, ...], goal_id: str) -> Problem | None:
        """Take a step; why it was refused, if it was."""
        try:
            await self.take(viewer, step, goal_id)
        except Refusal as refusal:
            return refusal.problem
        return None

    async def take(self, viewer: Viewer, step: tuple[Any, ...], goal_id: str) -> None:
        """Take a step that may be refused; `goal_id` is the goal it is about."""
        company, now = self.company, self.company.clock.now()
        match step:
            case ("create", given_):
                fields = self._ids(given_)
                fields["parent_id"] = None if fields["parent_id"] is None else self._goal(fields["parent_id"])
                self.goals.append(await company.goal("Goal", viewer=viewer, **fields))
            case ("update", _, given_):
                fields = self._ids(given_)
                await company.write(lambda tx: goal_change.update_goal(tx, viewer, goal_id, fields, now))
            case ("move", _, number):
                parent = None if number is None else self._goal(number)
                await company.write(lambda tx: goal_change.move_goal(tx, viewer, goal_id, parent, now))
            case ("delete", _):
                await company.write(lambda tx: goal_change.delete_goal(tx, viewer, goal_id))
            case ("close" | "close all" as how, _):
                whole = how == "close all"
                await company.write(
                    lambda tx: goal_change.close_goal(tx, viewer, goal_id, now, include_descendants=whole)
                )
            case ("cancel", _):
                await company.write(lambda tx: goal_change.cancel_goal(tx, viewer, goal_id, now))
            case ("reopen", _):
                await company.write(lambda tx: goal_change.reopen_goal(tx, viewer, goal_id, now))
            case ("recalculate", _):
                await company.recalculate(goal_id)
            case ("record", number, owner, state, amount, day):
                values = {"actualValue": amount, "estimatedValue": amount, "actualCloseDate": day, "openDate": day}
                row = {"externalId": f"deal-{number}", "state": state, "fields": values}
                kind = "team" if owner == "team" else "user"
                await company.records("opportunity", {**row, "owner": {kind: owner}})
                self.records[number] = (owner, state, amount, day)

    def _goal(self, number: int) -> str:
        return self.goals[number % len(self.goals)] if self.goals else "absent"

    def _ids(self, given_: dict[str, Any]) -> dict[str, Any]:
        names = {"metric_id", "manager_id", "owner_id"}
        return {key: self.company.ids.get(value, value) if key in names else value for key, value in given_.items()}

    def check_sums(self, goals: dict[str, dict[str, Any]], ids: set[str], frozen: set[str]) -> None:
        """The stored totals of these goals are those that Python finds; those of `frozen` ones are taken as stored."""
        expected = self.oracle(goals, frozen)
        for id_ in ids:
            for category in CATEGORIES:
                assert stored(goals[id_], category) == expected[id_][category], (id_, category, goals[id_])

    def oracle(self, goals: dict[str, dict[str, Any]], frozen: set[str]) -> dict[str, Totals]:
        """Each goal's totals in units and how many records counted, by category: semantics §9, word by word."""
        below: dict[str | None, list[str]] = defaultdict(list)
        for id_, goal in goals.items():
            below[goal.get("CHILD_OF")].append(id_)
        found: dict[str, Totals] = {}

        def visit(id_: str) -> Totals:
            visited = {child: visit(child) for child in below[id_]}
            children = [part for child, part in visited.items() if goals[child]["state"] != "CANCELLED"]
            totals: Totals = {}
            for category, state in zip(CATEGORIES, ("WON", "OPEN"), strict=True):
                own = self._own(goals[id_], state)
                parts = [own, *(child[category] for child in children)]
                totals[category] = (sum(part[0] for part in parts), sum(part[1] for part in parts))
            if id_ in frozen:
                totals = {category: stored(goals[id_], category) for category in CATEGORIES}
            found[id_] = totals
            return totals

        for root in below[None]:
            visit(root)
        return found

    def _own(self, goal: dict[str, Any], state: str) -> tuple[int, int]:
        if goal["rollupOnlyFromChildren"]:
            return 0, 0
        names = {id_: name for name, id_ in self.company.ids.items()}
        owner = names[goal["OWNED_BY"]]
        amounts = [
            amount
            for whose, in_state, amount, day in self.records.values()
            if in_state == state
            and day is not None
            and goal["startDate"].to_native() <= day <= goal["endDate"].to_native()
            and (
                goal["recordSet"] == "ALL"
                or whose == owner
                or (owner == "team" and goal["includeTeamMembers"] and whose in MEMBERS)
            )
        ]
        if goal["MEASURED_BY"] == self.company.ids["Deals"]:
            counted = len(amounts) if state == "WON" else 0
            return counted, counted
        return sum(round(float(amount or "0") * 10_000) for amount in amounts), len(amounts)


def stored(goal: dict[str, Any], category: str) -> tuple[int, int]:
    """What the database holds as a goal's total, and how many records counted."""
    parts = {part: goal.get(f"{category}{part}") or 0 for part in ("Own", "OwnCount", "Below", "BelowCount")}
    return parts["Own"] + parts["Below"], parts["OwnCount"] + parts["BelowCount"]


async def snapshot(database: Database) -> Snapshot:
    """The whole graph: each node with its labels, properties and links."""

    async def work(tx: Transaction) -> Snapshot:
        text = (
            "MATCH (n) WHERE NOT n:TestDatabase RETURN elementId(n) AS node, labels(n) AS labels, properties(n) AS "
            "properties, COLLECT { MATCH (n)-[r]->(m) RETURN [type(r), elementId(m), m.id] ORDER BY elementId(r) } "
            "AS links ORDER BY node"
        )
        return await tx.text(text, {}, name="tests/snapshot")

    return await database.read(work)


def _goals(nodes: Snapshot) -> dict[str, dict[str, Any]]:
    """Each goal of a snapshot by id: its properties, and the id at the end of each link by type."""
    return {
        node["properties"]["id"]: {**node["properties"], **{type_: id_ for type_, _, id_ in node["links"]}}
        for node in nodes
        if "Goal" in node["labels"]
    }


async def begin(database: Database, clock: FixedClock) -> Play:
    """An empty organization with two managers, a rep, a team, and two metrics."""
    await database.schema("MATCH (n) WHERE NOT n:Migration AND NOT n:TestDatabase DETACH DELETE n")
    company = await Company(database, clock).found()
    await company.owners(OwnerKind.TEAM, {"name": "team"})
    await company.users("north")
    await company.users("rep", "south", teams=["team"])
    company.ids["Revenue"] = await company.metric()
    won = RollupFieldDraft(Category.ACTUAL, "opportunity", "actualCloseDate", "WON", (), None)
    company.ids["Deals"] = await company.metric("Deals", won, type_=MetricType.COUNT, data_type=None, stretch=True)
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
    for id_, goal in _goals(await snapshot(migrated)).items():
        if "CHILD_OF" not in goal:
            await play.company.recalculate(id_)
    goals = _goals(await snapshot(migrated))
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
        ("administrator", ("cancel", 0), None),
        ("administrator", ("reopen", 0), None),
        ("administrator", ("delete", 1), None),
    ]
    for who, step, code in steps:
        viewer = play.company.viewer(who, administrator=who == "administrator")
        problem = await play.problem(viewer, step, play.goals[step[1]])
        assert (None if problem is None else problem.code) is code, (step, problem)
        await check_invariants(database)
