"""What is wrong with the data, where Community Neo4j has no constraint that could forbid it. Mending it: not here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graph.base_amount import MoneyFields
from graph.currency import currencies
from graph.record_type import AMOUNTS, FieldType, RecordType, record_types, stored_names
from graph.statement import Read

if TYPE_CHECKING:
    from graph.database import Database, Transaction

#: Seconds that one check of a whole database may take.
DEADLINE = 600.0
_AMOUNTS = ("Goal.actual", "Goal.inProgress", "Goal.custom")


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of fault: how many nodes have it, and the ids of up to ten of them."""

    name: str
    count: int
    ids: list[str]


@dataclass(frozen=True)
class Floats(Read[Finding], path="integrity/floats", row=Finding):
    """Properties that hold a FLOAT."""


@dataclass(frozen=True)
class GoalProperties(Read[Finding], path="integrity/goal_properties", row=Finding):
    """Goals with a property missing or wrong."""


@dataclass(frozen=True)
class GoalLinks(Read[Finding], path="integrity/goal_links", row=Finding):
    """Goals with too few or too many links."""


@dataclass(frozen=True)
class GoalTrees(Read[Finding], path="integrity/goal_trees", row=Finding):
    """Goals that do not fit the goals above them."""


@dataclass(frozen=True)
class GoalSums(Read[Finding], path="integrity/goal_sums", row=Finding):
    """Goals that are not the sum of their children."""


@dataclass(frozen=True)
class Metrics(Read[Finding], path="integrity/metrics", row=Finding):
    """Metrics and rollup fields with something missing or wrong."""


@dataclass(frozen=True)
class Owners(Read[Finding], path="integrity/owners", row=Finding):
    """Owners with something missing, or with two where there may be one."""


@dataclass(frozen=True)
class Organizations(Read[Finding], path="integrity/organization", row=Finding):
    """An organization or record types with something missing or wrong."""


@dataclass(frozen=True)
class Records(Read[Finding], path="integrity/records", row=Finding):
    """Records that are not as their type declares. `types`: by key, what `declared` gives."""

    types: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Money(Read[Finding], path="integrity/money", row=Finding):
    """Money without its base amount, currencies and rates that cannot be. `amounts`: MONEY fields by type."""

    amounts: dict[str, list[str]]
    currencies: list[str]


async def check(database: Database) -> list[Finding]:
    """Find every fault there is a check for; empty for a sound database. Reads all of it: for operators.

    What is written meanwhile may show as a broken sum: check again then.
    """

    async def work(tx: Transaction) -> list[Finding]:
        found = [finding for statement in await checks(tx) for finding in await tx.run(statement)]
        # Only integers can be added up: where others are stored, that is the fault.
        summable = not any(finding.name.startswith(_AMOUNTS) for finding in found)
        return found + (await tx.run(GoalSums()) if summable else [])

    return await database.read(work, deadline=DEADLINE)


async def checks(tx: Transaction) -> list[Read[Finding]]:
    """Give all checks but that of the sums, which is `GoalSums`."""
    kinds = await record_types(tx)
    types = {kind.key: declared(kind) for kind in kinds}
    money = {kind.key: list(MoneyFields.of(kind).amounts) for kind in kinds}
    return [
        Floats(),
        Organizations(),
        Metrics(),
        Owners(),
        GoalProperties(),
        GoalLinks(),
        GoalTrees(),
        Records(types),
        Money(money, sorted(currencies())),
    ]


def declared(kind: RecordType) -> dict[str, Any]:
    """Give a type's label, states and parent type, and the properties of its records by the kind of value they hold."""
    properties: dict[str, list[str]] = {name: [] for name in ("integers", "dates", "moments", "texts", "booleans")}
    for field in kind.fields.values():
        names = stored_names(field)
        match field.data_type:
            case FieldType.DATETIME:
                properties["moments"].append(names[0])
                properties["dates"].append(names[1])
            case FieldType.DATE:
                properties["dates"] += names
            case FieldType.BOOLEAN:
                properties["booleans"] += names
            case amount if amount in AMOUNTS:
                properties["integers"] += names
            case _:
                properties["texts"] += names
    return {"label": kind.label, "states": list(kind.states), "parent": kind.parent_type, **properties}
