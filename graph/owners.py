"""Users, teams, business units, territories, product lines: their rows and reads. Changing them is `owners_upsert`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from graph.statement import Read

if TYPE_CHECKING:
    from collections.abc import Mapping


class OwnerKind(StrEnum):
    """What can own a goal."""

    USER = "USER"
    TEAM = "TEAM"
    BUSINESS_UNIT = "BUSINESS_UNIT"
    TERRITORY = "TERRITORY"
    PRODUCT_LINE = "PRODUCT_LINE"

    @property
    def label(self) -> str:
        """The label of its nodes."""
        return "".join(word.capitalize() for word in self.value.split("_"))


@dataclass(frozen=True, slots=True)
class OwnerRow:
    """What all owners have."""

    id: str
    external_id: str
    name: str


@dataclass(frozen=True, slots=True)
class UserRow(OwnerRow):
    """A user. Team ids are in the order of the teams' names."""

    active: bool
    administrator: bool
    unit_id: str | None
    manager_id: str | None
    team_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TeamRow(OwnerRow):
    """A team; its members are read apart."""

    unit_id: str | None


@dataclass(frozen=True, slots=True)
class BusinessUnitRow(OwnerRow):
    """A business unit, in a tree."""

    parent_id: str | None


@dataclass(frozen=True, slots=True)
class TerritoryRow(OwnerRow):
    """A territory, in a tree."""

    parent_id: str | None


@dataclass(frozen=True, slots=True)
class ProductLineRow(OwnerRow):
    """A product line, in a tree whose leaves are products."""

    parent_id: str | None


def owner_row(columns: Mapping[str, Any]) -> OwnerRow:
    """Make the row that a map of `columns/owner.cypher` stands for."""
    common = (columns["id"], columns["external_id"], columns["name"])
    match OwnerKind(columns["kind"]):
        case OwnerKind.USER:
            return UserRow(
                *common,
                active=columns["active"],
                administrator=bool(columns["administrator"]),
                unit_id=columns["unit_id"],
                manager_id=columns["manager_id"],
                team_ids=tuple(columns["team_ids"]),
            )
        case OwnerKind.TEAM:
            return TeamRow(*common, unit_id=columns["unit_id"])
        case OwnerKind.BUSINESS_UNIT:
            return BusinessUnitRow(*common, parent_id=columns["parent_id"])
        case OwnerKind.TERRITORY:
            return TerritoryRow(*common, parent_id=columns["parent_id"])
        case OwnerKind.PRODUCT_LINE:
            return ProductLineRow(*common, parent_id=columns["parent_id"])


@dataclass(frozen=True)
class OwnersByIds(Read[OwnerRow], path="owners/by_ids", row=OwnerRow):
    """The owners with these ids, of any kind, in no order."""

    viewer: str
    ids: list[str]

    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> OwnerRow:
        """Make the row of its kind."""
        return owner_row(columns["owner"])


@dataclass(frozen=True, slots=True)
class OwnerPage:
    """One page of owners, and how many there are in all."""

    owners: tuple[OwnerRow, ...]
    total_count: int


@dataclass(frozen=True)
class OwnersPage(Read[OwnerPage], path="owners/page", row=OwnerPage):
    """A page by (name, id), after that of the last one seen; `search` is a part of the name in any case."""

    viewer: str
    kind: OwnerKind
    first: int
    search: str | None = None
    after_name: str | None = None
    after_id: str | None = None

    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> OwnerPage:
        """Read the page's owners as rows of their kind."""
        return OwnerPage(tuple(map(owner_row, columns["owners"])), columns["total_count"])


@dataclass(frozen=True, slots=True)
class OwnersOf:
    """The owners that belong to the one with this id, by name."""

    id: str
    owners: tuple[OwnerRow, ...]


class _ReadsOwnersOf:
    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> OwnersOf:
        return OwnersOf(columns["id"], tuple(map(owner_row, columns["owners"])))


@dataclass(frozen=True)
class MembersOf(_ReadsOwnersOf, Read[OwnersOf], path="owners/members_of", row=OwnersOf):
    """The members of each of these teams."""

    viewer: str
    teams: list[str]


@dataclass(frozen=True)
class OwnerChildrenOf(_ReadsOwnersOf, Read[OwnersOf], path="owners/children_of", row=OwnersOf):
    """The children of each of these business units, territories or product lines."""

    viewer: str
    parents: list[str]


@dataclass(frozen=True, slots=True)
class OwnerKey:
    """An owner's key and id."""

    kind: str
    external_id: str
    id: str


@dataclass(frozen=True)
class OwnersByExternalIds(Read[OwnerKey], path="owners/by_external_ids", row=OwnerKey, many=True):
    """Which of these keys (kind, external id) exist. For ingestion: nothing is said of who may see them."""

    keys: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class NameMatch:
    """The external ids behind a name, two at most: more than one means that the name is ambiguous."""

    name: str
    external_ids: list[str]


@dataclass(frozen=True)
class OwnersByNames(Read[NameMatch], path="owners/by_names", row=NameMatch, many=True):
    """The owners of a kind that have these names. For ingestion, as `OwnersByExternalIds`."""

    kind: OwnerKind
    names: list[str]
