"""Record types and records over GraphQL: who sees which, values, filters, pages. Writing: test_records_mutation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.api.structure import (
    RECORD,
    counts,
    listed,
    load,
    load_deals,
    load_structure,
    logins,
    only_record,
    traced,
    upsert_records,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from graph.clock import FixedClock
    from graph.database import Database
    from graph.settings import Settings
    from tests.api.conftest import Client

OPPORTUNITIES = 'records(type: "opportunity")'


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


async def test_record_types_show_their_states_and_fields(login: Callable[[str], Client]) -> None:
    document = "{ recordTypes { key name states { key statuses } fields { key name dataType choices } } }"
    found = {kind["key"]: kind for kind in (await login("admin").data(document))["recordTypes"]}
    assert list(found) == sorted(found)
    assert {"account", "opportunity", "order", "phone_call"} <= found.keys()
    assert (found["account"]["name"], found["account"]["states"]) == ("Account", [])
    call = found["phone_call"]
    assert {"key": "COMPLETED", "statuses": ["MADE", "RECEIVED"]} in call["states"]
    assert call["fields"][0] == {
        "key": "direction",
        "name": "Direction",
        "dataType": "CHOICE",
        "choices": ["INCOMING", "OUTGOING"],
    }


async def test_a_record_is_shown_with_all_it_refers_to_and_exact_values(admin: Client) -> None:
    await load(admin, "upsertRecords", [{"externalId": "a-1", "name": "Account 1"}], type="account")
    row = {
        "externalId": "o-1",
        "name": "Deal 1",
        "state": "WON",
        "status": "WON",
        "owner": {"user": "rep-1"},
        "territory": "east",
        "productLine": "pumps",
        "account": "a-1",
        "fields": {
            "actualValue": "922337203685477.5807",
            "estimatedValue": "-0.50",
            "quantity": "1e3",
            "probability": 100,
            "actualCloseDate": "2026-02-28",
        },
    }
    assert counts(await upsert_records(admin, "opportunity", [row])) == (1, 0, 0)
    assert counts(await upsert_records(admin, "opportunity", [row])) == (0, 0, 1)
    found = await only_record(admin)
    fields = found.pop("fields")
    assert found == {
        "externalId": "o-1",
        "name": "Deal 1",
        "state": "WON",
        "status": "WON",
        "owner": {"__typename": "User", "name": "Rep 01"},
        "territory": {"name": "East"},
        "productLine": {"name": "Pumps"},
        "account": {"name": "Account 1"},
        "currency": "EUR",
        "type": {"key": "opportunity"},
    }
    assert {field["key"]: field.pop("baseValue") for field in fields if field["dataType"] == "MONEY"} == {
        "estimatedValue": "-0.5",
        "actualValue": "922337203685477.5807",
    }
    assert {field.pop("baseValue") for field in fields if field["dataType"] != "MONEY"} == {None}
    assert fields == [
        {"key": "estimatedValue", "dataType": "MONEY", "value": "-0.5"},
        {"key": "actualValue", "dataType": "MONEY", "value": "922337203685477.5807"},
        {"key": "quantity", "dataType": "DECIMAL", "value": "1000"},
        {"key": "probability", "dataType": "INTEGER", "value": "100"},
        {"key": "openDate", "dataType": "DATE", "value": None},
        {"key": "estimatedCloseDate", "dataType": "DATE", "value": None},
        {"key": "actualCloseDate", "dataType": "DATE", "value": "2026-02-28"},
    ]


@pytest.mark.usefixtures("deals")
@pytest.mark.parametrize(
    ("viewer", "seen"),
    [("admin", ["of-1", "of-2", "of-t", "of-none"]), ("rep-1", ["of-1", "of-t"]), ("rep-2", ["of-2"])],
)
async def test_a_record_is_seen_by_its_owner_the_owning_teams_members_and_administrators(
    login: Callable[[str], Client], viewer: str, seen: list[str]
) -> None:
    assert await listed(login(viewer)) == (len(seen), seen)


@pytest.mark.usefixtures("deals")
async def test_a_record_shows_its_team_and_no_account_that_is_hidden(login: Callable[[str], Client]) -> None:
    document = (
        f"{{ {OPPORTUNITIES} {{ nodes {{ owner {{ __typename ... on Team {{ name }} }} account {{ name }} }} }} }}"
    )
    assert (await login("rep-1").data(document))["records"]["nodes"] == [
        {"owner": {"__typename": "User"}, "account": None},
        {"owner": {"__typename": "Team", "name": "Team 1"}, "account": None},
    ]
    assert (await login("rep-2").data(document))["records"]["nodes"] == [
        {"owner": {"__typename": "User"}, "account": {"name": "Account 2"}}
    ]


@pytest.mark.usefixtures("deals")
async def test_hidden_and_absent_records_give_the_same_null(login: Callable[[str], Client], admin: Client) -> None:
    nodes = (await admin.data(f"{{ {OPPORTUNITIES} {{ nodes {{ id externalId }} }} }}"))["records"]["nodes"]
    ids = {node["externalId"]: node["id"] for node in nodes}
    document = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Record { externalId } } }"
    variables = {"ids": [ids["of-1"], ids["of-2"], "absent"]}
    assert (await login("rep-1").data(document, variables))["nodes"] == [{"externalId": "of-1"}, None, None]


@pytest.mark.usefixtures("deals")
@pytest.mark.parametrize(
    ("chosen", "seen"),
    [
        ('filter: {states: ["OPEN"]}', ["of-2", "of-t"]),
        ('filter: {states: ["OPEN", "WON"], search: "deal"}', ["of-1", "of-2", "of-t"]),
        ('filter: {search: "EAL D"}', ["of-none"]),
        ('filter: {search: ".*"}', []),
        ("filter: {states: []}", []),
    ],
)
async def test_records_are_filtered(admin: Client, chosen: str, seen: list[str]) -> None:
    assert await listed(admin, f'type: "opportunity", {chosen}') == (len(seen), seen)


@pytest.mark.usefixtures("deals")
async def test_a_filter_finds_nothing_that_is_hidden(login: Callable[[str], Client], admin: Client) -> None:
    users = (await admin.data('{ users(search: "rep 02") { nodes { id } } }'))["users"]["nodes"]
    of_rep_2 = f'type: "opportunity", filter: {{owner: "{users[0]["id"]}"}}'
    assert await listed(admin, of_rep_2) == (1, ["of-2"])
    assert await listed(login("rep-2"), of_rep_2) == (1, ["of-2"])
    assert await listed(login("rep-1"), of_rep_2) == (0, [])
    assert await listed(login("rep-1"), 'type: "opportunity", filter: {search: "Deal B"}') == (0, [])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ('type: "opportunit"', "UNKNOWN_RECORD_TYPE"),
        ('type: "opportunity", filter: {states: ["WIN"]}', "UNKNOWN_STATE"),
        ('type: "opportunity", first: 201', "LIMIT_EXCEEDED"),
    ],
)
async def test_a_list_that_cannot_be_is_refused(admin: Client, arguments: str, code: str) -> None:
    assert await admin.codes(f"{{ records({arguments}) {{ totalCount }} }}") == [code]


async def test_records_are_read_in_pages_in_few_statements(
    admin: Client, settings: Settings, database: Database, clock: FixedClock
) -> None:
    rows = [
        {"externalId": f"o-{n}", "name": f"Deal {n % 2}", "state": "OPEN", "owner": {"user": f"rep-{n % 2 + 1}"}}
        for n in range(5)
    ]
    await load(admin, "upsertRecords", rows, type="opportunity")
    document = (
        'query($after: String) { records(type: "opportunity", first: 2, after: $after) '
        "{ totalCount nodes { externalId } pageInfo { hasNextPage endCursor } } }"
    )
    seen: list[str] = []
    after = None
    for size in (2, 2, 1):
        page = (await admin.data(document, {"after": after}))["records"]
        assert (page["totalCount"], len(page["nodes"]), page["pageInfo"]["hasNextPage"]) == (5, size, size == 2)
        seen += [node["externalId"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert sorted(seen) == [row["externalId"] for row in rows]
    assert seen[:3] == sorted(seen[:3], key=lambda key: int(key[2:]) % 2)  # "Deal 0" before "Deal 1"

    # A cursor is one of the list it came from: not of another type or filter.
    cursor = page["pageInfo"]["endCursor"]
    for arguments in ('type: "account"', 'type: "opportunity", filter: {states: ["OPEN"]}'):
        other = f'{{ records({arguments}, after: "{cursor}") {{ totalCount }} }}'
        assert await admin.codes(other) == ["BAD_CURSOR"]

    found, statements = await traced(
        f"{{ {OPPORTUNITIES} {{ nodes {{ {RECORD} }} }} }}", "admin", settings, database, clock
    )
    assert len(found["records"]["nodes"]) == 5
    # The type is looked up for the list's own argument, and once for the rows.
    assert sorted(statements) == [
        "organization/read",
        "owners/by_ids",
        "owners/viewer",
        "record/page",
        "record_type/list",
        "record_type/list",
    ]


async def test_a_part_without_links_of_its_own_has_those_of_what_it_is_part_of(
    login: Callable[[str], Client], admin: Client
) -> None:
    """Three levels; each link comes from the nearest record that has one, and whoever owns that one sees the part."""
    accounts = [{"externalId": key, "owner": {"user": "rep-1"}} for key in ("a-1", "a-2")]
    await load(admin, "upsertRecords", accounts, type="account")
    deal = {"state": "WON", "owner": {"user": "rep-2"}, "territory": "east", "productLine": "pumps", "account": "a-1"}
    await load(admin, "upsertRecords", [{"externalId": "d", **deal}], type="opportunity")
    orders: list[dict[str, Any]] = [
        {"externalId": "of-deal", "parent": "d"},
        {"externalId": "of-team", "parent": "d", "owner": {"team": "t-1"}, "account": "a-2"},
        {"externalId": "of-nobody"},
    ]
    await load(admin, "upsertRecords", [{"state": "ACTIVE", **row} for row in orders], type="order")
    lines: list[dict[str, Any]] = [
        {"externalId": "l-1", "parent": "of-deal"},
        {"externalId": "l-2", "parent": "of-team"},
        {"externalId": "l-3", "parent": "of-deal", "owner": {"user": "rep-1"}},
        {"externalId": "l-4", "parent": "of-nobody"},
        {"externalId": "l-5"},
    ]
    await load(admin, "upsertRecords", lines, type="order_line")
    document = (
        '{ records(type: "order_line") { totalCount nodes { externalId owner { ... on Owner { name } } '
        "territory { name } productLine { name } account { externalId } parent { externalId } } } }"
    )

    async def seen(viewer: str) -> dict[str, tuple[str | None, ...]]:
        found = (await login(viewer).data(document))["records"]
        assert found["totalCount"] == len(found["nodes"])
        return {
            node["externalId"]: tuple(
                next(iter(value.values())) if value else None for key, value in node.items() if key != "externalId"
            )
            for node in found["nodes"]
        }

    assert await seen("admin") == {
        "l-1": ("Rep 02", "East", "Pumps", "a-1", "of-deal"),
        "l-2": ("Team 1", "East", "Pumps", "a-2", "of-team"),
        "l-3": ("Rep 01", "East", "Pumps", "a-1", "of-deal"),
        "l-4": (None, None, None, None, "of-nobody"),
        "l-5": (None, None, None, None, None),
    }
    # Rep 01 is in team 1 and owns both accounts; the order of line 3 is Rep 02's, who sees no account.
    assert await seen("rep-1") == {
        "l-2": ("Team 1", "East", "Pumps", "a-2", "of-team"),
        "l-3": ("Rep 01", "East", "Pumps", "a-1", None),
    }
    assert await seen("rep-2") == {"l-1": ("Rep 02", "East", "Pumps", None, "of-deal")}
    users = (await admin.data('{ users(search: "rep 02") { nodes { id } } }'))["users"]["nodes"]
    of_rep_2 = f'type: "order_line", filter: {{owner: "{users[0]["id"]}"}}'
    assert await listed(admin, of_rep_2) == (1, ["l-1"])
    assert await listed(login("rep-1"), of_rep_2) == (0, [])
