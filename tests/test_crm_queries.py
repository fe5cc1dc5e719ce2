"""The public CRM data set through rollup queries: each total, trial and overlap against a sum over the CSV files.

As in `test_crm`, the sums are worked out here, by `csv` and `Decimal` alone: they share no code with the product.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from graph.goal import RecordSet
from graph.organization import organization
from graph.owners import OwnersByExternalIds
from graph.period import PeriodKind, resolve_period
from graph.rollup_compiler import Category
from tests import test_crm
from tests.factories import WON_REVENUE
from tests.graph.asking import create, field
from tests.test_crm import ENGAGED, YEAR, asked, load, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from graph.clock import FixedClock
    from graph.database import Database, Transaction
    from graph.period import GoalPeriod
    from tests.factories import Company

pytestmark = test_crm.pytestmark

#: A deal of the pipeline with its agent's, product's and account's row.
Deal = dict[str, str]
SERIES = ("GTX", "MG", "GTK")
NUMBERS = "actual inProgress recordCount rollup { state } overlap { records amount } "
OVERLAP = f"{NUMBERS} open: overlap(category: IN_PROGRESS) {{ records amount }}"
QUERY = f"query ($id: ID!) {{ goal(id: $id) {{ {OVERLAP} }} }}"
TRIAL = """
query ($input: TestRollupQueryInput!) {
  testRollupQuery(input: $input, first: 200) { count sum records { totalCount } }
}
"""


@cache
def deals() -> tuple[Deal, ...]:
    """All deals; the file's spelling of one product and one sector is set right. Without an account: no sector."""
    people = {row["sales_agent"]: row for row in rows_of("sales_teams.csv")}
    products = {row["product"]: row for row in rows_of("products.csv")}
    accounts = {row["account"]: row for row in rows_of("accounts.csv")}
    found = []
    for row in rows_of("sales_pipeline.csv"):
        deal = {**row, "product": row["product"].replace("GTXPro", "GTX Pro")}
        deal |= people[row["sales_agent"]] | products[deal["product"]] | accounts.get(row["account"], {})
        found.append({**deal, "sector": deal.get("sector", "").replace("technolgy", "technology")})
    return tuple(found)


def having(**values: str) -> Callable[[Deal], bool]:
    """Whether a deal has these values."""
    return lambda deal: all(deal[name] == value for name, value in values.items())


