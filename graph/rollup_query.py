"""Rollup queries: rows and reads. The rules on changing them are `rollup_query_change`; a spec is `query_spec`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graph.query_form import read_spec
from graph.statement import Count, Id, Read, Write, native

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from graph.query_spec import QueryTypes, Spec


@dataclass(frozen=True, slots=True)
class RollupQueryRow:
    """A rollup query. `form`: its conditions as `query_form` reads them; `in_use`: a goal (the viewer sees) has it."""

    id: str
    name: str
    description: str | None
    record_type: str
    form: Any
    in_use: bool
    created_at: datetime
    updated_at: datetime

    @classmethod
    def read(cls, columns: tuple[Mapping[str, Any], bool]) -> RollupQueryRow:
        """From the map of `columns/rollup_query.cypher`, and whether it is in use."""
        query, in_use = columns
        values = dict(native(query))
        return cls(form=json.loads(values.pop("spec")), in_use=in_use, **values)

    def spec(self, types: QueryTypes) -> Spec:
        """Its spec, over records of its type."""
        return read_spec(self.form, types)


class _ReadsQuery:
    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> RollupQueryRow:
        return RollupQueryRow.read(columns["query"])


@dataclass(frozen=True)
class RollupQueriesByIds(_ReadsQuery, Read[RollupQueryRow], path="rollup_query/by_ids", row=RollupQueryRow):
    """The rollup queries with these ids that the viewer may see."""

    viewer: str
    ids: list[str]


@dataclass(frozen=True, slots=True)
class RollupQueryPage:
    """One page of rollup queries, and how many there are in all."""

    queries: list[RollupQueryRow]
    total_count: int


@dataclass(frozen=True)
class RollupQueriesPage(Read[RollupQueryPage], path="rollup_query/page", row=RollupQueryPage):
    """A page of the rollup queries that the viewer may see, by name; `after_name` is the key of the last one seen.

    `search`: part of the name, in lower case; `record_type`: those over records of this type.
    """

    viewer: str
    search: str | None
    record_type: str | None
    first: int
    after_name: str | None

    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> RollupQueryPage:
        """The page's queries as rows."""
        return RollupQueryPage([RollupQueryRow.read(one) for one in columns["queries"]], columns["total_count"])


@dataclass(frozen=True)
class LockRollupQuery(_ReadsQuery, Write[RollupQueryRow], path="rollup_query/lock", row=RollupQueryRow):
    """Lock a rollup query and read it."""

    id: str


@dataclass(frozen=True)
class QueryNameTaken(Read[Count], path="rollup_query/name_taken", row=Count):
    """Whether another rollup query has this name."""

    id: str
    name_key: str


@dataclass(frozen=True)
class CreateRollupQuery(Write[Id], path="rollup_query/create", row=Id):
    """A new rollup query."""

    id: str
    record_type: str
    properties: dict[str, Any]


@dataclass(frozen=True)
class SetRollupQueryProperties(Write[Id], path="rollup_query/set_properties", row=Id):
    """Change a rollup query's properties."""

    id: str
    properties: dict[str, Any]


@dataclass(frozen=True)
class DeleteRollupQuery(Write[Count], path="rollup_query/delete", row=Count):
    """Delete a rollup query that no goal has."""

    id: str


@dataclass(frozen=True, slots=True)
class AskingGoal:
    """A goal that a rollup query filters. `counts`: it has an own part; of which types it counts whose records."""

    id: str
    is_open: bool
    counts: bool
    owner: str
    with_members: bool
    all_records: bool
    types: list[str]


@dataclass(frozen=True)
class AskingGoals(Read[AskingGoal], path="rollup_query/goals", row=AskingGoal):
    """The goals that a rollup query filters."""

    id: str


@dataclass(frozen=True, slots=True)
class StoredQuery:
    """A rollup query as the rollup reads it: `spec` is its form, as JSON."""

    id: str
    spec: str


@dataclass(frozen=True)
class QueriesForRollup(Read[StoredQuery], path="rollup_query/for_rollup", row=StoredQuery):
    """The queries with these ids."""

    ids: list[str]
