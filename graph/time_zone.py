"""Changing the organization's time zone: at once for what is written from now on, batch by batch for older records."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

from graph.change import ask_days, ask_type
from graph.errors import ErrorCode, Refusal
from graph.organization import SetOrganization, bump_structure, ensure_organization, organization
from graph.record_type import FieldType, lock_record_types, record_types
from graph.rederive import BATCH, DerivedReport, rederive
from graph.rights import Kind, Operation, require
from graph.statement import Read

if TYPE_CHECKING:
    from datetime import datetime

    from graph.database import Transaction
    from graph.visibility import Viewer


@dataclass(frozen=True, slots=True)
class _Cursor:
    cursor: str | None


@dataclass(frozen=True)
class TimeZoneCursor(Read[_Cursor], path="organization/time_zone_cursor", row=_Cursor):
    """The id up to which records have their dates in the present time zone; null: all have."""


def read_zone(name: str, field: tuple[str, ...] = ("timeZone",)) -> ZoneInfo:
    """Give the time zone of a name. Refuses INVALID_VALUE."""
    if name not in _names():
        message = 'There is no such time zone. Name one of the IANA database, such as "Europe/Vienna".'
        raise Refusal(ErrorCode.INVALID_VALUE, message, field)
    return ZoneInfo(name)


async def set_time_zone(
    tx: Transaction,
    viewer: Viewer,
    name: str,
    *,
    now: datetime,
    preview: bool = False,
    after: str | None = None,
    size: int = BATCH,
) -> DerivedReport:
    """Use another time zone, and derive the dates of a batch of records in it. Refuses FORBIDDEN, INVALID_VALUE.

    The first call changes the zone and makes all goals stale; each further one with the same zone does the next batch,
    where the last one ended, until the report's `after` is None. Only a preview, which writes nothing, reads `after`.
    """
    await require(tx, viewer, Kind.SETTINGS, Operation.WRITE, "set the time zone")
    zone = read_zone(name)
    if preview:
        return await rederive(tx, zone, now=now, preview=True, after=after, size=size)
    await ensure_organization(tx)
    kinds = await record_types(tx)
    await lock_record_types(tx, [kind.key for kind in kinds])
    begin = ""
    if (await organization(tx)).time_zone == name:
        found = await tx.one(TimeZoneCursor())
        if found is None or found.cursor is None:
            return DerivedReport(0, 0, (), None)
        begin = found.cursor
    else:
        await bump_structure(tx)
        await ask_days(tx)  # it may be another day
        for kind in kinds:
            if any(declared.data_type is FieldType.DATETIME for declared in kind.fields.values()):
                await ask_type(tx, kind.key)
    report = await rederive(tx, zone, now=now, after=begin, size=size)
    await tx.run(SetOrganization({"timeZone": name, "timeZoneCursor": report.after}))
    return report


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())
