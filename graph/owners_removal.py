"""Users who leave, and structure that is given up. Users are deactivated and never deleted: their records count on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.account import check_administrators
from graph.errors import ErrorCode, Refusal
from graph.goal_statements import KindsOfOwners
from graph.organization import bump_structure, ensure_organization
from graph.owners import OwnerKind, OwnersByExternalIds
from graph.record_upsert import DeleteReport
from graph.rights import Kind, Operation, require, require_administrator_now
from graph.rollup import lock_roots
from graph.statement import Count, Id, Read, Write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from graph.database import Transaction
    from graph.visibility import Viewer

#: Owners that one call deletes.
LARGEST = 1_000


@dataclass(frozen=True)
class ManagedGoals(Read[Id], path="owners/managed_goals", row=Id):
    """The goals that a user manages."""

    user: str


@dataclass(frozen=True)
class DeactivateUser(Write[Count], path="owners/deactivate", row=Count):
    """Let a user log in no more."""

    user: str


@dataclass(frozen=True)
class HandOver(Write[Id], path="owners/hand_over", row=Id):
    """Give all goals that a user manages to another."""

    user: str
    successor: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Usage:
    """How many things of a kind use one of the owners to be deleted."""

    what: str
    count: int


@dataclass(frozen=True)
class OwnersInUse(Read[Usage], path="owners/in_use", row=Usage):
    """What uses these owners, but for one another."""

    ids: list[str]


@dataclass(frozen=True)
class DeleteOwners(Write[Count], path="owners/delete", row=Count):
    """Delete owners that nothing uses."""

    ids: list[str]


@dataclass(frozen=True, slots=True)
class Deactivation:
    """Who was deactivated, and how many goals went to the successor."""

    user_id: str
    goals: int


async def deactivate_user(
    tx: Transaction,
    viewer: Viewer,
    *,
    user_id: str | None = None,
    external_id: str | None = None,
    successor_id: str,
    now: datetime,
) -> Deactivation:
    """Let a user log in no more, and give every goal the user manages, closed ones too, to an active successor.

    The user's records, own goals, teams and subordinates stay. The user is named by id or external id. Refuses
    FORBIDDEN, REQUIRED, NOT_FOUND, MANAGER_MUST_BE_USER, LAST_ADMINISTRATOR.
    """
    await require_administrator_now(tx, viewer, "deactivate users")
    user = await _named_user(tx, user_id, external_id)
    successor = await tx.one(KindsOfOwners([successor_id]))
    if successor is None:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such user.", ("successorId",))
    if successor.kind != OwnerKind.USER or not successor.active or successor.id == user:
        message = "The successor is another active user. Name one."
        raise Refusal(ErrorCode.MANAGER_MUST_BE_USER, message, ("successorId",))
    managed = [row.id for row in await tx.run(ManagedGoals(user))]
    if managed:
        await lock_roots(tx, managed)
    await ensure_organization(tx)  # its lock: two who leave at once could each take the other for the last one
    await tx.run(DeactivateUser(user))
    await check_administrators(tx, ("externalId",) if user_id is None else ("userId",))
    goals = [row.id for row in await tx.run(HandOver(user, successor.id, now))]
    tx.changed += [user, *goals]
    return Deactivation(user, len(goals))


async def delete_owners(tx: Transaction, viewer: Viewer, kind: OwnerKind, external_ids: Sequence[str]) -> DeleteReport:
    """Delete teams, business units, territories or product lines: all of them or, if one is in use, none.

    Refuses FORBIDDEN, TOO_MANY_ROWS and STRUCTURE_IN_USE, with how many of each kind use them.
    """
    await require(tx, viewer, Kind.STRUCTURE, Operation.DELETE, "delete structure")
    if len(external_ids) > LARGEST:
        message = f"At most {LARGEST} are deleted at once, not {len(external_ids)}. Split them."
        raise Refusal(ErrorCode.TOO_MANY_ROWS, message, ("externalIds",))
    await ensure_organization(tx)
    wanted = sorted(set(external_ids))
    found = [row.id for row in await tx.run(OwnersByExternalIds([(kind.value, key) for key in wanted]))]
    if found:
        used: Counter[str] = Counter()
        for usage in await tx.run(OwnersInUse(found)):
            used[usage.what] += usage.count
        if used:
            words = ", ".join(
                f"{count} {what if count == 1 else _PLURALS[what]}" for what, count in sorted(used.items())
            )
            message = f"This is in use: {words}. Give those another place first."
            raise Refusal(ErrorCode.STRUCTURE_IN_USE, message, ("externalIds",))
        await tx.run(DeleteOwners(found))
        await bump_structure(tx)
        tx.changed += found
    return DeleteReport(len(found), len(wanted) - len(found))


_PLURALS = {
    "goal": "goals",
    "record": "records",
    "member": "members",
    "user": "users",
    "team": "teams",
    "child": "children",
    "rollup query": "rollup queries",
    "other thing": "other things",
}


async def _named_user(tx: Transaction, user_id: str | None, external_id: str | None) -> str:
    """Give the id of the user that is named in one of two ways."""
    if (user_id is None) == (external_id is None):
        message = "Name the user by userId or by externalId, one of the two."
        raise Refusal(ErrorCode.REQUIRED, message, ("userId",))
    if external_id is not None:
        found = await tx.run(OwnersByExternalIds([(OwnerKind.USER.value, external_id)]))
        named = found[0].id if found else None
    else:
        owner = await tx.one(KindsOfOwners([user_id or ""]))
        named = owner.id if owner is not None and owner.kind == OwnerKind.USER else None
    if named is None:
        name = "externalId" if user_id is None else "userId"
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such user.", (name,))
    return named
