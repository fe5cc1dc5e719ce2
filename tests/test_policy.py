"""The policy in Cypher is the policy in plain Python, on random graphs, for each viewer, on each path."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from itertools import count
from random import Random
from typing import TYPE_CHECKING

import pytest

import cypher
from graph.goal import GoalPage, GoalsByIds, GoalsPage
from graph.goal_relatives import AncestorsOf, ChildrenOf, RestrictedChildrenOf
from graph.goal_statements import GoalsForChange
from graph.goal_tree import GoalTree
from graph.record import RecordsByIds, RecordsPage
from graph.rights import CoversOwners
from graph.role import RolesOf
from tests.policy import TYPES, Graph, Oracle, draw, plant

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from graph.database import Database, Transaction

#: Cases that a run of all tests makes; `make soak` sets a time instead.
CASES = 5_000
SEED = 20_260_215


@dataclass
class Case:
    """One viewer on one path: what the database said and what the oracle says."""

    path: str
    said: object
    expected: object


async def cases(tx: Transaction, graph: Graph, user: str) -> AsyncIterator[Case]:
    """Ask each path for everything."""
    oracle = Oracle(graph, user)
    goals, records = list(graph.goals), list(graph.records)
    seen = {key for key in goals if oracle.sees_goal(key)}
    random = Random(f"{graph.seed} {user}")  # noqa: S311 - so that a seed repeats all of it

    def parent(key: str) -> str | None:
        above = graph.goals[key].parent
        return above if above in seen else None

    found = await tx.run(GoalsByIds(user, [*goals, "absent"]))
    yield Case("goal", {goal.id for goal in found}, seen)
    yield Case("parent", {goal.id: goal.parent_id for goal in found}, {key: parent(key) for key in seen})
    page = goals_page(user)
    roots = {key for key in seen if parent(key) is None}
    manager = random.choice(graph.users)
    managed = {key for key in seen if graph.goals[key].manager == manager}
    for name, statement, wanted in (
        ("goals", page, seen),
        ("goals of a manager", replace(page, manager=manager), managed),
        ("roots", replace(page, roots_only=True, order_property="target", descending=True), roots),
        ("pages", replace(page, first=2), seen),
    ):
        one = await tx.one(statement) or GoalPage([], [], 0)
        ids = [goal.id for goal in one.goals]
        size = min(statement.first, len(wanted))
        yield Case(name, (len(ids), set(ids) <= wanted, one.total_count), (size, True, len(wanted)))
    for root in random.sample(goals, 3):
        trees = await tx.run(GoalTree(user, root, 1000, 64, links=False))
        nodes = trees[0].nodes if trees else []
        shown = {node.goal.id: (node.depth, node.goal.parent_id, node.child_count) for node in nodes}
        yield Case(f"tree of {root}", shown, tree(oracle, root, seen))
    said = {
        row.parent_id: {goal.id for goal in row.goals} for row in await tx.run(ChildrenOf(user, goals, 99, None, None))
    }
    yield Case("children", said, {key: set(oracle.below(key)) & seen for key in seen})
    hidden = {row.parent_id: row.count for row in await tx.run(RestrictedChildrenOf(user, goals))}
    yield Case("hidden children", hidden, {key: len(set(oracle.below(key)) - seen) for key in seen})
    chains = {row.goal_id: [goal.id for goal in row.goals] for row in await tx.run(AncestorsOf(user, goals))}
    yield Case("ancestors", chains, {key: visible_part(oracle.above(key), seen) for key in seen})
    changes = await tx.run(GoalsForChange(user, goals))
    yield Case("seen for change", {row.goal.id for row in changes if row.visible}, seen)
    writable = {key for key in goals if oracle.may("WRITE", key)}
    yield Case("writable", {row.goal.id for row in changes if row.writable}, writable)
    operations = ("WRITE", "DELETE", "ASSIGN", "SHARE", "RECALCULATE", "OVERRIDE")
    may = {key: {one.lower() for one in operations if oracle.may(one, key)} for key in goals}
    yield Case("operations", {row.goal.id: set(row.operations) for row in changes}, may)
    readable = {key for key in records if oracle.sees_record(key)}
    yield Case("record", {row.id for row in await tx.run(RecordsByIds(user, records))}, readable)
    for key in TYPES:
        (listed,) = await tx.run(RecordsPage(user, key, 200))
        wanted = {one for one in readable if graph.records[one].type == key}
        yield Case(f"records of {key}", ({row.id for row in listed.records}, listed.total_count), (wanted, len(wanted)))
    owner = random.choice([*graph.users, "team-0", "team-1", *graph.units])
    (covered,) = await tx.run(CoversOwners(user, [(owner, True)], [TYPES[0]]))
    yield Case(f"aggregate {owner}", covered.covered, oracle.may_aggregate(TYPES[0], owner, with_members=True))
    (own,) = await tx.run(RolesOf(user, [user]))
    yield Case("roles", {role.id for role in own.roles}, set(graph.held[user]))


def goals_page(user: str) -> GoalsPage:
    """All goals by title."""
    return GoalsPage(user, 200)


def visible_part(chain: list[str], seen: set[str]) -> list[str]:
    """The chain up to the first goal that is hidden."""
    stop = next((number for number, key in enumerate(chain) if key not in seen), len(chain))
    return chain[:stop]


def tree(oracle: Oracle, root: str, seen: set[str]) -> dict[str, tuple[int, str | None, int]]:
    """Depth, parent and number of visible children of each goal of a tree that stops at hidden ones."""
    found: dict[str, tuple[int, str | None, int]] = {}
    waiting = [(root, 0)] if root in seen else []
    while waiting:
        key, depth = waiting.pop()
        below = [child for child in oracle.below(key) if child in seen]
        parent = oracle.graph.goals[key].parent
        found[key] = (depth, parent if parent in seen else None, len(below))
        waiting += [(child, depth + 1) for child in below]
    return found


async def compare(database: Database, seed: int) -> int:
    """Plant the graph of a seed and ask as each of its users; how many cases that were."""
    graph = draw(seed)
    await plant(database, graph)
    compared = 0
    for user in graph.users:

        async def work(tx: Transaction, user: str = user) -> list[Case]:
            return [case async for case in cases(tx, graph, user)]

        for case in await database.read(work, deadline=60):
            assert case.said == case.expected, f"seed {seed}, {user}, {case.path}"
            compared += 1
    return compared


async def test_each_path_shows_each_viewer_what_the_policy_says(
    database: Database, record_property: Callable[[str, object], None]
) -> None:
    seconds = float(os.environ.get("GOALGRAPH_SOAK_SECONDS", "0"))
    first = int(os.environ.get("GOALGRAPH_SOAK_SEED", SEED if not seconds else time.time_ns() % 2**40))
    record_property("cases", f"policy and oracle: seeds from {first}")
    compared, began = 0, time.monotonic()
    for seed in count(first):
        compared += await compare(database, seed)
        if time.monotonic() - began > seconds and compared >= CASES:
            break
    record_property("cases", f"policy and oracle: {compared} cases, seeds to {seed}")


async def compare_several(database: Database) -> None:
    """Compare on a few graphs."""
    for seed in range(SEED, SEED + 5):
        await compare(database, seed)


#: Faults of the policy: a fragment, a part of it, and what stands in its place.
PLANTED = [
    ("visibility/goals", "WHERE NOT entity.restricted", "WHERE true"),
    ("visibility/covered_goal", "covered AND NOT entity.restricted", "covered"),
    ("visibility/record", "coalesce(viewer['may_read_record_' + entity.type], viewer.may_read_record)", "4"),
    ("visibility/writable_goal", "SHARED_WITH {writes: true}", "SHARED_WITH"),
]


@pytest.mark.parametrize(("fragment", "part", "instead"), PLANTED, ids=[path for path, _, _ in PLANTED])
async def test_a_fault_of_the_policy_is_found(
    database: Database, monkeypatch: pytest.MonkeyPatch, fragment: str, part: str, instead: str
) -> None:
    read = cypher._read

    def planted(name: str) -> str:
        text = read(name)
        assert name != fragment or part in text, text
        return text.replace(part, instead) if name == fragment else text

    monkeypatch.setattr(cypher, "_read", planted)
    cypher.load.cache_clear()
    try:
        with pytest.raises(AssertionError, match="seed"):
            await compare_several(database)
    finally:
        monkeypatch.undo()
        cypher.load.cache_clear()
