"""The demo's small organization: four levels, three periods; money, counts and weights. Its sizes are `demo`.

Dates are relative to the day it is loaded on; amounts come from a fixed seed. Everything goes through the rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final

from graph import goal_change, metric_change, override
from graph.account import viewer_named
from graph.clock import today
from graph.goal_creation import GoalDraft, TreeDraft
from graph.metric import MetricType
from graph.metric_change import MetricDraft, RollupFieldDraft
from graph.money import DataType
from graph.organization import organization
from graph.override import OverrideDraft
from graph.owners import OwnerKind, OwnersByExternalIds
from graph.owners_upsert import upsert_owners
from graph.period import FiscalPeriod, GoalPeriod
from graph.record_upsert import upsert_records
from graph.role import Roles, assign_role
from graph.rollup_compiler import Category
from graph.visibility import Viewer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from zoneinfo import ZoneInfo

    from graph.clock import Clock
    from graph.database import Transaction

_SEED: Final = 20_260
#: Team, its place, and how far each representative is: a share of what the day asks for; None: no record at all.
_TEAMS: Final[dict[tuple[str, str], tuple[float | None, ...]]] = {
    ("East", "Key Accounts"): (1.08, 0.86),
    ("East", "Small Business"): (0.55, None, 2.9),
    ("West", "Key Accounts"): (1.21, 0.93),
    ("West", "Small Business"): (4.2, 0.71),
}
#: Shipped roles, by how the external ids of those begin who have them; all others are salespersons.
_ROLES: Final = {"director": "Sales Director", "manager": "Sales Manager", "analyst": "Analyst"}
_REP_TARGET: Final = 120_000
_STRETCH: Final = 1.25
#: Whoever loads the demo has no user yet.
_LOADER: Final = Viewer("demo", "demo", "Demo", administrator=True)
_RESTRICTED_REP: Final = 7
#: A representative's target in tonnes, and the one whose scales are broken.
_TONNES: Final = 40
_BY_HAND: Final = "Tonnes: Rep 09, West"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was written: the trees' roots, the last of them that of weights, and what comes after they are calculated.

    `by_hand`: the goal whose total is then given by hand. A larger tree has the metric `revenue` and `period`.
    """

    roots: tuple[str, ...]
    viewer: Viewer
    director: str
    by_hand: str
    zone: ZoneInfo
    today: date
    revenue: str
    period: GoalPeriod


@dataclass(frozen=True, slots=True)
class _Rep:
    """A representative: number, place, team, and how far it is."""

    number: int
    place: str
    team: str
    share: float | None

    @property
    def key(self) -> str:
        return f"rep-{self.number:02}-{self.place.lower()}"

    @property
    def name(self) -> str:
        return f"Rep {self.number:02}, {self.place}"


