"""Roles: rows, the shipped ones, changing them, giving them to users. What follows for a user: `role_compiler`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from graph.account import check_administrators
from graph.errors import ErrorCode, Refusal
from graph.organization import ensure_organization
from graph.record_type import record_type
from graph.rights import Depth, Kind, Operation, Privilege, require_administrator_now
from graph.role_compiler import compile_rights
from graph.statement import Count, Id, Read, Write
from graph.text import checked_name, checked_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from graph.database import Transaction
    from graph.visibility import Viewer

ADMINISTRATOR = "System Administrator"
_EVERYTHING = tuple(Operation)
_ON_GOALS = tuple(o for o in Operation if o not in {Operation.USE, Operation.AGGREGATE})


@dataclass(frozen=True, slots=True)
class RoleRow:
    """A role. `shipped` ones keep their name; what they allow can be changed, but for System Administrator."""

    id: str
    name: str
    description: str | None
    shipped: bool
    privileges: tuple[Privilege, ...]

    @classmethod
    def read(cls, columns: Mapping[str, Any]) -> RoleRow:
        """From the map of `columns/role.cypher`."""
        privileges = tuple(Privilege.read(text) for text in columns["privileges"])
        return cls(columns["id"], columns["name"], columns["description"], columns["shipped"], privileges)


def _all(kind: Kind, operations: Iterable[Operation], depth: Depth) -> list[Privilege]:
    return [Privilege(kind, operation, depth) for operation in operations]


def _reading(depth: Depth) -> list[Privilege]:
    return [Privilege(kind, Operation.READ, depth) for kind in (Kind.GOAL, Kind.RECORD)]


_QUERIES = _all(Kind.ROLLUP_QUERY, _EVERYTHING, Depth.ORGANIZATION)
_READ_QUERIES = _all(Kind.ROLLUP_QUERY, [Operation.READ], Depth.ORGANIZATION)
#: The roles of every database. Managers aggregate their people's records and read but their own: totals, no deals.
SHIPPED: dict[str, tuple[str, list[Privilege]]] = {
    ADMINISTRATOR: (
        "Sees and may do everything.",
        [privilege for kind in Kind for privilege in _all(kind, _EVERYTHING, Depth.ORGANIZATION)],
    ),
    "Sales Director": (
        "Plans and sees all goals that are not restricted, over the records of everybody.",
        [
            *_all(Kind.GOAL, _ON_GOALS, Depth.ORGANIZATION),
            *_all(Kind.RECORD, [Operation.AGGREGATE], Depth.ORGANIZATION),
            *_all(Kind.RECORD, [Operation.READ], Depth.OWN),
            *_QUERIES,
        ],
    ),
    "Sales Manager": (
        "Plans and sees the goals of a business unit and those below it, over their records.",
        [
            *_all(Kind.GOAL, _ON_GOALS, Depth.UNIT_AND_BELOW),
            *_all(Kind.RECORD, [Operation.AGGREGATE], Depth.UNIT_AND_BELOW),
            *_all(Kind.RECORD, [Operation.READ], Depth.OWN),
            *_QUERIES,
        ],
    ),
    "Salesperson": (
        "Plans its own goals over its own records.",
        [
            *_all(Kind.GOAL, _ON_GOALS, Depth.OWN),
            *_all(Kind.RECORD, [Operation.AGGREGATE, Operation.READ], Depth.OWN),
            *_all(Kind.ROLLUP_QUERY, [Operation.READ, Operation.USE], Depth.ORGANIZATION),
        ],
    ),
    "Analyst": (
        "Sees everything that is not restricted, and writes nothing.",
        [*_reading(Depth.ORGANIZATION), *_READ_QUERIES],
    ),
    "Auditor": (
        "Sees all goals that are not restricted, the settings, and who did what.",
        [
            Privilege(Kind.GOAL, Operation.READ, Depth.ORGANIZATION),
            Privilege(Kind.SETTINGS, Operation.READ, Depth.ORGANIZATION),
            Privilege(Kind.AUDIT, Operation.READ, Depth.ORGANIZATION),
            *_READ_QUERIES,
        ],
    ),
    "Rollup Service": (
        "Recalculates all goals that are not restricted.",
        _all(Kind.GOAL, [Operation.READ, Operation.RECALCULATE], Depth.ORGANIZATION),
    ),
}


class _ReadsRole:
    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> RoleRow:
        return RoleRow.read(columns["role"])


@dataclass(frozen=True)
class Roles(_ReadsRole, Read[RoleRow], path="role/list", row=RoleRow):
    """The roles that the viewer may see, by name."""

    viewer: str


@dataclass(frozen=True, slots=True)
class RolesOfUser:
    """The roles of a user."""

    id: str
    roles: tuple[RoleRow, ...]


@dataclass(frozen=True)
class RolesOf(Read[RolesOfUser], path="role/of_users", row=RolesOfUser):
    """The roles of each of these users, as far as the viewer may see them."""

    viewer: str
    users: list[str]

    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> RolesOfUser:
        """A user's roles from their maps."""
        return RolesOfUser(columns["id"], tuple(map(RoleRow.read, columns["roles"])))


@dataclass(frozen=True)
class RoleNamed(_ReadsRole, Read[RoleRow], path="role/named", row=RoleRow):
    """The role with this id, or this name in any case."""

    id: str | None
    name_key: str | None


@dataclass(frozen=True)
class WriteRole(Write[Id], path="role/write", row=Id):
    """Make a role, or change one."""

    id: str
    properties: dict[str, Any]


