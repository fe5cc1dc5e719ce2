"""The audit log in GraphQL, for administrators. What writes it: payload.py."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

import strawberry

from api.arguments import After, First
from api.connection import Connection, read_page
from api.context import Info
from api.fields import detail
from api.owners import User, owner_type
from graph.audit import AuditCount, AuditPage, AuditRow
from graph.database import Transaction
from graph.rights import Kind, Operation, require


@strawberry.type(description="One change: who did what to which, and when. It says what was changed, never to what.")
class AuditEntry:
    """An entry of the audit log."""

    by: strawberry.Private[str | None]

    id: strawberry.ID = detail("Opaque id of the entry.")
    at: datetime = detail("When it was done.")
    what: str = detail('The mutation: `"updateGoal"`. A command of the host has a name of its own.')
    which: list[str] = detail("Ids of what was changed, as far as there are any; for records the key of their type.")
    fields: list[str] = detail("Names of what the mutation's input gave, such as `title`; never their values.")
    request_id: str | None = detail("The request's id, as in the answer's `X-Request-Id` and in the program's log.")

    denied: bool = detail("Whether the user was refused it for want of a right: then nothing was changed.")

    @detail("The user on whose behalf it was done; null for a command of the host.")
    async def who(self, info: Info) -> User | None:
        """Give the user."""
        row = None if self.by is None else await info.context.loaders.owners.load(self.by)
        owner = None if row is None else owner_type(row)
        return owner if isinstance(owner, User) else None

    @classmethod
    def of(cls, row: AuditRow) -> Self:
        """Make it from its row."""
        return cls(
            by=row.who,
            id=strawberry.ID(row.id),
            at=row.at,
            what=row.what,
            which=row.which,
            fields=row.fields,
            request_id=row.request_id,
            denied=row.denied,
        )


@strawberry.input(description="Which entries; what is left out does not matter.")
class AuditFilter:
    """A filter of the audit log."""

    who: strawberry.ID | None = strawberry.field(default=None, description="Those of the user with this id.")
    what: str | None = strawberry.field(default=None, description='Those of this mutation: `"moveGoal"`.')
    which: str | None = strawberry.field(default=None, description="Those that changed what has this id.")
    from_: datetime | None = strawberry.field(default=None, name="from", description="Those of this moment or later.")
    to: datetime | None = strawberry.field(default=None, description="Those before this moment.")


@strawberry.type
class AuditQuery:
    """Queries of the audit log."""

    @detail("Who changed what and when, newest first. For administrators; others are refused: FORBIDDEN.")
    async def audit_log(
        self,
        info: Info,
        filter: Annotated[
            AuditFilter | None, strawberry.argument(description="Which entries; all if left out.")
        ] = None,
        first: First = None,
        after: After = None,
    ) -> Connection[AuditEntry]:
        """Give a page of the audit log."""
        context = info.context
        await context.read(lambda tx: require(tx, context.viewer, Kind.AUDIT, Operation.READ, "read the audit log"))
        told = filter or AuditFilter()
        wanted: dict[str, Any] = {
            "who": None if told.who is None else str(told.who),
            "what": told.what,
            "which": told.which,
            "since": told.from_,
            "until": told.to,
        }
        cursors = context.cursors({"field": "auditLog", **wanted})
        page = read_page(cursors, first=first, after=after, forward_only=True)
        at, id_ = (str(key) for key in page.after) if page.after else (None, None)
        after_at = None if at is None else datetime.fromisoformat(at)

        async def work(tx: Transaction) -> list[AuditRow]:
            statement = AuditPage(context.viewer.id, **wanted, first=page.limit, after_at=after_at, after_id=id_)
            return await tx.run(statement)

        async def count() -> int:
            (found,) = await context.fetch(AuditCount(context.viewer.id, **wanted))
            return found.count

        return Connection[AuditEntry].of(
            await context.read(work),
            page,
            cursors,
            keys=lambda row: [row.at.isoformat(), row.id],
            node=AuditEntry.of,
            total=count,
        )
