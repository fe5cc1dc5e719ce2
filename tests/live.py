"""Histories of changes of everything that totals follow from, and what all totals must be after them.

The oracle is plain Python on what the steps wrote: it shares no code with the rollup or with the folding of changes.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from hypothesis import event
from hypothesis import strategies as st

from graph import goal_change, override
from graph.change import PARTS
from graph.errors import Refusal
from graph.fold import fold_waiting
from graph.goal import RecordSet, RollupState
from graph.metric import MetricType
from graph.metric_change import RollupFieldDraft, update_rollup_field
from graph.override import OverrideDraft
from graph.owners import OwnerKind
from graph.record_upsert import delete_records
from graph.rollup_compiler import Category
from graph.rollup_query_change import RollupQueryDraft, create_rollup_query, update_rollup_query
from tests.conftest import NOW
from tests.factories import FOUNDER, Q1, YEAR, Company
from tests.plays import goals_of, snapshot, stored

if TYPE_CHECKING:
    from graph.clock import FixedClock
    from graph.database import Database, Transaction
    from graph.visibility import Viewer

USERS, UNITS, TERRITORIES, LINES = ("ada", "ben", "eve"), ("top", "low"), ("land", "town"), ("goods", "tools")
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
        st.sampled_from(("Revenue", "Deals", "Lines")),
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
    st.tuples(st.sampled_from(("close", "cancel", "reopen", "delete", "clear")), _ANY_GOAL),
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
    """A history under way: what was written, and how it is."""

    company: Company
    goals: list[str] = field(default_factory=list)
    records: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    cities: dict[int, str] = field(default_factory=dict)
    units: dict[str, str | None] = field(default_factory=dict)
    members: set[str] = field(default_factory=set)
    bosses: dict[str, str | None] = field(default_factory=dict)
    above: dict[str, str | None] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    statuses: tuple[str, ...] = ()
    pins: dict[str, int] = field(default_factory=dict)
    refused: int = 0

    async def take(self, step: tuple[Any, ...]) -> None:
        """Take a step, which may be refused: then nothing has changed."""
        try:
            await self._take(step)
        except Refusal as refusal:
            event(f"{step[0]}: {refusal.problem.code}")
        else:
            event(f"{step[0]}: done")

    async def _take(self, step: tuple[Any, ...]) -> None:  # noqa: C901, PLR0912, PLR0915 - one case for each kind of step
        company, viewer, now = self.company, self.company.administrator, self.company.clock.now()
        match step:
            case ("deals" | "orders" | "lines" as kind, rows):
                await self._records({"deals": "opportunity", "orders": "order", "lines": "order_line"}[kind], rows)
            case ("account", number, city):
                await company.records("account", {"externalId": f"{number}", "fields": {"city": city}})
                self.cities[number] = city
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
            case ("close" | "cancel" | "reopen" | "delete" | "clear" | "pin" as how, number, *more):
                await self._goal_step(how, self._goal(number), *more)
            case ("query", name, number):
                change = {"conditions": QUERIES[number]}
                await company.write(lambda tx: update_rollup_query(tx, viewer, company.ids[name], change, now))
                self.asked[name] = number
            case ("unit", name, unit):
                await company.owners(OwnerKind.TEAM if name == "team" else OwnerKind.USER, {"name": name, "unit": unit})
                self.units[name] = unit
            case ("member", name, inside):
                await company.owners(OwnerKind.USER, {"name": name, "teams": ["team"] if inside else []})
                (self.members.add if inside else self.members.discard)(name)
            case ("boss", name, boss):
                await company.owners(OwnerKind.USER, {"name": name, "manager": boss})
                self.bosses[name] = boss
            case ("place", name, below):
                kind, top = _PLACES[name]
                await company.owners(kind, {"name": name, "parent": top if below else None})
                self.above[name] = top if below else None
            case ("metric", statuses):
                field_id = company.ids["won"]
                await company.write(lambda tx: update_rollup_field(tx, viewer, field_id, {"statuses": statuses}))
                self.statuses = statuses
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
            before = self.records.get((key, number), {})
            new = {**({"state": "WON"} if not before else {}), **given}
            if key != "order_line":
                new.pop("parent", None)
            if "account" in new and new["account"] is not None and new["account"] not in self.cities:
                new.pop("account")
            if "parent" in new and ("order", new["parent"]) not in self.records:
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
            self.records[key, number] = written[number]

    def _forget(self, key: str, number: int) -> None:
        if key == "account":
            self.cities.pop(number, None)
        self.records.pop((key, number), None)
        for record in self.records.values():
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
        live = goals_of(await snapshot(self.company.database))
        expected = self.oracle(live)
        for id_, goal in live.items():
            if goal["state"] == "OPEN":
                for category in Category:
                    if f"{category.stored}Own" in goal:
                        assert stored(goal, category.stored) == expected[id_][category.stored], (category, goal)
                row, metric = await self.company.read(id_)
                assert row.rollup_state(metric, self.company.clock.now()) is RollupState.CURRENT, goal
        for id_, goal in live.items():
            if "CHILD_OF" not in goal:
                report = await self.company.recalculate(id_)
                assert report.changed == 0, goal
        again = goals_of(await snapshot(self.company.database))
        kept = [*PARTS, *(f"{category.stored}Below{part}" for category in Category for part in ("", "Count"))]
        assert [[goal.get(name) for name in kept] for goal in again.values()] == [
            [goal.get(name) for name in kept] for goal in live.values()
        ]

    def oracle(self, goals: dict[str, dict[str, Any]]) -> dict[str, dict[str, tuple[int, int]]]:
        """Each goal's computed values in units and how many records counted, by category: semantics §9."""
        below: dict[str | None, list[str]] = defaultdict(list)
        for id_, goal in goals.items():
            below[goal.get("CHILD_OF")].append(id_)
        found: dict[str, dict[str, tuple[int, int]]] = {}
        names = {id_: name for name, id_ in self.company.ids.items()}

        def visit(id_: str) -> dict[str, tuple[int, int]]:
            goal = goals[id_]
            parts = [visit(child) for child in below[id_]]
            counting = [
                part for child, part in zip(below[id_], parts, strict=True) if goals[child]["state"] != "CANCELLED"
            ]
            own = self._own(goal, names)
            found[id_] = {
                category: (
                    own[category][0] + sum(part[category][0] for part in counting),
                    own[category][1] + sum(part[category][1] for part in counting),
                )
                for category in ("actual", "inProgress", "custom")
            }
            if goal["state"] != "OPEN":  # what is frozen is taken as it is
                found[id_] = {category: stored(goal, category) for category in found[id_]}
            pinned = goal.get("actualPinned")
            total = dict(found[id_])
            if pinned is not None:
                total["actual"] = (pinned, total["actual"][1])
            return total

        for root in below[None]:
            visit(root)
        return found

    def _own(self, goal: dict[str, Any], names: dict[str, str]) -> dict[str, tuple[int, int]]:
        nothing = (0, 0)
        own = dict.fromkeys(("actual", "inProgress", "custom"), nothing)
        if goal["rollupOnlyFromChildren"]:
            return own
        metric = names[goal["MEASURED_BY"]]
        query = names.get(goal.get("FILTERED_BY", ""))
        for category, key, state in _COUNTED[metric]:
            amounts = []
            for (kind, number), record in self.records.items():
                dated = self.records.get(("order", record.get("parent", -1)), {}) if key == "order_line" else record
                day = dated.get("day")
                if kind != key or dated.get("state") != state or day is None:
                    continue
                narrowed = self.statuses if (metric, category) == ("Revenue", "actual") else ()
                if narrowed and record.get("status") not in narrowed:
                    continue
                if not goal["startDate"].to_native() <= day <= goal["endDate"].to_native():
                    continue
                if goal["recordSet"] != "ALL" and not self._holds(goal, names[goal["OWNED_BY"]], record):
                    continue
                if category == "actual" and query is not None and not self._matches(query, goal, names, record, number):
                    continue
                amounts.append(record.get("amount"))
            count = len(amounts)
            total = count if metric == "Deals" else sum(round(float(amount or "0") * 10_000) for amount in amounts)
            own[category] = (total, count)
        return own

    def _inherited(self, record: dict[str, Any], name: str) -> Any:
        found = record.get(name)
        if found is None and record.get("parent") is not None:
            return self.records.get(("order", record["parent"]), {}).get(name)
        return found

    def _holds(self, goal: dict[str, Any], owner: str, record: dict[str, Any]) -> bool:
        of_record = self._inherited(record, "owner")
        if owner in TERRITORIES:
            return self._at_or_below(self._inherited(record, "territory"), owner)
        if owner in LINES:
            return self._at_or_below(self._inherited(record, "productLine"), owner)
        if owner in UNITS:
            return of_record is not None and self._at_or_below(self.units.get(of_record), owner)
        return bool(
            of_record == owner or (owner == "team" and goal["includeTeamMembers"] and of_record in self.members)
        )

    def _at_or_below(self, name: str | None, top: str) -> bool:
        return name is not None and (name == top or self._at_or_below(self.above.get(name), top))

    def _matches(
        self, query: str, goal: dict[str, Any], names: dict[str, str], record: dict[str, Any], number: int
    ) -> bool:
        match self.asked[query]:
            case 0:
                return record.get("amount") is not None and float(record["amount"]) > 1
            case 1:
                account = record.get("account")
                return account is not None and self.cities.get(account) == "Here"
            case 2:
                return self._below_goal_owner(names[goal["OWNED_BY"]], record)
            case _:
                return "1" not in f"{number}"

    def _below_goal_owner(self, owner: str, record: dict[str, Any]) -> bool:
        of_record = record.get("owner")
        chain, boss = [], self.bosses.get(of_record or "")
        while boss is not None and boss not in chain:
            chain.append(boss)
            boss = self.bosses.get(boss)
        return (
            of_record == owner
            or (owner == "team" and of_record in self.members)
            or owner in chain
            or (of_record is not None and self._at_or_below(self.units.get(of_record), owner))
            or self._at_or_below(record.get("territory"), owner)
            or self._at_or_below(record.get("productLine"), owner)
        )


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
_COUNTED = {
    "Revenue": (("actual", "opportunity", "WON"), ("inProgress", "opportunity", "OPEN")),
    "Deals": (("actual", "opportunity", "WON"),),
    "Lines": (("actual", "order_line", "WON"),),
}


