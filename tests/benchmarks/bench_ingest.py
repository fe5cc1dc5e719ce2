"""Ingestion through the product's write path: records per second and peak memory, in a process of its own."""

from __future__ import annotations

import asyncio
import multiprocessing
import re
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from graph.clock import SystemClock
from graph.database import connect
from graph.exchange_rate import set_exchange_rates
from graph.preparation import prepare
from graph.visibility import ViewersByExternalIds
from tests.benchmarks import data, database, postgres, postgres_ingest
from tests.benchmarks.data import BATCH, SHAPES
from tests.benchmarks.harness import Benchmark, Row, Run, Samples

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from graph.database import Database, Transaction
    from graph.ingestion import UpsertReport
    from graph.visibility import Viewer
    from tests.benchmarks.data import Item, Shape
    from tests.benchmarks.postgres import Postgres

#: After so many rows of the insert a line is drawn: rows per second since the last line, peak memory until here.
LINES = (100_000, 500_000, 1_000_000)
#: Wide enough for any quotient here; it rounds half-even, as the product must.
EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)
CHANGED_PART = 10  # every tenth of the rows
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)


@dataclass(frozen=True)
class Line:
    """How far ingestion came: rows so far, rows per second in each batch of a step, the process's peak in MiB."""

    step: str
    rows: int
    per_second: tuple[float, ...]
    peak_mib: float


def measure(run: Run) -> Iterator[Row]:
    """Insert into an empty database of its own; then the same rows once more, and a tenth of them changed."""
    shape = SHAPES[-1]
    if run.session.small:
        shape = replace(shape, records=LINES[0])
    with tempfile.TemporaryDirectory(prefix="bench-ingest-") as home:
        with database.started(Path(home)) as bench:
            bench.run(prepare(bench.database, SystemClock()))
            viewer = bench.run(data.load_administrator(bench.database))
            bench.run(data.load_owners(bench.database, viewer, shape))
            bench.run(_load_rates(bench.database, viewer))
            place = bench.server.uri, bench.server.user, bench.server.password.get_secret_value()
            # A new interpreter: in this one, what other benchmarks needed would hide what ingestion needs.
            with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as worker:
                lines = worker.submit(_ingest_all, place, shape).result()
            _check_base_amounts(bench, shape)
            (found,) = bench.query("MATCH (r:Record) RETURN count(r) AS records, count(DISTINCT r.externalId) AS keys")
            if set(found.values()) != {shape.records}:
                message = f"{shape.records} rows were sent, and there are {found}"
                raise RuntimeError(message)
        # A server that has stopped has written everything to its files.
        stored = _stored(Path(home))
    peer, note = run.peer(lambda: run.session.shared(postgres.cluster, postgres.cluster))
    theirs = _peer_lines(peer, shape) if peer else {}
    if peer:
        run.versions["PostgreSQL"] = peer.version
    note = f"{NOTE} {note or postgres_ingest.NOTE}"
    for line in lines:
        ours, other = Samples.of(line.per_second), Samples.of(theirs.get((line.step, line.rows), ()))
        yield run.row(line.rows, f"rows/s, {line.step}", ours=ours, peer=other, better="higher", note=note)
    for line in lines:
        if line.step == "inserted":
            peak = Samples((line.peak_mib,))
            yield run.row(line.rows, "MiB, peak of the process", ours=peak, peer=None, better="lower", note=note)
    on_disk = Samples((stored / shape.records,))
    yield run.row(
        shape.records, "bytes a record on disk, owners too", ours=on_disk, peer=None, better="lower", note=note
    )


NOTE = f"Batches of {BATCH} rows, one at a time; the median is over the batches of a step."


def _stored(home: Path) -> int:
    """Bytes of the database's files: indexes and owners among them, logs of transactions not."""
    return sum(file.stat().st_size for file in (home / "data" / "data" / "databases").rglob("*") if file.is_file())


#: Units of each currency for one of the base currency; a record's is that of its number, by turns.
RATES = {"EUR": "1", "USD": "1.0837", "GBP": "0.728109", "JPY": "163.2450000001"}


async def _load_rates(opened: Database, viewer: Viewer) -> None:
    rates = [
        {"currency": currency, "validFrom": date(2020, 1, 1), "rate": rate}
        for currency, rate in RATES.items()
        if currency != "EUR"
    ]

    async def work(tx: Transaction) -> None:
        await set_exchange_rates(tx, viewer, rates, [])

    await opened.write(work)


