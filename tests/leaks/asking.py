"""Rollup queries of a scene, and what they tell apart by what is hidden: twins that any viewer must find alike.

Of two visible deals one is about a hidden account in Graz, of two visible order lines one is part of a hidden order of
many items. Changing over what is hidden leaves every total and count as it was (`changes`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graph.goal_change import update_goal
from graph.metric_change import RollupFieldDraft
from graph.rollup_compiler import Category
from tests.factories import YEAR
from tests.graph.asking import create, field

if TYPE_CHECKING:
    from tests.leaks.scene import Scene

LINES = RollupFieldDraft(
    Category.CUSTOM,
    "order_line",
    "orderDate",
    "FULFILLED",
    (),
    "extendedAmount",
    state_from_parent=True,
    date_from_parent=True,
)
#: What differs between two hidden accounts, and between hidden orders, two by two: number of items and state.
CITIES = ("Graz", "Linz")
ORDERS = (("9", "FULFILLED"), ("1", "FULFILLED"), ("1", "FULFILLED"), ("1", "ACTIVE"))
OF_GRAZ = field("city", "ACCOUNT", equals="graz")
MANY_ITEMS = field("itemCount", "PARENT", greater="5")
BIG = field("actualValue", greater="15")


def known_owners(scene: Scene) -> dict[str, Any]:
    """Whose records are the hidden owners' or those of the goal's owner."""
    ghosts = [scene.company.ids[name] for name in ("ghost", "ghost-2")]
    return {"any": [{"owner": {"is": ghosts}}, {"owner": {"atOrBelowGoalOwner": True}}]}


async def records(scene: Scene) -> None:
    """The twins, deals that are big and not, and two hidden open deals."""
    for number, city in enumerate(CITIES):
        account = f"a-ghost-{number}"
        await scene.record("account", account, "ghost", restricted=True, fields={"city": city})
        await scene.deal(f"twin-{number}", "rep-a", "10", account=account)
        await open_deal(scene, f"open-hidden-{number}", "7")
    for number, (items, state) in enumerate(ORDERS):
        order, dated = f"order-ghost-{number}", {"itemCount": items, "orderDate": "2026-02-05"}
        await scene.record("order", order, "ghost", restricted=True, state=state, fields=dated)
        amount = {"extendedAmount": "5"}
        await scene.record("order_line", f"line-twin-{number}", "rep-b", parent=order, fields=amount)
    for size, amount_of in (("big", "40"), ("small", "8")):
        await scene.deal(f"deal-rep-a-{size}", "rep-a", amount_of, currency="EUR")


async def change_over(scene: Scene) -> None:
    """Let hidden accounts and orders change over with each other, two by two."""
    for type_, number in (("account", 2), ("order", 4)):
        keys = [f"{'a' if type_ == 'account' else type_}-ghost-{one}" for one in range(number)]
        before = {key: scene.rows[type_, key] for key in keys}
        for one, other in zip(keys, (keys[number ^ 1] for number in range(number)), strict=True):
            row = before[other]
            state = {"state": row["state"]} if "state" in row else {}
            await scene.record(type_, one, None, fields=row["fields"], **state)


async def open_deal(scene: Scene, key: str, amount: str) -> None:
    """A hidden open opportunity."""
    fields = {"estimatedValue": amount, "openDate": "2026-02-04"}
    await scene.record("opportunity", key, "ghost", state="OPEN", restricted=True, fields=fields)


async def goals(scene: Scene) -> None:
    """A tree that counts hidden records twice, with a goal for each query; a query on some of the other goals."""
    company, random = scene.company, scene.random
    queries = {
        name: await create(company, name, form, kind)
        for name, form, kind in (
            ("Of Graz", OF_GRAZ, "opportunity"),
            ("Many items", MANY_ITEMS, "order_line"),
            ("Big", BIG, "opportunity"),
            ("Known owners", known_owners(scene), "opportunity"),
            ("Everything", field("name", isNull=False), "opportunity"),
        )
    }
    company.ids |= queries
    attached: tuple[tuple[str, str, str, dict[Category, str]], ...] = (
        ("Counted twice", "rep-b", "far", {Category.ACTUAL: queries["Known owners"]}),
        ("Of Graz", "rep-a", "rep-a", {Category.ACTUAL: queries["Of Graz"]}),
        ("Of big deals", "rep-a", "rep-a", {Category.ACTUAL: queries["Big"]}),
        ("Of many items", "rep-b", "rep-b", {Category.CUSTOM: queries["Many items"]}),
    )
    await scene.goal("Asking", None, "rep-a", "far", period=YEAR)
    for title, manager, owner, of_goal in attached:
        await scene.goal(title, "Asking", manager, owner, period=YEAR, queries=of_goal)
    await scene.goal("Asking secretly", "Asking", "boss", "ghost", period=YEAR, restricted=True)
    for key in (*random.sample(scene.numbered(), 3), "Secret"):
        chosen = random.choice(("Of Graz", "Big", "Known owners"))
        await scene.update(key, queries={Category.ACTUAL: queries[chosen]})


async def later(scene: Scene) -> None:
    """Change what goals come to after some days: a deal, and a target near what is hidden."""
    company, near = scene.company, scene.goals[scene.graph.goals["Secret"].parent or ""]
    await scene.deal("late", "rep-a", "3")
    changes, now = {"target": "33"}, company.clock.now()
    await company.write(lambda tx: update_goal(tx, company.administrator, near, changes, now))
