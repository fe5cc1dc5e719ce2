"""Writers, readers, whole runs and the worker at once: every answer adds up, and no change is lost or counted twice."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any

from graph import goal_change
from graph.errors import Refusal, Unavailable
from graph.fold import fold_waiting
from graph.goal import RecordSet
from graph.record_upsert import delete_records
from tests.api.test_concurrency import TREE, check_tree, execute
from tests.factories import FOUNDER, YEAR, Company

if TYPE_CHECKING:
    from collections.abc import Callable

    from graph.settings import Settings

WRITERS, READERS, REPS, DEALS = 8, 4, 12, 40


async def test_changes_and_answers_at_once(
    company: Company, settings: Settings, record_property: Callable[[str, object], None]
) -> None:
    seconds = float(os.environ.get("GOALGRAPH_SOAK_SECONDS", "8"))
    first = int(os.environ.get("GOALGRAPH_SOAK_SEED", time.time_ns() % 2**40))
    scene = await Scene(company, settings).begin()
    until = time.monotonic() + seconds
    over = asyncio.Event()

    async def fold() -> None:
        while not over.is_set():
            if not await fold_waiting(company.database, company.clock):
                await asyncio.sleep(0.01)

    async def work() -> None:
        writers = [scene.write(number, Random(first + number), until) for number in range(WRITERS)]  # noqa: S311
        await asyncio.gather(*writers, *(scene.read(until) for _ in range(READERS)), scene.recalculate(until))
        over.set()

    await asyncio.gather(work(), fold())
    await company.fold()
    counts = {**scene.counts, **company.database.counts}
    record_property("cases", f"changes and answers at once: seed {first}, {seconds:.0f} s, {counts}")
    assert min(scene.counts[what] for what in ("answers", "written", "deleted", "moved")) > 0, counts
    # Each change once: what was folded is what all records add up to, and what a run finds.
    (root,) = await company.totals([scene.root])
    assert root == str(sum(scene.amounts.values()))
    for top in (scene.root, scene.whole):
        assert (await company.recalculate(top)).changed == 0


class Scene:
    """A tree of reps' goals and a goal over all records, and what was written so far."""

    def __init__(self, company: Company, settings: Settings) -> None:
        self.company = company
        self.settings = settings
        self.counts: Counter[str] = Counter()
        self.amounts: dict[str, int] = {}
        self.root = self.whole = ""
        self.middles: list[str] = []
        self.leaves: list[str] = []

    async def begin(self) -> Scene:
        """Make the trees."""
        company = self.company
        await company.users("Manager", *(f"Rep {number:02}" for number in range(REPS)))
        common: dict[str, Any] = {
            "metric_id": await company.metric(),
            "manager_id": company.ids["Manager"],
            "period": YEAR,
        }
        self.root = await company.goal("Root", **common, rollup_only_from_children=True)
        self.whole = await company.goal("Whole", **common, record_set=RecordSet.ALL)
        for name in ("East", "South", "West"):
            self.middles.append(await company.goal(name, parent_id=self.root, rollup_only_from_children=True))
        for number in range(REPS):
            owner = company.ids[f"Rep {number:02}"]
            self.leaves.append(await company.goal(f"{number}", parent_id=self.middles[number % 3], owner_id=owner))
        await company.fold()
        return self

    async def write(self, writer: int, random: Random, until: float) -> None:
        """Change this writer's records and move goals, until a moment."""
        while time.monotonic() < until:
            match random.choices(("write", "delete", "move", "remake"), (8, 2, 1, 1))[0]:
                case "write":
                    await self._write(writer, random)
                case "delete":
                    await self._delete(f"{writer}-{random.randrange(DEALS)}")
                case "move":
                    await self.company.move(random.choice(self.leaves), random.choice(self.middles))
                    self.counts["moved"] += 1
                case _:
                    await self._remake(random)

    async def _write(self, writer: int, random: Random) -> None:
        rows, amounts = [], {}
        for number in random.sample(range(DEALS), random.randrange(1, 8)):
            key, amount = f"{writer}-{number}", random.randrange(-100, 1_000)
            counts = random.random() < 0.8
            rows.append(
                {
                    "externalId": key,
                    "state": "WON" if counts else "LOST",
                    "owner": {"user": f"Rep {random.randrange(REPS):02}"},
                    "fields": {"actualValue": str(amount), "actualCloseDate": "2026-02-01"},
                }
            )
            amounts[key] = amount if counts else 0
        await self.company.records("opportunity", *rows)
        self.amounts |= amounts
        self.counts["written"] += 1

    async def _delete(self, key: str) -> None:
        now = self.company.clock.now()
        await self.company.write(lambda tx: delete_records(tx, FOUNDER, "opportunity", [key], now=now))
        self.amounts.pop(key, None)
        self.counts["deleted"] += 1

    async def _remake(self, random: Random) -> None:
        """Make a goal and delete it again."""
        company = self.company
        owner = company.ids[f"Rep {random.randrange(REPS):02}"]
        made = await company.goal("Made", parent_id=self.whole, owner_id=owner, rollup_only_from_children=True)
        viewer, now = company.administrator, company.clock.now()
        await company.write(lambda tx: goal_change.delete_goal(tx, viewer, made, now))
        self.counts["remade"] += 1

    async def read(self, until: float) -> None:
        """Read trees, each of which must add up."""
        while time.monotonic() < until:
            check_tree(await execute(TREE, self.root, self.company, self.settings))
            self.counts["answers"] += 1

    async def recalculate(self, until: float) -> None:
        """Run whole trees beside it all."""
        while time.monotonic() < until:
            for top in (self.root, self.whole):
                try:
                    await self.company.recalculate(top)
                except (Refusal, Unavailable) as fault:
                    self.counts[type(fault).__name__] += 1
                self.counts["runs"] += 1
            await asyncio.sleep(0.2)
