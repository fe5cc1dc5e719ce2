"""What tests of structure, records and the calendar share: the application with one administrator, upserts, traces."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx2

from api.app import create_app
from api.auth import Tokens
from api.context import Context
from api.loaders import Loaders
from api.schema import schema
from graph.role import ensure_roles
from graph.shipped_types import ensure_record_types
from tests.api.conftest import Client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from graph.clock import FixedClock
    from graph.database import Database
    from graph.settings import Settings

#: All that is shown of a record.
RECORD = (
    "externalId name state status owner { __typename ... on Owner { name } } territory { name } productLine { name } "
    "account { name } currency type { key } fields { key dataType value baseValue }"
)


@asynccontextmanager
async def logins(settings: Settings, database: Database, clock: FixedClock) -> AsyncIterator[Callable[[str], Client]]:
    """Open the application on a database with the administrator "admin"; gives what logs a user in."""
    await database.schema(
        "CREATE (:Owner:User {kind: 'USER', id: 'u-admin', externalId: 'admin', name: 'Admin', active: true, "
        "administrator: true})"
    )
    await database.write(ensure_record_types)
    await database.write(ensure_roles)
    app = create_app(settings, database, clock, schema=schema, make_loaders=Loaders)
    tokens = Tokens(settings, clock)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test") as http:
        yield lambda external_id: Client(http, tokens.issue(external_id, timedelta(hours=1)))


async def traced(
    document: str, external_id: str, settings: Settings, database: Database, clock: FixedClock
) -> tuple[Any, list[str]]:
    """Execute a document for a user; its data, and the names of the statements that it took."""
    context = Context("request", external_id, database, clock, settings, settings.signing_key(), make_loaders=Loaders)
    result = await schema.execute(document, context_value=context)
    assert result.errors is None, result.errors
    return result.data, [name for name, _seconds in context.trace.statements]


async def upsert(client: Client, mutation: str, rows: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Send one of the upserts ("upsertUsers"); its whole payload."""
    input_type = mutation[0].upper() + mutation[1:] + "Input"
    document = (
        f"mutation M($input: {input_type}!) {{ payload: {mutation}(input: $input) {{ inserted updated unchanged "
        "refused { row field code message } userErrors { code field message } clientMutationId } }"
    )
    payload: dict[str, Any] = (await client.data(document, {"input": {"rows": rows, **more}}))["payload"]
    return payload


async def upsert_records(client: Client, type_key: str, rows: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Send upsertRecords; its whole payload."""
    return await upsert(client, "upsertRecords", rows, type=type_key, **more)


async def load(client: Client, mutation: str, rows: list[dict[str, Any]], **more: Any) -> None:
    """Send an upsert of which every row must be taken."""
    payload = await upsert(client, mutation, rows, **more)
    assert not payload["refused"], payload
    assert not payload["userErrors"], payload


def counts(payload: dict[str, Any]) -> tuple[int, int, int]:
    """Give how many rows were inserted, updated, unchanged."""
    return payload["inserted"], payload["updated"], payload["unchanged"]


def told(payload: dict[str, Any]) -> list[tuple[int, str, str]]:
    """Give (row, field, code) of each refused row."""
    return [(refused["row"], refused["field"], refused["code"]) for refused in payload["refused"]]


async def listed(client: Client, arguments: str = 'type: "opportunity"') -> tuple[int, list[str]]:
    """Give the total count and the external ids of a list of records."""
    found = (await client.data(f"{{ records({arguments}) {{ totalCount nodes {{ externalId }} }} }}"))["records"]
    return found["totalCount"], [node["externalId"] for node in found["nodes"]]


async def only_record(client: Client, type_key: str = "opportunity") -> Any:
    """Give all that is shown of the only record of a type."""
    document = f"query($type: String!) {{ records(type: $type) {{ nodes {{ {RECORD} }} }} }}"
    (found,) = (await client.data(document, {"type": type_key}))["records"]["nodes"]
    return found


def values(record: Any) -> dict[str, str]:
    """Give a record's values by key, those it has."""
    return {field["key"]: field["value"] for field in record["fields"] if field["value"] is not None}


async def load_structure(admin: Client) -> None:
    """Write two reps, the first in a team, the team, a territory and a product line."""
    await load(admin, "upsertTeams", [{"externalId": "t-1", "name": "Team 1"}])
    rows: list[dict[str, Any]] = [
        {"externalId": "rep-1", "name": "Rep 01", "teams": ["t-1"]},
        {"externalId": "rep-2", "name": "Rep 02"},
    ]
    await load(admin, "upsertUsers", rows)
    await load(admin, "upsertTerritories", [{"externalId": "east", "name": "East"}])
    await load(admin, "upsertProductLines", [{"externalId": "pumps", "name": "Pumps"}])


async def load_deals(admin: Client) -> None:
    """Write an opportunity of each rep for an account of rep 2, one of the team, one of nobody."""
    accounts = [{"externalId": "a-2", "name": "Account 2", "owner": {"user": "rep-2"}}]
    await load(admin, "upsertRecords", accounts, type="account")
    rows: list[dict[str, Any]] = [
        {"externalId": "of-1", "name": "Deal A", "state": "WON", "owner": {"user": "rep-1"}, "account": "a-2"},
        {"externalId": "of-2", "name": "Deal B", "state": "OPEN", "owner": {"user": "rep-2"}, "account": "a-2"},
        {"externalId": "of-t", "name": "Deal C", "state": "OPEN", "owner": {"team": "t-1"}},
        {"externalId": "of-none", "name": "Deal D", "state": "LOST"},
    ]
    await load(admin, "upsertRecords", rows, type="opportunity")
