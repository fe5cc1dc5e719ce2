"""Pages and cursors: every row once in either direction, and no cursor but one's own."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from api.connection import MAX_SIZE, read_page
from api.cursor import BadCursor, Cursors, Key
from graph.errors import LimitExceeded, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.api.conftest import Client

SECRET = SecretStr("k" * 64)
MINE = Cursors(SECRET, "u-1", {"field": "goals", "filter": {"state": "OPEN"}})
KEYS = st.lists(st.one_of(st.text(max_size=50), st.integers(-(2**63), 2**63 - 1), st.booleans(), st.none()), max_size=4)

PAGE = "edges { cursor node { value } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount"
QUERY = (
    "query ($first: Int, $after: String, $last: Int, $before: String, $odd: Boolean = false) "
    "{ numbers(first: $first, after: $after, last: $last, before: $before, odd: $odd) "
    f"{{ {PAGE} nodes {{ value }} }} }}"
)


async def page(client: Client, **arguments: Any) -> Any:
    """Ask for a page of the small schema's numbers."""
    return (await client.data(QUERY, arguments))["numbers"]


def values(answer: Any) -> list[int]:
    """Give the numbers of a page."""
    assert answer["nodes"] == [edge["node"] for edge in answer["edges"]]
    return [edge["node"]["value"] for edge in answer["edges"]]


def info(answer: Any) -> tuple[bool, bool]:
    """Tell whether there is more (before, after) a page."""
    return answer["pageInfo"]["hasPreviousPage"], answer["pageInfo"]["hasNextPage"]


async def test_forwards(app_client: Callable[..., Client]) -> None:
    client = app_client()
    first = await page(client, first=4)
    assert (values(first), info(first), first["totalCount"]) == ([0, 1, 2, 3], (False, True), 10)
    second = await page(client, first=4, after=first["pageInfo"]["endCursor"])
    assert (values(second), info(second)) == ([4, 5, 6, 7], (True, True))
    third = await page(client, first=4, after=second["pageInfo"]["endCursor"])
    assert (values(third), info(third)) == ([8, 9], (True, False))


async def test_backwards(app_client: Callable[..., Client]) -> None:
    client = app_client()
    end = await page(client, last=4)
    assert (values(end), info(end)) == ([6, 7, 8, 9], (True, False))
    before = await page(client, last=8, before=end["pageInfo"]["startCursor"])
    assert (values(before), info(before)) == ([0, 1, 2, 3, 4, 5], (False, True))


async def test_between_two_cursors(app_client: Callable[..., Client]) -> None:
    client = app_client()
    edges = (await page(client))["edges"]
    between = await page(client, first=3, after=edges[2]["cursor"], before=edges[5]["cursor"])
    assert (values(between), info(between)) == ([3, 4], (True, False))


async def test_an_empty_page_has_no_cursors(app_client: Callable[..., Client]) -> None:
    empty = await page(app_client(), first=0)
    assert empty["edges"] == []
    assert empty["pageInfo"] == {"hasNextPage": True, "hasPreviousPage": False, "startCursor": None, "endCursor": None}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"first": MAX_SIZE + 1}, "LIMIT_EXCEEDED"),
        ({"last": MAX_SIZE + 1}, "LIMIT_EXCEEDED"),
        ({"first": -1}, "INVALID_VALUE"),
        ({"last": -1}, "INVALID_VALUE"),
        ({"first": 1, "last": 1}, "INVALID_VALUE"),
        ({"after": ""}, "BAD_CURSOR"),
        ({"after": "!"}, "BAD_CURSOR"),
        ({"after": "é"}, "BAD_CURSOR"),
        ({"before": "AAAA"}, "BAD_CURSOR"),
        ({"before": "A" * 3000}, "BAD_CURSOR"),
    ],
)
async def test_what_cannot_be_paged_is_refused(
    app_client: Callable[..., Client], arguments: dict[str, Any], code: str
) -> None:
    assert await app_client().codes(QUERY, arguments) == [code]


async def test_a_cursor_holds_for_its_own_filter_alone(app_client: Callable[..., Client]) -> None:
    client = app_client()
    cursor = (await page(client, first=1))["pageInfo"]["endCursor"]
    assert await client.codes(QUERY, {"after": cursor, "odd": True}) == ["BAD_CURSOR"]


def test_a_forward_only_list_says_so() -> None:
    for arguments in ({"last": 1}, {"before": "x"}):
        with pytest.raises(Refusal, match="read forwards"):
            read_page(MINE, forward_only=True, **arguments)
    with pytest.raises(LimitExceeded, match="at most 5 nodes"):
        read_page(MINE, first=6, max_size=5)


@given(KEYS)
def test_a_cursor_gives_its_keys_back(keys: list[Key]) -> None:
    assert MINE.open(MINE.seal(keys)) == keys


@given(KEYS, st.data())
def test_an_altered_cursor_is_refused(keys: list[Key], data: st.DataObject) -> None:
    cursor = MINE.seal(keys)
    place = data.draw(st.integers(0, len(cursor) - 1))
    character = data.draw(st.sampled_from("AQgw-_/+=\n é"))
    altered = cursor[:place] + character + cursor[place + 1 :]
    # The last character may hold bits that stand for nothing; then both read as the same bytes.
    same = base64.urlsafe_b64decode(cursor + "==")
    try:
        opened = MINE.open(altered)
    except BadCursor:
        return
    assert opened == keys
    assert base64.urlsafe_b64decode(altered + "==") == same


@pytest.mark.parametrize(
    "foreign",
    [
        Cursors(SECRET, "u-2", {"field": "goals", "filter": {"state": "OPEN"}}),
        Cursors(SECRET, "u-1", {"field": "goals", "filter": {"state": "CLOSED"}}),
        Cursors(SECRET, "u-1", {"field": "records", "filter": {"state": "OPEN"}}),
        Cursors(SecretStr("j" * 64), "u-1", {"field": "goals", "filter": {"state": "OPEN"}}),
    ],
)
def test_a_foreign_cursor_is_refused(foreign: Cursors) -> None:
    with pytest.raises(BadCursor):
        MINE.open(foreign.seal(["a", 1]))


def test_the_order_in_which_a_filter_is_written_says_nothing() -> None:
    one = Cursors(SECRET, "u-1", {"a": 1, "b": {"c": 2, "d": 3}})
    other = Cursors(SECRET, "u-1", {"b": {"d": 3, "c": 2}, "a": 1})
    assert other.open(one.seal(["x"])) == ["x"]
