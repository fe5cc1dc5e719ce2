"""Canaries: values that would be known anywhere, planted in every field, then sought in logs, errors and headers.

What is stored must be in no answer to somebody who may not see it. What a client sends must be in no log: an error may
quote a client's own words to that client, and to nobody else.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from neo4j.exceptions import ClientError, ServiceUnavailable

from api.app import create_app
from api.loaders import Loaders
from api.schema import schema
from graph import rollup, rollup_run
from graph.database import Database, connect
from tests.api.conftest import Client
from tests.api.hierarchy import YEAR, Desk, open_desk, won
from tests.proxy import proxied

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from graph.clock import FixedClock
    from graph.settings import Settings
    from tests.neo4j_server import Neo4jServer

#: Stored, and hidden from the outsider. Amounts are those of the goal and its records, and all made of them.
STORED = ("canary-stored", "71624933.1357", "82735044.2468", "154359977.3825", "716249331357", "827350442468")
#: Sent by clients, and stored nowhere.
SENT = ("canary-sent", "93846155.3579", "938461553579")
GOAL = "id title description actual target stretchTarget owner { ... on Owner { name } } override { reason }"


class Watch:
    """Collects what came back to the outsider, all headers, and all that was logged."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog
        self.tokens: set[str] = set()
        self.told: list[str] = []
        self.headers: list[str] = []

    async def send(self, client: Client, document: str, variables: dict[str, Any] | None = None) -> Any:
        """Send a document whose answer may hold what its sender sees and sent; the answer."""
        answer = await client.post(document, variables)
        self.tokens.add(client.token or "-")
        self.headers.append(str(answer.headers))
        return answer.json()

    async def ask(self, client: Client, document: str, variables: dict[str, Any] | None = None) -> list[str]:
        """Send a document as somebody who may see nothing that is stored; the codes of its errors."""
        answer = await self.send(client, document, variables)
        self.told.append(str(answer))
        return [error["extensions"]["code"] for error in answer.get("errors", ())]

    def check(self) -> None:
        """Nothing of all this holds a canary."""
        formatter = logging.Formatter()
        logged = [f"{formatter.format(record)} {record.__dict__}" for record in self._caplog.records]
        assert logged
        for canary in (*STORED, *self.tokens):
            assert not [text for text in (*self.told, *self.headers, *logged) if canary in text], canary
        for canary in SENT:
            assert not [text for text in (*self.headers, *logged) if canary in text], canary


@pytest.fixture
def watch(caplog: pytest.LogCaptureFixture) -> Watch:
    # The driver would tell statements: `goals serve` keeps it to errors. The others are of the client of these tests.
    for name in ("neo4j", "httpcore", "httpcore2", "httpx", "httpx2"):
        caplog.set_level(logging.WARNING, name)
    caplog.set_level(logging.DEBUG)  # last: it is what the handler keeps
    return Watch(caplog)


@pytest.fixture
async def desk(settings: Settings, database: Database, clock: FixedClock) -> AsyncIterator[Desk]:
    """Everything that can be given a name, a number or a word has a canary; the outsider may see none of the goals."""
    async with open_desk(settings, database, clock) as desk:
        await desk.users("outsider", "holder")
        await desk.metric("Revenue", tracksStretchTarget=True)
        texts = {"description": "canary-stored in words", "restricted": True}
        numbers = {"target": "71624933.1357", "stretchTarget": "82735044.2468"}
        people = {"managerId": "holder", "ownerId": "holder", "period": YEAR}
        await desk.goal("canary-stored", metricId="Revenue", **texts, **numbers, **people)
        await desk.records(
            "opportunity",
            won("canary-stored-1", "holder", "71624933.1357", "2026-02-01", name="canary-stored"),
            won("canary-stored-2", "holder", "82735044.2468", "2026-02-02", name="canary-stored"),
        )
        await desk.recalculate("canary-stored")
        pinned = {"actual": "71624933.1357", "reason": "canary-stored"}
        await desk.do("overrideGoal", id=desk.ids["canary-stored"], **pinned)
        yield desk


