"""If what viewers may see is the same in two graphs, so is every answer. Planted leaks: test_planted_leaks.py.

A case is one document (a query, a mutation or an import, with its variables; of a list in pages, all its pages) as one
viewer asks it of both graphs of one seed. What is new in the schema fails here until tests/leaks/documents.py gives it
arguments (`arguments`), and until tests/leaks/attempts.py tries a new mutation (ATTEMPTS or ADMINISTRATORS).
"""

from __future__ import annotations

import os
import time
from itertools import count
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from graphql import GraphQLArgument, GraphQLField, GraphQLNonNull, GraphQLString

from graph import goal_creation, run
from tests.factories import Company
from tests.leaks import attempts, changes, comparison, documents, state
from tests.leaks.attempts import ADMINISTRATORS, ATTEMPTS, AUTHORS, filled, mutation
from tests.leaks.changes import ALWAYS_HIDDEN
from tests.leaks.comparison import Asked
from tests.leaks.documents import SCHEMA
from tests.leaks.events import SUBSCRIPTIONS, Listener
from tests.leaks.scene import LOOKING, POOL, SECURED, Scene, viewers_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from graph.clock import FixedClock
    from graph.database import Database
    from tests.api.conftest import Client
    from tests.leaks.comparison import Answers

#: Cases that a run of all tests makes; `make soak` sets a time instead.
CASES = 2_000
SEED = 20_260_215
CLEAR = "MATCH (n) WHERE NOT n:Migration AND NOT n:TestDatabase DETACH DELETE n"


@pytest.fixture
async def login(database: Database, clock: FixedClock) -> AsyncIterator[Callable[[str], Client]]:
    async with comparison.application(database, clock) as login:
        yield login


class Ids:
    """Ids of new goals in a row, so that two graphs have the same."""

    def __init__(self) -> None:
        self.numbers = count(1)

    def __call__(self) -> UUID:
        return UUID(int=next(self.numbers))


class Property:
    """The property on the scene of one seed: what was asked, what it was answered at first."""

    def __init__(
        self, scene: Scene, login: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch, asked: list[Asked]
    ) -> None:
        self.scene, self._login, self._patch, self._asked = scene, login, monkeypatch, asked
        self._refused = attempts.refused(scene)
        self._successful = {viewer: attempts.successful(scene, viewer) for viewer in scene.viewers}

    async def answers(self) -> Answers:
        """All that the viewers observe now. Leaves the graph as it was."""
        database, viewers = self.scene.company.database, self.scene.viewers
        # What mutations asked for before left in the audit log; then all that reads it before all that writes it.
        await database.schema("MATCH (entry:AuditEntry) WHERE entry.requestId IS NOT NULL DELETE entry")
        found = await comparison.answers(self._login, viewers, self._asked)
        found |= await comparison.answers(self._login, viewers, self._refused)
        kept = await state.keep(database)
        for viewer, asked in self._successful.items():
            if not asked:
                continue
            with self._patch.context() as patch:
                patch.setattr(goal_creation, "uuid4", Ids())
                patch.setattr(run, "uuid4", Ids())
                found |= await comparison.answers(self._login, (viewer,), asked)
            await state.put_back(database, kept)
        return found


async def compare(company: Company, login: Callable[[str], Client], patch: pytest.MonkeyPatch, seed: int) -> int:
    """Change what is hidden in the scene of a seed; how many cases that were."""
    await company.database.schema(CLEAR)
    scene = await Scene(await Company(company.database, company.clock).found(), seed).build()
    asked = documents.documents(scene)
    ask = Property(scene, login, patch, asked)
    before = await ask.answers()
    wrong = {key for key, pages in before.items() for _, body, _ in pages if b'"errors":' in body}
    # Who may not is refused the audit log, an import, a trial; and a period has to be one.
    refusals = ("auditLog", "import ", "testRollupQuery")
    wrong = {(who, name) for who, name in wrong if not name.startswith(refusals) and "{}" not in name}
    assert not wrong, [(key, before[key]) for key in sorted(wrong)[:3]]
    random = Random(f"{seed} changes")  # noqa: S311 - so that a seed repeats all of it
    made = changes.drawn(scene, random)
    await changes.make(scene, made, random)
    after = await ask.answers()
    found = comparison.differences(before, after)
    names = ", ".join(one.name for one in made)
    assert not found, f"seed {seed}, {names}: {len(found)} differ.\n" + "\n\n".join(found[:5])
    return len(after)


