"""The scene of attacks on what is hidden, and one attacker's view of one of two trees that differ in that alone."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graph.metric import MetricType
from graph.metric_change import RollupFieldDraft
from graph.owners import OwnerKind
from graph.rollup_compiler import Category
from tests.factories import YEAR

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.api.conftest import Client
    from tests.factories import Company

#: A salesperson, a sales manager, and one who may do everything with goals and records, but count none.
ATTACKERS = ("rep", "manager", "snoop")
YEAR_2027 = {"custom": {"startDate": "2027-01-01", "endDate": "2027-12-31"}}
WEEK = {"custom": {"startDate": "2026-02-01", "endDate": "2026-02-07"}}
NUMBERS = """
fragment Numbers on Goal {
  title actual ownActual computedActual target stretchTarget recordCount status percentageAchieved projected
  pace { amount days } progressReasons { field code } restrictedFields restrictedChildren { count } override { actual }
  childTargets { sum difference } amounts(currency: "EUR") { target actual } state restricted parent { title }
  rollup { state incomplete } access { canEdit canDelete }
}
"""
#: Of the twins: in the first the hidden goals have reached 100 and 300, in the second 300 and 100.
TWINS = {"Alpha": (("Aaa", "100", "55"), ("Bbb", "300", "66")), "Omega": (("Zzz", "300", "660"), ("Yyy", "100", "7"))}
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
#: The goals that an attacker knows the ids of, and what it asks of them; one document, so that it is read once.
NAMED = ("Top", "Hidden 1", "Hidden 2", "Mine")
_LISTS = {"s": "$s", "aa": '"aa"', "zz": '"zz"'}
LOOK = (
    "query($a: ID!, $b: ID!, $c: ID!, $d: ID!, $s: String!) { "
    + "".join(f"g{one}: goal(id: ${one}) {{ ...Numbers }} n{one}: node(id: ${one}) {{ id }} " for one in "abcd")
    + "".join(
        f"l{name}: goals(filter: {{search: {part}}}, orderBy: {{field: TITLE}}, first: 20) "
        "{ totalCount pageInfo { hasNextPage } nodes { ...Numbers } } "
        for name, part in _LISTS.items()
    )
    + "goalTree(rootId: $a) { nodes { depth childCount goal { ...Numbers } } } }"
    + NUMBERS
)


@dataclass
class World:
    """A company with twins, a goal whose target is kept by a field profile, and a record whose amount is."""

    login: Callable[[str], Client]
    company: Company
    goals: dict[str, str] = field(default_factory=dict)

    async def build(self) -> World:
        company = self.company
        await company.owners(OwnerKind.BUSINESS_UNIT, {"name": "Company"})
        await company.owners(OwnerKind.BUSINESS_UNIT, {"name": "East", "parent": "Company"})
        await company.users(*ATTACKERS, unit="East")
        await company.users("boss", *(f"ghost {label} {n}" for label in TWINS for n in (1, 2)), unit="Company")
        company.ids["metric"] = await company.metric(stretch=True)
        won = RollupFieldDraft(Category.ACTUAL, "opportunity", "actualCloseDate", "WON")
        # Another metric, of whole numbers: it cannot hold a target with decimals.
        company.ids["whole"] = await company.metric("Whole", won, type_=MetricType.COUNT, data_type=None)
        for label, hidden in TWINS.items():
            await self._goal(f"Top {label}", None, "manager", target="1000")
            await self._goal(f"Mine {label}", f"Top {label}", "rep")
            for number, (title, amount, target) in enumerate(hidden, 1):
                ghost = f"ghost {label} {number}"
                more = {"owner_id": company.ids[ghost], "target": target, "restricted": True}
                self.goals[f"Hidden {number} {label}"] = await self._goal(title, f"Top {label}", "boss", **more)
                await company.won(ghost, (amount, "2026-02-01"), name=f"deal of {ghost}")
            await company.recalculate(self.goals[f"Top {label}"])
        await self._goal("Vault", None, "boss", target="35")
        await self._goal("Safe", None, "boss", target="35", rollup_only_from_children=True)
        for target in ("20", "40", "60", "80"):
            await self._goal(f"Probe {target}", "Vault", "boss", target=target)
        await company.records("account", {"externalId": "acme", "name": "Acme"})
        await self._deal("35")
        await company.grant("Salesperson", "rep")
        await company.grant("Sales Manager", "manager")
        every = ("CREATE", "READ", "WRITE", "DELETE", "ASSIGN", "SHARE", "RECALCULATE", "OVERRIDE")
        of_goals = [{"kind": "GOAL", "operation": one, "depth": "ORGANIZATION"} for one in every]
        of_records = [
            {"kind": "RECORD", "recordType": "opportunity", "operation": one, "depth": "ORGANIZATION"}
            for one in ("CREATE", "READ", "WRITE", "DELETE")
        ]
        role = await self.payload("admin", "upsertRole", "id", name="Snoop", privileges=of_goals + of_records)
        await self.payload("admin", "assignRole", roleId=role["id"], userId=company.ids["snoop"])
        return self

    async def payload(self, who: str, mutation: str, answer: str = "", **given: Any) -> Any:
        """Send a mutation; its payload."""
        name = {"deleteGoal": "GoalId", "cancelGoal": "GoalId", "clearGoalOverride": "GoalId"}.get(mutation)
        kind = f"{name or mutation[0].upper() + mutation[1:]}Input"
        document = (
            f"mutation($input: {kind}!) {{ payload: {mutation}(input: $input) "
            f"{{ {answer} userErrors {{ code field message }} }} }}"
        )
        return (await self.login(who).data(document, {"input": given}))["payload"]

    async def keep(self, *fields: str) -> None:
        """Let a field profile keep these fields from everybody."""
        secured = [{"field": name} for name in fields]
        assert not (await self.payload("admin", "upsertFieldProfile", name="Kept", fields=secured))["userErrors"]

    async def set_secret(self, value: str) -> None:
        """Give the vault and the safe another target, and the deal another amount."""
        for title in ("Vault", "Safe"):
            given = {"id": self.goals[title], "target": value}
            assert not (await self.payload("admin", "updateGoal", **given))["userErrors"]
        await self._deal(value)

    async def _deal(self, amount: str) -> None:
        fields = {"actualValue": amount, "actualCloseDate": "2025-02-01"}
        row = {"externalId": "deal", "name": "Deal", "state": "WON", "owner": {"user": "boss"}, "fields": fields}
        await self.company.records("opportunity", row)

    async def _goal(self, title: str, parent: str | None, manager: str, **more: Any) -> str:
        ids = self.company.ids
        place: dict[str, Any] = {"parent_id": self.goals[parent]} if parent else {"metric_id": ids["metric"]}
        place |= {} if parent else {"period": YEAR}
        more = {"owner_id": ids[manager], **more}
        goal_id = self.goals[title] = await self.company.goal(title, manager_id=ids[manager], **place, **more)
        return goal_id


class Twin:
    """One of the twins as one attacker meets it; `said` is what came back, in words that are the same for both."""

    def __init__(self, world: World, label: str, who: str) -> None:
        self._world, self._label, self._who = world, label, who
        self._words = {id_: title.removesuffix(f" {label}") for title, id_ in world.goals.items()}
        self.said: list[str] = []

    async def do(self, mutation: str, answer: str = "", **given: Any) -> None:
        """Send a mutation in which goals go by their names; if it was done, look at everything."""
        payload = await self._world.payload(self._who, mutation, answer, **self._filled(given))
        made = (payload.get("goal") or {}).get("id")
        if made and mutation == "createGoal":
            self._world.goals[f"{given['title']} {self._label}"] = made
        self._note(payload)
        if not payload["userErrors"]:
            await self.look()

    async def look(self) -> None:
        """Read whatever can be read of the tree, and look for what is hidden in lists."""
        named = {letter: self._filled(name) for letter, name in zip("abcd", NAMED, strict=True)}
        self._note(await self._world.login(self._who).data(LOOK, {**named, "s": f" {self._label}"}))

    def _filled(self, given: Any) -> Any:
        if isinstance(given, dict):
            named = {key: value if key == "title" else self._filled(value) for key, value in given.items()}
            return {**named, **({"title": f"{given['title']} {self._label}"} if "title" in given else {})}
        if isinstance(given, list):
            return [self._filled(one) for one in given]
        if not isinstance(given, str):
            return given
        return self._world.goals.get(f"{given} {self._label}", self._world.company.ids.get(given, given))

    def _note(self, answer: Any) -> None:
        text = _ID.sub(lambda match: self._words.get(match[0], "new"), json.dumps(answer, sort_keys=True))
        self.said.append(text.replace(f" {self._label}", ""))
