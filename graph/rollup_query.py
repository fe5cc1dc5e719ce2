"""Rollup queries: rows and statements. The rules on changing them are `rollup_query_change`."""

from __future__ import annotations

from dataclasses import dataclass

from graph.statement import Read


@dataclass(frozen=True, slots=True)
class StoredQuery:
    """A rollup query as the rollup reads it: `spec` in the form of `query_form`, as JSON."""

    id: str
    spec: str


@dataclass(frozen=True)
class QueriesForRollup(Read[StoredQuery], path="rollup_query/for_rollup", row=StoredQuery):
    """The queries with these ids."""

    ids: list[str]
