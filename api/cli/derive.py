"""`goals derive`: what records hold because of settings, for all of them. Commands of the host: nobody's visibility."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from api.cli.opening import on_database
from api.cli.output import AsJson, show, tell
from graph.clock import SystemClock
from graph.currency import check_currency
from graph.money import DataType, format_units
from graph.rederive import reapply_rates
from graph.settings import read_settings
from graph.time_zone import set_time_zone
from graph.visibility import Viewer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from graph.database import Database, Transaction
    from graph.rederive import DerivedReport

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Derive base amounts or dates of all records anew, in batches."
)

HOST: Final = Viewer("host", "host", "Host", administrator=True)
#: Seconds that a batch may take.
BATCH_DEADLINE: Final = 120.0
Preview = Annotated[bool, typer.Option("--preview", help="Write nothing, and show what would change.")]


@app.command()
def rates(
    since: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="Only rate dates from this day on.")],
    currency: Annotated[str | None, typer.Option(help="Only records in this currency.")] = None,
    preview: Preview = False,
    as_json: AsJson = False,
) -> None:
    """Convert records at the exchange rates of now: `goals derive rates --from 2026-01-01 --preview`."""
    wanted = None if currency is None else check_currency(currency, ("currency",))
    now = SystemClock().now()

    async def batch(tx: Transaction, after: str | None) -> DerivedReport:
        return await reapply_rates(tx, HOST, since.date(), now=now, currency=wanted, preview=preview, after=after)

    _run(batch, preview=preview, as_json=as_json)


@app.command()
def dates(
    zone: Annotated[str, typer.Argument(help="Time zone of the organization, such as Europe/Vienna.")],
    preview: Preview = False,
    as_json: AsJson = False,
) -> None:
    """Use another time zone, and derive the dates of moments in it: `goals derive dates Europe/Vienna --preview`."""
    now = SystemClock().now()

    async def batch(tx: Transaction, after: str | None) -> DerivedReport:
        return await set_time_zone(tx, HOST, zone, now=now, preview=preview, after=after)

    _run(batch, preview=preview, as_json=as_json)


def _run(batch: Callable[[Transaction, str | None], Awaitable[DerivedReport]], *, preview: bool, as_json: bool) -> None:
    """Do all batches, each in a transaction of its own, and show what they changed together."""
    records: Counter[tuple[str, str]] = Counter()
    change: Counter[tuple[str, str]] = Counter()
    kept = 0

    async def work(database: Database) -> None:
        nonlocal kept
        after: str | None = None
        while True:

            async def one_batch(tx: Transaction, after: str | None = after) -> DerivedReport:
                return await batch(tx, after)

            report = await database.write(one_batch, deadline=BATCH_DEADLINE)
            kept += report.kept
            for one in report.changes:
                records[one.record_type, one.field] += one.records
                change[one.record_type, one.field] += one.change or 0
            after = report.after
            if after is None:
                return

    on_database(read_settings(), work)
    rows = [
        {"type": key[0], "field": key[1], "records": number, "change": format_units(change[key], DataType.MONEY)}
        for key, number in sorted(records.items())
    ]
    show(rows, as_json=as_json)
    if kept:
        tell(f"{kept} amounts have no exchange rate, or do not fit at it: they stay as they are.")
    if rows and not preview:
        tell("Totals read STALE until they are recalculated: goals rollup run")
