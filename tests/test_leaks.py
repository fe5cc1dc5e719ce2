"""If what a viewer may see is the same in two graphs, so is every answer; and planted leaks are seen."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from graphql import GraphQLArgument, GraphQLField, GraphQLNonNull, GraphQLString
from pydantic import SecretStr

import cypher
from api.app import create_app
from api.auth import Tokens
from api.loaders import Loaders
from api.schema import schema
from graph import goal_rules
from graph.settings import Settings
from tests import leaks
from tests.api.conftest import Client
from tests.leaks import HIDDEN_GOALS, VIEWERS, Asked, Scene

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from graph.clock import FixedClock
    from graph.goal_statements import GoalForChange
    from tests.factories import Company

REFUSED = "userErrors { code field message }"


@pytest.fixture
async def scene(company: Company) -> Scene:
    return await Scene(company).build()


@pytest.fixture
async def login(scene: Scene, clock: FixedClock) -> AsyncIterator[Callable[[str], Client]]:
    async with _application(scene, clock) as login:
        yield login


@asynccontextmanager
async def _application(scene: Scene, clock: FixedClock) -> AsyncIterator[Callable[[str], Client]]:
    settings = Settings(jwt_secret=SecretStr("k" * 64), request_timeout=60)
    app = create_app(settings, scene.company.database, clock, schema=schema, make_loaders=Loaders)
    tokens = Tokens(settings, clock)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test") as http:
        yield lambda name: Client(http, tokens.issue(name, timedelta(hours=1)))


def refused(scene: Scene) -> list[Asked]:
    """Mutations that are refused because of something hidden, for one viewer or another."""
    goals, ids = scene.goals, scene.company.ids
    year = {"custom": {"startDate": "2027-01-01", "endDate": "2027-12-31"}}
    week = {"custom": {"startDate": "2026-02-01", "endDate": "2026-02-07"}}
    tried: list[tuple[str, dict[str, Any]]] = [
        ("updateGoal", {"id": goals["Seen below"], "period": year}),
        ("updateGoal", {"id": goals["East"], "period": week}),
        ("updateGoal", {"id": goals["Secret"], "title": "Mine"}),
        ("updateGoal", {"id": goals["East"], "metricId": ids["metric"], "target": "-1"}),
        ("moveGoal", {"id": goals["Seen below"], "parentId": goals["East"]}),
        ("updateGoal", {"id": goals["Seen below"], "parentId": goals["East"], "period": year}),
        ("moveGoal", {"id": goals["East"], "parentId": goals["Secret"]}),
        ("moveGoal", {"id": goals["East"], "parentId": goals["Seen below"]}),
        ("moveGoal", {"id": goals["Top"], "parentId": goals["East"]}),
        ("createGoal", {"title": "New", "parentId": goals["Other tree"]}),
        ("createGoals", {"parentId": goals["Other tree"], "goals": [{"key": "", "title": "New"}]}),
        ("copyGoals", {"rootId": goals["Other tree"], "period": year}),
        ("realignGoals", {"rootIds": [goals["East"]]}),
        ("realignGoals", {"rootIds": [goals["Seen below"]]}),
        ("closeGoal", {"id": goals["East"]}),
        ("reopenGoal", {"id": goals["East"]}),
        ("deleteGoal", {"id": goals["Secret leaf"]}),
        ("recalculateGoal", {"goalId": goals["Other tree"]}),
    ]
    return [_mutation(name, given) for name, given in tried]


def _mutation(name: str, given: dict[str, Any]) -> Asked:
    kind = schema._schema.mutation_type.fields[name].args["input"].type  # type: ignore[union-attr]
    document = f"mutation($input: {kind}) {{ {name}(input: $input) {{ {REFUSED} }} }}"
    return Asked(f"{name} {given}", document, {"input": given})


async def test_two_graphs_that_differ_in_what_is_hidden_give_the_same_answers(
    scene: Scene, login: Callable[[str], Client]
) -> None:
    asked = [*leaks.documents(scene), *refused(scene)]
    before = await leaks.answers(login, VIEWERS, asked)
    # The audit log is for administrators alone: to all others it is the same refusal.
    assert not {k: body for k, (_, body, _) in before.items() if b'"errors":' in body and not k[1].startswith("audit")}
    await scene.change_what_is_hidden()
    found = leaks.differences(before, await leaks.answers(login, VIEWERS, asked))
    assert not found, "\n\n".join(found[:5])


async def test_every_query_field_and_argument_is_asked_for(scene: Scene) -> None:
    given = leaks.arguments(scene)
    assert leaks.uncovered(given) == []
    queries = dict(schema._schema.query_type.fields)  # type: ignore[union-attr]
    queries["secrets"] = GraphQLField(GraphQLString, {"of": GraphQLArgument(GraphQLNonNull(GraphQLString))})
    assert leaks.uncovered(given, queries) == ["secrets(of) is required and not given", "secrets(of) is never given"]
    assert "goals(filter: {rootsOnly}) is never given" in leaks.uncovered({**given, "goals": [{"filter": {"on": ""}}]})


#: Leaks: statement or fragment, what is replaced in it (all, if empty) and by what; which documents show it, to whom.
PLANTED = [
    ("visibility/goal", "", "true", "goal ", "outsider"),
    ("visibility/goal", "  WHEN entity.restricted THEN false\n", "", "goal ", "manager"),
    ("visibility/covered_goal", "covered AND NOT entity.restricted", "covered", "goalTree ", "manager"),
    ("visibility/goals", "WHERE NOT entity.restricted", "", "goals ", "manager"),
    ("visibility/record", "", "true", "records ", "rep-a"),
    ("visibility/record", "", "true", "nodes ", "outsider"),
    ("columns/visible_parent", "visible.goal(parent)", "true", "goalTree ", "rep-b"),
    ("goal/tree", "(step:Goal WHERE visible.covered_goal(step))", "(:Goal)", "goalTree ", "director"),
    ("goal/ancestors_of", "(step:Goal WHERE visible.goal(step))", "(step:Goal)", "goal ", "rep-b"),
    ("goal/children_of", "  WHERE visible.goal(g)\n", "", "goal ", "manager"),
    ("goal/child_targets_of", "WHERE NOT visible.goal(child)", "WHERE false", "goal ", "manager"),
    ("record/page", "visible.record(r)\n    AND ($states", "true\n    AND ($states", "records ", "rep-a"),
]


async def test_each_planted_leak_is_seen(
    scene: Scene, login: Callable[[str], Client], planted: Callable[[str, str, str], None]
) -> None:
    documents = leaks.documents(scene)

    async def answers(plant: tuple[str, str, str, str, str]) -> leaks.Answers:
        path, part, instead, name, viewer = plant
        planted(path, part, instead)
        return await leaks.answers(login, (viewer,), [one for one in documents if one.name.startswith(name)])

    before = [await answers(plant) for plant in PLANTED]
    planted("", "", "")
    await scene.change_what_is_hidden()
    after = [await answers(plant) for plant in PLANTED]
    unseen = [plant for plant, was, now in zip(PLANTED, before, after, strict=True) if not leaks.differences(was, now)]
    assert unseen == []


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str, str], None]]:
    """Give what replaces a part of one statement or fragment, or all of it; what it replaced before is as it was."""
    read = cypher._read

    def plant(path: str, part: str, instead: str) -> None:
        def planted_read(name: str) -> str:
            text = read(name)
            if name != path:
                return text
            assert part in text, text
            return text.replace(part, instead) if part else instead

        monkeypatch.setattr(cypher, "_read", planted_read)
        cypher.load.cache_clear()

    yield plant
    monkeypatch.undo()
    cypher.load.cache_clear()


async def test_a_refusal_that_tells_a_hidden_parents_dates_is_seen(
    scene: Scene, login: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    def outside(parent: GoalForChange) -> str:
        return f"The period lies outside {parent.goal.start_date} to {parent.goal.end_date}."

    monkeypatch.setattr(goal_rules, "outside", outside)
    asked = refused(scene)[:1]
    before = await leaks.answers(login, ("rep-a",), asked)
    await scene.change_what_is_hidden()
    (first,) = leaks.differences(before, await leaks.answers(login, ("rep-a",), asked))
    assert "2026-12-31" in first


#: Each goal mutation with an input in which an id stands that the viewer may not know.
ATTEMPTS: dict[str, list[dict[str, Any]]] = {
    "createGoal": [{"title": "New", "parentId": "?"}],
    "createGoals": [{"parentId": "?", "goals": [{"key": "", "title": "New"}]}],
    "copyGoals": [
        {"rootId": "?", "period": {"fiscalYear": {"year": 2027}}},
        {"rootId": "East", "parentId": "?", "period": {"fiscalYear": {"year": 2027}}},
    ],
    "realignGoals": [{"rootIds": ["?"]}, {"rootIds": ["East", "?"], "preview": True}],
    "updateGoal": [
        {"id": "?", "title": "Mine"},
        {"id": "?", "target": "-1"},
        {"id": "?", "period": {}},
        {"id": "?", "parentId": None},
    ],
    "assignGoal": [{"id": "?", "ownerId": "absent"}],
    "moveGoal": [{"id": "?", "parentId": None}, {"id": "East", "parentId": "?"}, {"id": "?", "parentId": "East"}],
    "deleteGoal": [{"id": "?"}],
    "closeGoal": [{"id": "?"}, {"id": "?", "includeDescendants": True}],
    "cancelGoal": [{"id": "?"}],
    "reopenGoal": [{"id": "?"}],
    "recalculateGoal": [{"goalId": "?"}],
    "overrideGoal": [{"id": "?", "reason": "Mine", "actual": "1"}, {"id": "?", "reason": "", "custom": "x"}],
    "clearGoalOverride": [{"id": "?"}],
    "shareNode": [{"id": "?", "withId": "absent"}, {"id": "?", "withId": "absent", "canWrite": True}],
    "unshareNode": [{"id": "?", "withId": "absent"}],
    "setRestricted": [{"id": "?", "restricted": False}],
}
#: Mutations that administrators alone may make: nothing of the input is looked up for anybody else.
ADMINISTRATORS: dict[str, dict[str, Any]] = {
    "createMetric": {"name": "Revenue", "type": "COUNT"},
    "updateMetric": {"id": "absent", "name": "Mine"},
    "deleteMetric": {"id": "absent"},
    "createRollupField": {
        "metricId": "absent",
        "category": "CUSTOM",
        "recordType": "order",
        "dateField": "orderDate",
        "state": "FULFILLED",
    },
    "updateRollupField": {"id": "absent", "state": "WON"},
    "deleteRollupField": {"id": "absent"},
    "upsertUsers": {"rows": [{"externalId": "ghost"}]},
    "upsertTeams": {"rows": [{"externalId": "ghosts"}]},
    "upsertBusinessUnits": {"rows": [{"externalId": "x"}]},
    "upsertTerritories": {"rows": [{"externalId": "x"}]},
    "upsertProductLines": {"rows": [{"externalId": "x"}]},
    "upsertRecords": {"type": "opportunity", "rows": [{"externalId": "hidden-1"}]},
    "deleteRecords": {"type": "opportunity", "externalIds": ["hidden-1"]},
    "defineRecordType": {"key": "opportunity", "states": [{"key": "PAUSED"}]},
    "upsertRole": {"name": "Mine", "privileges": []},
    "assignRole": {"roleId": "absent", "userId": "absent"},
    "upsertFieldProfile": {"name": "Mine", "fields": [{"field": "goal.target", "canRead": True}]},
    "setFiscalCalendar": {"template": "QUARTERLY", "startMonth": 1, "startDay": 1},
    "setTimeZone": {"timeZone": "Europe/Vienna"},
    "setExchangeRates": {"rates": [{"currency": "USD", "validFrom": "2026-01-01", "rate": "1.1"}]},
    "reapplyRates": {"from": "2026-01-01"},
    "setBaseCurrency": {"currency": "USD"},
    "updateSettings": {"onTrackFrom": "1.1", "expectedVersion": "absent"},
    "deactivateUser": {"externalId": "ghost", "successorId": "absent"},
    "deleteTeams": {"externalIds": ["ghosts"]},
    "deleteBusinessUnits": {"externalIds": ["x"]},
    "deleteTerritories": {"externalIds": ["x"]},
    "deleteProductLines": {"externalIds": ["x"]},
}


def test_every_mutation_is_attempted() -> None:
    mutations = schema._schema.mutation_type
    assert mutations is not None
    assert set(mutations.fields) == {*ATTEMPTS, *ADMINISTRATORS}


async def test_a_hidden_goal_is_refused_as_an_absent_one(scene: Scene, login: Callable[[str], Client]) -> None:
    def filled(given: Any, unknown: str) -> Any:
        if isinstance(given, dict):
            return {key: filled(value, unknown) for key, value in given.items()}
        if isinstance(given, list):
            return [filled(value, unknown) for value in given]
        named = {"?": unknown, "East": scene.goals["East"]}
        return named.get(given, given) if isinstance(given, str) else given

    for viewer in VIEWERS:
        for name, inputs in ATTEMPTS.items():
            for given in inputs:
                absent = await leaks.observed(login(viewer), _mutation(name, filled(given, "absent")))
                assert b'"code":"' in absent[1], (name, absent)
                for title in HIDDEN_GOALS:
                    hidden = await leaks.observed(login(viewer), _mutation(name, filled(given, scene.goals[title])))
                    assert hidden == absent, (viewer, name, given)


async def test_only_administrators_change_metrics_structure_records_and_calendar(
    login: Callable[[str], Client],
) -> None:
    for name, given in ADMINISTRATORS.items():
        attempt = _mutation(name, given)
        answer = (await login("director").data(attempt.document, attempt.variables))[name]
        assert [error["code"] for error in answer["userErrors"]] == ["FORBIDDEN"], (name, answer)
