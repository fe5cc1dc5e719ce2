"""What roles can allow: kinds, operations, depths, and asking in a transaction whether a viewer may. Roles: `role`.

What a viewer's roles come to is kept on the user (`role_compiler`), so that a policy reads it with the viewer itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from graph.errors import ErrorCode, Refusal
from graph.statement import Read

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from graph.database import Transaction
    from graph.visibility import Viewer


class Kind(StrEnum):
    """What a privilege is about. RECORD stands for all record types, or for the one named beside it."""

    GOAL = "GOAL"
    METRIC = "METRIC"
    ROLLUP_QUERY = "ROLLUP_QUERY"
    RECORD = "RECORD"
    STRUCTURE = "STRUCTURE"
    SETTINGS = "SETTINGS"
    AUDIT = "AUDIT"


class Operation(StrEnum):
    """What a privilege allows."""

    CREATE = "CREATE"
    READ = "READ"
    WRITE = "WRITE"
    DELETE = "DELETE"
    ASSIGN = "ASSIGN"
    SHARE = "SHARE"
    USE = "USE"
    AGGREGATE = "AGGREGATE"
    RECALCULATE = "RECALCULATE"
    OVERRIDE = "OVERRIDE"

    @property
    def word(self) -> str:
        """The word for it in statements and sentences."""
        return self.value.lower()


class Depth(IntEnum):
    """How far a privilege reaches: the viewer's own, its unit's, its unit's and those below, everything."""

    NONE = 0
    OWN = 1
    UNIT = 2
    UNIT_AND_BELOW = 3
    ORGANIZATION = 4


#: Kinds whose things belong to somebody, so that depths between NONE and ORGANIZATION mean something.
OWNED_KINDS = frozenset({Kind.GOAL, Kind.RECORD})


@dataclass(frozen=True, slots=True)
class Privilege:
    """One right: a kind (of RECORD perhaps one type alone) and an operation, as far as a depth.

    Refuses INVALID_VALUE for a depth between NONE and ORGANIZATION on what belongs to nobody.
    """

    kind: Kind
    operation: Operation
    depth: Depth
    record_type: str | None = None

    def __post_init__(self) -> None:
        if self.record_type is not None and self.kind is not Kind.RECORD:
            message = f"A privilege on {self.kind} has no record type. Leave recordType out."
            raise Refusal(ErrorCode.INVALID_VALUE, message, ("privileges",))
        if self.kind not in OWNED_KINDS and self.depth not in {Depth.NONE, Depth.ORGANIZATION}:
            message = f"{self.kind} belongs to nobody, so its depth is NONE or ORGANIZATION. Choose one of these."
            raise Refusal(ErrorCode.INVALID_VALUE, message, ("privileges",))

    @property
    def stored_as(self) -> str:
        """The user's property that holds the depth."""
        return property_of(self.kind, self.operation, self.record_type)

    @property
    def text(self) -> str:
        """As stored in a role: `GOAL READ UNIT`, `RECORD:opportunity AGGREGATE OWN`."""
        kind = self.kind if self.record_type is None else f"{self.kind}:{self.record_type}"
        return f"{kind} {self.operation} {self.depth.name}"

    @classmethod
    def read(cls, text: str) -> Privilege:
        """Read what `text` gives."""
        what, operation, depth = text.split(" ")
        kind, _, record_type = what.partition(":")
        return cls(Kind(kind), Operation(operation), Depth[depth], record_type or None)


def property_of(kind: Kind, operation: Operation, record_type: str | None = None) -> str:
    """Name the user's property for a privilege: `may_read_goal`, `may_aggregate_record_phone_call`."""
    return f"may_{operation.word}_{kind.lower()}" + ("" if record_type is None else f"_{record_type}")


@dataclass(frozen=True, slots=True)
class Holder:
    """What a user may in some respects. A depth is None without a privilege."""

    administrator: bool
    depths: list[int | None]


@dataclass(frozen=True)
class DepthsOf(Read[Holder], path="rights/depth_of", row=Holder):
    """How far the active viewer's privileges reach. `properties` of each: the first one that the user has counts."""

    viewer: str
    properties: list[list[str]]


@dataclass(frozen=True, slots=True)
class Covered:
    """Whether a depth covers something."""

    covered: bool


@dataclass(frozen=True)
class CoversManager(Read[Covered], path="rights/covers_manager", row=Covered):
    """Whether the viewer's privilege on goals covers those that a user manages."""

    viewer: str
    manager: str
    property: str


@dataclass(frozen=True, slots=True)
class CoveredOwner:
    """Whether a depth covers what an owner's goals count, a team's with its members' records or without."""

    owner: str
    with_members: bool
    covered: bool


@dataclass(frozen=True)
class CoversOwners(Read[CoveredOwner], path="rights/covers_owners", row=CoveredOwner):
    """Whether the viewer may aggregate the records of goals' owners, for all of these record types."""

    viewer: str
    owned: list[tuple[str, bool]]
    types: list[str]


