"""What the viewer may do with a goal and read of it, in GraphQL. The policy is in `cypher/visibility/`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import strawberry

from api.fields import detail

if TYPE_CHECKING:
    from collections.abc import Collection

    from graph.goal import GoalRow
    from graph.metric import MetricRow


@strawberry.type(description="What the viewer may do with a goal.")
class GoalAccess:
    """The viewer's rights on a goal."""

    can_edit: bool = detail("Whether the viewer may change, move and close the goal.")
    can_delete: bool = detail("Whether the viewer may delete the goal.")
    can_assign: bool = detail("Whether the viewer may give the goal another manager or owner.")
    can_share: bool = detail("Whether the viewer may share the goal with others.")
    can_recalculate: bool = detail("Whether the viewer may have the goal's tree recalculated.")
    can_override: bool = detail("Whether the viewer may pin the goal's totals.")

    @classmethod
    def of(cls, operations: Collection[str]) -> Self:
        """From operations, as policies name them."""
        return cls(
            can_edit="write" in operations,
            can_delete="delete" in operations,
            can_assign="assign" in operations,
            can_share="share" in operations,
            can_recalculate="recalculate" in operations,
            can_override="override" in operations,
        )


def withheld(row: GoalRow, metric: MetricRow) -> list[str]:
    """Name the fields of a goal that its viewer may not read; what is derived from them says so in progressReasons."""
    if not row.masked:
        return []
    names = ["description"] if row.hides("description") else []
    names += ["target", "stretchTarget"] if row.hides("target") else []
    names += ["rollupQueries"] if row.hides("queries") else []
    hidden = [category.stored for category in metric.categories if row.hides(category.stored)]
    for name in hidden:
        capital = name[0].upper() + name[1:]
        names += [name, f"own{capital}", f"computed{capital}"]
    return [*names, "recordCount"] if hidden else names
