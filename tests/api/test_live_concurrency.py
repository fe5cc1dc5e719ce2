"""Writers, readers, whole runs and the worker at once: every answer adds up, and no change is lost or counted twice.

All through GraphQL in one process, as an application does, without HTTP. The tree is small and writers rest a moment:
so there are many answers.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any

from api.context import Context
from api.loaders import Loaders
from api.schema import schema
from graph import goal_change
from graph.account import Callers
from graph.errors import Refusal, Unavailable
from graph.fold import fold_waiting
from graph.goal import RecordSet
from graph.record_upsert import delete_records
from graph.record_writer import RecordWriter
from graph.strain import TOLD
from tests.api.test_concurrency import NESTED, check_nested, check_tree
from tests.factories import FOUNDER, YEAR, Company

if TYPE_CHECKING:
    from collections.abc import Callable

    from graph.database import Transaction
    from graph.settings import Settings

WRITERS, READERS, REPS, DEALS = 8, 4, 6, 40
#: Seconds that a writer rests between two changes, at most.
REST = 0.6
#: Seconds that the reader of children rests: most answers are to be of trees.
PAUSE = 0.05
#: Seconds that it may take longer until everything was done.
PATIENCE = 120
TREE = (
    "query ($root: ID!) { goalTree(rootId: $root) "
    "{ nodes { parentId goal { id state actual ownActual computedActual } } } }"
)
UPSERT = (
    "mutation ($input: UpsertRecordsInput!) { upsertRecords(input: $input) "
    "{ inserted updated unchanged refused { code } userErrors { code } } }"
)


async def test_changes_and_answers_at_once(
    company: Company, settings: Settings, record_property: Callable[[str, object], None]
) -> None:
    seconds = float(os.environ.get("GOALGRAPH_SOAK_SECONDS", "8"))
    first = int(os.environ.get("GOALGRAPH_SOAK_SEED", time.time_ns() % 2**40))
    scene = await Scene(company, settings).begin()
    before, scene.until = company.database.counts.copy(), time.monotonic() + seconds
    async with asyncio.TaskGroup() as all_at_once:
        for number in range(WRITERS):
            all_at_once.create_task(scene.write(number, Random(first + number)))  # noqa: S311
        for _ in range(READERS):
            all_at_once.create_task(scene.read())
        all_at_once.create_task(scene.read_children())
        all_at_once.create_task(scene.recalculate())
        all_at_once.create_task(scene.fold())
    await company.fold()
    strain = {name: company.database.counts[name] - before[name] for name in TOLD}
    counts = {**scene.counts, **strain}
    record_property("cases", f"changes and answers at once: seed {first}, {seconds:.0f} s, {counts}")
    assert scene.did_all, counts
    # Each change once: what is stored is what was written last, and what was folded is what all records add up to, and
    # what a run finds.
    assert await scene.stored() == scene.amounts
    (root,) = await company.totals([scene.root])
    assert root == str(sum(scene.amounts.values()))
    for top in (scene.root, scene.whole):
        assert (await company.recalculate(top)).changed == 0


class Scene:
    """A tree of reps' goals and a goal over all records, and what was written so far."""

    def __init__(self, company: Company, settings: Settings) -> None:
        self.company = company
        self.counts: Counter[str] = Counter()
        self.amounts: dict[str, int] = {}
        self.root = self.whole = ""
        self.until = 0.0
        self.middles: list[str] = []
        self.leaves: list[str] = []
        self._shared: dict[str, Any] = {
            "database": company.database,
            "clock": company.clock,
            "settings": settings,
            "signing_key": settings.signing_key(),
            "make_loaders": Loaders,
            "callers": Callers(company.database),
            "writer": RecordWriter(company.database, company.clock),
        }

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
        for name in ("East", "West"):
            self.middles.append(await company.goal(name, parent_id=self.root, rollup_only_from_children=True))
        for number in range(REPS):
            owner = company.ids[f"Rep {number:02}"]
            self.leaves.append(await company.goal(f"{number}", parent_id=self.middles[number % 2], owner_id=owner))
        await company.fold()
        return self

    @property
    def did_all(self) -> bool:
        """Whether everything was done that is to be done at once."""
        return all(
            self.counts[what]
            for what in ("answers", "answers of children", "runs", "written", "deleted", "moved", "remade")
        )

    @property
    def going(self) -> bool:
        """Whether it is not over yet; on a busy machine, not before everything was done."""
        return time.monotonic() < self.until + (0 if self.did_all else PATIENCE)

    async def fold(self) -> None:
        """Fold what waits, as the worker does."""
        while self.going:
            if not await fold_waiting(self.company.database, self.company.clock):
                await asyncio.sleep(0.01)

    async def write(self, writer: int, random: Random) -> None:
        """Change this writer's records and move goals."""
        while self.going:
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
            await asyncio.sleep(random.uniform(0, REST))

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
        said = (await self._execute(UPSERT, input={"type": "opportunity", "rows": rows}))["upsertRecords"]
        assert (said["refused"], said["userErrors"]) == ([], []), said
        assert said["inserted"] == len(amounts.keys() - self.amounts.keys())
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

    async def read(self) -> None:
        """Read trees, each of which must add up."""
        while self.going:
            check_tree(await self._execute(TREE, root=self.root))
            self.counts["answers"] += 1

    async def read_children(self) -> None:
        """Read goals with their children, now and then."""
        while self.going:
            check_nested(await self._execute(f"query ($root: ID!) {NESTED}", root=self.root))
            self.counts["answers of children"] += 1
            await asyncio.sleep(PAUSE)

    async def _execute(self, document: str, **variables: Any) -> Any:
        result = await schema.execute(document, variables, Context("request", "administrator", **self._shared))
        assert result.errors is None, result.errors
        return result.data

    async def stored(self) -> dict[str, int]:
        """The amount of each record that is stored, 0 for one that is lost."""

        async def work(tx: Transaction) -> dict[str, int]:
            text = (
                "MATCH (r:Record:Opportunity) "
                "RETURN r.externalId AS key, CASE r.state WHEN 'WON' THEN r.actualValue ELSE 0 END AS units"
            )
            return {row["key"]: row["units"] // 10_000 for row in await tx.text(text, {}, name="tests/stored")}

        return await self.company.database.read(work)

    async def recalculate(self) -> None:
        """Run whole trees beside it all."""
        while self.going:
            for top in (self.root, self.whole):
                try:
                    await self.company.recalculate(top)
                except (Refusal, Unavailable) as fault:
                    self.counts[type(fault).__name__] += 1
                self.counts["runs"] += 1
            await asyncio.sleep(1)
