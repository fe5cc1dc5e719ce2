"""Neo4j itself: its jars as pinned in `neo4j.lock`, fetched once, checked at each start. The launcher runs them."""

from __future__ import annotations

import fcntl
import hashlib
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TransferSpeedColumn

from graph.errors import GoalgraphError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import httpx2

LOCK = Path(__file__).with_name("neo4j.lock")

_THREADS = 8
_TRIES = 4
_FIRST_PAUSE = 0.5  # seconds, doubled after each try
_TIMEOUT = 30.0  # seconds without a byte
_CHUNK = 1 << 16
_PASSING = {408, 425, 429, 500, 502, 503, 504}  # HTTP statuses worth another try
_LINE = re.compile(r"(?P<coordinates>[\w.-]+:[\w.-]+:[\w.-]+(?::[\w.-]+)?) (?P<sha256>[0-9a-f]{64})")
_MEGABYTE = 1_000_000


class DistributionError(GoalgraphError):
    """Neo4j's files could not be fetched, or are not the pinned ones."""

    code = "DISTRIBUTION"


@dataclass(frozen=True)
class Jar:
    """One line of the lock."""

    group: str
    artifact: str
    version: str
    classifier: str
    sha256: str

    @property
    def name(self) -> str:
        """File name, the same in the repository and here."""
        return "-".join(filter(None, (self.artifact, self.version, self.classifier))) + ".jar"

    @property
    def address(self) -> str:
        """Path below the repository's base address."""
        return f"{self.group.replace('.', '/')}/{self.artifact}/{self.version}/{self.name}"


def read_lock(lock: Path = LOCK) -> list[Jar]:
    """Read `group:artifact:version[:classifier] sha256` lines, in classpath order; `#` begins a comment line.

    Raises DistributionError for any other line: half a lock is no lock.
    """
    jars = []
    for number, line in enumerate(lock.read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            message = f"{lock.name}, line {number} is not `group:artifact:version[:classifier] sha256`."
            raise DistributionError(message)
        group, artifact, version, *classifier = match["coordinates"].split(":")
        jars.append(Jar(group, artifact, version, "".join(classifier), match["sha256"]))
    if not jars:
        message = f"{lock.name} names no file."
        raise DistributionError(message)
    return jars


def neo4j_version(lock: Path = LOCK) -> str:
    """Give the version of Neo4j that is pinned: that of the lock's first line."""
    return read_lock(lock)[0].version


def prepare(home: Path, *, lock: Path = LOCK, repository: str | None = None) -> list[Path]:
    """Make sure that all jars of the lock lie in `home`/neo4j-VERSION, and give their paths in classpath order.

    What is there is checked against the lock; what is missing is fetched, and offline nothing is asked. Two processes
    take turns. `repository` is the base address to fetch from, by default Maven's central repository.
    Raises DistributionError, naming the file and the remedy.
    """
    jars = read_lock(lock)
    folder = home.resolve() / f"neo4j-{jars[0].version}"
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder / ".lock"):
        missing = [jar for jar in jars if not (folder / jar.name).exists()]
        _check(folder, [jar for jar in jars if jar not in missing])
        if missing:
            _fetch_all(folder, missing, repository or _central(), jars[0].version)
    return [folder / jar.name for jar in jars]


def write_lock(classpath: str, lock: Path) -> None:
    """Write the lock for a classpath as Maven prints it: `:` between files laid out as in its local repository."""
    lines = []
    for entry in map(Path, classpath.strip().split(":")):
        version, artifact = entry.parts[-2], entry.parts[-3]
        group = ".".join(entry.parts[entry.parts.index("repository") + 1 : -3])
        classifier = entry.stem.removeprefix(f"{artifact}-{version}").replace("-", ":", 1)
        lines.append(f"{group}:{artifact}:{version}{classifier} {hashlib.sha256(entry.read_bytes()).hexdigest()}\n")
    lock.write_text(
        "# Neo4j Community and everything it needs, in classpath order: group:artifact:version[:classifier] sha256.\n"
        "# Written by `make lock-neo4j`; fetched and checked by `graph/distribution.py`.\n" + "".join(lines)
    )


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    with file.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _console().print("Waiting for another process that is fetching Neo4j.")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield  # closing the file releases the lock


