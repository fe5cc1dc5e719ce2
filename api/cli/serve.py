"""`goals serve`: the API, and Neo4j beside it unless NEO4J_URI names one. Both end together."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
from contextlib import contextmanager, suppress
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer
import uvicorn

from api.app import create_app
from api.auth import demo_key
from api.cli import FAILED, INTERRUPTED, UNREACHABLE
from api.cli.opening import opened, place, started
from api.cli.welcome import welcome
from api.graphql_view import MAX_BODY
from api.loaders import Loaders
from api.schema import schema
from graph.clock import SystemClock
from graph.lease import Lease
from graph.preparation import prepare
from graph.schedule import JOBS
from graph.settings import read_settings
from graph.strain import tell
from graph.warming import warm
from graph.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from api.cli.opening import Place
    from graph.database import Database
    from graph.settings import Settings

app = typer.Typer()

_WATCH = 0.5  # seconds between two looks at the local Neo4j
_BACKLOG = 512


class Server(uvicorn.Server):
    """The web server, which leaves signals to the event loop: Neo4j must be stopped after it."""

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None], on_stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started
        self._on_stopping = on_stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        if self.started:
            self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what would stay open, then wait for requests under way."""
        self._on_stopping()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


@app.command()
def serve(
    demo: Annotated[
        bool, typer.Option(help="Fill an empty database with demo data, and print persona tokens.")
    ] = False,
    reload: Annotated[bool, typer.Option(help="Start the API anew when a source file changes.")] = False,
) -> None:
    """Run the API on http://GOALGRAPH_HOST:GOALGRAPH_PORT until Ctrl-C."""
    settings = read_settings()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # one line for each file that is fetched
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    # The driver would log the text of statements.
    logging.getLogger("neo4j").setLevel(logging.ERROR)
    # A local Neo4j is stopped on SIGTERM too, also while it starts.
    signal.signal(signal.SIGTERM, _interrupt)
    if reload:
        from api.cli.reload import serve_anew  # noqa: PLC0415 - for developers only

        with place(settings) as where:
            serve_anew(where, demo=demo)
        return
    # The port first: to learn after ten seconds that it is taken would be late. And never the Neo4j of another
    # `goals serve`: it would end with that one.
    with _listening(settings) as listener, (place if settings.neo4j_uri else started)(settings) as where:
        code = asyncio.run(_serve(settings, where, listener, demo=demo))
    if code:
        raise typer.Exit(code)
    print("Stopped.", file=sys.stderr)


async def _serve(settings: Settings, where: Place, listener: socket.socket, *, demo: bool) -> int:
    """Prepare the database and serve until a signal or the end of Neo4j; the exit code."""
    clock = SystemClock()
    async with opened(where) as database:
        await prepare(database, clock)
        personas = await _personas(database) if demo else None
        key = demo_key() if demo else None
        application = create_app(settings, database, clock, schema=schema, make_loaders=Loaders, demo=key)
        config = uvicorn.Config(
            application, log_config=None, server_header=False, access_log=False, ws_max_size=MAX_BODY
        )
        server = Server(config, partial(welcome, settings, clock, personas, key), application.state.sessions.end)
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, _stop, server)
        watch = asyncio.create_task(_watch(where, server))
        warming = asyncio.create_task(warm(database, clock.now()))
        working = asyncio.create_task(Worker(Lease(database), clock, JOBS).run())
        telling = asyncio.create_task(tell(database.counts))
        await server.serve([listener])
        crashed = watch.done() and watch.result()
        for task in (watch, warming, working, telling):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
    if crashed:
        log = settings.home / "data" / "logs" / "neo4j.log"
        print(f"goals: Neo4j ended while serving. Its log is {log}; start again with `goals serve`.", file=sys.stderr)
        return UNREACHABLE
    return 0


async def _personas(database: Database) -> list[Any]:
    """Load the demo into an empty database; the personas of the demo that is there."""
    demo = import_module("graph.demo")
    if await demo.is_empty(database):
        await demo.load_demo(database, SystemClock())
    personas: list[Any] = await demo.personas(database)
    return personas


async def _watch(where: Place, server: Server) -> bool:
    """Stop the web server when the local Neo4j ends; True then."""
    if where.server is None:
        return False
    while await asyncio.to_thread(where.server.wait, _WATCH) is None:
        pass
    server.should_exit = True
    server.force_exit = True  # its requests can only fail
    return True


def _stop(server: Server) -> None:
    """Finish the requests under way; asked again, drop them."""
    server.force_exit = server.should_exit
    server.should_exit = True


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
        except OSError as error:
            print(
                f"goals: {settings.host}:{settings.port} cannot be listened on ({error.strerror}). "
                "Stop what uses it, or set GOALGRAPH_PORT to another port.",
                file=sys.stderr,
            )
            raise typer.Exit(FAILED) from None
        listener.listen(_BACKLOG)
        yield listener


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    sys.exit(INTERRUPTED)
