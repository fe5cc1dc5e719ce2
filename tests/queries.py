"""Rollup queries for tests, written straight into the database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from graph.query_form import written_spec
from graph.query_spec import FieldCondition, Operator, Subject, asks_structure, fields_read, moves_with_the_day

if TYPE_CHECKING:
    from graph.clock import Clock
    from graph.database import Database, Transaction
    from graph.query_spec import Spec

_CREATE = """
MATCH (type:RecordType {key: $type})
CREATE (query:RollupQuery)-[:QUERIES]->(type)
SET query = $properties
RETURN count(*) AS count
"""


async def rollup_query(database: Database, clock: Clock, name: str, spec: Spec, record_type: str) -> str:
    """Make a rollup query over records of a type; its id, which is made of its name."""
    id_, now = f"query {name}", clock.now()
    properties: dict[str, Any] = {
        "id": id_,
        "name": name,
        "nameKey": name.casefold(),
        "spec": json.dumps(written_spec(spec)),
        "movesWithTheDay": moves_with_the_day(spec),
        "asksStructure": asks_structure(spec),
        "readsAccounts": any(subject is Subject.ACCOUNT for subject, _ in fields_read(spec)),
        "createdAt": now,
        "updatedAt": now,
    }

    async def work(tx: Transaction) -> None:
        await tx.text(_CREATE, {"type": record_type, "properties": properties}, name="tests/rollup_query")

    await database.write(work)
    return id_


def of_account_in(postal_code: str) -> Spec:
    """Records about accounts with a postal code."""
    return FieldCondition(Subject.ACCOUNT, "postalCode", Operator.EQUALS, (postal_code,))


def named(name: str) -> Spec:
    """Records of a name."""
    return FieldCondition(Subject.RECORD, "name", Operator.EQUALS, (name,))


def closed_in_the_last(days: int) -> Spec:
    """Opportunities closed in the days before today."""
    return FieldCondition(Subject.RECORD, "actualCloseDate", Operator.LAST_DAYS, (str(days),))
