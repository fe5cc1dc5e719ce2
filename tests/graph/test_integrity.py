"""Checks of the data: a sound database shows none, and each planted fault is found by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from graph import integrity
from graph.owners import OwnerKind
from tests.factories import Q1, YEAR, Company

if TYPE_CHECKING:
    from graph.database import Database, Transaction
    from graph.statement import Read

LEAF = "MATCH (g:Goal {title: 'Leaf'}) "
MIDDLE = "MATCH (g:Goal {title: 'Middle'}) "
DEAL = "MATCH (r:Opportunity) "
MONEY = "Money and dates: {} is missing, wrong or unfinished"

#: Which check finds a fault, by how its name begins.
CHECKS: dict[str, type[Read[integrity.Finding]]] = {
    "A FLOAT": integrity.Floats,
    "A goal's": integrity.GoalSums,
    "A goal has not": integrity.GoalLinks,
    "A goal": integrity.GoalTrees,
    "Goal.": integrity.GoalProperties,
    "Metric.": integrity.Metrics,
    "RollupField.": integrity.Metrics,
    "Owner.": integrity.Owners,
    "Organization": integrity.Organizations,
    "RecordType.": integrity.Organizations,
    "Record.": integrity.Records,
    "Money": integrity.Money,
}
#: A statement that plants a fault, and the fault's name.
PLANTED = [
    (DEAL + "SET r.actualValue = 1.5", "A FLOAT is stored in Record.actualValue"),
    (DEAL + "SET r.status = [1.5]", "A FLOAT is stored in Record.status"),
    (LEAF + "SET g.target = 10.0", "A FLOAT is stored in Goal.target"),
    ("MATCH (m:Metric) SET m.description = 0.5", "A FLOAT is stored in Metric.description"),
    (LEAF + "SET g.title = null", "Goal.title is missing or wrong"),
    (LEAF + "SET g.state = 'SHUT'", "Goal.state is missing or wrong"),
    (LEAF + "SET g.state = 'ACHIEVED'", "Goal.frozenAt is missing or wrong"),
    (LEAF + "SET g.restricted = null", "Goal.restricted is missing or wrong"),
    (LEAF + "SET g.target = -1", "Goal.target is missing or wrong"),
    (LEAF + "SET g.target = 2, g.stretchTarget = 1", "Goal.stretchTarget is missing or wrong"),
    (LEAF + "SET g.recordSet = 'MINE'", "Goal.recordSet is missing or wrong"),
    (LEAF + "SET g.includeTeamMembers = 'no'", "Goal.includeTeamMembers is missing or wrong"),
    (LEAF + "SET g.periodKind = 'FISCAL'", "Goal.fiscalYear is missing or wrong"),
    (LEAF + "SET g.periodTemplate = 'QUARTERLY'", "Goal.periodTemplate is missing or wrong"),
    (LEAF + "SET g.startDate = '2026-01-01'", "Goal.startDate is missing or wrong"),
    (LEAF + "SET g.endDate = date('2025-01-01')", "Goal.endDate is missing or wrong"),
    (LEAF + "SET g.updatedAt = null", "Goal.updatedAt is missing or wrong"),
    (LEAF + "SET g.rollupError = 'BAD'", "Goal.rollupError is missing or wrong"),
    (LEAF + "SET g.inProgressOwnCount = '1'", "Goal.inProgress is missing or wrong"),
    (LEAF + "SET g.customPinned = '1'", "Goal.custom is missing or wrong"),
    (LEAF + "SET g.inProgressPinned = 1", "Goal.override is missing or wrong"),
    (LEAF + "SET g.overrideReason = 'Why'", "Goal.override is missing or wrong"),
    (LEAF + "SET g.overrideEnd = date('2026-01-01')", "Goal.overrideEnd is missing or wrong"),
    (LEAF + "SET g.holdsUntil = '2026-01-01'", "Goal.holdsUntil is missing or wrong"),
    (LEAF + "MATCH (g)-[link:MEASURED_BY]->() DELETE link", "A goal has not one metric"),
    (LEAF + "MATCH (u:User {externalId: 'rep'}) CREATE (g)-[:MANAGED_BY]->(u)", "A goal has not one manager, a user"),
    (LEAF + "MATCH (g)-[link:OWNED_BY]->() DELETE link", "A goal has not one owner"),
    (LEAF + "MATCH (t:Goal {title: 'Top'}) CREATE (g)-[:CHILD_OF]->(t)", "A goal has not at most one parent, a goal"),
    (
        LEAF + "MATCH (t:RecordType {key: 'opportunity'}) CREATE (q:RollupQuery)-[:QUERIES]->(t) "
        "CREATE (g)-[:FILTERED_BY {category: 'ACTUAL'}]->(q) CREATE (g)-[:FILTERED_BY {category: 'ACTUAL'}]->(q)",
        "A goal has not at most one query for a category",
    ),
    (
        LEAF + "MATCH (t:RecordType {key: 'account'}) CREATE (q:RollupQuery)-[:QUERIES]->(t) "
        "CREATE (g)-[:FILTERED_BY {category: 'ACTUAL'}]->(q)",
        "A goal has not queries over what its metric reads",
    ),
    (
        LEAF + "MATCH (g)-[link:MEASURED_BY]->() MATCH (m:Metric {name: 'Other'}) DELETE link "
        "CREATE (g)-[:MEASURED_BY]->(m)",
        "A goal has another metric than its parent",
    ),
    (MIDDLE + "SET g.startDate = date('2025-12-31')", "A goal has a period outside its parent's"),
    (
        "MATCH (g:Goal {title: 'Top'}) SET g.state = 'ACHIEVED', g.frozenAt = g.createdAt",
        "A goal is open below an achieved one",
    ),
    (
        "MATCH (t:Goal {title: 'Top'}) MATCH (g:Goal {title: 'Leaf'}) CREATE (t)-[:CHILD_OF]->(g)",
        "A goal is below itself",
    ),
    (LEAF + "SET g.actualOwn = g.actualOwn + 1", "A goal's actual from below is not the sum of its children"),
    (LEAF + "SET g.actualPinned = 1", "A goal's actual from below is not the sum of its children"),
    (MIDDLE + "SET g.actualBelowCount = 7", "A goal's actual from below is not the sum of its children"),
    (LEAF + "SET g.inProgressOwn = 3", "A goal's in-progress from below is not the sum of its children"),
    (MIDDLE + "SET g.customBelow = 3", "A goal's custom from below is not the sum of its children"),
    ("MATCH (m:Metric {name: 'Other'}) SET m.name = ''", "Metric.name is missing or wrong"),
    ("MATCH (m:Metric {name: 'Other'}) SET m.dataType = 'FLOAT'", "Metric.dataType is missing or wrong"),
    (
        "MATCH (m:Metric {name: 'Other'})-[:HAS_FIELD]->(f) SET f.category = 'ACTUAL'",
        "Metric.rollup fields, one for a category is missing or wrong",
    ),
    ("MATCH (f:RollupField) SET f.statuses = null", "RollupField.statuses is missing or wrong"),
    (
        "MATCH (:RollupField)-[link:READS]->() DELETE link",
        "RollupField.record type, exactly one is missing or wrong",
    ),
    ("MATCH (u:User {externalId: 'rep'}) SET u.active = null", "Owner.active is missing or wrong"),
    ("MATCH (u:User {externalId: 'rep'}) REMOVE u:Owner", "Owner.kind, the one of its label is missing or wrong"),
    ("MATCH (t:Team) SET t.kind = 'TERRITORY'", "Owner.kind, the one of its label is missing or wrong"),
    ("MATCH (t:Team) SET t.name = null", "Owner.name is missing or wrong"),
    (
        "MATCH (a:Territory {name: 'World'}) MATCH (b:Territory {name: 'East'}) CREATE (a)-[:CHILD_OF]->(b)",
        "Owner.place, not below itself is missing or wrong",
    ),
    (
        "MATCH (a:Territory {name: 'East'}) MATCH (b:Territory {name: 'West'}) CREATE (a)-[:CHILD_OF]->(b)",
        "Owner.parent, at most one of its kind is missing or wrong",
    ),
    (
        "MATCH (a:Territory {name: 'West'}) MATCH (b:Team) CREATE (a)-[:CHILD_OF]->(b)",
        "Owner.parent, at most one of its kind is missing or wrong",
    ),
    (
        "MATCH (u:User {externalId: 'rep'}) CREATE (u)-[:REPORTS_TO]->(u)",
        "Owner.place, not below itself is missing or wrong",
    ),
    ("MATCH (o:Organization) SET o.startMonth = 13", "Organization.startMonth is missing or wrong"),
    ("MATCH (o:Organization) SET o.behindFrom = '0.8'", "Organization.behindFrom is missing or wrong"),
    ("CREATE (o:Organization {key: 'second'})", "Organization, at most one, is missing or wrong"),
    ("MATCH (t:RecordType {key: 'order'}) SET t.label = null", "RecordType.label is missing or wrong"),
    (DEAL + "SET r.actualValue = '12'", "Record.actualValue is missing or wrong"),
    (DEAL + "SET r.actualCloseDate = '2026-01-01'", "Record.actualCloseDate is missing or wrong"),
    (DEAL + "SET r.actualCloseDate = datetime('2026-01-01')", "Record.actualCloseDate is missing or wrong"),
    ("MATCH (r:PhoneCall) SET r.actualStart = date('2026-01-01')", "Record.actualStart is missing or wrong"),
    ("MATCH (r:PhoneCall) SET r.actualStartDate = r.actualStart", "Record.actualStartDate is missing or wrong"),
    ("MATCH (r:PhoneCall) SET r.direction = 1", "Record.direction is missing or wrong"),
    (DEAL + "SET r.state = null", "Record.state is missing or wrong"),
    (DEAL + "SET r.type = 'order'", "Record.type, the one of its label is missing or wrong"),
    (DEAL + "SET r:Order", "Record.type, the one of its label is missing or wrong"),
    (DEAL + "SET r.type = 'site_visit'", "Record.type, the one of its label is missing or wrong"),
    (DEAL + "MATCH (t:Team) CREATE (r)-[:OWNED_BY]->(t)", "Record.owner, at most one is missing or wrong"),
    (
        DEAL + "MATCH (a:Account) CREATE (r)-[:PART_OF]->(a)",
        "Record.parent, at most one of its parent type is missing or wrong",
    ),
    (
        "MATCH (r:Account) CREATE (r)-[:PART_OF]->(r)",
        "Record.parent, at most one of its parent type is missing or wrong",
    ),
    (
        "MATCH (a:RecordType {key: 'invoice'}) MATCH (b:RecordType {key: 'quote'}) CREATE (a)-[:CHILD_OF]->(b)",
        "RecordType.parent, at most one is missing or wrong",
    ),
    (
        "MATCH (a:RecordType {key: 'opportunity'}) MATCH (b:RecordType {key: 'order'}) CREATE (a)-[:CHILD_OF]->(b)",
        "RecordType.place, within five types and not below itself is missing or wrong",
    ),
    (DEAL + "MATCH (t:Team) CREATE (r)-[:IN_TERRITORY]->(t)", "Record.territory, at most one is missing or wrong"),
    (DEAL + "SET r.actualValueBase = null", MONEY.format("a record's base amount")),
    (DEAL + "SET r.estimatedValueBase = 1", MONEY.format("a record's base amount")),
    (DEAL + "SET r.currency = 'usd'", MONEY.format("a record's currency")),
    (DEAL + "SET r.currency = 'USD', r.inheritedCurrency = 'USD'", MONEY.format("a record's inherited currency")),
    (DEAL + "SET r.rateDate = '2026-01-01'", MONEY.format("a record's rate date")),
    ("CREATE (:ExchangeRate {currency: 'USD', validFrom: date(), rate: 0})", MONEY.format("an exchange rate")),
    ("MATCH (o:Organization) SET o.baseCurrency = 'XXX'", MONEY.format("the base currency")),
    (
        "MATCH (o:Organization) SET o.timeZoneCursor = ''",
        MONEY.format("the change of the time zone (repeat setTimeZone)"),
    ),
]


@pytest.fixture
async def sound(company: Company) -> Company:
    """An organization with a tree of three goals, one record that counts, and a bit of everything else."""
    await company.users("rep")
    await company.owners(OwnerKind.TEAM, {"name": "Team"})
    world, other = {"name": "World"}, {"name": "West", "parent": "World"}
    await company.owners(OwnerKind.TERRITORY, world, other, {"name": "East", "parent": "World"})
    metric = await company.metric()
    await company.metric("Other")
    manager = company.ids["administrator"]
    more: dict[str, Any] = {"manager_id": manager, "owner_id": company.ids["rep"]}
    top = await company.goal("Top", metric_id=metric, period=YEAR, **more)
    middle = await company.goal("Middle", parent_id=top, period=Q1, **more)
    await company.goal("Leaf", parent_id=middle, target="10", **more)
    await company.won("rep", ("12.5", "2026-02-01"), territory="East")
    call = {"actualStart": "2026-02-01T08:00:00Z", "direction": "INCOMING"}
    await company.records("phone_call", {"state": "COMPLETED", "fields": call})
    await company.records("account", {"name": "Account"})
    await company.recalculate(top)
    return company


async def test_a_sound_database_has_no_faults(sound: Company) -> None:
    assert await integrity.check(sound.database) == []


async def test_an_empty_database_has_no_faults(database: Database) -> None:
    assert await integrity.check(database) == []


@pytest.mark.usefixtures("sound")
async def test_each_planted_fault_is_found_by_its_own_check(database: Database) -> None:
    missed = []
    for statement, name in PLANTED:
        found = await _with(database, statement, name)
        if not any(finding.name == name and finding.ids for finding in found):
            missed.append((statement, name, [finding.name for finding in found]))
    assert missed == []
    assert await integrity.check(database) == []


@pytest.mark.usefixtures("sound")
async def test_no_fault_keeps_a_check_from_its_end(database: Database) -> None:
    for statement, _ in reversed(PLANTED):  # the last ones need the names that the first ones take
        await database.schema(statement)
    found = {finding.name for finding in await integrity.check(database)}
    assert "Goal.inProgress is missing or wrong" in found
    assert len(found) > len(PLANTED) / 2


async def test_a_fault_is_counted_and_ten_of_its_ids_named(database: Database) -> None:
    await database.schema("UNWIND range(11, 22) AS n CREATE (:Team:Owner {id: 'team-' + n, externalId: 't' + n})")
    found = {finding.name: finding for finding in await integrity.check(database)}
    finding = found["Owner.name is missing or wrong"]
    assert finding.count == 12
    assert finding.ids == [f"team-{n}" for n in range(11, 21)]


class _Undone(Exception):  # noqa: N818 - no error: what takes a planted fault back
    def __init__(self, found: list[integrity.Finding]) -> None:
        super().__init__()
        self.found = found


async def _with(database: Database, statement: str, name: str) -> list[integrity.Finding]:
    """Run the check that finds faults of this name in a transaction that planted one, and take the fault back."""

    async def work(tx: Transaction) -> None:
        by_class = {type(check): check for check in [*await integrity.checks(tx), integrity.GoalSums()]}
        kind = next(kind for prefix, kind in CHECKS.items() if name.startswith(prefix))
        await tx.text(statement, {}, name="tests/plant")
        raise _Undone(await tx.run(by_class[kind]))

    with pytest.raises(_Undone) as undone:
        await database.write(work)
    return undone.value.found
