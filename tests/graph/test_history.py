"""The history of goals: a snapshot for each day on which one came to something else, whoever did that; its reading."""

from __future__ import annotations

import functools
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from graph.goal import GoalState
from graph.goal_change import cancel_goal, close_goal, delete_goal, reopen_goal, update_goal
from graph.history import History, Interval, first_day, histories
from graph.money import MAX_UNITS, DataType, format_units
from graph.organization import SetOrganization
from graph.organization_settings import update_settings
from graph.override import OverrideDraft, clear_override, override_goal
from graph.period import FiscalCalendar, Template
from graph.rollup_compiler import Category
from graph.schedule import forget
from tests.factories import YEAR, Company

if TYPE_CHECKING:
    from graph.clock import FixedClock
    from graph.database import Transaction

DAY = timedelta(days=1)
EVER = date(1970, 1, 1)
Told = tuple[str, int | None, int | None]


@pytest.fixture
async def goals(company: Company) -> dict[str, str]:
    """A root and two leaves, one of a user without deals; not calculated yet."""
    await company.users("rep", "idle")
    await company.won("rep", ("100", "2026-01-15"))
    company.ids["metric"] = metric = await company.metric()
    made: dict[str, str] = {}
    for title, owner, above in (
        ("Root", "rep", {"metric_id": metric, "period": YEAR, "rollup_only_from_children": True}),
        ("Leaf", "rep", {}),
        ("Idle", "idle", {}),
    ):
        more: dict[str, Any] = above or {"parent_id": made["Root"]}
        owner_id = company.ids[owner]
        made[title] = await company.goal(title, manager_id=owner_id, owner_id=owner_id, target="1000", **more)
    return made


async def history(company: Company, goal: str) -> History:
    (found,) = await company.database.read(
        lambda tx: histories(tx, company.administrator.id, [goal], company.clock.now())
    )
    return found


async def kept(company: Company, goal: str) -> list[Told]:
    """A goal's history: day, actual, target, in whole units."""

    def whole(units: int | None) -> int | None:
        return None if units is None else units // 10_000

    return [
        (one.day.isoformat(), whole(one.totals[Category.ACTUAL]), whole(one.target))
        for one in (await history(company, goal)).snapshots
    ]


async def stored(company: Company) -> int:
    """How many snapshots there are, of any goal."""
    rows = await company.database.read(
        lambda tx: tx.text("MATCH (n:GoalSnapshot) RETURN count(n) AS count", {}, name="tests/snapshots")
    )
    return int(rows[0]["count"])


async def test_a_day_on_which_a_total_changed_has_its_last_value(
    company: Company, clock: FixedClock, goals: dict[str, str]
) -> None:
    root, leaf = goals["Root"], goals["Leaf"]
    assert await kept(company, root) == [], "it was never calculated"
    for amount in ("20", "3"):
        await company.recalculate(root)
        await company.won("rep", (amount, "2026-02-01"))
    await company.recalculate(root)
    assert await kept(company, root) == await kept(company, leaf) == [("2026-02-15", 123, 1000)]
    assert await kept(company, goals["Idle"]) == [("2026-02-15", 0, 1000)]
    clock.advance(DAY)
    await company.recalculate(root)
    assert await stored(company) == 0, "the last day is what the goals come to now"
    await company.won("rep", ("7", "2026-02-02"))
    await company.recalculate(root)
    assert await kept(company, root) == [("2026-02-15", 123, 1000), ("2026-02-16", 130, 1000)]
    assert await kept(company, goals["Idle"]) == [("2026-02-15", 0, 1000)]
    assert await stored(company) == 2, "what did not change has none"
    assert [one.record_count for one in (await history(company, root)).snapshots] == [3, 4]


async def test_what_does_not_fit_is_not_in_the_history(
    company: Company, clock: FixedClock, goals: dict[str, str]
) -> None:
    await company.recalculate(goals["Root"])
    clock.advance(DAY)
    await company.won("rep", (format_units(MAX_UNITS, DataType.MONEY), "2026-02-01"))
    await company.recalculate(goals["Root"])
    assert (await company.read(goals["Leaf"]))[0].rollup_error == "OVERFLOW"
    assert await kept(company, goals["Leaf"]) == [("2026-02-15", 100, 1000)]
    assert await stored(company) == 0


