"""Field profiles: which fields only some may read or write. What that comes to for a user: `role_compiler`.

A secured field is named `goal.target`, `goal.actual`, `record.opportunity.estimatedValue`. It is secured as soon as one
profile names it; members of profiles that grant it read or write it, and administrators.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from graph.errors import ErrorCode, Refusal
from graph.organization import ensure_organization
from graph.record_type import record_type
from graph.rights import require_administrator_now
from graph.role_compiler import compile_rights
from graph.statement import Count, Id, Read, Write
from graph.text import checked_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graph.database import Transaction
    from graph.visibility import Viewer

#: What can be secured of goals. A target is secured with its stretch target, a total with all that is derived from it.
GOAL_FIELDS: Final = ("description", "target", "actual", "inProgress", "custom")


@dataclass(frozen=True, slots=True)
class FieldGrant:
    """A secured field, and what members of the profile may do with it."""

    field: str
    can_read: bool
    can_write: bool


@dataclass(frozen=True, slots=True)
class FieldProfileRow:
    """A field profile: what it secures and grants, and its members' ids."""

    id: str
    name: str
    grants: tuple[FieldGrant, ...]
    member_ids: tuple[str, ...]

    @classmethod
    def read(cls, columns: Mapping[str, Any]) -> FieldProfileRow:
        """From the map of `columns/field_profile.cypher`."""
        reads, writes = set(columns["reads"]), set(columns["writes"])
        grants = (FieldGrant(field, field in reads, field in writes) for field in columns["fields"])
        return cls(columns["id"], columns["name"], tuple(grants), tuple(columns["member_ids"]))


class _ReadsProfile:
    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> FieldProfileRow:
        return FieldProfileRow.read(columns["profile"])


@dataclass(frozen=True)
class FieldProfiles(_ReadsProfile, Read[FieldProfileRow], path="field_profile/list", row=FieldProfileRow):
    """The field profiles that the viewer may see, by name."""

    viewer: str


@dataclass(frozen=True)
class FieldProfileNamed(_ReadsProfile, Read[FieldProfileRow], path="field_profile/named", row=FieldProfileRow):
    """The field profile with this id, or this name in any case."""

    id: str | None
    name_key: str | None


@dataclass(frozen=True)
class WriteFieldProfile(Write[Id], path="field_profile/write", row=Id):
    """Make a field profile, or change one."""

    id: str
    properties: dict[str, Any]


@dataclass(frozen=True)
class SetMembers(Write[Count], path="field_profile/set_members", row=Count):
    """Give a field profile these members in place of those before; how many there are."""

    id: str
    members: list[str]


async def upsert_field_profile(  # noqa: PLR0917 - a profile's fields
    tx: Transaction,
    viewer: Viewer,
    profile_id: str | None,
    name: str | None,
    grants: Sequence[FieldGrant] | None,
    member_ids: Sequence[str] | None,
) -> str:
    """Make a field profile, or change what is given of the one named; its id. Users' rights follow at once.

    Refuses FORBIDDEN, NOT_FOUND, REQUIRED, UNKNOWN_FIELD, UNKNOWN_RECORD_TYPE, PROFILE_NAME_TAKEN.
    """
    await require_administrator_now(tx, viewer, "define field profiles")
    await ensure_organization(tx)  # its lock: rights change in turn
    profile = None
    if profile_id is not None:
        profile = await tx.one(FieldProfileNamed(profile_id, None))
        if profile is None:
            message = "There is no such field profile. Look them up under fieldProfiles."
            raise Refusal(ErrorCode.NOT_FOUND, message, ("id",))
    if profile is None and name is None:
        message = "A new field profile needs a name."
        raise Refusal(ErrorCode.REQUIRED, message, ("name",))
    properties: dict[str, Any] = {}
    if name is not None:
        wanted = checked_name(name, ("name",))
        same = await tx.one(FieldProfileNamed(None, wanted.casefold()))
        if same is not None and (profile is None or same.id != profile.id):
            message = "Another field profile has this name. Choose another one."
            raise Refusal(ErrorCode.PROFILE_NAME_TAKEN, message, ("name",))
        properties = {"name": wanted, "nameKey": wanted.casefold()}
    if grants is not None or profile is None:
        for grant in grants or ():
            await _check_field(tx, grant.field)
        properties |= {
            "fields": sorted({grant.field for grant in grants or ()}),
            "reads": sorted({grant.field for grant in grants or () if grant.can_read}),
            "writes": sorted({grant.field for grant in grants or () if grant.can_write}),
        }
    new_id = str(uuid4()) if profile is None else profile.id
    await tx.run(WriteFieldProfile(new_id, properties))
    if member_ids is not None:
        members = sorted(set(member_ids))
        found = await tx.one(SetMembers(new_id, members))
        if found is None or found.count != len(members):
            message = "There is no such user among the members."
            raise Refusal(ErrorCode.NOT_FOUND, message, ("memberIds",))
    await compile_rights(tx)
    return new_id


async def _check_field(tx: Transaction, field: str) -> None:
    kind, _, rest = field.partition(".")
    if kind == "goal" and rest in GOAL_FIELDS:
        return
    if kind == "record" and "." in rest:
        key, _, name = rest.partition(".")
        if name in (await record_type(tx, key, ("fields",))).fields:
            return
    known = ", ".join(f"goal.{name}" for name in GOAL_FIELDS)
    message = f"There is no field {field!r} to secure. There are {known}, and record.TYPE.FIELD for declared fields."
    raise Refusal(ErrorCode.UNKNOWN_FIELD, message, ("fields",))
