"""`goals serve` as a user runs it: real processes, a database of its own, and each way to end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from queue import Empty, Queue
from typing import TYPE_CHECKING

import httpx2
import psutil
import pytest

from graph import distribution
from tests.api.test_cli import ROOT, goals

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONGEST = 120.0  # seconds for a line to come, on a slow machine


class Serving:
    """A running `goals serve`."""

    def __init__(self, home: Path, port: int, *arguments: str) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("GOALGRAPH_", "NEO4J_"))}
        self.environment = {"GOALGRAPH_HOME": str(home), "GOALGRAPH_PORT": str(port), "GOALGRAPH_HEAP": "512m"}
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "api.cli", "serve", *arguments],
            env={**clean, **self.environment},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said = ""
        self._lines: Queue[str] = Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._lines.put(line)

    def until(self, text: str) -> None:
        """Wait until it says this on stderr."""
        while text not in self.said:
            try:
                self.said += self._lines.get(timeout=LONGEST)
            except Empty:
                pytest.fail(f"`goals serve` did not say {text!r} but:\n{self.said}")

    def java(self) -> psutil.Process:
        """Give the process of its Neo4j."""
        (java,) = [
            child for child in psutil.Process(self.process.pid).children(recursive=True) if child.name() == "java"
        ]
        return java


@contextmanager
def serving(home: Path, *arguments: str) -> Iterator[Serving]:
    """Run `goals serve` on a free port; end it whatever happens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Serving(home, port, *arguments)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.process.send_signal(signal.SIGTERM)
        server.process.communicate(timeout=LONGEST)


@pytest.fixture
def home(tmp_path: Path, neo4j_jars: list[Path]) -> Path:
    """Give a home for a local Neo4j, with its files but without data."""
    tmp_path.joinpath(f"neo4j-{distribution.neo4j_version()}").symlink_to(neo4j_jars[0].parent)
    return tmp_path


def test_it_serves_until_ctrl_c_and_leaves_nothing_behind(home: Path, tmp_path: Path) -> None:
    with serving(home) as server:
        server.until("Ctrl-C stops it")
        assert httpx2.get(f"{server.url}/readyz").json() == {"ready": True}
        java = server.java()
        # Host commands find the Neo4j that runs already; its database is empty.
        assert goals("user", "list", "--json", **server.environment).stdout == "[]\n"
        token = goals("user", "token", "nobody", **server.environment)
        assert token.stdout.count(".") == 2
        document = tmp_path / "q.graphql"
        document.write_text("{ __typename }")
        refused = goals("query", str(document), "--as", "nobody", **server.environment)
        assert (refused.returncode, "UNAUTHENTICATED" in refused.stdout) == (4, True)
        # A second one on the same port says so at once; on another port the home is taken.
        taken = goals("serve", **server.environment)
        assert taken.returncode == 1
        assert "set GOALGRAPH_PORT to another port" in taken.stderr
        server.process.send_signal(signal.SIGINT)
        server.until("Stopped.")
        assert server.process.wait(LONGEST) == 0
        assert not java.is_running()


def test_the_end_of_neo4j_is_noticed_and_said(home: Path) -> None:
    with serving(home) as server:
        server.until("Ctrl-C stops it")
        server.java().kill()
        server.until("Neo4j ended while serving")
        assert str(home / "data" / "logs" / "neo4j.log") in server.said
        assert server.process.wait(LONGEST) == 3
