"""Mutations: such as something hidden refuses, such as hit hidden things, such as succeed; and imports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import get_named_type

from tests.leaks.comparison import Asked
from tests.leaks.documents import SCHEMA, selections
from tests.policy import Oracle

if TYPE_CHECKING:
    from tests.leaks.scene import Scene

_NEXT_YEAR = {"custom": {"startDate": "2027-01-01", "endDate": "2027-12-31"}}
_WEEK = {"custom": {"startDate": "2026-02-01", "endDate": "2026-02-07"}}

#: Each goal mutation with an input in which an id stands that the viewer may not know ("?"); "East" is one it may know.
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
#: Mutations that need a role for rollup queries: nothing of the input is looked up for anybody else.
AUTHORS: dict[str, dict[str, Any]] = {
    "createRollupQuery": {
        "name": "Mine",
        "recordType": "opportunity",
        "conditions": {"field": {"key": "name", "test": {"isNull": True}}},
    },
    "updateRollupQuery": {"id": "absent", "name": "Mine"},
    "deleteRollupQuery": {"id": "absent"},
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
    "upsertRecords": {"type": "opportunity", "rows": [{"externalId": "hidden-2"}]},
    "deleteRecords": {"type": "opportunity", "externalIds": ["hidden-2"]},
    "defineRecordType": {"key": "opportunity", "states": [{"key": "PAUSED"}]},
    "upsertRole": {"name": "Mine", "privileges": []},
    "assignRole": {"roleId": "absent", "userId": "absent"},
    "upsertFieldProfile": {"name": "Kept back", "fields": [{"field": "goal.target", "canRead": True}]},
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


def mutation(name: str, given: dict[str, Any]) -> Asked:
    """The mutation with this input and all of its payload, its goals without what hangs on them."""
    field = SCHEMA.mutation_type.fields[name]
    payload = get_named_type(field.type)
    # Mutations of several goals wrap each of them once more.
    depth = 2 if name.endswith("Goals") else 1
    document = (
        f"mutation($input: {field.args['input'].type}) {{ {name}(input: $input) {selections(payload, depth)[0]} }}"
    )
    return Asked(f"{name} {given}", document, {"input": given})


def filled(given: Any, unknown: str, known: str) -> Any:
    """An input with ids where "?" and "East" stand."""
    if isinstance(given, dict):
        return {key: filled(value, unknown, known) for key, value in given.items()}
    if isinstance(given, list):
        return [filled(value, unknown, known) for value in given]
    return {"?": unknown, "East": known}.get(given, given) if isinstance(given, str) else given


def refused(scene: Scene) -> list[Asked]:
    """Mutations that are refused because of something hidden, or hit it."""
    goals, ids = scene.goals, scene.company.ids
    secret, root = goals["Secret"], goals["Goal 0"]
    above = goals[scene.graph.goals["Secret"].parent or ""]
    tried: list[tuple[str, dict[str, Any]]] = [
        ("updateGoal", {"id": goals["Seen below"], "period": _NEXT_YEAR}),
        ("updateGoal", {"id": above, "period": _WEEK}),
        ("updateGoal", {"id": root, "period": _WEEK}),
        ("updateGoal", {"id": goals["Goal 1"], "metricId": ids["metric"], "target": "-1"}),
        ("updateGoal", {"id": goals["Seen below"], "parentId": above, "period": _NEXT_YEAR}),
        ("moveGoal", {"id": above, "parentId": goals["Seen below"]}),
        ("moveGoal", {"id": above, "parentId": secret}),
        ("realignGoals", {"rootIds": [goals["Seen below"]]}),
        ("closeGoal", {"id": above}),
        ("reopenGoal", {"id": above}),
        ("shareNode", {"id": scene.records["hidden-1"], "withId": ids["rep-a"]}),
        ("setRestricted", {"id": scene.records["a-ghost"], "restricted": False}),
    ]
    tried += [
        (name, filled(one, goals[("Secret", "Other tree", "Secret leaf")[number % 3]], goals["Goal 1"]))
        for name, inputs in ATTEMPTS.items()
        for number, one in enumerate(inputs)
    ]
    return [*(mutation(name, given) for name, given in (*tried, *ADMINISTRATORS.items())), *imports()]


def imports() -> list[Asked]:
    """Rows that hit hidden records, sent by who may not import."""
    row = '{"externalId": "hidden-2", "name": "Mine"}\n{"externalId": "a-new", "name": ""}\n'
    return [
        Asked(f"import {type_} {query}", row, {}, path=f"/import/{type_}{query}")
        for type_ in ("opportunity", "account", "absent")
        for query in ("?dryRun=true", "")
    ]


def successful(scene: Scene, viewer: str) -> list[Asked]:
    """What a viewer may do with goals that it sees: all of it on both graphs, one after another."""
    oracle, goals, ids = Oracle(scene.graph, viewer), scene.goals, scene.company.ids
    mine = [key for key in scene.graph.goals if oracle.sees_goal(key) and oracle.may("WRITE", key)]
    found: list[tuple[str, dict[str, Any]]] = []
    for key in mine[scene.seed % 2 :][:1]:
        id_ = goals[key]
        found += [
            ("updateGoal", {"id": id_, "title": "Mine", "description": "My words"}),
            ("updateGoal", {"id": id_, "target": "12.5"}),
            ("recalculateGoal", {"goalId": id_}),
            ("overrideGoal", {"id": id_, "reason": "My reason", "actual": "3"}),
            ("clearGoalOverride", {"id": id_}),
            ("createGoal", {"parentId": id_, "title": "New", "rollupOnlyFromChildren": True}),
            ("createGoals", {"parentId": id_, "goals": [{"key": "a", "title": "N", "rollupOnlyFromChildren": True}]}),
            ("copyGoals", {"rootId": id_, "parentId": id_, "period": {"fiscalYear": {"year": 2026}}, "preview": True}),
            ("copyGoals", {"rootId": id_, "period": {"fiscalYear": {"year": 2026}}}),
            ("realignGoals", {"rootIds": [id_], "preview": True}),
            ("assignGoal", {"id": id_, "ownerId": ids[viewer]}),
            ("shareNode", {"id": id_, "withId": ids["ghost"]}),
            ("unshareNode", {"id": id_, "withId": ids["ghost"]}),
            ("setRestricted", {"id": id_, "restricted": True}),
            ("closeGoal", {"id": id_}),
            ("reopenGoal", {"id": id_}),
            ("moveGoal", {"id": id_, "parentId": None}),
            ("deleteGoal", {"id": id_}),
        ]
    return [mutation(name, given) for name, given in found]
