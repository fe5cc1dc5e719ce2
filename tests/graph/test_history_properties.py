"""Random days and changes in three time zones: the history of each goal is what a plain list of its evenings says.

The list is the oracle: after each step it takes what the goals come to as those of the day. A viewer from whom fields
are secured is told what the same list says of the others.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from graph.errors import Refusal
from graph.field_profile import FieldGrant, upsert_field_profile
from graph.goal_change import cancel_goal, close_goal, delete_goal, reopen_goal, update_goal
from graph.history import Interval, histories
from graph.organization import SetOrganization
from graph.organization_settings import update_settings
from graph.override import OverrideDraft, clear_override, override_goal
from graph.period import FiscalCalendar
from graph.rollup_compiler import Category
from graph.schedule import forget
from tests.factories import YEAR, Company

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from graph.clock import FixedClock
    from graph.database import Database, Transaction
    from graph.history import Snapshot

DAY = timedelta(days=1)
TITLES = ("Root", "Left", "Right", "Deep")
CATEGORIES = (Category.ACTUAL, Category.IN_PROGRESS)
#: Months of history, so that some of it is forgotten within a play.
MONTHS = 1
#: What a goal comes to: actual, in progress, custom, records, target, stretch target, state.
Values = tuple[Any, ...]
#: Values that a viewer is not told: by what is secured from it.
HIDDEN = {(): (), ("goal.actual",): (0, 3), ("goal.target", "goal.inProgress"): (1, 3, 4, 5)}

#: Hours that pass, then what is done. Records are written by themselves, and counted by the next run, or at once.
STEPS = st.tuples(
    st.sampled_from((0, 0, 5, 13, 24, 24, 31, 24 * 9)),
    st.one_of(
        st.tuples(st.just("sell"), st.sampled_from(("left", "deep")), st.sampled_from(("10", "0.5", "-10", "0"))),
        st.tuples(st.just("won"), st.sampled_from(("left", "deep")), st.sampled_from(("10", "0.5", "-10", "0"))),
        st.tuples(st.just("run")),
        st.tuples(st.just("target"), st.sampled_from(TITLES), st.sampled_from((None, "5", "6"))),
        st.tuples(st.just("pin"), st.sampled_from(TITLES), st.sampled_from(("0", "7")), st.sampled_from((None, 0, 3))),
        st.tuples(st.sampled_from(("unpin", "close", "cancel", "reopen", "delete")), st.sampled_from(TITLES)),
        st.tuples(st.just("move"), st.sampled_from(TITLES[1:]), st.sampled_from((None, "Root", "Left"))),
    ),
)


@dataclass
class Play:
    """A play under way: the goals that are there, and what each came to on the evenings of which anything is known."""

    company: Company
    zone: ZoneInfo
    goals: dict[str, str] = field(default_factory=dict)
    evenings: dict[str, dict[date, Values]] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return self.company.clock.now().astimezone(self.zone).date()

    async def begin(self) -> Play:
        company = self.company
        await company.users("left", "deep", "nobody")
        await company.write(lambda tx: tx.run(SetOrganization({"timeZone": str(self.zone)})))
        await company.write(lambda tx: update_settings(tx, company.administrator, {"history_months": MONTHS}))
        metric = await company.metric()
        above: dict[str, str | None] = {"Root": None, "Left": "Root", "Right": "Root", "Deep": "Right"}
        for title, parent in above.items():
            more: dict[str, Any] = {"parent_id": self.goals[parent]} if parent else {"metric_id": metric}
            owner = company.ids[{"Left": "left", "Deep": "deep"}.get(title, "nobody")]
            self.goals[title] = await company.goal(title, manager_id=owner, owner_id=owner, period=YEAR, **more)
        await self.step(0, ("run",))
        return self

    async def step(self, hours: int, step: tuple[Any, ...]) -> str:
        """Wait, and do it if it can be done; "refused" or "done"."""
        self.company.clock.advance(timedelta(hours=hours))
        what, *given_ = step
        try:
            if what in {"sell", "won"}:
                await self.company.won(given_[0], (given_[1], "2026-02-01"))
            elif given_ and given_[0] in self.goals:
                await self.company.write(lambda tx: self._change(tx, what, *given_))
            if what in {"sell", "run"}:
                for goal_id in self.goals.values():
                    await self.company.recalculate(goal_id)
        except Refusal:
            return "refused"
        await self.look()
        return "done"

    async def _change(self, tx: Transaction, what: str, title: str, *given_: Any) -> None:
        admin, now, goal = self.company.administrator, self.company.clock.now(), self.goals[title]
        if what == "target":
            await update_goal(tx, admin, goal, {"target": given_[0]}, now)
        elif what == "pin":
            end = None if given_[1] is None else self.today + given_[1] * DAY
            await override_goal(tx, admin, goal, OverrideDraft({Category.ACTUAL: given_[0]}, "So", end), now)
        elif what == "move":
            parent = given_[0] and self.goals.get(given_[0], "absent")
            await update_goal(tx, admin, goal, {"parent_id": parent}, now)
        elif what == "close":
            await close_goal(tx, admin, goal, now, include_descendants=True)
        else:
            steps = {"unpin": clear_override, "cancel": cancel_goal, "reopen": reopen_goal, "delete": delete_goal}
            await steps[what](tx, admin, goal, now)

    async def look(self) -> None:
        """Take down what the goals come to. A deleted one has no past; a past begins with the first total."""
        for title, goal_id in list(self.goals.items()):
            try:
                row, _ = await self.company.read(goal_id)
            except ValueError:
                del self.goals[title]
                self.evenings.pop(title, None)
                continue
            totals = [row.stored_total(category) for category in Category]
            if title in self.evenings or any(total is not None for total in totals):
                values = (*totals, row.count(CATEGORIES), row.target, row.stretch_target, row.state)
                self.evenings.setdefault(title, {})[self.today] = values

    def expected(self, title: str, hidden: tuple[int, ...], since: date) -> list[tuple[date, Values]]:
        """What a viewer is told, by looking at every day from the first evening on."""
        evenings = self.evenings.get(title, {})
        told: list[tuple[date, Values]] = []
        values: Values | None = None
        before: Values = (None,) * 6 + ("OPEN",)
        for day in _days(min(evenings, default=self.today), self.today):
            values = evenings.get(day, values)
            if values is None or day < since:
                continue
            seen = tuple(None if number in hidden else value for number, value in enumerate(values))
            if seen != before:
                told.append((day, seen))
            before = seen
        return told


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += DAY


def _values(one: Snapshot) -> Values:
    return (*one.totals.values(), one.record_count, one.target, one.stretch_target, one.state)


async def check(play: Play, secured: tuple[str, ...]) -> None:
    """Compare all histories with the list, as the administrator and as who has the same goals with fields secured."""
    company, now = play.company, play.company.clock.now()
    since = months_before(play.today)
    for viewer, hidden in (("administrator", ()), ("analyst", HIDDEN[secured])):
        ids = list(play.goals.values())
        reading = functools.partial(histories, viewer_id=company.ids[viewer], ids=ids, now=now)
        found = {one.goal_id: one for one in await company.database.read(reading)}
        assert set(found) == set(ids)
        for title, goal_id in play.goals.items():
            expected = play.expected(title, hidden, since)
            assert [(one.day, _values(one)) for one in found[goal_id].snapshots] == expected, (title, viewer)
            for day in _days(since - DAY, play.today):
                at = found[goal_id].at(day)
                held = [values for changed, values in expected if changed <= day]
                assert (at and _values(at)) == (held[-1] if held else None)
            first, until = since + 9 * DAY, play.today - DAY
            last: dict[Any, date] = {}
            before = [day for day, _ in expected if day <= first]
            for day in [*before[-1:], *(day for day, _ in expected if first < day)]:
                if day <= until:
                    last[day.isocalendar()[:2]] = day
            points = found[goal_id].points(first, until, Interval.WEEK, FiscalCalendar())
            assert [one.day for one in points] == list(last.values())


def months_before(day: date) -> date:
    """So many months ago, by going back a day at a time."""
    number = min(day.day, 28)
    month = day.replace(day=1)
    for _ in range(MONTHS):
        month = (month - DAY).replace(day=1)
    return month.replace(day=number)


async def kept(company: Company) -> Mapping[str, int]:
    """How many snapshots there are of each goal's id."""
    text = "MATCH (n:GoalSnapshot) RETURN n.goal AS id, count(*) AS count"
    rows = await company.database.read(lambda tx: tx.text(text, {}, name="tests/kept"))
    return {row["id"]: row["count"] for row in rows}


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    zone=st.sampled_from(("UTC", "Pacific/Auckland", "America/Los_Angeles")),
    secured=st.sampled_from(sorted(HIDDEN)),
    steps=st.lists(STEPS, min_size=10, max_size=30),
)
async def test_a_history_is_what_a_list_of_evenings_says(
    migrated: Database, clock: FixedClock, zone: str, secured: tuple[str, ...], steps: list[tuple[int, tuple[Any, ...]]]
) -> None:
    clock.set(datetime(2026, 2, 15, 12, 0, tzinfo=UTC))
    await migrated.schema("MATCH (n) WHERE NOT n:Migration AND NOT n:TestDatabase DETACH DELETE n")
    company = await Company(migrated, clock).found()
    play = await Play(company, ZoneInfo(zone)).begin()
    await company.users("analyst")
    await company.grant("Analyst", "analyst")
    if secured:
        grants = [FieldGrant(name, can_read=True, can_write=True) for name in secured]
        await company.write(lambda tx: upsert_field_profile(tx, company.administrator, None, "Kept back", grants, []))
    for hours, step in steps:
        done = await play.step(hours, step)
        event(f"{step[0]}: {done}")
    await check(play, secured)
    before = await kept(company)
    for title, evenings in play.evenings.items():
        assert before.get(play.goals[title], 0) < len(evenings), "at most one for each day but the last"
    assert set(before) <= set(play.goals.values()), "a deleted goal has no history"
    await forget(migrated, clock)
    event(f"{sum(before.values()) // 3 * 3}+ snapshots, {sum((await kept(company)).values()) // 3 * 3}+ left")
    await check(play, secured)
    await play.step(0, ("run",))
    await check(play, secured)
