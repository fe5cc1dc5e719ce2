"""The rules of semantics §6 on creating, changing and deleting rollup queries."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from graph.change import ask_goals
from graph.errors import ErrorCode, Refusal
from graph.organization import ensure_organization
from graph.query_form import read_spec, written_spec
from graph.query_rights import check_may_ask, check_owners
from graph.query_spec import Subject, asks_structure, fields_read, moves_with_the_day, owners_named
from graph.query_types import query_types
from graph.rights import Kind, Operation, countable, require
from graph.rollup import lock_roots
from graph.rollup_query import (
    AskingGoals,
    CreateRollupQuery,
    DeleteRollupQuery,
    LockRollupQuery,
    QueryNameTaken,
    SetRollupQueryProperties,
)
from graph.text import checked_name, checked_text
from graph.version import ANY_VERSION, rollup_query_version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from graph.database import Transaction
    from graph.query_spec import QueryTypes, Spec
    from graph.rollup_query import AskingGoal, RollupQueryRow
    from graph.version import Expected
    from graph.visibility import Viewer

_CONDITIONS = ("conditions",)


@dataclass(frozen=True)
class RollupQueryDraft:
    """What a new rollup query is made from. `conditions`: the form that `query_form` reads."""

    name: str
    record_type: str
    conditions: Any
    description: str | None = None


async def create_rollup_query(tx: Transaction, viewer: Viewer, draft: RollupQueryDraft, now: datetime) -> str:
    """Create a rollup query; its id.

    Refuses FORBIDDEN, INVALID_VALUE, UNKNOWN_RECORD_TYPE, QUERY_NAME_TAKEN, and what `_checked` refuses.
    """
    await require(tx, viewer, Kind.ROLLUP_QUERY, Operation.CREATE, "create rollup queries")
    await ensure_organization(tx)  # its lock: whom the conditions name is not deleted meanwhile
    query_id = str(uuid4())
    properties = {
        **await _name(tx, query_id, draft.name),
        "description": checked_text(draft.description, ("description",)),
        **await _checked(tx, viewer, draft.record_type, draft.conditions),
        "createdAt": now,
        "updatedAt": now,
    }
    await tx.run(CreateRollupQuery(query_id, draft.record_type, properties))
    return query_id


async def update_rollup_query(  # noqa: PLR0917 - what, by whom, to what, when
    tx: Transaction,
    viewer: Viewer,
    query_id: str,
    changes: Mapping[str, Any],
    now: datetime,
    expected: Expected = ANY_VERSION,
) -> None:
    """Change `name`, `description`, `conditions`; `record_type` never. Open goals with other conditions become stale.

    Refuses FORBIDDEN, also for who may not count what an open goal with the query counts, hidden goals too; NOT_FOUND,
    CONFLICT, INVALID_VALUE, QUERY_NAME_TAKEN, QUERY_RECORD_TYPE_MISMATCH, and what `_checked` refuses.
    """
    await require(tx, viewer, Kind.ROLLUP_QUERY, Operation.WRITE, "change rollup queries")
    query, goals = await _lock(tx, query_id, trees="conditions" in changes)
    expected.check(rollup_query_version(expected.key, query))
    properties: dict[str, Any] = {"updatedAt": now}
    if changes.get("record_type", query.record_type) != query.record_type:
        message = "A query's record type never changes. Create another query."
        raise Refusal(ErrorCode.QUERY_RECORD_TYPE_MISMATCH, message, ("recordType",))
    if "name" in changes:
        properties |= await _name(tx, query_id, changes["name"])
    if "description" in changes:
        properties["description"] = checked_text(changes["description"], ("description",))
    if "conditions" in changes:
        properties |= await _checked(tx, viewer, query.record_type, changes["conditions"])
        if json.loads(properties["spec"]) != query.form:
            await _check_may_count(tx, viewer, goals)
            await ask_goals(tx, [goal.id for goal in goals if goal.is_open])
    await tx.run(SetRollupQueryProperties(query_id, properties))


async def delete_rollup_query(tx: Transaction, viewer: Viewer, query_id: str, expected: Expected = ANY_VERSION) -> None:
    """Delete a rollup query that no goal has. Refuses QUERY_IN_USE, NOT_FOUND, FORBIDDEN, CONFLICT."""
    await require(tx, viewer, Kind.ROLLUP_QUERY, Operation.DELETE, "delete rollup queries")
    query, _ = await _lock(tx, query_id, trees=False)
    expected.check(rollup_query_version(expected.key, query))
    if query.in_use:
        message = "Goals use this rollup query. Take it off them first."
        raise Refusal(ErrorCode.QUERY_IN_USE, message, ("id",))
    await tx.run(DeleteRollupQuery(query_id))


async def _lock(tx: Transaction, query_id: str, *, trees: bool) -> tuple[RollupQueryRow, list[AskingGoal]]:
    """The query under lock; `trees`: and its goals, the roots of their trees locked, so that no rollup is under way."""
    before = await _lock_trees(tx, query_id, set()) if trees else []
    await ensure_organization(tx)
    query = await tx.one(LockRollupQuery(query_id))
    if query is None:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such rollup query.", ("id",))
    # Under its lock no goal is given it; one that was given it before that is locked late. Should whoever changes that
    # goal's tree wait for us meanwhile, one of the two is tried again.
    return query, await _lock_trees(tx, query_id, {goal.id for goal in before}) if trees else []


async def _lock_trees(tx: Transaction, query_id: str, locked: set[str]) -> list[AskingGoal]:
    """The goals that the query filters, the roots of their trees locked."""
    goals = await tx.run(AskingGoals(query_id))
    if any(goal.id not in locked for goal in goals):
        await lock_roots(tx, [goal.id for goal in goals])
    return goals


async def _name(tx: Transaction, query_id: str, given: str) -> dict[str, str]:
    name = checked_name(given, ("name",))
    taken = await tx.one(QueryNameTaken(query_id, name.casefold()))
    if taken is not None and taken.count:
        message = "Another rollup query has this name. Choose another one."
        raise Refusal(ErrorCode.QUERY_NAME_TAKEN, message, ("name",))
    return {"name": name, "nameKey": name.casefold()}


async def _checked(tx: Transaction, viewer: Viewer, record_type: str, form: Any) -> dict[str, Any]:
    """The stored properties of conditions over records of a type.

    Refuses UNKNOWN_RECORD_TYPE, what `read_spec` refuses, FORBIDDEN for what the viewer may not read, OWNER_NOT_FOUND.
    """
    types = await query_types(tx, record_type)
    spec = read_spec(form, types, _CONDITIONS)
    await check_may_ask(tx, viewer, types, spec, _CONDITIONS)
    await check_owners(tx, spec, form, _CONDITIONS)
    return _stored(spec, types)


def _stored(spec: Spec, types: QueryTypes) -> dict[str, Any]:
    read = fields_read(spec)
    named = {(kind.key, key) for subject, key in read if (kind := types.of(subject)) is not None}
    return {
        "spec": json.dumps(written_spec(spec)),
        "fields": sorted(f"{kind}.{key}" for kind, key in named),
        "owners": sorted(owners_named(spec)),
        "movesWithTheDay": moves_with_the_day(spec),
        "readsAccounts": any(subject is Subject.ACCOUNT for subject, _ in read),
        "asksStructure": asks_structure(spec),
    }


async def _check_may_count(tx: Transaction, viewer: Viewer, goals: Sequence[AskingGoal]) -> None:
    """Refuses FORBIDDEN unless the viewer could define what these goals count. It says nothing of any of them."""
    wanted: dict[tuple[str, ...], set[tuple[str, bool] | None]] = defaultdict(set)
    for goal in goals:
        if goal.is_open and goal.counts:
            wanted[tuple(goal.types)].add(None if goal.all_records else (goal.owner, goal.with_members))
    for types, parts in wanted.items():
        owned = [part for part in parts if part is not None]
        if parts - await countable(tx, viewer, types, owned, all_records=None in parts):
            message = (
                "Goals use this query, and you may not count the records of all of them. Make a query of your own, or "
                "ask for a role that may."
            )
            raise Refusal(ErrorCode.FORBIDDEN, message, _CONDITIONS)
