"""The demo's larger sizes: one more tree, as wide and deep as a big organization's, with its people and records.

Everything goes through the rules, in batches; places are numbered, people are named by role and place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import islice
from random import Random
from typing import TYPE_CHECKING, Any, Final, TypeVar

from graph import goal_change, rollup
from graph.goal_creation import MOST_GOALS, GoalDraft, TreeDraft
from graph.ingestion import LARGEST_BATCH
from graph.owners import OwnerKind, OwnersByExternalIds
from graph.owners_upsert import upsert_owners
from graph.record_upsert import upsert_records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date
    from zoneinfo import ZoneInfo

    from graph.clock import Clock
    from graph.database import Database, Transaction
    from graph.period import GoalPeriod
    from graph.visibility import Viewer

    #: Told as it goes: how many of the things to write are there, and how many there will be.
    Progress = Callable[[int, int], None]

T = TypeVar("T")

_SEED: Final = 20_261
_BRANCHING: Final = 10
_REP_TARGET: Final = 120_000
#: Seconds that one batch may take.
_DEADLINE: Final = 300.0


class Size(StrEnum):
    """How much the demo brings."""

    S = "S"
    M = "M"
    L = "L"


@dataclass(frozen=True, slots=True)
class Shape:
    """A tree with ten goals below each, down to one for each representative; the records are dealt out in turn."""

    levels: int
    records: int

    @property
    def goals(self) -> int:
        """All goals. They are numbered from 0, the top, level by level."""
        return sum(_BRANCHING**level for level in range(self.levels))

    @property
    def leaves(self) -> int:
        """The goals of the lowest level."""
        return int(_BRANCHING ** (self.levels - 1))

    @property
    def things(self) -> int:
        """All that is written: a person and a goal for each number, and the records."""
        return 2 * self.goals + self.records


SHAPES: Final = {Size.M: Shape(4, 10_000), Size.L: Shape(6, 1_000_000)}


@dataclass(frozen=True, slots=True)
class Place:
    """A goal's place in the tree: its number, and the way to it from the top, a digit for each level."""

    number: int
    way: tuple[int, ...]

    @classmethod
    def of(cls, number: int) -> Place:
        """Give the place with this number."""
        way: list[int] = []
        at = number
        while at:
            at, digit = divmod(at - 1, _BRANCHING)
            way.append(digit)
        return cls(number, tuple(reversed(way)))

    @property
    def above(self) -> Place:
        """Give the place above; the top's own is the top."""
        return Place((self.number - 1) // _BRANCHING if self.number else 0, self.way[:-1])

    @property
    def key(self) -> str:
        """Its name in external ids: "3-7-2"."""
        return "-".join(map(str, self.way))

    @property
    def region(self) -> str:
        """Its name for people: "Region 3.7.2"."""
        return f"Region {'.'.join(map(str, self.way))}"


@dataclass
class LargeTree:
    """One loading of a large tree, below nothing, for a metric that an opportunity's values feed."""

    database: Database
    clock: Clock
    viewer: Viewer
    zone: ZoneInfo
    shape: Shape
    metric_id: str
    period: GoalPeriod
    today: date
    progress: Progress
    _done: int = 0

    async def load(self) -> str:
        """Write people, goals and records, and calculate; the id of the top goal."""
        await self._people()
        top = await self._goals()
        await self._records()
        await rollup.recalculate_tree(self.database, self.clock, top)
        return top

    def _leaf(self, place: Place) -> bool:
        return len(place.way) == self.shape.levels - 1

    def _person(self, place: Place) -> str:
        """Give the external id of who answers for a place: at the top the director, who is there already."""
        if not place.way:
            return "director"
        return f"{'rep' if self._leaf(place) else 'manager'}-{place.key}"

    async def _people(self) -> None:
        units = [{"externalId": f"region-{n}", "name": f"Region {n}", "parent": "company"} for n in range(_BRANCHING)]
        await self._upsert(OwnerKind.BUSINESS_UNIT, units)
        for rows in _batches(self._users(), LARGEST_BATCH):
            await self._upsert(OwnerKind.USER, rows)
            self._count(len(rows))
        self._count(1)  # the director

    def _users(self) -> Iterator[dict[str, Any]]:
        for number in range(1, self.shape.goals):
            place = Place.of(number)
            role = f"Rep {number}" if self._leaf(place) else "Manager"
            yield {
                "externalId": self._person(place),
                "name": f"{role}, {(place.above if self._leaf(place) else place).region}",
                "unit": f"region-{place.way[0]}",
                "manager": self._person(place.above),
            }

    async def _upsert(self, kind: OwnerKind, rows: list[dict[str, Any]]) -> None:
        async def work(tx: Transaction) -> None:
            await upsert_owners(tx, self.viewer, kind, rows, all_or_nothing=True)

        await self.database.write(work, deadline=_DEADLINE)

    async def _goals(self) -> str:
        """Create the goals: the upper levels in one call, then what is below each of the last of these."""
        depth = self.shape.levels - 1
        upper = _levels_at_once(depth)
        top = Place.of(0)
        ids = await self._create(None, list(_subtree(top, upper)))
        for place, goal_id in list(ids.items()):
            if len(place.way) == upper and upper < depth:
                await self._create(goal_id, list(_subtree(place, depth))[1:])
        return ids[top]

    async def _create(self, parent_id: str | None, places: list[Place]) -> dict[Place, str]:
        """Create the goals of these places, those that have no parent among them below `parent_id`."""
        among = set(places)

        async def work(tx: Transaction) -> dict[str, str]:
            keys = sorted({("USER", self._person(one)) for place in places for one in (place, place.above)})
            people = {row.external_id: row.id for row in await tx.run(OwnersByExternalIds(keys))}
            drafts = [
                TreeDraft(
                    self._draft(place, people, root=parent_id is None and not place.way),
                    ("goals", str(index)),
                    place.key,
                    place.above.key if place.way and place.above in among else None,
                )
                for index, place in enumerate(places)
            ]
            return await goal_change.create_goals(tx, self.viewer, parent_id, drafts, self.clock.now())

        ids = await self.database.write(work, deadline=_DEADLINE)
        self._count(len(places))
        return {place: ids[place.key] for place in places}

    def _draft(self, place: Place, people: dict[str, str], *, root: bool) -> GoalDraft:
        leaf = self._leaf(place)
        reps = _BRANCHING ** (self.shape.levels - 1 - len(place.way))
        return GoalDraft(
            title=f"Group: {f'Rep {place.number}' if leaf else place.region if place.way else 'all regions'}",
            metric_id=self.metric_id if root else None,
            manager_id=people[self._person(place.above if leaf else place)],
            owner_id=people[self._person(place)],
            period=self.period if root else None,
            target=str(_REP_TARGET * reps),
            rollup_only_from_children=not leaf,
        )

    async def _records(self) -> None:
        for rows in _batches(self._deals(), LARGEST_BATCH):

            async def work(tx: Transaction, rows: list[dict[str, Any]] = rows) -> None:
                await upsert_records(
                    tx, self.viewer, "opportunity", rows, now=self.clock.now(), zone=self.zone, all_or_nothing=True
                )

            await self.database.write(work, deadline=_DEADLINE)
            self._count(len(rows))

    def _deals(self) -> Iterator[dict[str, Any]]:
        draw = Random(_SEED)  # noqa: S311 - amounts of a demo
        first = self.shape.goals - self.shape.leaves
        reps = [self._person(Place.of(first + leaf)) for leaf in range(self.shape.leaves)]
        days = (self.today - self.period.start).days
        for number in range(self.shape.records):
            day = str(self.period.start + timedelta(days=draw.randint(0, days)))
            value = str(draw.randrange(1_000, 20_000))
            won = draw.random() < 1 / 2
            fields = (
                {"actualValue": value, "actualCloseDate": day} if won else {"estimatedValue": value, "openDate": day}
            )
            yield {
                "externalId": f"group-{number}",
                "name": f"Deal {number}",
                "state": "WON" if won else "OPEN",
                "owner": {"user": reps[number % self.shape.leaves]},
                "fields": fields,
            }

    def _count(self, more: int) -> None:
        self._done += more
        self.progress(self._done, self.shape.things)


def _levels_at_once(depth: int) -> int:
    """The depth down to which one call makes the tree, so that what is below each goal there fits into another call."""
    sizes = [sum(_BRANCHING**level for level in range(levels + 1)) for levels in range(depth + 1)]
    if sizes[depth] <= MOST_GOALS:
        return depth
    return next(upper for upper in range(depth) if sizes[upper] <= MOST_GOALS and sizes[depth - upper] <= MOST_GOALS)


def _subtree(place: Place, depth: int) -> Iterator[Place]:
    """Give a place and all below it, down to a depth of the whole tree, parents first."""
    level = [place]
    while level and len(level[0].way) <= depth:
        yield from level
        level = [
            Place(one.number * _BRANCHING + 1 + digit, (*one.way, digit))
            for one in level
            for digit in range(_BRANCHING)
        ]


def _batches(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    source = iter(rows)
    while batch := list(islice(source, size)):
        yield batch
