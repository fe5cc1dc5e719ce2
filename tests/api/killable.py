"""What can be killed, and started again at the same address: a Neo4j of its own, and processes of `goals serve`."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx2
import psutil
import pytest

from tests.api.test_cli import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from graph.launcher import LocalServer
    from tests.proxy import Proxy

#: Seconds for what must end at all, on a slow machine.
PATIENCE = 120
_LOOK = 0.05


@dataclass
class KillableDatabase:
    """A Neo4j behind a proxy, whose address stays."""

    server: LocalServer
    proxy: Proxy

    def java(self) -> psutil.Process:
        """The database's process."""
        (java,) = (
            process
            for process in psutil.Process().children(recursive=True)
            if process.name() == "java" and str(self.server.home) in " ".join(process.cmdline())
        )
        return java

    def kill(self) -> None:
        """Kill the database; nobody listens at its address then."""
        self.java().kill()
        self.server.wait(PATIENCE)
        self.proxy.down = True

    async def start(self) -> None:
        """Start it again."""
        self.server.stop()
        await asyncio.to_thread(self.server.start)
        self.proxy.port = urlsplit(self.server.uri).port or 0
        self.proxy.down = False


@dataclass
class KillableApi:
    """One process of `goals serve` over a database that is named, always at the same port."""

    environment: dict[str, str]
    log: Path
    port: int
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> float:
        """Start it, and wait until it is ready; the seconds that took."""
        began = monotonic()
        clean = {
            name: value for name, value in os.environ.items() if not name.startswith(("GOALGRAPH_", "NEO4J_", "COV"))
        }
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: ASYNC220 - it is started at once
                [sys.executable, "-m", "api.cli", "serve"],
                env={**clean, **self.environment, "GOALGRAPH_PORT": str(self.port)},
                cwd=ROOT,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        await self.until_ready()
        return monotonic() - began

    async def until_ready(self) -> None:
        """Ask until it is ready."""
        async with asyncio.timeout(PATIENCE), httpx2.AsyncClient(timeout=PATIENCE) as http:
            while True:
                if self._process is None or self._process.poll() is not None:
                    pytest.fail(f"`goals serve` ended:\n{self.log.read_text()}")
                try:
                    if (await http.get(f"{self.url}/readyz")).status_code == 200:
                        return
                except httpx2.TransportError:
                    pass
                await asyncio.sleep(_LOOK)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal: SIGKILL, SIGSTOP, SIGCONT."""
        assert self._process is not None
        self._process.send_signal(number)
        if number is signal.SIGKILL:
            self._process.wait(PATIENCE)

    def end(self) -> None:
        """Make sure that it has ended."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(PATIENCE)


def free_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
