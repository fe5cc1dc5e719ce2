"""The audit log: each change leaves an entry in its own transaction, and only administrators read it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.api.hierarchy import YEAR, open_desk

if TYPE_CHECKING:
    from graph.clock import FixedClock
    from graph.database import Database
    from graph.settings import Settings
    from tests.api.hierarchy import Desk

LOG = (
    "query($filter: AuditFilter, $first: Int, $after: String) { "
    "auditLog(filter: $filter, first: $first, after: $after) { "
    "totalCount pageInfo { endCursor hasNextPage } nodes { id at who { name } what which fields requestId denied } } }"
)


async def log(desk: Desk, **variables: Any) -> Any:
    """Give a page of the log as the administrator reads it."""
    return (await desk.admin.data(LOG, variables))["auditLog"]


async def test_who_changed_what_and_when(settings: Settings, database: Database, clock: FixedClock) -> None:
    async with open_desk(settings, database, clock) as desk:
        await desk.users("Manager")
        metric = await desk.metric("Revenue")
        goal = await desk.goal("Root", metricId="Revenue", period=YEAR, managerId="Manager")
        start = clock.now()
        clock.advance(timedelta(minutes=1))
        manager = desk.login("Manager")
        document = "mutation($input: UpdateGoalInput!) { updateGoal(input: $input) { userErrors { code } } }"
        secret = {"id": goal, "title": "Top secret", "target": "12345", "clientMutationId": "x"}
        answer = await manager.post(document, {"input": secret})
        await desk.refused("updateGoal", manager, id=goal, target="-1")
        await desk.refused("createGoal", manager, title="Mine", metricId=metric, period=YEAR)
        child = {"title": "Child", "parentId": goal, "rollupOnlyFromChildren": True}
        for _ in range(2):
            await desk.do("createGoal", manager, **child, idempotencyKey="0123456789abcdef")
        row = {"externalId": "o-1", "state": "OPEN"}
        await desk.records("opportunity", row)
        await desk.records("opportunity", row)  # nothing new: no entry
        await desk.users("Manager")

        later = await log(desk, filter={"from": (start + timedelta(seconds=1)).isoformat()})
        assert later["totalCount"] == 4
        upserted, created, denied, updated = _sorted(later)
        # What was refused for want of a right is noted as that; what was refused for a rule is not.
        assert (denied["what"], denied["who"], denied["fields"]) == ("createGoal", {"name": "Manager"}, [])
        assert updated == {
            "id": updated["id"],
            "at": "2026-02-15T12:01:00Z",
            "who": {"name": "Manager"},
            "what": "updateGoal",
            "which": [goal],
            "fields": ["title", "target"],
            "requestId": answer.headers["x-request-id"],
            "denied": False,
        }
        assert (created["what"], created["fields"][0]) == ("createGoal", "title")
        assert goal not in created["which"]
        assert (upserted["what"], upserted["which"], upserted["who"]) == (
            "upsertRecords",
            ["opportunity"],
            {"name": "Admin"},
        )
        assert "12345" not in str(later)
        assert "secret" not in str(later)

        # Filters, and pages that are the list.
        before = await log(desk, filter={"to": (start + timedelta(seconds=1)).isoformat()})
        assert [entry["what"] for entry in before["nodes"]].count("createGoal") == 1
        for wanted in ({"which": goal, "what": "createGoal"}, {"which": metric, "what": "createMetric"}):
            (entry,) = (await log(desk, filter=wanted))["nodes"]
            assert (entry["what"], entry["who"]) == (wanted["what"], {"name": "Admin"})
        by_manager = await log(desk, filter={"who": desk.ids["Manager"]})
        assert {entry["what"] for entry in by_manager["nodes"]} == {"updateGoal", "createGoal"}
        (upserted_users,) = (await log(desk, filter={"which": desk.ids["Manager"]}))["nodes"]
        assert upserted_users["what"] == "upsertUsers"
        whole = [entry["id"] for entry in (await log(desk))["nodes"]]
        paged: list[str] = []
        after = None
        while True:
            page = await log(desk, first=2, after=after)
            paged += [entry["id"] for entry in page["nodes"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert paged == whole

        assert await manager.codes(LOG, {}) == ["FORBIDDEN"]


def _sorted(page: Any) -> list[Any]:
    """Entries of the same moment are in no order: give them by mutation, from the end of the alphabet."""
    order = ("upsertRecords", "createGoal", "updateGoal")
    return sorted(page["nodes"], key=lambda entry: (order.index(entry["what"]), entry["denied"]))
