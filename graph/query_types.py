"""Which record types a rollup query may look at, as the database declares them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.query_spec import QueryTypes
from graph.record_row import ACCOUNT
from graph.record_type import record_type, record_type_chain

if TYPE_CHECKING:
    from graph.database import Transaction


async def query_types(tx: Transaction, key: str, field: tuple[str, ...] = ("recordType",)) -> QueryTypes:
    """The types that queries over records of this one look at. Refuses UNKNOWN_RECORD_TYPE, naming the field."""
    chain = await record_type_chain(tx, key, field)
    return QueryTypes(tuple(chain), None if key == ACCOUNT else await record_type(tx, ACCOUNT, field))
