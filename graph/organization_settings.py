"""What an organization decides for itself, typed and versioned. Time zone, currency, calendar: `organization`.

A new setting is three lines: a field here, one of the type and one of the input in `api/settings.py`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from graph.errors import ErrorCode, Refusal
from graph.metric import LATE_AFTER_DAYS
from graph.money import DataType, parse_units
from graph.organization import SetOrganization, ensure_organization
from graph.progress import Thresholds
from graph.rights import Kind, Operation, require
from graph.role_compiler import compile_rights
from graph.statement import Read
from graph.version import ANY_VERSION, version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graph.database import Transaction
    from graph.version import Expected
    from graph.visibility import Viewer

_MOST = 10 * 10_000
#: The least and the most of what is counted in whole hours, days, months.
RANGES = {"rollup_every_hours": (1, 744), "late_after_days": (0, 3_660), "history_months": (1, 120)}


class AncestorManagers(StrEnum):
    """Who sees a goal because it manages one above: managers of ALL goals above, or of the PARENT alone (as D365)."""

    ALL = "ALL"
    PARENT = "PARENT"


@dataclass(frozen=True, slots=True)
class OrganizationSettings:
    """The settings with their defaults. Each is stored with the organization under `stored` once it was set.

    Parts are units of 1/10 000; other numbers are in units of their own, each in the range of RANGES.
    """

    on_track_from: int = field(default=10_000, metadata={"stored": "onTrackFrom"})
    behind_from: int = field(default=8_000, metadata={"stored": "behindFrom"})
    ancestor_managers: AncestorManagers = field(default=AncestorManagers.ALL, metadata={"stored": "ancestorManagers"})
    rollup_every_hours: int = field(default=24, metadata={"stored": "rollupEveryHours"})
    late_after_days: int = field(default=LATE_AFTER_DAYS, metadata={"stored": "lateAfterDays"})
    history_months: int = field(default=25, metadata={"stored": "historyMonths"})

    @property
    def thresholds(self) -> Thresholds:
        """From which part of today's target on a goal is ON_TRACK, and BEHIND."""
        return Thresholds.of_units(self.on_track_from, self.behind_from)

    def version(self, key: bytes) -> str:
        """The version of all settings together."""
        return version(key, "settings", asdict(self))


STORED = {one.name: one.metadata["stored"] for one in fields(OrganizationSettings)}


@dataclass(frozen=True)
class ReadSettings(Read[OrganizationSettings], path="organization/settings", row=OrganizationSettings):
    """The settings; defaults for those that were never set."""

    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> OrganizationSettings:
        """From the organization's properties."""
        properties = columns["properties"]
        found = {name: properties.get(stored) for name, stored in STORED.items()}
        given = {name: value for name, value in found.items() if value is not None}
        if "ancestor_managers" in given:
            given["ancestor_managers"] = AncestorManagers(given["ancestor_managers"])
        return OrganizationSettings(**given)


async def organization_settings(tx: Transaction) -> OrganizationSettings:
    """Give the settings; the defaults while the database has no organization."""
    return await tx.one(ReadSettings()) or OrganizationSettings()


async def update_settings(
    tx: Transaction, viewer: Viewer, changes: Mapping[str, str | int | None], expected: Expected = ANY_VERSION
) -> None:
    """Change settings: parts as text, the rest as they are, by field name; None means the default. Absent ones stay.

    Refuses FORBIDDEN, CONFLICT, INVALID_VALUE, AMOUNT_TOO_PRECISE, AMOUNT_OUT_OF_RANGE.
    """
    await require(tx, viewer, Kind.SETTINGS, Operation.WRITE, "change settings")
    await ensure_organization(tx)
    current = await organization_settings(tx)
    expected.check(current.version(expected.key))
    default = asdict(OrganizationSettings())
    values: dict[str, Any] = {
        name: default[name]
        if told is None
        else told
        if isinstance(told, AncestorManagers)
        else _in_range(name, told)
        if isinstance(told, int)
        else parse_units(told, DataType.DECIMAL, (STORED[name],))
        for name, told in changes.items()
    }
    wanted = replace(current, **values)
    _check_thresholds(wanted, changes)
    await tx.run(SetOrganization({STORED[name]: value for name, value in asdict(wanted).items()}))
    if wanted.ancestor_managers is not current.ancestor_managers:
        await compile_rights(tx)


def _check_thresholds(wanted: OrganizationSettings, changes: Mapping[str, str | int | None]) -> None:
    if not 0 <= wanted.behind_from <= wanted.on_track_from <= _MOST:
        message = "Use 0 or more for behindFrom, no more than that of onTrackFrom, and at most 10 for both."
        name = next(iter(changes), "behind_from")
        raise Refusal(ErrorCode.INVALID_VALUE, message, (STORED[name],))


def _in_range(name: str, told: int) -> int:
    least, most = RANGES[name]
    if not least <= told <= most:
        message = f"{STORED[name]} is {least} to {most}. Choose a number between."
        raise Refusal(ErrorCode.INVALID_VALUE, message, (STORED[name],))
    return told
