"""What can own a goal, in GraphQL: users, teams, units, territories, product lines. Changes: owners_mutation.py."""

from typing import Annotated, Any, TypeVar

import strawberry

from api.arguments import After, First
from api.connection import Connection, read_page
from api.context import Info
from api.fields import detail
from api.node import Node
from api.role import Role
from graph.database import Transaction
from graph.owners import (
    BusinessUnitRow,
    OwnerKind,
    OwnerPage,
    OwnerRow,
    OwnersPage,
    ProductLineRow,
    TeamRow,
    TerritoryRow,
    UserRow,
)

Search = Annotated[
    str | None,
    strawberry.argument(
        description="Only those whose name contains this text, in upper or lower case; all if left out."
    ),
]


@strawberry.interface(description="What everything that can own a goal has.")
class Owner(Node):
    """Base of the five kinds of owner."""

    row: strawberry.Private[OwnerRow]

    @detail("Its key in the system it comes from, unique among its kind; 1 to 200 characters.")
    def external_id(self) -> str:
        """Give its key."""
        return self.row.external_id

    @detail("Its name, 1 to 100 characters.")
    def name(self) -> str:
        """Give its name."""
        return self.row.name


T = TypeVar("T", bound=Owner)


@strawberry.type(description="A person, who can manage and own goals and own records.")
class User(Owner):
    """A user."""

    row: strawberry.Private[UserRow]

    @detail("Whether the user may log in. The records and goals of those who may not stay and count.")
    def active(self) -> bool:
        """Say whether the user may log in."""
        return self.row.active

    @detail("Whether the user has the role System Administrator, who sees and may change everything.")
    def administrator(self) -> bool:
        """Say whether the user is an administrator."""
        return self.row.administrator

    @detail("The business unit the user belongs to; null for none.")
    async def unit(self, info: Info) -> "BusinessUnit | None":
        """Give the user's unit."""
        return await _owner(info, self.row.unit_id, BusinessUnit)

    @detail("The user this one reports to; null for none.")
    async def manager(self, info: Info) -> "User | None":
        """Give the user's manager."""
        return await _owner(info, self.row.manager_id, User)

    @detail("The teams the user is a member of, by name.")
    async def teams(self, info: Info) -> "list[Team]":
        """Give the user's teams."""
        rows = await info.context.loaders.owners.load_many(self.row.team_ids)
        return [Team(row=row) for row in rows if row is not None]

    @detail("The user's roles, by name; null unless it is the viewer, or the viewer may read settings.")
    async def roles(self, info: Info) -> list[Role] | None:
        """Give the user's roles."""
        found = await info.context.loaders.roles.load(self.row.id)
        return None if found is None else [Role(row=row) for row in found.roles]


@strawberry.type(description="A team of users, which can own goals and records.")
class Team(Owner):
    """A team."""

    row: strawberry.Private[TeamRow]

    @detail("The business unit the team belongs to; null for none.")
    async def unit(self, info: Info) -> "BusinessUnit | None":
        """Give the team's unit."""
        return await _owner(info, self.row.unit_id, BusinessUnit)

    @detail("The users in the team, by name.")
    async def members(self, info: Info) -> list[User]:
        """Give the team's members."""
        found = await info.context.loaders.members.load(self.row.id)
        return [User(row=row) for row in found.owners] if found else []


@strawberry.type(description="A part of the organization, in a tree of business units.")
class BusinessUnit(Owner):
    """A business unit."""

    row: strawberry.Private[BusinessUnitRow]

    @detail("The business unit above; null at the top.")
    async def parent(self, info: Info) -> "BusinessUnit | None":
        """Give the unit above."""
        return await _owner(info, self.row.parent_id, BusinessUnit)

    @detail("The business units directly below, by name.")
    async def children(self, info: Info) -> "list[BusinessUnit]":
        """Give the units below."""
        return await _children(info, self.row.id, BusinessUnit)


@strawberry.type(description="A sales territory, in a tree of territories.")
class Territory(Owner):
    """A territory."""

    row: strawberry.Private[TerritoryRow]

    @detail("The territory above; null at the top.")
    async def parent(self, info: Info) -> "Territory | None":
        """Give the territory above."""
        return await _owner(info, self.row.parent_id, Territory)

    @detail("The territories directly below, by name.")
    async def children(self, info: Info) -> "list[Territory]":
        """Give the territories below."""
        return await _children(info, self.row.id, Territory)


