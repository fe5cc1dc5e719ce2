"""Writers over HTTP that never give up: each change has a key, and is sent until it is acknowledged, to any process.

No amount is ever written twice for a record. So an answer that counts what was made and changed tells a change that
was done once from one that was done again; and so does the audit log, which has an entry for each.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx2

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from graph.database import Database, Transaction

RECORDS = 60
UPSERT = (
    "mutation($input: UpsertRecordsInput!) { upsertRecords(input: $input) "
    "{ inserted updated unchanged refused { code } userErrors { code } } }"
)
#: What may pass: then it is sent again.
PASSING = {"UNAVAILABLE", "OUTCOME_UNKNOWN"}
#: Seconds to wait for an answer of a process that may be paused.
_ANSWER = 40.0


@dataclass
class Writer:
    """One writer of its own records: amounts as acknowledged, and those of the change that is under way."""

    number: int
    random: Random
    owners: list[str]
    day: str
    urls: Callable[[], list[str]]
    login: str
    gate: asyncio.Event
    amounts: dict[str, int] = field(default_factory=dict)
    pending: dict[str, int] = field(default_factory=dict)
    acknowledged: int = 0
    again: int = 0
    _key: str = ""
    _owners: dict[str, str] = field(default_factory=dict)
    _next: int = 0
    _sending: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self) -> None:
        """Write until cancelled, while the gate is open."""
        async with httpx2.AsyncClient(timeout=_ANSWER) as http:
            while True:
                await self.gate.wait()
                await self._once(http)

    async def idle(self) -> None:
        """Wait until nothing is under way, with the gate closed."""
        async with self._sending:
            pass

    async def finish(self) -> None:
        """Send what is not acknowledged, with the gate closed, until it is."""
        async with httpx2.AsyncClient(timeout=_ANSWER) as http:
            while self.pending:
                await self._once(http)

    async def _once(self, http: httpx2.AsyncClient) -> None:
        async with self._sending:
            if not self.pending:
                self._draw()
            if await self._send(http):
                self.amounts |= self.pending
                self.pending = {}
                self.acknowledged += 1
                return
        self.again += 1
        await asyncio.sleep(0.1)

    def _draw(self) -> None:
        self._key = uuid4().hex
        for number in self.random.sample(range(RECORDS), self.random.randrange(1, 6)):
            self._next += 1
            name = f"{self.number}-{number}"
            self.pending[name] = self._next
            self._owners[name] = self.random.choice(self.owners)

    async def _send(self, http: httpx2.AsyncClient) -> bool:
        rows = [
            {
                "externalId": name,
                "state": "WON",
                "owner": {"user": self._owners[name]},
                "fields": {"actualValue": str(amount), "actualCloseDate": self.day},
            }
            for name, amount in self.pending.items()
        ]
        given = {"type": "opportunity", "rows": rows, "idempotencyKey": self._key}
        try:
            answer = await http.post(
                f"{self.random.choice(self.urls())}/graphql",
                json={"query": UPSERT, "variables": {"input": given}},
                headers={"authorization": self.login},
            )
        except httpx2.TransportError:
            return False
        body = answer.json()
        if "errors" in body:
            codes = {error["extensions"]["code"] for error in body["errors"]}
            assert codes <= PASSING, body
            return False
        new = len(self.pending.keys() - self.amounts.keys())
        said = body["data"]["upsertRecords"]
        done = {"inserted": new, "updated": len(self.pending) - new, "unchanged": 0, "refused": [], "userErrors": []}
        assert said == done, (said, done)
        return True


async def check_writes(database: Database, writers: list[Writer]) -> None:
    """Each acknowledged change is there once; one that is not, at most once and whole. Nobody writes meanwhile."""
    found = await _found(database)
    done = 0
    for writer in writers:
        own = {name: amount for name, amount in found.amounts.items() if name.startswith(f"{writer.number}-")}
        there = bool(writer.pending) and own == writer.amounts | writer.pending
        assert there or own == writer.amounts, (own, writer.amounts, writer.pending)
        done += writer.acknowledged + there
    assert (found.keys, found.entries) == (done, done)


@dataclass(frozen=True)
class _Found:
    amounts: dict[str, int]
    keys: int
    entries: int


async def _found(database: Database) -> _Found:
    async def work(tx: Transaction) -> dict[str, Any]:
        text = (
            "RETURN COLLECT { MATCH (r:Record:Opportunity) RETURN [r.externalId, r.actualValue] } AS amounts, "
            "COUNT { (:IdempotencyKey) } AS keys, COUNT { (:AuditEntry {what: 'upsertRecords'}) } AS entries"
        )
        return (await tx.text(text, {}, name="tests/found"))[0]

    row = await database.read(work, deadline=120)
    return _Found({name: int(units) // 10_000 for name, units in row["amounts"]}, row["keys"], row["entries"])
