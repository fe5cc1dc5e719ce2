"""Results of mutations, as they are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from graph.errors import ErrorCode
from graph.idempotency import packed, unpacked
from graph.ingestion import Outcome, RowRefusal, UpsertReport
from graph.organization import DEFAULT


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