@strawberry.type(description="A product line, in a tree whose leaves are the products.")
class ProductLine(Owner):
    """A product line."""

    row: strawberry.Private[ProductLineRow]

    @detail("The product line above; null at the top.")
    async def parent(self, info: Info) -> "ProductLine | None":
        """Give the line above."""
        return await _owner(info, self.row.parent_id, ProductLine)

    @detail("The product lines directly below, by name; none for a product.")
    async def children(self, info: Info) -> "list[ProductLine]":
        """Give the lines below."""
        return await _children(info, self.row.id, ProductLine)


GoalOwner = Annotated[
    User | Team | BusinessUnit | Territory | ProductLine,
    strawberry.union("GoalOwner", description="Who must meet a goal. All of them are an `Owner`, with a name."),
]
_TYPES: dict[type[OwnerRow], Any] = {
    UserRow: User,
    TeamRow: Team,
    BusinessUnitRow: BusinessUnit,
    TerritoryRow: Territory,
    ProductLineRow: ProductLine,
}


def owner_type(row: OwnerRow) -> User | Team | BusinessUnit | Territory | ProductLine:
    """Give the GraphQL object for an owner of any kind."""
    node: User | Team | BusinessUnit | Territory | ProductLine = _TYPES[type(row)](row=row)
    return node


@strawberry.type
class OwnerQuery:
    """Queries of users and structure."""

    @detail("Users, also those who may no longer log in, by name.")
    async def users(
        self, info: Info, search: Search = None, first: First = None, after: After = None
    ) -> Connection[User]:
        """Give a page of users."""
        return await _page(info, OwnerKind.USER, User, search, first, after)

    @detail("Teams, by name.")
    async def teams(
        self, info: Info, search: Search = None, first: First = None, after: After = None
    ) -> Connection[Team]:
        """Give a page of teams."""
        return await _page(info, OwnerKind.TEAM, Team, search, first, after)

    @detail("Business units of all levels, by name.")
    async def business_units(
        self, info: Info, search: Search = None, first: First = None, after: After = None
    ) -> Connection[BusinessUnit]:
        """Give a page of business units."""
        return await _page(info, OwnerKind.BUSINESS_UNIT, BusinessUnit, search, first, after)

    @detail("Territories of all levels, by name.")
    async def territories(
        self, info: Info, search: Search = None, first: First = None, after: After = None
    ) -> Connection[Territory]:
        """Give a page of territories."""
        return await _page(info, OwnerKind.TERRITORY, Territory, search, first, after)

    @detail("Product lines of all levels, products among them, by name.")
    async def product_lines(
        self, info: Info, search: Search = None, first: First = None, after: After = None
    ) -> Connection[ProductLine]:
        """Give a page of product lines."""
        return await _page(info, OwnerKind.PRODUCT_LINE, ProductLine, search, first, after)


async def _owner(info: Info, id_: str | None, node: type[T]) -> T | None:
    row = None if id_ is None else await info.context.loaders.owners.load(id_)
    return None if row is None else node(row=row)


async def _children(info: Info, id_: str, node: type[T]) -> list[T]:
    found = await info.context.loaders.owner_children.load(id_)
    return [node(row=row) for row in found.owners] if found else []


async def _page(  # noqa: PLR0917 - the arguments of every list
    info: Info, kind: OwnerKind, node: type[Owner], search: str | None, first: int | None, after: str | None
) -> Connection[Any]:
    context = info.context
    cursors = context.cursors({"field": kind.value, "search": search})
    page = read_page(cursors, first=first, after=after, forward_only=True)
    name, id_ = (str(key) for key in page.after) if page.after else (None, None)

    async def work(tx: Transaction) -> OwnerPage | None:
        return await tx.one(OwnersPage(context.viewer.id, kind, page.limit, search, name, id_))

    found = await context.read(work) or OwnerPage((), 0)
    return Connection.of(
        found.owners,
        page,
        cursors,
        keys=lambda row: [row.name, row.id],
        node=lambda row: node(row=row),
        total=found.total_count,
    )
