"""Two users, all goal mutations, stale versions and keys sent again, in random order: nothing is lost or done twice.

The oracle of versions is what each user last read: a version is stale where those values are others now. Each request
also shows the locks that it took, in their order.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from graph.database import Transaction
from graph.lock_order import out_of_order
from tests.api.hierarchy import YEAR, Desk, custom, open_desk
from tests.invariants import check_invariants

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from graph.clock import FixedClock
    from graph.database import Database
    from graph.settings import Settings

USERS = ("admin", "Manager")
TITLES = ("Root", "Middle", "Leaf", "Other")
#: All that a client may edit of a goal, as it reads it.
EDITABLE = (
    "title description metric { id } parent { id } manager { id } owner { ... on Owner { id } } state target "
    "stretchTarget rollupOnlyFromChildren recordSet includeTeamMembers restricted "
    "period { kind fiscalYear index label startDate endDate }"
)
CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("updateGoal", {"title": "Renamed"}),
    ("updateGoal", {"target": "5"}),
    ("updateGoal", {"target": None, "description": "Words"}),
    ("updateGoal", {"period": custom("2026-01-01", "2026-06-30")}),
    ("updateGoal", {"restricted": True}),
    ("assignGoal", {"ownerId": "Manager"}),
    ("assignGoal", {"managerId": "Admin"}),
    ("moveGoal", {"parentId": None}),
    ("moveGoal", {"parentId": "Other"}),
    ("moveGoal", {"parentId": "Middle"}),
    ("closeGoal", {"includeDescendants": True}),
    ("cancelGoal", {}),
    ("reopenGoal", {}),
    ("deleteGoal", {}),
]
STEPS = st.tuples(
    st.sampled_from(USERS),
    st.sampled_from(TITLES),
    st.sampled_from(CHANGES),
    st.sampled_from(("remembered", "remembered", "fresh", "none")),
    st.booleans(),
)


@dataclass
class Play:
    """A sequence under way: what each user last read of each goal, and the statements of each transaction."""

    desk: Desk
    ran: list[list[str]]
    read: dict[tuple[str, str], dict[str, Any] | None] = field(default_factory=dict)
    keys: int = 0

    async def look(self, user: str, title: str) -> dict[str, Any] | None:
        """Read a goal as a user, and remember it."""
        shown: dict[str, Any] | None = await self.desk.shown(title, f"version {EDITABLE}", self.desk.login(user))
        return shown

    async def step(self, user: str, title: str, change: tuple[str, dict[str, Any]], how: str) -> set[str]:
        """Change a goal as a user, once, and once more under the same key; the codes of the refusal, if it was."""
        desk, client = self.desk, self.desk.login(user)
        now = await self.look(user, title)
        known = self.read[user, title] if how == "remembered" else now
        mutation, more = change
        self.keys += 1
        given_ = desk.named({"id": title, **more, "idempotencyKey": f"a-key-of-this-play-{self.keys}"})
        if how != "none" and known is not None:
            given_["expectedVersion"] = known["version"]
        before = await desk.everything()
        payload = await desk.send(mutation, client, **given_)
        codes = {error["code"] for error in payload["userErrors"]}
        if now is None:
            assert codes == {"NOT_FOUND"}
        elif known is not None:
            changed = {**known, "version": ""} != {**now, "version": ""}
            assert (known["version"] != now["version"]) == changed
            if changed:
                assert codes & {"CONFLICT", "FORBIDDEN"}
            else:
                assert "CONFLICT" not in codes
        after = await desk.everything()
        assert not codes or after == before
        again = await desk.send(mutation, client, **given_)
        assert again == payload
        assert await desk.everything() == after
        if not codes:
            other = {**given_, "expectedVersion": "another input"}
            assert await desk.refused(mutation, client, **other) == ("CONFLICT", "idempotencyKey")
        return codes


@asynccontextmanager
async def playing(
    settings_: Settings, database: Database, clock: FixedClock, ran: list[list[str]]
) -> AsyncIterator[Play]:
    """Begin with Root (the administrator's) over Middle over Leaf (the manager's), and Other, a tree of its own."""
    await database.schema("MATCH (n) WHERE NOT n:Migration AND NOT n:TestDatabase DETACH DELETE n")
    async with open_desk(settings_, database, clock) as desk:
        await desk.users("Manager")
        await desk.metric("Revenue")
        await desk.goal("Root", metricId="Revenue", period=YEAR)
        await desk.goal("Middle", parentId="Root", managerId="Manager", target="1")
        await desk.goal("Leaf", parentId="Middle", managerId="Manager", ownerId="Manager")
        await desk.goal("Other", metricId="Revenue", period=YEAR, managerId="Manager")
        play = Play(desk, ran)
        for user in USERS:
            for title in TITLES:
                play.read[user, title] = await play.look(user, title)
        yield play


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Give the statements of each transaction, by name, as they run."""
    transactions: list[list[str]] = []
    begin, text = Transaction.__init__, Transaction.text
    of: dict[int, list[str]] = {}

    def noting_begin(self: Transaction, *given_: Any, **more: Any) -> None:
        begin(self, *given_, **more)
        of[id(self)] = []
        transactions.append(of[id(self)])

    async def noting_text(self: Transaction, *given_: Any, name: str) -> list[dict[str, Any]]:
        of[id(self)].append(name)
        return await text(self, *given_, name=name)

    monkeypatch.setattr(Transaction, "__init__", noting_begin)
    monkeypatch.setattr(Transaction, "text", noting_text)
    return transactions


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEPS, min_size=4, max_size=10))
async def test_no_sequence_of_two_users_loses_or_repeats_a_change(
    settings: Settings,
    migrated: Database,
    clock: FixedClock,
    ran: list[list[str]],
    steps: list[tuple[str, str, tuple[str, dict[str, Any]], str, bool]],
) -> None:
    async with playing(settings, migrated, clock, ran) as play:
        for user, title, change, how, reads in steps:
            codes = await play.step(user, title, change, how)
            event(f"{change[0]}: {codes or 'done'}")
            if reads:
                play.read[user, title] = await play.look(user, title)
        await check_invariants(migrated)
    assert [late for transaction in ran for late in out_of_order(transaction)] == []


