"""A company drawn from a seed, made by the product's own rules, and the same for the oracle of the policy.

Everything is named by a key: users and teams by external id, goals by the first title, records by external id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from graph.audit import write_entry
from graph.exchange_rate import set_exchange_rates
from graph.field_profile import FieldGrant, upsert_field_profile
from graph.goal_change import update_goal
from graph.organization_settings import AncestorManagers, update_settings
from graph.override import OverrideDraft, override_goal
from graph.owners import OwnerKind
from graph.period import GoalPeriod, PeriodKind
from graph.rights import Depth, Kind, Operation, Privilege
from graph.role import SHIPPED, Roles, assign_role, upsert_role
from graph.rollup_compiler import Category
from graph.run import Trigger, start
from graph.share import set_restricted, share_node
from tests.factories import OPEN_REVENUE, Q1, WON_REVENUE, YEAR, Company
from tests.leaks import asking
from tests.policy import Graph, Node, Oracle

if TYPE_CHECKING:
    from graph.database import Transaction

HALF = GoalPeriod(PeriodKind.CUSTOM, None, None, "first half", date(2026, 1, 1), date(2026, 6, 30))
#: Units, each with the one above it.
UNITS: dict[str, str | None] = {"north": None, "east": "north", "west": "north", "far": None}
#: Who may look: role and unit. "" is a role that a scene draws.
POOL: dict[str, tuple[str | None, str | None]] = {
    "director": ("Sales Director", "north"),
    "rep-a": ("Salesperson", "east"),
    "auditor": ("Auditor", "north"),
    "manager": ("Sales Manager", "east"),
    "outsider": (None, None),
    "analyst": ("Analyst", "west"),
    "custom": ("", "west"),
    "rep-b": ("Salesperson", "east"),
    "service": ("Rollup Service", None),
    "rep-c": (None, "west"),
}
#: Who never looks, and has what is hidden from everybody.
GHOSTS = ("boss", "boss-2", "ghost", "ghost-2")
TEAMS = {"crew": ("rep-a", "rep-c"), "ghosts": ("ghost-2",)}
LOOKING = 4
#: How long ago a scene was made, but for what `asking.later` changes.
PAST = timedelta(days=9)
#: Fields that a scene keeps from all who look.
SECURED: tuple[tuple[str, ...], ...] = (
    ("goal.target", "record.opportunity.actualValue"),
    (),
    ("goal.actual", "goal.inProgress", "goal.description"),
)


def viewers_of(seed: int) -> tuple[str, ...]:
    """Who looks at the scene of a seed: seeds in a row have everybody look."""
    names = list(POOL)
    return tuple(names[(seed * LOOKING + number) % len(names)] for number in range(LOOKING))


@dataclass
class Scene:
    """The scene of a seed. `graph` is what the oracle decides by; `goals` and `records` are ids by key."""

    company: Company
    seed: int
    viewers: tuple[str, ...] = ()
    goals: dict[str, str] = field(default_factory=dict)
    records: dict[str, str] = field(default_factory=dict)
    secured: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.viewers = self.viewers or viewers_of(self.seed)
        self.graph = Graph(self.seed, units=dict(UNITS))
        self.random = Random(self.seed)  # noqa: S311 - a seed must give the same scene again
        self.secured = self.secured or SECURED[self.seed % len(SECURED)]
        #: Rows of records as written, by (type, key).
        self.rows: dict[tuple[str, str], dict[str, Any]] = {}

    async def build(self) -> Scene:
        """Draw and write all of it, most of it some days ago: goals have a past."""
        company, random = self.company, self.random
        now = company.clock.now()
        company.clock.set(now - PAST)
        await self._people()
        company.ids["metric"] = await company.metric("Revenue", WON_REVENUE, OPEN_REVENUE, asking.LINES, stretch=True)
        await self._some_goals()
        await self._hidden_goals()
        await asking.goals(self)
        await self._some_records()
        await self._hidden_records()
        await asking.records(self)
        await self._exceptions()
        await self.override("Secret", "A secret reason", "boss")
        if random.random() < 0.5:
            await self.override(random.choice(self.numbered()), "Known to all", "director")
        await self.recalculate()
        company.clock.set(now)
        await asking.later(self)
        await self.recalculate()
        await self._runs()
        return self

    # Who sees what, as the oracle says.

    def sees_goal(self, viewer: str, key: str) -> bool:
        """Whether a viewer sees a goal."""
        return Oracle(self.graph, viewer).sees_goal(key)

    def hidden_goals(self) -> list[str]:
        """The goals that none of the viewers sees."""
        return [key for key in self.graph.goals if not any(self.sees_goal(one, key) for one in self.viewers)]

    def hidden_records(self, *types: str) -> list[str]:
        """The records (of these types) that none of the viewers sees."""
        oracles = [Oracle(self.graph, one) for one in self.viewers]
        return [
            key
            for key, node in self.graph.records.items()
            if node.type in types and not any(one.sees_record(key) for one in oracles)
        ]

    def may_read(self, kind: str) -> bool:
        """Whether one of the viewers may read this kind, such as SETTINGS."""
        return any(Oracle(self.graph, one).depth("READ", kind) for one in self.viewers)

    def numbered(self) -> list[str]:
        """The goals that were drawn."""
        return [key for key in self.graph.goals if key.startswith("Goal")]

    # What the scene and its changes are made with.

    async def recalculate(self) -> None:
        """Calculate every tree."""
        for key, node in self.graph.goals.items():
            if node.parent is None:
                await self.company.recalculate(self.goals[key])

    async def goal(self, key: str, parent: str | None, manager: str, owner: str, **more: Any) -> None:
        """Make a goal."""
        ids = self.company.ids
        above = {"parent_id": self.goals[parent]} if parent else {"metric_id": ids["metric"]}
        more = {"restricted": False, **above, **more}
        self.goals[key] = await self.company.goal(key, manager_id=ids[manager], owner_id=ids[owner], **more)
        self.graph.goals[key] = Node(key, owner, more["restricted"], parent, manager=manager)

    async def update(self, key: str, **changes: Any) -> None:
        """Change a goal, as an administrator."""
        admin, id_, now = self.company.administrator, self.goals[key], self.company.clock.now()
        await self.company.write(lambda tx: update_goal(tx, admin, id_, changes, now))

    async def _runs(self) -> None:
        """Note a run of each tree, and one of all."""
        now, who = self.company.clock.now(), self.company.ids["director"]
        roots = [self.goals[key] for key, node in self.graph.goals.items() if node.parent is None]

        async def work(tx: Transaction) -> None:
            for root in (*roots, None):
                await start(tx, now, Trigger.MANUAL, who, root)

        await self.company.write(work)

    async def override(self, key: str, reason: str, author: str) -> None:
        """Pin a goal's value in progress."""
        viewer, id_ = self.company.viewer(author, administrator=True), self.goals[key]
        draft, now = OverrideDraft({Category.IN_PROGRESS: "5"}, reason), self.company.clock.now()
        self.company.viewer("administrator")

        async def work(tx: Transaction) -> None:
            await override_goal(tx, self.company.administrator, id_, draft, now)
            text = "MATCH (g:Goal {id: $id}) SET g.overrideAuthor = $author"
            await tx.text(text, {"id": id_, "author": viewer.id}, name="tests/author")

        await self.company.write(work)

    async def record(self, type_: str, key: str, owner: str | None, **more: Any) -> None:
        """Write a record, or what is given of one. `restricted`: whether it is, if given."""
        restricted = more.pop("restricted", None)
        row = {**self.rows.get((type_, key), {"externalId": key, "name": key}), **more}
        if owner is not None:
            row["owner"] = {"team" if owner in TEAMS else "user": owner}
        self.rows[type_, key] = row
        await self.company.records(type_, row)
        known = self.graph.records.get(key)
        if known is None or owner is not None:
            above = more.get("parent")
            effective = owner or (None if above is None else self.graph.records[above].owner)
            self.graph.records[key] = Node(key, effective, known is not None and known.restricted, type=type_)
        if key not in self.records:
            await self._note_record(key)
        if restricted is not None:
            self.graph.records[key].restricted = restricted
            admin, id_ = self.company.administrator, self.records[key]
            await self.company.write(lambda tx: set_restricted(tx, admin, id_, None, restricted=restricted))

    async def deal(self, key: str, owner: str, amount: str, day: str = "2026-02-03", **more: Any) -> None:
        """Write a won opportunity."""
        fields = {"actualValue": amount, "actualCloseDate": day}
        await self.record("opportunity", key, owner, **{"state": "WON", "fields": fields, **more})

    async def _note_record(self, key: str) -> None:
        async def work(tx: Transaction) -> None:
            text = "MATCH (r:Record {externalId: $key}) RETURN r.id AS id"
            (row,) = await tx.text(text, {"key": key}, name="tests/record")
            self.records[key] = row["id"]

        await self.company.database.read(work)

    # The drawing.

    async def _people(self) -> None:
        company, graph, random = self.company, self.graph, self.random
        admin = company.administrator
        units = [{"name": name, "parent": above} for name, above in UNITS.items()]
        await company.owners(OwnerKind.BUSINESS_UNIT, *units)
        await company.owners(OwnerKind.TEAM, {"name": "crew", "unit": "west"}, {"name": "ghosts", "unit": "far"})
        people = {**{name: unit for name, (_, unit) in POOL.items()}, **dict.fromkeys(GHOSTS, "far")}
        teams = {name: [team for team, members in TEAMS.items() if name in members] for name in people}
        rows = [{"name": name, "unit": unit, "teams": teams[name]} for name, unit in people.items()]
        await company.owners(OwnerKind.USER, *({k: v for k, v in row.items() if v} for row in rows))
        graph.places = {**people, "crew": "west", "ghosts": "far"}
        graph.teams = {name: set(of) for name, of in teams.items()}
        graph.parent_only = random.random() < 0.3
        drawn = [
            Privilege(kind, operation, Depth(random.randrange(4)))
            for kind in (Kind.GOAL, Kind.RECORD)
            for operation in (Operation.READ, Operation.WRITE, Operation.CREATE, Operation.AGGREGATE)
        ]
        counting = [Privilege(Kind.RECORD, Operation.AGGREGATE, Depth.ORGANIZATION)]
        own = {"Drawn": drawn, "Counter": counting}
        held = {name: [role or "Drawn"] if role is not None else [] for name, (role, _) in POOL.items()}
        # So that refusals speak of what is hidden, and not of the right to count.
        for name in ("manager", "rep-a", "rep-b"):
            held[name].append("Counter")
        privileges = {name: listed for name, (_, listed) in SHIPPED.items()} | own
        graph.roles = {
            name: {
                (one.kind if one.record_type is None else f"{one.kind}:{one.record_type}", one.operation): one.depth
                for one in listed
            }
            for name, listed in privileges.items()
        }
        graph.held = {name: held.get(name, []) for name in people}

        async def work(tx: Transaction) -> None:
            for name, listed in own.items():
                await upsert_role(tx, admin, None, name, None, listed)
            roles = {one.name: one.id for one in await tx.run(Roles(admin.id))}
            for name, names in held.items():
                for role in names:
                    await assign_role(tx, admin, roles[role], company.ids[name], granted=True)
            if graph.parent_only:
                await update_settings(tx, admin, {"ancestor_managers": AncestorManagers.PARENT})
            rates = [{"currency": "USD", "validFrom": date(2026, 1, 1), "rate": "1.25"}]
            await set_exchange_rates(tx, admin, rates, [])
            members = [company.ids[name] for name in ("ghost", *(name for name in POOL if name not in self.viewers))]
            grants = [FieldGrant(one, can_read=True, can_write=True) for one in self.secured]
            await upsert_field_profile(tx, admin, None, "Kept back", grants, members)

        await company.write(work)

    async def _some_goals(self) -> None:
        random, people = self.random, list(POOL)
        for number in range(8):
            known = self.numbered()
            parent = random.choice(known[-4:]) if known and (number < 3 or random.random() < 0.85) else None
            restricted = parent is not None and (self.graph.goals[parent].restricted or random.random() < 0.2)
            await self.goal(
                f"Goal {number}",
                parent,
                random.choice(people),
                random.choice([*people, "crew", "east"]),
                period=YEAR,
                target=random.choice((None, "40", "100", "7.5")),
                description=random.choice((None, "Words")),
                restricted=restricted,
                rollup_only_from_children=random.random() < 0.2,
            )

    async def _hidden_goals(self) -> None:
        """Secret, with a leaf and one goal below it that can be seen; a tree apart; one that is far, not restricted."""
        near = self.random.choice([key for key in self.numbered()[:4] if not self.graph.goals[key].restricted])
        secret: dict[str, Any] = {"target": "55", "stretch_target": "66", "restricted": True}
        await self.goal("Secret", near, "boss", "ghost", period=YEAR, **secret)
        await self.goal("Secret leaf", "Secret", "boss", "ghost", period=Q1, target="7", restricted=True)
        await self.goal("Seen below", "Secret", "rep-a", "rep-b", period=Q1)
        await self.goal("Other tree", None, "boss", "ghost", period=YEAR, restricted=True)
        await self.goal("Far", None, "boss", "boss", period=YEAR, target="12")

    async def _some_records(self) -> None:
        random = self.random
        await self.record("account", "a-ghost", "ghost", restricted=True)
        await self.record("account", "a-rep", "rep-a")
        for owner in ("rep-a", "rep-b", "rep-c", "manager", "crew"):
            currency = random.choice(("EUR", "USD"))
            for number, amount in enumerate(random.sample(("10", "20.5", "30.25"), 2)):
                more = {"currency": currency, "account": random.choice(("a-ghost", "a-rep"))}
                await self.deal(f"deal-{owner}-{number}", owner, amount, **more)
        fields = {"estimatedValue": "77", "openDate": "2026-02-04"}
        await self.record("opportunity", "open-rep-a", "rep-a", state="OPEN", fields=fields)
        # The parents of records: a line takes its owner from its order.
        await self.record("order", "order-rep-b", "rep-b", state="ACTIVE")
        await self.record("order_line", "line-rep-b", None, parent="order-rep-b")

    async def _hidden_records(self) -> None:
        for number, amount in enumerate(("31.5", "2.25", "4")):
            await self.deal(f"hidden-{number}", "ghost", amount, f"2026-02-0{number + 3}", restricted=True)
        await self.record("order", "order-ghost", "ghost", state="ACTIVE", restricted=True)
        await self.record("order_line", "line-ghost", None, parent="order-ghost", restricted=True)
        await self.record("order_line", "line-seen", "rep-b", parent="order-ghost")
        # A type that is restricted as a whole.
        fields = {"actualEnd": "2026-02-03T10:00:00Z"}
        await self.record("phone_call", "call-ghost", "ghost", state="OPEN", fields=fields)
        await self.record("phone_call", "call-rep-b", "rep-b", state="OPEN", fields=fields)
        admin, named = self.company.administrator, [self.goals["Goal 0"]]

        async def work(tx: Transaction) -> None:
            await set_restricted(tx, admin, None, "phone_call", restricted=True)
            # For who may read the audit log.
            at = self.company.clock.now()
            await write_entry(tx, at=at, who=admin.id, what="updateGoal", result=None, named=named, fields=["title"])

        await self.company.write(work)
        self.graph.restricted_types = {"phone_call"}

    async def _exceptions(self) -> None:
        """Share some goals and records."""
        random, admin, company = self.random, self.company.administrator, self.company
        shared = [*random.sample(self.numbered(), 2), *random.sample(sorted(self.records), 2)]
        for key in shared:
            if "ghost" in key or "hidden" in key:
                continue
            target, writes = random.choice([*POOL, "crew"]), key in self.goals and random.random() < 0.5
            id_ = self.goals.get(key) or self.records[key]
            node = self.graph.goals.get(key) or self.graph.records[key]
            node.shares[target] = writes

            async def work(tx: Transaction, id_: str = id_, target: str = target, *, writes: bool = writes) -> None:
                await share_node(tx, admin, id_, company.ids[target], can_write=writes)

            await company.write(work)
