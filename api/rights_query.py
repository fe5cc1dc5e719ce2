"""Queries of roles and field profiles, and why a user sees something. Changing them: rights_mutation.py."""

from typing import Annotated, Self

import strawberry

from api.context import Info
from api.fields import detail
from api.node import Node
from api.owners import User, owner_type
from api.role import Role
from graph.audit import write_entry
from graph.database import Transaction
from graph.explanation import Explanation, explain_visibility
from graph.field_profile import FieldGrant, FieldProfileRow, FieldProfiles
from graph.role import Roles


@strawberry.type(description="A field that only some may read or write.")
class SecuredField:
    """A secured field in a profile."""

    field: str = detail("The field: `goal.target`, `goal.actual`, `record.opportunity.estimatedValue`.")
    can_read: bool = detail("Whether members of the profile may read it.")
    can_write: bool = detail("Whether members of the profile may write it.")

    @classmethod
    def of(cls, row: FieldGrant) -> Self:
        """From its row."""
        return cls(field=row.field, can_read=row.can_read, can_write=row.can_write)


@strawberry.type(description="Which fields are kept for its members. What any profile names is kept from all others.")
class FieldProfile(Node):
    """A field profile."""

    row: strawberry.Private[FieldProfileRow]

    @detail("Name, unique without regard to case, 1 to 100 characters.")
    def name(self) -> str:
        """The name."""
        return self.row.name

    @detail("The fields it keeps, and what its members may do with each.")
    def fields(self) -> list[SecuredField]:
        """The secured fields."""
        return [SecuredField.of(row) for row in self.row.grants]

    @detail("Its members, by name.")
    async def members(self, info: Info) -> list[User]:
        """The members."""
        rows = await info.context.loaders.owners.load_many(list(self.row.member_ids))
        found = (owner_type(row) for row in rows if row is not None)
        return [one for one in found if isinstance(one, User)]


@strawberry.type(description="Why a user sees a goal or record, or why not.")
class VisibilityExplanation:
    """An explanation."""

    visible: bool = detail("Whether the user sees it.")
    because: list[str] = detail("Each rule that decides it, in words.")
    restricted_fields: list[str] = detail("Secured fields that the user may not read of it.")

    @classmethod
    def of(cls, row: Explanation) -> Self:
        """From its row."""
        return cls(visible=row.visible, because=row.because, restricted_fields=row.restricted_fields)


@strawberry.type
class RightsQuery:
    """Queries of rights."""

    @detail("The roles that the viewer may see, by name: its own; all of them for who may read settings.")
    async def roles(self, info: Info) -> list[Role]:
        """Give the roles."""
        return [Role(row=row) for row in await info.context.fetch(Roles(info.context.viewer.id))]

    @detail("The field profiles that the viewer may see, by name: its own; all of them for who may read settings.")
    async def field_profiles(self, info: Info) -> list[FieldProfile]:
        """Give the field profiles."""
        return [FieldProfile(row=row) for row in await info.context.fetch(FieldProfiles(info.context.viewer.id))]

    @detail(
        "Why a user sees a goal or record, or why not. For administrators; null for others, and for what is absent."
    )
    async def explain_visibility(
        self,
        info: Info,
        user_id: Annotated[strawberry.ID, strawberry.argument(description="The user.")],
        node_id: Annotated[strawberry.ID, strawberry.argument(description="The goal or record.")],
    ) -> VisibilityExplanation | None:
        """Explain."""
        context = info.context

        async def work(tx: Transaction) -> Explanation | None:
            found = await explain_visibility(tx, context.viewer, str(user_id), str(node_id))
            if found is not None:
                await write_entry(
                    tx,
                    at=context.clock.now(),
                    who=context.viewer.id,
                    what=info.field_name,
                    result=None,
                    named=(str(user_id), str(node_id)),
                    request_id=context.request_id,
                )
            return found

        # Who asks what others see is on record: hence a write.
        found = await context.write(work)
        return None if found is None else VisibilityExplanation.of(found)
