"""Mutations for users who leave and structure that is given up. Upserts: owners_mutation.py."""

from typing import Annotated

import strawberry

from api.context import Info
from api.fields import detail, public
from api.owners import User, owner_type
from api.payload import MutationInput, MutationPayload, change
from graph.database import Transaction
from graph.owners import OwnerKind
from graph.owners_removal import Deactivation, deactivate_user, delete_owners
from graph.record_upsert import DeleteReport

_INPUT = strawberry.argument(name="input", description="What is to go.")


@strawberry.input(description="A user to deactivate: named by id or by external id.")
class DeactivateUserInput(MutationInput):
    """Input of deactivateUser."""

    user_id: strawberry.ID | None = strawberry.field(default=None, description="The user's id.")
    external_id: str | None = strawberry.field(default=None, description="The user's external id, in place of the id.")
    successor_id: strawberry.ID = strawberry.field(
        description="Id of the active user who becomes the manager of all goals that the user manages, closed ones too."
    )


@strawberry.type(description="Answer of `deactivateUser`.")
class DeactivateUserPayload(MutationPayload):
    """Who was deactivated."""

    user: User | None = detail("The user, no longer active; null if it was refused.")
    goals_handed_over: int = public("How many goals the successor manages now that the user managed before.")


@strawberry.input(description="Teams, business units, territories or product lines to delete.")
class DeleteStructureInput(MutationInput):
    """Input of the deletions of structure."""

    external_ids: list[str] = strawberry.field(description="External ids, at most 1 000.")


@strawberry.type(description="Answer of the deletions of structure.")
class DeleteStructurePayload(MutationPayload):
    """What was deleted."""

    deleted: int = public("How many were deleted.")
    missing: int = public("How many of the external ids nothing of the kind has.")


_RULE = "None is deleted if goals, records, members or others use one of them: STRUCTURE_IN_USE. For administrators."


@strawberry.type
class OwnerRemovalMutation:
    """Mutations that take users and structure out of use."""

    @public(
        "Let a user log in no more. The user's records stay and count; the goals that the user manages, closed ones "
        "too, go to the successor. Goals that the user owns, teams, and those who report to the user stay as they are. "
        "For administrators."
    )
    async def deactivate_user(self, info: Info, told: Annotated[DeactivateUserInput, _INPUT]) -> DeactivateUserPayload:
        """Deactivate a user."""
        context = info.context

        async def work(tx: Transaction) -> Deactivation:
            return await deactivate_user(
                tx,
                context.viewer,
                user_id=told.user_id,
                external_id=told.external_id,
                successor_id=told.successor_id,
                now=context.clock.now(),
            )

        done, user_errors = await change(info, told, work)
        row = None if done is None else await context.loaders.owners.load(done.user_id)
        user = None if row is None else owner_type(row)
        return DeactivateUserPayload(
            user_errors=user_errors,
            client_mutation_id=told.client_mutation_id,
            user=user if isinstance(user, User) else None,
            goals_handed_over=0 if done is None else done.goals,
        )

    @public(f"Delete teams by external id. {_RULE}")
    async def delete_teams(self, info: Info, told: Annotated[DeleteStructureInput, _INPUT]) -> DeleteStructurePayload:
        """Delete teams."""
        return await _delete(info, OwnerKind.TEAM, told)

    @public(f"Delete business units by external id. {_RULE}")
    async def delete_business_units(
        self, info: Info, told: Annotated[DeleteStructureInput, _INPUT]
    ) -> DeleteStructurePayload:
        """Delete business units."""
        return await _delete(info, OwnerKind.BUSINESS_UNIT, told)

    @public(f"Delete territories by external id. {_RULE}")
    async def delete_territories(
        self, info: Info, told: Annotated[DeleteStructureInput, _INPUT]
    ) -> DeleteStructurePayload:
        """Delete territories."""
        return await _delete(info, OwnerKind.TERRITORY, told)

    @public(f"Delete product lines by external id. {_RULE}")
    async def delete_product_lines(
        self, info: Info, told: Annotated[DeleteStructureInput, _INPUT]
    ) -> DeleteStructurePayload:
        """Delete product lines."""
        return await _delete(info, OwnerKind.PRODUCT_LINE, told)


async def _delete(info: Info, kind: OwnerKind, told: DeleteStructureInput) -> DeleteStructurePayload:
    viewer = info.context.viewer

    async def work(tx: Transaction) -> DeleteReport:
        return await delete_owners(tx, viewer, kind, told.external_ids)

    done, user_errors = await change(info, told, work)
    return DeleteStructurePayload(
        user_errors=user_errors,
        client_mutation_id=told.client_mutation_id,
        deleted=0 if done is None else done.deleted,
        missing=0 if done is None else done.missing,
    )
