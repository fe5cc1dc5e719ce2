"""A goal's override in GraphQL. Giving and ending one: `override_mutation`."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from api.context import Info
from api.fields import aggregate, detail
from api.owners import User, owner_type
from api.scalars import Decimal


@strawberry.type(description="Values that stand in the place of computed ones, and why.")
class GoalOverride:
    """An override."""

    author_id: strawberry.Private[str]
    reason: str = detail("Why, 1 to 2 000 characters.")
    overridden_at: datetime = detail("When it was given, or last changed.")
    end_date: date | None = detail(
        "The last day on which it counts, in the organization's time zone: the first recalculation after it ends it. "
        "Null: until it is cleared."
    )
    actual: Decimal | None = aggregate("The pinned actual, in units of the metric; null: not pinned.")
    in_progress: Decimal | None = aggregate("The pinned in-progress, in units of the metric; null: not pinned.")
    custom: Decimal | None = aggregate("The pinned custom, in units of the metric; null: not pinned.")

    @detail("Who gave it, or last changed it.")
    async def author(self, info: Info) -> User | None:
        """The author."""
        row = await info.context.loaders.owners.load(self.author_id)
        owner = owner_type(row) if row is not None else None
        return owner if isinstance(owner, User) else None
