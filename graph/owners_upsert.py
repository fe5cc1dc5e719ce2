"""Upserts of users, teams, business units, territories and product lines, by external id. Reading them is `owners`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from graph.account import check_administrators
from graph.change import ask_owners
from graph.errors import ErrorCode, Refusal
from graph.ingestion import Batch, Outcome, UpsertReport
from graph.organization import bump_structure, ensure_organization
from graph.owners import OwnerKind, OwnersByExternalIds
from graph.owners_row import FLAGS, LINKS, Link, OwnerInput, owner_reader
from graph.rights import Kind, Operation, require, require_administrator_now
from graph.role import set_administrators
from graph.role_compiler import compile_places, compile_rights
from graph.statement import Count, Read, Write

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graph.database import Transaction
    from graph.visibility import Viewer


@dataclass(frozen=True, slots=True)
class StoredOwner:
    """An owner as stored: `targets` are pairs of relationship type and external id."""

    external_id: str
    properties: dict[str, Any]
    targets: list[list[str]]
    members: list[str]

    def linked(self, link: Link) -> frozenset[str]:
        """Give the external ids at the other end of a link."""
        if link.incoming:
            return frozenset(self.members)
        return frozenset(target for relationship, target in self.targets if relationship == link.relationship)


@dataclass(frozen=True)
class OwnersForUpsert(Read[StoredOwner], path="owners/for_upsert", row=StoredOwner, many=True):
    """The owners of a kind with these external ids."""

    kind: OwnerKind
    external_ids: list[str]


@dataclass(frozen=True, slots=True)
class Edge:
    """A link between owners of one kind, by external ids."""

    child: str
    parent: str


@dataclass(frozen=True)
class OwnerEdges(Read[Edge], path="owners/edges", row=Edge, many=True):
    """All links of a type between owners of a kind."""

    kind: OwnerKind
    relationship: str


@dataclass(frozen=True)
class CreateOwners(Write[Count], path="owners/create", row=Count):
    """New owners; each row is the node's properties."""

    label: str
    rows: list[dict[str, Any]]


@dataclass(frozen=True)
class ChangeOwners(Write[Count], path="owners/change", row=Count):
    """New values of properties; each row has the owner's id."""

    rows: list[dict[str, Any]]


@dataclass(frozen=True)
class UnlinkOwners(Write[Count], path="owners/unlink", row=Count):
    """Remove links between pairs of external ids."""

    source_kind: OwnerKind
    target_kind: OwnerKind
    relationship: str
    links: list[tuple[str, str]]


@dataclass(frozen=True)
class LinkOwners(Write[Count], path="owners/link", row=Count):
    """Add links between pairs of external ids."""

    source_kind: OwnerKind
    target_kind: OwnerKind
    relationship: str
    links: list[tuple[str, str]]


async def upsert_owners(
    tx: Transaction,
    viewer: Viewer,
    kind: OwnerKind,
    rows: Sequence[Mapping[str, Any]],
    *,
    all_or_nothing: bool = False,
) -> UpsertReport:
    """Make or change owners of a kind. Refuses FORBIDDEN, TOO_MANY_ROWS and LAST_ADMINISTRATOR; all else row by row.

    A row has `externalId`, `name` and, by kind: users `active`, `administrator`, `unit`, `manager`, `teams`; teams
    `unit`, `members`; the trees `parent`. References are external ids, also of rows further down. A key that is absent
    leaves the value as it is, null clears it. Row codes: REQUIRED, INVALID_VALUE, UNKNOWN_FIELD, DUPLICATE_ROW,
    NOT_FOUND (a reference), STRUCTURE_CYCLE.
    """
    await require(tx, viewer, Kind.STRUCTURE, Operation.WRITE, "change users and structure")
    batch = Batch.read(rows, owner_reader(kind))
    if any("administrator" in row.properties for row in batch.rows.values()):
        # Who may change users may not thereby make itself able to do everything.
        await require_administrator_now(tx, viewer, "say who is an administrator")
    await ensure_organization(tx)  # its lock: two changes at once could close a cycle that neither sees
    external_ids = [row.external_id for row in batch.rows.values()]
    stored = {row.external_id: row for row in await tx.run(OwnersForUpsert(kind, external_ids))}
    _refuse_nameless(batch, stored)
    await _refuse_broken_links(tx, kind, batch, stored)
    if all_or_nothing and batch.refused:
        return batch.refusal_of_all()
    if changed := await _write(tx, kind, batch, stored):
        await _compile(tx, kind, batch, changed)
        if any(_may_be_last(row, stored) for row in batch.rows.values()):
            await check_administrators(tx, ("rows",))
        await bump_structure(tx)
        await ask_owners(tx, [*changed.values(), *await _linked(tx, batch, stored)])
    return batch.report()


