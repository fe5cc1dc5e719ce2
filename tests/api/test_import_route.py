"""`POST /import/{type}`: rows streamed in, reports streamed out, in bounded memory; refusals before it writes."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from api import import_route
from api.app import create_app
from graph import import_draft
from graph.owners import OwnerKind
from graph.record_row import record_keys
from graph.record_type import record_type
from tests.api.small_schema import SMALL

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from starlette.applications import Starlette

    from api.auth import Tokens
    from graph.clock import FixedClock
    from graph.database import Database, Transaction
    from graph.settings import Settings
    from tests.factories import Company

CSV = "text/csv; charset=utf-8"
NDJSON = "application/x-ndjson"


class Importer:
    """Posts rows to an application as a user."""

    def __init__(self, app: Starlette, tokens: Tokens, company: Company) -> None:
        self.app = app
        self.company = company
        self.tokens = tokens

    def headers(self, media_type: str, user: str = "administrator") -> dict[str, str]:
        token = self.tokens.issue(user, timedelta(hours=1))
        return {"authorization": f"Bearer {token}", "content-type": media_type}

    async def post(
        self, path: str, content: Any, media_type: str = CSV, user: str | None = "administrator", **headers: str
    ) -> httpx2.Response:
        transport = httpx2.ASGITransport(app=self.app, raise_app_exceptions=False)
        own = {"content-type": media_type} if user is None else self.headers(media_type, user)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as http:
            return await http.post(path, content=content, headers={**own, **headers})

    async def lines(self, path: str, content: Any, media_type: str = CSV) -> list[Any]:
        answer = await self.post(path, content, media_type)
        assert (answer.status_code, answer.headers["content-type"]) == (200, NDJSON), answer.text
        return [json.loads(line) for line in answer.text.splitlines()]

    async def count(self) -> int:
        async def work(tx: Transaction) -> int:
            [row] = await tx.text("MATCH (n:Record) RETURN count(n) AS n", {}, name="test")
            return int(row["n"])

        return await self.company.database.read(work)

    async def exchange(
        self, path: str, pieces: Iterator[bytes], on_line: Callable[[bytes], None] = lambda _: None
    ) -> None:
        """Post pieces as they are asked for, and hear each line when it is sent; at the end of pieces, hang up."""

        async def receive() -> dict[str, Any]:
            piece = next(pieces, None)
            if piece is None:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": piece, "more_body": piece != b""}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.body" and message["body"]:
                on_line(message["body"])

        scope: dict[str, Any] = {
            "type": "http",
            "method": "POST",
            "path": path.partition("?")[0],
            "query_string": path.partition("?")[2].encode(),
            "headers": [(name.encode(), value.encode()) for name, value in self.headers(CSV).items()],
        }
        await self.app(scope, receive, send)


@pytest.fixture
async def importer(
    settings: Settings, database: Database, clock: FixedClock, tokens: Tokens, company: Company
) -> Importer:
    """Make an application with an administrator and a user."""
    await company.users("rep")
    return Importer(create_app(settings, database, clock, schema=SMALL), tokens, company)


async def test_rows_are_loaded_batch_by_batch_and_reported_line_by_line(
    importer: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_draft, "LARGEST_BATCH", 2)
    csv = (
        "externalId,owner,state,actualValue,refusal_code\n"
        "1,rep,WON,1.5,\n2,nobody,WON,1,X\n3,rep,WON,2,\n4,rep,LOST,2,\n5,rep,SHUT,2,\n"
    )
    refused = {"row": 3, "field": "owner", "code": "OWNER_NOT_FOUND"}
    rehearsed = await importer.lines("/import/opportunity?dryRun=true", csv)
    assert await importer.count() == 0
    first, second, third, last = await importer.lines("/import/opportunity", csv)
    assert rehearsed == [first, second, third, {"summary": {**last["summary"], "dryRun": True}}]
    assert {name: value for name, value in first["refused"][0].items() if name != "message"} == refused
    assert (first["inserted"], second["inserted"], third["refused"][0]["code"]) == (1, 2, "UNKNOWN_STATE")
    assert last == {"summary": {"inserted": 3, "updated": 0, "unchanged": 0, "refused": 2, "dryRun": False}}
    rows = (
        '{"externalId": "1", "fields": {"actualValue": 1.50}}\n{"externalId": "3", "fields": {"actualValue": "9"}}\n['
    )
    first, second, last = await importer.lines("/import/opportunity", rows, NDJSON)
    assert (first["unchanged"], first["updated"], second["refused"][0]["row"]) == (1, 1, 3)
    assert last["summary"]["refused"] == 1
    [first, _] = await importer.lines("/import/teams", "externalId,name\nred,Red\n")
    assert first["inserted"] == 1
    assert await importer.lines("/import/teams", "externalId,name\n") == [
        {"summary": {"inserted": 0, "updated": 0, "unchanged": 0, "refused": 0, "dryRun": False}}
    ]


async def test_what_is_wrong_before_the_first_batch_has_a_status(importer: Importer) -> None:
    row = "externalId,state\n1,WON\n"
    path = "/import/opportunity"
    attempts: list[tuple[int, str, dict[str, Any]]] = [
        (401, "UNAUTHENTICATED", {"user": None}),
        (401, "UNAUTHENTICATED", {"user": "nobody"}),
        (403, "FORBIDDEN", {"user": "rep"}),
        (403, "FORBIDDEN", {"user": "rep", "path": "/import/nonsense"}),
        (404, "UNKNOWN_RECORD_TYPE", {"path": "/import/nonsense"}),
        (415, "UNSUPPORTED_MEDIA_TYPE", {"media_type": "application/json"}),
        (415, "UNSUPPORTED_MEDIA_TYPE", {"media_type": "text/csv; charset=latin-1"}),
        (415, "UNSUPPORTED_MEDIA_TYPE", {"content-encoding": "gzip"}),
        (400, "INVALID_VALUE", {"path": f"{path}?dryrun=true"}),
        (400, "INVALID_VALUE", {"path": f"{path}?dryRun=yes"}),
        (400, "INVALID_VALUE", {"content": ""}),
        (400, "INVALID_VALUE", {"content": b"externalId,state\n1,\xff\n"}),
        (400, "UNKNOWN_FIELD", {"content": "externalId,colour\n"}),
        (400, "REQUIRED", {"content": "state\nWON\n"}),
    ]
    for status, code, changed in attempts:
        answer = await importer.post(**{"path": path, "content": row, **changed})
        [error] = answer.json()["errors"]
        assert (answer.status_code, error["extensions"]["code"]) == (status, code), changed
        assert error["extensions"]["requestId"] == answer.headers["x-request-id"]
    assert (await importer.post(path, row, user=None)).headers["www-authenticate"] == "Bearer"
    assert await importer.count() == 0


async def test_a_later_fault_is_the_last_line(importer: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_draft, "LARGEST_BATCH", 1)
    first, last = await importer.lines("/import/opportunity", b"externalId,state\n1,WON\n2,\xff\n")
    assert first["inserted"] == 1
    assert last["error"].keys() == {"code", "message", "requestId"}
    assert last["error"]["code"] == "INVALID_VALUE"

    await importer.company.users("second", administrator=True)  # the last one stays

    async def demoted() -> AsyncIterator[bytes]:
        yield b"externalId,state\n2,WON\n3,WON\n"
        await importer.company.owners(OwnerKind.USER, {"name": "administrator", "administrator": False})
        yield b"4,WON\n"

    *_, last = await importer.lines("/import/opportunity", demoted())
    assert last["error"]["code"] == "FORBIDDEN"
    assert await importer.count() == 3
    await importer.company.owners(OwnerKind.USER, {"name": "administrator", "administrator": True})

    async def broken() -> AsyncIterator[bytes]:
        yield b"externalId,state\n5,WON\n6,WON\n"
        message = "secret"
        raise RuntimeError(message)

    *_, last = await importer.lines("/import/opportunity", broken())
    assert (last["error"]["code"], last["error"]["message"]) == ("INTERNAL", "Internal error")


async def test_one_batch_is_held_and_a_client_that_hangs_up_ends_it(
    importer: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0
    reported: list[int] = []

    def pieces(rows: int, *, whole: bool) -> Iterator[bytes]:
        nonlocal asked
        asked = 0
        yield b"externalId,name\n"
        for begin in range(0, rows, 500):
            asked += 500
            yield "".join(f"{n},Name {n}\n" for n in range(begin, begin + 500)).encode()
        if whole:
            yield b""

    def on_line(line: bytes) -> None:
        content = json.loads(line)
        if "inserted" in content:
            reported.append(content["inserted"])
            assert asked <= sum(reported) + 500

    await importer.exchange("/import/account?dryRun=true", pieces(25_000, whole=True), on_line)
    assert reported == [10_000, 10_000, 5_000]
    reported.clear()
    monkeypatch.setattr(import_draft, "LARGEST_BATCH", 1_000)
    await importer.exchange("/import/account", pieces(2_500, whole=False), on_line)
    assert reported == [1_000, 1_000]
    assert await importer.count() == 2_000


async def test_what_a_client_may_not_read_yet_is_kept_for_the_end(
    importer: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_draft, "LARGEST_BATCH", 2)
    monkeypatch.setattr(import_route, "EARLY", 100)
    sent: list[tuple[bytes, bool]] = []
    rows = iter([b"externalId,state\n1,WON\n2,WON\n", b"3,SHUT\n4,WON\n", b"5,WON\n6,WON\n", b""])
    ended = False

    def pieces() -> Iterator[bytes]:
        nonlocal ended
        for piece in rows:
            ended = piece == b""
            yield piece

    await importer.exchange("/import/opportunity", pieces(), lambda line: sent.append((line, ended)))
    lines = [json.loads(line) for line in b"".join(line for line, _ in sent).splitlines()]
    assert [line.get("inserted") for line in lines] == [2, 1, 2, None]
    assert [ended for _, ended in sent] == [False, True, True]


async def test_a_client_that_stops_sending_is_not_waited_for(
    importer: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_route, "PATIENCE", 0.3)

    async def stalled() -> AsyncIterator[bytes]:
        yield b"externalId,state\n1,WON\n"
        await asyncio.sleep(60)

    answer = await importer.post("/import/opportunity", stalled())
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (503, "UNAVAILABLE")


async def test_every_key_of_a_record_can_be_a_column(importer: Importer) -> None:
    async def work(tx: Transaction) -> set[str]:
        kind = await record_type(tx, "opportunity")
        return set(record_keys(kind) - {"fields"}) | set(kind.fields)

    keys = sorted(await importer.company.database.read(work))
    values = {"externalId": "1", "state": "WON"}
    csv = ",".join(keys) + "\n" + ",".join(values.get(key, "") for key in keys) + "\n"
    first, _ = await importer.lines("/import/opportunity", csv)
    assert (first["inserted"], first["refused"]) == (1, [])
