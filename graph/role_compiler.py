"""What a user's roles, field profiles and business unit come to, written on the user: policies read nothing else.

A unit's place is its number in the order in which a walk through the tree of units first comes to it, `unitLast` that
of the last unit below it: so "in my unit or below" is a comparison of numbers (docs/decisions/0013).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graph.rights import Depth, Kind, Operation, Privilege, property_of
from graph.statement import Count, Read, Write

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graph.database import Transaction

#: What a share and an owner's own right cannot be cut by: what a restricted record type takes from roles.
_HIDDEN_BY_RESTRICTION = tuple(operation for operation in Operation if operation is not Operation.AGGREGATE)


@dataclass(frozen=True, slots=True)
class Unit:
    """A business unit in its tree, with its place as it is stored."""

    id: str
    parent_id: str | None
    place: int | None
    last: int | None


@dataclass(frozen=True)
class Units(Read[Unit], path="rights/units", row=Unit):
    """All business units."""


@dataclass(frozen=True)
class PlaceUnits(Write[Count], path="rights/place_units", row=Count):
    """Write units' places; each row is id, place, last."""

    rows: list[tuple[str, int, int]]


@dataclass(frozen=True)
class PlaceOwners(Write[Count], path="rights/place_owners", row=Count):
    """Write on users and teams the places of their units; `owners` None: on all."""

    owners: list[str] | None


@dataclass(frozen=True, slots=True)
class Sources:
    """What rights follow from. A profile is its fields, those that it lets members read, and those to write."""

    roles: Mapping[str, tuple[Privilege, ...]]
    profiles: Mapping[str, tuple[frozenset[str], frozenset[str], frozenset[str]]]
    restricted_types: frozenset[str]
    parent_only: bool


@dataclass(frozen=True)
class ReadSources(Read[Sources], path="rights/sources", row=Sources):
    """What rights follow from."""

    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> Sources:
        """The sources from their lists."""
        return Sources(
            {id_: tuple(map(Privilege.read, privileges)) for id_, privileges in columns["roles"]},
            {id_: (frozenset(fields), frozenset(r), frozenset(w)) for id_, fields, r, w in columns["profiles"]},
            frozenset(columns["restricted_types"]),
            columns["ancestor_managers"] == "PARENT",
        )


@dataclass(frozen=True, slots=True)
class Holding:
    """What a user has, and what was compiled of it before."""

    id: str
    administrator: bool
    roles: list[str]
    profiles: list[str]
    compiled: dict[str, Any]


@dataclass(frozen=True)
class Holdings(Read[Holding], path="rights/holdings", row=Holding):
    """What these users have; None: all."""

    users: list[str] | None

    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> Holding:
        """The compiled properties as a map."""
        return Holding(**{**columns, "compiled": dict(columns["compiled"])})


@dataclass(frozen=True)
class WriteCompiled(Write[Count], path="rights/write_compiled", row=Count):
    """Write what was compiled; each row is id and properties."""

    rows: list[dict[str, Any]]


async def compile_rights(tx: Transaction, users: Sequence[str] | None = None) -> None:
    """Write on these users (by id; None: on all) what their roles and field profiles come to, where that changed."""
    sources = await tx.one(ReadSources())
    if sources is None:
        return
    known: dict[tuple[Any, ...], dict[str, Any]] = {}
    rows = []
    for holding in await tx.run(Holdings(None if users is None else list(users))):
        key = (holding.administrator, *holding.roles, None, *holding.profiles)
        if key not in known:
            known[key] = compiled(sources, holding.roles, holding.profiles, administrator=holding.administrator)
        wanted = known[key]
        if wanted != holding.compiled:
            rows.append({"id": holding.id, "properties": dict.fromkeys(holding.compiled) | wanted})
    if rows:
        await tx.run(WriteCompiled(rows))


async def compile_places(tx: Transaction, owners: Sequence[str] | None = None) -> None:
    """Write the places of units, and on owners (by id; None: on all) those of their units, where they changed."""
    if owners is None:
        units = await tx.run(Units())
        numbered = places({unit.id: unit.parent_id for unit in units})
        rows = [(unit.id, *numbered[unit.id]) for unit in units if numbered[unit.id] != (unit.place, unit.last)]
        if rows:
            await tx.run(PlaceUnits(rows))
    await tx.run(PlaceOwners(None if owners is None else list(owners)))


def places(parents: Mapping[str, str | None]) -> dict[str, tuple[int, int]]:
    """Number the nodes of a forest: each node's place, and that of the last one at or below it."""
    below: dict[str | None, list[str]] = {}
    for node in sorted(parents):
        below.setdefault(parents[node], []).append(node)
    found: dict[str, tuple[int, int]] = {}
    order: list[str] = []
    waiting = list(reversed(below.get(None, [])))
    while waiting:
        node = waiting.pop()
        order.append(node)
        waiting += reversed(below.get(node, []))
    last = {node: number for number, node in enumerate(order)}
    for node in reversed(order):
        parent = parents[node]
        if parent is not None:
            last[parent] = max(last[parent], last[node])
    for number, node in enumerate(order):
        found[node] = (number, last[node])
    return found


def compiled(sources: Sources, roles: Sequence[str], profiles: Sequence[str], *, administrator: bool) -> dict[str, Any]:
    """What these roles and profiles come to. Privileges add up; a restricted record type takes its part."""
    depths: dict[str, int] = {}
    for role in roles:
        for privilege in sources.roles.get(role, ()):
            name = privilege.stored_as
            depths[name] = max(depths.get(name, 0), int(privilege.depth))
    for operation in Operation:
        of_all = depths.get(property_of(Kind.RECORD, operation), 0)
        for name in [name for name in depths if name.startswith(property_of(Kind.RECORD, operation) + "_")]:
            # All types and one of them: the deeper one counts.
            depths[name] = max(depths[name], of_all)
    for operation in _HIDDEN_BY_RESTRICTION:
        for key in sources.restricted_types:
            depths[property_of(Kind.RECORD, operation, key)] = Depth.NONE
    found: dict[str, Any] = dict(depths)
    if sources.parent_only:
        found["parentOnly"] = True
    if not administrator:
        secured = frozenset[str]().union(*(fields for fields, _, _ in sources.profiles.values()))
        own = [sources.profiles[profile] for profile in profiles if profile in sources.profiles]
        masked = secured.difference(*(reads for _, reads, _ in own))
        # Who may not read a field may not feel for it by writing either.
        unwritable = secured.difference(*(writes for _, _, writes in own)) | masked
        found |= {"masked": sorted(masked)} if masked else {}
        found |= {"unwritable": sorted(unwritable)} if unwritable else {}
    return found
