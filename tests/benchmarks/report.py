"""What is left of a run: `build/bench.json` (rows), `build/bench.md` (to read), `build/bench-*.svg` (plots)."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

from tests.benchmarks.harness import BUILD, Benchmark, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

JSON = BUILD / "bench.json"
MARKDOWN = BUILD / "bench.md"

Line = dict[str, Any]


def keep(rows: Iterable[Row], *, of: Benchmark) -> list[Line]:
    """Put the rows into the file in place of older ones `of` this benchmark; those of others stay. Gives all."""
    older = json.loads(JSON.read_text()) if JSON.exists() else []
    lines = [line for line in older if line["name"] != of.name] + [asdict(row) for row in rows]
    BUILD.mkdir(exist_ok=True)
    part = JSON.with_suffix(".part")
    part.write_text(json.dumps(lines, indent=2) + "\n")
    part.replace(JSON)
    return lines


def write(
    lines: list[Line],
    benchmarks: Mapping[str, Benchmark],
    *,
    machine: Mapping[str, str],
    others: str,
    started: str,
) -> None:
    """Write the readable report and the plots for all rows, those of earlier runs marked with their time."""
    text = [
        "# Benchmarks",
        "",
        f"Run of {started}. Medians, with the smallest and largest value that counted; ratio = ours / peer.",
        "",
    ]
    text += [f"- {name}: {value}" for name, value in machine.items()]
    text += [f"- what else ran: {others}", ""]
    for name in dict.fromkeys(line["name"] for line in lines):
        benchmark = benchmarks.get(name)
        text += [f"## {name}", "", benchmark.summary if benchmark else "No longer measured.", ""]
        mine = [line for line in lines if line["name"] == name]
        if benchmark and benchmark.target is not None:
            bound = "at least" if any(line["better"] == "higher" for line in mine) else "at most"
            text += [f"Target: ratio {bound} {benchmark.target:g}.", ""]
        text += ["| size | unit | ours | peer | ratio | better |", "|---:|---|---:|---:|---:|---|"]
        text += [_table_line(line) for line in mine]
        text += ["", *_remarks(mine, started)]
    for title, name in _plots(lines, benchmarks).items():
        text += [f"![{title}]({name})", ""]
    MARKDOWN.write_text("\n".join(text))


def _table_line(line: Line) -> str:
    ours, peer = (_figure(line[side], line[f"{side}_span"]) for side in ("ours", "peer"))
    ratio = "—" if line["ratio"] is None else f"{line['ratio']:.2f}"
    size = f"{line['size']:,}".replace(",", " ")
    return f"| {size} | {line['unit']} | {ours} | {peer} | {ratio} | {line['better']} |"


def _figure(median: float | None, span: tuple[float, float] | None) -> str:
    if median is None or span is None:
        return "—"
    return f"{median:.4g} ({span[0]:.4g}-{span[1]:.4g})"


def _remarks(lines: list[Line], started: str) -> list[str]:
    remarks = list(dict.fromkeys(line["note"] for line in lines if line["note"]))
    remarks += [
        f"Measured at {when}." for when in dict.fromkeys(line["measured_at"] for line in lines) if when != started
    ]
    return [*remarks, ""] if remarks else []


def _plots(lines: list[Line], benchmarks: Mapping[str, Benchmark]) -> dict[str, str]:
    """One SVG for each family and unit that has several sizes: title → file name."""
    groups: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        if line["name"] in benchmarks:
            groups.setdefault((benchmarks[line["name"]].plot, line["unit"]), []).append(line)
    written = {}
    for (family, unit), group in groups.items():
        measured = [line for line in group if line["ours"] is not None or line["peer"] is not None]
        if len({line["size"] for line in measured}) > 1:
            name = f"bench-{re.sub(r'[^a-z0-9]+', '-', f'{family} {unit}'.lower()).strip('-')}.svg"
            _plot(measured, title := f"{family}: {unit}", unit).savefig(BUILD / name)
            written[title] = name
    return written


def _plot(group: list[Line], title: str, unit: str) -> Figure:
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for side, marker in (("ours", "o"), ("peer", "s")):
        points = sorted((line["size"], line[side], *line[f"{side}_span"]) for line in group if line[side] is not None)
        if points:
            sizes, medians, lows, highs = zip(*points, strict=True)
            below = [median - low for median, low in zip(medians, lows, strict=True)]
            above = [high - median for median, high in zip(medians, highs, strict=True)]
            axes.errorbar(sizes, medians, yerr=[below, above], marker=marker, capsize=3, label=side)
    axes.set(title=title, xlabel="size", ylabel=unit, xscale="log", yscale="log")
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend()
    return figure