async def test_each_mutation_takes_its_locks_in_order(
    settings: Settings, database: Database, clock: FixedClock, ran: list[list[str]]
) -> None:
    """The sequences above change goals alone; these are the other writers."""
    async with playing(settings, database, clock, ran) as play:
        desk = play.desk
        steps: list[tuple[str, str, tuple[str, dict[str, Any]], str, set[str]]] = [
            ("admin", "Leaf", ("moveGoal", {"parentId": "Other"}), "fresh", set()),
            ("Manager", "Middle", ("updateGoal", {"title": "New"}), "remembered", set()),
            ("admin", "Middle", ("updateGoal", {"title": "Stale"}), "remembered", {"CONFLICT"}),
            ("Manager", "Middle", ("closeGoal", {}), "fresh", set()),
            ("Manager", "Middle", ("reopenGoal", {}), "fresh", set()),
            ("Manager", "Root", ("deleteGoal", {}), "remembered", {"NOT_FOUND"}),
            ("admin", "Root", ("deleteGoal", {}), "none", set()),
        ]
        for user, title, change, how, codes in steps:
            assert await play.step(user, title, change, how) == codes, change
        await desk.owners("upsertTerritories", {"name": "East"})
        await desk.records("opportunity", {"externalId": "1", "state": "OPEN"})
        await desk.recalculate("Other")
        found = await desk.admin.data(f'{{ metric(id: "{desk.ids["Revenue"]}") {{ rollupFields {{ id }} }} }}')
        await desk.do("updateRollupField", id=found["metric"]["rollupFields"][0]["id"], state="LOST")
        await desk.do("updateMetric", id=desk.ids["Revenue"], name="Renamed")
        await desk.metric("Short-lived")
        await desk.do("deleteMetric", id=desk.ids["Short-lived"])
        leaver, successor = desk.ids["Manager"], desk.ids["Admin"]
        for text in (
            f'deactivateUser(input: {{userId: "{leaver}", successorId: "{successor}"}})',
            'deleteTerritories(input: {externalIds: ["East"]})',
            'updateSettings(input: {behindFrom: "0.5"})',
            "setFiscalCalendar(input: {startMonth: 4})",
            'deleteRecords(input: {type: "opportunity", externalIds: ["1"]})',
        ):
            answer = await desk.admin.data(f"mutation {{ done: {text} {{ userErrors {{ code }} }} }}")
            assert answer["done"]["userErrors"] == []
    assert [late for transaction in ran for late in out_of_order(transaction)] == []
    locks = {name for transaction in ran for name in transaction if name.endswith(("lock", "lock_roots", "claim"))}
    assert len(locks) == 6
