"""Makes the Cypher of a tree's shape and of sums over children: pure. Own parts are `own_compiler`.

With `own_compiler`, `query_compiler` and what builds on them the only place that assembles statement text. Each case is
a snapshot under tests/cypher/snapshots that the same test executes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import LiteralString


class Category(StrEnum):
    """A rollup field's category. `stored` begins the names of its properties on a goal."""

    ACTUAL = "ACTUAL"
    IN_PROGRESS = "IN_PROGRESS"
    CUSTOM = "CUSTOM"

    @property
    def stored(self) -> str:
        """`actual`, `inProgress`, `custom`."""
        return _STORED[self]

    @property
    def column(self) -> str:
        """`actual`, `in_progress`, `custom`."""
        return _COLUMNS[self]


# Asked for each goal that is written.
_STORED = {Category.ACTUAL: "actual", Category.IN_PROGRESS: "inProgress", Category.CUSTOM: "custom"}
_COLUMNS = {category: category.lower() for category in Category}

#: Binds `g` to each goal of a tree, or to those named.
GOALS_OF_TREE = """\
MATCH (root:Goal {id: $root})
// Unbounded: a tree has any depth.
MATCH (root)((:Goal)<-[:CHILD_OF]-(:Goal)){0,}(g:Goal)
"""
GOALS_NAMED = """\
UNWIND $ids AS id
MATCH (g:Goal {id: id})
"""
_PARENTS_NAMED = """\
UNWIND $ids AS id
MATCH (p:Goal {id: id})
WHERE p.state = 'OPEN'
"""
_PARENTS_OF_TREE = """\
MATCH (root:Goal {id: $root})
// Unbounded: a tree has any depth.
MATCH (root)((:Goal)<-[:CHILD_OF]-(:Goal)){0,}(p:Goal)
WHERE p.state = 'OPEN'
  AND p.id >= $from
  AND p.id < $until
  AND EXISTS { (p)<-[:CHILD_OF]-(:Goal) }
"""

#: How the goals of a tree find records: a Holding's name, and their queries as [category, id].
Ways = list[tuple[str, list[tuple[str, str]]]]
#: Sums past 64 bits become floats in Cypher; halves of this size add up exactly in any practical number.
HALF = 2**32


@dataclass(frozen=True)
class Compiled:
    """A statement and its parameters, without those each run adds."""

    name: str
    text: LiteralString
    parameters: dict[str, Any]


def shape(categories: Sequence[Category], *, named: bool = False) -> Compiled:
    """What a run needs to know of a tree before it reads records, in one walk; or of the goals `named`.

    Adds parameter `root`, or `ids`. One row: `goals` (how many), `holdings` (the ways its goals find records, each
    with their queries as [category, id]), `without_own` (ids of goals that take everything from their children and
    whose own part is not stored as 0 yet), `late_changes` (ids of goals that changes came too late for).
    """
    differs = "\n      OR ".join(
        f"g.{category.stored}Own IS NULL OR g.{category.stored}Own <> 0 OR g.{category.stored}OwnCount <> 0"
        for category in categories
    )
    text = f"""\
{GOALS_NAMED if named else GOALS_OF_TREE}\
WITH g, g.state = 'OPEN' AND g.rollupOnlyFromChildren AS only_children,
  CASE WHEN g.state = 'OPEN' AND NOT g.rollupOnlyFromChildren AND g.recordSet = 'OWNED'
    THEN head([(g)-[:OWNED_BY]->(owner:Owner) | owner.kind]) END AS kind
WITH g, only_children, CASE
    WHEN kind = 'TEAM' AND g.includeTeamMembers THEN 'TEAM_WITH_MEMBERS'
    WHEN kind IS NULL AND g.state = 'OPEN' AND NOT only_children THEN 'ALL'
    ELSE kind END AS holding
RETURN count(*) AS goals,
  collect(DISTINCT CASE WHEN holding IS NOT NULL
    THEN [holding, [(g)-[by:FILTERED_BY]->(query:RollupQuery) | [by.category, query.id]]] END) AS holdings,
  collect(CASE WHEN only_children AND (g.rollupError IS NOT NULL
      OR {differs}) THEN g.id END) AS without_own,
  collect(CASE WHEN g.lateChanges THEN g.id END) AS late_changes"""
    return Compiled("rollup/shape", text, {})


def below(categories: Sequence[Category], *, exact: bool = False, whole_tree: bool = False) -> Compiled:
    """What the children of each of these goals add up to, where that differs from what is stored.

    Adds parameters `forced` (goals to return in any case) and `ids` (goals of one level) or, for the `whole_tree`,
    `root`, `from` and `until` as in `own`. One row: `rows`, a list of {id, incomplete, <category>: sum of children's
    totals, <category>_count, <category>_own: the stored own part}; sums as in `own`. A pinned child adds
    its pinned value; one that is cancelled, or not yet calculated, nothing. Source of the formula: semantics.md §9,
    computed(G, F).
    """
    columns = [category.column for category in categories]
    sums = ",\n    ".join(
        f"{summed(_total(category), exact=exact)}"
        f" AS {category.column},\n    sum(coalesce(c.{category.stored}OwnCount"
        f" + coalesce(c.{category.stored}BelowCount, 0), 0)) AS {category.column}_count"
        for category in categories
    )
    differs = "\n  OR ".join(
        f"coalesce(p.{category.stored}Below, 0) <> {category.column}"
        f" OR coalesce(p.{category.stored}BelowCount, 0) <> {category.column}_count"
        for category in categories
    )
    where = f"""\
WHERE p.id IN $forced
  OR p.rollupError IS NOT NULL
  OR coalesce(p.incomplete, false) <> incomplete
  OR {differs}
"""
    result = ", ".join(
        f"{category.column}: {category.column}, {category.column}_count: {category.column}_count,"
        f" {category.column}_own: p.{category.stored}Own"
        for category in categories
    )
    head = _PARENTS_OF_TREE if whole_tree else _PARENTS_NAMED
    text = f"""\
{head}CALL (p) {{
  MATCH (p)<-[:CHILD_OF]-(child:Goal)
  // Read in one go: each property alone would be looked for among all of them, and most are not there.
  WITH properties(child) AS c
  WHERE c.state <> 'CANCELLED'
  RETURN {sums},
    count(CASE WHEN c.rollupError IS NOT NULL OR c.incomplete THEN 1 END) > 0 AS incomplete
}}
WITH p, incomplete, {", ".join(f"{column}, {column}_count" for column in columns)}
{"" if exact else where}RETURN collect({{id: p.id, incomplete: incomplete, {result}}}) AS rows"""
    return Compiled("rollup/below", text, {})


def _total(category: Category) -> str:
    stored = f"c.{category.stored}"
    return f"coalesce({stored}Pinned, {stored}Own + coalesce({stored}Below, 0), 0)"


def summed(expression: str, *, exact: bool) -> str:
    """The sum of an expression's integers; `exact`: as [high, low], of any size."""
    if not exact:
        return f"sum({expression})"
    return f"[sum(({expression}) / {HALF}), sum(({expression}) % {HALF})]"
