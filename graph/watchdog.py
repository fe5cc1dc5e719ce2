"""Ends a command when the program that started it ends, even by SIGKILL. Run as a file, so it imports nothing of ours.

`python watchdog.py COMMAND...` runs the command until it exits, or until standard input closes (a pipe whose other end
the parent holds) or SIGTERM comes; then the command gets SIGTERM and, if it does not end, SIGKILL. The command stays
our own child until it is reaped, so that its process id can never have become another's. Exits as the command did.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading

GRACE = 20.0  # seconds from SIGTERM to SIGKILL: a database writes its pages out meanwhile


def run(command: list[str]) -> int:
    """Run the command until one side ends, and give its exit status (128 + N for signal N, as shells do)."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - the launcher's own command

    def end(*_: object) -> None:
        # Popen sends no signal to a process that has been reaped.
        child.terminate()
        timer = threading.Timer(GRACE, child.kill)
        timer.daemon = True
        timer.start()

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 1):
                pass
        end()

    signal.signal(signal.SIGTERM, end)
    threading.Thread(target=watch, daemon=True).start()
    status = child.wait()
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
