"""`goals serve` on the bench database, as an operator would run it: one process for all benchmarks over HTTP."""

from __future__ import annotations

import os
import secrets
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import httpx2
from pydantic import SecretStr

from api.auth import Tokens
from graph.settings import Settings
from tests.benchmarks import data
from tests.benchmarks.harness import BUILD, ROOT
from tests.benchmarks.server import free_port, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.benchmarks.database import Bench
    from tests.benchmarks.harness import Run


@dataclass(frozen=True)
class Api:
    """A running server: where its GraphQL is, on which port, the administrator's headers, the process's id."""

    url: str
    port: int
    process: int
    headers: dict[str, str] = field(repr=False)


def api(run: Run, bench: Bench) -> Api:
    """Give the session's server; the first to ask starts it."""
    return run.session.shared("goals serve", partial(_served, bench))


@contextmanager
def _served(bench: Bench) -> Iterator[Api]:
    secret = secrets.token_urlsafe(64)
    port = free_port()
    home = BUILD / "bench-api"
    home.mkdir(parents=True, exist_ok=True)
    environment = {
        "PATH": os.environ["PATH"],
        "NEO4J_URI": bench.server.uri,
        "NEO4J_USER": bench.server.user,
        "NEO4J_PASSWORD": bench.server.password.get_secret_value(),
        "GOALGRAPH_HOME": str(home),
        "GOALGRAPH_PORT": str(port),
        "GOALGRAPH_JWT_SECRET": secret,
        "GOALGRAPH_REQUEST_TIMEOUT": "120",  # a new server's first plan, on a machine that also does other things
    }

    def ready() -> bool:
        try:
            return httpx2.get(f"http://127.0.0.1:{port}/readyz").is_success
        except httpx2.TransportError:
            return False

    tokens = Tokens(Settings(jwt_secret=SecretStr(secret)), bench.clock)
    token = tokens.issue(data.ADMINISTRATOR, timedelta(hours=8))
    command = [sys.executable, "-m", "api.cli", "serve"]
    with running(command, ready=ready, log=home / "serve.log", cwd=ROOT, environment=environment) as process:
        yield Api(f"http://127.0.0.1:{port}/graphql", port, process, {"authorization": f"Bearer {token}"})
