"""What one request reads in batches: a DataLoader for each batch statement, so that nothing is read row by row."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from strawberry.dataloader import DataLoader

from graph.exchange_rate import RateRow, rates_in_force
from graph.goal import GoalRow, GoalsByIds
from graph.goal_relatives import (
    Ancestors,
    AncestorsOf,
    Children,
    ChildrenOf,
    ChildTargets,
    ChildTargetsOf,
    RestrictedChildren,
    RestrictedChildrenOf,
)
from graph.goal_rights import Operations, OperationsOf
from graph.history import History, histories
from graph.metric import MetricRow, MetricsByIds
from graph.organization import OrganizationRow, organization
from graph.owners import MembersOf, OwnerChildrenOf, OwnerRow, OwnersByIds, OwnersOf
from graph.record import RecordRow, RecordsByIds
from graph.record_type import RecordType, record_types
from graph.role import RolesOf, RolesOfUser
from graph.rollup_query import RollupQueriesByIds, RollupQueryRow
from graph.run import RunRow, RunsByIds

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from api.context import Context
    from graph.database import Transaction
    from graph.statement import Statement

Row = TypeVar("Row")


@dataclass(frozen=True)
class ChildrenPage:
    """Which page of a goal's children: for the loader, goals that ask for the same page are one batch."""

    parent: str
    first: int
    after_title: str | None
    after_id: str | None


class Loaders:
    """The DataLoaders of one request."""

    def __init__(self, context: Context) -> None:
        self._context = context
        viewer = context.viewer.id
        self.goals: DataLoader[str, GoalRow | None] = self._by_id(lambda ids: GoalsByIds(viewer, ids))
        self.metrics: DataLoader[str, MetricRow | None] = self._by_id(lambda ids: MetricsByIds(viewer, ids))
        self.rollup_queries: DataLoader[str, RollupQueryRow | None] = self._by_id(
            lambda ids: RollupQueriesByIds(viewer, ids)
        )
        self.owners: DataLoader[str, OwnerRow | None] = self._by_id(lambda ids: OwnersByIds(viewer, ids))
        self.roles: DataLoader[str, RolesOfUser | None] = self._by_id(lambda ids: RolesOf(viewer, ids))
        self.members: DataLoader[str, OwnersOf | None] = self._by_id(lambda ids: MembersOf(viewer, ids))
        self.owner_children: DataLoader[str, OwnersOf | None] = self._by_id(lambda ids: OwnerChildrenOf(viewer, ids))
        self.runs: DataLoader[str, RunRow | None] = self._by_id(lambda ids: RunsByIds(viewer, ids))
        self.records: DataLoader[str, RecordRow | None] = self._by_id(lambda ids: RecordsByIds(viewer, ids))
        self.record_types: DataLoader[str, RecordType | None] = DataLoader(load_fn=self._load_record_types)
        self.organizations: DataLoader[None, OrganizationRow] = DataLoader(load_fn=self._load_organizations)
        self.rates: DataLoader[tuple[str, date], RateRow | None] = DataLoader(load_fn=self._load_rates)
        self.ancestors: DataLoader[str, Ancestors | None] = self._by_id(
            lambda ids: AncestorsOf(viewer, ids), key=lambda row: row.goal_id
        )
        self.operations: DataLoader[str, Operations | None] = self._by_id(
            lambda ids: OperationsOf(viewer, ids), key=lambda row: row.goal_id
        )
        self.restricted_children: DataLoader[str, RestrictedChildren | None] = self._by_id(
            lambda ids: RestrictedChildrenOf(viewer, ids), key=lambda row: row.parent_id
        )
        self.child_targets: DataLoader[str, ChildTargets | None] = self._by_id(
            lambda ids: ChildTargetsOf(viewer, ids), key=lambda row: row.parent_id
        )
        self.histories: DataLoader[str, History | None] = DataLoader(load_fn=self._load_histories)
        self.children: DataLoader[ChildrenPage, Children | None] = DataLoader(load_fn=self._load_children)

    def _by_id(
        self,
        statement: Callable[[list[str]], Statement[Row]],
        key: Callable[[Row], str] = lambda row: row.id,  # type: ignore[attr-defined]
    ) -> DataLoader[str, Row | None]:
        async def load(ids: list[str]) -> list[Row | None]:
            found = {key(row): row for row in await self._context.fetch(statement(ids))}
            return [found.get(id_) for id_ in ids]

        return DataLoader(load_fn=load)

    async def _load_record_types(self, keys: list[str]) -> list[RecordType | None]:
        found = {kind.key: kind for kind in await self._context.read(record_types)}
        return [found.get(key) for key in keys]

    async def _load_organizations(self, keys: list[None]) -> list[OrganizationRow]:
        return [await self._context.read(organization)] * len(keys)

    async def _load_rates(self, pairs: list[tuple[str, date]]) -> list[RateRow | None]:
        found = await self._context.read(lambda tx: rates_in_force(tx, pairs))
        return [found.get(pair) for pair in pairs]

    async def _load_children(self, pages: list[ChildrenPage]) -> list[Children | None]:
        batches: dict[tuple[int, str | None, str | None], list[str]] = defaultdict(list)
        for page in pages:
            batches[page.first, page.after_title, page.after_id].append(page.parent)

        async def work(tx: Transaction) -> dict[ChildrenPage, Children]:
            found: dict[ChildrenPage, Children] = {}
            for (first, after_title, after_id), parents in batches.items():
                statement = ChildrenOf(self._context.viewer.id, parents, first, after_title, after_id)
                for row in await tx.run(statement):
                    found[ChildrenPage(row.parent_id, first, after_title, after_id)] = row
            return found

        found = await self._context.read(work)
        return [found.get(page) for page in pages]

    async def _load_histories(self, goals: list[str]) -> list[History | None]:
        viewer, now = self._context.viewer.id, self._context.clock.now()
        found = {one.goal_id: one for one in await self._context.read(lambda tx: histories(tx, viewer, goals, now))}
        return [found.get(goal) for goal in goals]
