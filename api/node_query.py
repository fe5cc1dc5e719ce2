"""Looking nodes up by id, whatever they are; each kind goes through its own statement, hence its own policy."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from api.connection import MAX_SIZE
from api.goal import with_metrics
from api.metric import Metric
from api.owners import owner_type
from api.record import record_type_node
from api.rollup_query import RollupQuery
from api.run import RollupRun
from graph.errors import LimitExceeded

if TYPE_CHECKING:
    from api.context import Context
    from api.node import Node


async def node_by_id(context: Context, node_id: str) -> Node | None:
    """The node with this id, or None for hidden and absent alike."""
    return (await nodes_by_ids(context, [node_id]))[0]


async def nodes_by_ids(context: Context, ids: list[str]) -> list[Node | None]:
    """The nodes with these ids, None where there is none to see. Every kind is asked for: timing tells nothing."""
    if len(ids) > MAX_SIZE:
        message = f"At most {MAX_SIZE} ids at once. Ask for the rest apart."
        raise LimitExceeded(message)
    goals, metrics, rollup_queries, owners, records, runs = await asyncio.gather(
        context.loaders.goals.load_many(ids),
        context.loaders.metrics.load_many(ids),
        context.loaders.rollup_queries.load_many(ids),
        context.loaders.owners.load_many(ids),
        context.loaders.records.load_many(ids),
        context.loaders.runs.load_many(ids),
    )
    found: dict[str, Node] = {}
    for goal in await with_metrics(context, [row for row in goals if row is not None]):
        found[goal.row.id] = goal
    found |= {row.id: Metric(row=row) for row in metrics if row is not None}
    found |= {row.id: RollupQuery(row=row) for row in rollup_queries if row is not None}
    found |= {row.id: owner_type(row) for row in owners if row is not None}
    found |= {row.id: record_type_node(row) for row in records if row is not None}
    now = context.clock.now()
    found |= {row.id: RollupRun(row=row, now=now) for row in runs if row is not None}
    return [found.get(id_) for id_ in ids]