async def _query(viewer: Viewer, name: str, tx: Transaction) -> str:
    return await create_rollup_query(tx, viewer, RollupQueryDraft(name, "opportunity", QUERIES[0]), NOW)


async def begin(database: Database, clock: FixedClock) -> History:
    """An empty organization with a structure, three metrics and two rollup queries."""
    await database.schema("MATCH (n) WHERE NOT n:Migration AND NOT n:TestDatabase DETACH DELETE n")
    clock.set(NOW)
    company = await Company(database, clock).found()
    await company.owners(OwnerKind.BUSINESS_UNIT, *({"name": name} for name in UNITS))
    await company.owners(OwnerKind.TERRITORY, *({"name": name} for name in TERRITORIES))
    await company.owners(OwnerKind.PRODUCT_LINE, *({"name": name} for name in LINES))
    await company.owners(OwnerKind.TEAM, {"name": "team"})
    await company.users(*USERS)
    company.ids["Revenue"] = await company.metric()
    won = RollupFieldDraft(Category.ACTUAL, "opportunity", "actualCloseDate", "WON", (), None)
    company.ids["Deals"] = await company.metric("Deals", won, type_=MetricType.COUNT, data_type=None)
    lines = RollupFieldDraft(
        *(Category.ACTUAL, "order_line", "orderDate", "FULFILLED", (), "extendedAmount"),
        state_from_parent=True,
        date_from_parent=True,
    )
    company.ids["Lines"] = await company.metric("Lines", lines)
    history = History(company)
    for name in ("first", "second"):
        company.ids[name] = await company.write(partial(_query, company.administrator, name))
        history.asked[name] = 0

    async def field_of(tx: Transaction) -> str:
        text = "MATCH (:Metric {id: $id})-[:HAS_FIELD]->(f {category: 'ACTUAL'}) RETURN f.id AS id"
        (row,) = await tx.text(text, {"id": company.ids["Revenue"]}, name="tests/field")
        found: str = row["id"]
        return found

    company.ids["won"] = await database.read(field_of)
    return history
