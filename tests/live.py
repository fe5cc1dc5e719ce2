"""Histories of changes of everything that totals follow from: their steps, and what must be true after them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from graph import goal_change, override
from graph.change import PARTS
from graph.errors import Refusal
from graph.fold import fold_waiting
from graph.goal import GoalsByIds, RecordSet, RollupState
from graph.metric import MetricsByIds
from graph.metric_change import update_rollup_field
from graph.override import OverrideDraft
from graph.owners import OwnerKind
from graph.record_upsert import delete_records
from graph.rollup_compiler import Category
from graph.rollup_query_change import update_rollup_query
from tests.factories import FOUNDER, Q1, YEAR
from tests.live_oracle import LINES, TERRITORIES, UNITS, USERS, Written
from tests.plays import stored

if TYPE_CHECKING:
    from collections import Counter

    from graph.database import Transaction
    from tests.factories import Company

METRICS = ("Revenue", "Deals", "Lines")
OWNERS = (*USERS, "team", *UNITS, *TERRITORIES, *LINES)
STATES, AMOUNTS = ("WON", "OPEN"), (None, "0", "1", "-7.5", "123456789.25")
DAYS = (None, date(2025, 12, 31), date(2026, 1, 1), date(2026, 3, 31), date(2026, 11, 30))
#: Forms of conditions over opportunities, and each in Python.
QUERIES: tuple[dict[str, Any], ...] = (
    {"field": {"key": "actualValue", "test": {"greater": "1"}}},
    {"field": {"of": "ACCOUNT", "key": "city", "test": {"equals": "Here"}}},
    {"owner": {"atOrBelowGoalOwner": True}},
    {"not": {"field": {"key": "name", "test": {"contains": "1"}}}},
)
_NUMBER, _ANY_GOAL = st.integers(0, 5), st.integers(0, 9)
_RECORD = st.fixed_dictionaries(
    {},
    optional={
        "owner": st.sampled_from((None, *USERS, "team")),
        "territory": st.sampled_from((None, *TERRITORIES)),
        "productLine": st.sampled_from((None, *LINES)),
        "account": st.sampled_from((None, 0, 1)),
        "amount": st.sampled_from(AMOUNTS),
        "day": st.sampled_from(DAYS),
        "state": st.sampled_from(STATES),
        "parent": st.sampled_from((0, 1)),
    },
)
_CHANGES: dict[str, st.SearchStrategy[Any]] = {
    "owner_id": st.sampled_from(OWNERS),
    "period": st.sampled_from((YEAR, Q1)),
    "rollup_only_from_children": st.booleans(),
    "record_set": st.sampled_from(RecordSet),
    "include_team_members": st.booleans(),
    "queries": st.sampled_from((None, "first", "second")),
}
KINDS = frozenset(
    (
        *("deals", "orders", "lines", "account", "forget", "create", "update", "move", "close", "cancel", "reopen"),
        *("delete", "clear", "pin", "query", "unit", "member", "boss", "place", "metric", "fold", "recalculate"),
    )
)
STEPS = st.one_of(
    st.tuples(st.just("deals"), st.lists(st.tuples(_NUMBER, _RECORD), min_size=1, max_size=4)),
    st.tuples(st.just("deals"), st.lists(st.tuples(_NUMBER, _RECORD), min_size=1, max_size=4)),
    st.tuples(st.just("orders"), st.lists(st.tuples(st.integers(0, 1), _RECORD), min_size=1, max_size=2)),
    st.tuples(st.just("lines"), st.lists(st.tuples(_NUMBER, _RECORD), min_size=1, max_size=4)),
    st.tuples(st.just("account"), st.integers(0, 1), st.sampled_from(("Here", "There"))),
    st.tuples(st.just("forget"), st.sampled_from(("opportunity", "order", "order_line", "account")), _NUMBER),
    st.tuples(
        st.just("create"),
        st.none() | _ANY_GOAL | _ANY_GOAL,
        st.sampled_from(METRICS),
        st.sampled_from(OWNERS),
        st.sampled_from(RecordSet),
        st.booleans(),
    ),
    st.tuples(
        st.just("update"),
        _ANY_GOAL,
        st.sampled_from(sorted(_CHANGES)).flatmap(lambda key: st.fixed_dictionaries({key: _CHANGES[key]})),
    ),
    st.tuples(st.just("move"), _ANY_GOAL, st.none() | _ANY_GOAL | _ANY_GOAL),
    st.tuples(st.just("close"), _ANY_GOAL),
    st.tuples(st.just("cancel"), _ANY_GOAL),
    st.tuples(st.just("reopen"), _ANY_GOAL),
    st.tuples(st.just("delete"), _ANY_GOAL),
    st.tuples(st.just("clear"), _ANY_GOAL),
    st.tuples(st.just("pin"), _ANY_GOAL, st.sampled_from(("0", "7", "-3"))),
    st.tuples(st.just("query"), st.sampled_from(("first", "second")), st.integers(0, len(QUERIES) - 1)),
    st.tuples(st.just("unit"), st.sampled_from((*USERS, "team")), st.sampled_from((None, *UNITS))),
    st.tuples(st.just("member"), st.sampled_from(USERS), st.booleans()),
    st.tuples(st.just("boss"), st.just("eve"), st.sampled_from((None, "ada", "ben"))),
    st.tuples(st.just("boss"), st.just("ben"), st.sampled_from((None, "ada"))),
    st.tuples(st.just("place"), st.sampled_from(("low", "town", "tools")), st.booleans()),
    st.tuples(st.just("metric"), st.sampled_from(((), ("WON",)))),
    st.tuples(st.just("fold")),
    st.tuples(st.just("recalculate"), _ANY_GOAL),
)


@dataclass
class History:
    """A history under way: the goals made so far, what was written, and how often each kind of step was taken."""

    company: Company
    written: Written
    goals: list[str]
    taken: Counter[str]
    closed: list[str] = field(default_factory=list)

    async def take(self, step: tuple[Any, ...]) -> None:
        """Take a step, which may be refused: then nothing has changed."""
        try:
            await self._take(step)
        except Refusal as refusal:
            self.taken[f"{step[0]} {refusal.problem.code}"] += 1
        else:
            self.taken[step[0]] += 1

    async def _take(self, step: tuple[Any, ...]) -> None:  # noqa: C901, PLR0912, PLR0915 - one case for each kind of step
        company, viewer, now = self.company, self.company.administrator, self.company.clock.now()
        match step:
            case ("deals" | "orders" | "lines" as kind, rows):
                await self._records({"deals": "opportunity", "orders": "order", "lines": "order_line"}[kind], rows)
            case ("account", number, city):
                await company.records("account", {"externalId": f"{number}", "fields": {"city": city}})
                self.written.cities[number] = city
            case ("forget", key, number):
                await company.write(lambda tx: delete_records(tx, FOUNDER, key, [f"{number}"], now=now))
                self._forget(key, number)
            case ("create", parent, metric, owner, record_set, only_children):
                above = None if parent is None else self._goal(parent)
                fields = {"metric_id": company.ids[metric], "period": YEAR} if above is None else {"parent_id": above}
                goal = await company.goal(
                    "Goal",
                    manager_id=viewer.id,
                    owner_id=company.ids[owner],
                    record_set=record_set,
                    rollup_only_from_children=only_children,
                    **fields,
                )
                self.goals.append(goal)
            case ("update", number, changes):
                given = dict(changes)
                if "owner_id" in given:
                    given["owner_id"] = company.ids[given["owner_id"]]
                if "queries" in given:
                    name = given["queries"]
                    given["queries"] = {Category.ACTUAL: None if name is None else company.ids[name]}
                goal = self._goal(number)
                await company.write(lambda tx: goal_change.update_goal(tx, viewer, goal, given, now))
            case ("move", number, parent):
                goal, above = self._goal(number), None if parent is None else self._goal(parent)
                await company.write(lambda tx: goal_change.move_goal(tx, viewer, goal, above, now))
            case ("reopen", number) if self.closed:
                await self._goal_step("reopen", self.closed.pop(number % len(self.closed)))
            case ("close" | "cancel" | "reopen" | "delete" | "clear" | "pin" as how, number, *more):
                await self._goal_step(how, self._goal(number), *more)
                if how in {"close", "cancel"}:
                    self.closed.append(self._goal(number))
            case ("query", name, number):
                change = {"conditions": QUERIES[number]}
                await company.write(lambda tx: update_rollup_query(tx, viewer, company.ids[name], change, now))
                self.written.asked[name] = number
            case ("unit", name, unit):
                await company.owners(OwnerKind.TEAM if name == "team" else OwnerKind.USER, {"name": name, "unit": unit})
                self.written.units[name] = unit
            case ("member", name, inside):
                await company.owners(OwnerKind.USER, {"name": name, "teams": ["team"] if inside else []})
                (self.written.members.add if inside else self.written.members.discard)(name)
            case ("boss", name, boss):
                await company.owners(OwnerKind.USER, {"name": name, "manager": boss})
                self.written.bosses[name] = boss
            case ("place", name, below):
                kind, top = _PLACES[name]
                await company.owners(kind, {"name": name, "parent": top if below else None})
                self.written.above[name] = top if below else None
            case ("metric", statuses):
                field_id = company.ids["won"]
                await company.write(lambda tx: update_rollup_field(tx, viewer, field_id, {"statuses": statuses}))
                self.written.statuses = statuses
            case ("fold",):
                await fold_waiting(company.database, company.clock)
            case ("recalculate", number):
                await company.recalculate(self._goal(number))

    def _goal(self, number: int) -> str:
        return self.goals[number % len(self.goals)] if self.goals else "absent"

    async def _records(self, key: str, rows: list[tuple[int, dict[str, Any]]]) -> None:
        written = {}
        for number, given in rows:
            if number in written:
                continue
            before = self.written.records.get((key, number), {})
            new = {**({"state": "WON"} if not before else {}), **given}
            if key != "order_line":
                new.pop("parent", None)
            if "account" in new and new["account"] is not None and new["account"] not in self.written.cities:
                new.pop("account")
            if "parent" in new and ("order", new["parent"]) not in self.written.records:
                new.pop("parent")
            written[number] = {**before, **new}
            row: dict[str, Any] = {"externalId": f"{number}"}
            if "owner" in new:
                owner = new["owner"]
                row["owner"] = None if owner is None else {"team" if owner == "team" else "user": owner}
            row |= {name: new[name] for name in ("territory", "productLine") if name in new}
            row |= {
                name: None if new[name] is None else f"{new[name]}" for name in ("account", "parent") if name in new
            }
            if key == "order" and "state" in new:
                row["state"] = {"WON": "FULFILLED", "OPEN": "ACTIVE"}[new["state"]]
            if key == "opportunity" and "state" in new:
                status = {"WON": "WON", "OPEN": "NEW"}[new["state"]] if number % 2 else None
                row |= {"state": new["state"], "status": status}
                written[number]["status"] = status
            fields = _STORED[key].items()
            row["fields"] = {name: new[what] for what, names in fields if what in new for name in names}
            await self.company.records(key, row)
            self.written.records[key, number] = written[number]

    def _forget(self, key: str, number: int) -> None:
        if key == "account":
            self.written.cities.pop(number, None)
        self.written.records.pop((key, number), None)
        for record in self.written.records.values():
            if key == "account" and record.get("account") == number:
                record["account"] = None
            if key == "order" and record.get("parent") == number:
                record["parent"] = None

    async def _goal_step(self, how: str, goal: str, *more: Any) -> None:
        viewer, now = self.company.administrator, self.company.clock.now()

        async def work(tx: Transaction) -> None:
            match how:
                case "close":
                    await goal_change.close_goal(tx, viewer, goal, now, include_descendants=True)
                case "cancel":
                    await goal_change.cancel_goal(tx, viewer, goal, now)
                case "reopen":
                    await goal_change.reopen_goal(tx, viewer, goal, now)
                case "delete":
                    await goal_change.delete_goal(tx, viewer, goal, now)
                case "clear":
                    await override.clear_override(tx, viewer, goal, now)
                case _:
                    draft = OverrideDraft({Category.ACTUAL: more[0]}, "A reason", None)
                    await override.override_goal(tx, viewer, goal, draft, now)

        await self.company.write(work)

    async def check(self) -> None:
        """What is folded, what a full run makes of it and what Python says are the same, for every goal."""
        await self.company.fold()
        live = await self._goals()
        expected = self.written.totals(live, self.company.ids)
        states = await self._states(list(live))
        for id_, goal in live.items():
            if goal["state"] == "OPEN":
                for category in Category:
                    if f"{category.stored}Own" in goal:
                        assert stored(goal, category.stored) == expected[id_][category.stored], (category, goal)
                assert states[id_] is RollupState.CURRENT, goal
        for id_, goal in live.items():
            if "CHILD_OF" not in goal:
                report = await self.company.recalculate(id_)
                assert report.changed == 0, goal
        again = await self._goals()
        assert {id_: [goal.get(name) for name in _KEPT] for id_, goal in again.items()} == {
            id_: [goal.get(name) for name in _KEPT] for id_, goal in live.items()
        }

    async def _goals(self) -> dict[str, dict[str, Any]]:
        """Each goal by id as stored: its properties, and the id at the end of each link by type."""

        async def work(tx: Transaction) -> list[dict[str, Any]]:
            text = (
                "MATCH (g:Goal) RETURN properties(g) AS properties, "
                "COLLECT { MATCH (g)-[r]->(m) RETURN [type(r), m.id] } AS links"
            )
            return await tx.text(text, {}, name="tests/goals")

        rows = await self.company.database.read(work)
        return {row["properties"]["id"]: {**row["properties"], **dict(row["links"])} for row in rows}

    async def _states(self, ids: list[str]) -> dict[str, RollupState]:
        """What each goal's numbers are, as an administrator sees them."""
        viewer, now = self.company.administrator.id, self.company.clock.now()
        metrics = [self.company.ids[name] for name in METRICS]

        async def work(tx: Transaction) -> dict[str, RollupState]:
            by_id = {row.id: row for row in await tx.run(MetricsByIds(viewer, metrics))}
            found = await tx.run(GoalsByIds(viewer, ids))
            return {row.id: row.rollup_state(by_id[row.metric_id], now) for row in found}

        return await self.company.database.read(work)


_KEPT = [*PARTS, *(f"{category.stored}Below{part}" for category in Category for part in ("", "Count"))]
_PLACES = {
    "low": (OwnerKind.BUSINESS_UNIT, "top"),
    "town": (OwnerKind.TERRITORY, "land"),
    "tools": (OwnerKind.PRODUCT_LINE, "goods"),
}
_STORED: dict[str, dict[str, tuple[str, ...]]] = {
    "opportunity": {"amount": ("actualValue", "estimatedValue"), "day": ("actualCloseDate", "openDate")},
    "order": {"day": ("orderDate",)},
    "order_line": {"amount": ("extendedAmount",)},
}
