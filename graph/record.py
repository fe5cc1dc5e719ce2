"""Records as a viewer may see them: rows and reads. Writing them is `record_upsert`, their kinds are `record_type`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graph.base_amount import currency_of
from graph.record_type import SYSTEM_PROPERTIES
from graph.statement import Read, native

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A record. `properties` holds its fields as stored: amounts in units, a DATETIME in UTC and its date beside it.

    Owner, territory, product line and account are those of the nearest record above where it has none of its own;
    account and parent only where the viewer may see them.
    `currency` is its own or its parent's; None: the base currency. What the viewer may not read is left out, and named
    in `restricted_fields`.
    """

    id: str
    type: str
    external_id: str
    name: str
    state: str | None
    status: str | None
    owner_id: str | None
    territory_id: str | None
    product_line_id: str | None
    account_id: str | None
    parent_id: str | None
    currency: str | None
    properties: Mapping[str, Any]
    restricted_fields: tuple[str, ...] = ()

    @classmethod
    def read(cls, columns: Mapping[str, Any]) -> RecordRow:
        """Make a row from the map of `columns/seen_record.cypher`."""
        stored = native(columns["properties"])
        ours = f"record.{stored['type']}."
        masked = tuple(one.removeprefix(ours) for one in columns["masked"] or () if one.startswith(ours))
        # Beside a moment is its date, beside an amount of money that in base currency.
        left_out = SYSTEM_PROPERTIES.union(masked, (f"{one}{part}" for one in masked for part in ("Date", "Base")))
        return cls(
            id=stored["id"],
            type=stored["type"],
            external_id=stored["externalId"],
            name=stored["name"],
            state=stored.get("state"),
            status=stored.get("status"),
            owner_id=columns["owner_id"],
            territory_id=columns["territory_id"],
            product_line_id=columns["product_line_id"],
            account_id=columns["account_id"],
            parent_id=columns["parent_id"],
            currency=currency_of(stored),
            properties={key: value for key, value in stored.items() if key not in left_out},
            restricted_fields=masked,
        )


@dataclass(frozen=True)
class RecordsByIds(Read[RecordRow], path="record/by_ids", row=RecordRow):
    """The records with these ids that the viewer may see, in no order."""

    viewer: str
    ids: list[str]

    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> RecordRow:
        """Make the row of a record."""
        return RecordRow.read(columns["record"])


@dataclass(frozen=True, slots=True)
class RecordPage:
    """One page of records, and how many the viewer may see in all."""

    records: tuple[RecordRow, ...]
    total_count: int


@dataclass(frozen=True)
class RecordsPage(Read[RecordPage], path="record/page", row=RecordPage):
    """A page by (name, id), after that of the last one seen; `search` is a part of the name in any case.

    `owner`: only what is its own or, through the record above, counts as such.
    """

    viewer: str
    type: str
    first: int
    states: list[str] | None = None
    owner: str | None = None
    search: str | None = None
    after_name: str | None = None
    after_id: str | None = None

    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> RecordPage:
        """Read the page's records as rows."""
        return RecordPage(tuple(map(RecordRow.read, columns["records"])), columns["total_count"])
