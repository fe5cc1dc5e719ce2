"""What tests of goals and metrics over GraphQL share: a desk from which an administrator sends mutations by name."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graph.fold import fold_waiting
from graph.organization import ensure_organization
from tests.api.structure import load, logins

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from typing import LiteralString

    from graph.clock import FixedClock
    from graph.database import Database, Transaction
    from graph.settings import Settings
    from tests.api.conftest import Client

#: What is asked of a goal unless a test says otherwise.
NUMBERS = "title actual inProgress custom percentageAchieved rollup { state calculatedAt incomplete error }"
_DERIVED = "records kept finished next changes { recordType field records change }"
#: What is asked of each payload beside its errors.
_ANSWERS = {
    "deleteGoal": "deletedId",
    "deleteMetric": "deletedId",
    "deleteRollupQuery": "deletedId",
    **dict.fromkeys(("createRollupQuery", "updateRollupQuery"), "rollupQuery { id }"),
    "createGoals": "goals { key goal { id } }",
    "copyGoals": "copies { title path target stretchTarget period { label startDate endDate } source { id } "
    "goal { id } } restrictedCount",
    "realignGoals": "realigned { goal { title } from { label startDate } to { label startDate endDate } }",
    "recalculateGoal": "finished goal { id }",
    "createMetric": "metric { id rollupFields { id category } }",
    "updateMetric": "metric { id }",
    "createRollupField": "metric { id rollupFields { id category } }",
    "defineRecordType": (
        "recordType { key parentType rateDate states { key statuses } fields { key name dataType choices } }"
    ),
    "deleteRecords": "deleted",
    "updateRollupField": "metric { id }",
    "deleteRollupField": "metric { id rollupFields { id } }",
    "setExchangeRates": "inserted updated unchanged removed",
    "setBaseCurrency": "baseCurrency",
    **dict.fromkeys(("reapplyRates", "setTimeZone"), _DERIVED),
}
_OWNERS = {
    "upsertUsers": "users",
    "upsertTeams": "teams",
    "upsertBusinessUnits": "businessUnits",
    "upsertTerritories": "territories",
    "upsertProductLines": "productLines",
}
# Locks are taken by writing; a refusal may leave one behind, and it says nothing. A denial is noted in the audit log.
_ALL_NODES: LiteralString = """
MATCH (n) WHERE NOT n:AuditEntry RETURN elementId(n) AS id, labels(n) AS names, properties(n) AS properties
UNION ALL
MATCH (a)-[r]->(b)
RETURN elementId(r) AS id, [type(r), elementId(a), elementId(b)] AS names, properties(r) AS properties
"""

Q1 = {"custom": {"startDate": "2026-01-01", "endDate": "2026-03-31"}}
YEAR = {"custom": {"startDate": "2026-01-01", "endDate": "2026-12-31"}}


def custom(start: str, end: str) -> dict[str, Any]:
    """Give a period as clients do."""
    return {"custom": {"startDate": start, "endDate": end}}


def won(external_id: str, owner: str | None, amount: str, day: str, **more: Any) -> dict[str, Any]:
    """Give the row of a won opportunity."""
    held = {} if owner is None else {"owner": {"user": owner}}
    fields = {"actualValue": amount, "actualCloseDate": day}
    return {"externalId": external_id, "state": "WON", "fields": fields, **held, **more}


@dataclass
class Desk:
    """The application with one administrator at work. `ids` holds what was made, by name or title."""

    login: Callable[[str], Client]
    database: Database
    clock: FixedClock
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def admin(self) -> Client:
        """The administrator."""
        return self.login("admin")

    async def send(self, mutation: str, client: Client | None = None, /, **given: Any) -> dict[str, Any]:
        """Send a mutation; its payload."""
        name = mutation[0].upper() + mutation[1:]
        name = {
            "DeleteGoal": "GoalId",
            "CancelGoal": "GoalId",
            "ReopenGoal": "GoalId",
            "ClearGoalOverride": "GoalId",
        }.get(name, name)
        name = {
            "DeleteMetric": "MetricId",
            "DeleteRollupField": "RollupFieldId",
            "DeleteRollupQuery": "RollupQueryId",
        }.get(name, name)
        answer = _ANSWERS.get(mutation, f"goal {{ id {NUMBERS} }}")
        document = (
            f"mutation($input: {name}Input!) {{ payload: {mutation}(input: $input) "
            f"{{ {answer} userErrors {{ code field message }} }} }}"
        )
        payload: dict[str, Any] = (await (client or self.admin).data(document, {"input": given}))["payload"]
        return payload

    async def do(self, mutation: str, client: Client | None = None, /, **given: Any) -> dict[str, Any]:
        """Send a mutation that must be done; its payload."""
        payload = await self.send(mutation, client, **given)
        assert payload["userErrors"] == [], (mutation, given, payload)
        return payload

    async def refused(self, mutation: str, client: Client | None = None, /, **given: Any) -> tuple[str, str | None]:
        """Send a mutation that must be refused; the code and the dotted field of its one error."""
        payload = await self.send(mutation, client, **given)
        (error,) = payload.pop("userErrors")
        assert error["message"].endswith("."), error
        assert not any(payload.values()), payload
        return error["code"], error["field"] and ".".join(error["field"])

    async def owners(self, mutation: str, *rows: dict[str, Any]) -> None:
        """Make users or structure; external ids are names."""
        await load(self.admin, mutation, [{"externalId": row["name"], **row} for row in rows])
        found = await self.admin.data(f"{{ all: {_OWNERS[mutation]}(first: 200) {{ nodes {{ id name }} }} }}")
        self.ids |= {node["name"]: node["id"] for node in found["all"]["nodes"]}

    async def users(self, *names: str) -> None:
        """Make users."""
        await self.owners("upsertUsers", *({"name": name} for name in names))

    async def let_count(self, *names: str) -> None:
        """Let users define goals over everybody's records."""
        counting = {"kind": "RECORD", "operation": "AGGREGATE", "depth": "ORGANIZATION"}
        document = "mutation($input: UpsertRoleInput!) { payload: upsertRole(input: $input) { id } }"
        role = await self.admin.data(document, {"input": {"name": "Counter", "privileges": [counting]}})
        for name in names:
            document = "mutation($input: AssignRoleInput!) { assignRole(input: $input) { userErrors { code } } }"
            given = {"roleId": role["payload"]["id"], "userId": self.ids[name]}
            assert (await self.admin.data(document, {"input": given}))["assignRole"]["userErrors"] == []

    async def records(self, type_key: str, *rows: dict[str, Any]) -> None:
        """Write records."""
        await load(self.admin, "upsertRecords", list(rows), type=type_key)

    async def metric(self, name: str, *fields: dict[str, Any], **given: Any) -> str:
        """Make a metric with rollup fields; without any, actual won revenue in money."""
        made = await self.do("createMetric", name=name, **{"type": "AMOUNT", "dataType": "MONEY", **given})
        metric_id: str = made["metric"]["id"]
        for one in fields or (WON_REVENUE,):
            await self.do("createRollupField", metricId=metric_id, **one)
        self.ids[name] = metric_id
        return metric_id

    async def goal(self, title: str, client: Client | None = None, /, **given: Any) -> str:
        """Make a goal; ids in `given` may be names."""
        made = await self.do("createGoal", client, title=title, **self.named(given))
        goal_id: str = made["goal"]["id"]
        self.ids[title] = goal_id
        return goal_id

    def named(self, given: dict[str, Any]) -> dict[str, Any]:
        """Give an input whose ids are names as one of ids."""
        wanted = {"id", "goalId", "parentId", "metricId", "ownerId", "managerId"}
        return {key: self.ids.get(value, value) if key in wanted else value for key, value in given.items()}

    async def recalculate(self, title: str) -> None:
        """Recalculate the tree of a goal, to its end."""
        assert (await self.do("recalculateGoal", goalId=self.ids[title], waitSeconds=60))["finished"]

    async def fold(self) -> None:
        """Fold all changes that wait, as the worker does."""
        while await fold_waiting(self.database, self.clock):
            pass

    async def shown(self, title: str, fields: str = NUMBERS, client: Client | None = None) -> Any:
        """Give what is shown of a goal; one field alone as its value."""
        found = await (client or self.admin).data(f'{{ goal(id: "{self.ids[title]}") {{ {fields} }} }}')
        return found["goal"][fields] if fields.isalpha() and found["goal"] else found["goal"]

    async def all_shown(self, fields: str, *titles: str) -> list[Any]:
        """Give what is shown of several goals, read in one request."""
        aliases = " ".join(f'g{n}: goal(id: "{self.ids[title]}") {{ {fields} }}' for n, title in enumerate(titles))
        found = await self.admin.data(f"{{ {aliases} }}")
        goals = [found[f"g{n}"] for n in range(len(titles))]
        return [goal[fields] for goal in goals] if fields.isalpha() else goals

    async def everything(self) -> list[Any]:
        """Give all nodes and relationships with their properties, but for locks."""

        async def work(tx: Transaction) -> list[dict[str, Any]]:
            return [dict(row) for row in await tx.text(_ALL_NODES, {}, name="tests/all_nodes")]

        rows = await self.database.read(work)
        for row in rows:
            row["properties"].pop("lock", None)
        return sorted(rows, key=lambda row: (len(row["names"]), str(row["id"])))


WON_REVENUE = {
    "category": "ACTUAL",
    "recordType": "opportunity",
    "amountField": "actualValue",
    "dateField": "actualCloseDate",
    "state": "WON",
}
OPEN_REVENUE = {
    "category": "IN_PROGRESS",
    "recordType": "opportunity",
    "amountField": "estimatedValue",
    "dateField": "openDate",
    "state": "OPEN",
}
#: Lines of fulfilled orders, by the orders' dates.
LINES = {
    "category": "CUSTOM",
    "recordType": "order_line",
    "amountField": "extendedAmount",
    "dateField": "orderDate",
    "state": "FULFILLED",
    "stateFromParent": True,
    "dateFromParent": True,
}
CALLS = {"category": "ACTUAL", "recordType": "phone_call", "dateField": "actualEnd", "state": "COMPLETED"}


@asynccontextmanager
async def open_desk(settings: Settings, database: Database, clock: FixedClock) -> AsyncIterator[Desk]:
    """Open the application on an organization with nothing but its administrator and the shipped record types."""
    await database.write(ensure_organization)
    async with logins(settings, database, clock) as login:
        desk = Desk(login, database, clock)
        await desk.owners("upsertUsers")
        yield desk
