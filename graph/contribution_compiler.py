"""Makes the Cypher that looks at counted records singly, as a viewer may, or at how often each counts. Pure.

What a viewer is shown follows from what it may see: a record, and its account or parent where a condition looks at it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graph.own_compiler import Holding, counted, states, team_condition, unasked
from graph.query_compiler import Around, found
from graph.rollup_compiler import Compiled, summed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph.own_compiler import Asking, CountedField
    from graph.query_compiler import Predicate
    from graph.query_spec import QueryTypes
    from graph.rollup_compiler import Category

_VIEWER = "MATCH (viewer:User {id: $viewer, active: true})\n"
_GOAL = f"{_VIEWER}MATCH (g:Goal {{id: $goal}})\nWHERE visible.goal(g)\n"
#: A page of the records `seen`, by name and id, after those of the last one.
_PAGE = """\
CALL (viewer, seen) {
  UNWIND seen AS r
  WITH viewer, r
  WHERE $after_id IS NULL OR r.name > $after_name OR (r.name = $after_name AND r.id > $after_id)
  WITH viewer, r
  ORDER BY r.name, r.id
  LIMIT $first
  RETURN collect(columns.seen_record(r)) AS records
}
"""


def contributions(holding: Holding, field: CountedField, asking: Asking | None) -> Compiled:
    """The records that a goal's own part counts in a category: a page of those the viewer may see, and how many others.

    Adds parameters `viewer`, `goal`, `open` (false: a field that decides is kept from the viewer, so that no record is
    shown), `first`, `after_name`, `after_id`. One row: `records`, `total_count` of those shown, `restricted_count`.
    """
    around = asking.around if asking is not None else set()
    shown = ["$open", "visible.record(r)"]
    looked_at = []
    if Around.ACCOUNT in around and asking is not None:
        # Whether a record without an account, or with a hidden one, counts would tell the two apart.
        looked_at += found([Around.ACCOUNT], asking.types)
        shown.append("(viewer.administrator OR of_account IS NOT NULL AND visible.record(of_account))")
    if Around.PARENT in around or field.reads_parent:
        looked_at.append(f"head([(r)-[:PART_OF]->(part:{field.above[0]}) | part]) AS of_parent")
        shown.append("(viewer.administrator OR of_parent IS NOT NULL AND visible.record(of_parent))")
    text = f"""\
{_GOAL}{counted(holding, field, asking)}{_with(["viewer", "r"], looked_at)}\
// Without a unit, of the viewer or of the owner, seeing is unknown: not shown, and counted with what is not.
WITH viewer, r, coalesce({" AND ".join(shown)}, false) AS shown
WITH viewer, collect(CASE WHEN shown THEN r END) AS seen, count(CASE WHEN NOT shown THEN 1 END) AS restricted_count
{_PAGE}RETURN records, size(seen) AS total_count, restricted_count"""
    return Compiled("contribution/page", text, states([field]))


def tested(field: CountedField, holding: Holding | None, asked: Predicate, types: QueryTypes) -> Compiled:
    """The records that the viewer may see and that a query finds, as the viewer sees them: how many, sum, a page.

    `holding`: how the goal finds its records, of which the query chooses; None: it chooses of all of the type. Adds
    parameters `viewer`, `goal` with a holding, `asked` (the query's values), `first`, `after_name`, `after_id`. One
    row: `records`, `total_count`, and `high` and `low`: the sum of amounts is high x 2^32 + low.
    """
    carried = ["viewer", "r"]
    if holding is None:
        head = f"{_VIEWER}MATCH (r:{field.label})\n"
    else:
        head = _GOAL + counted(holding, field, None) + "MATCH (g)-[:OWNED_BY]->(goal_owner:Owner)\n"
        carried.append("goal_owner")
    where = ["visible.record(r)"]
    looked_at: list[str] = []
    if holding is not None and field.reads_parent:
        looked_at.append(f"head([(r)-[:PART_OF]->(part:{field.above[0]}) | part]) AS stated_by")
        where.append("stated_by IS NOT NULL AND visible.record(stated_by)")
    amount = f"coalesce(r.{field.amount}, 0)" if field.amount else "0"
    text = f"""\
{head}{_with(carried, looked_at)}WHERE {" AND ".join(where)}
{_as_seen(carried, asked, types)}WHERE {asked.text}
WITH viewer, collect(r) AS seen, {summed(amount, exact=True)} AS pair
{_PAGE}RETURN records, size(seen) AS total_count, pair[0] AS high, pair[1] AS low"""
    return Compiled("rollup_query/test", text, states([field]) if holding is not None else {})


def overlap(
    category: Category, amount: str | None, jobs: Sequence[tuple[Holding, CountedField, Asking | None]]
) -> Compiled:
    """How many records count more than once in a goal's total, and what they add too much.

    Looks at the goal and all below it that count in it: not below what is cancelled, nor at what a pinned value stands
    for. Adds parameters `viewer`, `goal`, and for each job those of `counted`. One row: `records`, and `high` and
    `low`: the sum of amount x (times - 1) is high x 2^32 + low. Source: semantics.md §9, overlap.
    """
    branches = "\n  UNION ALL\n".join(_indented(_counted_below(category, *job)) for job in jobs)
    over = f"(coalesce(r.{amount}, 0) * (times - 1))" if amount else "(times - 1)"
    text = f"""\
{_VIEWER}MATCH (top:Goal {{id: $goal}})
WHERE visible.goal(top)
CALL (top) {{
{branches}
}}
WITH r, count(*) AS times
WHERE times > 1
WITH count(r) AS records, {summed(over, exact=True)} AS pair
RETURN records, pair[0] AS high, pair[1] AS low"""
    parameters: dict[str, Any] = {}
    for _, field, _ in jobs:
        parameters |= states([field])
    return Compiled("goal/overlap", text, parameters)


def _counted_below(category: Category, holding: Holding, field: CountedField, asking: Asking | None) -> str:
    record_set = "ALL" if holding is Holding.ALL else "OWNED"
    pinned = f"{category.stored}Pinned"
    return f"""\
// Unbounded: a tree has any depth.
MATCH (top)((above:Goal)<-[:CHILD_OF]-(step:Goal WHERE step.state <> 'CANCELLED')){{0,}}(g:Goal)
WHERE NOT g.rollupOnlyFromChildren
  AND g.recordSet = '{record_set}'{team_condition(holding)}
  AND all(one IN above + [g] WHERE one = top OR one.{pinned} IS NULL){unasked(asking)}
{counted(holding, field, asking)}RETURN r"""


def _as_seen(carried: Sequence[str], asked: Predicate, types: QueryTypes) -> str:
    """Binds what is around a record; an account or parent that the viewer may not see is as if there were none."""
    names = [*carried, "asked"]
    around = [one for one in sorted(asked.around) if one is not Around.GOAL_OWNER]
    seen = [
        f"CASE WHEN visible.record({one.value}) THEN {one.value} END AS {one.value}"
        if one in {Around.ACCOUNT, Around.PARENT}
        else one.value
        for one in around
    ]
    return (
        _with(carried, ["$asked AS given"])
        + _with(carried, [asked.asked("given", "asked")])
        + _with(names, found(around, types))
        + _with(names, seen)
    )


def _with(names: Sequence[str], lines: Sequence[str]) -> str:
    return f"WITH {', '.join([*names, *lines])}\n"


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" if line else line for line in text.splitlines())
