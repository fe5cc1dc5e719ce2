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
    from collections.abc import Iterator, Mapping
    from pathlib import Path

HOME = BUILD / "peers" / "neo4j-graphql"
FIELDS = "id actual inProgress target"


@dataclass(frozen=True)
class Bolt:
    """A database's address. An empty password: authentication is off."""

    uri: str
    user: str = "neo4j"
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Spelling:
    """What our graph calls the peer's goal: its label, and per GraphQL field the property that holds it."""

    label: str = "Goal"
    properties: Mapping[str, str] = field(default_factory=dict)


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
def server(bolt: Bolt, spelling: Spelling) -> Iterator[str]:
    """Run the peer over the database at `bolt`; gives the URL of its GraphQL endpoint. Raises PeerUnavailableError."""
    home = install()
    source = (peer_directory("neo4j-graphql") / "server.mjs").read_text()
    (home / "server.mjs").write_text(adapt(source, spelling))
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


def adapt(source: str, spelling: Spelling) -> str:
    """Put our names into the server's text: `@node` gets the label, each renamed field an `@alias`."""
    source = _replace_once(source, r"type Goal @node", f'type Goal @node(labels: ["{spelling.label}"])')
    for name, stored in spelling.properties.items():
        source = _replace_once(source, rf"(\b{name}: \w+!?)(?= |\n)", rf'\1 @alias(property: "{stored}")')
    return source


def tree_document(levels: int, root: str = "number: {eq: 1}") -> str:
    """Write the peer's query for the goal found by `root` and the `levels` - 1 levels below it."""
    below = ""
    for _ in range(levels - 1):
        below = f" children {{ {FIELDS}{below} }}"
    return f"{{ goals(where: {{{root}}}) {{ {FIELDS}{below} }} }}"


def count_goals(answer: object) -> int:
    """How many goals an answer of either server holds, whatever lies around them: objects with a target."""
    if isinstance(answer, list):
        return sum(map(count_goals, answer))
    if isinstance(answer, dict):
        return ("target" in answer) + sum(map(count_goals, answer.values()))
    return 0


def version() -> str:
    """Read what the peer's package.json pins, as one line."""
    text = (peer_directory("neo4j-graphql") / "package.json").read_text()
    pinned = dict(re.findall(r'"([^"]+)": "(\d[^"]*)"', text))
    node = subprocess.check_output(["node", "--version"], text=True).strip()
    return ", ".join([f"{name} {number}" for name, number in pinned.items()] + [f"Node {node}"])


def _replace_once(source: str, pattern: str, replacement: str) -> str:
    changed, count = re.subn(pattern, replacement, source)
    if count != 1:
        message = f"{pattern!r} stands {count} times in the peer's server.mjs, not once"
        raise ValueError(message)
    return changed
