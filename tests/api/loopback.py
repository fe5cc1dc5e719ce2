"""The application on a port of this machine, for clients that are programs of their own."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import uvicorn

from api.graphql_view import MAX_BODY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.applications import Starlette


class _Server(uvicorn.Server):
    """A server that leaves signals to the tests' runner."""

    async def run_on(self, listener: socket.socket) -> None:
        """Serve until `should_exit`."""
        await self._serve([listener])


@asynccontextmanager
async def listening(app: Starlette) -> AsyncIterator[str]:
    """Serve an application as `goals serve` does, on a free port; gives the address of its GraphQL endpoint."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        config = uvicorn.Config(app, log_config=None, server_header=False, access_log=False, ws_max_size=MAX_BODY)
        server = _Server(config)
        running = asyncio.create_task(server.run_on(listener))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/graphql"
        finally:
            app.state.sessions.end()
            server.should_exit = True
            await running
