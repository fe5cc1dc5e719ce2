"""The launcher, on real servers: what survives a crash, who may start, and that none is left behind."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import neo4j
import psutil
import pytest
from neo4j.exceptions import AuthError

from graph import launcher, watchdog
from graph.launcher import LaunchError, LocalServer
from tests.neo4j_server import Neo4jServer, mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_LIMIT = 60.0  # seconds; a bound for what hangs, not a measure

# Starts a server, tells the ids of watchdog and server, and waits to be killed: early, or after writing a node.
_PROGRAM = """
import pathlib, sys, time, neo4j, psutil
from graph.launcher import LocalServer
home, jars, when = sys.argv[1:]
server = LocalServer(pathlib.Path(home), heap="512m", pagecache="64m", jars=list(map(pathlib.Path, jars.split(":"))))
if when == "early":
    server._await_answer = lambda: None
server.start()
if when == "late":
    with neo4j.GraphDatabase.driver(server.uri, auth=(server.user, server.password.get_secret_value())) as driver:
        driver.execute_query("CREATE (:Kept)")
watchdog, = psutil.Process().children()
while not watchdog.children():
    time.sleep(0.01)
print(watchdog.pid, watchdog.children()[0].pid, flush=True)
server.wait()
"""


@contextmanager
def _program(home: Path, jars: list[Path], when: str) -> Iterator[tuple[psutil.Process, psutil.Process]]:
    """Run the program, give its watchdog and its server, and kill it with SIGKILL."""
    command = [sys.executable, "-c", _PROGRAM, str(home), ":".join(map(str, jars)), when]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as program:
        assert program.stdout is not None
        keeper, server = map(psutil.Process, map(int, program.stdout.readline().split()))
        # Ctrl-C in the program's terminal would reach neither of them.
        assert os.getsid(server.pid) == os.getsid(keeper.pid) != os.getsid(program.pid)
        yield keeper, server
        program.kill()


def _until(condition: Callable[[], bool], what: str) -> None:
    ends = time.monotonic() + _LIMIT
    while not condition():
        assert time.monotonic() < ends, f"after {_LIMIT:.0f} s still not: {what}"
        time.sleep(0.05)


def _java_of_this_program() -> list[psutil.Process]:
    return [child for child in psutil.Process().children(recursive=True) if child.name() == "java"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "a home"  # the blank is there for Java's arguments file


def test_no_server_outlives_its_program(home: Path, neo4j_jars: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    """Kill program and watchdog: the next start ends the server and finds its data. Kill the server: it is seen."""
    with _program(home, neo4j_jars, "late") as (keeper, orphan):
        keeper.kill()
    assert orphan.is_running()

    with LocalServer(home, heap="512m", pagecache="64m", jars=neo4j_jars) as server:
        assert not orphan.is_running()
        assert f"left behind (process {orphan.pid})" in capsys.readouterr().err
        address = Neo4jServer(server.uri, server.user, server.password.get_secret_value())
        with neo4j.GraphDatabase.driver(address.uri, auth=address.auth) as driver:
            (row,) = driver.execute_query("MATCH (node) RETURN labels(node) AS labels").records
            assert row["labels"] == ["Kept"]
            # The same data shows that tests refuse a database with data, unless it is marked as theirs.
            with pytest.raises(pytest.fail.Exception, match="tests delete everything"):
                mark(address)
            driver.execute_query("CREATE (:TestDatabase)")
            mark(address)

        (java,) = (process for process in _java_of_this_program() if str(home) in " ".join(process.cmdline()))
        assert server.wait(0) is None
        java.kill()
        assert server.wait(_LIMIT) == 128 + signal.SIGKILL
        assert not server.alive()
        assert "Started." in server.last_words()
    server.stop()  # once more does no harm
    assert server.wait() == 0


def test_a_watchdog_ends_the_server_of_a_killed_program(home: Path, neo4j_jars: list[Path]) -> None:
    with _program(home, neo4j_jars, "early") as (keeper, server):
        pass
    _until(lambda: not server.is_running(), "the server of a killed program has ended")
    _until(lambda: not keeper.is_running(), "its watchdog has ended")


def test_one_server_per_home(local_neo4j: LocalServer, neo4j_jars: list[Path]) -> None:
    second = LocalServer(local_neo4j.home, jars=neo4j_jars)
    with pytest.raises(LaunchError, match=f"in use by process {os.getpid()}.*GOALGRAPH_HOME"):
        second.start()
    with pytest.raises(LaunchError, match="already running"):
        local_neo4j.start()
    assert local_neo4j.alive()


def test_secrets_and_data_are_their_owners_alone(local_neo4j: LocalServer) -> None:
    home = local_neo4j.home
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "data").stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "password").stat().st_mode) == 0o600
    assert not (home / "data" / "first-password").exists()
    (java,) = _java_of_this_program()
    assert local_neo4j.password.get_secret_value() not in " ".join(java.cmdline())
    listening = {connection.laddr.ip for connection in java.net_connections() if connection.status == "LISTEN"}
    assert listening <= {"127.0.0.1", "::ffff:127.0.0.1"}
    assert listening
    with pytest.raises(AuthError), neo4j.GraphDatabase.driver(local_neo4j.uri) as driver:
        driver.verify_connectivity()


def test_an_end_during_the_start_is_told_with_its_reason(home: Path, neo4j_jars: list[Path]) -> None:
    server = LocalServer(home, pagecache="all of it", jars=neo4j_jars)
    for _ in range(2):  # the second time shows that the home was let go
        with pytest.raises(LaunchError, match="all of it"):
            server.start()
        assert not server.alive()


def test_another_server_on_the_port_is_not_taken_for_ours(
    local_neo4j: LocalServer, home: Path, neo4j_jars: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has the port already and knows our password: only its home tells it from ours."""
    port = int(local_neo4j.uri.rsplit(":", 1)[1])
    monkeypatch.setattr(launcher, "_free_port", lambda: port)
    home.mkdir()
    shutil.copy(local_neo4j.home / "password", home)
    with pytest.raises(LaunchError, match=f"Another server took port {port}"):
        LocalServer(home, jars=neo4j_jars).start()


def test_a_password_that_does_not_fit_is_told(
    local_neo4j: LocalServer, home: Path, neo4j_jars: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(local_neo4j.uri.rsplit(":", 1)[1])
    monkeypatch.setattr(launcher, "_free_port", lambda: port)
    with pytest.raises(LaunchError, match=r"refuses the password in .*password\. Restore that file"):
        LocalServer(home, jars=neo4j_jars).start()


@pytest.mark.parametrize(("code", "status"), [("raise SystemExit(3)", 3), ("import os; os.kill(os.getpid(), 9)", 137)])
def test_the_watchdog_passes_the_status_on(code: str, status: int) -> None:
    command = [sys.executable, "-I", "-S", watchdog.__file__, sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as keeper:
        assert keeper.wait(_LIMIT) == status


def test_the_watchdog_passes_an_end_on() -> None:
    code = "import time; print('up', flush=True); time.sleep(600)"
    command = [sys.executable, "-I", "-S", watchdog.__file__, sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as keeper:
        assert keeper.stdout is not None
        assert keeper.stdout.readline() == b"up\n"
        keeper.terminate()
        assert keeper.wait(_LIMIT) == 128 + signal.SIGTERM
