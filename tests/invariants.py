"""What is true of all goals at every moment, whatever was done to them: semantics §7, §9, on the whole database.

Written from the document and not from the product's own integrity check, so that each can find the other wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import LiteralString

    from graph.database import Database, Transaction

CATEGORIES = {"ACTUAL": "actual", "IN_PROGRESS": "inProgress", "CUSTOM": "custom"}
PARTS = ("Own", "OwnCount", "Below", "BelowCount", "Pinned")
SAID = ("overrideReason", "overrideAuthor", "overriddenAt")
_ALL_GOALS: LiteralString = """
MATCH (g:Goal)
RETURN g.id AS id, properties(g) AS own,
  COLLECT { MATCH (g)-[:CHILD_OF]->(p) RETURN CASE WHEN p:Goal THEN p.id END } AS parents,
  COLLECT { MATCH (g)-[:MEASURED_BY]->(m:Metric) RETURN m { .id, .tracksStretchTarget,
    categories: COLLECT { MATCH (m)-[:HAS_FIELD]->(f:RollupField) RETURN f.category },
    reads: COLLECT { MATCH (m)-[:HAS_FIELD]->(f:RollupField)-[:READS]->(t) RETURN [f.category, [t.key]] }
  } } AS metrics,
  EXISTS { MATCH (c:RollupChange {goal: g.id}) WHERE c.folded IS NULL } AS waits,
  COUNT { (g)-[:MANAGED_BY]->(:User) } AS managers,
  COLLECT { MATCH (g)-[by:FILTERED_BY]->(q) RETURN [by.category, [(q)-[:QUERIES]->(t) | t.key]] } AS queries,
  COUNT { (g)-[:OWNED_BY]->(:Owner) } AS owners
