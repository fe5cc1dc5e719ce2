"""Who sees which goal and record, and who may write: viewer by viewer, over GraphQL. Two graphs: test_leaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from graph.owners import OwnerKind
from tests.api.structure import logins
from tests.factories import YEAR, Company

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from graph.clock import FixedClock
    from graph.database import Database
    from graph.settings import Settings
    from tests.api.conftest import Client

EVERY_GOAL = ["Top", "East", "Rep", "Team's", "Secret", "Secret leaf", "Open leaf", "Apart"]
#: Which goals each sees. "Secret" and "Secret leaf" are restricted; "Open leaf" is below Secret and is not.
SEES = {
    "admin": EVERY_GOAL,
    "director": ["Top", "East", "Rep", "Team's", "Open leaf"],  # manages Top
    "manager": ["East", "Rep", "Team's", "Open leaf"],  # manages East
    "rep": ["Rep"],  # owns it
    "member": ["Team's"],  # of the team that owns it
    "boss": ["Secret", "Secret leaf", "Open leaf"],  # manages Secret and Secret leaf
    "confidant": ["Secret"],  # owns it; an owner sees nothing below
    "apart": ["Apart"],  # manages a tree of one goal
    "outsider": [],
}
WRITES = {
    "admin": EVERY_GOAL,
    "director": ["Top"],
    "manager": ["East", "Rep", "Team's", "Open leaf"],
    "rep": [],
    "member": [],
    "boss": ["Secret", "Secret leaf"],
    "confidant": [],
    "apart": ["Apart"],
    "outsider": [],
}
RECORDS = {
    "admin": ["of nobody", "of rep", "of team"],
    "director": [],
    "manager": [],
    "rep": ["of rep"],
    "member": ["of team"],
    "outsider": [],
}


@pytest.fixture
async def login(settings: Settings, database: Database, clock: FixedClock) -> AsyncIterator[Callable[[str], Client]]:
    async with logins(settings, database, clock) as login:
        yield login


@pytest.fixture
async def goals(login: Callable[[str], Client], database: Database, clock: FixedClock) -> dict[str, str]:
    """Goals by title, and three won deals, all of which count."""
    del login  # it makes the administrator that is asked for
    company = await Company(database, clock).found()
    await company.owners(OwnerKind.TEAM, {"name": "team"})
    await company.users("director", "manager", "rep", "boss", "confidant", "apart", "outsider")
    await company.users("member", teams=["team"])
    metric = await company.metric()
    ids: dict[str, str] = {}

    async def goal(title: str, parent: str | None, manager: str, owner: str, **more: Any) -> None:
        root: dict[str, Any] = {"metric_id": metric, "period": YEAR} if parent is None else {"parent_id": ids[parent]}
        people: dict[str, Any] = {"manager_id": company.ids[manager], "owner_id": company.ids[owner]}
        ids[title] = await company.goal(title, **root, **people, **more)

    await goal("Top", None, "director", "director")
    await goal("East", "Top", "manager", "manager")
    await goal("Rep", "East", "manager", "rep")
    await goal("Team's", "East", "manager", "team")
    await goal("Secret", "East", "boss", "confidant", restricted=True)
    await goal("Secret leaf", "Secret", "boss", "boss")
    await goal("Open leaf", "Secret", "manager", "apart", restricted=False)
    await goal("Apart", None, "apart", "apart")
    fields = {"actualValue": "10", "actualCloseDate": "2026-02-01"}
    deal = {"state": "WON", "fields": fields}
    await company.records(
        "opportunity",
        {**deal, "name": "of rep", "owner": {"user": "rep"}},
        {**deal, "name": "of team", "owner": {"team": "team"}},
        {**deal, "name": "of nobody", "territory": None},
    )
    await company.won("confidant", ("100", "2026-02-02"), name="of confidant")
    await company.recalculate(ids["Top"])
    return ids


async def titles(client: Client, arguments: str = "") -> list[str]:
    found = await client.data(f"{{ goals{arguments} {{ totalCount nodes {{ title }} }} }}")
    nodes = [node["title"] for node in found["goals"]["nodes"]]
    assert found["goals"]["totalCount"] == len(nodes)
    return nodes


@pytest.mark.parametrize("viewer", SEES)
async def test_a_goal_is_seen_alike_on_every_path(
    login: Callable[[str], Client], goals: dict[str, str], viewer: str
) -> None:
    seen = set(SEES[viewer]) | ({"Open leaf"} if viewer == "apart" else set())
    client = login(viewer)
    assert set(await titles(client)) == seen
    document = (
        "query($id: ID!) { goal(id: $id) { title } node(id: $id) { ... on Goal { title } } "
        "nodes(ids: [$id]) { ... on Goal { title } } goalTree(rootId: $id, depth: 0) { nodes { goal { title } } } }"
    )
    for title, id_ in goals.items():
        one = {"title": title} if title in seen else None
        tree = {"nodes": [{"goal": one}]} if one else None
        answer = await client.data(document, {"id": id_})
        assert answer == {"goal": one, "node": one, "nodes": [one], "goalTree": tree}, title


@pytest.mark.parametrize("viewer", WRITES)
async def test_only_administrators_and_a_goals_manager_write(
    login: Callable[[str], Client], goals: dict[str, str], viewer: str
) -> None:
    client = login(viewer)
    changed = "{ goal { title } userErrors { code } }"
    update = f'mutation($id: ID!) {{ updateGoal(input: {{id: $id, description: "New"}}) {changed} }}'
    access = "query($id: ID!) { goal(id: $id) { access { canEdit canDelete } } }"
    for title, id_ in goals.items():
        may = title in WRITES[viewer]
        seen = title in SEES[viewer] or (viewer, title) == ("apart", "Open leaf")
        code = [] if may else [{"code": "FORBIDDEN" if seen else "NOT_FOUND"}]
        rights = {"access": {"canEdit": may, "canDelete": may}} if seen else None
        assert (await client.data(access, {"id": id_}))["goal"] == rights, title
        payload = (await client.data(update, {"id": id_}))["updateGoal"]
        assert payload == {"goal": {"title": title} if may else None, "userErrors": code}, title


@pytest.mark.parametrize("viewer", RECORDS)
async def test_a_record_is_seen_by_its_owner_and_administrators_and_not_through_goals(
    login: Callable[[str], Client], goals: dict[str, str], viewer: str
) -> None:
    assert goals
    found = (await login(viewer).data('{ records(type: "opportunity") { totalCount nodes { name } } }'))["records"]
    names = [*RECORDS[viewer], *(["of confidant"] if viewer == "admin" else [])]
    assert sorted(node["name"] for node in found["nodes"]) == sorted(names)
    assert found["totalCount"] == len(names)


async def test_totals_count_everything_and_hidden_children_are_a_number(
    login: Callable[[str], Client], goals: dict[str, str]
) -> None:
    document = (
        "query($id: ID!) { goal(id: $id) { actual recordCount restrictedChildren { count } "
        "children { totalCount nodes { title actual } } } }"
    )
    assert (await login("manager").data(document, {"id": goals["East"]}))["goal"] == {
        "actual": "120",
        "recordCount": 3,
        "restrictedChildren": {"count": 1},
        "children": {
            "totalCount": 2,
            "nodes": [{"title": "Rep", "actual": "10"}, {"title": "Team's", "actual": "10"}],
        },
    }


async def test_a_goal_below_a_hidden_one_stands_as_a_root(
    login: Callable[[str], Client], goals: dict[str, str]
) -> None:
    document = (
        "query($id: ID!) { goal(id: $id) { parent { id } ancestors { id } } "
        "goalTree(rootId: $id) { nodes { parentId depth } } }"
    )
    for viewer in ("director", "manager"):
        client = login(viewer)
        assert await client.data(document, {"id": goals["Open leaf"]}) == {
            "goal": {"parent": None, "ancestors": []},
            "goalTree": {"nodes": [{"parentId": None, "depth": 0}]},
        }
        assert "Open leaf" in await titles(client, "(filter: {rootsOnly: true})")
    tree = "query($id: ID!) { goalTree(rootId: $id) { nodes { goal { title } depth } } }"
    nodes = (await login("director").data(tree, {"id": goals["Top"]}))["goalTree"]["nodes"]
    assert [(node["goal"]["title"], node["depth"]) for node in nodes] == [
        ("Top", 0),
        ("East", 1),
        ("Rep", 2),
        ("Team's", 2),
    ]


@pytest.mark.parametrize("order", ["TITLE", "TARGET", "CREATED_AT", "START_DATE"])
async def test_pages_of_one_walk_over_what_is_seen_and_no_more(
    login: Callable[[str], Client], goals: dict[str, str], order: str
) -> None:
    assert goals
    document = (
        f"query($after: String) {{ goals(first: 1, after: $after, orderBy: {{field: {order}}}) "
        "{ totalCount nodes { title } pageInfo { hasNextPage endCursor } } }"
    )
    seen, after = [], None
    for number in range(1, 6):
        page = (await login("director").data(document, {"after": after}))["goals"]
        assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (5, number < 5)
        seen += [node["title"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert sorted(seen) == sorted(SEES["director"])
    # A cursor is its viewer's own.
    assert await login("manager").codes(document, {"after": after}) == ["BAD_CURSOR"]


async def test_who_writes_a_goal_out_of_sight_gets_no_more_back_than_is_seen(
    login: Callable[[str], Client], goals: dict[str, str]
) -> None:
    document = (
        "mutation($id: ID!, $manager: ID!) { assignGoal(input: {id: $id, managerId: $manager}) "
        "{ goal { title } userErrors { code } } }"
    )
    users = (await login("boss").data('{ users(search: "director") { nodes { id } } }'))["users"]["nodes"]
    variables = {"id": goals["Secret leaf"], "manager": users[0]["id"]}
    (leaf,) = [await login("boss").data(document, variables)]
    # Its owner still, so it is seen still.
    assert leaf["assignGoal"] == {"goal": {"title": "Secret leaf"}, "userErrors": []}
    variables["id"] = goals["Secret"]
    assert (await login("boss").data(document, variables))["assignGoal"] == {"goal": None, "userErrors": []}


async def test_a_user_who_is_no_longer_active_sees_nothing(
    login: Callable[[str], Client], goals: dict[str, str], database: Database
) -> None:
    assert goals
    await database.schema("MATCH (u:User {externalId: 'director'}) SET u.active = false")
    assert (await login("director").post("{ goals { totalCount } }")).status_code == 401
