"""The organization's settings in GraphQL. The operator's settings, from the environment, are no part of the API."""

from __future__ import annotations

from typing import Annotated, Self

import strawberry

from api.context import Context, Info
from api.enums import describe_enum
from api.fields import public
from api.goal_input import present
from api.payload import MutationPayload, VersionedInput, change
from api.scalars import Decimal
from graph.database import Transaction
from graph.money import DataType, format_units
from graph.organization import OrganizationRow, organization
from graph.organization_settings import (
    STORED,
    AncestorManagers,
    OrganizationSettings,
    organization_settings,
    update_settings,
)

_ON_TRACK = "The least actual, as a part of today's target, with which a goal is ON_TRACK: `1` unless it was set."
_BEHIND = "The least actual, as a part of today's target, with which a goal is BEHIND, not AT_RISK: `0.8` unless set."
_ANCESTORS = "Whose managers see a goal, of those above it: `ALL` unless it was set."
_EVERY = "After how many hours every tree is recalculated by itself: 24 unless it was set."
_LATE = (
    "For how many days after the end of its root's period a tree is recalculated by itself: 30 unless it was set. "
    "Later changes wait for recalculateGoal."
)
_HISTORY = "For how many months the history of goals is kept: 25 unless it was set."
describe_enum(
    AncestorManagers,
    "Who sees a goal that is not restricted because it manages one above.",
    {
        AncestorManagers.ALL: "The managers of all goals above.",
        AncestorManagers.PARENT: "The manager of the goal directly above.",
    },
)


@strawberry.type(name="Settings", description="What the organization decides for all its goals.")
class SettingsNode:
    """The organization's settings."""

    on_track_from: Decimal = public(_ON_TRACK)
    behind_from: Decimal = public(_BEHIND)
    ancestor_managers: AncestorManagers = public(_ANCESTORS)
    rollup_every_hours: int = public(_EVERY)
    late_after_days: int = public(_LATE)
    history_months: int = public(_HISTORY)
    time_zone: str = public(
        'The time zone in which days begin and end: `"Europe/Vienna"`. It has a mutation of its own.'
    )
    base_currency: str = public('Code of the currency of all totals: `"EUR"`. It has a mutation of its own.')
    version: str = public("For `expectedVersion` of updateSettings. It moves when updateSettings changes anything.")

    @classmethod
    def of(cls, context: Context, found: tuple[OrganizationSettings, OrganizationRow]) -> Self:
        """Make it from what is stored."""
        settings, row = found
        return cls(
            on_track_from=Decimal(format_units(settings.on_track_from, DataType.DECIMAL)),
            behind_from=Decimal(format_units(settings.behind_from, DataType.DECIMAL)),
            ancestor_managers=settings.ancestor_managers,
            rollup_every_hours=settings.rollup_every_hours,
            late_after_days=settings.late_after_days,
            history_months=settings.history_months,
            time_zone=row.time_zone,
            base_currency=row.base_currency,
            version=settings.version(context.version_key),
        )


@strawberry.input(description="Input of `updateSettings`: what is left out stays, null means the default.")
class UpdateSettingsInput(VersionedInput):
    """What to change of the settings."""

    on_track_from: strawberry.Maybe[Decimal | None] = strawberry.field(
        description=f"{_ON_TRACK} 0 to 10, four decimal places."
    )
    behind_from: strawberry.Maybe[Decimal | None] = strawberry.field(
        description=f"{_BEHIND} 0 or more, not above `onTrackFrom`, four decimal places."
    )
    ancestor_managers: strawberry.Maybe[AncestorManagers | None] = strawberry.field(description=_ANCESTORS)
    rollup_every_hours: strawberry.Maybe[int | None] = strawberry.field(description=f"{_EVERY} 1 to 744.")
    late_after_days: strawberry.Maybe[int | None] = strawberry.field(description=f"{_LATE} 0 to 3 660.")
    history_months: strawberry.Maybe[int | None] = strawberry.field(description=f"{_HISTORY} 1 to 120.")


@strawberry.type(description="Answer of `updateSettings`.")
class UpdateSettingsPayload(MutationPayload):
    """The settings as they are now."""

    settings: SettingsNode | None = public("The settings in force; null if the change was refused.")


async def _read(tx: Transaction) -> tuple[OrganizationSettings, OrganizationRow]:
    return await organization_settings(tx), await organization(tx)


@strawberry.type
class SettingsQuery:
    """Queries of the settings."""

    @public("What the organization decides for all its goals.")
    async def settings(self, info: Info) -> SettingsNode:
        """Give the settings."""
        return SettingsNode.of(info.context, await info.context.read(_read))


@strawberry.type
class SettingsMutation:
    """Mutations of the settings."""

    @public("Change what the organization decides for all its goals. For administrators.")
    async def update_settings(
        self,
        info: Info,
        told: Annotated[UpdateSettingsInput, strawberry.argument(name="input", description="What to change.")],
    ) -> UpdateSettingsPayload:
        """Change settings."""
        context = info.context

        async def work(tx: Transaction) -> None:
            await update_settings(
                tx, context.viewer, present(told, tuple(STORED)), context.expected(told.expected_version)
            )

        _, user_errors = await change(info, told, work)
        settings = None if user_errors else SettingsNode.of(context, await context.read(_read))
        return UpdateSettingsPayload(
            user_errors=user_errors, client_mutation_id=told.client_mutation_id, settings=settings
        )
