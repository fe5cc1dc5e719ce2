"""What a benchmark is: a name, a measurement, rows of medians. No peer, no file format, no product code lives here."""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator
    from contextlib import AbstractContextManager, ExitStack

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"

Better = Literal["lower", "higher"]
P = TypeVar("P")
T = TypeVar("T")


class PeerUnavailableError(Exception):
    """The peer cannot be run here. The message says why and what would help."""


@dataclass(frozen=True)
class Samples:
    """The measurements that count, all in one unit; at least one."""

    values: tuple[float, ...]

    @classmethod
    def of(cls, values: Iterable[float]) -> Self | None:
        """None if nothing was measured."""
        return cls(found) if (found := tuple(values)) else None

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def span(self) -> tuple[float, float]:
        """The smallest and the largest value."""
        return min(self.values), max(self.values)


@dataclass(frozen=True)
class Row:
    """One line of `build/bench.json`. `ratio` is ours / peer; `better` says which way a good ratio points."""

    name: str
    size: int
    unit: str
    ours: float | None
    peer: float | None
    ratio: float | None
    better: Better
    ours_span: tuple[float, float] | None
    peer_span: tuple[float, float] | None
    note: str
    measured_at: str


class Session:
    """One call of the command line. `small`: only the sizes that take seconds, to try a benchmark out."""

    def __init__(self, started: str, stack: ExitStack, *, small: bool = False) -> None:
        self.started = started
        self.small = small
        self._stack = stack
        self._shared: dict[Hashable, Any] = {}

    def shared(self, key: Hashable, make: Callable[[], AbstractContextManager[P]]) -> P:
        """Give what `make` gives, made by the first benchmark that asks and closed after the last. It may raise."""
        if key not in self._shared:
            self._shared[key] = self._stack.enter_context(make())
        value: P = self._shared[key]
        return value


@dataclass
class Run:
    """One benchmark being measured: makes its rows and gathers the versions of what it ran against."""

    name: str
    session: Session
    versions: dict[str, str] = field(default_factory=dict)

    def row(
        self,
        size: int,
        unit: str,
        *,
        ours: Samples | None,
        peer: Samples | None,
        better: Better,
        note: str = "",
    ) -> Row:
        """One result. `size` counts what the benchmark names in its summary, `unit` is that of both medians."""
        return Row(
            name=self.name,
            size=size,
            unit=unit,
            ours=ours.median if ours else None,
            peer=peer.median if peer else None,
            ratio=ours.median / peer.median if ours and peer and peer.median else None,
            better=better,
            ours_span=ours.span if ours else None,
            peer_span=peer.span if peer else None,
            note=note,
            measured_at=self.session.started,
        )

    def peer(self, start: Callable[[], P]) -> tuple[P | None, str]:
        """Start a peer: (peer, ""), or (None, the reason) if it cannot run here."""
        try:
            return start(), ""
        except PeerUnavailableError as unavailable:
            note = f"no peer: {unavailable}"
            print(f"!! {self.name}: {note}", file=sys.stderr)
            return None, note


@dataclass(frozen=True)
class Benchmark:
    """A benchmark as the command line knows it. Those of one `family` share a plot; `target` bounds the ratio."""

    name: str
    summary: str
    measure: Callable[[Run], Iterator[Row]]
    family: str = ""
    target: float | None = None

    @property
    def plot(self) -> str:
        """The name of the plot that shows this benchmark."""
        return self.family or self.name


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock seconds that one call takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def alternate(*sides: Callable[[], T] | None, warm_up: int, counted: int) -> tuple[tuple[T, ...], ...]:
    """Measure the sides in turn, so that what else the machine does falls on all of them.

    Each side returns its own measurement; a side that is None gives none. The first `warm_up` rounds do not count.
    """
    measured: tuple[list[T], ...] = tuple([] for _ in sides)
    for turn in range(warm_up + counted):
        for side, values in zip(sides, measured, strict=True):
            if side:
                value = side()
                if turn >= warm_up:
                    values.append(value)
    return tuple(tuple(values) for values in measured)


def in_turn(
    ours: Callable[[], T], theirs: Callable[[], P] | None, *, warm_up: int, counted: int
) -> tuple[tuple[T, ...], tuple[P, ...]]:
    """Measure both sides as `alternate` does, where their measurements are of two kinds."""
    sides: tuple[tuple[Any, ...], ...] = alternate(ours, theirs, warm_up=warm_up, counted=counted)
    return sides[0], sides[1]


def peer_directory(name: str) -> Path:
    """Find the peer's files, which are shared beside the checkout and are no part of it."""
    directory = ROOT.parent / "shared" / "peers" / name
    if not directory.is_dir():
        reason = f"../shared/peers/{name} is not there"
        raise PeerUnavailableError(reason)
    return directory
