"""A server process of a benchmark: a free port, waiting until it answers, stopping it by its own id."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

START_SECONDS = 60
STOP_SECONDS = 60


class ServerDiedError(Exception):
    """A server that should answer ended or stayed silent. The message has the tail of its log."""


def free_port() -> int:
    """Pick a TCP port on 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    command: list[str],
    *,
    ready: Callable[[], bool],
    log: Path,
    cwd: Path,
    environment: Mapping[str, str],
    user: int | None = None,
    group: int | None = None,
    stop: signal.Signals = signal.SIGTERM,
) -> Iterator[int]:
    """Run the server until the block ends; gives its process id. Its output goes to `log`.

    Raises ServerDiedError if it never gets ready.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            user=user,
            group=group,
            extra_groups=None if user is None else [],
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                tail = log.read_text(errors="replace")[-2000:]
                message = f"{command[0]} did not get ready:\n{tail}"
                raise ServerDiedError(message)
            time.sleep(0.1)
        yield process.pid
    finally:
        process.send_signal(stop)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
