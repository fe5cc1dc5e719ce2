"""Sharing single goals and records with users and teams, and restricting them: exceptions to what roles say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.errors import ErrorCode, Refusal
from graph.organization import ensure_organization
from graph.rights import require_administrator_now
from graph.role_compiler import compile_rights
from graph.statement import Count, Read, Write

if TYPE_CHECKING:
    from graph.database import Transaction
    from graph.visibility import Viewer

_NOT_FOUND = "There is no such goal or record, or you may not see it."


@dataclass(frozen=True, slots=True)
class Shareable:
    """A goal or record that the viewer sees, and whether the viewer may share or restrict it."""

    id: str
    is_goal: bool
    may_share: bool
    may_restrict: bool


@dataclass(frozen=True)
class ShareableNode(Read[Shareable], path="share/node", row=Shareable):
    """The visible goal or record with this id."""

    viewer: str
    id: str


@dataclass(frozen=True)
class WriteShare(Write[Count], path="share/write", row=Count):
    """Share a node with users and teams."""

    id: str
    targets: list[str]
    can_write: bool


@dataclass(frozen=True)
class RemoveShare(Write[Count], path="share/remove", row=Count):
    """Take back shares of a node."""

    id: str
    targets: list[str]


@dataclass(frozen=True)
class RestrictGoal(Write[Count], path="share/restrict_goal", row=Count):
    """Restrict a goal and all below it, or make the goal alone unrestricted."""

    id: str
    restricted: bool


@dataclass(frozen=True)
class RestrictRecord(Write[Count], path="share/restrict_record", row=Count):
    """Restrict a record, or not."""

    id: str
    restricted: bool


@dataclass(frozen=True)
class RestrictRecordType(Write[Count], path="share/restrict_record_type", row=Count):
    """Restrict all records of a type, or not."""

    key: str
    restricted: bool


async def share_node(tx: Transaction, viewer: Viewer, node_id: str, target_id: str, *, can_write: bool) -> None:
    """Let a user or team see a goal or record, perhaps change it. Refuses NOT_FOUND, FORBIDDEN, INVALID_VALUE."""
    node = await _node(tx, viewer, node_id, sharing=True)
    if can_write and not node.is_goal:
        message = "Records are shared for reading alone. Leave canWrite out."
        raise Refusal(ErrorCode.INVALID_VALUE, message, ("canWrite",))
    done = await tx.one(WriteShare(node.id, [target_id], can_write))
    if done is None or not done.count:
        message = "There is no such user or team."
        raise Refusal(ErrorCode.NOT_FOUND, message, ("withId",))


async def unshare_node(tx: Transaction, viewer: Viewer, node_id: str, target_id: str) -> None:
    """Take a share back; nothing happens where there was none. Refuses NOT_FOUND, FORBIDDEN."""
    node = await _node(tx, viewer, node_id, sharing=True)
    await tx.run(RemoveShare(node.id, [target_id]))


async def set_restricted(
    tx: Transaction, viewer: Viewer, node_id: str | None, type_key: str | None, *, restricted: bool
) -> None:
    """Restrict a goal (with all below it), a record or a whole record type, or lift that.

    Lifting it from a goal leaves the goals below as they are. Refuses NOT_FOUND, FORBIDDEN, REQUIRED,
    UNKNOWN_RECORD_TYPE.
    """
    if (node_id is None) == (type_key is None):
        message = "Name a goal or record by id, or a recordType: exactly one of them."
        raise Refusal(ErrorCode.REQUIRED, message, ("id",))
    if type_key is not None:
        await require_administrator_now(tx, viewer, "restrict record types")
        await ensure_organization(tx)  # its lock: rights change in turn
        done = await tx.one(RestrictRecordType(type_key, restricted))
        if done is None or not done.count:
            message = f"There is no record type {type_key!r}. Look them up under recordTypes."
            raise Refusal(ErrorCode.UNKNOWN_RECORD_TYPE, message, ("recordType",))
        await compile_rights(tx)
        return
    node = await _node(tx, viewer, node_id or "", sharing=False)
    await tx.run((RestrictGoal if node.is_goal else RestrictRecord)(node.id, restricted))


async def _node(tx: Transaction, viewer: Viewer, node_id: str, *, sharing: bool) -> Shareable:
    node = await tx.one(ShareableNode(viewer.id, node_id))
    if node is None:
        raise Refusal(ErrorCode.NOT_FOUND, _NOT_FOUND, ("id",))
    if not (node.may_share if sharing else node.may_restrict):
        message = f"You may see this, but not {'share' if sharing else 'restrict'} it. Ask whoever manages it."
        raise Refusal(ErrorCode.FORBIDDEN, message, ("id",))
    return node
