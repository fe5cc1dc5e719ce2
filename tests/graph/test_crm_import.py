"""The public CRM data set, loaded whole by the maps in tests/data/crm; compared with an independent reading of it."""

from __future__ import annotations

import csv
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from graph.import_file import open_import
from graph.money import TEN_THOUSANDTHS
from tests.factories import FOUNDER, Company

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graph.clock import FixedClock
    from graph.database import Database, Transaction

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "crm-sales-opportunities"
MAPS = ROOT / "tests" / "data" / "crm"

#: What is loaded, in this order: type, file, map, rows expected.
LOADS = (
    ("territories", "sales_teams.csv", "territories.toml", 4),
    ("product_lines", "products.csv", "series.toml", 3),
    ("product_lines", "products.csv", "products.toml", 7),
    ("teams", "sales_teams.csv", "teams.toml", 6),
    ("users", "sales_teams.csv", "managers.toml", 6),
    ("users", "sales_teams.csv", "agents.toml", 35),
    ("account", "accounts.csv", "accounts.toml", 85),
    ("opportunity", "sales_pipeline.csv", "opportunities.toml", 8800),
)

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the CRM data set is not there: it belongs in ../shared/data/crm-sales-opportunities"
)


def rows_of(name: str) -> Iterator[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


async def load(database: Database, clock: FixedClock, type_key: str, file: str, map_file: str) -> Counter[str]:
    loading = await open_import(database, type_key, DATA / file, MAPS / map_file)
    assert loading.notes == ()
    counts: Counter[str] = Counter()
    async for batch in loading.run(database, FOUNDER, clock):
        assert batch.refused == ()
        counts.update(inserted=batch.inserted, updated=batch.updated, unchanged=batch.unchanged)
    return +counts


async def ask(database: Database, text: Any) -> list[dict[str, Any]]:
    async def work(tx: Transaction) -> list[dict[str, Any]]:
        return await tx.text(text, {}, name="test")

    return await database.read(work)


async def test_the_whole_data_set_is_loaded_exactly_and_again_changes_nothing(
    database: Database, clock: FixedClock
) -> None:
    await Company(database, clock).found()
    for type_key, file, map_file, expected in LOADS:
        assert await load(database, clock, type_key, file, map_file) == {"inserted": expected}, map_file
    for type_key, file, map_file, expected in LOADS:
        assert await load(database, clock, type_key, file, map_file) == {"unchanged": expected}, map_file

    deals = list(rows_of("sales_pipeline.csv"))
    prices = {row["product"]: Decimal(row["sales_price"]) for row in rows_of("products.csv")}
    team = {row["sales_agent"]: row for row in rows_of("sales_teams.csv")}
    spelling = {"GTXPro": "GTX Pro"}

    won: Counter[tuple[str, str, int]] = Counter()
    for deal in deals:
        if deal["deal_stage"] == "Won":
            month, _, year = map(int, deal["close_date"].split("/"))
            key = (deal["sales_agent"], team[deal["sales_agent"]]["regional_office"], year * 10 + (month + 2) // 3)
            won[key] += int(deal["close_value"]) * TEN_THOUSANDTHS
    found = await ask(
        database,
        """MATCH (t:Territory)<-[:IN_TERRITORY]-(r:Opportunity {state: 'WON', status: 'WON'})-[:OWNED_BY]->(u:User)
        WITH u.name AS agent, t.name AS office, r.actualCloseDate.year * 10 + r.actualCloseDate.quarter AS quarter, r
        RETURN agent, office, quarter, sum(r.actualValue) AS units""",
    )
    assert {(row["agent"], row["office"], row["quarter"]): row["units"] for row in found} == won
    assert sum(won.values()) == 10_005_534 * TEN_THOUSANDTHS

    estimated: Counter[str] = Counter()
    for deal in deals:
        if deal["deal_stage"] in {"Prospecting", "Engaging"}:
            product = spelling.get(deal["product"], deal["product"])
            estimated[product] += int(prices[product] * TEN_THOUSANDTHS)
    found = await ask(
        database,
        """MATCH (p:ProductLine)<-[:FOR_PRODUCT_LINE]-(r:Opportunity)
        RETURN p.name AS product, sum(r.estimatedValue) AS units""",
    )
    assert {row["product"]: row["units"] for row in found} == estimated
    [counts] = await ask(
        database,
        """MATCH (r:Opportunity)
        WITH count(r) AS deals, count(r.openDate) AS opened, count(r.actualCloseDate) AS closed,
          count(r.actualValue) AS valued
        RETURN deals, opened, closed, valued, count{(:Opportunity)-[:FOR_ACCOUNT]->(:Account)} AS with_account,
          count{(:User)-[:REPORTS_TO]->(:User)} AS reports, count{(:User)-[:MEMBER_OF]->(:Team)} AS members,
          count{(:Territory)-[:CHILD_OF]->(:Territory)} AS offices,
          count{(:ProductLine)-[:CHILD_OF]->(:ProductLine)} AS products""",
    )
    assert counts == {
        "deals": len(deals),
        "opened": sum(bool(deal["engage_date"]) for deal in deals),
        "closed": sum(bool(deal["close_date"]) for deal in deals),
        "valued": sum(bool(deal["close_value"]) for deal in deals),
        "with_account": sum(bool(deal["account"]) for deal in deals),
        "reports": len(team),
        "members": len(team),
        "offices": len({row["regional_office"] for row in team.values()}),
        "products": len(prices),
    }