async def test_the_day_is_the_organizations(company: Company, clock: FixedClock, goals: dict[str, str]) -> None:
    """At noon in UTC it is tomorrow in Auckland (13 hours on), and today again in Honolulu (10 hours back)."""

    async def move(zone: str, amount: str | None = None) -> list[tuple[str, int | None]]:
        await company.write(lambda tx: tx.run(SetOrganization({"timeZone": zone})))
        if amount is not None:
            await company.won("rep", (amount, "2026-02-01"))
            await company.recalculate(goals["Root"])
        return [(day, actual) for day, actual, _ in await kept(company, goals["Root"])]

    clock.set(datetime(2026, 2, 14, 10, 59, tzinfo=UTC))
    assert await move("Pacific/Auckland", "1") == [("2026-02-14", 101)]
    clock.advance(timedelta(minutes=1))
    assert await move("Pacific/Auckland", "1") == [("2026-02-14", 101), ("2026-02-15", 102)]
    assert await move("Pacific/Honolulu") == [("2026-02-14", 102)], "there is no tomorrow"
    assert await move("Pacific/Honolulu", "1") == [("2026-02-14", 103)]
    clock.advance(DAY)
    assert await move("Pacific/Honolulu", "1") == [("2026-02-14", 103), ("2026-02-15", 104)]
    assert await stored(company) == 2


async def test_whatever_changes_a_total_or_target_is_in_the_history(
    company: Company, clock: FixedClock, goals: dict[str, str]
) -> None:
    admin, root, leaf = company.administrator, goals["Root"], goals["Leaf"]
    await company.recalculate(root)
    clock.advance(DAY)
    draft = OverrideDraft({Category.ACTUAL: "5"}, "A guess", date(2026, 2, 17))
    await company.write(lambda tx: override_goal(tx, admin, leaf, draft, clock.now()))
    clock.advance(2 * DAY)
    await company.recalculate(root)  # which ends the override
    clock.advance(DAY)
    await company.write(lambda tx: override_goal(tx, admin, leaf, OverrideDraft(draft.values, "Again"), clock.now()))
    clock.advance(DAY)
    await company.write(lambda tx: clear_override(tx, admin, leaf, clock.now()))
    changes = [("2026-02-15", 100), ("2026-02-16", 5), ("2026-02-18", 100), ("2026-02-19", 5), ("2026-02-20", 100)]
    for goal in (leaf, root):
        assert [(day, actual) for day, actual, _ in await kept(company, goal)] == changes
    clock.advance(DAY)
    await company.write(lambda tx: update_goal(tx, admin, leaf, {"target": "900"}, clock.now()))
    clock.advance(DAY)
    await company.write(lambda tx: update_goal(tx, admin, leaf, {"parent_id": None, "title": "Alone"}, clock.now()))
    assert (await kept(company, leaf))[5:] == [("2026-02-21", 100, 900)]
    assert (await kept(company, root))[5:] == [("2026-02-22", 0, 1000)]


async def test_what_changes_nothing_keeps_nothing(company: Company, clock: FixedClock, goals: dict[str, str]) -> None:
    admin, leaf = company.administrator, goals["Leaf"]
    for target in ("900", "1000"):
        clock.advance(DAY)
        await company.write(functools.partial(_retarget, company, leaf, target))
    assert await kept(company, leaf) == [], "a history begins with the first total"
    await company.recalculate(leaf)
    same = OverrideDraft({Category.ACTUAL: "100"}, "As computed")
    for work in (
        lambda tx: override_goal(tx, admin, leaf, same, clock.now()),
        lambda tx: clear_override(tx, admin, leaf, clock.now()),
        functools.partial(_retarget, company, leaf, "1000"),
    ):
        clock.advance(DAY)
        await company.write(work)
    assert await stored(company) == 0
    assert await kept(company, leaf) == [("2026-02-17", 100, 1000)]


async def _retarget(company: Company, goal: str, target: str, tx: Transaction) -> None:
    await update_goal(tx, company.administrator, goal, {"target": target, "title": "Renamed"}, company.clock.now())


