"""Writing records over GraphQL: what an upsert leaves, clears and refuses, and deletes. Reading them: test_records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.api.structure import (
    counts,
    listed,
    load,
    load_deals,
    load_structure,
    logins,
    only_record,
    told,
    upsert_records,
    values,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from graph.clock import FixedClock
    from graph.database import Database
    from graph.settings import Settings
    from tests.api.conftest import Client

DELETE = (
    "mutation($input: DeleteRecordsInput!) { payload: deleteRecords(input: $input) "
    "{ deleted missing userErrors { code field } clientMutationId } }"
)


@pytest.fixture
async def login(settings: Settings, database: Database, clock: FixedClock) -> AsyncIterator[Callable[[str], Client]]:
    async with logins(settings, database, clock) as login:
        yield login


@pytest.fixture
async def admin(login: Callable[[str], Client]) -> Client:
    await load_structure(login("admin"))
    return login("admin")


@pytest.fixture
async def deals(admin: Client) -> None:
    await load_deals(admin)


async def test_moments_are_read_in_the_organizations_zone_and_written_in_utc(admin: Client, database: Database) -> None:
    await database.schema("MATCH (o:Organization) SET o.timeZone = 'Europe/Vienna'")
    row = {
        "externalId": "c-1",
        "state": "COMPLETED",
        "fields": {"actualStart": "2026-07-01T00:30:00", "actualEnd": "2026-07-01T00:45:00Z", "direction": "INCOMING"},
    }
    await load(admin, "upsertRecords", [row], type="phone_call")
    found = await only_record(admin, "phone_call")
    assert (found["name"], found["owner"], found["status"]) == ("c-1", None, None)
    assert values(found) == {
        "actualStart": "2026-06-30T22:30:00Z",
        "actualEnd": "2026-07-01T00:45:00Z",
        "direction": "INCOMING",
    }


async def test_absent_leaves_a_value_and_null_clears_it(admin: Client) -> None:
    row: dict[str, Any] = {
        "externalId": "o-1",
        "name": "Deal 1",
        "state": "WON",
        "status": "WON",
        "owner": {"team": "t-1"},
        "territory": "east",
        "productLine": "pumps",
        "fields": {"actualValue": "10", "actualCloseDate": "2026-01-01"},
    }
    await load(admin, "upsertRecords", [row], type="opportunity")
    before = await only_record(admin)
    assert counts(await upsert_records(admin, "opportunity", [{"externalId": "o-1"}])) == (0, 0, 1)
    assert counts(await upsert_records(admin, "opportunity", [{"externalId": "o-1", "fields": {}}])) == (0, 0, 1)
    assert await only_record(admin) == before

    cleared = dict.fromkeys(("name", "status", "owner", "territory", "productLine"))
    update = {"externalId": "o-1", **cleared, "fields": {"actualValue": None}}
    assert counts(await upsert_records(admin, "opportunity", [update])) == (0, 1, 0)
    after = await only_record(admin)
    assert values(after) == {"actualCloseDate": "2026-01-01"}
    assert {key: after[key] for key in ("name", "state", *cleared) if key != "name"} == {
        "state": "WON",
        "status": None,
        "owner": None,
        "territory": None,
        "productLine": None,
    }
    assert after["name"] == "o-1"


async def test_refused_rows_are_told_and_stop_no_others(admin: Client) -> None:
    rows: list[dict[str, Any]] = [
        {"externalId": "o-1", "state": "WON", "fields": {"actualValue": "1.00001"}},
        {"externalId": "o-2", "state": "WIN"},
        {"externalId": "o-3", "state": "WON", "owner": {"user": "nobody"}},
        {"externalId": "o-4", "state": "WON", "fields": {"actualValue": 0.5}},
        {"externalId": "o-5", "state": "WON", "fields": {"colour": "red"}},
        {"externalId": "o-6", "state": "OPEN", "name": "The good one"},
        {"externalId": "o-7"},
        {"externalId": "o-8", "state": "OPEN", "territory": "west"},
    ]
    payload = await upsert_records(admin, "opportunity", rows, clientMutationId="m-1")
    assert counts(payload) == (1, 0, 0)
    assert told(payload) == [
        (1, "fields.actualValue", "AMOUNT_TOO_PRECISE"),
        (2, "state", "UNKNOWN_STATE"),
        (3, "owner", "OWNER_NOT_FOUND"),
        (4, "fields.actualValue", "INVALID_VALUE"),
        (5, "fields.colour", "UNKNOWN_FIELD"),
        (7, "state", "REQUIRED"),
        (8, "territory", "NOT_FOUND"),
    ]
    assert (payload["userErrors"], payload["clientMutationId"]) == ([], "m-1")
    assert await listed(admin) == (1, ["o-6"])


async def test_all_or_nothing_writes_nothing_when_a_row_is_refused(admin: Client) -> None:
    rows = [{"externalId": "o-1", "state": "OPEN"}, {"externalId": "o-2", "state": "WIN"}]
    payload = await upsert_records(admin, "opportunity", rows, allOrNothing=True)
    assert (counts(payload), told(payload)) == ((0, 0, 0), [(2, "state", "UNKNOWN_STATE")])
    assert await listed(admin) == (0, [])


async def test_an_owner_is_a_user_or_a_team_not_both(admin: Client) -> None:
    document = "mutation($input: UpsertRecordsInput!) { upsertRecords(input: $input) { inserted } }"
    for owner in ({"user": "rep-1", "team": "t-1"}, {"user": None}, {}):
        rows = [{"externalId": "o-1", "state": "OPEN", "owner": owner}]
        codes = await admin.codes(document, {"input": {"type": "opportunity", "rows": rows}})
        assert codes == ["GRAPHQL_VALIDATION_FAILED"]
    assert await listed(admin) == (0, [])


@pytest.mark.usefixtures("deals")
async def test_records_are_deleted_by_external_id(admin: Client) -> None:
    variables = {"input": {"type": "opportunity", "externalIds": ["of-1", "of-t", "x"], "clientMutationId": "m-1"}}
    payload = (await admin.data(DELETE, variables))["payload"]
    assert payload == {"deleted": 2, "missing": 1, "userErrors": [], "clientMutationId": "m-1"}
    assert await listed(admin) == (2, ["of-2", "of-none"])


@pytest.mark.usefixtures("deals")
async def test_only_administrators_write_records(login: Callable[[str], Client], admin: Client) -> None:
    # The viewer's own record, another's and one that is not there: the same answer.
    for external_id in ("of-1", "of-2", "x"):
        payload = await upsert_records(login("rep-1"), "opportunity", [{"externalId": external_id, "name": "Mine"}])
        assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [("FORBIDDEN", None)]
        assert (counts(payload), payload["refused"]) == ((0, 0, 0), [])
        variables = {"input": {"type": "opportunity", "externalIds": [external_id]}}
        deleted = (await login("rep-1").data(DELETE, variables))["payload"]
        assert deleted == {
            "deleted": 0,
            "missing": 0,
            "userErrors": [{"code": "FORBIDDEN", "field": None}],
            "clientMutationId": None,
        }
    assert await listed(admin, 'type: "opportunity", filter: {search: "Deal"}') == (
        4,
        ["of-1", "of-2", "of-t", "of-none"],
    )


async def test_writing_records_of_no_type_is_refused(admin: Client) -> None:
    payload = await upsert_records(admin, "nothing", [{"externalId": "x"}])
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [("UNKNOWN_RECORD_TYPE", ["type"])]
    deleted = (await admin.data(DELETE, {"input": {"type": "nothing", "externalIds": ["x"]}}))["payload"]
    assert deleted["userErrors"] == [{"code": "UNKNOWN_RECORD_TYPE", "field": ["type"]}]
