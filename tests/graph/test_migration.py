from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import cypher
from graph import migration
from graph.errors import SchemaOutdated
from graph.period import FiscalCalendar, Template
from tests.conftest import NOW

if TYPE_CHECKING:
    from datetime import date

    from graph.clock import FixedClock
    from graph.database import Database, Transaction


async def test_all_migrations_are_applied_once(database: Database, clock: FixedClock) -> None:
    known = await migration.status(database)
    assert [m.name for m in known] == sorted(m.name for m in known)
    assert all(m.applied_at is not None for m in known)
    assert await migration.up(database, clock) == []


async def test_a_database_of_another_version_is_refused(database: Database) -> None:
    async def remember(tx: Transaction) -> None:
        await tx.run(migration.RememberMigration("9999_from_the_future", "0", NOW))

    await database.write(remember)
    try:
        with pytest.raises(SchemaOutdated, match="9999_from_the_future"):
            await migration.status(database)
    finally:
        await database.schema("MATCH (m:Migration {name: '9999_from_the_future'}) DELETE m")


@pytest.mark.parametrize(("in_force", "never"), [(None, Template.FOUR_WEEK), ("FOUR_WEEK", Template.MONTHLY)])
async def test_goals_made_before_know_by_which_template_their_index_counts(
    database: Database, in_force: str | None, never: Template
) -> None:
    """Where lengths fit two templates, the calendar in force decides; goals cannot have been made by `never`."""
    starts = [(month, day) for month in (1, 3, 12) for day in (1, 31)]
    calendars = [FiscalCalendar(template, *start) for template in Template for start in starts if template is not never]
    rows: list[tuple[str, int, date, date]] = [
        (calendar.template.value, period.index or 0, period.start, period.end)
        for calendar in calendars
        for year in (2023, 2024)
        for period in calendar.periods(year)
    ]
    (statements,) = (statements for name, _, statements in cypher.migrations() if name == "0007_period_templates")

    async def work(tx: Transaction) -> list[dict[str, str]]:
        if in_force is not None:
            await tx.text("CREATE (:Organization {template: $in_force})", {"in_force": in_force}, name="tests/calendar")
        goals = "UNWIND $rows AS row CREATE (g:Goal {title: row[0], fiscalIndex: row[1]}) "
        dates = "SET g.startDate = row[2], g.endDate = row[3]"
        await tx.text(goals + dates, {"rows": rows}, name="tests/goals")
        await tx.text(statements[-1], {}, name="tests/backfill")
        found = "MATCH (g:Goal) RETURN g.title AS made, g.periodTemplate AS found"
        return await tx.text(found, {}, name="tests/found")

    found = await database.write(work)
    assert [row for row in found if row["made"] != row["found"]] == []
    assert len(found) == len(rows)
