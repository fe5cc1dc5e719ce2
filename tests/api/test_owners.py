"""Users and structure over GraphQL: what is shown, pages, upserts and their refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.api.structure import counts, load, logins, told, traced, upsert

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from graph.clock import FixedClock
    from graph.database import Database
    from graph.settings import Settings
    from tests.api.conftest import Client

TREES = [
    ("upsertBusinessUnits", "businessUnits"),
    ("upsertTerritories", "territories"),
    ("upsertProductLines", "productLines"),
]


@pytest.fixture
async def login(settings: Settings, database: Database, clock: FixedClock) -> AsyncIterator[Callable[[str], Client]]:
    async with logins(settings, database, clock) as login:
        yield login


@pytest.fixture
def admin(login: Callable[[str], Client]) -> Client:
    return login("admin")


@pytest.fixture
async def staff(admin: Client) -> None:
    """Two units, a team, a manager with two reps, all in place."""
    units = [{"externalId": "east", "name": "East", "parent": "all"}, {"externalId": "all", "name": "All"}]
    await load(admin, "upsertBusinessUnits", units)
    await load(admin, "upsertTeams", [{"externalId": "t-1", "name": "Team 1", "unit": "east"}])
    rows: list[dict[str, Any]] = [
        {"externalId": "rep-1", "name": "Rep 01", "unit": "east", "manager": "boss", "teams": ["t-1"]},
        {"externalId": "rep-2", "name": "Rep 02", "unit": "east", "manager": "boss", "teams": ["t-1"]},
        {"externalId": "boss", "name": "Manager 01", "unit": "all"},
    ]
    await load(admin, "upsertUsers", rows)


async def names(client: Client, field: str, arguments: str = "") -> list[str]:
    """Give the names in a list."""
    found = (await client.data(f"{{ {field}{arguments} {{ nodes {{ name }} }} }}"))[field]["nodes"]
    return [node["name"] for node in found]


async def user(client: Client, name: str) -> Any:
    """Give all that is shown of a user."""
    document = (
        "query($name: String) { users(search: $name) { nodes { id externalId name active administrator unit { name } "
        "manager { externalId } teams { externalId } } } }"
    )
    (found,) = (await client.data(document, {"name": name}))["users"]["nodes"]
    return found


@pytest.mark.usefixtures("staff")
async def test_users_are_shown_with_unit_manager_and_teams(login: Callable[[str], Client]) -> None:
    found = await user(login("rep-2"), "rep 01")
    assert found.pop("id")
    assert found == {
        "externalId": "rep-1",
        "name": "Rep 01",
        "active": True,
        "administrator": False,
        "unit": {"name": "East"},
        "manager": {"externalId": "boss"},
        "teams": [{"externalId": "t-1"}],
    }
    boss = await user(login("rep-2"), "manager 01")
    assert (boss["manager"], boss["teams"]) == (None, [])


@pytest.mark.usefixtures("staff")
async def test_teams_are_shown_with_unit_and_members(login: Callable[[str], Client]) -> None:
    found = await login("rep-1").data("{ teams { nodes { name unit { name parent { name } } members { name } } } }")
    assert found["teams"]["nodes"] == [
        {
            "name": "Team 1",
            "unit": {"name": "East", "parent": {"name": "All"}},
            "members": [{"name": "Rep 01"}, {"name": "Rep 02"}],
        }
    ]


@pytest.mark.parametrize(("mutation", "field"), TREES)
async def test_trees_are_shown_up_and_down(admin: Client, mutation: str, field: str) -> None:
    rows: list[dict[str, Any]] = [
        {"externalId": "b", "name": "B", "parent": "root"},
        {"externalId": "a", "name": "A", "parent": "root"},
        {"externalId": "root", "name": "Root", "parent": None},
    ]
    assert counts(await upsert(admin, mutation, rows)) == (3, 0, 0)
    assert counts(await upsert(admin, mutation, rows)) == (0, 0, 3)
    found = (await admin.data(f"{{ {field} {{ nodes {{ name parent {{ name }} children {{ name }} }} }} }}"))[field]
    assert found["nodes"] == [
        {"name": "A", "parent": {"name": "Root"}, "children": []},
        {"name": "B", "parent": {"name": "Root"}, "children": []},
        {"name": "Root", "parent": None, "children": [{"name": "A"}, {"name": "B"}]},
    ]


async def test_lists_are_read_in_pages_each_row_once_and_counted(admin: Client) -> None:
    rows = [{"externalId": f"t-{n}", "name": f"Territory {n % 3}"} for n in range(7)]
    await load(admin, "upsertTerritories", rows)
    document = (
        "query($after: String, $search: String) { territories(first: 3, after: $after, search: $search) { totalCount "
        "nodes { externalId name } pageInfo { hasNextPage endCursor } } }"
    )
    seen: list[str] = []
    after = None
    for size in (3, 3, 1):
        page = (await admin.data(document, {"after": after}))["territories"]
        assert page["totalCount"] == 7
        assert len(page["nodes"]) == size
        assert page["pageInfo"]["hasNextPage"] is (size == 3)
        seen += [node["externalId"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert sorted(seen) == [row["externalId"] for row in rows]
    found = (await admin.data(document, {"search": "TORY 2"}))["territories"]
    assert (found["totalCount"], [node["name"] for node in found["nodes"]]) == (2, ["Territory 2", "Territory 2"])
    # A cursor is one of the list it came from: not of another search.
    assert await admin.codes(document, {"after": after, "search": "x"}) == ["BAD_CURSOR"]


@pytest.mark.parametrize(
    ("field", "arguments", "code"),
    [
        ("users", "(first: 201)", "LIMIT_EXCEEDED"),
        ("teams", "(first: -1)", "INVALID_VALUE"),
        ("productLines", '(after: "x")', "BAD_CURSOR"),
    ],
)
async def test_a_page_that_cannot_be_is_refused(admin: Client, field: str, arguments: str, code: str) -> None:
    assert await admin.codes(f"{{ {field}{arguments} {{ totalCount }} }}") == [code]


@pytest.mark.usefixtures("staff")
async def test_what_many_rows_refer_to_is_read_in_batches(
    settings: Settings, database: Database, clock: FixedClock
) -> None:
    document = "{ users { nodes { name manager { name unit { parent { name } } } teams { members { name } } } } }"
    found, statements = await traced(document, "rep-1", settings, database, clock)
    members = [{"members": [{"name": "Rep 01"}, {"name": "Rep 02"}]}]
    assert found["users"]["nodes"] == [
        {"name": "Admin", "manager": None, "teams": []},
        {"name": "Manager 01", "manager": None, "teams": []},
        {"name": "Rep 01", "manager": {"name": "Manager 01", "unit": {"parent": None}}, "teams": members},
        {"name": "Rep 02", "manager": {"name": "Manager 01", "unit": {"parent": None}}, "teams": members},
    ]
    # Managers and teams of all users at once, then the managers' units; the members of all teams at once.
    assert sorted(statements) == ["owners/by_ids", "owners/by_ids", "owners/members_of", "owners/page", "owners/viewer"]


@pytest.mark.usefixtures("staff")
async def test_absent_leaves_a_value_and_null_clears_it(admin: Client) -> None:
    payload = await upsert(admin, "upsertUsers", [{"externalId": "rep-1", "administrator": True}])
    assert counts(payload) == (0, 1, 0)
    before = await user(admin, "rep 01")
    assert before["administrator"] is True
    assert (before["unit"], before["manager"], len(before["teams"])) == ({"name": "East"}, {"externalId": "boss"}, 1)

    payload = await upsert(
        admin, "upsertUsers", [{"externalId": "rep-1", "unit": None, "manager": None, "teams": None}]
    )
    assert counts(payload) == (0, 1, 0)
    after = await user(admin, "rep 01")
    assert (after["id"], after["name"], after["active"]) == (before["id"], "Rep 01", True)
    assert (after["unit"], after["manager"], after["teams"]) == (None, None, [])


@pytest.mark.usefixtures("staff")
async def test_a_teams_members_are_replaced(admin: Client) -> None:
    await load(admin, "upsertTeams", [{"externalId": "t-1", "members": ["boss"]}])
    found = await admin.data("{ teams { nodes { name unit { name } members { name } } } }")
    assert found["teams"]["nodes"] == [
        {"name": "Team 1", "unit": {"name": "East"}, "members": [{"name": "Manager 01"}]}
    ]


@pytest.mark.usefixtures("staff")
async def test_refused_rows_are_told_and_stop_no_others(admin: Client) -> None:
    rows = [
        {"externalId": "new-1"},
        {"externalId": "new-2", "name": "New 2", "manager": "nobody"},
        {"externalId": "new-3", "name": "New 3"},
        {"externalId": "new-3", "name": "New 3 again"},
        {"externalId": "boss", "manager": "rep-1"},
    ]
    payload = await upsert(admin, "upsertUsers", rows, clientMutationId="m-1")
    assert counts(payload) == (1, 0, 0)
    assert told(payload) == [
        (1, "name", "REQUIRED"),
        (2, "manager", "NOT_FOUND"),
        (4, "externalId", "DUPLICATE_ROW"),
        (5, "manager", "STRUCTURE_CYCLE"),
    ]
    assert all(refused["message"] for refused in payload["refused"])
    assert (payload["userErrors"], payload["clientMutationId"]) == ([], "m-1")
    assert await names(admin, "users", '(search: "new")') == ["New 3"]
    assert (await user(admin, "manager 01"))["manager"] is None


async def test_all_or_nothing_writes_nothing_when_a_row_is_refused(admin: Client) -> None:
    rows = [{"externalId": "a", "name": "A"}, {"externalId": "b", "name": ""}]
    payload = await upsert(admin, "upsertTeams", rows, allOrNothing=True)
    assert counts(payload) == (0, 0, 0)
    assert told(payload) == [(2, "name", "REQUIRED")]
    assert await names(admin, "teams") == []
    assert counts(await upsert(admin, "upsertTeams", rows[:1], allOrNothing=True)) == (1, 0, 0)
    assert await names(admin, "teams") == ["A"]


@pytest.mark.usefixtures("staff")
@pytest.mark.parametrize(("mutation", "field"), [("upsertUsers", "users"), ("upsertTeams", "teams"), *TREES], ids=str)
async def test_only_administrators_change_structure(
    login: Callable[[str], Client], admin: Client, mutation: str, field: str
) -> None:
    before = await names(admin, field)
    payload = await upsert(login("boss"), mutation, [{"externalId": "x", "name": "X"}], clientMutationId="m-2")
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [("FORBIDDEN", None)]
    assert (counts(payload), payload["refused"], payload["clientMutationId"]) == ((0, 0, 0), [], "m-2")
    assert await names(admin, field) == before


async def test_the_second_mutation_of_a_document_sees_the_first(admin: Client) -> None:
    document = """mutation {
      a: upsertTerritories(input: {rows: [{externalId: "t", name: "Old"}]}) { inserted }
      b: upsertTerritories(input: {rows: [{externalId: "t", name: "New"}]}) { inserted updated }
    }"""
    assert await admin.data(document) == {"a": {"inserted": 1}, "b": {"inserted": 0, "updated": 1}}
    assert await names(admin, "territories") == ["New"]


async def test_a_user_made_inactive_is_shown_but_cannot_log_in(login: Callable[[str], Client], admin: Client) -> None:
    await load(admin, "upsertUsers", [{"externalId": "rep-9", "name": "Rep 09"}])
    assert await names(login("rep-9"), "users") == ["Admin", "Rep 09"]
    await load(admin, "upsertUsers", [{"externalId": "rep-9", "active": False}])
    assert await login("rep-9").codes("{ users { totalCount } }") == ["UNAUTHENTICATED"]
    assert (await user(admin, "rep 09"))["active"] is False