async def test_two_graphs_that_differ_in_what_is_hidden_give_the_same_answers(
    company: Company,
    login: Callable[[str], Client],
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    seconds = float(os.environ.get("GOALGRAPH_SOAK_SECONDS", "0"))
    first = int(os.environ.get("GOALGRAPH_SOAK_SEED", SEED if not seconds else time.time_ns() % 2**40))
    record_property("cases", f"two graphs: seeds from {first}")
    compared, began = 0, time.monotonic()
    for seed in count(first):
        made = await compare(company, login, monkeypatch, seed)
        compared += made
        record_property("cases", f"two graphs: seed {seed}, {made} cases, {', '.join(viewers_of(seed))}")
        if time.monotonic() - began > seconds and compared >= CASES:
            break
    record_property("cases", f"two graphs: {compared} cases in {time.monotonic() - began:.0f} s")


@pytest.mark.parametrize("seed", range(SEED, SEED + len(SECURED)))
async def test_nobody_is_told_of_what_is_hidden(company: Company, seed: int) -> None:
    scene = await Scene(company, seed).build()
    everything = [Listener(scene, viewer, root) for viewer in scene.viewers for root in scene.goals]
    listening = [one for one in everything if await one.begin()]
    assert listening
    made = [one for one in changes.CHANGES if one.applies(scene)]
    await changes.make(scene, made, Random(seed))  # noqa: S311 - so that the seed repeats it
    told = {(one.viewer, one.root): await one.rest() for one in listening}
    assert not any(told.values()), told


def test_every_kind_of_viewer_looks_within_a_few_seeds() -> None:
    seeds = range(SEED, SEED + -(-len(POOL) // LOOKING))
    assert {viewer for seed in seeds for viewer in viewers_of(seed)} == set(POOL)


async def test_every_field_argument_order_and_mutation_is_asked_for(company: Company) -> None:
    scene = await Scene(company, SEED).build()
    given, asked = documents.arguments(scene), documents.documents(scene)
    assert documents.uncovered(given) == []
    queries = dict(SCHEMA.query_type.fields)
    queries["secrets"] = GraphQLField(GraphQLString, {"of": GraphQLArgument(GraphQLNonNull(GraphQLString))})
    secrets = ["secrets(of) is required and not given", "secrets(of) is never given"]
    assert documents.uncovered(given, queries) == secrets
    by_day = [{"filter": {"on": "2026-05-01"}}]
    assert "goals(filter: {rootsOnly}) is never given" in documents.uncovered({**given, "goals": by_day})
    by_title = [{"orderBy": {"field": "TITLE", "descending": True}}]
    assert "goals(orderBy: {field: TARGET}) is never given" in documents.uncovered({**given, "goals": by_title})
    mutations = [mutation(name, {}) for name in SCHEMA.mutation_type.fields]
    listened = [Asked(name, text, {}) for name, text in SUBSCRIPTIONS.items()]
    assert documents.unselected([*asked, *mutations, *listened]) == []
    assert "Subscription.goalChanged" in documents.unselected([*asked, *mutations])
    assert "Goal.target" in documents.unselected(asked[:0])
    assert set(SCHEMA.mutation_type.fields) == {*ATTEMPTS, *ADMINISTRATORS, *AUTHORS}
    succeeding = {one.name.split()[0] for viewer in POOL for one in attempts.successful(scene, viewer)}
    # Cancelling is closing by another word.
    assert set(ATTEMPTS) - succeeding == {"cancelGoal"}


async def test_a_hidden_goal_is_refused_as_an_absent_one(company: Company, login: Callable[[str], Client]) -> None:
    scene = await Scene(company, SEED).build()
    known = scene.goals["Goal 1"]
    for viewer in scene.viewers:
        for name, inputs in ATTEMPTS.items():
            for number, given in enumerate(inputs):
                absent = await comparison.observed(login(viewer), mutation(name, filled(given, "absent", known)))
                assert b'"code":"' in absent[0][1], (name, absent)
                title = ALWAYS_HIDDEN[number % 3]
                attempt = mutation(name, filled(given, scene.goals[title], known))
                # With the names of the statements that were run: neither tells by taking longer.
                assert await comparison.observed(login(viewer), attempt) == absent, (viewer, name, given)


async def test_only_administrators_change_metrics_structure_records_and_calendar(
    company: Company, login: Callable[[str], Client]
) -> None:
    await company.users("director", "seller")
    await company.grant("Sales Director", "director")
    await company.grant("Salesperson", "seller")
    all_of = [*(("director", *one) for one in ADMINISTRATORS.items()), *(("seller", *one) for one in AUTHORS.items())]
    for user, name, given in all_of:
        attempt = mutation(name, given)
        answer = (await login(user).data(attempt.document, attempt.variables))[name]
        assert [error["code"] for error in answer["userErrors"]] == ["FORBIDDEN"], (name, answer)
