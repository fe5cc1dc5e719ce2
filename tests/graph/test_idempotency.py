"""Results of mutations, as they are kept."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from graph.errors import ErrorCode, Refusal
from graph.idempotency import KeepResults, Once, packed, unpacked
from graph.ingestion import Outcome, RowRefusal, UpsertReport
from graph.organization import DEFAULT

if TYPE_CHECKING:
    from graph.clock import FixedClock
    from graph.database import Database, Transaction


@dataclass(frozen=True)
class Stranger:
    """No report of `graph/`."""

    name: str


def test_results_come_back_as_they_were() -> None:
    refusal = RowRefusal(2, "name", ErrorCode.REQUIRED, "It is missing.")
    results = [
        None,
        True,
        12,
        "id",
        ["a", ["b"]],
        ("a", ()),
        {"a": [1], "list": {}},
        datetime(2026, 1, 1, 12, 0, 0, 5, tzinfo=UTC),
        date(2026, 1, 1),
        Decimal("0.80"),
        Outcome.UPDATED,
        UpsertReport((Outcome.INSERTED,) * 3, (refusal,)),
        DEFAULT,
    ]
    for result in results:
        again = unpacked(packed(result))
        assert (again, type(again)) == (result, type(result))
    assert len(packed(UpsertReport((Outcome.INSERTED,) * 10_000, ()))) < 10_000


def test_what_is_no_result_is_not_kept() -> None:
    for value in (Stranger("x"), {1, 2}, object(), 1.5, UpsertReport):
        with pytest.raises(TypeError, match="cannot be kept"):
            packed(value)


async def test_a_result_of_another_version_is_refused(database: Database, clock: FixedClock) -> None:
    once = Once.of("viewer", "mutation", "k" * 16, {"id": "x"}, clock.now())

    async def keep(tx: Transaction) -> None:
        assert await once.claim(tx) is None
        await tx.run(KeepResults([(once.hash, zlib.compress(b'["graph.report.Gone",{"count":1}]'))]))

    await database.write(keep)
    with pytest.raises(Refusal) as refused:
        await database.write(once.claim)
    assert refused.value.problem.code is ErrorCode.CONFLICT
    assert refused.value.problem.field == ("idempotencyKey",)