async def _compile(tx: Transaction, kind: OwnerKind, batch: Batch[OwnerInput], changed: Mapping[str, str]) -> None:
    """Let what users may follow from what changed: the administrators named, and who is in which unit."""
    if kind is OwnerKind.BUSINESS_UNIT:
        await compile_places(tx)
    if kind not in {OwnerKind.USER, OwnerKind.TEAM}:
        return
    await compile_places(tx, sorted(changed.values()))
    if kind is OwnerKind.USER:
        rows = [row for row in batch.rows.values() if row.external_id in changed]
        flags = {
            changed[row.external_id]: bool(row.properties["administrator"])
            for row in rows
            if "administrator" in row.properties
        }
        if flags:
            await set_administrators(tx, flags)
        await compile_rights(tx, sorted(changed.values()))


def _may_be_last(row: OwnerInput, stored: Mapping[str, StoredOwner]) -> bool:
    """Whether a row takes a right from an administrator who may log in."""
    before = stored[row.external_id].properties if row.external_id in stored else {}
    was = bool(before.get("active") and before.get("administrator"))
    return was and not all(row.properties.get(flag, True) for flag in ("active", "administrator"))


def _refuse_nameless(batch: Batch[OwnerInput], stored: Mapping[str, StoredOwner]) -> None:
    for number, row in list(batch.rows.items()):
        if row.external_id not in stored and "name" not in row.properties:
            batch.refuse(number, Refusal(ErrorCode.REQUIRED, "name is missing. A new row needs one.", ("name",)))


async def _refuse_broken_links(
    tx: Transaction, kind: OwnerKind, batch: Batch[OwnerInput], stored: Mapping[str, StoredOwner]
) -> None:
    keys = {
        (link.kind.value, target)
        for row in batch.rows.values()
        for link in LINKS[kind]
        for target in row.links.get(link, ())
    }
    known = {(row.kind, row.external_id) for row in await tx.run(OwnersByExternalIds(sorted(keys)))}
    trees = [link for link in LINKS[kind] if link.is_tree]
    edges = {
        link: {edge.child: edge.parent for edge in await tx.run(OwnerEdges(kind, link.relationship))}
        for link in trees
        if any(row.links.get(link) for row in batch.rows.values())
    }
    while True:  # each turn takes out a row, and that may leave others without their target
        _refuse_dangling(kind, batch, known, stored)
        refused = len(batch.refused)
        for link, of_children in edges.items():
            _refuse_cycles(batch, link, of_children)
        if len(batch.refused) == refused:
            return


def _refuse_dangling(
    kind: OwnerKind, batch: Batch[OwnerInput], known: set[tuple[str, str]], stored: Mapping[str, StoredOwner]
) -> None:
    """Refuse the rows that refer to what neither exists nor is in the batch, and those that refer to them."""
    here = {row.external_id for row in batch.rows.values()}
    referring: dict[str, list[int]] = {}
    for number, row in batch.rows.items():
        for link in LINKS[kind]:
            if link.kind is kind:
                for target in row.links.get(link, ()):
                    referring.setdefault(target, []).append(number)
    pending = list(batch.rows)
    while pending:
        number = pending.pop()
        if number not in batch.rows:
            continue
        row = batch.rows[number]
        missing = [
            (link, target)
            for link, targets in row.links.items()
            for target in sorted(targets)
            if (link.kind.value, target) not in known and not (link.kind is kind and target in here)
        ]
        if missing:
            link, target = missing[0]
            message = f"There is no {_words(link.kind)} with the external id {target!r}. Load it first."
            batch.refuse(number, Refusal(ErrorCode.NOT_FOUND, message, (link.field,)))
            if row.external_id not in stored:
                here.discard(row.external_id)
                pending += referring.get(row.external_id, ())