"""


async def check_invariants(database: Database) -> None:
    """Read all goals and fail with every rule that one of them breaks, by title."""
    broken = [f"{goal['own']['title']}: {rule}" for goal, rule in await _broken(database)]
    assert not broken, "\n".join(broken)


async def _broken(database: Database) -> list[tuple[dict[str, Any], str]]:
    async def work(tx: Transaction) -> list[dict[str, Any]]:
        return [dict(row) for row in await tx.text(_ALL_GOALS, {}, name="tests/all_goals")]

    goals = {row["id"]: row for row in await database.read(work, deadline=60)}
    children: dict[str, list[dict[str, Any]]] = {id_: [] for id_ in goals}
    for goal in goals.values():
        for parent in goal["parents"]:
            if parent in children:
                children[parent].append(goal)
    found = []
    for goal in goals.values():
        found += [(goal, rule) for rule in _links(goal)]
        if len(goal["metrics"]) == 1 and len(goal["parents"]) <= 1:
            parts = [child["own"] for child in children[goal["id"]]]
            rules = (
                *(_definition(goal), _numbers(goal), _below_its_parent(goal, goals)),
                *(_sums(goal["own"], parts), _override(goal, goals)),
            )
            found += [(goal, rule) for broken in rules for rule in broken]
    return found


def _links(goal: dict[str, Any]) -> Iterator[str]:
    if len(goal["parents"]) > 1 or None in goal["parents"]:
        yield f"one parent at most, a goal: {goal['parents']}"
    for name, number in (("metric", len(goal["metrics"])), ("manager", goal["managers"]), ("owner", goal["owners"])):
        if number != 1:
            yield f"exactly one {name}: {number}"
    categories = [category for category, _ in goal["queries"]]
    if len(categories) != len(set(categories)):
        yield f"one query for a category at most: {categories}"
    for query in goal["queries"]:
        if not any(query in metric["reads"] for metric in goal["metrics"]):
            yield f"a query over what its metric does not read: {query}"


def _definition(goal: dict[str, Any]) -> Iterator[str]:
    own, metric = goal["own"], goal["metrics"][0]
    if own["state"] not in {"OPEN", "ACHIEVED", "CANCELLED"}:
        yield f"a state: {own['state']}"
    if (own["state"] != "OPEN") != ("frozenAt" in own):
        yield "closed goals are frozen, open ones are not"
    if own["startDate"] > own["endDate"]:
        yield "its period ends before it starts"
    target, stretch = own.get("target"), own.get("stretchTarget")
    if (target or 0) < 0 or (stretch or 0) < 0:
        yield "a negative target"
    if stretch is not None and (not metric["tracksStretchTarget"] or stretch < (target or 0)):
        yield f"a stretch target of {stretch} that may not be"


def _numbers(goal: dict[str, Any]) -> Iterator[str]:
    own, metric = goal["own"], goal["metrics"][0]
    closed = own["state"] != "OPEN"
    for category, stored in CATEGORIES.items():
        parts = {part: own.get(f"{stored}{part}") for part in PARTS}
        if any(value is not None and type(value) is not int for value in parts.values()):
            yield f"{stored} is not in integers: {parts}"
            continue
        if category not in metric["categories"] and any(value is not None for value in parts.values()):
            yield f"the metric has no {category}, the goal has: {parts}"
        if category in metric["categories"] and closed and parts["Own"] is None:
            yield f"closed without having been calculated: {category}"
        if category in metric["categories"] and not closed and parts["Own"] is None and not goal["waits"]:
            yield f"never calculated, and nothing says that it is to be: {category}"
        if own["rollupOnlyFromChildren"] and not goal["waits"] and not closed and parts["Own"] not in {None, 0}:
            yield f"takes all from its children, and has an own {stored}: {parts['Own']}"
        if abs((parts["Own"] or 0) + (parts["Below"] or 0)) >= 2**63:
            yield f"{stored} does not fit 64 bits"


def _below_its_parent(goal: dict[str, Any], goals: dict[str, dict[str, Any]]) -> Iterator[str]:
    if not goal["parents"]:
        return
    own, parent = goal["own"], goals[goal["parents"][0]]
    if [metric["id"] for metric in parent["metrics"]] != [goal["metrics"][0]["id"]]:
        yield "another metric than its parent's"
    if own["startDate"] < parent["own"]["startDate"] or own["endDate"] > parent["own"]["endDate"]:
        yield "a period outside its parent's"
    if {"foldedAt", "calculatedAt", "holdsUntil"} & own.keys():
        yield "knows of the tree's calculation what only the root knows"
    passed: set[str] = set()
    above: dict[str, Any] | None = parent
    while above is not None and above["id"] not in passed:
        passed.add(above["id"])
        if above["own"]["state"] == "ACHIEVED" and own["state"] == "OPEN":
            yield f"is open below {above['own']['title']}, which is achieved"
        above = goals[above["parents"][0]] if above["parents"] else None
    if above is not None:
        yield "is above itself"


def _sums(goal: dict[str, Any], children: list[dict[str, Any]]) -> Iterator[str]:
    """Check the invariant: computed = own + the sum of the children's totals, unless closed or in OVERFLOW or ERROR."""
    if goal["state"] != "OPEN" or goal.get("rollupError"):
        return
    counted = [child for child in children if child["state"] != "CANCELLED"]
    for stored in CATEGORIES.values():
        for suffix in ("", "Count"):
            below = goal.get(f"{stored}Below{suffix}") or 0
            total = sum(_total(child, stored, suffix) for child in counted)
            if below != total:
                yield f"{stored}Below{suffix} is {below}, its children have {total}"
    incomplete = any(child.get("rollupError") or child.get("incomplete") for child in counted)
    if bool(goal.get("incomplete")) != incomplete:
        yield f"incomplete should be {incomplete}"


def _total(goal: dict[str, Any], stored: str, suffix: str) -> int:
    """Give the total of a category, or how many records counted; a pin stands for the former and not for the latter."""
    if not suffix and f"{stored}Pinned" in goal:
        return int(goal[f"{stored}Pinned"])
    own = goal.get(f"{stored}Own{suffix}")
    # A child that no run has calculated has no total yet, whatever is below it: it counts as 0.
    return 0 if own is None else own + (goal.get(f"{stored}Below{suffix}") or 0)


def _override(goal: dict[str, Any], goals: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Check that an override pins something, says why, who and when, and that the root knows of its end."""
    own = goal["own"]
    pinned = any(f"{stored}Pinned" in own for stored in CATEGORIES.values())
    if {name in own for name in SAID} != {pinned}:
        yield "an override has a reason, an author and a time, and nothing else has them"
    if "overrideEnd" not in own:
        return
    if not pinned:
        yield "an end of no override"
    root = goal
    while root["parents"]:
        root = goals[root["parents"][0]]
    known = root["own"].get("holdsUntil")
    if own["state"] == "OPEN" and (known is None or known > own["overrideEnd"]):
        yield f"the root does not know when its override ends: {known}"
