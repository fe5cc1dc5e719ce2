"""Schemathesis on the demo, over a real port: whatever it thinks of, no fault comes out and none is inside.

Refusals of any kind are good answers, also of documents that ask for too much: its documents often do.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.graphql import nodes

from api.app import create_app
from api.auth import Tokens
from api.loaders import Loaders
from api.schema import schema
from graph import demo
from graph.preparation import prepare
from tests.api.loopback import listening

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graph.clock import FixedClock
    from graph.database import Database, Transaction
    from graph.settings import Settings

#: Seconds after which no further round begins, and cases of an operation in a round.
LONGEST: Final = 40.0
CASES: Final = 2
#: Whoever asks, in turn; the administrator gets past the refusal of most mutations.
WHO: Final = ("director", "administrator")
_QUIET: Final = settings(
    max_examples=CASES,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@dataclass
class Fuzz:
    """Sends what Schemathesis makes up for each operation, in rounds, and keeps what should not have come back."""

    address: str
    tokens: dict[str, str]
    cases: int = 0
    tried: set[str] = field(default_factory=set)
    codes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Go round until the time is up; each operation at least once."""
        began = monotonic()
        loaded = schemathesis.graphql.from_url(self.address, headers=self._login(WHO[0]))
        operations: list[Any] = [found.ok() for found in loaded.get_all_operations()]  # type: ignore[union-attr]
        for number in count():
            for position, operation in enumerate(operations):
                if number and monotonic() - began > LONGEST:
                    return
                self._several(operation, number, WHO[(number + position) % len(WHO)])

    def _several(self, operation: Any, number: int, who: str) -> None:
        @seed(number)
        @_QUIET
        @given(case=operation.as_strategy())
        def several(case: Any) -> None:
            self._one(case, operation.label, who)

        several()

    def _one(self, case: Any, label: str, who: str) -> None:
        answer = case.call(headers=self._login(who))
        body = answer.json()
        codes = [error["extensions"]["code"] for error in body.get("errors", ())]
        self.cases += 1
        self.tried.add(label)
        self.codes.update(codes or ["answered"])
        if answer.status_code >= 500 or "INTERNAL" in codes:
            self.faults.append(f"{label} as {who}: {answer.status_code} {codes}\n{case.body}")

    def _login(self, who: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.tokens[who]}"}


def make_up(ids: Iterable[str]) -> None:
    """Teach Schemathesis our scalars; half of its ids are those of something that is there."""
    texts = st.text(max_size=12)
    dates = st.one_of(st.dates().map(str), texts)
    numbers = st.decimals(-(10**15), 10**15, places=4).map(str)
    schemathesis.graphql.scalar("ID", st.one_of(st.sampled_from(sorted(ids)), texts).map(nodes.String))
    schemathesis.graphql.scalar("Date", dates.map(nodes.String))
    schemathesis.graphql.scalar("DateTime", st.one_of(st.datetimes().map(str), texts).map(nodes.String))
    schemathesis.graphql.scalar("Decimal", st.one_of(numbers, texts).map(nodes.String))
    schemathesis.graphql.scalar(
        "JSON",
        st.one_of(texts.map(nodes.String), st.booleans().map(nodes.Boolean), st.just(nodes.Null)),
    )


async def test_no_fault_is_found(settings: Settings, database: Database, clock: FixedClock) -> None:
    async def ids(tx: Transaction) -> list[str]:
        rows = await tx.text("MATCH (n) WHERE n.id IS NOT NULL RETURN n.id AS id", {}, name="tests/ids")
        return [row["id"] for row in rows]

    await prepare(database, clock)
    await demo.load_demo(database, clock)
    make_up(await database.read(ids))
    asking = settings.model_copy(update={"introspection": True})
    tokens = Tokens(settings, clock)
    app = create_app(asking, database, clock, schema=schema, make_loaders=Loaders)
    async with listening(app) as address:
        fuzz = Fuzz(address, {who: tokens.issue(who, timedelta(hours=1)) for who in WHO})
        await asyncio.to_thread(fuzz.run)
    print(fuzz.cases, "cases:", dict(fuzz.codes))
    assert fuzz.faults == []
    operations = [*schema._schema.query_type.fields, *schema._schema.mutation_type.fields]  # type: ignore[union-attr]
    assert len(fuzz.tried) == len(operations)
    assert fuzz.codes["answered"] > 0
