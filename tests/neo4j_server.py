"""The Neo4j that tests run on, started for the session. Never the one that NEO4J_URI names: that is a user's.

In development a server of one's own saves the start: GOALGRAPH_TEST_NEO4J_URI, with GOALGRAPH_TEST_NEO4J_USER and
GOALGRAPH_TEST_NEO4J_PASSWORD. Tests empty it, so it must be empty, or be marked by a (:TestDatabase) node.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import neo4j
import pytest

from graph import distribution
from graph.launcher import LocalServer

if TYPE_CHECKING:
    from collections.abc import Iterator

# The project's own folder: the jars there are fetched once; no data of it is used.
HOME = Path(__file__).parent.parent / ".goalgraph"
_URI = "GOALGRAPH_TEST_NEO4J_URI"


@dataclass(frozen=True)
class Neo4jServer:
    """Where the tests' server is, and how to log in."""

    uri: str
    user: str
    password: str | None  # None: the server asks for no login
    database: str = "neo4j"

    @property
    def auth(self) -> tuple[str, str] | None:
        """What the driver takes."""
        return None if self.password is None else (self.user, self.password)


@pytest.fixture(scope="session")
def neo4j_jars() -> list[Path]:
    """Give Neo4j's classpath; fetch it if need be."""
    return distribution.prepare(HOME)


@pytest.fixture(scope="session")
def local_neo4j(neo4j_jars: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """Start a server in a temporary home; that this fails is a failure of every test on it."""
    # Each test empties the database and fills it anew: plans made for the one before serve the next as well.
    settings = ["dbms.cypher.min_replan_interval=1h"]
    with LocalServer(tmp_path_factory.mktemp("neo4j"), heap="1g", jars=neo4j_jars, settings=settings) as server:
        yield server


@pytest.fixture(scope="session")
def neo4j_server(request: pytest.FixtureRequest) -> Iterator[Neo4jServer]:
    """Give a server whose database tests may empty: the one named for tests, or a local one."""
    uri = os.environ.get(_URI)
    if uri and int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) > 1:
        pytest.fail(f"{_URI} names one server, and each process of the tests empties its own. Run one: -n 0.")
    if not uri:
        local: LocalServer = request.getfixturevalue("local_neo4j")
        yield Neo4jServer(local.uri, local.user, local.password.get_secret_value(), local.database)
        return
    server = Neo4jServer(
        uri,
        os.environ.get("GOALGRAPH_TEST_NEO4J_USER", "neo4j"),
        os.environ.get("GOALGRAPH_TEST_NEO4J_PASSWORD") or None,
    )
    mark(server)
    yield server
    mark(server)  # tests may have deleted the mark with the rest


def mark(server: Neo4jServer) -> None:
    """Mark the server's database as one for tests; fail when it holds data and no mark."""
    with neo4j.GraphDatabase.driver(server.uri, auth=server.auth) as driver, driver.session() as session:
        held = session.run("MATCH (n) RETURN count(n) AS nodes, count(CASE WHEN n:TestDatabase THEN 1 END) AS marks")
        nodes, marks = held.single(strict=True)
        if nodes and not marks:
            pytest.fail(
                f"The database at {_URI} holds {nodes} nodes and no (:TestDatabase) mark, and tests delete everything. "
                "Name an empty database, or unset the variable to have a server started.",
                pytrace=False,
            )
        session.run("MERGE (:TestDatabase)").consume()
