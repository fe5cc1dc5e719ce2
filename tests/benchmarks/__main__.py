"""The command line: `python -m tests.benchmarks [--small] [name ...]`, all benchmarks without a name."""

from __future__ import annotations

import signal
import sys
from contextlib import ExitStack
from datetime import UTC, datetime

from tests.benchmarks import (
    bench_changes,
    bench_freshness,
    bench_goals,
    bench_growth,
    bench_ingest,
    bench_queries,
    bench_rollup,
    bench_tree,
    bench_visibility,
    machine,
    report,
)
from tests.benchmarks.harness import BUILD, Benchmark, Row, Run, Session

BENCHMARKS: dict[str, Benchmark] = {
    benchmark.name: benchmark
    for benchmark in (
        *bench_rollup.BENCHMARKS,
        *bench_tree.BENCHMARKS,
        *bench_ingest.BENCHMARKS,
        *bench_goals.BENCHMARKS,
        *bench_visibility.BENCHMARKS,
        *bench_queries.BENCHMARKS,
        *bench_changes.BENCHMARKS,
        *bench_freshness.BENCHMARKS,
        *bench_growth.BENCHMARKS,
    )
}
SMALL = "--small"


def main(arguments: list[str]) -> int:
    """Measure, printing each row as it comes; the files are rewritten after every benchmark. Unknown name: 2."""
    names = [argument for argument in arguments if argument != SMALL]
    if unknown := [name for name in names if name not in BENCHMARKS]:
        print(f"No benchmark {', '.join(unknown)}. Known: {', '.join(BENCHMARKS)}.", file=sys.stderr)
        return 2
    # A polite kill must stop the servers too, as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    started = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    with ExitStack() as stack:
        _measure(names or list(BENCHMARKS), Session(started, stack, small=SMALL in arguments))
    print(f"{report.MARKDOWN.relative_to(BUILD.parent)} and {report.JSON.relative_to(BUILD.parent)} are written.")
    return 0


def _measure(names: list[str], session: Session) -> None:
    before = machine.moment()
    facts = machine.describe()
    for name in names:
        print(f"{name}: {BENCHMARKS[name].summary}", flush=True)
        run = Run(name, session)
        rows = []
        for row in BENCHMARKS[name].measure(run):
            print(_line(row), flush=True)
            rows.append(row)
        facts |= run.versions
        lines = report.keep(rows, of=BENCHMARKS[name])
        others = machine.what_else(before, machine.moment())
        report.write(lines, BENCHMARKS, machine=facts, others=others, started=session.started)


def _line(row: Row) -> str:
    ours, peer, ratio = ("—" if value is None else f"{value:.4g}" for value in (row.ours, row.peer, row.ratio))
    return f"  {row.size:>9,} {row.unit:<28} ours {ours:>8}  peer {peer:>8}  ratio {ratio:>6}  ({row.better} is better)"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
