"""`goals serve --reload`: the API in a process of its own, started anew when a source file changes. Neo4j goes on."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from api.cli.output import progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.cli.opening import Place

_ROOT = Path(__file__).parent.parent.parent
_SOURCES = ("api", "graph", "cypher")
_ENDINGS = {".py", ".cypher", ".graphql"}
_POLL = 0.5  # seconds
_GRACE = 15.0  # seconds from SIGTERM to SIGKILL


def serve_anew(where: Place, *, demo: bool) -> None:
    """Run the API on this database until Ctrl-C, started anew at each change."""
    password = "" if where.password is None else where.password.get_secret_value()
    login = {
        "NEO4J_URI": where.uri,
        "NEO4J_USER": where.user,
        "NEO4J_PASSWORD": password,
        "NEO4J_DATABASE": where.database,
    }
    command = [sys.executable, "-m", "api.cli", "serve", *(["--demo"] if demo else [])]
    while True:
        child = subprocess.Popen(command, env={**os.environ, **login})  # noqa: S603 - this program itself
        try:
            changed = wait_for_change()
        finally:
            end(child)
        progress.print(f"{changed.relative_to(_ROOT)} changed: starting anew.", markup=False)


def wait_for_change(folders: Sequence[Path] | None = None) -> Path:
    """Wait until a source file changes, whether the API runs or has failed: give that file."""
    before = stamps(folders)
    while True:
        time.sleep(_POLL)
        after = stamps(folders)
        for file in sorted(before.keys() | after.keys()):
            if before.get(file) != after.get(file):
                return file


def stamps(folders: Sequence[Path] | None = None) -> dict[Path, int]:
    """Give the source files with the times at which they were changed, in nanoseconds."""
    found = {}
    for folder in folders or [_ROOT / name for name in _SOURCES]:
        for file in folder.rglob("*"):
            if file.suffix in _ENDINGS:
                try:
                    found[file] = file.stat().st_mtime_ns
                except FileNotFoundError:  # an editor renames while it saves
                    continue
    return found


def end(child: subprocess.Popen[bytes]) -> None:
    """End the API and wait for it."""
    child.terminate()
    try:
        child.wait(_GRACE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