def _check(folder: Path, jars: Sequence[Jar]) -> None:
    def sha256(jar: Jar) -> str:
        with (folder / jar.name).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    with ThreadPoolExecutor(_THREADS) as pool:
        for jar, found in zip(jars, pool.map(sha256, jars), strict=True):
            if found != jar.sha256:
                message = (
                    f"{folder / jar.name} has changed since it was fetched (its SHA-256 is not the pinned one). "
                    "Delete the file and start again to fetch it anew."
                )
                raise DistributionError(message)


def _central() -> str:
    # Only when something must be fetched: the import takes a quarter of a second.
    from jgo.constants import MAVEN_CENTRAL_URL  # noqa: PLC0415

    return str(MAVEN_CENTRAL_URL)


def _fetch_all(folder: Path, jars: Sequence[Jar], repository: str, version: str) -> None:
    import httpx2  # noqa: PLC0415 - only when something must be fetched

    console = _console()
    began = time.monotonic()
    if not console.is_terminal:
        console.print(f"Fetching Neo4j {version}: {len(jars)} files.")
    columns = (TextColumn("Neo4j " + version), BarColumn(), MofNCompleteColumn(), TransferSpeedColumn())
    size = 0
    with (
        Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress,
        httpx2.Client(base_url=repository.rstrip("/") + "/", timeout=_TIMEOUT, follow_redirects=True) as client,
    ):
        task = progress.add_task("", total=len(jars))
        pool = ThreadPoolExecutor(_THREADS)
        try:
            for fetched in pool.map(lambda jar: _fetch(client, folder, jar), jars):
                size += fetched
                progress.advance(task)
        finally:
            # After a failure or Ctrl-C the files not yet begun stay away; those finished are kept for the next start.
            pool.shutdown(cancel_futures=True)
    took = time.monotonic() - began
    console.print(f"Fetched Neo4j {version}: {len(jars)} files, {size / _MEGABYTE:.0f} MB, in {took:.1f} s.")


def _fetch(client: httpx2.Client, folder: Path, jar: Jar) -> int:
    """Fetch one jar, and give its bytes. It has its own name only once it is whole and its hash is right."""
    import httpx2  # noqa: PLC0415

    pause = _FIRST_PAUSE
    for attempt in range(1, _TRIES + 1):
        try:
            return _download(client, folder / jar.name, jar)
        except (httpx2.TransportError, httpx2.HTTPStatusError) as error:
            passing = not isinstance(error, httpx2.HTTPStatusError) or error.response.status_code in _PASSING
            if attempt == _TRIES or not passing:
                reason = (
                    f"status {error.response.status_code}"
                    if isinstance(error, httpx2.HTTPStatusError)
                    else f"{type(error).__name__}: {error}"
                )
                message = (
                    f"{jar.name} could not be fetched ({reason}). Check the network and any proxy, and start again: "
                    "what was fetched is kept."
                )
                raise DistributionError(message) from error
            time.sleep(pause)
            pause *= 2
    raise AssertionError  # the last try returns or raises


def _download(client: httpx2.Client, target: Path, jar: Jar) -> int:
    part = target.with_name(target.name + ".part")
    digest = hashlib.sha256()
    size = 0
    with client.stream("GET", jar.address) as response, part.open("wb") as file:
        response.raise_for_status()
        for chunk in response.iter_bytes(_CHUNK):
            file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    if digest.hexdigest() != jar.sha256:
        part.unlink()
        message = (
            f"The server sent a {jar.name} that is not the pinned one (its SHA-256 differs). It was thrown away. "
            "Check for a proxy that rewrites downloads, and start again."
        )
        raise DistributionError(message)
    part.replace(target)
    return size


def _console() -> Console:
    return Console(stderr=True, highlight=False)


if __name__ == "__main__":
    write_lock(Path(sys.argv[1]).read_text(), Path(sys.argv[2]))
