"""What changes out of the viewers' sight. Each change keeps every declared declassification (visibility.md §1).

A change says whether it applies to a scene. All are made by the product's own rules, an hour later than the scene.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from graph import goal_change
from graph.audit import write_entry
from graph.field_profile import FieldProfiles, upsert_field_profile
from graph.goal_creation import GoalDraft
from graph.period import GoalPeriod, PeriodKind
from graph.record_upsert import delete_records
from graph.role import Roles, assign_role
from graph.rollup_compiler import Category
from graph.share import share_node
from tests.conftest import NOW
from tests.factories import FOUNDER, YEAR
from tests.leaks.asking import change_over, open_deal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from random import Random

    from graph.database import Transaction
    from tests.leaks.scene import Scene

SPRING = GoalPeriod(PeriodKind.CUSTOM, None, None, "spring", date(2026, 1, 1), date(2026, 4, 30))
_LATER = timedelta(hours=1)
#: Goals that are hidden from everybody, in every scene.
ALWAYS_HIDDEN = ("Secret", "Secret leaf", "Other tree")


@dataclass(frozen=True)
class Change:
    """A hidden change. `applies`: whether it is hidden in this scene."""

    name: str
    make: Callable[[Scene, Random], Awaitable[None]]
    applies: Callable[[Scene], bool] = lambda _: True


async def _rename_goals(scene: Scene, random: Random) -> None:
    for key in scene.hidden_goals():
        title = random.choice(("AAA first of all", "zzz last", "Goal 1", f"Other {random.random()}"))
        await scene.update(key, title=title, description=random.choice((None, "Other words")))


async def _targets(scene: Scene, random: Random) -> None:
    for key in scene.hidden_goals():
        await scene.update(key, target=random.choice((None, "1", "41")), stretch_target=None)
    await scene.update("Secret", target="1", stretch_target="999")


async def _periods(scene: Scene, _: Random) -> None:
    """All records are of February: what the goals count stays."""
    await scene.update("Secret", period=SPRING)
    await scene.update("Other tree", period=SPRING)


async def _managers(scene: Scene, _: Random) -> None:
    for key in scene.hidden_goals():
        if scene.graph.goals[key].manager in {"boss", "boss-2"}:
            other = "boss" if scene.graph.goals[key].manager == "boss-2" else "boss-2"
            await scene.update(key, manager_id=scene.company.ids[other])
            scene.graph.goals[key].manager = other


async def _owners(scene: Scene, _: Random) -> None:
    """Another hidden owner for all that one owns: goals go on counting the same records."""
    for key, node in scene.graph.goals.items():
        if node.owner in {"ghost", "ghost-2"}:
            node.owner = "ghost" if node.owner == "ghost-2" else "ghost-2"
            await scene.update(key, owner_id=scene.company.ids[node.owner])
    for type_, key in list(scene.rows):
        record, own = scene.graph.records[key], "owner" in scene.rows[type_, key]
        if own and record.owner in {"ghost", "ghost-2"}:
            await scene.record(type_, key, "ghost" if record.owner == "ghost-2" else "ghost-2")


async def _swap_amounts(scene: Scene, random: Random) -> None:
    """Swap what two hidden records of one owner come to."""
    hidden = [key for key in scene.hidden_records("opportunity") if "fields" in scene.rows["opportunity", key]]
    won = [key for key in hidden if scene.rows["opportunity", key]["state"] == "WON"]
    await _swap(scene, random.sample(won, len(won)))


async def _swap(scene: Scene, keys: list[str]) -> None:
    """Swap the amounts of records of one owner and currency, two by two, each record once."""
    waiting: dict[tuple[str | None, str | None], str] = {}
    for key in keys:
        alike = (scene.graph.records[key].owner, scene.rows["opportunity", key].get("currency"))
        other = waiting.pop(alike, None)
        if other is None:
            waiting[alike] = key
            continue
        one, two = (scene.rows["opportunity", each]["fields"] for each in (key, other))
        await scene.record("opportunity", key, None, fields=two)
        await scene.record("opportunity", other, None, fields=one)


async def _rename_records(scene: Scene, random: Random) -> None:
    for type_ in ("opportunity", "account", "order", "order_line", "phone_call"):
        for key in scene.hidden_records(type_):
            await scene.record(type_, key, None, name=random.choice(("AAA", "hidden e", "zzz", "New name")))


async def _replace_record(scene: Scene, _: Random) -> None:
    """Another record in the place of one: same owner, same amount."""
    row = scene.rows.pop(("opportunity", "hidden-2"))
    owner = scene.graph.records.pop("hidden-2").owner
    await scene.company.write(lambda tx: delete_records(tx, FOUNDER, "opportunity", ["hidden-2"], now=NOW))
    more = {name: row[name] for name in ("fields", "state", "currency") if name in row}
    await scene.record("opportunity", "replaced", owner, restricted=True, **more)


async def _more_records(scene: Scene, _: Random) -> None:
    """Records that no goal counts, and hidden ones below hidden ones."""
    lost = {"fields": {"actualValue": "1000", "actualCloseDate": "2026-02-06"}}
    await scene.record("opportunity", "lost", "ghost-2", state="LOST", restricted=True, **lost)
    await scene.record("account", "a-new", "ghosts", restricted=True)
    await scene.record("order_line", "line-new", None, parent="order-ghost", restricted=True)
    await scene.record("phone_call", "call-new", "ghost", state="OPEN")


async def _replace_goals(scene: Scene, _: Random) -> None:
    """Other nodes in the place of hidden ones."""
    text = (
        "UNWIND $ids AS id MATCH (g:Goal {id: id}) SET g.id = 'new-' + id, g.createdAt = datetime('2020-01-01T00:00Z')"
    )
    ids = [scene.goals[key] for key in scene.hidden_goals()]
    await scene.company.write(lambda tx: tx.text(text, {"ids": ids}, name="tests/new_ids"))
    for key in scene.hidden_goals():
        scene.goals[key] = f"new-{scene.goals[key]}"


async def _more_goals(scene: Scene, random: Random) -> None:
    """Goals below hidden ones, and a tree."""
    company, now = scene.company, scene.company.clock.now()
    boss: dict[str, Any] = {"manager_id": company.ids["boss"]}
    drafts = [
        GoalDraft("Another", parent_id=scene.goals["Secret"], rollup_only_from_children=True, **boss),
        GoalDraft("Third tree", metric_id=company.ids["metric"], period=YEAR, restricted=True, target="1", **boss),
    ]
    random.shuffle(drafts)

    async def work(tx: Transaction) -> None:
        for draft in drafts:
            await goal_change.create_goal(tx, company.administrator, draft, now)

    await company.write(work)


async def _override(scene: Scene, _: Random) -> None:
    """Pin the same value, for another reason, by somebody else."""
    await scene.override("Secret", "Another reason", "boss-2")


async def _changed_over(scene: Scene, _: Random) -> None:
    """What queries tell twins apart by: the accounts' cities, the orders' items and states."""
    await change_over(scene)


async def _queries(scene: Scene, _: Random) -> None:
    """Give a hidden goal a query that all it counts meets, and that no visible goal need have."""
    await scene.update("Asking secretly", queries={Category.ACTUAL: scene.company.ids["Everything"]})


async def _shares(scene: Scene, _: Random) -> None:
    """Share what is hidden with those who do not look."""
    admin, ids = scene.company.administrator, scene.company.ids

    async def work(tx: Transaction) -> None:
        for node in (scene.goals["Secret"], scene.records["hidden-0"]):
            await share_node(tx, admin, node, ids["ghost-2"], can_write=False)

    await scene.company.write(work)


async def _rights(scene: Scene, _: Random) -> None:
    """Give a role and membership of a profile to those who do not look."""
    admin, ids = scene.company.administrator, scene.company.ids

    async def work(tx: Transaction) -> None:
        roles = {one.name: one.id for one in await tx.run(Roles(admin.id))}
        await assign_role(tx, admin, roles["Analyst"], ids["ghost"], granted=True)
        (profile,) = await tx.run(FieldProfiles(admin.id))
        members = [*profile.member_ids, ids["boss"]]
        await upsert_field_profile(tx, admin, profile.id, "Renamed", None, members)

    await scene.company.write(work)


async def _audit(scene: Scene, _: Random) -> None:
    at, who, named = scene.company.clock.now(), scene.company.ids["boss"], [scene.goals["Secret"]]

    async def work(tx: Transaction) -> None:
        await write_entry(tx, at=at, who=who, what="updateGoal", result=None, named=named, fields=["title"])

    await scene.company.write(work)


async def _masked_targets(scene: Scene, random: Random) -> None:
    for key in scene.numbered():
        await scene.update(key, target=random.choice((None, "1", "41", "400")))


async def _masked_descriptions(scene: Scene, random: Random) -> None:
    for key in scene.numbered():
        await scene.update(key, description=random.choice((None, "Hidden words", "Other words")))


async def _masked_totals(scene: Scene, random: Random) -> None:
    """One more record that counts: all that follows from it is kept from those who look."""
    await scene.deal("more", "ghost", random.choice(("7000", "0.01")), restricted=True)


async def _masked_in_progress(scene: Scene, random: Random) -> None:
    """One more open record that counts, twice."""
    await open_deal(scene, "more-open", random.choice(("9000", "0.02")))


async def _masked_amounts(scene: Scene, random: Random) -> None:
    """Swap the amounts of records that may be seen, without their amounts. Currencies can be seen: within each."""
    deals = [key for key in scene.graph.records if key.startswith("deal-")]
    await _swap(scene, random.sample(deals, len(deals)))


async def _hidden_pasts(scene: Scene, random: Random) -> None:
    """Another past of hidden goals."""
    text = """
    MATCH (g:Goal) WHERE g.id IN $ids
    MERGE (past:GoalSnapshot {goal: g.id, day: date('2026-01-20')})
    SET past.until = g.changedOn, past.actual = $units, past.recordCount = 7, past.target = $units, past.state = 'OPEN'
    """
    ids, units = [scene.goals[key] for key in scene.hidden_goals()], random.randrange(10**8)
    await scene.company.write(lambda tx: tx.text(text, {"ids": ids, "units": units}, name="tests/pasts"))


async def _masked_past_targets(scene: Scene, _: Random) -> None:
    await _one_more_day(scene, "target")


async def _masked_past_totals(scene: Scene, _: Random) -> None:
    await _one_more_day(scene, "actual", "recordCount")


async def _one_more_day(scene: Scene, *names: str) -> None:
    """A day more in the past of each goal, on which nothing changed but these secured properties."""
    text = """
    MATCH (past:GoalSnapshot)
    CREATE (more:GoalSnapshot)
    SET more = past {.*, day: past.day + duration('P2D')}, past.until = past.day + duration('P2D')
    SET more += $changed
    RETURN count(*) AS count
    """
    changed = dict.fromkeys(names, 12_345)
    (made,) = await scene.company.write(lambda tx: tx.text(text, {"changed": changed}, name="tests/one_more_day"))
    assert made["count"]


def _secures(field: str) -> Callable[[Scene], bool]:
    return lambda scene: field in scene.secured


CHANGES = (
    Change("goals renamed", _rename_goals),
    Change("targets", _targets),
    Change("periods", _periods),
    Change("managers", _managers),
    Change("owners", _owners),
    Change("amounts swapped", _swap_amounts),
    Change("records renamed", _rename_records),
    Change("record replaced", _replace_record),
    Change("more records", _more_records),
    # Who may read the settings is told how many goals a run calculated.
    Change("more goals", _more_goals, lambda scene: not scene.may_read("SETTINGS")),
    Change("override", _override),
    Change("accounts and orders changed over", _changed_over),
    Change("queries", _queries),
    Change("shares", _shares),
    Change("rights", _rights, lambda scene: not scene.may_read("SETTINGS")),
    Change("audit", _audit, lambda scene: not scene.may_read("AUDIT")),
    Change("secured targets", _masked_targets, _secures("goal.target")),
    Change("secured descriptions", _masked_descriptions, _secures("goal.description")),
    Change("secured totals", _masked_totals, _secures("goal.actual")),
    Change("secured values in progress", _masked_in_progress, _secures("goal.inProgress")),
    Change("secured amounts", _masked_amounts, _secures("record.opportunity.actualValue")),
    Change("hidden pasts", _hidden_pasts),
    Change("secured targets of the past", _masked_past_targets, _secures("goal.target")),
    Change("secured totals of the past", _masked_past_totals, _secures("goal.actual")),
    # Last: the others find goals by their ids.
    Change("goals replaced", _replace_goals),
)


def drawn(scene: Scene, random: Random) -> list[Change]:
    """Most of the changes that are hidden in a scene."""
    return [one for one in CHANGES if one.applies(scene) and random.random() < 0.8]


async def make(scene: Scene, changes: Iterable[Change], random: Random) -> None:
    """Make changes an hour later, and calculate at the scene's own hour, as before."""
    now = scene.company.clock.now()
    scene.company.clock.set(now + _LATER)
    for change in changes:
        await change.make(scene, random)
    scene.company.clock.set(now)
    await scene.recalculate()
