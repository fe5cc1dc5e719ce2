"""Rollup queries: rows and reads. The rules on changing them are `rollup_query_change`; a spec is `query_spec`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graph.query_form import read_spec
from graph.statement import Read, native

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from graph.query_spec import QueryTypes, Spec


@dataclass(frozen=True, slots=True)
class RollupQueryRow:
    """A rollup query. `form`: its conditions as `query_form` reads them; `in_use`: a goal has it."""

    id: str
    name: str
    description: str | None
    record_type: str
    form: Any
    in_use: bool
    created_at: datetime
    updated_at: datetime

    @classmethod
    def read(cls, columns: Mapping[str, Any]) -> RollupQueryRow:
        """From the map of `columns/rollup_query.cypher`."""
        values = dict(native(columns))
        return cls(form=json.loads(values.pop("spec")), **values)

    def spec(self, types: QueryTypes) -> Spec:
        """Its spec, over records of its type."""
        return read_spec(self.form, types)


@dataclass(frozen=True)
class RollupQueriesByIds(Read[RollupQueryRow], path="rollup_query/by_ids", row=RollupQueryRow):
    """The rollup queries with these ids that the viewer may see."""

    viewer: str
    ids: list[str]

    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> RollupQueryRow:
        """A query from its map."""
        return RollupQueryRow.read(columns["query"])


@dataclass(frozen=True, slots=True)
class StoredQuery:
    """A rollup query as the rollup reads it: `spec` is its form, as JSON."""

    id: str
    spec: str


@dataclass(frozen=True)
class QueriesForRollup(Read[StoredQuery], path="rollup_query/for_rollup", row=StoredQuery):
    """The queries with these ids."""

    ids: list[str]
