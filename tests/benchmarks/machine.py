"""What the figures depend on: the machine, the versions, and what else took processor time meanwhile."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("neo4j", "neo4j-rust-ext", "strawberry-graphql", "graphql-core", "starlette", "uvicorn", "orjson")
CLOCK = re.compile(r"(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)")
WORTH_NAMING = 1  # seconds; ps counts whole ones


def describe() -> dict[str, str]:
    """Name the machine and the versions of Python and of the packages under measurement."""
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    facts = {
        "machine": f"{platform.system()} {platform.machine()}, {_processor()}",
        "cores, memory": f"{os.cpu_count()} cores, {gib:.0f} GiB",
        "Python": platform.python_version(),
    }
    return facts | {package: version(package) for package in PACKAGES}


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*: (.+)$", info.read_text(), re.MULTILINE) if info.exists() else None
    return found.group(1) if found else platform.processor()


@dataclass(frozen=True)
class Moment:
    """Every process at one moment: id → (parent's id, name, processor seconds so far), and the load average."""

    processes: dict[int, tuple[int, str, int]]
    load: tuple[float, float, float]


def moment() -> Moment:
    """Look now. No `ps`: no processes, and the report says so."""
    try:
        lines = subprocess.check_output(["ps", "-A", "-o", "pid=,ppid=,time=,comm="], text=True).splitlines()
    except FileNotFoundError:
        lines = []
    processes = {}
    for line in lines:
        pid, parent, clock, name = line.split(maxsplit=3)
        processes[int(pid)] = int(parent), Path(name).name, _seconds(clock)
    return Moment(processes, os.getloadavg())


def _seconds(clock: str) -> int:
    found = CLOCK.match(clock)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups()) if found else (0, 0, 0, 0)
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def what_else(before: Moment, after: Moment) -> str:
    """One sentence: the load averages, and foreign processes that took processor time between the two moments.

    Processes that came and went in between are not seen.
    """
    foreign = []
    for pid, (_, name, used) in after.processes.items():
        spent = used - (before.processes[pid][2] if pid in before.processes else 0)
        if spent >= WORTH_NAMING and not _descends(pid, os.getpid(), after):
            foreign.append((spent, name))
    named = ", ".join(f"{name} {spent} s" for spent, name in sorted(foreign, reverse=True)[:10])
    if not after.processes:
        named = "unknown, `ps` is not installed"
    loads = f"load average {before.load[0]:.2f} before, {after.load[0]:.2f} after"
    return f"{loads}; other processes by processor time: {named or 'none worth naming'}"


def _descends(pid: int, ancestor: int, seen: Moment) -> bool:
    while pid in seen.processes:
        if pid == ancestor:
            return True
        pid = seen.processes[pid][0]
    return False