def in_year(deal: Deal, quarter: int = 0) -> str | None:
    """Whether a deal counts in the year, or in one quarter of it: won or engaged then, else None."""
    stage = deal["deal_stage"]
    if stage not in {"Won", "Engaging"}:
        return None
    month, _, year = deal["close_date" if stage == "Won" else "engage_date"].split("/")
    return stage if int(year) == YEAR and quarter in {0, (int(month) + 2) // 3} else None


def amount(deal: Deal) -> Decimal:
    """What a deal adds: an open one its product's list price."""
    return Decimal(deal["close_value"] if deal["deal_stage"] == "Won" else deal["sales_price"])


def sums(counted: Iterable[Deal]) -> dict[str, Any]:
    """What a goal that counts these must answer; deals that come twice count twice."""
    of = {"Won": Decimal(), "Engaging": Decimal()}
    times: Counter[str] = Counter()
    known = {}
    for deal in counted:
        of[deal["deal_stage"]] += amount(deal)
        times[deal["opportunity_id"]] += 1
        known[deal["opportunity_id"]] = deal
    over = {
        stage: [(count - 1, amount(known[key])) for key, count in times.items() if known[key]["deal_stage"] == stage]
        for stage in of
    }
    overlaps = {
        stage: {"records": sum(more > 0 for more, _ in found), "amount": sum(more * each for more, each in found)}
        for stage, found in over.items()
    }
    return {
        "actual": of["Won"],
        "inProgress": of["Engaging"],
        "recordCount": times.total(),
        "rollup": {"state": "CURRENT"},
        "overlap": overlaps["Won"],
        "open": overlaps["Engaging"],
    }


class Tree:
    """Goals with what each must count, the root first."""

    def __init__(self, company: Company, metric: str, period: GoalPeriod) -> None:
        self._company, self._metric, self._period = company, metric, period
        self.counted: dict[str, list[Deal]] = {}
        self._parents: dict[str, str | None] = {}

    async def goal(
        self,
        title: str,
        parent: str | None = None,
        *,
        owner: str | None = None,
        query: str | None = None,
        own: Callable[[Deal], bool] | None = None,
        period: GoalPeriod | None = None,
        quarter: int = 0,
    ) -> str:
        """Make a goal of the administrator's, or of an owner's, that counts these deals; none: its children alone."""
        everything = owner is None and own is not None
        goal_id = await self._company.goal(
            title,
            parent_id=parent,
            metric_id=None if parent else self._metric,
            period=period or (None if parent else self._period),
            manager_id=self._company.administrator.id,
            owner_id=owner or self._company.administrator.id,
            rollup_only_from_children=own is None,
            record_set=RecordSet.ALL if everything else RecordSet.OWNED,
            queries={} if query is None else dict.fromkeys((Category.ACTUAL, Category.IN_PROGRESS), query),
        )
        self._parents[goal_id] = parent
        mine = [deal for deal in deals() if in_year(deal, quarter) and own is not None and own(deal)]
        self.counted[goal_id] = []
        above: str | None = goal_id
        while above is not None:
            self.counted[above] += mine
            above = self._parents[above]
        return goal_id

    async def check(self) -> None:
        """Calculate; every goal's totals and overlaps are those of the files."""
        report = await self._company.recalculate(next(iter(self.counted)))
        assert (report.goals, report.overflowed) == (len(self.counted), 0)
        for goal_id, counted in self.counted.items():
            goal = (await asked(self._company, QUERY, {"id": goal_id}))["goal"]
            for name in ("actual", "inProgress"):
                goal[name] = Decimal(goal[name])
            for name in ("overlap", "open"):
                goal[name]["amount"] = Decimal(goal[name]["amount"])
            assert goal == sums(counted)


async def tree(company: Company) -> Tree:
    """An empty tree of the year."""

    async def work(tx: Transaction) -> GoalPeriod:
        calendar = (await organization(tx)).calendar
        return resolve_period(calendar, kind=PeriodKind.FISCAL, fiscal_year=YEAR, whole_year=True)

    period: GoalPeriod = await company.write(work)
    return Tree(company, await company.metric("Revenue", WON_REVENUE, ENGAGED), period)


async def ids_of(company: Company, kind: str, *external_ids: str) -> dict[str, str]:
    """Ids of owners by external id."""
    rows = await company.database.fetch(OwnersByExternalIds([(kind, one) for one in external_ids]))
    found = {row.external_id: row.id for row in rows}
    assert set(found) == set(external_ids)
    return found


async def test_goals_by_series_and_sector_through_queries_are_the_sums_over_the_files(
    company: Company, database: Database, clock: FixedClock
) -> None:
    await load(database, clock)
    series = await ids_of(company, "PRODUCT_LINE", *(f"series:{one}" for one in SERIES), "product:GTX Basic")
    (manager,) = (await ids_of(company, "USER", "manager:Melvin Marxen")).values()
    sectors = sorted({deal["sector"] for deal in deals()} - {""})
    assert len(sectors) == 10
    made = await tree(company)
    root = await made.goal("Revenue")
    by_series, by_sector = await made.goal("By series", root), await made.goal("By sector", root)
    trials: dict[str, Callable[[Deal], bool]] = {}

    async def add(title: str, parent: str, form: dict[str, Any], own: Callable[[Deal], bool]) -> None:
        query = await create(company, title, form)
        await made.goal(title, parent, query=query, own=own)
        trials[query] = own

    for one in SERIES:
        form = {"productLine": {"atOrBelow": [series[f"series:{one}"]]}}
        await add(f"Series {one}", by_series, form, having(series=one))
    for one in sectors:
        # Texts are compared without regard to case.
        form = field("industry", "ACCOUNT", equals=one.upper())
        await add(f"Sector {one}", by_sector, form, having(sector=one))
    await add("No sector", by_sector, field("industry", "ACCOUNT", isNull=True), having(sector=""))
    nested = {
        "all": [
            {
                "any": [
                    field("actualValue", greaterOrEqual="3000"),
                    {"all": [field("actualValue", less="100"), field("actualCloseDate", after="2017-06-30")]},
                ]
            },
            {"not": {"productLine": {"is": [series["product:GTX Basic"]]}}},
            field("country", "ACCOUNT", notEquals="United States"),
            {"owner": {"managedBy": [manager]}},
        ]
    }

    def nests(deal: Deal) -> bool:
        if not deal["close_value"] or deal["manager"] != "Melvin Marxen" or deal["product"] == "GTX Basic":
            return False
        month, _, year = (int(part) for part in deal["close_date"].split("/"))
        late, value = (year, month) > (YEAR, 6), int(deal["close_value"])
        return (value >= 3000 or (value < 100 and late)) and deal.get("office_location") != "United States"

    await add("Nested", root, nested, nests)
    assert 0 < sum(map(nests, deals())) < 1_000
    await made.check()

    counted = made.counted[by_series]
    assert sums(counted)["actual"] == sums(made.counted[by_sector])["actual"] == Decimal(10_005_534)
    assert sums(counted)["overlap"]["records"] == 0
    assert sums(made.counted[root])["overlap"]["records"] == 4_238

    for query, own in trials.items():
        found = [deal for deal in deals() if own(deal)]  # of any state and year
        given = {"queryId": query, "amountField": "actualValue"}
        tried = (await asked(company, TRIAL, {"input": given}))["testRollupQuery"]
        values = sum(Decimal(deal["close_value"] or "0") for deal in found)
        assert (tried["count"], tried["records"]["totalCount"]) == (len(found), len(found))
        assert Decimal(tried["sum"]) == values


async def test_what_territories_and_products_both_count_is_the_overlap_over_the_files(
    company: Company, database: Database, clock: FixedClock
) -> None:
    await load(database, clock)
    lines = await ids_of(company, "PRODUCT_LINE", "series:GTX", "product:GTX Pro", "series:MG")
    offices = await ids_of(company, "TERRITORY", "office:Central", "office:West")
    calendar = await database.read(organization)
    second = resolve_period(calendar.calendar, kind=PeriodKind.FISCAL, fiscal_year=YEAR, index=2)
    made = await tree(company)
    root = await made.goal("Everything")
    places, products = await made.goal("Offices", root), await made.goal("Products", root)
    for one in ("Central", "West"):
        await made.goal(one, places, owner=offices[f"office:{one}"], own=having(regional_office=one))
    gtx = await made.goal("GTX", products, owner=lines["series:GTX"], own=having(series="GTX"))
    await made.goal("GTX Pro", gtx, owner=lines["product:GTX Pro"], own=having(product="GTX Pro"))
    retail = await create(company, "Retail", field("industry", "ACCOUNT", equals="retail"))
    await made.goal(
        "MG in retail, second quarter",
        products,
        owner=lines["series:MG"],
        query=retail,
        own=having(series="MG", sector="retail"),
        period=second,
        quarter=2,
    )
    await made.check()
    assert sums(made.counted[places])["overlap"]["records"] == 0
    # All of GTX Pro counts twice among the products; both trees have more in common.
    assert 0 < sums(made.counted[products])["overlap"]["records"] < sums(made.counted[root])["overlap"]["records"]
