"""The public CRM data set as goals: loaded as `goals import` does; each total against a sum over the CSV.

The sums are worked out here, by `csv` and `Decimal` alone: they share no code with the product.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from pydantic import SecretStr

from api.app import create_app
from api.auth import Tokens
from api.cli.import_file import Summary, run_import
from api.loaders import Loaders
from api.schema import schema
from graph import goal_change
from graph.goal import GoalsByIds
from graph.goal_creation import GoalDraft
from graph.import_file import open_import
from graph.metric_change import RollupFieldDraft
from graph.organization import organization
from graph.owners import OwnerKind, OwnersByExternalIds
from graph.period import GoalPeriod, PeriodKind, resolve_period
from graph.rollup_compiler import Category
from graph.settings import Settings
from tests.factories import WON_REVENUE, Company

if TYPE_CHECKING:
    from graph.clock import FixedClock
    from graph.database import Database, Transaction
    from graph.goal import GoalRow

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data" / "crm-sales-opportunities"
MAPS = ROOT / "tests" / "data" / "crm"

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the CRM data set is not there: it belongs in ../shared/data/crm-sales-opportunities"
)

LOADS = (
    ("territories", "sales_teams.csv", "territories.toml"),
    ("product_lines", "products.csv", "series.toml"),
    ("product_lines", "products.csv", "products.toml"),
    ("teams", "sales_teams.csv", "teams.toml"),
    ("users", "sales_teams.csv", "managers.toml"),
    ("users", "sales_teams.csv", "agents.toml"),
    ("account", "accounts.csv", "accounts.toml"),
    ("opportunity", "sales_pipeline.csv", "opportunities.toml"),
)
ENGAGED = RollupFieldDraft(Category.IN_PROGRESS, "opportunity", "openDate", "OPEN", ("IN_PROGRESS",), "estimatedValue")
YEAR = 2017
#: By depth in the tree.
TARGETS = {0: "10000000", 1: "2500000", 2: "900000", 3: None, 4: "75000"}
QUERY = (
    "query ($id: ID!) { goalTree(rootId: $id) { truncated nodes { id depth goal { title target actual inProgress"
    " ownActual recordCount percentageAchieved rollup { state incomplete } } } } }"
)

#: What a goal stands for: its quarter, office, manager and agent, as far as its level has them.
Key = tuple[str, ...]


@dataclass
class Sums:
    """What the CSV files say, for each goal: sums and numbers of deals, won and engaged."""

    won: defaultdict[Key, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    engaged: defaultdict[Key, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    won_deals: Counter[Key] = field(default_factory=Counter)
    engaged_deals: Counter[Key] = field(default_factory=Counter)


def rows_of(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def sums_of_the_files() -> Sums:
    """Add up every deal of the year, for its agent and each level above."""
    people = {row["sales_agent"]: row for row in rows_of("sales_teams.csv")}
    prices = {row["product"].replace(" ", ""): Decimal(row["sales_price"]) for row in rows_of("products.csv")}
    sums = Sums()
    for deal in rows_of("sales_pipeline.csv"):
        won = deal["deal_stage"] == "Won"
        if not won and deal["deal_stage"] != "Engaging":
            continue
        month, _, year = (int(part) for part in deal["close_date" if won else "engage_date"].split("/"))
        if year != YEAR:
            continue
        agent = people[deal["sales_agent"]]
        path = (str((month + 2) // 3), agent["regional_office"], agent["manager"], agent["sales_agent"])
        for length in range(len(path) + 1):
            if won:
                sums.won[path[:length]] += Decimal(deal["close_value"])
                sums.won_deals[path[:length]] += 1
            else:
                sums.engaged[path[:length]] += prices[deal["product"].replace(" ", "")]
                sums.engaged_deals[path[:length]] += 1
    return sums


async def load(database: Database, clock: FixedClock) -> dict[str, int]:
    """Load every file; how many rows were inserted, by map."""
    inserted = {}
    refused: list[object] = []
    for type_key, file, map_file in LOADS:
        summary = Summary()
        loading = await open_import(database, type_key, DATA / file, MAPS / map_file)
        await run_import(database, clock, loading, summary, refused.append)
        inserted[map_file.removesuffix(".toml")] = summary.inserted
    assert refused == []
    return inserted


async def plant(company: Company) -> dict[str, Key]:
    """Make the tree, the year at its top; what each goal stands for, by id, the root first."""
    people = rows_of("sales_teams.csv")
    names = {
        *(("TERRITORY", f"office:{row['regional_office']}") for row in people),
        *(("TEAM", f"team:{row['manager']}") for row in people),
        *(("USER", f"manager:{row['manager']}") for row in people),
        *(("USER", f"agent:{row['sales_agent']}") for row in people),
        (OwnerKind.TERRITORY.value, "office:all"),
    }
    metric = await company.metric("Revenue", WON_REVENUE, ENGAGED)
    viewer, now = company.administrator, company.clock.now()

    async def work(tx: Transaction) -> dict[str, Key]:
        found = await tx.run(OwnersByExternalIds(sorted(names)))
        ids = {row.external_id: row.id for row in found}
        calendar = (await organization(tx)).calendar
        goals: dict[str, Key] = {}

        async def goal(key: Key, owner: str, manager: str, parent: str | None, **more: Any) -> str:
            draft = GoalDraft(
                title=f"Goal {len(goals)}",
                parent_id=parent,
                owner_id=ids[owner],
                manager_id=manager,
                target=TARGETS[len(key)],
                rollup_only_from_children=len(key) < 4,
                **more,
            )
            goal_id = await goal_change.create_goal(tx, viewer, draft, now)
            goals[goal_id] = key
            return goal_id

        fiscal = resolve_period(calendar, kind=PeriodKind.FISCAL, fiscal_year=YEAR, whole_year=True)
        root = await goal((), "office:all", viewer.id, None, metric_id=metric, period=fiscal)
        for quarter in calendar.periods(YEAR):
            period = GoalPeriod.fiscal(calendar, quarter)
            made: dict[Key, str] = {}
            top = (str(quarter.index),)
            made[top] = await goal(top, "office:all", viewer.id, root, period=period)
            for row in people:
                office = (*top, row["regional_office"])
                team = (*office, row["manager"])
                agent = (*team, row["sales_agent"])
                manager = ids[f"manager:{row['manager']}"]
                if office not in made:
                    made[office] = await goal(office, f"office:{office[-1]}", viewer.id, made[top])
                if team not in made:
                    made[team] = await goal(team, f"team:{team[-1]}", manager, made[office])
                made[agent] = await goal(agent, f"agent:{agent[-1]}", manager, made[team])
        return goals

    goals: dict[str, Key] = await company.write(work)
    return goals


async def asked(company: Company, text: str, variables: dict[str, Any]) -> dict[str, Any]:
    """Ask the API, as an administrator."""
    settings = Settings(jwt_secret=SecretStr("test-key-" + "k" * 64), request_timeout=60)
    app = create_app(settings, company.database, company.clock, schema=schema, make_loaders=Loaders)
    token = Tokens(settings, company.clock).issue("administrator", timedelta(hours=1))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test") as http:
        answer = await http.post(
            "/graphql",
            json={"query": text, "variables": variables},
            headers={"authorization": f"Bearer {token}"},
        )
    content = answer.json()
    assert "errors" not in content, content
    data: dict[str, Any] = content["data"]
    return data


async def answered(company: Company, root: str) -> list[dict[str, Any]]:
    """Ask the API for the tree."""
    data = await asked(company, QUERY, {"id": root})
    assert not data["goalTree"]["truncated"]
    nodes: list[dict[str, Any]] = data["goalTree"]["nodes"]
    return nodes


async def test_each_total_is_the_sum_over_the_files(company: Company, database: Database, clock: FixedClock) -> None:
    assert await load(database, clock) == {
        "territories": 4,
        "series": 3,
        "products": 7,
        "teams": 6,
        "managers": 6,
        "agents": 35,
        "accounts": 85,
        "opportunities": 8_800,
    }
    goals = await plant(company)
    root = next(iter(goals))
    report = await company.recalculate(root)
    assert (report.goals, report.overflowed) == (1 + 4 * (1 + 3 + 6 + 35), 0)

    sums = sums_of_the_files()
    assert (sums.won[()], sums.won_deals[()]) == (Decimal(10_005_534), 4_238)
    assert [sums.won_deals[str(quarter),] for quarter in range(1, 5)] == [531, 1_254, 1_257, 1_196]

    nodes = await answered(company, root)
    assert {node["id"] for node in nodes} == set(goals)
    for node in nodes:
        key, goal = goals[node["id"]], node["goal"]
        assert node["depth"] == len(key)
        assert Decimal(goal["actual"]) == sums.won[key]
        assert Decimal(goal["inProgress"]) == sums.engaged[key]
        assert Decimal(goal["ownActual"]) == (sums.won[key] if len(key) == 4 else 0)
        assert goal["recordCount"] == sums.won_deals[key] + sums.engaged_deals[key]
        assert goal["rollup"] == {"state": "CURRENT", "incomplete": False}
        if goal["target"] is None:
            assert goal["percentageAchieved"] is None
        else:
            share = sums.won[key] * 100 / Decimal(goal["target"])
            assert Decimal(goal["percentageAchieved"]) == share.quantize(Decimal("0.01"), ROUND_HALF_EVEN)

    rows = await stored(database, company.administrator.id, list(goals))
    assert {row.id: deals(row, "actual") for row in rows} == {id_: sums.won_deals[key] for id_, key in goals.items()}
    assert {row.id: deals(row, "in_progress") for row in rows} == {
        id_: sums.engaged_deals[key] for id_, key in goals.items()
    }

    without = {row["sales_agent"] for row in rows_of("sales_teams.csv")} - {
        row["sales_agent"] for row in rows_of("sales_pipeline.csv")
    }
    idle = [node["goal"] for node in nodes if len(goals[node["id"]]) == 4 and goals[node["id"]][3] in without]
    assert len(idle) == 4 * 5
    assert {(goal["actual"], goal["inProgress"], goal["recordCount"]) for goal in idle} == {("0", "0", 0)}


async def stored(database: Database, viewer: str, ids: list[str]) -> list[GoalRow]:
    async def work(tx: Transaction) -> list[GoalRow]:
        return await tx.run(GoalsByIds(viewer, ids))

    return await database.read(work)


def deals(goal: GoalRow, category: str) -> int:
    """How many records one category of a goal counts, own and below."""
    return sum(getattr(goal, f"{category}_{part}_count") or 0 for part in ("own", "below"))