def _refuse_cycles(batch: Batch[OwnerInput], link: Link, edges: Mapping[str, str]) -> None:
    """Refuse, of each cycle that the batch would close, the last row on it."""
    parents = dict(edges)
    movers: dict[str, int] = {}
    for number, row in batch.rows.items():
        if link in row.links:
            parents.pop(row.external_id, None)
            for parent in row.links[link]:
                parents[row.external_id] = parent
                movers[row.external_id] = number
    done: set[str] = set()
    for start in movers:
        path: dict[str, None] = {}
        at: str | None = start
        while at is not None and at not in done and at not in path:
            path[at] = None
            at = parents.get(at)
        if at is not None and at in path:
            order = list(path)
            cycle = order[order.index(at) :]
            last = max(movers[child] for child in cycle if child in movers)
            message = f"This {link.field} would make a cycle. Choose one that is not below it."
            batch.refuse(last, Refusal(ErrorCode.STRUCTURE_CYCLE, message, (link.field,)))
        done.update(path)


async def _write(
    tx: Transaction, kind: OwnerKind, batch: Batch[OwnerInput], stored: Mapping[str, StoredOwner]
) -> dict[str, str]:
    """Write what differs; the ids of the owners that did, by external id."""
    created: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    ids: dict[str, str] = {}
    added: dict[Link, list[tuple[str, str]]] = {}
    removed: dict[Link, list[tuple[str, str]]] = {}
    for number, row in batch.rows.items():
        before = stored.get(row.external_id)
        if before is None:
            key = {"id": str(uuid4()), "kind": kind.value, "externalId": row.external_id}
            created.append({**key, **FLAGS.get(kind, {}), **row.properties})
        elif differing := {k: v for k, v in row.properties.items() if before.properties.get(k) != v}:
            changed.append({"id": before.properties["id"], **differing})
        relinked = False
        for link, wanted in row.links.items():
            now = before.linked(link) if before is not None else frozenset()
            added.setdefault(link, []).extend(link.pairs(row.external_id, wanted - now))
            removed.setdefault(link, []).extend(link.pairs(row.external_id, now - wanted))
            relinked = relinked or wanted != now
        if before is None:
            batch.outcomes[number] = Outcome.INSERTED
        else:
            batch.outcomes[number] = Outcome.UPDATED if differing or relinked else Outcome.UNCHANGED
        if before is None or differing or relinked:
            ids[row.external_id] = created[-1]["id"] if before is None else before.properties["id"]
    if created:
        await tx.run(CreateOwners(kind.label, created))
    if changed:
        await tx.run(ChangeOwners(changed))
    await _relink(tx, kind, UnlinkOwners, removed)
    await _relink(tx, kind, LinkOwners, added)
    tx.changed += ids.values()
    return ids


async def _linked(tx: Transaction, batch: Batch[OwnerInput], stored: Mapping[str, StoredOwner]) -> list[str]:
    """Give the ids of what the rows were linked to before or are now, where that differs."""
    keys: set[tuple[str, str]] = set()
    for row in batch.rows.values():
        before = stored.get(row.external_id)
        for link, wanted in row.links.items():
            was = before.linked(link) if before is not None else frozenset()
            keys |= {(link.kind.value, key) for key in was ^ wanted}
    return [row.id for row in await tx.run(OwnersByExternalIds(sorted(keys)))] if keys else []


async def _relink(
    tx: Transaction,
    kind: OwnerKind,
    statement: type[LinkOwners | UnlinkOwners],
    links: Mapping[Link, list[tuple[str, str]]],
) -> None:
    for link, pairs in links.items():
        if pairs:
            ends = (link.kind, kind) if link.incoming else (kind, link.kind)
            await tx.run(statement(*ends, link.relationship, pairs))


def _words(kind: OwnerKind) -> str:
    return kind.value.lower().replace("_", " ")
