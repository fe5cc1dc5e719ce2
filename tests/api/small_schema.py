"""A small schema, with fields that show what the frame does, whatever is built on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import strawberry
from graphql import GraphQLError

from api.connection import Connection, read_page
from api.context import Info  # noqa: TC001 - Strawberry reads the annotations
from api.execution import build_schema
from api.fields import detail, public
from api.scalars import JSON, Decimal  # noqa: TC001
from graph.errors import ErrorCode, Refusal

if TYPE_CHECKING:
    from graph.database import Transaction


@strawberry.type
class Number:
    """A node of the small schema's list."""

    value: int = detail("The number.")


@strawberry.type
class Query:
    """Fields that show what the frame does, whatever is built on it."""

    @public("The viewer's name.")
    async def me(self, info: Info) -> str:
        return info.context.viewer.name

    @public("Raises an exception whose text is secret.")
    async def broken(self) -> str:
        message = "secret text"
        raise RuntimeError(message)

    @public("Raises an error of GraphQL's own, which a resolver should not.")
    async def crooked(self) -> str:
        message = "secret text"
        raise GraphQLError(message)

    @public("Raises a refusal.")
    async def refused(self) -> str | None:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such thing. Look elsewhere.")

    @public("Reads from the database in a way it refuses.")
    async def faulty(self, info: Info) -> int:
        async def work(tx: Transaction) -> int:
            return len(await tx.text("RETURN 1 / $secret AS n", {"secret": 0}, name="faulty"))

        return await info.context.read(work)

    @public("Gives an amount back.")
    async def echo(self, amount: Decimal) -> Decimal:
        return amount

    @public("Gives JSON back.")
    async def echo_json(self, value: JSON) -> JSON:
        return value

    @public("The numbers below ten, in either direction.")
    async def numbers(  # noqa: PLR0917 - arguments of GraphQL
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        odd: bool = False,  # noqa: FBT001, FBT002 - an argument of GraphQL
    ) -> Connection[Number]:
        cursors = info.context.cursors({"field": "numbers", "odd": odd})
        page = read_page(cursors, first=first, after=after, last=last, before=before)
        every = [n for n in range(10) if n % 2 or not odd]
        low = -1 if page.after is None else int(page.after[0] or 0)
        high = 10 if page.before is None else int(page.before[0] or 0)
        rows = sorted((n for n in every if low < n < high), reverse=page.backward)[: page.limit]

        async def count() -> int:
            return len(every)

        return Connection[Number].of(
            rows, page, cursors, keys=lambda n: [n], node=lambda n: Number(value=n), total=count
        )


@strawberry.type
class Mutation:
    """One mutation."""

    @public("Does nothing.")
    async def nothing(self) -> bool:
        return True


SMALL = build_schema(Query, Mutation)
