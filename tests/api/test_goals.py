"""Finding goals over GraphQL: one, nodes, pages filtered and ordered, trees, and the goals around a goal."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.hierarchy import CALLS, Q1, YEAR, Desk, custom, open_desk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from graph.clock import FixedClock
    from graph.database import Database
    from graph.settings import Settings
    from tests.api.conftest import Client

Q2 = custom("2026-04-01", "2026-06-30")


@pytest.fixture
async def desk(settings: Settings, database: Database, clock: FixedClock) -> AsyncIterator[Desk]:
    """Root, over B (Q1; over B1, restricted, over B2) and A (Q2), a minute after each other; a root of calls."""
    async with open_desk(settings, database, clock) as desk:
        await desk.users("Manager", "Rep 1", "Rep 2")
        await desk.metric("Revenue")
        await desk.metric("Calls", CALLS, type="COUNT", dataType=None)
        goals: dict[str, dict[str, Any]] = {
            "Root": {"metricId": "Revenue", "managerId": "Manager", "period": YEAR, "target": "30"},
            "B": {"parentId": "Root", "period": Q1, "target": "10.5"},
            "A": {"parentId": "Root", "period": Q2, "ownerId": "Rep 1"},
            "B1": {"parentId": "B", "managerId": "Rep 2", "restricted": True, "target": "9"},
            "B2": {"parentId": "B1", "managerId": "Rep 2", "restricted": False},
            "Calls of Q1": {"metricId": "Calls", "period": {"fiscal": {"year": 2026, "index": 1}}},
        }
        for title, given in goals.items():
            await desk.goal(title, **given)
            clock.advance(timedelta(minutes=1))
        yield desk


async def listed(client: Client, arguments: str = "") -> tuple[int, list[str]]:
    """Give the total count and the titles of a page."""
    found = (await client.data(f"{{ goals{arguments} {{ totalCount nodes {{ title }} }} }}"))["goals"]
    return found["totalCount"], [node["title"] for node in found["nodes"]]


@pytest.mark.parametrize(
    ("field", "up", "down"),
    [
        ("TITLE", "A B B1 B2 Calls Root", "Root Calls B2 B1 B A"),
        ("CREATED_AT", "Root B A B1 B2 Calls", "Calls B2 B1 A B Root"),
        # Of equal keys either may be first, yet in both pages and whole lists the same.
        ("START_DATE", None, None),
        ("END_DATE", None, None),
        ("TARGET", None, None),
    ],
)
async def test_pages_are_in_order_each_goal_once(desk: Desk, field: str, up: str | None, down: str | None) -> None:
    keys = {"TITLE": "title", "CREATED_AT": "createdAt", "START_DATE": "s", "END_DATE": "e", "TARGET": "target"}
    for descending, told in ((False, up), (True, down)):
        seen: list[dict[str, Any]] = []
        after = None
        while True:
            found = await desk.admin.data(
                "query($order: GoalOrder, $after: String) { goals(orderBy: $order, first: 1, after: $after) { "
                "totalCount pageInfo { hasNextPage endCursor } nodes { title createdAt target s: period { startDate } "
                "e: period { endDate } } } }",
                {"order": {"field": field, "descending": descending}, "after": after},
            )
            page = found["goals"]
            assert page["totalCount"] == 6
            seen += page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
        titles = [node["title"] for node in seen]
        assert sorted(titles) == ["A", "B", "B1", "B2", "Calls of Q1", "Root"]
        if told:
            assert [title.split()[0] for title in titles] == told.split()
        values = [node[keys[field]] for node in seen]
        if field == "TARGET":
            assert values[3:] == [None, None, None]
            values = [float(value) for value in values[:3]]
        assert values == sorted(values, key=str if field != "TARGET" else float, reverse=descending)


@pytest.mark.parametrize(
    ("conditions", "titles"),
    [
        ('search: "b"', ["B", "B1", "B2"]),
        ('search: "Q1"', ["Calls of Q1"]),
        ("states: [ACHIEVED]", []),
        ("states: []", []),
        ("states: [OPEN, CANCELLED]", ["A", "B", "B1", "B2", "Calls of Q1", "Root"]),
        ("fiscalYear: 2026", ["Calls of Q1"]),
        ("fiscalYear: 2026, fiscalIndex: 2", []),
        ('on: "2026-03-31"', ["B", "B1", "B2", "Calls of Q1", "Root"]),
        ('on: "2026-04-01"', ["A", "Root"]),
        ('metricId: "Calls"', ["Calls of Q1"]),
        ('managerId: "Rep 2"', ["B1", "B2"]),
        ('ownerId: "Rep 1"', ["A"]),
        ("rootsOnly: true", ["Calls of Q1", "Root"]),
        ('rootsOnly: true, ownerId: "Rep 1"', []),
    ],
)
async def test_a_filter_needs_all_its_conditions(desk: Desk, conditions: str, titles: list[str]) -> None:
    for name in ("Calls", "Rep 1", "Rep 2"):
        conditions = conditions.replace(f'Id: "{name}"', f'Id: "{desk.ids[name]}"')
    assert await listed(desk.admin, f"(filter: {{ {conditions} }})") == (len(titles), titles)


async def test_a_cursor_holds_for_its_list_and_viewer_only(desk: Desk) -> None:
    page = (await desk.admin.data("{ goals(first: 1) { pageInfo { endCursor } } }"))["goals"]["pageInfo"]
    after = f'after: "{page["endCursor"]}"'
    assert (await listed(desk.admin, f"(first: 1, {after})"))[1] == ["B"]
    for client, arguments in (
        (desk.admin, f"({after}, orderBy: {{ field: TARGET }})"),
        (desk.admin, f'({after}, filter: {{ search: "B" }})'),
        (desk.login("Manager"), f"({after})"),
    ):
        assert len(await client.codes(f"{{ goals{arguments} {{ totalCount }} }}")) == 1


async def test_each_viewer_sees_a_list_a_tree_and_roots_of_their_own(desk: Desk) -> None:
    manager, rep = desk.login("Manager"), desk.login("Rep 2")
    # B2 is not restricted itself and stands below the restricted B1: its manager's list has it, without a parent there.
    assert await listed(manager) == (4, ["A", "B", "B2", "Root"])
    assert await listed(manager, "(filter: { rootsOnly: true })") == (2, ["B2", "Root"])
    assert await listed(rep, "(filter: { rootsOnly: true })") == (1, ["B1"])
    assert await tree(desk, "Root", client=manager) == [("Root", None, 0, 2), ("A", "Root", 1, 0), ("B", "Root", 1, 0)]
    assert await tree(desk, "B1", client=manager) is None
    assert await desk.shown("B", "restrictedChildren { count } children { totalCount }", manager) == {
        "restrictedChildren": {"count": 1},
        "children": {"totalCount": 0},
    }
    assert await desk.shown("B2", "parent { title } ancestors { title }", manager) == {"parent": None, "ancestors": []}
    assert await desk.shown("B1", "parent { title } ancestors { title }", rep) == {"parent": None, "ancestors": []}
    assert await desk.shown("A", "access { canEdit canDelete }", desk.login("Rep 1")) == {
        "access": {"canEdit": False, "canDelete": False}
    }
    assert await desk.shown("B1", "access { canEdit canDelete }", rep) == {
        "access": {"canEdit": True, "canDelete": True}
    }


async def tree(desk: Desk, root: str, more: str = "", client: Client | None = None) -> Any:
    """Give (title, parent's title, depth, number of children) of each goal of a tree, in its order."""
    found = await (client or desk.admin).data(
        f'{{ goalTree(rootId: "{desk.ids[root]}"{more}) {{ truncated nodes {{ id parentId depth childCount '
        "goal { id title } } } }"
    )
    if found["goalTree"] is None:
        return None
    nodes = found["goalTree"]["nodes"]
    assert [node["id"] for node in nodes] == [node["goal"]["id"] for node in nodes]
    titles = {goal_id: title for title, goal_id in desk.ids.items()}
    rows = [(n["goal"]["title"], titles.get(n["parentId"]), n["depth"], n["childCount"]) for n in nodes]
    return ("truncated", rows) if found["goalTree"]["truncated"] else rows


async def test_a_tree_is_in_order_and_may_be_cut(desk: Desk) -> None:
    whole = [("Root", None, 0, 2), ("A", "Root", 1, 0), ("B", "Root", 1, 1), ("B1", "B", 2, 1), ("B2", "B1", 3, 0)]
    assert await tree(desk, "Root") == whole
    assert await tree(desk, "Root", ", depth: 0") == whole[:1]
    assert await tree(desk, "Root", ", depth: 1") == whole[:3]
    assert await tree(desk, "Root", ", first: 5") == whole
    assert await tree(desk, "Root", ", first: 4") == ("truncated", whole[:4])
    assert await tree(desk, "Root", ", first: 2") == ("truncated", whole[:2])
    assert await tree(desk, "B1") == [("B1", "B", 0, 1), ("B2", "B1", 1, 0)]
    for wrong in ("first: 10001", "first: -1"):
        document = f'{{ goalTree(rootId: "{desk.ids["Root"]}", {wrong}) {{ truncated }} }}'
        assert await desk.admin.codes(document) == ["LIMIT_EXCEEDED"]


async def test_the_goals_around_a_goal(desk: Desk) -> None:
    assert await desk.shown("B2", "ancestors { title } parent { title }") == {
        "ancestors": [{"title": "B1"}, {"title": "B"}, {"title": "Root"}],
        "parent": {"title": "B1"},
    }
    page = await desk.shown("Root", "children(first: 1) { totalCount pageInfo { endCursor } nodes { title } }")
    assert (page["children"]["totalCount"], page["children"]["nodes"]) == (2, [{"title": "A"}])
    after = page["children"]["pageInfo"]["endCursor"]
    rest = await desk.shown("Root", f'children(after: "{after}") {{ nodes {{ title }} pageInfo {{ hasNextPage }} }}')
    assert rest == {"children": {"nodes": [{"title": "B"}], "pageInfo": {"hasNextPage": False}}}
    assert await desk.shown("Root", "restrictedChildren { count }") == {"restrictedChildren": {"count": 0}}


async def test_nodes_are_found_by_id_unless_hidden(desk: Desk) -> None:
    ids = [desk.ids[name] for name in ("Root", "B1", "Revenue", "Rep 1")]
    document = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Goal { title } ... on Metric { name } } }"
    found = (await desk.login("Manager").data(document, {"ids": [*ids, "absent"]}))["nodes"]
    assert found == [
        {"__typename": "Goal", "id": ids[0], "title": "Root"},
        None,
        {"__typename": "Metric", "id": ids[2], "name": "Revenue"},
        {"__typename": "User", "id": ids[3]},
        None,
    ]
    one = f'{{ node(id: "{ids[1]}") {{ ... on Goal {{ title }} }} goal(id: "{ids[1]}") {{ title }} }}'
    assert await desk.login("Manager").data(one) == {"node": None, "goal": None}
    assert await desk.login("Rep 2").data(one) == {"node": {"title": "B1"}, "goal": {"title": "B1"}}
