"""The interface of everything that has an id. Looking one up by its id: the queries `node` and `nodes`."""

from typing import Any

import strawberry

from api.fields import detail


@strawberry.interface(description="Anything that can be looked up again by its id.")
class Node:
    """Relay's node. `row` is what `graph/` read; it has at least an `id`."""

    row: strawberry.Private[Any]

    @detail("Opaque id, unique among all nodes. It says nothing about the node; do not take it apart.")
    def id(self) -> strawberry.ID:
        """Give the row's id."""
        return strawberry.ID(self.row.id)
