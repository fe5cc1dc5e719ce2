"""Changing rights: roles, who has them, field profiles, shares, restrictions. Reading them: rights_query.py."""

from typing import Annotated

import strawberry
from strawberry import Maybe

from api.context import Info
from api.errors import UserError
from api.fields import public
from api.payload import MutationInput, MutationPayload, change
from graph import share
from graph.database import Transaction
from graph.field_profile import FieldGrant, upsert_field_profile
from graph.rights import Depth, Kind, Operation, Privilege
from graph.role import assign_role, upsert_role

_INPUT = strawberry.argument(name="input", description="The mutation's input.")


@strawberry.input(description="One right of a role.")
class PrivilegeInput:
    """A privilege."""

    kind: Kind = strawberry.field(description="What it is about.")
    record_type: str | None = strawberry.field(
        default=None, description="Key of the one record type it is about; all of them if left out."
    )
    operation: Operation = strawberry.field(description="What it allows.")
    depth: Depth = strawberry.field(
        description="How far it reaches. For what belongs to nobody it is NONE or ORGANIZATION."
    )


@strawberry.input(description="Input of `upsertRole`.")
class UpsertRoleInput(MutationInput):
    """A role to make or change."""

    id: strawberry.ID | None = strawberry.field(default=None, description="The role to change; a new one if left out.")
    name: str | None = strawberry.field(
        default=None, description="Name, unique without regard to case; needed for a new one."
    )
    description: str | None = strawberry.field(default=None, description="Description, up to 2 000 characters.")
    privileges: list[PrivilegeInput] = strawberry.field(description="All that it allows, in place of what it did.")


@strawberry.input(description="Input of `assignRole`.")
class AssignRoleInput(MutationInput):
    """A role to give or take."""

    role_id: strawberry.ID = strawberry.field(description="The role.")
    user_id: strawberry.ID = strawberry.field(description="The user.")
    granted: bool = strawberry.field(default=True, description="Whether the user is to have it; false takes it.")


@strawberry.input(description="A field to keep for some.")
class SecuredFieldInput:
    """A secured field."""

    field: str = strawberry.field(description="`goal.target`, `goal.actual`, or `record.TYPE.FIELD`.")
    can_read: bool = strawberry.field(default=False, description="Whether members of the profile may read it.")
    can_write: bool = strawberry.field(default=False, description="Whether members of the profile may write it.")


@strawberry.input(description="Input of `upsertFieldProfile`.")
class UpsertFieldProfileInput(MutationInput):
    """A field profile to make or change."""

    id: strawberry.ID | None = strawberry.field(
        default=None, description="The field profile to change; a new one if left out."
    )
    name: Maybe[str] = strawberry.field(description="Name, unique without regard to case; needed for a new one.")
    fields: Maybe[list[SecuredFieldInput]] = strawberry.field(
        description="All fields that it keeps, in place of those before."
    )
    member_ids: Maybe[list[strawberry.ID]] = strawberry.field(
        description="Ids of all users that are its members, in place of those before."
    )


@strawberry.input(description="Input of `shareNode`.")
class ShareNodeInput(MutationInput):
    """What to share with whom."""

    id: strawberry.ID = strawberry.field(description="The goal or record.")
    with_id: strawberry.ID = strawberry.field(description="The user or team to share it with.")
    can_write: bool = strawberry.field(default=False, description="Whether they may change it too; for goals alone.")


@strawberry.input(description="Input of `unshareNode`.")
class UnshareNodeInput(MutationInput):
    """What to share no longer."""

    id: strawberry.ID = strawberry.field(description="The goal or record.")
    with_id: strawberry.ID = strawberry.field(description="The user or team that it was shared with.")


