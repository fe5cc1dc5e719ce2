"""A sequence of changes of goals and records under way: takes steps, and says what must be true after each.

The oracle of the sums is plain Python on what the steps wrote: it shares no code with the rollup.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import event, note

from graph import goal_change, override
from graph.errors import Problem, Refusal
from graph.goal import RollupState
from graph.override import OverrideDraft
from tests.invariants import check_invariants

if TYPE_CHECKING:
    from graph.database import Database, Transaction
    from graph.visibility import Viewer
    from tests.factories import Company

Totals = dict[str, tuple[int, int]]
Snapshot = list[dict[str, Any]]

#: Members of the one team.
MEMBERS = frozenset({"rep", "south"})
CATEGORIES = ("actual", "inProgress")


@dataclass
class Play:
    """A sequence under way: the goals made so far, and the records as they must be by now."""

    company: Company
    goals: list[str] = field(default_factory=list)
    records: dict[int, tuple[str, str, str | None, date | None]] = field(default_factory=dict)
    #: What is pinned by now: units by category, and the last day.
    pins: dict[str, tuple[dict[str, int], date | None]] = field(default_factory=dict)

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
        goals = goals_of(await snapshot(self.company.database))
        self.note_pins(step, goal_id, goals_of(before), goals)
        self.check_pins(goals)
        if step[0] == "wait":
            await self.check_stale(goals)
        states = {id_: goal["state"] for id_, goal in goals_of(before).items()}
        managed = goals_of(before).get(goal_id, {}).get("MANAGED_BY")
        if step[0] not in {"create", "record", "recalculate", "wait"}:
            assert viewer.administrator or managed == viewer.id
        if step[0] in {"close", "close all", "cancel"}:
            frozen = {id_ for id_, goal in goals.items() if goal["state"] != states[id_]}
            assert goal_id in frozen
            self.check_sums(goals, frozen, {id_ for id_, state in states.items() if state != "OPEN"})

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
                if isinstance(fields.get("parent_id"), int):
                    fields["parent_id"] = self._goal(fields["parent_id"])
                await company.write(lambda tx: goal_change.update_goal(tx, viewer, goal_id, fields, now))
            case ("move", _, number):
                parent = None if number is None else self._goal(number)
                await company.write(lambda tx: goal_change.move_goal(tx, viewer, goal_id, parent, now))
            case ("close" | "close all" | "cancel" | "reopen" | "delete", _):
                await self._simply(viewer, step[0], goal_id)
            case ("override" | "clear", *_):
                await self._pin(viewer, step, goal_id)
            case ("wait", days):
                company.clock.advance(timedelta(days))
            case ("recalculate", _):
                await company.recalculate(goal_id)
            case ("record", *_):
                await self._record(*step[1:])

    async def _record(self, number: int, owner: str, state: str, amount: str | None, day: date | None) -> None:
        values = {"actualValue": amount, "estimatedValue": amount, "actualCloseDate": day, "openDate": day}
        row = {"externalId": f"deal-{number}", "state": state, "fields": values}
        kind = "team" if owner == "team" else "user"
        await self.company.records("opportunity", {**row, "owner": {kind: owner}})
        self.records[number] = (owner, state, amount, day)

    async def _simply(self, viewer: Viewer, how: str, goal_id: str) -> None:
        now, whole = self.company.clock.now(), how == "close all"

        async def work(tx: Transaction) -> None:
            match how:
                case "delete":
                    await goal_change.delete_goal(tx, viewer, goal_id, now)
                case "cancel":
                    await goal_change.cancel_goal(tx, viewer, goal_id, now)
                case "reopen":
                    await goal_change.reopen_goal(tx, viewer, goal_id, now)
                case _:
                    await goal_change.close_goal(tx, viewer, goal_id, now, include_descendants=whole)

        await self.company.write(work)

    async def _pin(self, viewer: Viewer, step: tuple[Any, ...], goal_id: str) -> None:
        now = self.company.clock.now()
        if step[0] == "clear":
            await self.company.write(lambda tx: override.clear_override(tx, viewer, goal_id, now))
            return
        _, _, values, reason, days = step
        end = None if days is None else now.date() + timedelta(days)
        draft = OverrideDraft(values, reason, end)
        await self.company.write(lambda tx: override.override_goal(tx, viewer, goal_id, draft, now))

    def _goal(self, number: int) -> str:
        return self.goals[number % len(self.goals)] if self.goals else "absent"

    def _ids(self, given_: dict[str, Any]) -> dict[str, Any]:
        names = {"metric_id", "manager_id", "owner_id"}
        return {key: self.company.ids.get(value, value) if key in names else value for key, value in given_.items()}

    def note_pins(
        self, step: tuple[Any, ...], goal_id: str, before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]
    ) -> None:
        """What is pinned after a step that was done: semantics §9 and §7, word by word."""
        today = self.company.clock.now().date()
        match step:
            case ("override", _, values, _, days):
                pinned = dict(self.pins.get(goal_id, ({}, None))[0])
                scale = 10_000 if after[goal_id]["MEASURED_BY"] == self.company.ids["Revenue"] else 1
                for category, amount in values.items():
                    pinned.pop(category.stored, None)
                    if amount is not None:
                        pinned[category.stored] = round(float(amount) * scale)
                self.pins[goal_id] = (pinned, None if days is None else today + timedelta(days))
            case ("clear", _):
                self.pins.pop(goal_id, None)
            case ("update", _, _) if before[goal_id]["MEASURED_BY"] != after[goal_id]["MEASURED_BY"]:
                self.pins.pop(goal_id, None)
            case ("recalculate" | "close" | "close all" | "cancel" | "reopen" as how, _):
                top = goal_id
                while how == "recalculate" and "CHILD_OF" in before[top]:
                    top = before[top]["CHILD_OF"]
                ended = {
                    id_
                    for id_, (_, end) in self.pins.items()
                    if end is not None
                    and end < today
                    and (before[id_]["state"] == "OPEN" or (how == "reopen" and id_ == goal_id))
                    and _is_at_or_below(before, id_, top)
                }
                self.pins = {id_: pin for id_, pin in self.pins.items() if id_ not in ended}
        self.pins = {id_: pin for id_, pin in self.pins.items() if id_ in after}

    async def check_stale(self, goals: dict[str, dict[str, Any]]) -> None:
        """Where an override is over and still counts, the goal says that its numbers are old."""
        now = self.company.clock.now()
        for id_, (_, end) in self.pins.items():
            if end is not None and end < now.date() and goals[id_]["state"] == "OPEN":
                row, metric = await self.company.read(id_)
                assert row.rollup_state(metric, now) is RollupState.STALE

    def check_pins(self, goals: dict[str, dict[str, Any]]) -> None:
        """What is stored as pinned is what must be."""
        found = {
            id_: (pinned, goal["overrideEnd"].to_native() if "overrideEnd" in goal else None)
            for id_, goal in goals.items()
            if (pinned := {name: goal[f"{name}Pinned"] for name in CATEGORIES if f"{name}Pinned" in goal})
        }
        assert found == self.pins

    def check_sums(self, goals: dict[str, dict[str, Any]], ids: set[str], frozen: set[str]) -> None:
        """The stored totals of these goals are those that Python finds; those of `frozen` ones are taken as stored."""
        expected = self.oracle(goals, frozen)
        for id_ in ids:
            for category in CATEGORIES:
                assert stored(goals[id_], category) == expected[id_][category], (id_, category, goals[id_])

    def oracle(self, goals: dict[str, dict[str, Any]], frozen: set[str]) -> dict[str, Totals]:
        """Each goal's computed values in units and how many records counted, by category: semantics §9."""
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
            pinned = self.pins.get(id_, ({}, None))[0]
            return {category: (pinned.get(category, total), count) for category, (total, count) in totals.items()}

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
        if state == "WON" and "FILTERED_BY" in goal:
            amounts = [amount for amount in amounts if amount is not None and float(amount) > 1]
        if goal["MEASURED_BY"] == self.company.ids["Deals"]:
            counted = len(amounts) if state == "WON" else 0
            return counted, counted
        return sum(round(float(amount or "0") * 10_000) for amount in amounts), len(amounts)


def stored(goal: dict[str, Any], category: str) -> tuple[int, int]:
    """What the database holds as a goal's computed value, and how many records counted."""
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


def goals_of(nodes: Snapshot) -> dict[str, dict[str, Any]]:
    """Each goal of a snapshot by id: its properties, and the id at the end of each link by type."""
    return {
        node["properties"]["id"]: {**node["properties"], **{type_: id_ for type_, _, id_ in node["links"]}}
        for node in nodes
        if "Goal" in node["labels"]
    }


def _is_at_or_below(goals: dict[str, dict[str, Any]], id_: str, top: str) -> bool:
    while id_ != top and "CHILD_OF" in goals[id_]:
        id_ = goals[id_]["CHILD_OF"]
    return id_ == top
