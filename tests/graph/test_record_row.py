"""Rows of records as anyone may send them: each is read whole, or refused; nothing in between."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from graph.errors import Refusal
from graph.record_row import record_reader
from graph.shipped_types import SHIPPED

BERLIN = ZoneInfo("Europe/Berlin")
OPPORTUNITY = next(kind for kind in SHIPPED if kind.key == "opportunity")
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12), st.dates(), st.datetimes()
)
ROWS = st.dictionaries(
    st.sampled_from(["externalId", "name", "state", "status", "owner", "territory", "account", "fields", "id"]),
    st.one_of(VALUES, st.lists(VALUES, max_size=2), st.dictionaries(st.sampled_from(list(OPPORTUNITY.fields)), VALUES)),
)


@given(ROWS)
def test_whatever_a_row_holds_it_is_refused_or_storable(row: dict[str, Any]) -> None:
    try:
        read = record_reader(OPPORTUNITY, BERLIN)(row)
    except Refusal as refusal:
        if not refusal.problem.field:
            raise
        return
    for name, value in read.properties.items():
        assert name in OPPORTUNITY.fields or name in {"name", "state", "status"}
        assert value is None or type(value) in {int, str, date, datetime}
        assert not isinstance(value, int) or -(2**63) < value < 2**63
