"""Subscriptions in scenes: what a viewer is told while something out of its sight changes. The beats are a test's."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import SecretStr

from api.auth import Grant
from api.context import Context
from api.schema import schema
from api.session import Session, Sessions
from graph.pulse import Pulse
from graph.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from graph.database import Database
    from graph.statement import Statement
    from tests.leaks.scene import Scene

Row = TypeVar("Row")

#: Every subscription there is, with all that it tells.
SUBSCRIPTIONS = {
    "goalChanged": "subscription($id: ID!) { goalChanged(rootId: $id) { __typename id kind } }",
    "rollupProgress": (
        "subscription($id: ID!) { rollupProgress(runId: $id) { __typename runId state percentage outcome ended "
        "counts { __typename trees goals changed overflowed failed defects } } }"
    ),
}
#: Seconds that a first event may take.
_PATIENCE = 60
_SETTINGS = Settings(jwt_secret=SecretStr("k" * 64), request_timeout=60)


class Beats(Pulse):
    """A pulse that beats once at first, and then when it is told to."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._from = database
        self._beats: asyncio.Queue[str] = asyncio.Queue()

    def last(self) -> None:
        """Beat once more, and then never again."""
        self._beats.put_nowait("beat")
        self._beats.put_nowait("")

    async def beats(self, check: Callable[[], None]) -> AsyncGenerator[None, None]:
        """The beats."""
        beat = "first"
        while beat:
            check()
            yield
            beat = await self._beats.get()

    async def read(self, statement: Statement[Row]) -> list[Row]:
        """All rows of a statement."""
        return await self._from.fetch(statement, deadline=60)


@dataclass
class Listener:
    """One viewer that listens to the tree below one goal."""

    scene: Scene
    viewer: str
    root: str

    async def begin(self) -> bool:
        """Subscribe; whether there is anything to hear."""
        company = self.scene.company
        self.beats = Beats(company.database)
        session = Session(Sessions(company.clock), Grant(self.viewer, float("inf")))
        key = _SETTINGS.signing_key()
        context = Context(
            *("request", self.viewer, company.database, company.clock, _SETTINGS, key),
            session=session,
            pulse=self.beats,
        )
        variables = {"id": self.scene.goals[self.root]}
        self._results: Any = await schema.stream(SUBSCRIPTIONS["goalChanged"], variables, context)
        async with asyncio.timeout(_PATIENCE):
            first: Any = await anext(self._results)
        return not first.errors

    async def rest(self) -> list[Any]:
        """All that it is told of what has changed meanwhile."""
        self.beats.last()
        return [result.errors or result.data async for result in self._results]
