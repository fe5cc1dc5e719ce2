"""The organization: time zone, base currency, fiscal calendar, structure's revision. Not here: who belongs to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from graph.change import ask_days
from graph.period import FiscalCalendar, Template, YearNamedBy
from graph.rights import Kind, Operation, require
from graph.statement import Count, Read, Write

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graph.database import Transaction
    from graph.visibility import Viewer


@dataclass(frozen=True, slots=True)
class OrganizationRow:
    """The one organization. `structure_revision` moves with each change of users, teams, units and trees."""

    time_zone: str
    base_currency: str
    structure_revision: int
    calendar: FiscalCalendar

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which moments have their date."""
        return ZoneInfo(self.time_zone)

    def properties(self) -> dict[str, Any]:
        """Give what is stored of it."""
        return {
            "timeZone": self.time_zone,
            "baseCurrency": self.base_currency,
            "structureRevision": self.structure_revision,
            **_calendar_properties(self.calendar),
        }


#: What an organization is before anyone has set it.
DEFAULT = OrganizationRow("UTC", "EUR", 0, FiscalCalendar())


@dataclass(frozen=True)
class ReadOrganization(Read[OrganizationRow], path="organization/read", row=OrganizationRow):
    """The organization."""

    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> OrganizationRow:
        """Read the calendar as one value."""
        calendar = FiscalCalendar(
            Template(columns["template"]),
            columns["start_month"],
            columns["start_day"],
            YearNamedBy(columns["year_named_by"]),
            columns["display_format"],
        )
        return OrganizationRow(columns["time_zone"], columns["base_currency"], columns["structure_revision"], calendar)


@dataclass(frozen=True)
class LockOrganization(Write[Count], path="organization/lock", row=Count):
    """Make the organization if there is none, and lock it."""

    defaults: dict[str, Any] = field(default_factory=DEFAULT.properties)


@dataclass(frozen=True)
class BumpStructure(Write[Count], path="organization/bump_structure", row=Count):
    """Move the structure's revision by one."""

    defaults: dict[str, Any] = field(default_factory=DEFAULT.properties)


@dataclass(frozen=True)
class SetOrganization(Write[Count], path="organization/set_properties", row=Count):
    """Change properties of the organization."""

    properties: dict[str, Any]


async def organization(tx: Transaction) -> OrganizationRow:
    """Give the organization; its defaults while the database has none."""
    return await tx.one(ReadOrganization()) or DEFAULT


async def ensure_organization(tx: Transaction) -> None:
    """Make the organization with its defaults, unless there is one. Leaves it locked: structure changes in turn."""
    await tx.run(LockOrganization())


async def check_may_set_calendar(tx: Transaction, viewer: Viewer) -> None:
    """Refuses FORBIDDEN."""
    await require(tx, viewer, Kind.SETTINGS, Operation.WRITE, "set the fiscal calendar")


async def set_fiscal_calendar(tx: Transaction, viewer: Viewer, calendar: FiscalCalendar) -> None:
    """Use another calendar for goals to come; no goal changes. Refuses FORBIDDEN."""
    await check_may_set_calendar(tx, viewer)
    await ensure_organization(tx)
    await tx.run(SetOrganization(_calendar_properties(calendar)))
    await ask_days(tx)  # queries ask for periods of the calendar in force


async def bump_structure(tx: Transaction) -> None:
    """Say in the transaction that changes structure that it changed: totals may have moved."""
    await tx.run(BumpStructure())


def _calendar_properties(calendar: FiscalCalendar) -> dict[str, Any]:
    return {
        "template": calendar.template.value,
        "startMonth": calendar.start_month,
        "startDay": calendar.start_day,
        "yearNamedBy": calendar.year_named_by.value,
        "displayFormat": calendar.display_format,
    }
