"""Attacks on what is hidden: by search, order, cursors, unique keys, moving goals about, guesses, secured fields.

Two ways to show that nothing is learned. *Twins*: two trees that differ in what is hidden alone; whatever an attacker
does to both, the answers are the same. *Change*: what an attacker is answered is the same before and after a secret
changes. Each time somebody who may see it does the same and finds the secret, so the attack would work.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from graph.organization import ensure_organization
from tests.api.structure import logins
from tests.attacks import ATTACKERS, NUMBERS, TWINS, WEEK, YEAR_2027, Twin, World
from tests.factories import YEAR, Company

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from graph.clock import FixedClock
    from graph.database import Database
    from graph.settings import Settings
    from tests.api.conftest import Client


@pytest.fixture
async def world(settings: Settings, database: Database, clock: FixedClock) -> AsyncIterator[World]:
    await database.write(ensure_organization)
    async with logins(settings, database, clock) as login:
        yield await World(login, await Company(database, clock).found()).build()


#: At most five mutations each. The names of goals stand for their ids, "self" for the attacker.
CHAINS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "take one hidden goal out": [
        ("createGoal", {"title": "Box", "metricId": "metric", "rollupOnlyFromChildren": True, "period": YEAR_2027}),
        ("moveGoal", {"id": "Hidden 1", "parentId": "Box"}),
        ("moveGoal", {"id": "Hidden 1", "parentId": None}),
        ("moveGoal", {"id": "Mine", "parentId": "Hidden 1"}),
        ("recalculateGoal", {"goalId": "Hidden 1"}),
    ],
    "put something below it": [
        ("createGoal", {"title": "New", "parentId": "Hidden 1"}),
        ("createGoals", {"parentId": "Hidden 1", "goals": [{"key": "", "title": "New"}]}),
        ("copyGoals", {"rootId": "Mine", "parentId": "Hidden 1", "period": YEAR_2027}),
        ("moveGoal", {"id": "Top", "parentId": "Hidden 2"}),
        ("updateGoal", {"id": "Mine", "parentId": "Hidden 2", "period": WEEK}),
    ],
    "let it be copied, shared, closed or calculated": [
        ("copyGoals", {"rootId": "Top", "period": YEAR_2027, "targetFactor": "9000000000000", "preview": True}),
        ("copyGoals", {"rootId": "Hidden 1", "period": YEAR_2027, "preview": True}),
        ("shareNode", {"id": "Hidden 1", "withId": "self"}),
        ("closeGoal", {"id": "Top"}),
        ("recalculateGoal", {"goalId": "Top"}),
    ],
    "guess at it": [
        ("updateGoal", {"id": "Hidden 1", "target": "55", "expectedVersion": "AAAAAAAAAAAAAAAAAAAAAA"}),
        ("updateGoal", {"id": "Hidden 1", "stretchTarget": "1"}),
        ("overrideGoal", {"id": "Hidden 1", "actual": "100", "reason": "A guess"}),
        ("cancelGoal", {"id": "Hidden 1"}),
        ("deleteGoal", {"id": "Hidden 1", "idempotencyKey": "0123456789abcdef"}),
    ],
    "move the period over it": [
        ("updateGoal", {"id": "Top", "period": WEEK}),
        ("updateGoal", {"id": "Top", "metricId": "whole"}),
        ("realignGoals", {"rootIds": ["Top"], "preview": True}),
        ("setRestricted", {"id": "Hidden 1", "restricted": False}),
        ("updateGoal", {"id": "Top", "rollupOnlyFromChildren": True}),
    ],
    "take away what is above it": [
        ("moveGoal", {"id": "Mine", "parentId": None}),
        ("cancelGoal", {"id": "Mine"}),
        ("overrideGoal", {"id": "Top", "actual": "0", "reason": "Out of the way"}),
        ("clearGoalOverride", {"id": "Top"}),
        ("deleteGoal", {"id": "Top"}),
    ],
}


async def by_moving_goals_about(world: World) -> None:
    """To isolate one hidden goal, or to have a refusal say something of it."""
    before = [Twin(world, label, "boss") for label in TWINS]
    for twin in before:
        await twin.look()
    assert before[0].said != before[1].said  # who may see them sees how they differ
    for who in ATTACKERS:
        world.company.ids["self"] = world.company.ids[who]
        for name, chain in CHAINS.items():
            twins = [Twin(world, label, who) for label in TWINS]
            for mutation, given in chain if who == ATTACKERS[-1] or name != "take away what is above it" else []:
                answer = "goal { id }" if mutation in {"createGoal", "moveGoal", "updateGoal"} else ""
                for twin in twins:
                    await twin.do(mutation, answer, **given)
            for twin in twins:
                await twin.look()
            for first, second in zip(*(twin.said for twin in twins), strict=True):
                assert first == second, (who, name)


#: Letters of the hidden names, and two others.
LETTERS = "aqxz"


async def found_by_search(client: Client, document: str) -> str:
    """Spell out, a letter at a time, what no other text begins with "q": as long as one more letter finds something."""
    found = "q"
    while len(found) < 6:
        for letter in LETTERS:
            answer = await client.data(document, {"s": found + letter})
            if answer["list"]["totalCount"]:
                found += letter
                break
        else:
            break
    return found


async def by_search(world: World) -> None:
    """A letter at a time, for the name of a hidden goal and a hidden record."""
    more: dict[str, Any] = {
        "metric_id": world.company.ids["metric"],
        "manager_id": world.company.ids["boss"],
        "period": YEAR,
    }
    await world.company.goal("qzx", restricted=True, **more)
    row = {"externalId": "qzx", "name": "qzx", "state": "WON", "owner": {"user": "boss"}}
    await world.company.records("opportunity", row)
    record = '{ records(type: "opportunity", filter: {search: "qzx"}) { nodes { id } } }'
    (deal,) = (await world.login("admin").data(record))["records"]["nodes"]
    await world.payload("admin", "setRestricted", id=deal["id"], restricted=True)
    for document in (
        "query($s: String!) { list: goals(filter: {search: $s}, first: 1) { totalCount } }",
        'query($s: String!) { list: records(type: "opportunity", filter: {search: $s}, first: 1) { totalCount } }',
    ):
        assert await found_by_search(world.login("admin"), document) == "qzx"
        for who in ATTACKERS:
            assert await found_by_search(world.login(who), document) == "q"


async def probed(world: World, who: str) -> list[str]:
    """All that somebody is answered who is after the vault's target or the deal's amount, ids of new nodes apart."""
    client, vault, answers = world.login(who), world.goals["Vault"], []

    async def ask(document: str, variables: dict[str, Any] | None = None) -> None:
        answers.append((await client.post(document, variables)).text)

    ordered = (
        "query($down: Boolean!, $first: Int!, $after: String) { goals(orderBy: {field: TARGET, descending: $down}, "
        "first: $first, after: $after) { pageInfo { endCursor hasNextPage } edges { cursor node { id target } } } }"
    )
    for down in (True, False):
        await ask(ordered, {"down": down, "first": 200})
        # One at a time, each from the cursor of the one before.
        cursor = None
        for _ in range(4):
            await ask(ordered, {"down": down, "first": 1, "after": cursor})
            cursor = json.loads(answers[-1])["data"]["goals"]["pageInfo"]["endCursor"]
    for one in (
        "query($id: ID!) { goal(id: $id) { id version updatedAt ...Numbers } }",
        "query($id: ID!) { goalTree(rootId: $id) { nodes { goal { target version ...Numbers } } } }",
    ):
        await ask(one + NUMBERS, {"id": vault})
    await ask(
        '{ records(type: "opportunity", filter: {search: "Deal"}) { nodes { name fields { key value baseValue } } } }'
    )
    given: list[tuple[str, dict[str, Any]]] = [
        *(("updateGoal", {"id": vault, "stretchTarget": value}) for value in ("1", "35", "50", "100000")),
        ("updateGoal", {"id": world.goals["Safe"], "metricId": world.company.ids["whole"]}),
        *(
            ("copyGoals", {"rootId": vault, "period": YEAR_2027, "preview": True, "targetFactor": value})
            for value in ("1", "14000000000000", "100000000000000")
        ),
    ]
    for value in ("35", "75.5", "99"):
        for strict in (True, False):
            fields = {"actualValue": value}
            rows = [{"externalId": "deal", "fields": fields}, {"externalId": "deal 2", "state": "NO"}]
            given.append(("upsertRecords", {"type": "opportunity", "rows": rows, "allOrNothing": strict}))
    for mutation, input_ in given:
        answer = {"upsertRecords": "inserted updated unchanged refused { row field code message }"}.get(mutation, "")
        answer = "copies { title target stretchTarget }" if mutation == "copyGoals" else answer
        answers.append(json.dumps(await world.payload(who, mutation, answer, **input_)))
    return [re.sub(r'"requestId":"\w+"', "", one) for one in answers]


async def by_order_cursor_and_guess(world: World) -> None:
    """For a target and an amount that a field profile keeps, of things that can be seen."""
    await world.keep("goal.target", "record.opportunity.actualValue", "goal.actual")
    secrets = ("35", "75.5")
    attackers = ATTACKERS[1:]
    told: dict[str, list[list[str]]] = {who: [] for who in (*attackers, "admin")}
    for secret in secrets:
        await world.set_secret(secret)
        for who in attackers:
            told[who].append(await probed(world, who))
        ordered = "{ goals(orderBy: {field: TARGET}, first: 200) { nodes { title } } }"
        told["admin"].append([json.dumps(await world.login("admin").data(ordered))])
    for who in attackers:
        assert told[who][0] == told[who][1], who
        assert not [text for text in told[who][0] if '"35"' in text or "75.5" in text]
    assert told["admin"][0] != told["admin"][1]  # between which probes it lies: what an attacker would be after
    refused = await world.payload("snoop", "overrideGoal", id=world.goals["Vault"], actual="1", reason="Mine")
    assert [error["code"] for error in refused["userErrors"]] == ["FORBIDDEN"]
    # An administrator reads sums of targets that are kept from others.
    vault = "query($id: ID!) { goal(id: $id) { childTargets { sum } } }"
    answer = await world.login("admin").data(vault, {"id": world.goals["Vault"]})
    assert answer == {"goal": {"childTargets": {"sum": "200"}}}


async def by_unique_keys(world: World) -> None:
    """Whether a name, an external id or an idempotency key is in use: the answers are those for one that is not."""
    key = {"idempotencyKey": "the-key-of-the-boss"}
    root = {"title": "Boss", "metricId": world.company.ids["metric"], "period": YEAR_2027}
    await world.payload("admin", "createGoal", "goal { id }", **root, **key)
    row = {"externalId": "new", "state": "OPEN"}
    tried: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
        ("rep", "createMetric", {"name": "Revenue", "type": "COUNT"}, {"name": "Absent", "type": "COUNT"}),
        ("rep", "upsertRole", {"name": "Snoop", "privileges": []}, {"name": "Absent", "privileges": []}),
        ("rep", "upsertFieldProfile", {"name": "Kept", "fields": []}, {"name": "Absent", "fields": []}),
        *(
            (who, mutation, {"type": "opportunity", key: taken}, {"type": "opportunity", key: absent})
            for who in ("rep", "manager")
            for mutation, key, taken, absent in (
                ("upsertRecords", "rows", [{"externalId": "deal"}], [{"externalId": "none"}]),
                ("deleteRecords", "externalIds", ["deal"], ["none"]),
            )
        ),
        (
            "snoop",
            "upsertRecords",
            {"type": "opportunity", "rows": [{**row, "account": "acme"}]},
            {"type": "opportunity", "rows": [{**row, "account": "none"}]},
        ),
        ("snoop", "createGoal", {**root, **key}, {**root, "idempotencyKey": "a-key-of-nobody-yet"}),
    ]
    for who, mutation, taken, absent in tried:
        answer = "inserted updated unchanged refused { row field code message }" if mutation == "upsertRecords" else ""
        said = [await world.payload(who, mutation, answer, **given) for given in (taken, absent)]
        assert said[0] == said[1], (who, mutation)
        assert said[0]["userErrors"] or said[0].get("refused"), (who, mutation)


async def test_no_attack_recovers_anything(world: World) -> None:
    await by_search(world)
    await by_unique_keys(world)
    await by_moving_goals_about(world)
    await by_order_cursor_and_guess(world)
