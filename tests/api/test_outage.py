"""A database that is killed: who asks is told so at once, and all is well again when it is back, by itself."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from api.app import create_app
from api.loaders import Loaders
from api.schema import schema
from graph import migration
from graph.clock import SystemClock
from graph.database import connect
from graph.launcher import LocalServer
from tests.api.killable import KillableDatabase
from tests.api.listening import PROTOCOLS, Address
from tests.api.loopback import listening
from tests.factories import YEAR, Company
from tests.proxy import proxied

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from api.auth import Tokens
    from graph.clock import FixedClock
    from graph.settings import Settings

GOALS = "subscription($root: ID!) { goalChanged(rootId: $root) { id kind } }"
CREATE = "mutation($input: CreateGoalInput!) { createGoal(input: $input) { goal { title } userErrors { code } } }"
#: Seconds for what must end at all. Without an end of its own it would take an hour.
_PATIENCE = 120
_HOUR = 3600.0


@dataclass
class Site(KillableDatabase):
    """The application on a Neo4j of its own, which can be killed and started again at the same address."""

    address: Address
    company: Company

    async def ask(self, path: str, body: Any = None) -> httpx2.Response:
        """Ask as an administrator: GraphQL where there is a body."""
        url = self.address.url.replace("/graphql", path)
        headers = {"authorization": self.address.login("administrator")}
        async with httpx2.AsyncClient(timeout=_PATIENCE) as http:
            if body is None:
                return await http.get(url, headers=headers)
            return await http.post(url, json=body, headers=headers)

    async def until_ready(self) -> None:
        """Ask until it is ready."""
        while (await self.ask("/readyz")).status_code != 200:
            pass  # each answer takes its time


@pytest.fixture
async def site(
    tmp_path: Path, neo4j_jars: list[Path], settings: Settings, clock: FixedClock, tokens: Tokens
) -> AsyncIterator[Site]:
    """An application with one goal. A request may take an hour: what ends sooner ends by itself."""
    patient = settings.model_copy(update={"request_timeout": _HOUR})
    with LocalServer(tmp_path, heap="512m", pagecache="64m", jars=neo4j_jars) as server:
        async with (
            proxied(server.uri) as (proxy, uri),
            connect(uri, server.user, server.password.get_secret_value()) as database,
        ):
            await migration.up(database, SystemClock())
            company = await Company(database, clock).found()
            manager = company.ids["administrator"]
            metric = company.ids["metric"] = await company.metric()
            company.ids["Root"] = await company.goal("Root", metric_id=metric, manager_id=manager, period=YEAR)
            app = create_app(patient, database, clock, schema=schema, make_loaders=Loaders)
            async with listening(app) as url:
                yield Site(server, proxy, Address(url, tokens), company)


async def test_a_killed_database_is_said_at_once_and_is_missed_no_longer_when_it_is_back(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.patience.RETRY_FOR", _HOUR)
    root = site.company.ids["Root"]
    read = {"query": "query($id: ID!) { goal(id: $id) { title } }", "variables": {"id": root}}
    period = {"custom": {"startDate": "2026-01-01", "endDate": "2026-12-31"}}
    given = {"title": "New", "metricId": site.company.ids["metric"], "period": period}
    write = {"query": CREATE, "variables": {"input": given}}
    assert (await site.ask("/readyz")).json() == {"ready": True}
    assert (await site.ask("/graphql", read)).json()["data"] == {"goal": {"title": "Root"}}

    heard = [
        site.address.subscribe(protocol, site.address.login("administrator"), GOALS, root=root)
        for protocol in PROTOCOLS
    ]
    async with heard[0] as by_events, heard[1] as by_socket:
        for events in (by_events, by_socket):
            assert (await events.data())["id"] == root

        site.kill()
        async with asyncio.timeout(_PATIENCE):
            for answer in (
                await site.ask("/readyz"),
                await site.ask("/graphql", read),
                await site.ask("/graphql", write),
            ):
                assert answer.status_code == 503, answer.text
                assert answer.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
                assert answer.headers["retry-after"].isdigit()
            assert (await site.ask("/healthz")).json() == {"healthy": True}

        await site.start()
        async with asyncio.timeout(_PATIENCE):
            await site.until_ready()
            assert (await site.ask("/graphql", read)).json()["data"] == {"goal": {"title": "Root"}}
            assert (await site.ask("/graphql", write)).json()["data"]["createGoal"]["userErrors"] == []

        # Who listened all the time hears of what comes after.
        rename = {"query": 'mutation($id: ID!) { updateGoal(input: {id: $id, title: "Back"}) { userErrors { code } } }'}
        renamed = await site.ask("/graphql", {**rename, "variables": {"id": root}})
        assert renamed.json()["data"]["updateGoal"]["userErrors"] == []
        for events in (by_events, by_socket):
            assert await events.data() == {"id": root, "kind": "DEFINITION"}


async def test_a_database_that_hangs_is_not_ready(site: Site) -> None:
    java = site.java()
    java.suspend()
    try:
        async with asyncio.timeout(_PATIENCE):
            assert (await site.ask("/readyz")).status_code == 503
    finally:
        java.resume()
    async with asyncio.timeout(_PATIENCE):
        await site.until_ready()
