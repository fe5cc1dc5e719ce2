"""The schema: every query and mutation in one place, built once."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.audit import AuditQuery
from api.context import Info
from api.currency import CurrencyQuery
from api.currency_mutation import CurrencyMutation
from api.execution import build_schema
from api.fields import detail
from api.goal_bulk_mutation import GoalBulkMutation
from api.goal_mutation import GoalMutation
from api.goal_query import GoalQuery
from api.metric import MetricQuery
from api.metric_mutation import MetricMutation
from api.node import Node
from api.node_query import node_by_id, nodes_by_ids
from api.override_mutation import OverrideMutation
from api.owners import OwnerQuery, User, owner_type
from api.owners_mutation import OwnerMutation
from api.owners_removal import OwnerRemovalMutation
from api.period import PeriodMutation, PeriodQuery
from api.record import RecordQuery
from api.record_mutation import RecordMutation
from api.record_type_mutation import RecordTypeMutation
from api.rights_mutation import RightsMutation
from api.rights_query import RightsQuery
from api.rollup_query import RollupQueryQuery
from api.rollup_query_mutation import RollupQueryMutation
from api.rollup_query_trial import RollupQueryTrialQuery
from api.run import RunQuery
from api.settings import SettingsMutation, SettingsQuery
from api.subscription import Subscription
from api.time_zone_mutation import TimeZoneMutation


@strawberry.type(description="Everything that can be asked.")
class Query(
    GoalQuery,
    MetricQuery,
    RollupQueryQuery,
    RollupQueryTrialQuery,
    OwnerQuery,
    RecordQuery,
    PeriodQuery,
    CurrencyQuery,
    SettingsQuery,
    RightsQuery,
    AuditQuery,
    RunQuery,
):
    """The root of queries."""

    @detail("The user on whose behalf the request is answered.")
    async def viewer(self, info: Info) -> User | None:
        """The viewer."""
        row = await info.context.loaders.owners.load(info.context.viewer.id)
        owner = owner_type(row) if row is not None else None
        return owner if isinstance(owner, User) else None

    @detail("Whatever has this id; null if there is nothing, or nothing that the viewer may see.")
    async def node(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="An opaque id.")]
    ) -> Node | None:
        """One node."""
        return await node_by_id(info.context, str(id))

    @detail("Whatever has these ids, in the same order; null in each place where there is nothing to see.")
    async def nodes(
        self, info: Info, ids: Annotated[list[strawberry.ID], strawberry.argument(description="At most 200 ids.")]
    ) -> list[Node | None]:
        """Several nodes."""
        return await nodes_by_ids(info.context, [str(id_) for id_ in ids])


@strawberry.type(description="Everything that can be changed.")
class Mutation(
    GoalMutation,
    GoalBulkMutation,
    OverrideMutation,
    MetricMutation,
    RollupQueryMutation,
    OwnerMutation,
    OwnerRemovalMutation,
    RecordMutation,
    RecordTypeMutation,
    PeriodMutation,
    CurrencyMutation,
    TimeZoneMutation,
    SettingsMutation,
    RightsMutation,
):
    """The root of mutations."""


schema = build_schema(Query, Mutation, Subscription)
