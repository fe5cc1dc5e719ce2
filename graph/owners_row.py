"""What a row of an owners' upsert may say, and reading it. Not here: whether what it refers to exists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graph.errors import ErrorCode, Refusal
from graph.ingestion import read_external_id, read_key, refuse_unknown, storable
from graph.owners import OwnerKind
from graph.text import checked_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_MOST_LINKS = 10_000


@dataclass(frozen=True, slots=True)
class Link:
    """A key of a row that refers to owners of a kind by external id."""

    field: str
    relationship: str
    kind: OwnerKind
    many: bool = False
    incoming: bool = False  # the relationship starts at the owners referred to
    is_tree: bool = False  # within one kind: cycles are refused

    def pairs(self, external_id: str, others: frozenset[str]) -> Iterator[tuple[str, str]]:
        """(start, end) of each relationship between a row and others, in their order."""
        return ((other, external_id) if self.incoming else (external_id, other) for other in sorted(others))


_UNIT = Link("unit", "IN_UNIT", OwnerKind.BUSINESS_UNIT)
LINKS: dict[OwnerKind, tuple[Link, ...]] = {
    OwnerKind.USER: (
        _UNIT,
        Link("manager", "REPORTS_TO", OwnerKind.USER, is_tree=True),
        Link("teams", "MEMBER_OF", OwnerKind.TEAM, many=True),
    ),
    OwnerKind.TEAM: (_UNIT, Link("members", "MEMBER_OF", OwnerKind.USER, many=True, incoming=True)),
    **{
        kind: (Link("parent", "CHILD_OF", kind, is_tree=True),)
        for kind in (OwnerKind.BUSINESS_UNIT, OwnerKind.TERRITORY, OwnerKind.PRODUCT_LINE)
    },
}
#: Properties that are true or false, with their values in a new owner.
FLAGS: dict[OwnerKind, dict[str, bool]] = {OwnerKind.USER: {"active": True, "administrator": False}}


@dataclass(frozen=True, slots=True)
class OwnerInput:
    """A row: the properties and links it speaks of, each link with the external ids wanted."""

    external_id: str
    properties: dict[str, Any]
    links: dict[Link, frozenset[str]]


def owner_fields(kind: OwnerKind) -> tuple[str, ...]:
    """Give the keys that a row of this kind may have."""
    return ("externalId", "name", *FLAGS.get(kind, ()), *(link.field for link in LINKS[kind]))


def owner_reader(kind: OwnerKind) -> Callable[[Mapping[str, Any]], OwnerInput]:
    """Make what reads a row of this kind. Refuses REQUIRED, INVALID_VALUE or UNKNOWN_FIELD, naming the key."""
    known = frozenset(owner_fields(kind))
    flags = FLAGS.get(kind, {})
    links = LINKS[kind]

    def read(row: Mapping[str, Any]) -> OwnerInput:
        refuse_unknown(row, known)
        external_id = read_external_id(row)
        properties: dict[str, Any] = {name: _flag(row[name], name) for name in flags if name in row}
        if "name" in row:
            properties["name"] = _name(row["name"])
        return OwnerInput(external_id, properties, {link: _targets(row, link) for link in links if link.field in row})

    return read


def _name(value: Any) -> str:
    if value is None or value == "":
        raise Refusal(ErrorCode.REQUIRED, "name is missing. Every row needs one.", ("name",))
    if not isinstance(value, str) or not storable(value):
        raise Refusal(ErrorCode.INVALID_VALUE, "name is a text.", ("name",))
    return checked_name(value, ("name",))


def _flag(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise Refusal(ErrorCode.INVALID_VALUE, f"{name} is true or false.", (name,))
    return value


def _targets(row: Mapping[str, Any], link: Link) -> frozenset[str]:
    value = row[link.field]
    if value is None:
        return frozenset()
    if not link.many:
        return frozenset((read_key(value, link.field),))
    if not isinstance(value, list | tuple) or len(value) > _MOST_LINKS:
        message = f"{link.field} is a list of up to {_MOST_LINKS} external ids."
        raise Refusal(ErrorCode.INVALID_VALUE, message, (link.field,))
    return frozenset(read_key(item, link.field) for item in value)