@strawberry.input(description="Input of `setRestricted`: a goal or record by id, or a record type.")
class SetRestrictedInput(MutationInput):
    """What to restrict."""

    id: strawberry.ID | None = strawberry.field(
        default=None, description="A goal, with all below it where it becomes restricted; or a record."
    )
    record_type: str | None = strawberry.field(
        default=None, description="Key of a record type, all records of which are meant. For administrators."
    )
    restricted: bool = strawberry.field(
        description="Whether only manager, owner, those it is shared with and administrators may see it."
    )


@strawberry.type(description="Answer of mutations that change rights.")
class RightsPayload(MutationPayload):
    """What became of it."""

    id: strawberry.ID | None = public("Id of the role or field profile; null for other mutations, or if refused.")


@strawberry.type
class RightsMutation:
    """Mutations of rights."""

    @public("Make or change a role. What its holders may follows at once. For administrators.")
    async def upsert_role(self, info: Info, told: Annotated[UpsertRoleInput, _INPUT]) -> RightsPayload:
        """Upsert a role."""
        viewer = info.context.viewer

        async def work(tx: Transaction) -> str:
            privileges = [Privilege(one.kind, one.operation, one.depth, one.record_type) for one in told.privileges]
            return await upsert_role(tx, viewer, told.id, told.name, told.description, privileges)

        done, errors = await change(info, told, work)
        return _payload(told, errors, done)

    @public("Give a role to a user, or take it. For administrators.")
    async def assign_role(self, info: Info, told: Annotated[AssignRoleInput, _INPUT]) -> RightsPayload:
        """Assign a role."""
        viewer = info.context.viewer

        async def work(tx: Transaction) -> None:
            await assign_role(tx, viewer, told.role_id, told.user_id, granted=told.granted)

        _, errors = await change(info, told, work)
        return _payload(told, errors)

    @public("Make or change a field profile. What its members may follows at once. For administrators.")
    async def upsert_field_profile(self, info: Info, told: Annotated[UpsertFieldProfileInput, _INPUT]) -> RightsPayload:
        """Upsert a field profile."""
        viewer = info.context.viewer
        name = told.name.value if told.name else None
        fields = told.fields.value if told.fields else None
        members = told.member_ids.value if told.member_ids else None
        grants = None if fields is None else [FieldGrant(one.field, one.can_read, one.can_write) for one in fields]

        async def work(tx: Transaction) -> str:
            return await upsert_field_profile(tx, viewer, told.id, name, grants, members)

        done, errors = await change(info, told, work)
        return _payload(told, errors, done)

    @public("Let a user or team see a goal or record, also a restricted one.")
    async def share_node(self, info: Info, told: Annotated[ShareNodeInput, _INPUT]) -> RightsPayload:
        """Share a node."""
        viewer = info.context.viewer

        async def work(tx: Transaction) -> None:
            await share.share_node(tx, viewer, told.id, told.with_id, can_write=told.can_write)

        _, errors = await change(info, told, work)
        return _payload(told, errors)

    @public("Take back a share of a goal or record.")
    async def unshare_node(self, info: Info, told: Annotated[UnshareNodeInput, _INPUT]) -> RightsPayload:
        """Unshare a node."""
        viewer = info.context.viewer

        async def work(tx: Transaction) -> None:
            await share.unshare_node(tx, viewer, told.id, told.with_id)

        _, errors = await change(info, told, work)
        return _payload(told, errors)

    @public("Restrict a goal, a record or a whole record type to the few who have to do with it; or lift that.")
    async def set_restricted(self, info: Info, told: Annotated[SetRestrictedInput, _INPUT]) -> RightsPayload:
        """Restrict something."""
        viewer = info.context.viewer

        async def work(tx: Transaction) -> None:
            await share.set_restricted(tx, viewer, told.id, told.record_type, restricted=told.restricted)

        _, errors = await change(info, told, work)
        return _payload(told, errors)


def _payload(told: MutationInput, errors: list[UserError], id_: str | None = None) -> RightsPayload:
    return RightsPayload(
        id=None if id_ is None else strawberry.ID(id_), user_errors=errors, client_mutation_id=told.client_mutation_id
    )
