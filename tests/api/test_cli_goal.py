"""`goals goal`: what a user of a running server sees of its goals, over HTTP."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
import uvicorn
from pydantic import SecretStr
from typer.testing import CliRunner

from api.app import create_app
from api.auth import Tokens
from api.cli import app
from api.loaders import Loaders
from api.schema import schema
from graph.database import connect
from graph.settings import Settings
from tests.api.conftest import SECRET
from tests.factories import YEAR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typer.testing import Result

    from graph.clock import FixedClock
    from tests.factories import Company
    from tests.neo4j_server import Neo4jServer

SETTINGS = Settings(jwt_secret=SecretStr(SECRET), request_timeout=60)


@contextmanager
def serving(server: Neo4jServer, clock: FixedClock) -> Iterator[str]:
    """Run the API in a thread; the address of its GraphQL."""
    listener = socket.create_server(("127.0.0.1", 0))
    web: list[uvicorn.Server] = []

    async def serve() -> None:
        async with connect(server.uri, server.user, server.password or "", strict=True) as database:
            application = create_app(SETTINGS, database, clock, schema=schema, make_loaders=Loaders)
            web.append(uvicorn.Server(uvicorn.Config(application, log_config=None, ws="none")))
            await web[0].serve([listener])

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        # Connections wait in the listener's queue until it is served.
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/graphql"
    finally:
        while not web:
            thread.join(0.01)
        web[0].should_exit = True
        thread.join()
        listener.close()


@pytest.fixture
def server(neo4j_server: Neo4jServer, clock: FixedClock) -> Iterator[str]:
    """Give the address of a running server."""
    with serving(neo4j_server, clock) as url:
        yield url


@pytest.fixture
def goal(server: str, clock: FixedClock) -> Callable[..., Result]:
    """Run `goals goal` as a user: `goal("administrator", "list")`."""

    def run(user: str, *arguments: str) -> Result:
        token = Tokens(SETTINGS, clock).issue(user, timedelta(hours=1))
        return CliRunner().invoke(app, ["goal", *arguments, "--url", server], env={"GOALS_TOKEN": token})

    return run


@pytest.fixture
async def ids(company: Company) -> dict[str, str]:
    """Plant a tree of three levels, one goal of it restricted; goal ids by title."""
    await company.users("manager", "rep-1", "rep-2", "rep-3")
    for rep, amount in (("rep-1", "1000"), ("rep-2", "500.5")):
        await company.won(rep, (amount, "2026-01-15"))
    found: dict[str, str] = {}

    async def plant(title: str, owner: str, parent: str | None = None, **more: Any) -> None:
        above = (
            {"metric_id": await company.metric(), "period": YEAR} if parent is None else {"parent_id": found[parent]}
        )
        found[title] = await company.goal(
            title, manager_id=company.ids[owner], owner_id=company.ids[owner], **above, **more
        )

    await plant("Company [all]", "manager", target="3000", rollup_only_from_children=True)
    await plant("East", "manager", "Company [all]", target="2000", rollup_only_from_children=True)
    await plant("Rep 1", "rep-1", "East", target="1500")
    await plant("Rep 3", "rep-3", "East")
    await plant("West", "manager", "Company [all]", rollup_only_from_children=True)
    await plant("Rep 2", "rep-2", "West", target="100", restricted=True)
    await company.recalculate(found["East"])
    return found


def test_goals_are_listed_as_the_user_sees_them(goal: Callable[..., Result], ids: dict[str, str]) -> None:
    listed = goal("administrator", "list", "--json")
    assert (listed.exit_code, listed.exception) == (0, None)
    assert [row["title"] for row in json.loads(listed.stdout)] == sorted(ids)
    assert [row["title"] for row in json.loads(goal("rep-1", "list", "--json").stdout)] == ["Rep 1"]
    roots = goal("manager", "list", "--roots").stdout.splitlines()
    assert roots[0].split() == ["goal", "owner", "period", "actual", "target", "%", "status", "id"]
    assert len(roots) == 2
    assert roots[1].startswith("Company [all]  manager  2026-01-01 to 2026-12-31  1500.5    3000  50.02  ON_TRACK  ")
    assert roots[1].split()[-1] == ids["Company [all]"]
    found = json.loads(goal("administrator", "list", "--search", "REP", "--limit", "2", "--json").stdout)
    assert [row["title"] for row in found] == ["Rep 1", "Rep 2"]


def test_long_lists_are_read_page_by_page(
    goal: Callable[..., Result], ids: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.cli.goal._PAGE", 4)
    whole = goal("administrator", "list", "--json")
    assert [row["title"] for row in json.loads(whole.stdout)] == sorted(ids)
    part = goal("administrator", "list", "--limit", "5")
    assert len(part.stdout.splitlines()) == 6
    assert (whole.stderr, part.stderr) == ("", "goals: These are 5 of 6 goals. More with --limit.\n")


def test_a_tree_too_big_for_one_answer_says_so(
    goal: Callable[..., Result], ids: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.cli.goal._LARGEST_TREE", 4)
    tree = goal("administrator", "tree", ids["Company [all]"])
    assert [line.split()[0] for line in tree.stdout.splitlines()[1:]] == ["Company", "├──", "│", "└──"]
    assert tree.stderr.startswith("goals: Only the upper 4 goals are here")


def test_a_tree_is_drawn_without_what_is_hidden(goal: Callable[..., Result], ids: dict[str, str]) -> None:
    def drawn(user: str, *arguments: str) -> list[str]:
        lines = goal(user, "tree", *arguments).stdout.splitlines()
        start = lines[0].index("owner")
        return [line[:start].rstrip() for line in lines[1:]]

    root = ids["Company [all]"]
    assert drawn("administrator", root) == [
        "Company [all]",
        "├── East",
        "│   ├── Rep 1",
        "│   └── Rep 3",
        "└── West",
        "    └── Rep 2",
    ]
    assert drawn("manager", root) == ["Company [all]", "├── East", "│   ├── Rep 1", "│   └── Rep 3", "└── West"]
    assert drawn("administrator", root, "--depth", "1") == ["Company [all]", "├── East", "└── West"]
    assert drawn("administrator", ids["East"]) == ["East", "├── Rep 1", "└── Rep 3"]
    tree = json.loads(goal("manager", "tree", root, "--json").stdout)
    assert [(node["depth"], node["goal"]["title"], node["goal"]["actual"]) for node in tree["nodes"]] == [
        (0, "Company [all]", "1500.5"),
        (1, "East", "1000"),
        (2, "Rep 1", "1000"),
        (2, "Rep 3", "0"),
        (1, "West", "500.5"),
    ]


def test_a_goal_is_shown_with_the_reasons_of_what_is_missing(goal: Callable[..., Result], ids: dict[str, str]) -> None:
    def shown(title: str) -> dict[str, str]:
        pairs = (line.split("  ", 1) for line in goal("manager", "show", ids[title]).stdout.splitlines())
        return {name.strip(): value.strip() for name, value in pairs}

    company = shown("Company [all]")
    assert company["title"] == "Company [all]"
    assert (company["actual"], company["target"], company["% achieved"]) == ("1500.5", "3000", "50.02")
    assert company["records counted"] == "2"
    assert company["numbers"].startswith("CURRENT, calculated ")
    west = shown("West")
    assert (west["parent"], west["status"], west["% achieved"]) == ("Company [all]", "NO_TARGET", "NO_TARGET")
    assert west["hidden children"] == "1"
    assert json.loads(goal("manager", "show", ids["East"], "--json").stdout)["actual"] == "1000"


def test_a_hidden_goal_and_none_end_alike(goal: Callable[..., Result], ids: dict[str, str]) -> None:
    ends = [
        (result.exit_code, result.stdout, result.stderr)
        for command in ("show", "tree")
        for goal_id in (ids["Rep 2"], "none")
        for result in [goal("manager", command, goal_id)]
    ]
    assert ends == [ends[0]] * 4
    assert ends[0][:2] == (1, "")
    assert ends[0][2].startswith("goals: There is no such goal, or you may not see it.")


async def test_numbers_that_are_not_current_say_so(
    goal: Callable[..., Result], ids: dict[str, str], company: Company
) -> None:
    assert "(stale)" not in goal("administrator", "tree", ids["East"]).stdout
    await company.won("rep-1", ("1", "2026-01-16"))
    # The rep's goal and the one above it: the record concerns no other.
    assert goal("administrator", "tree", ids["East"]).stdout.count("(stale)") == 2


@pytest.mark.usefixtures("company")
def test_each_failure_has_its_exit_code(
    server: str, goal: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["goal", "list", *arguments])
        assert result.stdout == ""
        assert result.stderr.count("\n") == 1
        return result.exit_code, result.stderr

    assert ended("--url", server)[0] == 2
    assert ended("--url", server, "--token", "wrong")[0] == 4
    assert ended("--url", "http://127.0.0.1:9/graphql", "--token", "t") == (
        3,
        "goals: http://127.0.0.1:9/graphql does not answer. Start it with `goals serve`, or name it with --url.\n",
    )
    assert goal("administrator", "list", "--search", "x" * 2_000_000).exit_code == 1
    assert goal("administrator", "tree", "x", "--depth", "65").exit_code == 2
    for content in (b"<html>", b"[]", b"{}"):
        monkeypatch.setattr(httpx2, "post", lambda *_, content=content, **__: httpx2.Response(200, content=content))
        assert ended("--token", "t") == (
            3,
            "goals: http://127.0.0.1:8000/graphql is no GraphQL endpoint. Name one with --url.\n",
        )


async def test_trees_are_recalculated_through_the_server_with_the_rights_of_the_token(
    server: str, clock: FixedClock, company: Company, ids: dict[str, str]
) -> None:
    def rollup(user: str, *arguments: str) -> Result:
        token = Tokens(SETTINGS, clock).issue(user, timedelta(hours=1))
        return CliRunner().invoke(app, ["rollup", *arguments, "--json", "--url", server], env={"GOALS_TOKEN": token})

    run = rollup("administrator", "run")
    assert (run.exit_code, run.exception, run.stderr) == (0, None, "")
    assert json.loads(run.stdout) == [
        {
            "title": "Company [all]",
            "state": "DONE",
            "goals": 6,
            "changed": 0,
            "overflowed": 0,
            "seconds": 0.0,
            "outcome": "1 tree, 6 goals, 0 changed.",
            "id": ids["Company [all]"],
        }
    ]
    (root,) = json.loads(rollup("manager", "status").stdout)
    assert (root["state"], root["last run"], root["id"]) == ("CURRENT", "All totals are new.", ids["Company [all]"])
    await company.grant("Analyst", "rep-3")
    refused = rollup("rep-3", "run", "--goal", ids["East"])
    assert (refused.exit_code, refused.stdout) == (4, "[]\n")
    hidden = rollup("rep-1", "run", "--goal", ids["East"])
    assert (hidden.exit_code, hidden.stdout) == (1, "[]\n")
    assert "There is no such goal" in hidden.stderr
