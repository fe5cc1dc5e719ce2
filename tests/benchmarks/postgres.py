"""The PostgreSQL peer: a private cluster on a free loopback port, the shared SQL files, their times."""

from __future__ import annotations

import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.harness import PeerUnavailableError, peer_directory
from tests.benchmarks.server import free_port, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.benchmarks.data import Shape

ROLE = "bench"
SETTINGS = {
    "shared_buffers": "2GB",
    "work_mem": "256MB",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
}
TIME = re.compile(r"^Time: ([0-9.]+) ms", re.MULTILINE)
TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)
LATENCY = re.compile(r"^latency average = ([0-9.]+) ms", re.MULTILINE)
FAILED = re.compile(r"^number of failed transactions: (\d+)", re.MULTILINE)
PROCESSED = re.compile(r"^number of transactions actually processed: (\d+)", re.MULTILINE)
EVERY_RECORD = "random(0, 999999)"


@dataclass(frozen=True)
class Pgbench:
    """One run of pgbench: committed transactions per second, mean latency, transactions lost to deadlocks."""

    tps: float
    latency_ms: float
    failed: int


@dataclass(frozen=True)
class Postgres:
    """A running cluster and the SQL files it is measured with."""

    binaries: Path
    sql: Path
    environment: dict[str, str]
    version: str
    trees: dict[int, Postgres] = field(default_factory=dict)

    def _run(self, command: str, *arguments: str) -> str:
        done = subprocess.run(
            [str(self.binaries / command), *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            message = f"{command} ended with {done.returncode}: {done.stderr.strip()}"
            raise RuntimeError(message)
        return done.stdout

    def psql(self, *arguments: str) -> str:
        """Output of one psql session: bare values, the first error ends it."""
        return self._run("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", *arguments)

    def tree(self, shape: Shape) -> Postgres:
        """Give the database with this tree, loaded at its first use; each tree has one of its own in the cluster."""
        if shape.goals not in self.trees:
            name = f"tree_{shape.goals}"
            self.psql("-c", f"create database {name}")
            made = replace(self, environment={**self.environment, "PGDATABASE": name})
            for statement in setup(self.sql, shape).split(";"):
                made.psql("-c", statement)
            self.trees[shape.goals] = made
        return self.trees[shape.goals]

    def full_rollup(self) -> float:
        """Seconds of one whole rollup, begin and commit included, as psql's own clock sees its statements."""
        output = self.psql("-c", r"\timing on", "-f", str(self.sql / "full_rollup.sql"))
        return sum(float(found) for found in TIME.findall(output)) / 1000

    def check_rollup(self) -> None:
        """Fail unless the root's totals equal the direct sums over the records."""
        wrong = self.psql(
            "-c",
            "select g.actual, g.in_progress, r.* from goal g, (select sum(amount) filter (where state='won') a,"
            " sum(amount) filter (where state='open') b from record) r"
            " where g.id = 0 and (g.actual is distinct from r.a or g.in_progress is distinct from r.b)",
        )
        if wrong.strip():
            message = f"the peer's rollup is wrong: {wrong.strip()}"
            raise RuntimeError(message)

    def incremental(self, shape: Shape, clients: int, duration: int = 10) -> Pgbench:
        """Change single records by `clients` at once, each with all its ancestors in one transaction; checked."""
        before = self._root()
        output = self._pgbench(shape, clients, duration)
        numbers = [pattern.search(output) for pattern in (TPS, LATENCY, FAILED, PROCESSED)]
        tps, latency, failed, processed = (found.group(1) if found else "nan" for found in numbers)
        if self._root() - before != int(processed):
            message = f"the peer's root rose by {self._root() - before} in {processed} transactions"
            raise RuntimeError(message)
        return Pgbench(tps=float(tps), latency_ms=float(latency), failed=int(failed))

    def paced(self, shape: Shape, clients: int, rate: int, duration: int) -> list[float]:
        """Do the same at so many transactions per second: each one's milliseconds since it was due."""
        with tempfile.TemporaryDirectory(prefix="bench-pgbench-") as folder:
            self._pgbench(shape, clients, duration, "-R", str(rate), "-l", "--log-prefix", f"{folder}/log")
            lines = [line.split() for log in Path(folder).glob("log*") for line in log.read_text().splitlines()]
        return [float(fields[2]) / 1_000 for fields in lines]

    def _pgbench(self, shape: Shape, clients: int, duration: int, *more: str) -> str:
        text = (self.sql / "incremental.sql").read_text()
        if text.count(EVERY_RECORD) != 1:
            message = (
                f"{EVERY_RECORD!r} stands {text.count(EVERY_RECORD)} times in the peer's incremental.sql, not once"
            )
            raise ValueError(message)
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
            script.write(text.replace(EVERY_RECORD, f"random(0, {shape.records - 1})"))
            script.flush()
            options = ("-c", str(clients), "-j", "2", "-T", str(duration))
            return self._run("pgbench", "-n", "-f", script.name, *options, *more)

    def _root(self) -> int:
        return int(self.psql("-c", "select actual from goal where id = 0"))


def setup(sql: Path, shape: Shape) -> str:
    """Put a tree's numbers into setup.sql, which has those of the largest one; levels follow from the numbers."""
    text = (sql / "setup.sql").read_text()
    for written, wanted in (
        ("generate_series(0,111110)", f"generate_series(0,{shape.goals - 1})"),
        ("11111 + i%100000", f"{shape.first_leaf} + i%{shape.leaves}"),
        ("generate_series(0,999999)", f"generate_series(0,{shape.records - 1})"),
    ):
        if text.count(written) != 1:
            message = f"{written!r} stands {text.count(written)} times in the peer's setup.sql, not once"
            raise ValueError(message)
        text = text.replace(written, wanted)
    return text


@contextmanager
def cluster() -> Iterator[Postgres]:
    """Run a cluster of its own, empty, for as long as the block lasts. Raises PeerUnavailableError."""
    sql = peer_directory("postgres")
    binaries = _binaries()
    # initdb and postgres refuse to run as root.
    account = _unprivileged() if os.geteuid() == 0 else None
    uid, gid = (account.pw_uid, account.pw_gid) if account else (None, None)
    with tempfile.TemporaryDirectory(prefix="bench-postgres-") as temporary:
        home = Path(temporary)
        password = home / "password"
        password.write_text(secrets.token_urlsafe())
        if account:
            os.chown(home, account.pw_uid, account.pw_gid)
            os.chown(password, account.pw_uid, account.pw_gid)
        port = free_port()
        environment = {
            "PATH": os.defpath,
            "LC_ALL": "C",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(port),
            "PGUSER": ROLE,
            "PGPASSWORD": password.read_text(),
            "PGDATABASE": "postgres",
        }
        initdb = [str(binaries / "initdb"), "-D", str(home / "data"), "-U", ROLE, "-E", "UTF8"]
        made = subprocess.run(
            [*initdb, "--auth=scram-sha-256", f"--pwfile={password}"],
            cwd=home,
            env=environment,
            user=uid,
            group=gid,
            extra_groups=[] if account else None,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            reason = f"initdb failed: {made.stderr.strip()}"
            raise PeerUnavailableError(reason)
        settings = [
            part for name, value in {**SETTINGS, "port": str(port)}.items() for part in ("-c", f"{name}={value}")
        ]

        def ready() -> bool:
            asked = subprocess.run([str(binaries / "pg_isready"), "-q"], env=environment, check=False)
            return asked.returncode == 0

        with running(
            [str(binaries / "postgres"), "-D", str(home / "data"), *settings],
            ready=ready,
            log=home / "postgres.log",
            cwd=home,
            environment=environment,
            user=uid,
            group=gid,
            stop=signal.SIGINT,  # the fast shutdown: do not wait for sessions
        ):
            version = subprocess.check_output([str(binaries / "postgres"), "--version"], text=True)
            yield Postgres(binaries, sql, environment, version.split(maxsplit=2)[2].strip())


def _binaries() -> Path:
    """Find initdb, postgres, psql and pgbench in one directory. Debian keeps the first two out of PATH."""
    places: list[Path] = []
    if pg_config := shutil.which("pg_config"):
        places.append(Path(subprocess.check_output([pg_config, "--bindir"], text=True).strip()))
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if initdb := shutil.which("initdb"):
        places.append(Path(initdb).resolve().parent)
    for place in places:
        if all((place / name).exists() for name in ("initdb", "postgres", "psql", "pg_isready", "pgbench")):
            return place
    reason = "PostgreSQL's server binaries are not installed (initdb, postgres, psql, pgbench)"
    raise PeerUnavailableError(reason)


def _unprivileged() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    reason = "no unprivileged user (postgres, nobody) to run PostgreSQL as"
    raise PeerUnavailableError(reason)
