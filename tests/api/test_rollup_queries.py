"""Rollup queries over GraphQL: what is given comes back, pages, refusals by path, who sees them, safe changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from graph.query_spec import MOST_CONDITIONS, MOST_LEVELS
from tests.api.hierarchy import YEAR, Desk, open_desk
from tests.invariants import check_invariants

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from graph.clock import FixedClock
    from graph.database import Database, Transaction
    from graph.settings import Settings
    from tests.api.conftest import Client

SHOWN = "id name description recordType conditions inUse version createdAt updatedAt"
BIG = {"field": {"key": "actualValue", "test": {"greater": "1000"}}}
#: The same as it is stored.
STORED = {"field": {"of": "RECORD", "key": "actualValue", "test": {"greater": "1000"}}}


@pytest.fixture
async def desk(settings: Settings, database: Database, clock: FixedClock) -> AsyncIterator[Desk]:
    async with open_desk(settings, database, clock) as desk:
        yield desk
    await check_invariants(database)


async def create(desk: Desk, name: str, conditions: Any = BIG, client: Client | None = None, **more: Any) -> Any:
    given = {"name": name, "recordType": "opportunity", "conditions": conditions, **more}
    made = await desk.do("createRollupQuery", client, **given)
    desk.ids[name] = made["rollupQuery"]["id"]
    return made["rollupQuery"]


async def shown(desk: Desk, name: str, client: Client | None = None) -> Any:
    text = f'{{ rollupQuery(id: "{desk.ids[name]}") {{ {SHOWN} }} }}'
    return (await (client or desk.admin).data(text))["rollupQuery"]


async def grant(desk: Desk, user: str, role: str) -> Client:
    """A new user with a shipped role, or with none."""
    await desk.users(user)
    roles = (await desk.admin.data("{ roles { id name } }"))["roles"]
    for one in roles:
        if one["name"] == role:
            document = "mutation($input: AssignRoleInput!) { assignRole(input: $input) { userErrors { code } } }"
            given = {"roleId": one["id"], "userId": desk.ids[user]}
            assert (await desk.admin.data(document, {"input": given}))["assignRole"]["userErrors"] == []
    return desk.login(user)


async def attach(desk: Desk, query: str, goal: str) -> None:
    async def work(tx: Transaction) -> None:
        given = {"goal": desk.ids[goal], "query": desk.ids[query]}
        found = "MATCH (g:Goal {id: $goal}) MATCH (q:RollupQuery {id: $query}) "
        await tx.text(found + "CREATE (g)-[:FILTERED_BY {category: 'ACTUAL'}]->(q)", given, name="tests/attach")

    await desk.database.write(work)


async def test_every_kind_of_condition_comes_back_as_it_was_given(desk: Desk) -> None:
    for mutation, name in (
        ("upsertUsers", "rep"),
        ("upsertTeams", "team"),
        ("upsertBusinessUnits", "unit"),
        ("upsertTerritories", "land"),
        ("upsertProductLines", "line"),
    ):
        await desk.owners(mutation, {"name": name})
    ids = desk.ids
    tests: dict[str, list[dict[str, Any]]] = {
        "name": [
            *({name: "a'`}"} for name in ("equals", "notEquals", "contains", "beginsWith", "endsWith")),
            *({name: ["a", "B"]} for name in ("in", "notIn")),
            *({"isNull": null} for null in (True, False)),
        ],
        "actualValue": [
            *({name: "1.5"} for name in ("greater", "greaterOrEqual", "less", "lessOrEqual")),
            {"between": {"from": "-1", "to": "2"}},
        ],
        "actualCloseDate": [
            *({name: "2026-03-31"} for name in ("on", "before", "after")),
            *({name: 30} for name in ("lastDays", "nextDays")),
            {"between": {"from": "2026-01-01", "to": "2026-01-01"}},
            *(
                {"fiscal": f"{which}_FISCAL_{what}"}
                for which in ("LAST", "THIS", "NEXT")
                for what in ("PERIOD", "YEAR")
            ),
        ],
        "state": [{"equals": "WON"}],
    }
    places: list[dict[str, Any]] = [{"is": None}, {"atOrBelow": None}, {"isNull": True}]
    form = {
        "all": [
            {
                "any": [
                    {"field": {"of": "RECORD", "key": key, "test": one}}
                    for key, given in tests.items()
                    for one in given
                ]
            },
            {"field": {"of": "ACCOUNT", "key": "postalCode", "test": {"isNull": False}}},
            {"not": {"owner": {"is": [ids["rep"], ids["team"]]}}},
            {"owner": {"inTeam": [ids["team"]]}},
            {"owner": {"inUnit": [ids["unit"]]}},
            {"owner": {"inUnitOrBelow": [ids["unit"]]}},
            {"owner": {"managedBy": [ids["rep"]]}},
            *({"owner": {name: True}} for name in ("isNull", "isGoalOwner", "atOrBelowGoalOwner")),
            *(
                {tree: {key: value or [ids[name]] for key, value in one.items()}}
                for tree, name in (("territory", "land"), ("productLine", "line"))
                for one in places
            ),
        ]
    }
    await create(desk, "Everything", form)
    found = await shown(desk, "Everything")
    assert found["conditions"] == form
    # What is shown can be sent back.
    await desk.do("updateRollupQuery", id=found["id"], conditions=found["conditions"])
    assert await shown(desk, "Everything") == found
    await create(desk, "Short")
    assert (await shown(desk, "Short"))["conditions"] == STORED


async def test_queries_are_read_in_pages_by_name_and_by_id(desk: Desk) -> None:
    for name in ("b 100%", "C", "A"):
        await create(desk, name, description=f"About {name}.")
    await create(desk, "Ärger", {"field": {"key": "name", "test": {"isNull": True}}}, recordType="order")

    async def names(**given: Any) -> list[str]:
        seen, after = [], None
        while True:
            document = (
                "query($search: String, $recordType: String, $after: String) { page: rollupQueries(search: $search, "
                "recordType: $recordType, first: 2, after: $after) { totalCount nodes { name } "
                "pageInfo { hasNextPage endCursor } } }"
            )
            page = (await desk.admin.data(document, {**given, "after": after}))["page"]
            seen += [node["name"] for node in page["nodes"]]
            if not page["pageInfo"]["hasNextPage"]:
                assert page["totalCount"] == len(seen)
                return seen
            after = page["pageInfo"]["endCursor"]

    assert await names() == ["A", "b 100%", "C", "Ärger"]
    assert await names(recordType="opportunity") == ["A", "b 100%", "C"]
    assert await names(search="ÄR") == ["Ärger"]
    assert await names(search="%") == ["b 100%"]
    assert await names(search="b", recordType="order") == []
    both = await desk.admin.data(
        "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on RollupQuery { name } } }",
        {"ids": [desk.ids["A"], "absent", desk.ids["C"]]},
    )
    assert [node and (node["__typename"], node["name"]) for node in both["nodes"]] == [
        ("RollupQuery", "A"),
        None,
        ("RollupQuery", "C"),
    ]


async def test_refusals_name_the_condition_by_its_path(desk: Desk) -> None:
    await create(desk, "Known")
    deep: dict[str, Any] = BIG
    for _ in range(MOST_LEVELS):
        deep = {"not": deep}
    before = await desk.everything()
    wrong: list[tuple[dict[str, Any], tuple[str, str]]] = [
        ({"name": " "}, ("INVALID_VALUE", "name")),
        ({"name": "kNOWN"}, ("QUERY_NAME_TAKEN", "name")),
        (
            {"conditions": {"any": [BIG, {"not": {"field": {"key": "x", "test": {"isNull": True}}}}]}},
            ("UNKNOWN_FIELD", "conditions.any.1.not.field.key"),
        ),
        (
            {"conditions": {"field": {"key": "state", "test": {"in": ["WON", "SOLD"]}}}},
            ("UNKNOWN_STATE", "conditions.field.test.in.1"),
        ),
        (
            {"conditions": {"field": {"key": "actualValue", "test": {"beginsWith": "1"}}}},
            ("OPERATOR_NOT_FOR_TYPE", "conditions.field.test.beginsWith"),
        ),
        ({"conditions": {"productLine": {"is": ["absent"]}}}, ("OWNER_NOT_FOUND", "conditions.productLine.is.0")),
        ({"conditions": {"owner": {"isGoalOwner": False}}}, ("INVALID_VALUE", "conditions.owner.isGoalOwner")),
        ({"conditions": {"all": []}}, ("REQUIRED", "conditions.all")),
        ({"conditions": {"any": [BIG] * (MOST_CONDITIONS + 1)}}, ("QUERY_TOO_LARGE", "conditions.any.200.field")),
        ({"conditions": deep}, ("QUERY_TOO_LARGE", ".".join(["conditions", *["not"] * MOST_LEVELS]))),
    ]
    new = {"name": "New", "recordType": "opportunity", "conditions": BIG}
    for given, expected in wrong:
        assert await desk.refused("createRollupQuery", **{**new, **given}) == expected
        if given.get("name") != "kNOWN":
            assert await desk.refused("updateRollupQuery", id=desk.ids["Known"], **given) == expected
    unknown = await desk.refused("createRollupQuery", **{**new, "recordType": "nothing"})
    assert unknown == ("UNKNOWN_RECORD_TYPE", "recordType")
    other = await desk.refused("updateRollupQuery", id=desk.ids["Known"], recordType="order")
    assert other == ("QUERY_RECORD_TYPE_MISMATCH", "recordType")
    for mutation in ("updateRollupQuery", "deleteRollupQuery"):
        assert await desk.refused(mutation, id="absent") == ("NOT_FOUND", "id")
    assert await desk.everything() == before
    await create(desk, "Many", {"any": [BIG] * MOST_CONDITIONS})
    await create(desk, "Deep", deep["not"])


async def test_exactly_one_key_is_given(desk: Desk) -> None:
    document = (
        'mutation($conditions: RollupQueryConditionInput!) { createRollupQuery(input: {name: "New", '
        'recordType: "opportunity", conditions: $conditions}) { userErrors { code } } }'
    )
    null: dict[str, Any] = {"field": {"key": "name", "test": {"equals": None}}}
    two = {"field": {"key": "name", "test": {"equals": "a", "in": ["a"]}}}
    endless: dict[str, Any] = BIG
    for _ in range(400):
        endless = {"not": endless}
    impossible: list[dict[str, Any]] = [
        {},
        {**BIG, "owner": {"isNull": True}},
        {"owner": {}},
        {"all": [BIG, {}]},
        null,
        two,
    ]
    for wrong in impossible:
        assert await desk.admin.codes(document, {"conditions": wrong}) == ["GRAPHQL_VALIDATION_FAILED"], wrong
    answer = (await desk.admin.post(document, {"conditions": endless})).json()
    assert [error["message"] for error in answer["errors"]] == ["Variable values are nested too deeply."]


async def test_who_sees_and_who_makes_queries(desk: Desk) -> None:
    await create(desk, "Big")
    nobody = await grant(desk, "nobody", "")
    for role in ("Salesperson", "Analyst", "Auditor", "Sales Manager", "Sales Director"):
        client = await grant(desk, role, role)
        assert (await shown(desk, "Big", client))["conditions"] == STORED
        if role not in {"Sales Manager", "Sales Director"}:
            for mutation, given in (
                ("createRollupQuery", {"name": "Mine", "recordType": "opportunity", "conditions": BIG}),
                ("updateRollupQuery", {"id": desk.ids["Big"], "name": "Mine"}),
                ("deleteRollupQuery", {"id": desk.ids["Big"]}),
            ):
                assert await desk.refused(mutation, client, **given) == ("FORBIDDEN", None)
    manager = desk.login("Sales Manager")
    await create(desk, "Managers make them", client=manager)
    await desk.do("deleteRollupQuery", manager, id=desk.ids["Managers make them"])
    for client in (nobody, await grant(desk, "Rollup Service", "Rollup Service")):
        assert await shown(desk, "Big", client) is None
        found = await client.data(
            f'{{ rollupQueries {{ totalCount nodes {{ id }} }} node(id: "{desk.ids["Big"]}") {{ id }} }}'
        )
        assert found == {"rollupQueries": {"totalCount": 0, "nodes": []}, "node": None}


async def test_a_query_in_use_stays_and_its_change_makes_goals_stale(desk: Desk) -> None:
    await create(desk, "Big")
    await desk.metric("Revenue")
    await desk.goal("Goal", metricId="Revenue", period=YEAR)
    await attach(desk, "Big", "Goal")
    await desk.recalculate("Goal")
    assert (await shown(desk, "Big"))["inUse"] is True
    assert await desk.refused("deleteRollupQuery", id=desk.ids["Big"]) == ("QUERY_IN_USE", "id")
    await desk.do("updateRollupQuery", id=desk.ids["Big"], name="Bigger", conditions=BIG)
    assert await desk.shown("Goal", "rollup { state }") == {"rollup": {"state": "CURRENT"}}
    account = {"field": {"of": "ACCOUNT", "key": "postalCode", "test": {"equals": "1"}}}
    await desk.do("updateRollupQuery", id=desk.ids["Big"], conditions=account)
    assert await desk.shown("Goal", "rollup { state }") == {"rollup": {"state": "STALE"}}
    await desk.recalculate("Goal")
    assert await desk.shown("Goal", "rollup { state }") == {"rollup": {"state": "CURRENT"}}
    await desk.records("account", {"externalId": "a", "name": "A"})
    assert await desk.shown("Goal", "rollup { state }") == {"rollup": {"state": "STALE"}}


async def test_versions_keys_and_the_audit_log(desk: Desk, clock: FixedClock) -> None:
    given = {
        "name": "Big",
        "recordType": "opportunity",
        "conditions": {"field": {"key": "name", "test": {"in": ["a"]}}},
    }
    key = "a-key-of-the-tests-1"
    first, again = [await desk.do("createRollupQuery", **given, idempotencyKey=key) for _ in range(2)]
    assert first == again
    other = {**given, "conditions": BIG, "idempotencyKey": key}
    assert (await desk.refused("createRollupQuery", **other))[0] == "CONFLICT"
    desk.ids["Big"] = first["rollupQuery"]["id"]
    seen = await shown(desk, "Big")
    clock.set(clock.now().replace(hour=13))
    await desk.do("updateRollupQuery", id=seen["id"], conditions=BIG, expectedVersion=seen["version"])
    now = await shown(desk, "Big")
    assert now["version"] != seen["version"]
    assert (now["createdAt"], now["updatedAt"]) == (seen["createdAt"], "2026-02-15T13:00:00Z")
    for mutation in ("updateRollupQuery", "deleteRollupQuery"):
        late = await desk.refused(mutation, id=seen["id"], expectedVersion=seen["version"])
        assert late == ("CONFLICT", "expectedVersion")
    await desk.do("deleteRollupQuery", id=seen["id"], expectedVersion=now["version"])
    assert await shown(desk, "Big") is None
    log = await desk.admin.data("{ auditLog { nodes { what fields } } }")
    told = {node["what"]: node["fields"] for node in log["auditLog"]["nodes"] if "RollupQuery" in node["what"]}
    assert told == {
        "createRollupQuery": ["name", "recordType", "conditions"],
        "updateRollupQuery": ["conditions"],
        "deleteRollupQuery": [],
    }
