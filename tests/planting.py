"""Worlds of `worlds`, written straight into the database, past the rules; and what the database holds of goals."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from graph.query_form import written_spec
from graph.query_spec import moves_with_the_day
from graph.record_type import base_name
from tests.worlds import LABELS, PROPERTIES

if TYPE_CHECKING:
    from graph.database import Database, Transaction
    from tests.factories import Company
    from tests.worlds import Record, World

LINK_OWNERS = """
UNWIND $rows AS row MATCH (a:Owner {id: row[0]}) MATCH (b:Owner {id: row[1]}) CREATE (a)-[:$(row[2])]->(b)
"""
CREATE_RECORDS = """
UNWIND $rows AS row CREATE (r:Record:$(row.label) {id: row.id, type: row.label, externalId: row.id})
SET r += row.properties WITH r, row
CALL (r, row) { MATCH (o:Owner {id: row.owner}) CREATE (r)-[:OWNED_BY]->(o) }
CALL (r, row) { MATCH (o:Owner {id: row.territory}) CREATE (r)-[:IN_TERRITORY]->(o) }
CALL (r, row) { MATCH (o:Owner {id: row.product_line}) CREATE (r)-[:FOR_PRODUCT_LINE]->(o) }
CALL (r, row) { MATCH (o:Record {id: row.parent}) CREATE (r)-[:PART_OF]->(o) }
CALL (r, row) { MATCH (o:Record {id: row.account}) CREATE (r)-[:FOR_ACCOUNT]->(o) }
"""
CREATE_GOALS = """
MATCH (m:Metric {id: $metric}) MATCH (a:User {id: $manager}) UNWIND $rows AS row
MATCH (o:Owner {id: row.owner}) CREATE (g:Goal {id: row.id}) SET g += row.properties
CREATE (g)-[:MEASURED_BY]->(m) CREATE (g)-[:MANAGED_BY]->(a) CREATE (g)-[:OWNED_BY]->(o)
"""
CREATE_QUERIES = """
UNWIND $rows AS row MATCH (t:RecordType {key: row.type}) CREATE (q:RollupQuery)-[:QUERIES]->(t) SET q += row.properties
"""
FILTER_GOALS = """
UNWIND $rows AS row MATCH (g:Goal {id: row[0]}) MATCH (q:RollupQuery {id: 'query-' + row[2]})
CREATE (g)-[:FILTERED_BY {category: toUpper(row[1])}]->(q)
"""
LINK_GOALS = """
UNWIND $rows AS row MATCH (g:Goal {id: row.id}) MATCH (p:Goal {id: row.parent}) CREATE (g)-[:CHILD_OF]->(p)
"""


async def plant(company: Company, world: World, metric: str) -> list[str]:
    """Write a world straight into the database, past the rules; the goals' ids by number."""
    trees = {"BUSINESS_UNIT": world.units, "TERRITORY": world.territories, "PRODUCT_LINE": world.product_lines}
    owners = [("USER", n) for n in range(len(world.user_units))] + [("TEAM", n) for n in range(len(world.team_units))]
    owners += [(kind, n) for kind, parents in trees.items() for n in range(len(parents))]
    links = [(kind, n, kind, parent, "CHILD_OF") for kind, parents in trees.items() for n, parent in enumerate(parents)]
    links += [("USER", n, "BUSINESS_UNIT", unit, "IN_UNIT") for n, unit in enumerate(world.user_units)]
    links += [("TEAM", n, "BUSINESS_UNIT", unit, "IN_UNIT") for n, unit in enumerate(world.team_units)]
    links += [("USER", n, "USER", manager, "REPORTS_TO") for n, manager in enumerate(world.reports_to)]
    links += [("USER", n, "TEAM", team, "MEMBER_OF") for n, teams in enumerate(world.memberships) for team in teams]
    records = [
        {
            "id": f"record-{n}",
            "label": record.label,
            "properties": _stored(record),
            "owner": _key(record.owner),
            "territory": _key(("TERRITORY", record.territory)),
            "product_line": _key(("PRODUCT_LINE", record.product_line)),
            "parent": None if record.parent is None else f"record-{record.parent}",
            "account": None if record.account is None else f"record-{record.account}",
        }
        for n, record in enumerate(world.records)
    ]
    goals = [
        {
            "id": _goal_id(n),
            "parent": None if goal.parent is None else _goal_id(goal.parent),
            "owner": _key(goal.owner),
            "properties": {
                "title": f"Goal {n}",
                "state": goal.state,
                "restricted": False,
                "rollupOnlyFromChildren": goal.only_children,
                "recordSet": "ALL" if goal.all_records else "OWNED",
                "includeTeamMembers": goal.members,
                "periodKind": "CUSTOM",
                "periodLabel": "",
                "startDate": goal.start,
                "endDate": goal.end,
                "createdAt": company.clock.now(),
                "updatedAt": company.clock.now(),
                **{f"{PROPERTIES[category]}Pinned": units for category, units in goal.pinned},
            },
        }
        for n, goal in enumerate(world.goals)
    ]
    statements: list[tuple[str, list[Any]]] = [
        (
            "UNWIND $rows AS row CREATE (n:Owner:$(row.label)) SET n += row.properties",
            [
                {
                    "label": LABELS[kind],
                    "properties": {
                        "kind": kind,
                        "externalId": f"{n}",
                        **dict.fromkeys(("id", "name"), _key((kind, n))),
                    },
                }
                for kind, n in owners
            ],
        ),
        (LINK_OWNERS, [[_key((a, n)), _key((b, m)), type_] for a, n, b, m, type_ in links if m is not None]),
        (CREATE_RECORDS, records),
        (CREATE_GOALS, goals),
        (LINK_GOALS, [goal for goal in goals if goal["parent"]]),
        (
            CREATE_QUERIES,
            [
                {
                    "type": {"custom": "order_line"}.get(category, "opportunity"),
                    "properties": {
                        **dict.fromkeys(("id", "name", "nameKey"), f"query-{n}"),
                        **dict.fromkeys(("createdAt", "updatedAt"), company.clock.now()),
                        "spec": json.dumps(written_spec(spec)),
                        "movesWithTheDay": moves_with_the_day(spec),
                    },
                }
                for n, (category, spec) in enumerate(world.queries)
            ],
        ),
        (FILTER_GOALS, [[_goal_id(n), *one] for n, goal in enumerate(world.goals) for one in goal.queries]),
    ]

    async def work(tx: Transaction) -> None:
        for text, rows in statements:
            parameters = {"rows": rows, "metric": metric, "manager": company.administrator.id}
            await tx.text(text, parameters, name="tests/plant")

    await company.write(work)
    return [_goal_id(n) for n in range(len(world.goals))]


async def stored(database: Database) -> dict[str, dict[str, Any]]:
    """What the database holds of each goal, by id."""

    async def work(tx: Transaction) -> dict[str, dict[str, Any]]:
        rows = await tx.text("MATCH (g:Goal) RETURN g.id AS id, properties(g) AS properties", {}, name="tests/stored")
        return {row["id"]: row["properties"] for row in rows}

    return await database.read(work)


def _stored(record: Record) -> dict[str, Any]:
    fields = record.fields()
    base = {base_name(key): value for key, value in fields.items() if key.endswith(("Value", "Amount"))}
    own = {"state": record.state, "status": record.status, "name": record.name, "postalCode": record.postal_code}
    return {**own, **fields, **base}


def _goal_id(number: int) -> str:
    # Spread over the hexadecimal digits, as random UUIDs are, so that every range of ids has goals.
    return f"{number * 7919 % 16:x}goal-{number}"


def _key(owner: tuple[str, int | None] | None) -> str | None:
    return None if owner is None or owner[1] is None else f"{owner[0]}-{owner[1]}"