async def test_there_and_back_on_one_day_is_no_change(
    company: Company, clock: FixedClock, goals: dict[str, str]
) -> None:
    admin, leaf = company.administrator, goals["Leaf"]
    await company.recalculate(leaf)
    clock.advance(DAY)
    draft = OverrideDraft({Category.ACTUAL: "5"}, "A guess")
    await company.write(lambda tx: override_goal(tx, admin, leaf, draft, clock.now()))
    await company.write(lambda tx: clear_override(tx, admin, leaf, clock.now()))
    assert await kept(company, leaf) == [("2026-02-15", 100, 1000)]


async def test_closing_is_a_point_and_freezes_what_a_deletion_takes_away(
    company: Company, clock: FixedClock, goals: dict[str, str]
) -> None:
    admin, root, leaf, idle = company.administrator, goals["Root"], goals["Leaf"], goals["Idle"]
    await company.recalculate(root)
    clock.advance(DAY)
    await company.won("rep", ("1", "2026-02-01"))
    await company.write(lambda tx: cancel_goal(tx, admin, idle, clock.now()))
    await company.write(lambda tx: close_goal(tx, admin, root, clock.now(), include_descendants=True))
    told = [("2026-02-15", 100, 1000), ("2026-02-16", 101, 1000)]
    assert await kept(company, leaf) == await kept(company, root) == told
    assert await kept(company, idle) == [("2026-02-15", 0, 1000), ("2026-02-16", 0, 1000)], (
        "though nothing else changed"
    )
    assert [one.state for one in (await history(company, idle)).snapshots] == [GoalState.OPEN, GoalState.CANCELLED]
    clock.advance(DAY)
    await company.won("rep", ("1", "2026-02-01"))
    await company.recalculate(root)
    assert await kept(company, leaf) == told
    assert await stored(company) == 3
    await company.write(lambda tx: reopen_goal(tx, admin, root, clock.now()))
    states = [(one.day.day, one.state) for one in (await history(company, root)).snapshots]
    assert states == [(15, GoalState.OPEN), (16, GoalState.ACHIEVED), (17, GoalState.OPEN)]
    assert await stored(company) == 4
    await company.write(lambda tx: delete_goal(tx, admin, root, clock.now()))
    assert await stored(company) == 2
    assert await kept(company, leaf) == told


async def test_another_metric_begins_another_history(
    company: Company, clock: FixedClock, goals: dict[str, str]
) -> None:
    idle = company.ids["idle"]
    alone = await company.goal("Alone", metric_id=company.ids["metric"], period=YEAR, manager_id=idle, owner_id=idle)
    await company.recalculate(alone)
    clock.advance(DAY)
    admin = company.administrator
    await company.write(lambda tx: update_goal(tx, admin, alone, {"target": "5"}, clock.now()))
    assert await stored(company) == 1
    other = await company.metric("Pieces")
    changes = {"metric_id": other, "target": "7"}
    await company.write(lambda tx: update_goal(tx, admin, alone, changes, clock.now()))
    assert (await kept(company, alone), await stored(company)) == ([], 0)
    await company.recalculate(alone)
    assert await kept(company, alone) == [("2026-02-16", 0, 7)]


async def test_what_was_in_force_within_so_many_months_is_kept(
    company: Company, clock: FixedClock, goals: dict[str, str]
) -> None:
    async def change() -> None:
        await company.won("rep", ("1", "2026-02-01"))
        await company.recalculate(goals["Root"])

    await change()
    clock.advance(2 * DAY)
    await change()
    assert await stored(company) == 2
    clock.set(datetime(2028, 3, 16, tzinfo=UTC))
    for told in ([("2026-02-16", 101, 1000), ("2026-02-17", 102, 1000)], [("2026-02-17", 102, 1000)]):
        assert await kept(company, goals["Root"]) == told
        await forget(company.database, clock)
        assert await kept(company, goals["Root"]) == told, "what is forgotten was no longer told"
        assert await stored(company) == 2 * (len(told) - 1), "on the 16th, 25 months ago, the value of the 15th held"
        clock.advance(DAY)
    await change()
    await company.write(lambda tx: update_settings(tx, company.administrator, {"history_months": 1}))
    clock.set(datetime(2028, 4, 17, tzinfo=UTC))
    assert await stored(company) == 2
    clock.set(datetime(2028, 4, 18, tzinfo=UTC))
    await forget(company.database, clock)
    assert await stored(company) == 0
    assert await kept(company, goals["Root"]) == [("2028-03-18", 103, 1000)], "what it comes to is not forgotten"


