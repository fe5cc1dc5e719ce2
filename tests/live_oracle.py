"""What all totals must be after a history of changes: plain Python on what was written, and nothing of the product."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from tests.plays import stored

USERS, UNITS, TERRITORIES, LINES = ("ada", "ben", "eve"), ("top", "low"), ("land", "town"), ("goods", "tools")
_COUNTED = {
    "Revenue": (("actual", "opportunity", "WON"), ("inProgress", "opportunity", "OPEN")),
    "Deals": (("actual", "opportunity", "WON"),),
    "Lines": (("actual", "order_line", "WON"),),
}


@dataclass
class Written:
    """What was written so far: names of owners and accounts' numbers, as the steps have them."""

    records: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    cities: dict[int, str] = field(default_factory=dict)
    units: dict[str, str | None] = field(default_factory=dict)
    members: set[str] = field(default_factory=set)
    bosses: dict[str, str | None] = field(default_factory=dict)
    above: dict[str, str | None] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    statuses: tuple[str, ...] = ()

    def totals(self, goals: dict[str, dict[str, Any]], ids: dict[str, str]) -> dict[str, dict[str, tuple[int, int]]]:
        """Each goal's computed values in units and how many records counted, by category: semantics §9.

        `goals` as stored: their definitions are looked at, and the numbers of those that are closed. `ids` by name.
        """
        below: dict[str | None, list[str]] = defaultdict(list)
        for id_, goal in goals.items():
            below[goal.get("CHILD_OF")].append(id_)
        found: dict[str, dict[str, tuple[int, int]]] = {}
        names = {id_: name for name, id_ in ids.items()}

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