def _with_currency(row: Item) -> Item:
    return {**row, "currency": _currency(row)}


def _currency(row: Item) -> str:
    return list(RATES)[int(row["externalId"][-7:]) % len(RATES)]


def _check_base_amounts(bench: database.Bench, shape: Shape) -> None:
    """Compare the sum of base amounts with that of Python's decimal over the rows sent last."""
    expected = 0
    changed = shape.records // CHANGED_PART
    sent = chain(islice(data.record_rows(shape, more=1), changed), islice(data.record_rows(shape), changed, None))
    for row in sent:
        (amount,) = (row["fields"][name] for name in ("estimatedValue", "actualValue") if name in row["fields"])
        base = EXACT.divide(Decimal(amount), Decimal(RATES[_currency(row)]))
        expected += int(base.quantize(Decimal("0.0001"), context=EXACT).scaleb(4, EXACT))
    (found,) = bench.query(
        "MATCH (r:Record) RETURN sum(coalesce(r.estimatedValueBase, 0) + coalesce(r.actualValueBase, 0)) AS units"
    )
    if found["units"] != expected:
        message = f"the base amounts come to {found['units']} units, not to {expected}"
        raise RuntimeError(message)


def _steps(shape: Shape) -> Iterator[tuple[str, Iterator[Item], int]]:
    """Give what both sides do, in order: the step, its rows, how many rows have been inserted at its end."""
    rows = data.record_rows(shape)
    before = 0
    for until in (line for line in LINES if line <= shape.records):
        yield "inserted", islice(rows, until - before), until
        before = until
    yield "unchanged", data.record_rows(shape), shape.records
    yield "updated", islice(data.record_rows(shape, more=1), shape.records // CHANGED_PART), shape.records


def _peer_lines(peer: Postgres, shape: Shape) -> dict[tuple[str, int], tuple[float, ...]]:
    postgres_ingest.prepare(peer, shape)
    lines = {(step, until): postgres_ingest.ingest(peer, rows) for step, rows, until in _steps(shape)}
    if postgres_ingest.count(peer) != shape.records:
        message = f"{shape.records} rows were sent to the peer, and there are {postgres_ingest.count(peer)}"
        raise RuntimeError(message)
    return lines


def _ingest_all(place: tuple[str, str, str], shape: Shape) -> list[Line]:
    return asyncio.run(_ingest_on(place, shape))


async def _ingest_on(place: tuple[str, str, str], shape: Shape) -> list[Line]:
    async with connect(*place) as opened:

        async def who(tx: Transaction) -> Viewer | None:
            return await tx.one(ViewersByExternalIds([data.ADMINISTRATOR]))

        viewer = await opened.read(who)
        if viewer is None:
            message = "the bench data has no administrator"
            raise RuntimeError(message)
        ingestion = _Ingestion(opened, viewer)
        return [await ingestion.step(step, map(_with_currency, rows), until) for step, rows, until in _steps(shape)]


class _Ingestion:
    def __init__(self, opened: Database, viewer: Viewer) -> None:
        self._database = opened
        self._viewer = viewer
        self._clock = SystemClock()

    async def step(self, step: str, rows: Iterable[Item], until: int) -> Line:
        """Send the rows; every one must come out as the step says."""
        rates = []
        for batch in data.batches(rows):
            begin = time.perf_counter()
            report: UpsertReport = await data.upsert(self._database, self._viewer, self._clock, batch)
            rates.append(len(batch) / (time.perf_counter() - begin))
            if getattr(report, step) != len(batch):
                message = f"of {len(batch)} rows {getattr(report, step)} were {step}"
                raise RuntimeError(message)
        return Line(step, until, tuple(rates), _peak_mib())


def _peak_mib() -> float:
    """Give the most memory this process ever had. What getrusage says on Linux begins with the parent's peak."""
    status = Path("/proc/self/status")
    found = _PEAK.search(status.read_text()) if status.exists() else None
    if found:
        return int(found[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 1024


BENCHMARKS = (
    Benchmark("ingest", "Records of one type into an empty database, by the number of rows.", measure, family="ingest"),
)
