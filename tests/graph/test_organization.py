from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from graph import organization as org
from graph.errors import ErrorCode, Refusal
from graph.period import FiscalCalendar, Template, YearNamedBy
from graph.visibility import Viewer
from tests.factories import FOUNDER

if TYPE_CHECKING:
    from graph.database import Database, Transaction

CALENDAR = FiscalCalendar(Template.FOUR_WEEK, 7, 15, YearNamedBy.END, "{yy}[/{index}]")


async def test_an_organization_begins_with_defaults_and_keeps_what_was_set(database: Database) -> None:
    assert await database.read(org.organization) == org.DEFAULT

    async def change(tx: Transaction) -> None:
        await org.set_fiscal_calendar(tx, FOUNDER, CALENDAR)
        await org.ensure_organization(tx)

    await database.write(change)
    await database.write(change)
    found = await database.read(org.organization)
    assert found.calendar == CALENDAR
    assert (found.time_zone, found.zone.key, found.base_currency, found.structure_revision) == ("UTC", "UTC", "EUR", 0)


async def test_only_administrators_set_the_calendar(database: Database) -> None:
    async def change(tx: Transaction) -> None:
        await org.set_fiscal_calendar(tx, Viewer("1", "rep", "Rep 01", administrator=False), CALENDAR)

    with pytest.raises(Refusal) as refused:
        await database.write(change)
    assert refused.value.problem.code is ErrorCode.FORBIDDEN
    assert await database.read(org.organization) == org.DEFAULT


async def test_the_structure_revision_moves_with_each_change(database: Database) -> None:
    for expected in (1, 2):
        await database.write(org.bump_structure)
        assert (await database.read(org.organization)).structure_revision == expected
