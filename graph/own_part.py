"""Reading own parts: which statements a tree needs, by the ways and the queries its goals find their records with."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graph import own_compiler
from graph.organization import organization
from graph.own_compiler import Asking, CountedField, Holding, asked_name
from graph.query_compiler import Predicate, Today, predicate
from graph.query_form import read_spec
from graph.query_spec import QueryTypes
from graph.record_row import ACCOUNT
from graph.record_type import record_type, record_type_chain
from graph.rollup_compiler import Category, Compiled
from graph.rollup_query import QueriesForRollup

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from graph.database import Transaction
    from graph.metric import MetricRow
    from graph.query_spec import Spec
    from graph.record_type import RecordType
    from graph.rollup_compiler import Ways

#: Runs a compiled statement with the parameters of one job; its rows.
RunsJob = Callable[[Compiled, dict[str, Any]], Awaitable[list[Any]]]


@dataclass(frozen=True)
class Definition:
    """A metric and what its rollup fields count, with the chain of record types that each reads, by label."""

    metric: MetricRow
    fields: tuple[CountedField, ...]
    chains: Mapping[str, tuple[RecordType, ...]]

    def field(self, category: Category) -> CountedField:
        """The field of a category that the metric has."""
        return next(field for field in self.fields if field.category is category)

    def by_type(self) -> dict[str, list[CountedField]]:
        """The fields by the label of the records they read."""
        found: dict[str, list[CountedField]] = defaultdict(list)
        for field in self.fields:
            found[field.label].append(field)
        return dict(found)


@dataclass(frozen=True, slots=True)
class OwnJob:
    """One statement over some of a tree's goals: those of a holding whose queries are of the same shapes."""

    holding: Holding
    fields: tuple[CountedField, ...]
    asking: Asking | None
    parameters: dict[str, Any]

    def compiled(self, *, exact: bool = False, named: bool = False) -> Compiled:
        """The statement, without what each run adds."""
        made = own_compiler.own(self.holding, self.fields, self.asking, exact=exact, named=named)
        return Compiled(made.name, made.text, made.parameters | self.parameters)


async def definition(tx: Transaction, metric: MetricRow) -> Definition:
    """What a metric's rollup fields count, by stored names."""
    fields, chains = [], {}
    for field in metric.fields:
        kind, *above = await record_type_chain(tx, field.record_type, ("recordType",))
        dated = above[0] if field.date_from_parent else kind
        chains[kind.label] = (kind, *above)
        fields.append(
            CountedField(
                category=field.category,
                label=field.label,
                amount=kind.stored_amount(field.amount_field) if field.amount_field else None,
                state=field.state,
                statuses=field.statuses,
                date=dated.stored_date(field.date_field),
                above=tuple(one.label for one in above),
                state_from_parent=field.state_from_parent,
                date_from_parent=field.date_from_parent,
            )
        )
    return Definition(metric, tuple(fields), chains)


async def own_jobs(tx: Transaction, definition: Definition, ways: Ways, today: date) -> list[OwnJob]:
    """The statements that read the own parts of goals that find records in these ways."""
    queries = await Queries.of(tx, definition, {id_ for _, named in ways for _, id_ in named}, today)
    jobs: dict[Any, OwnJob] = {}
    for name, named in sorted(ways):
        of_goal = {Category(category): id_ for category, id_ in named}
        for label, fields in definition.by_type().items():
            asking, parameters = queries.asking(label, fields, of_goal)
            key = (name, label, None if asking is None else tuple(asking.predicates.items()))
            job = jobs.setdefault(key, OwnJob(Holding(name), tuple(fields), asking, {}))
            for parameter, values in parameters.items():
                job.parameters.setdefault(parameter, {}).update(values)
    return list(jobs.values())


class Queries:
    """The rollup queries of some goals, ready to be compiled."""

    def __init__(
        self, definition: Definition, account: RecordType | None, specs: Mapping[str, Any], today: Today
    ) -> None:
        self._types = {
            label: QueryTypes(chain, None if account is None or chain[0].key == account.key else account)
            for label, chain in definition.chains.items()
        }
        self._specs = specs
        self._today = today
        self._compiled: dict[tuple[str, str, Category], Predicate] = {}

    @classmethod
    async def of(cls, tx: Transaction, definition: Definition, ids: set[str], today: date) -> Queries:
        """Read the queries with these ids, and what compiling them needs."""
        if not ids:
            return cls(definition, None, {}, Today(today, (await organization(tx)).calendar))
        rows = await tx.run(QueriesForRollup(sorted(ids)))
        account = await record_type(tx, ACCOUNT)
        calendar = (await organization(tx)).calendar
        return cls(definition, account, {row.id: json.loads(row.spec) for row in rows}, Today(today, calendar))

    def types(self, label: str) -> QueryTypes:
        """The record types that queries over records of this label look at."""
        return self._types[label]

    def spec(self, label: str, id_: str) -> Spec:
        """A query's spec, over records of this label."""
        return read_spec(self._specs[id_], self._types[label])

    def asking(
        self, label: str, fields: Sequence[CountedField], of_goal: Mapping[Category, str]
    ) -> tuple[Asking | None, dict[str, dict[str, Any]]]:
        """What goals with these queries ask of records of this label, and the values by parameter and query.

        None where no goal looked at has a query, so that none need be left out.
        """
        if not self._specs:
            return None, {}
        predicates: dict[Category, Predicate | None] = {}
        parameters = {}
        for field in fields:
            id_ = of_goal.get(field.category)
            compiled = None if id_ is None else self._predicate(label, id_, field.category)
            predicates[field.category] = compiled
            if compiled is not None and id_ is not None:
                parameters[field.category] = {id_: dict(compiled.values)}
        asking = Asking(predicates, self._types[label])
        return asking, {asking.parameter(category): values for category, values in parameters.items()}

    def _predicate(self, label: str, id_: str, category: Category) -> Predicate:
        key = (label, id_, category)
        if key not in self._compiled:
            types = self._types[label]
            self._compiled[key] = predicate(self.spec(label, id_), types, self._today, asked_name(category))
        return self._compiled[key]
