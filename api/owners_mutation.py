"""Mutations of users, teams, business units, territories, product lines: upserts by external id. Queries: owners.py."""

from typing import Annotated

import strawberry
from strawberry import Maybe

from api.context import Info
from api.fields import public
from api.payload import given
from api.upsert import UpsertInput, UpsertPayload, upsert
from graph.database import Transaction
from graph.ingestion import UpsertReport
from graph.owners import OwnerKind
from graph.owners_upsert import upsert_owners

_INPUT = strawberry.argument(name="input", description="The rows, and how to treat them.")


@strawberry.input(description="What a row of each kind of structure has.")
class _OwnerRowInput:
    external_id: str = strawberry.field(
        description="Its key in the system it comes from, unique among its kind: what decides whether it is new."
    )
    name: Maybe[str] = strawberry.field(description="Its name, 1 to 100 characters; needed for a new one.")


@strawberry.input(description="A user to make or change. What is left out stays as it is; null clears it.")
class UserRowInput(_OwnerRowInput):
    """A user's row."""

    active: Maybe[bool] = strawberry.field(description="Whether the user may log in; a new user may if left out.")
    administrator: Maybe[bool] = strawberry.field(
        description="Whether the user has the role System Administrator; a new user has not if left out."
    )
    unit: Maybe[str | None] = strawberry.field(description="External id of the user's business unit.")
    manager: Maybe[str | None] = strawberry.field(
        description="External id of the user this one reports to; it may be further down in `rows`."
    )
    teams: Maybe[list[str] | None] = strawberry.field(
        description="External ids of all teams the user is a member of, in place of those before."
    )


@strawberry.input(description="A team to make or change. What is left out stays as it is; null clears it.")
class TeamRowInput(_OwnerRowInput):
    """A team's row."""

    unit: Maybe[str | None] = strawberry.field(description="External id of the team's business unit.")
    members: Maybe[list[str] | None] = strawberry.field(
        description="External ids of all users in the team, in place of those before."
    )


@strawberry.input(description="What a row of a tree has.")
class _TreeRowInput(_OwnerRowInput):
    parent: Maybe[str | None] = strawberry.field(
        description="External id of the one above, which may be further down in `rows`; null for the top of a tree."
    )


@strawberry.input(description="A business unit to make or change. What is left out stays as it is; null clears it.")
class BusinessUnitRowInput(_TreeRowInput):
    """A business unit's row."""


@strawberry.input(description="A territory to make or change. What is left out stays as it is; null clears it.")
class TerritoryRowInput(_TreeRowInput):
    """A territory's row."""


@strawberry.input(description="A product line to make or change. What is left out stays as it is; null clears it.")
class ProductLineRowInput(_TreeRowInput):
    """A product line's row."""


@strawberry.input(description="Input of `upsertUsers`.")
class UpsertUsersInput(UpsertInput):
    """Users to make or change."""

    rows: list[UserRowInput] = strawberry.field(description="Up to 10 000 users, each external id once.")


@strawberry.input(description="Input of `upsertTeams`.")
class UpsertTeamsInput(UpsertInput):
    """Teams to make or change."""

    rows: list[TeamRowInput] = strawberry.field(description="Up to 10 000 teams, each external id once.")


@strawberry.input(description="Input of `upsertBusinessUnits`.")
class UpsertBusinessUnitsInput(UpsertInput):
    """Business units to make or change."""

    rows: list[BusinessUnitRowInput] = strawberry.field(
        description="Up to 10 000 business units, each external id once."
    )


@strawberry.input(description="Input of `upsertTerritories`.")
class UpsertTerritoriesInput(UpsertInput):
    """Territories to make or change."""

    rows: list[TerritoryRowInput] = strawberry.field(description="Up to 10 000 territories, each external id once.")


@strawberry.input(description="Input of `upsertProductLines`.")
class UpsertProductLinesInput(UpsertInput):
    """Product lines to make or change."""

    rows: list[ProductLineRowInput] = strawberry.field(description="Up to 10 000 product lines, each external id once.")


@strawberry.type
class OwnerMutation:
    """Mutations of users and structure."""

    @public("Make or change users by external id. For administrators.")
    async def upsert_users(self, info: Info, told: Annotated[UpsertUsersInput, _INPUT]) -> UpsertPayload:
        """Upsert users."""
        return await _upsert(info, OwnerKind.USER, told)

    @public("Make or change teams by external id. For administrators.")
    async def upsert_teams(self, info: Info, told: Annotated[UpsertTeamsInput, _INPUT]) -> UpsertPayload:
        """Upsert teams."""
        return await _upsert(info, OwnerKind.TEAM, told)

    @public("Make or change business units by external id. For administrators.")
    async def upsert_business_units(
        self, info: Info, told: Annotated[UpsertBusinessUnitsInput, _INPUT]
    ) -> UpsertPayload:
        """Upsert business units."""
        return await _upsert(info, OwnerKind.BUSINESS_UNIT, told)

    @public("Make or change territories by external id. For administrators.")
    async def upsert_territories(self, info: Info, told: Annotated[UpsertTerritoriesInput, _INPUT]) -> UpsertPayload:
        """Upsert territories."""
        return await _upsert(info, OwnerKind.TERRITORY, told)

    @public("Make or change product lines by external id. For administrators.")
    async def upsert_product_lines(self, info: Info, told: Annotated[UpsertProductLinesInput, _INPUT]) -> UpsertPayload:
        """Upsert product lines."""
        return await _upsert(info, OwnerKind.PRODUCT_LINE, told)


async def _upsert(
    info: Info,
    kind: OwnerKind,
    told: UpsertUsersInput
    | UpsertTeamsInput
    | UpsertBusinessUnitsInput
    | UpsertTerritoriesInput
    | UpsertProductLinesInput,
) -> UpsertPayload:
    viewer = info.context.viewer

    async def work(tx: Transaction) -> UpsertReport:
        return await upsert_owners(tx, viewer, kind, given(told.rows), all_or_nothing=told.all_or_nothing)

    return await upsert(info, told, work)
