"""What tests of the API share: an application over a small schema, its users, and requests to it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from api import cli
from api.app import create_app
from api.auth import Tokens
from api.graphql_view import MEDIA_TYPE
from graph.settings import Settings
from tests.api.small_schema import SMALL

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from typer.testing import Result

    from graph.clock import FixedClock
    from graph.database import Database
    from tests.neo4j_server import Neo4jServer

KEY = "test-key-" + "k" * 64
SECRET = "a-key-for-tests-" + "k" * 48


@dataclass
class Client:
    """Sends requests to an application as one user; `token` None sends none."""

    http: httpx2.AsyncClient
    token: str | None

    async def post(
        self, document: str, variables: dict[str, Any] | None = None, headers: dict[str, str] | None = None
    ) -> httpx2.Response:
        """Send a document."""
        return await self.http.post(
            "/graphql", json={"query": document, "variables": variables}, headers=self._with(headers or {})
        )

    async def get(self, path: str, **params: str) -> httpx2.Response:
        """Get an address."""
        return await self.http.get(path, params=params, headers=self._with({}))

    async def send(self, content: bytes, **headers: str) -> httpx2.Response:
        """Post any body to /graphql."""
        return await self.http.post("/graphql", content=content, headers=self._with(headers))

    async def data(self, document: str, variables: dict[str, Any] | None = None) -> Any:
        """Send a document that must succeed; its data."""
        answer = (await self.post(document, variables)).json()
        assert "errors" not in answer, answer
        return answer["data"]

    async def codes(self, document: str, variables: dict[str, Any] | None = None) -> list[str]:
        """Send a document that must fail; the codes of its errors."""
        answer = (await self.post(document, variables)).json()
        return [error["extensions"]["code"] for error in answer["errors"]]

    def _with(self, headers: dict[str, str]) -> dict[str, str]:
        login = {} if self.token is None else {"authorization": f"Bearer {self.token}"}
        return {"accept": MEDIA_TYPE, "content-type": "application/json", **login, **headers}


def on_server(server: Neo4jServer) -> dict[str, str]:
    """Give the environment that names the tests' server."""
    return {
        "NEO4J_URI": server.uri,
        "NEO4J_USER": server.user,
        "NEO4J_PASSWORD": server.password or "",
        "GOALGRAPH_JWT_SECRET": SECRET,
    }


@pytest.fixture
def settings() -> Settings:
    """Give settings with a key of their own, and time: a first plan is slow on a machine that does other things."""
    return Settings(jwt_secret=SecretStr(KEY), request_timeout=60)


@pytest.fixture
def tokens(settings: Settings, clock: FixedClock) -> Tokens:
    """Give what signs the tests' tokens."""
    return Tokens(settings, clock)


@pytest.fixture
async def users(database: Database) -> None:
    """Make two users, one of them inactive."""
    await database.schema(
        "CREATE (:Owner:User {kind: 'USER', id: 'u-1', externalId: 'rep', name: 'Rep 01, East', active: true, "
        "administrator: false}), (:Owner:User {kind: 'USER', id: 'u-2', externalId: 'gone', name: 'Rep 02, West', "
        "active: false, administrator: true})"
    )


@pytest.fixture
async def app_client(
    settings: Settings, database: Database, clock: FixedClock, tokens: Tokens, users: None
) -> AsyncIterator[Callable[..., Client]]:
    """Make clients of the application over the small schema: `app_client("rep")`."""
    app = create_app(settings, database, clock, schema=SMALL)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as http:

        def client(external_id: str | None = "rep", *, token: str | None = None) -> Client:
            issued = None if external_id is None else tokens.issue(external_id, timedelta(hours=1))
            return Client(http, token or issued)

        yield client


@pytest.fixture
def goals(neo4j_server: Neo4jServer) -> Callable[..., Result]:
    """Run a command on the tests' database, in this process: `goals("rollup", "run")`."""

    def run(*arguments: str, **environment: str) -> Result:
        # In a thread of its own: the command runs an event loop of its own.
        with ThreadPoolExecutor(1) as thread:
            invoked = thread.submit(
                CliRunner().invoke, cli.app, arguments, env={**on_server(neo4j_server), **environment}
            )
            return invoked.result()

    return run
