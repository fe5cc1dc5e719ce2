"""What tests share: the server, an empty database of the right schema, a clock that stands still."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from graph import migration
from graph.clock import FixedClock, SystemClock
from graph.database import Database, connect
from tests.factories import Company

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from _pytest.terminal import TerminalReporter

    from tests.neo4j_server import Neo4jServer

pytest_plugins = ["tests.neo4j_server"]

#: What tests record (`record_property`) to be read at the end of a run, passed or not: name → head of its lines.
TOLD = {
    "planted leak": "leak | channel | killed by",
    "cases": "seeds and cases of properties over random graphs",
}
#: The moment at which tests live, unless they say otherwise.
NOW = datetime(2026, 2, 15, 12, 0, tzinfo=UTC)


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Show what tests recorded: which planted leaks were found by what, and which seeds made how many cases."""
    for name, head in TOLD.items():
        lines = list(_recorded(terminalreporter, name))
        if lines:
            terminalreporter.section(head)
            terminalreporter.write_line("\n".join(lines))


def _recorded(reporter: TerminalReporter, wanted: str) -> Iterator[str]:
    for outcome in ("passed", "failed"):
        for report in reporter.stats.get(outcome, ()):
            yield from (str(value) for name, value in getattr(report, "user_properties", ()) if name == wanted)


@pytest.fixture(scope="session")
async def migrated(neo4j_server: Neo4jServer) -> AsyncIterator[Database]:
    """The tests' database with its schema up to date; the server's warnings are errors."""
    async with connect(neo4j_server.uri, neo4j_server.user, neo4j_server.password or "", strict=True) as database:
        await migration.up(database, SystemClock())
        await database.schema("CALL db.createLabel('TestDatabase')")  # statements here leave such nodes out
        yield database


@pytest.fixture
async def database(migrated: Database) -> Database:
    """The tests' database, empty but for its schema."""
    await migrated.schema("MATCH (n) WHERE NOT n:Migration AND NOT n:TestDatabase DETACH DELETE n")
    return migrated


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands at NOW until a test sets it."""
    return FixedClock(NOW)


@pytest.fixture
async def company(database: Database, clock: FixedClock) -> Company:
    """An organization with nothing but its record types."""
    return await Company(database, clock).found()