def test_months_are_counted_back_over_years_and_short_months() -> None:
    assert first_day(date(2026, 3, 15), 25) == date(2024, 2, 15)
    assert first_day(date(2026, 3, 31), 1) == date(2026, 2, 28)
    assert first_day(date(2026, 1, 1), 12) == date(2025, 1, 1)


def read(*rows: tuple[str, int | None, int | None], masked: list[str] | None = None, since: date = EVER) -> History:
    """A history of (day, actual, target); one record is counted for each unit of the actual."""
    full = [[day, actual, None, None, actual, target, None, "OPEN"] for day, actual, target in rows]
    return History.read("goal", masked, since, full)


ROWS = (
    ("2026-01-01", 1, 9),  # a Thursday
    ("2026-01-04", 2, 9),  # the Sunday after
    ("2026-01-05", 3, 9),
    ("2026-01-31", 3, 8),
    ("2026-02-02", 4, 8),
)


@pytest.mark.parametrize(
    ("since", "interval", "days"),
    [
        (None, Interval.DAY, ["01-01", "01-04", "01-05", "01-31", "02-02"]),
        (None, Interval.WEEK, ["01-04", "01-05", "01-31", "02-02"]),
        (None, Interval.MONTH, ["01-31", "02-02"]),
        (None, Interval.FISCAL_PERIOD, ["01-05", "02-02"]),
        (date(2026, 1, 5), Interval.DAY, ["01-05", "01-31", "02-02"]),
        (date(2026, 1, 20), Interval.DAY, ["01-05", "01-31", "02-02"]),
        (date(2026, 1, 20), Interval.MONTH, ["01-31", "02-02"]),
        (date(2026, 3, 1), Interval.DAY, ["02-02"]),
        (date(2025, 1, 1), Interval.DAY, ["01-01", "01-04", "01-05", "01-31", "02-02"]),
    ],
)
def test_a_history_has_the_last_of_each_interval_and_begins_with_what_was_in_force(
    since: date | None, interval: Interval, days: list[str]
) -> None:
    """The fiscal months begin on the 20th."""
    calendar = FiscalCalendar(Template.MONTHLY, start_day=20)
    points = read(*ROWS).points(since, date(2026, 12, 31), interval, calendar)
    assert [point.day.isoformat()[5:] for point in points] == days


def test_a_history_ends_where_it_is_told_to() -> None:
    points = read(*ROWS).points(None, date(2026, 1, 30), Interval.MONTH, FiscalCalendar())
    assert [point.day for point in points] == [date(2026, 1, 5)]


def test_a_day_on_which_only_what_is_secured_changed_is_no_day() -> None:
    def days(history: History) -> list[str]:
        return [one.day.isoformat()[5:] for one in history.snapshots]

    without_target = read(*ROWS, masked=["goal.target"])
    assert days(without_target) == ["01-01", "01-04", "01-05", "02-02"]
    without_actual = read(*ROWS, masked=["goal.actual", "goal.description"])
    assert [(one.day.isoformat()[5:], one.target) for one in without_actual.snapshots] == [("01-01", 9), ("01-31", 8)]
    assert [one.record_count for one in without_actual.snapshots] == [None, None]
    nothing = read(*ROWS, masked=["goal.actual", "goal.target"])
    assert (nothing.snapshots, nothing.at(date(2026, 2, 2))) == ((), None)
    # The metric has no custom category: who may not read one is told all there is.
    assert read(*ROWS, masked=["goal.custom"]) == read(*ROWS)


@pytest.mark.parametrize("forgotten", range(3))
def test_what_was_forgotten_already_does_not_show(forgotten: int) -> None:
    """On the second of January the value of the first holds: told of that day, as if it had come about then."""
    rows = [("2025-12-30", 1, 9), ("2025-12-31", 2, 9), ("2026-01-01", 3, 9), *ROWS[3:]]
    for masked in (None, ["goal.actual"], ["goal.target"]):
        told = read(*rows[forgotten:], masked=masked, since=date(2026, 1, 2))
        assert told == read(*rows, masked=masked, since=date(2026, 1, 2))
        assert told.snapshots[0].day == date(2026, 1, 2)
        assert told.at(date(2026, 1, 1)) is None