async def test_what_is_asked_and_refused_leaves_no_canary(desk: Desk, watch: Watch) -> None:
    goal, outsider, holder = desk.ids["canary-stored"], desk.login("outsider"), desk.login("holder")
    seen = await watch.send(holder, f"query($id: ID!) {{ goal(id: $id) {{ {GOAL} }} }}", {"id": goal})
    assert seen["data"]["goal"]["target"] == "71624933.1357"
    lists = f'{{ goals {{ totalCount nodes {{ {GOAL} }} }} records(type: "opportunity") {{ nodes {{ name }} }} }}'
    assert await watch.ask(outsider, lists) == []
    for document, variables in (
        (f"query($id: ID!) {{ goal(id: $id) {{ {GOAL} }} }}", {"id": goal}),
        ("{ canarysent", {}),
        ("query($first: Int) { goals(first: $first) { totalCount } }", {"first": "canary-sent"}),
        ("query($s: String) { goals(filter: {search: $s}) { totalCount } }", {"s": "canary-sent"}),
        ("query($a: String) { goals(after: $a) { totalCount } }", {"a": "canary-sent"}),
        ('{ goals(filter: {metricId: "canary-sent"}) { canarysent } }', {}),
        ('{ records(type: "canary-sent") { totalCount } }', {}),
    ):
        await watch.ask(outsider, document, variables)
    for who in (outsider, holder, desk.admin):
        for mutation, given in (
            ("updateGoal", {"id": goal, "title": "canary-sent", "target": "-93846155.3579"}),
            ("updateGoal", {"id": goal, "target": "canary-sent", "description": "canary-sent"}),
            ("updateGoal", {"id": goal, "title": "canary-sent", "expectedVersion": "canary-sent"}),
            ("createGoal", {"title": "canary-sent", "parentId": goal, "target": "93846155.35791"}),
            ("upsertRecords", {"type": "opportunity", "rows": [{"externalId": "canary-sent", "state": "canary-sent"}]}),
            ("upsertUsers", {"rows": [{"externalId": "canary-sent", "name": "", "manager": "canary-sent"}]}),
        ):
            kind = mutation[0].upper() + mutation[1:]
            document = f"mutation($i: {kind}Input!) {{ {mutation}(input: $i) {{ userErrors {{ code message }} }} }}"
            await (watch.ask if who is outsider else watch.send)(who, document, {"i": given})
    for token in ("canary-token", f"{outsider.token}x", "a.canary-token.b"):
        assert (await watch.send(Client(outsider.http, token), "{ viewer { id } }"))["errors"]
    for body in (b"{canary-sent", b'["canary-sent"]', b'{"query": 3, "canary-sent": "93846155.3579"}'):
        watch.headers.append(str((await outsider.send(body)).headers))
    rows = b"externalId,state,actualValue\ncanary-sent,WON,93846155.3579\ncanary-sent,canary-sent,x\n,,canary-sent\n"
    login = {"authorization": f"Bearer {desk.admin.token}", "content-type": "text/csv"}
    for path in ("/import/opportunity?dryRun=true", "/import/canary-sent", "/import/opportunity?canary-sent=1"):
        watch.headers.append(str((await desk.admin.http.post(path, content=rows, headers=login)).headers))
    for path in ("/metrics", "/canary-sent", "/healthz", "/readyz", "/version", "/"):
        answer = await desk.admin.http.get(path)
        watch.told.append(answer.text)
        watch.headers.append(str(answer.headers))
    watch.check()


async def test_no_fault_tells_a_canary(
    desk: Desk, watch: Watch, settings: Settings, neo4j_server: Neo4jServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    goal, holder, outsider = desk.ids["canary-stored"], desk.login("holder"), desk.login("outsider")
    read = f"query($id: ID!) {{ goal(id: $id) {{ {GOAL} }} }}"
    write = "mutation($i: UpdateGoalInput!) { updateGoal(input: $i) { userErrors { code message } } }"
    run = "mutation($i: RecalculateGoalInput!) { recalculateGoal(input: $i) { userErrors { code message } } }"
    sent = {"i": {"id": goal, "title": "canary-sent", "description": "93846155.3579"}}
    fault = "canary-stored 71624933.1357 canary-sent"

    def failing(error: Exception) -> Callable[..., Any]:
        async def fail(*_: object, **_more: object) -> None:
            raise error from ValueError(fault)

        return fail

    # A fault of the driver, one of the network, one of ours; in the middle of reading, writing and recalculating.
    for error, code in (
        (ClientError(fault), "INTERNAL"),
        (ServiceUnavailable(fault), "UNAVAILABLE"),
        (RuntimeError(fault), "INTERNAL"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(Database, "_attempt", failing(error))
            patch.setattr(Database, "_fetch", failing(error))
            patch.setattr("graph.patience.RETRY_FOR", 0.01)
            assert await watch.ask(outsider, read, {"id": goal}) == [code]
            assert await watch.ask(holder, write, sent) == [code]
    with monkeypatch.context() as patch:
        patch.setattr(rollup, "recalculate_tree", failing(RuntimeError(fault)))
        assert await watch.ask(desk.admin, run, {"i": {"goalId": goal}}) == ["INTERNAL"]
        trees = await rollup_run.trees(desk.database)
        runs = [one async for one in rollup_run.run_trees(desk.database, desk.clock, trees)]
        watch.told += [one.error or "" for one in runs]
        assert all(watch.told)
    await asyncio.sleep(0)  # what a run that failed logs, it logs when it is over

    # Too late, and the database gone between a commit and its answer.
    async with proxied(neo4j_server.uri) as (proxy, uri):
        user, password = neo4j_server.user, neo4j_server.password or ""
        async with connect(uri, user, password) as database:
            async with application(settings, desk, database) as login:
                assert await watch.ask(login("outsider"), read, {"id": goal}) == []
                proxy.losing = proxy.goes_down = True
                monkeypatch.setattr("graph.patience.RETRY_FOR", 0.1)
                assert await watch.ask(login("holder"), write, sent) != []
                assert await watch.ask(login("holder"), read, {"id": goal}) == ["UNAVAILABLE"]
            late = settings.model_copy(update={"request_timeout": 0.0})
            async with application(late, desk, desk.database) as login:
                assert await watch.ask(login("holder"), write, sent) == ["UNAVAILABLE"]
    watch.check()


@asynccontextmanager
async def application(settings: Settings, desk: Desk, database: Database) -> AsyncIterator[Callable[[str], Client]]:
    """Open the application on another connection to the desk's database; gives what logs a user in."""
    app = create_app(settings, database, desk.clock, schema=schema, make_loaders=Loaders)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test") as http:
        yield lambda who: Client(http, desk.login(who).token)
