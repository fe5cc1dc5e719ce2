"""Lists in pages: Relay connections with keyset cursors. What seals a cursor: cursor.py."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar

import strawberry

from api.fields import detail, public
from graph.errors import ErrorCode, LimitExceeded, Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.cursor import Cursors, Key

Node = TypeVar("Node")
Row = TypeVar("Row")

#: Nodes of a page when the client names no number, and at most.
DEFAULT_SIZE: Final = 50
MAX_SIZE: Final = 200


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    """Relay's page info."""

    has_next_page: bool = public("Whether nodes follow this page.")
    has_previous_page: bool = public("Whether nodes come before this page.")
    start_cursor: str | None = public("Cursor of the first node; null for an empty page.")
    end_cursor: str | None = public("Cursor of the last node; null for an empty page.")


@strawberry.type(description="A node with its place in the list.")
class Edge(Generic[Node]):
    """Relay's edge."""

    cursor: str = public("The node's place in this list, opaque; for `after` and `before` with the same arguments.")
    node: Node = public("The node itself.")


@dataclass(frozen=True)
class Page:
    """What a client asked for: at most `size` rows beyond these sort keys, from the end of the list if `backward`.

    A statement fetches `limit` rows, one more than the page has: that one tells whether more follow. Going backward it
    fetches them in the opposite order; `Connection.of` turns them round.
    """

    size: int
    after: list[Key] | None
    before: list[Key] | None
    backward: bool

    @property
    def limit(self) -> int:
        """How many rows to fetch."""
        return self.size + 1


def read_page(
    cursors: Cursors,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
    forward_only: bool = False,
    max_size: int = MAX_SIZE,
) -> Page:
    """Read the arguments of a connection.

    Raises LimitExceeded for more than `max_size` nodes, BadCursor, and Refusal (INVALID_VALUE) for a negative number,
    for `first` with `last`, and for `last` or `before` where the list is `forward_only`.
    """
    if first is not None and last is not None:
        raise Refusal(ErrorCode.INVALID_VALUE, "A page has `first` or `last`, not both. Drop one.", ("last",))
    if forward_only and (last is not None or before is not None):
        message = "This list is read forwards. Use `first` and `after`, and turn its order round to begin at its end."
        raise Refusal(ErrorCode.INVALID_VALUE, message, ("last" if last is not None else "before",))
    backward = last is not None
    size = next((number for number in (first, last) if number is not None), DEFAULT_SIZE)
    if size < 0:
        message = "A page cannot have a negative number of nodes. Ask for 0 or more."
        raise Refusal(ErrorCode.INVALID_VALUE, message, ("last" if backward else "first",))
    if size > max_size:
        message = f"A page has at most {max_size} nodes. Ask for fewer, and for the next page with `after`."
        raise LimitExceeded(message)
    return Page(
        size,
        after=None if after is None else cursors.open(after),
        before=None if before is None else cursors.open(before),
        backward=backward,
    )


@strawberry.type(description="One page of a list of what the viewer may see.")
class Connection(Generic[Node]):
    """Relay's connection."""

    edges: list[Edge[Node]] = public("The page's nodes, each with its cursor.")
    nodes: list[Node] = public("The page's nodes without their cursors.")
    page_info: PageInfo = public("Where the page lies in the list.")
    counted: strawberry.Private[int | Callable[[], Awaitable[int]]]

    @detail("How many nodes the whole list has, counting only those the viewer may see.")
    async def total_count(self) -> int:
        """Count when asked for, unless the page's statement already did."""
        return self.counted if isinstance(self.counted, int) else await self.counted()

    @classmethod
    def of(
        cls,
        rows: Sequence[Row],
        page: Page,
        cursors: Cursors,
        *,
        keys: Callable[[Row], Sequence[Key]],
        node: Callable[[Row], Any],
        total: int | Callable[[], Awaitable[int]],
    ) -> Self:
        """Give the page out of the (at most `page.limit`) rows that were fetched for it.

        `keys` gives a row's sort keys, the last of them unique; `node` its GraphQL type; `total` the number of all rows
        or what counts them.
        """
        kept = list(rows[: page.size])
        more = len(rows) > page.size
        if page.backward:
            kept.reverse()
        edges: list[Edge[Any]] = [Edge(cursor=cursors.seal(keys(row)), node=node(row)) for row in kept]
        return cls(
            edges=edges,
            nodes=[edge.node for edge in edges],
            page_info=PageInfo(
                # The row of a cursor lies beyond the page, on the side that the cursor is on.
                has_next_page=page.before is not None if page.backward else more,
                has_previous_page=more if page.backward else page.after is not None,
                start_cursor=edges[0].cursor if edges else None,
                end_cursor=edges[-1].cursor if edges else None,
            ),
            counted=total,
        )
