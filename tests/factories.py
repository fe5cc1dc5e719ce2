"""What tests arrange: an organization with structure, metrics, goals and records, through the product's own rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from graph import goal_change, metric_change, rollup
from graph.fold import fold_waiting
from graph.goal import GoalRow, GoalsByIds
from graph.goal_creation import GoalDraft
from graph.metric import MetricRow, MetricsByIds, MetricType
from graph.metric_change import MetricDraft, RollupFieldDraft
from graph.money import DataType, format_units
from graph.organization import ensure_organization
from graph.owners import OwnerKind, OwnersByExternalIds
from graph.owners_upsert import upsert_owners
from graph.period import GoalPeriod, PeriodKind
from graph.record_upsert import upsert_records
from graph.rights import Depth, Kind, Operation, Privilege
from graph.role import Roles, assign_role, ensure_roles, upsert_role
from graph.rollup_compiler import Category
from graph.shipped_types import ensure_record_types
from graph.visibility import Viewer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from graph.clock import FixedClock
    from graph.database import Database, Transaction
    from graph.ingestion import UpsertReport

#: Whoever sets an organization up before it has users.
FOUNDER = Viewer("founder", "founder", "Founder", administrator=True)

#: The first quarter of the year in which tests live.
Q1 = GoalPeriod(PeriodKind.CUSTOM, None, None, "2026-01-01 to 2026-03-31", date(2026, 1, 1), date(2026, 3, 31))
YEAR = GoalPeriod(PeriodKind.CUSTOM, None, None, "2026-01-01 to 2026-12-31", date(2026, 1, 1), date(2026, 12, 31))

WON_REVENUE = RollupFieldDraft(Category.ACTUAL, "opportunity", "actualCloseDate", "WON", (), "actualValue")
OPEN_REVENUE = RollupFieldDraft(Category.IN_PROGRESS, "opportunity", "openDate", "OPEN", (), "estimatedValue")


@dataclass
class Company:
    """An organization under test. Names are external ids too; methods return ids."""

    database: Database
    clock: FixedClock
    ids: dict[str, str] = field(default_factory=dict)
    _numbers: count[int] = field(default_factory=lambda: count(1))

    async def found(self) -> Company:
        """Write what every database has: the organization and the shipped record types."""

        async def work(tx: Transaction) -> None:
            await ensure_organization(tx)
            await ensure_record_types(tx)
            await ensure_roles(tx)

        await self.write(work)
        await self.users("administrator", administrator=True)
        return self

    @property
    def administrator(self) -> Viewer:
        """The user who may do everything."""
        return self.viewer("administrator", administrator=True)

    async def write(self, work: Callable[[Transaction], Awaitable[Any]]) -> Any:
        """Run work in a write transaction."""
        return await self.database.write(work, deadline=120)

    async def owners(self, kind: OwnerKind, *rows: dict[str, Any]) -> list[str]:
        """Make owners from rows; `name` is the external id unless given."""
        full = [{"externalId": row["name"], **row} for row in rows]

        async def work(tx: Transaction) -> list[str]:
            report = await upsert_owners(tx, FOUNDER, kind, full)
            assert not report.refused, report.refused
            keys = [(kind.value, row["externalId"]) for row in full]
            found = {row.external_id: row.id for row in await tx.run(OwnersByExternalIds(keys))}
            return [found[row["externalId"]] for row in full]

        ids: list[str] = await self.write(work)
        self.ids |= {row["name"]: id_ for row, id_ in zip(full, ids, strict=True)}
        return ids

    async def users(self, *names: str, **properties: Any) -> list[str]:
        """Make users with the same further properties."""
        return await self.owners(OwnerKind.USER, *({"name": name, **properties} for name in names))

    def viewer(self, name: str, *, administrator: bool = False) -> Viewer:
        """A user made before, as a viewer."""
        return Viewer(self.ids[name], name, name, administrator=administrator)

    async def grant(self, role: str, *names: str) -> None:
        """Give users a shipped role; or "Counter", which may count all records and nothing else."""

        async def work(tx: Transaction) -> None:
            known = {one.name: one.id for one in await tx.run(Roles(self.administrator.id))}
            if role == "Counter" and role not in known:
                counting = [Privilege(Kind.RECORD, Operation.AGGREGATE, Depth.ORGANIZATION)]
                known[role] = await upsert_role(tx, self.administrator, None, role, None, counting)
            for name in names:
                await assign_role(tx, self.administrator, known[role], self.ids[name], granted=True)

        await self.write(work)

    async def metric(
        self,
        name: str = "Revenue",
        *fields: RollupFieldDraft,
        type_: MetricType = MetricType.AMOUNT,
        data_type: DataType | None = DataType.MONEY,
        stretch: bool = False,
    ) -> str:
        """Make a metric; with no fields named, actual won and in-progress open revenue."""

        async def work(tx: Transaction) -> str:
            draft = MetricDraft(name, type_, data_type, None, stretch)
            metric_id = await metric_change.create_metric(tx, self.administrator, draft)
            for one in fields or (WON_REVENUE, OPEN_REVENUE):
                await metric_change.create_rollup_field(tx, self.administrator, metric_id, one)
            return metric_id

        metric_id: str = await self.write(work)
        return metric_id

    async def goal(self, title: str, *, viewer: Viewer | None = None, **fields: Any) -> str:
        """Make a goal as an administrator (or `viewer`); a manager must be named."""
        draft = GoalDraft(title, **fields)
        goal_id: str = await self.write(
            lambda tx: goal_change.create_goal(tx, viewer or self.administrator, draft, self.clock.now())
        )
        return goal_id

    async def move(self, goal_id: str, parent_id: str | None) -> None:
        """Put a goal under another parent, as an administrator."""
        await self.write(lambda tx: goal_change.move_goal(tx, self.administrator, goal_id, parent_id, self.clock.now()))

    async def records(self, type_key: str, *rows: dict[str, Any]) -> UpsertReport:
        """Write records; an external id is made where none is given."""
        full = [{"externalId": f"record-{next(self._numbers)}", **row} for row in rows]

        async def work(tx: Transaction) -> UpsertReport:
            return await upsert_records(tx, FOUNDER, type_key, full, now=self.clock.now(), zone=ZoneInfo("UTC"))

        report: UpsertReport = await self.write(work)
        assert not report.refused, report.refused
        return report

    async def won(self, owner: str, *sales: tuple[str, str], **more: Any) -> None:
        """Write won opportunities of a user: (amount, close date) each."""
        await self.records(
            "opportunity",
            *(
                {
                    "state": "WON",
                    "owner": {"user": owner},
                    "fields": {"actualValue": amount, "actualCloseDate": day},
                    **more,
                }
                for amount, day in sales
            ),
        )

    async def recalculate(self, goal_id: str) -> rollup.RunReport:
        """Recalculate the tree a goal is in."""
        return await rollup.recalculate_tree(self.database, self.clock, goal_id, also_late=True)

    async def waiting(self) -> set[str]:
        """The open goals with changes that are not in their numbers yet, and those above them."""

        async def work(tx: Transaction) -> set[str]:
            text = (
                "MATCH (change:RollupChange) MATCH (:Goal {id: change.goal})-[:CHILD_OF*0..]->(g:Goal {state: 'OPEN'}) "
                "RETURN DISTINCT g.id AS id"
            )
            return {row["id"] for row in await tx.text(text, {}, name="tests/waiting")}

        return await self.database.read(work)

    async def fold(self) -> None:
        """Fold all changes that wait, as the worker does."""
        while await fold_waiting(self.database, self.clock):
            pass

    async def read(self, goal_id: str) -> tuple[GoalRow, MetricRow]:
        """A goal and its metric, as an administrator sees them."""
        viewer = self.administrator.id

        async def work(tx: Transaction) -> tuple[GoalRow, MetricRow]:
            (goal,) = await tx.run(GoalsByIds(viewer, [goal_id]))
            (metric,) = await tx.run(MetricsByIds(viewer, [goal.metric_id]))
            return goal, metric

        return await self.database.read(work)

    async def total(self, goal_id: str, category: Category = Category.ACTUAL) -> str | None:
        """A goal's total as text."""
        goal, metric = await self.read(goal_id)
        units = goal.total(category)
        return None if units is None else format_units(units, metric.data_type)

    async def totals(self, goal_ids: Sequence[str], category: Category = Category.ACTUAL) -> list[str | None]:
        """Several goals' totals as text."""
        return [await self.total(goal_id, category) for goal_id in goal_ids]