async def depth_of(
    tx: Transaction, viewer: Viewer, kind: Kind, operation: Operation, record_type: str | None = None
) -> Depth:
    """How far the viewer's privilege reaches, as the transaction sees it; for an administrator everywhere."""
    (depth,) = await depths_of(tx, viewer, kind, [operation], record_type)
    return depth


async def depths_of(
    tx: Transaction, viewer: Viewer, kind: Kind, operations: Sequence[Operation], record_type: str | None = None
) -> list[Depth]:
    """How far the viewer's privilege for each operation reaches, as `depth_of`."""
    types = [None] if record_type is None else [record_type, None]
    names = [[property_of(kind, operation, type_) for type_ in types] for operation in operations]
    found = await tx.one(DepthsOf(viewer.id, names))
    if found is None or found.administrator:
        # Whoever works on the host has no user, and what it may was decided by who may log in there.
        everything = viewer.host if found is None else found.administrator
        return [Depth.ORGANIZATION if everything else Depth.NONE] * len(operations)
    return [Depth(depth or 0) for depth in found.depths]


async def require_administrator_now(tx: Transaction, viewer: Viewer, to_do: str) -> None:
    """Refuses FORBIDDEN unless the viewer is an administrator as the transaction sees it."""
    found = await tx.one(DepthsOf(viewer.id, []))
    if not (viewer.host if found is None else found.administrator):
        raise Refusal(ErrorCode.FORBIDDEN, f"Only administrators may {to_do}.")


async def require(  # noqa: PLR0917 - a right has that many parts
    tx: Transaction,
    viewer: Viewer,
    kind: Kind,
    operation: Operation,
    to_do: str,
    field: tuple[str, ...] | None = None,
) -> None:
    """Refuses FORBIDDEN unless a role lets the viewer do this everywhere. `to_do` completes "You may not ..."."""
    if await depth_of(tx, viewer, kind, operation) is not Depth.ORGANIZATION:
        raise Refusal(ErrorCode.FORBIDDEN, f"You may not {to_do}. Ask an administrator, or for a role that may.", field)


@dataclass(frozen=True, slots=True)
class Secured:
    """The fields that a viewer may not read, and not write."""

    masked: list[str]
    unwritable: list[str]


@dataclass(frozen=True)
class SecuredFrom(Read[Secured], path="rights/secured_from", row=Secured):
    """The fields that field profiles keep from the viewer."""

    viewer: str


async def check_field_writable(tx: Transaction, viewer: Viewer, secured: str, field: tuple[str, ...]) -> None:
    """Refuses FORBIDDEN where a field profile keeps the viewer from writing this field."""
    found = await tx.one(SecuredFrom(viewer.id))
    if found is not None and secured in found.unwritable:
        message = f"You may not set {field[-1]}: a field profile keeps it for others. Leave it out."
        raise Refusal(ErrorCode.FORBIDDEN, message, field)


async def require_records(
    tx: Transaction, viewer: Viewer, record_type: str, operations: Sequence[Operation], to_do: str
) -> None:
    """Refuses FORBIDDEN unless roles let the viewer do all of this with every record of a type."""
    depths = await depths_of(tx, viewer, Kind.RECORD, operations, record_type)
    if any(depth is not Depth.ORGANIZATION for depth in depths):
        message = f"You may not {to_do} of this type. Ask an administrator, or for a role that may."
        raise Refusal(ErrorCode.FORBIDDEN, message)


async def check_may_create(tx: Transaction, viewer: Viewer, manager_id: str, field: tuple[str, ...]) -> None:
    """Refuses FORBIDDEN unless a role lets the viewer create goals that this user manages."""
    found = await tx.one(CoversManager(viewer.id, manager_id, property_of(Kind.GOAL, Operation.CREATE)))
    if found is None and viewer.host:
        return
    if found is None or not found.covered:
        message = "You may not have goals without a parent there. Name a parent that you may change."
        raise Refusal(ErrorCode.FORBIDDEN, message, field)


async def countable(
    tx: Transaction,
    viewer: Viewer,
    types: Collection[str],
    owned: Collection[tuple[str, bool]],
    *,
    all_records: bool,
) -> set[tuple[str, bool] | None]:
    """Which own parts the viewer may define over records of these types: those `owned` (owner, with a team's members).

    None among them: over ALL records. Reading the records is not needed: that is the point.
    """
    depths = [await depth_of(tx, viewer, Kind.RECORD, Operation.AGGREGATE, type_) for type_ in sorted(types)]
    if all(depth is Depth.ORGANIZATION for depth in depths):
        return {*owned, None} if all_records else set(owned)
    rows = await tx.run(CoversOwners(viewer.id, sorted(owned), sorted(types)))
    return {(row.owner, row.with_members) for row in rows if row.covered}