class SmallDemo:
    """One loading of the demo."""

    def __init__(self, tx: Transaction, clock: Clock) -> None:
        self._tx = tx
        self._clock = clock
        self._random = Random(_SEED)  # noqa: S311 - amounts of a demo
        self._viewer = _LOADER
        self._ids: dict[tuple[str, str], str] = {}
        self._by_hand = ""
        places = [(place, team, share) for (place, team), shares in _TEAMS.items() for share in shares]
        self._reps = [_Rep(number, *rest) for number, rest in enumerate(places, 1)]

    async def load(self) -> Loaded:
        """Write everything that is calculated."""
        await self._structure()
        viewer = await viewer_named(self._tx.run, "administrator")
        assert viewer is not None  # noqa: S101 - written just now
        self._viewer = viewer
        await self._roles()
        own = await organization(self._tx)
        self._today = today(self._clock, own.zone)
        self._zone = own.zone
        current = own.calendar.containing(self._today)
        former = own.calendar.containing(current.start - timedelta(days=1))
        first = own.calendar.containing(former.start - timedelta(days=1))
        now, before, long_ago = (GoalPeriod.fiscal(own.calendar, one) for one in (current, former, first))
        revenue = await self._metric(
            MetricDraft("Revenue", MetricType.AMOUNT, DataType.MONEY, "Won deals", tracks_stretch_target=True),
            RollupFieldDraft(Category.ACTUAL, "opportunity", "actualCloseDate", "WON", (), "actualValue"),
            RollupFieldDraft(Category.IN_PROGRESS, "opportunity", "openDate", "OPEN", (), "estimatedValue"),
        )
        calls = await self._metric(
            MetricDraft("Calls", MetricType.COUNT, None, "Completed phone calls"),
            RollupFieldDraft(Category.ACTUAL, "phone_call", "actualEnd", "COMPLETED"),
        )
        tonnes = await self._metric(
            MetricDraft("Tonnes", MetricType.AMOUNT, DataType.DECIMAL, "Weight of fulfilled orders"),
            RollupFieldDraft(Category.ACTUAL, "order", "fulfilledDate", "FULFILLED", (), "totalWeight"),
        )
        roots = [
            await self._tree("Revenue", revenue, long_ago, _REP_TARGET * 8 // 10, restricted=None),
            await self._tree("Revenue", revenue, before, _REP_TARGET * 9 // 10, restricted=None),
            await self._tree("Revenue", revenue, now, _REP_TARGET, restricted=_RESTRICTED_REP),
            await self._tree("Calls", calls, now, 40, restricted=None),
            await self._tree("Tonnes", tonnes, now, _TONNES, restricted=None),
        ]
        await self._deals(former, current)
        await self._past_and_weights(first, current)
        director = self._ids["USER", "director"]
        return Loaded(tuple(roots), viewer, director, self._by_hand, own.zone, self._today, revenue, now)

    async def _structure(self) -> None:
        places = sorted({place for place, _ in _TEAMS})
        units = [{"externalId": "company", "name": "Company"}]
        units += [{"externalId": place.lower(), "name": place, "parent": "company"} for place in places]
        await self._upsert(OwnerKind.BUSINESS_UNIT, units)
        await self._upsert(OwnerKind.TERRITORY, units)
        lines = [{"externalId": "machines", "name": "Machines"}, {"externalId": "services", "name": "Services"}]
        await self._upsert(OwnerKind.PRODUCT_LINE, lines)
        teams = [
            {"externalId": _team_key(place, team), "name": f"{team}, {place}", "unit": place.lower()}
            for place, team in _TEAMS
        ]
        await self._upsert(OwnerKind.TEAM, teams)
        users: list[dict[str, Any]] = [
            {"externalId": "administrator", "name": "Administrator", "administrator": True, "unit": "company"},
            {"externalId": "director", "name": "Director, Company", "unit": "company"},
            {"externalId": "analyst", "name": "Analyst, Company", "unit": "company"},
        ]
        users += [
            {
                "externalId": f"manager-{place.lower()}",
                "name": f"Manager, {place}",
                "unit": place.lower(),
                "manager": "director",
            }
            for place in places
        ]
        users += [
            {
                "externalId": rep.key,
                "name": rep.name,
                "unit": rep.place.lower(),
                "manager": f"manager-{rep.place.lower()}",
                "teams": [_team_key(rep.place, rep.team)],
            }
            for rep in self._reps
        ]
        await self._upsert(OwnerKind.USER, users)

    async def _roles(self) -> None:
        """Give everybody the role that its name says."""
        roles = {role.name: role.id for role in await self._tx.run(Roles(self._viewer.id))}
        for (kind, key), user in self._ids.items():
            if kind == OwnerKind.USER and key != "administrator":
                role = roles[_ROLES.get(key.split("-")[0], "Salesperson")]
                await assign_role(self._tx, self._viewer, role, user, granted=True)

    async def _upsert(self, kind: OwnerKind, rows: Sequence[dict[str, Any]]) -> None:
        await upsert_owners(self._tx, self._viewer, kind, rows, all_or_nothing=True)
        keys = [(kind.value, row["externalId"]) for row in rows]
        self._ids |= {(row.kind, row.external_id): row.id for row in await self._tx.run(OwnersByExternalIds(keys))}

    async def _metric(self, draft: MetricDraft, *fields: RollupFieldDraft) -> str:
        metric_id = await metric_change.create_metric(self._tx, self._viewer, draft)
        for field in fields:
            await metric_change.create_rollup_field(self._tx, self._viewer, metric_id, field)
        return metric_id

    async def _tree(
        self, what: str, metric: str, period: GoalPeriod, rep_target: int, *, restricted: int | None
    ) -> str:
        """Company, its places, their teams, their representatives; only the last have a part of their own."""
        stretch = what == "Revenue"
        drafts: list[TreeDraft] = []

        def goal(title: str, above: str | None, owner: tuple[str, str], manager: str, reps: int, **more: Any) -> str:
            target = rep_target * reps
            draft = GoalDraft(
                title=f"{what}: {title}",
                manager_id=self._ids["USER", manager],
                owner_id=self._ids[owner],
                target=str(target),
                stretch_target=str(int(target * _STRETCH)) if stretch else None,
                **more,
            )
            drafts.append(TreeDraft(draft, key=draft.title, parent_key=above))
            return draft.title

        parts = {"rollup_only_from_children": True}
        whole: dict[str, Any] = {"metric_id": metric, "period": period, **parts}
        root = goal("Company", None, ("BUSINESS_UNIT", "company"), "director", len(self._reps), **whole)
        for place in sorted({place for place, _ in _TEAMS}):
            manager = f"manager-{place.lower()}"
            of_place = [rep for rep in self._reps if rep.place == place]
            above = goal(place, root, ("TERRITORY", place.lower()), manager, len(of_place), **parts)
            for team_place, team in _TEAMS:
                if team_place != place:
                    continue
                of_team = [rep for rep in of_place if rep.team == team]
                owner = ("TEAM", _team_key(place, team))
                below = goal(f"{team}, {place}", above, owner, manager, len(of_team), **parts)
                for rep in of_team:
                    more = {"restricted": True} if rep.number == restricted else {}
                    # A restricted goal is its owner's and manager's alone: here the owner is both.
                    goal(rep.name, below, ("USER", rep.key), rep.key if more else manager, 1, **more)
        ids = await goal_change.create_goals(self._tx, self._viewer, None, drafts, self._clock.now())
        self._by_hand = ids.get(_BY_HAND, self._by_hand)
        return ids[root]

    async def _deals(self, former: FiscalPeriod, current: FiscalPeriod) -> None:
        deals: list[dict[str, Any]] = []
        calls: list[dict[str, Any]] = []
        for rep in self._reps:
            if rep.share is None:
                continue
            elapsed = (self._today - current.start).days / (current.end - current.start).days
            deals += self._won(rep, former.start, former.end, _REP_TARGET * 0.9 * min(rep.share, 1.4))
            deals += self._won(rep, current.start, self._today, _REP_TARGET * max(elapsed, 0.02) * rep.share)
            deals += self._open(rep, current.start, self._today)
            calls += self._calls(rep, current.start, self._today, int(40 * elapsed * rep.share))
        await self._records("opportunity", "demo-opportunity", deals)
        await self._records("phone_call", "demo-phone_call", calls)

    async def _records(self, key: str, name: str, rows: Sequence[dict[str, Any]]) -> None:
        numbered = [{"externalId": f"{name}-{number}", **row} for number, row in enumerate(rows, 1)]
        now = self._clock.now()
        await upsert_records(self._tx, self._viewer, key, numbered, now=now, zone=self._zone, all_or_nothing=True)

    async def _past_and_weights(self, first: FiscalPeriod, current: FiscalPeriod) -> None:
        """Deals of the first period, and fulfilled orders of this one."""
        elapsed = (self._today - current.start).days / (current.end - current.start).days
        deals: list[dict[str, Any]] = []
        orders: list[dict[str, Any]] = []
        for rep in self._reps:
            if rep.share is None:
                continue
            deals += self._won(rep, first.start, first.end, _REP_TARGET * 0.8 * min(rep.share, 1.1))
            for _ in range(3):
                kilograms = int(_TONNES * 1_000 * elapsed * min(rep.share, 1.5) / 3) + self._random.randrange(500)
                day = self._day(current.start, self._today)
                weight = f"{kilograms // 1_000}.{kilograms % 1_000:03}"
                fields = {"totalWeight": weight, "orderDate": day, "fulfilledDate": day}
                orders.append({"name": "Order", "state": "FULFILLED", "owner": {"user": rep.key}, "fields": fields})
        await self._records("opportunity", "demo-past", deals)
        await self._records("order", "demo-order", orders)

    def _won(self, rep: _Rep, start: date, end: date, total: float) -> list[dict[str, Any]]:
        """Won deals of a representative that add up to the total, in whole units of currency."""
        left, deals = int(total), []
        while left > 0:
            value = min(left, self._random.randrange(4_000, 30_000))
            left -= value
            fields = {"actualValue": str(value), "actualCloseDate": self._day(start, end)}
            deals.append(self._deal(rep, "WON", fields))
        return deals

    def _open(self, rep: _Rep, start: date, end: date) -> list[dict[str, Any]]:
        return [
            self._deal(
                rep,
                "OPEN",
                {"estimatedValue": str(self._random.randrange(5_000, 25_000)), "openDate": self._day(start, end)},
            )
            for _ in range(self._random.randrange(1, 4))
        ]

    def _deal(self, rep: _Rep, state: str, fields: dict[str, Any]) -> dict[str, Any]:
        line = self._random.choice(("machines", "services"))
        name = f"{line.capitalize()} for a customer in the {rep.place}"
        place = {"owner": {"user": rep.key}, "territory": rep.place.lower(), "productLine": line}
        return {"name": name, "state": state, "fields": fields, **place}

    def _calls(self, rep: _Rep, start: date, end: date, count: int) -> list[dict[str, Any]]:
        return [
            {
                "name": "Call",
                "state": "COMPLETED",
                "status": "MADE",
                "owner": {"user": rep.key},
                "fields": {"actualEnd": f"{self._day(start, end)}T12:00:00Z", "direction": "OUTGOING"},
            }
            for _ in range(count)
        ]

    def _day(self, start: date, end: date) -> str:
        return str(start + timedelta(days=self._random.randint(0, (end - start).days)))


def _team_key(place: str, team: str) -> str:
    return f"{team}-{place}".lower().replace(" ", "-")


async def finish(tx: Transaction, clock: Clock, loaded: Loaded) -> None:
    """After the calculation: give one total by hand, and add a goal that waits for its first calculation."""
    now = clock.now()
    by_hand = OverrideDraft({Category.ACTUAL: "100"}, "The scales were broken: what the forwarder weighed.")
    await override.override_goal(tx, loaded.viewer, loaded.by_hand, by_hand, now)
    draft = GoalDraft("Tonnes: Partners", parent_id=loaded.roots[-1], manager_id=loaded.director, target=str(_TONNES))
    await goal_change.create_goal(tx, loaded.viewer, draft, now)
