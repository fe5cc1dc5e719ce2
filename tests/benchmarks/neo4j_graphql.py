"""The @neo4j/graphql peer: the shared Node server on our database, its names adapted to ours at run time."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx2

from tests.benchmarks.harness import BUILD, PeerUnavailableError, peer_directory
from tests.benchmarks.server import free_port, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOME = BUILD / "peers" / "neo4j-graphql"
FIELDS = "id actualOwn actualBelow inProgressOwn inProgressBelow target"
#: What we store of the peer's fields: a total is its own part and what came from below.
FIELDS_STORED = {
    "actual: BigInt": "actualOwn: BigInt actualBelow: BigInt",
    "inProgress: BigInt": "inProgressOwn: BigInt inProgressBelow: BigInt",
}


@dataclass(frozen=True)
class Bolt:
    """A database's address. An empty password: authentication is off."""

    uri: str
    user: str = "neo4j"
    password: str = field(default="", repr=False)


def install() -> Path:
    """Install peer and autocannon, once for each package.json; gives the directory. Raises PeerUnavailableError."""
    shared = peer_directory("neo4j-graphql")
    npm = shutil.which("npm")
    if not npm or not shutil.which("node"):
        reason = "node and npm are not installed"
        raise PeerUnavailableError(reason)
    wanted = (shared / "package.json").read_text()
    installed = HOME / "installed.json"
    if not installed.exists() or installed.read_text() != wanted:
        HOME.mkdir(parents=True, exist_ok=True)
        (HOME / "package.json").write_text(wanted)
        command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts"]
        done = subprocess.run(command, cwd=HOME, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = f"npm install failed: {done.stderr.strip()[-500:]}"
            raise PeerUnavailableError(reason)
        installed.write_text(wanted)
    return HOME


@contextmanager
def server(bolt: Bolt) -> Iterator[str]:
    """Run the peer over the database at `bolt`; gives the URL of its GraphQL endpoint. Raises PeerUnavailableError."""
    home = install()
    source = (peer_directory("neo4j-graphql") / "server.mjs").read_text()
    (home / "server.mjs").write_text(adapt(source))
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    environment = {
        "PATH": os.environ["PATH"],
        "NODE_ENV": "production",
        "NEO4J_URI": bolt.uri,
        "NEO4J_USER": bolt.user,
        "NEO4J_PASSWORD": bolt.password,
        "PORT": str(port),
    }

    def ready() -> bool:
        try:
            return httpx2.post(url, json={"query": "{ __typename }"}).is_success
        except httpx2.TransportError:
            return False

    with running(["node", "server.mjs"], ready=ready, log=home / "server.log", cwd=home, environment=environment):
        yield url


def adapt(source: str) -> str:
    """Put our names into the server's text. Label, relationship type, id and target are the same in both."""
    for theirs, stored in FIELDS_STORED.items():
        if source.count(theirs) != 1:
            message = f"{theirs!r} stands {source.count(theirs)} times in the peer's server.mjs, not once"
            raise ValueError(message)
        source = source.replace(theirs, stored)
    return source


def tree_document(levels: int, root: str) -> str:
    """Write the peer's query for the goal with the id `root` and the `levels` - 1 levels below it."""
    below = ""
    for _ in range(levels - 1):
        below = f" children {{ {FIELDS}{below} }}"
    return f'{{ goals(where: {{id: {{eq: "{root}"}}}}) {{ {FIELDS}{below} }} }}'


def version() -> str:
    """Read what the peer's package.json pins, as one line."""
    text = (peer_directory("neo4j-graphql") / "package.json").read_text()
    pinned = dict(re.findall(r'"([^"]+)": "(\d[^"]*)"', text))
    node = subprocess.check_output(["node", "--version"], text=True).strip()
    return ", ".join([f"{name} {number}" for name, number in pinned.items()] + [f"Node {node}"])
