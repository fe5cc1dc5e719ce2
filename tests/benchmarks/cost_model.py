"""What bigger data will cost, from the slopes that `build/bench.json` has: fills the tables of docs/scaling.md.

`python -m tests.benchmarks.cost_model` writes them anew after `make bench`. Nothing is measured here.
"""

from __future__ import annotations

import json
import math
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.benchmarks.harness import ROOT
from tests.benchmarks.report import JSON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.benchmarks.report import Line

SCALING = ROOT / "docs" / "scaling.md"
RECORDS = (1_000_000, 10_000_000, 100_000_000)
#: Records a goal in the shape of the bench data.
OF_A_GOAL = 9
#: The part of all records that change on a day.
DAILY = 0.01
_TABLE = re.compile(r"(<!-- (slopes|model): written by cost_model -->\n).*?(<!-- end -->)", re.DOTALL)


class NotMeasuredError(Exception):
    """The file lacks what the model needs. The message names the benchmark."""


@dataclass(frozen=True)
class Fit:
    """A straight line through what was measured, over `scale` of the size; and the sizes it came from."""

    start: float
    slope: float
    scale: Callable[[float], float]
    sizes: tuple[int, ...]

    def at(self, size: float) -> float:
        """What the line says of a size."""
        return self.start + self.slope * self.scale(size)


def fit(lines: Sequence[Line], scale: Callable[[float], float] = float) -> Fit:
    """Least squares over the medians of ours."""
    points = [(scale(line["size"]), line["ours"]) for line in lines]
    middle_x, middle_y = (sum(values) / len(points) for values in zip(*points, strict=True))
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    slope = sum((x - middle_x) * (y - middle_y) for x, y in points) / spread if spread else 0.0
    return Fit(middle_y - slope * middle_x, slope, scale, tuple(line["size"] for line in lines))


class Measured:
    """The rows of one or more runs."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines

    def rows(self, name: str, unit: str) -> list[Line]:
        """Give those of a benchmark and unit, by size. Raises NotMeasuredError if there is none."""
        found = [line for line in self._lines if line["name"] == name and line["unit"].startswith(unit)]
        if not found or any(line["ours"] is None for line in found):
            message = f"{name} ({unit}) is not in {JSON.name}: run `make bench ONLY={name}`"
            raise NotMeasuredError(message)
        return sorted(found, key=lambda line: int(line["size"]))

    def growth(self, part: str, curve: str) -> list[Line]:
        """Give the costs of one change: those of the smallest tree, and what others took more in turn with it."""
        lines = self.rows("change_growth", f"ms to {part}, by {curve}")
        least = lines[-1]["peer"]
        return [{**line, "ours": least + line["ours"] - line["peer"]} for line in lines]

    def largest(self, name: str, unit: str) -> float:
        """Give the median at the largest size."""
        value: float = self.rows(name, unit)[-1]["ours"]
        return value


def slopes(measured: Measured) -> Iterator[str]:
    """Write what one change costs, as a table."""
    yield "| one change, by | measured at | to write | to fold |"
    yield "|---|---|---|---|"
    for curve, what, scale, step in (
        ("goals", "goals of the tree", math.log10, "ten times as many"),
        ("records", "records of the goal", math.log10, "ten times as many"),
        ("depth", "goals above", float, "each"),
        ("children", "goals below one parent", lambda size: size / 1_000, "each thousand"),
    ):
        fits = [fit(measured.growth(part, curve), scale) for part in ("write", "fold")]
        sizes = f"{_number(fits[0].sizes[0])} to {_number(fits[0].sizes[-1])}"
        cells = [f"{one.at(one.sizes[0]):.1f} ms, {one.slope:+.2f} ms {step}" for one in fits]
        yield f"| {what} | {sizes} | {cells[0]} | {cells[1]} |"


def model(measured: Measured) -> Iterator[str]:
    """Write what so many records cost, as a table."""
    rollup = measured.rows("full_rollup", "s")
    by_records = [fit(measured.growth(part, "records"), math.log10) for part in _PARTS]
    by_goals = [fit(measured.growth(part, "goals"), math.log10) for part in _PARTS]
    whole = fit([{**line, "size": line["size"] * OF_A_GOAL} for line in rollup])
    loaded = measured.largest("ingest", "rows/s, inserted")
    batched, single = (measured.largest(f"changes_{how}", "changes/s") for how in ("batched", "single"))
    size = measured.largest("ingest", "bytes a record")

    def alone(records: int) -> float:
        # Both grow: each adds what it does beyond what it was measured with at least.
        more = (one.at(records) - one.at(one.sizes[0]) for one in by_records)
        return sum(one.at(records / OF_A_GOAL) for one in by_goals) + sum(more)

    rows: tuple[tuple[str, Callable[[int], str]], ...] = (
        ("load them, by `goals import` or `upsertRecords`", lambda records: _time(records / loaded)),
        ("records on disk", lambda records: f"{records * size / 2**30:.1f} GiB"),
        ("one change alone, written and folded", lambda records: f"{alone(records):.0f} ms"),
        ("1 % of them change on a day, a hundred a request", lambda records: _time(records * DAILY / batched)),
        ("the same, one a request", lambda records: _time(records * DAILY / single)),
        ("one full run, nine records a goal", lambda records: _time(whole.at(records))),
    )
    yield f"| | {' | '.join(f'{_number(records)} records' for records in RECORDS)} |"
    yield f"|---|{'---:|' * len(RECORDS)}"
    for what, cell in rows:
        yield f"| {what} | {' | '.join(cell(records) for records in RECORDS)} |"
    yield ""
    sizes = ", ".join(_number(line["size"]) for line in rollup)
    when = ", ".join(sorted({line["measured_at"] for line in rollup}))
    yield f"From runs at {when} on trees of {sizes} goals; {_number(round(batched))} changes a second in batches,"
    yield f"{_number(round(single))} one by one, {_number(round(loaded))} records a second loaded."


_PARTS = ("write", "fold")


def _number(value: int) -> str:
    return f"{value:,}".replace(",", " ")


def _time(seconds: float) -> str:
    for unit, length in (("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.1f} s"


def main() -> int:
    """Write both tables into the document; 1 if something was not measured."""
    measured = Measured(json.loads(JSON.read_text()) if JSON.exists() else [])
    try:
        tables = {"slopes": "\n".join(slopes(measured)), "model": "\n".join(model(measured))}
    except NotMeasuredError as missing:
        print(missing, file=sys.stderr)
        return 1
    text = SCALING.read_text()
    SCALING.write_text(_TABLE.sub(lambda found: f"{found[1]}{tables[found[2]]}\n{found[3]}", text))
    return 0


if __name__ == "__main__":
    sys.exit(main())
