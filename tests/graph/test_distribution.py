"""The distribution: a lock of two small files, served by a server on the loopback address."""

from __future__ import annotations

import fcntl
import hashlib
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from graph import distribution
from graph.distribution import LOCK, DistributionError, neo4j_version, prepare, read_lock, write_lock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FIRST = b"first jar" * 20_000
_SECOND = b"second jar"
_FIRST_ADDRESS = "/org/example/first/1.0/first-1.0.jar"
_SECOND_ADDRESS = "/org/example/deep/second/2.0/second-2.0-linux-x86_64.jar"


@dataclass
class Repository:
    """What the loopback server answers, and what it was asked."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)  # sent instead of a file, one a request, until used up
    cut: list[int] = field(default_factory=list)  # bytes after which a connection ends, one a request
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    monkeypatch.setattr(distribution, "_FIRST_PAUSE", 0)
    shared = Repository(files={_FIRST_ADDRESS: _FIRST, _SECOND_ADDRESS: _SECOND})

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            shared.asked.append(self.path)
            status = shared.statuses.pop() if shared.statuses else 200
            body = shared.files.get(self.path, b"")
            self.send_response(status if body else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: shared.cut.pop()] if shared.cut and status == 200 else body)
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    shared.address = f"http://127.0.0.1:{server.server_port}"
    yield shared
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    file = tmp_path / "neo4j.lock"
    file.write_text(
        "# two files\n"
        f"org.example:first:1.0 {hashlib.sha256(_FIRST).hexdigest()}\n"
        f"org.example.deep:second:2.0:linux-x86_64 {hashlib.sha256(_SECOND).hexdigest()}\n"
    )
    return file


def test_files_are_fetched_in_the_order_of_the_lock(
    repository: Repository, lock: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jars = prepare(tmp_path, lock=lock, repository=repository.address)
    folder = tmp_path / "neo4j-1.0"
    assert jars == [folder / "first-1.0.jar", folder / "second-2.0-linux-x86_64.jar"]
    assert [jar.read_bytes() for jar in jars] == [_FIRST, _SECOND]
    assert sorted(repository.asked) == sorted([_FIRST_ADDRESS, _SECOND_ADDRESS])
    assert not list(folder.glob("*.part"))
    told = capsys.readouterr()
    assert told.out == ""
    assert [line.split(":")[0] for line in told.err.splitlines()] == ["Fetching Neo4j 1.0", "Fetched Neo4j 1.0"]


def test_a_second_start_asks_nothing(
    repository: Repository, lock: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = prepare(tmp_path, lock=lock, repository=repository.address)
    repository.asked.clear()
    capsys.readouterr()
    assert prepare(tmp_path, lock=lock, repository=repository.address) == first
    assert repository.asked == []
    assert capsys.readouterr().err == ""


def test_after_an_interruption_only_what_is_missing_is_fetched(
    repository: Repository, lock: Path, tmp_path: Path
) -> None:
    second = repository.files.pop(_SECOND_ADDRESS)
    with pytest.raises(DistributionError, match=r"second-2\.0-linux-x86_64\.jar could not be fetched \(status 404\)"):
        prepare(tmp_path, lock=lock, repository=repository.address)
    assert (tmp_path / "neo4j-1.0" / "first-1.0.jar").exists()
    repository.files[_SECOND_ADDRESS] = second
    repository.asked.clear()
    prepare(tmp_path, lock=lock, repository=repository.address)
    assert repository.asked == [_SECOND_ADDRESS]


def test_passing_troubles_are_tried_again(repository: Repository, lock: Path, tmp_path: Path) -> None:
    repository.statuses = [503, 500]
    repository.cut = [4]  # and one connection breaks
    jars = prepare(tmp_path, lock=lock, repository=repository.address)
    assert [jar.read_bytes() for jar in jars] == [_FIRST, _SECOND]
    assert len(repository.asked) == 5


def test_a_lasting_trouble_is_told(repository: Repository, lock: Path, tmp_path: Path) -> None:
    repository.statuses = [503] * 20
    with pytest.raises(DistributionError, match=r"status 503.*start again"):
        prepare(tmp_path, lock=lock, repository=repository.address)


def test_without_a_network_the_remedy_is_told(lock: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distribution, "_FIRST_PAUSE", 0)
    with pytest.raises(DistributionError, match="Check the network"):
        prepare(tmp_path, lock=lock, repository="http://127.0.0.1:1")


def test_a_file_that_is_not_the_pinned_one_is_not_kept(repository: Repository, lock: Path, tmp_path: Path) -> None:
    repository.files[_SECOND_ADDRESS] = b"second jbr"
    with pytest.raises(DistributionError, match=r"second-2\.0-linux-x86_64\.jar that is not the pinned one"):
        prepare(tmp_path, lock=lock, repository=repository.address)
    assert not list((tmp_path / "neo4j-1.0").glob("second*"))
    assert repository.asked.count(_SECOND_ADDRESS) == 1


def test_a_file_changed_later_is_refused(repository: Repository, lock: Path, tmp_path: Path) -> None:
    first, _ = prepare(tmp_path, lock=lock, repository=repository.address)
    first.write_bytes(_FIRST[:-1])
    repository.asked.clear()
    with pytest.raises(DistributionError) as refusal:
        prepare(tmp_path, lock=lock, repository=repository.address)
    assert str(first) in str(refusal.value)
    assert "Delete the file" in str(refusal.value)
    assert repository.asked == []


def test_two_processes_take_turns(
    repository: Repository, lock: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = threading.Event()

    class Listener(Console):
        def print(self, *said: object, **_: object) -> None:
            if "Waiting for another process" in str(said):
                waits.set()

    monkeypatch.setattr(distribution, "_console", lambda: Listener(stderr=True))
    folder = tmp_path / "neo4j-1.0"
    folder.mkdir()
    other = threading.Thread(target=prepare, args=(tmp_path,), kwargs={"lock": lock, "repository": repository.address})
    with (folder / ".lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        other.start()
        assert waits.wait(30)
        assert repository.asked == []
    other.join(30)
    assert len(repository.asked) == 2


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("org.example:first:1.0\n", "line 1"),
        ("# note\norg.example:first:1.0 abc\n", "line 2"),
        (f"org.example:../../first:1.0 {'0' * 64}\n", "line 1"),
        ("# nothing\n", "names no file"),
    ],
)
def test_a_broken_lock_is_refused(tmp_path: Path, text: str, answer: str) -> None:
    file = tmp_path / "neo4j.lock"
    file.write_text(text)
    with pytest.raises(DistributionError, match=answer):
        read_lock(file)


def test_a_lock_is_written_from_mavens_classpath(tmp_path: Path, lock: Path) -> None:
    paths = []
    for address, content in ((_FIRST_ADDRESS, _FIRST), (_SECOND_ADDRESS, _SECOND)):
        path = tmp_path / "repository" / address[1:]
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
        paths.append(str(path))
    written = tmp_path / "written.lock"
    write_lock(":".join(paths) + "\n", written)
    assert read_lock(written) == read_lock(lock)


def test_the_pinned_neo4j_is_complete() -> None:
    jars = read_lock()
    assert len({jar.name for jar in jars}) == len(jars) == 230
    own = [jar for jar in jars if jar.group == "org.neo4j"]
    assert {jar.version for jar in own} == {neo4j_version(LOCK)}
    assert jars[0].address == f"org/neo4j/neo4j/{neo4j_version()}/neo4j-{neo4j_version()}.jar"
    assert not [jar.name for jar in jars if "enterprise" in jar.name]