@dataclass(frozen=True)
class GrantRole(Write[Id], path="role/grant", row=Id):
    """Give a role to users, by external id."""

    role: str
    users: list[str]
    administrators: bool


@dataclass(frozen=True)
class RevokeRole(Write[Id], path="role/revoke", row=Id):
    """Take a role from users, by external id."""

    role: str
    users: list[str]
    administrators: bool


@dataclass(frozen=True)
class AdoptAdministrators(Write[Count], path="role/adopt_administrators", row=Count):
    """Give the role to every user that is an administrator without it."""

    name_key: str


async def ensure_roles(tx: Transaction) -> None:
    """Make the shipped roles that are not there, and give administrators of before theirs. For after a migration."""
    for name, (description, privileges) in SHIPPED.items():
        if await tx.one(RoleNamed(None, name.casefold())) is None:
            await _write(tx, str(uuid4()), name, description, privileges, shipped=True)
    await tx.run(AdoptAdministrators(ADMINISTRATOR.casefold()))


async def upsert_role(  # noqa: PLR0917 - a role's fields
    tx: Transaction,
    viewer: Viewer,
    role_id: str | None,
    name: str | None,
    description: str | None,
    privileges: Sequence[Privilege],
) -> str:
    """Make a role, or change the one named; its id. What its users may follows at once.

    Refuses FORBIDDEN, NOT_FOUND, REQUIRED, INVALID_VALUE, UNKNOWN_RECORD_TYPE, ROLE_NAME_TAKEN, ROLE_SHIPPED.
    """
    await require_administrator_now(tx, viewer, "define roles")
    await ensure_organization(tx)  # its lock: rights change in turn
    role = None if role_id is None else await _role(tx, role_id, ("id",))
    if role is not None and role.name == ADMINISTRATOR:
        message = f"{ADMINISTRATOR} may do everything, and stays so. Define another role."
        raise Refusal(ErrorCode.ROLE_SHIPPED, message, ("id",))
    if role is None and name is None:
        message = "A new role needs a name."
        raise Refusal(ErrorCode.REQUIRED, message, ("name",))
    wanted = role.name if role is not None and name is None else checked_name(name or "", ("name",))
    if role is not None and role.shipped and wanted != role.name:
        message = "A shipped role keeps its name. Define another role."
        raise Refusal(ErrorCode.ROLE_SHIPPED, message, ("name",))
    same = await tx.one(RoleNamed(None, wanted.casefold()))
    if same is not None and (role is None or same.id != role.id):
        message = "Another role has this name. Choose another one."
        raise Refusal(ErrorCode.ROLE_NAME_TAKEN, message, ("name",))
    for key in sorted({privilege.record_type for privilege in privileges if privilege.record_type is not None}):
        await record_type(tx, key, ("privileges",))
    new_id = role.id if role is not None else str(uuid4())
    shipped = role is not None and role.shipped
    text = checked_text(description, ("description",))
    await _write(tx, new_id, wanted, text, privileges, shipped=shipped)
    await compile_rights(tx)
    return new_id


async def assign_role(tx: Transaction, viewer: Viewer, role_id: str, user_id: str, *, granted: bool) -> None:
    """Give a role to a user, or take it. Refuses FORBIDDEN, NOT_FOUND, LAST_ADMINISTRATOR."""
    await require_administrator_now(tx, viewer, "assign roles")
    await ensure_organization(tx)
    role = await _role(tx, role_id, ("roleId",))
    administrators = role.name == ADMINISTRATOR
    statement = GrantRole if granted else RevokeRole
    done = await tx.run(statement(role.id, [user_id], administrators))
    if not done:
        message = "There is no such user."
        raise Refusal(ErrorCode.NOT_FOUND, message, ("userId",))
    if administrators and not granted:
        await check_administrators(tx, ("userId",))
    await compile_rights(tx, [row.id for row in done])
    tx.changed += [role.id, user_id]


async def set_administrators(tx: Transaction, flags: Mapping[str, bool]) -> None:
    """Give the role System Administrator to users (by id) or take it: the shorthand `administrator` of upserts."""
    role = await tx.one(RoleNamed(None, ADMINISTRATOR.casefold()))
    if role is None:
        await ensure_roles(tx)
        role = await tx.one(RoleNamed(None, ADMINISTRATOR.casefold()))
        assert role is not None  # noqa: S101 - written just now
    for statement, wanted in ((GrantRole, True), (RevokeRole, False)):
        users = sorted(user for user, flag in flags.items() if flag is wanted)
        if users:
            await tx.run(statement(role.id, users, administrators=True))


async def _role(tx: Transaction, role_id: str, field: tuple[str, ...]) -> RoleRow:
    role = await tx.one(RoleNamed(role_id, None))
    if role is None:
        message = "There is no such role. Look them up under roles."
        raise Refusal(ErrorCode.NOT_FOUND, message, field)
    return role


async def _write(
    tx: Transaction, id_: str, name: str, description: str | None, privileges: Iterable[Privilege], *, shipped: bool
) -> None:
    deepest: dict[str, Privilege] = {}
    for privilege in privileges:
        known = deepest.get(privilege.stored_as)
        if known is None or known.depth < privilege.depth:
            deepest[privilege.stored_as] = privilege
    properties = {
        "name": name,
        "nameKey": name.casefold(),
        "description": description,
        "shipped": shipped,
        "privileges": sorted(privilege.text for privilege in deepest.values() if privilege.depth),
    }
    await tx.run(WriteRole(id_, properties))
