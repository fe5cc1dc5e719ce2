"""Makes the rollup's Cypher from a typed spec: pure, and the only place that assembles statement text.

Identifiers come from declared record types and the enums here; every value is a parameter. Each case is a snapshot
under tests/cypher/snapshots that the same test executes.
"""

from __future__ import annotations

import re
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
        return {"ACTUAL": "actual", "IN_PROGRESS": "inProgress", "CUSTOM": "custom"}[self.value]

    @property
    def column(self) -> str:
        """`actual`, `in_progress`, `custom`."""
        return self.value.lower()


class Holding(StrEnum):
    """How a goal finds its records: through its owner, by the owner's kind, or all of the type."""

    USER = "USER"
    TEAM = "TEAM"
    TEAM_WITH_MEMBERS = "TEAM_WITH_MEMBERS"
    BUSINESS_UNIT = "BUSINESS_UNIT"
    TERRITORY = "TERRITORY"
    PRODUCT_LINE = "PRODUCT_LINE"
    ALL = "ALL"


#: Leads from `owner` to what records are linked to. A record has one owner, one territory, one product line: none is
#: met twice. Unbounded paths: structure trees have any depth.
_PATHS = {
    Holding.USER: "(owner)",
    Holding.TEAM: "(owner)",
    Holding.TEAM_WITH_MEMBERS: "(owner)((:Team)<-[:MEMBER_OF]-(:User)){0,1}(:Owner)",
    Holding.BUSINESS_UNIT: "(owner)((:BusinessUnit)<-[:CHILD_OF]-(:BusinessUnit)){0,}"
    "(:BusinessUnit)<-[:IN_UNIT]-(:Owner)",
    Holding.TERRITORY: "(owner)((:Territory)<-[:CHILD_OF]-(:Territory)){0,}(:Territory)",
    Holding.PRODUCT_LINE: "(owner)((:ProductLine)<-[:CHILD_OF]-(:ProductLine)){0,}(:ProductLine)",
}
#: How records are linked to where these paths end.
_LINKS = {Holding.TERRITORY: "IN_TERRITORY", Holding.PRODUCT_LINE: "FOR_PRODUCT_LINE"}
_OWNER_LABELS = {
    Holding.USER: "User",
    Holding.TEAM: "Team",
    Holding.TEAM_WITH_MEMBERS: "Team",
    Holding.BUSINESS_UNIT: "BusinessUnit",
    Holding.TERRITORY: "Territory",
    Holding.PRODUCT_LINE: "ProductLine",
}
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")

_GOALS_NAMED = """\
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

#: Sums past 64 bits become floats in Cypher; halves of this size add up exactly in any practical number.
HALF = 2**32


@dataclass(frozen=True)
class CountedField:
    """A rollup field as the rollup reads it: names of stored properties, and the values that make a record count.

    `above`: labels of the record types above, nearest first; the first has state, status or date where they come from
    the parent record.
    """

    category: Category
    label: str
    amount: str | None
    state: str
    statuses: tuple[str, ...]
    date: str
    above: tuple[str, ...] = ()
    state_from_parent: bool = False
    date_from_parent: bool = False

    def __post_init__(self) -> None:
        for name in (self.label, self.date, *self.above, *([self.amount] if self.amount else [])):
            if not _IDENTIFIER.fullmatch(name):
                message = f"not a declared identifier: {name!r}"
                raise ValueError(message)

    @property
    def reads_parent(self) -> bool:
        """Whether it looks at the record that a record is part of."""
        return self.state_from_parent or self.date_from_parent

    @property
    def dated(self) -> str:
        """The alias of its date. Aliases have an underscore, which no declared field has."""
        return f"on_parent_{self.date}" if self.date_from_parent else f"on_{self.date}"


@dataclass(frozen=True)
class Compiled:
    """A statement and its parameters, without those each run adds."""

    name: str
    text: LiteralString
    parameters: dict[str, Any]


def own(holding: Holding, fields: Sequence[CountedField], *, exact: bool = False) -> Compiled:
    """The own parts of a tree's goals that differ from what is stored.

    `fields` read one record type. Adds parameters `root`, `from`, `until` (a half-open range of goal ids, so that
    several readers share a tree) and `only` (ids, or null for all). One row: `rows`, a list of {id, <category>:
    sum in units, <category>_count}; a sum past 64 bits is a float there, and with `exact` always a pair [high, low],
    sum = high x 2^32 + low. Source of the formula: semantics.md §9, own(G, F).
    """
    columns = [field.category.column for field in fields]
    matches = _records(holding, fields[0]) + _parent_match(fields) + _in_time(holding, fields)
    read = _read(fields)
    amounts = ",\n    ".join(
        f"CASE WHEN {_counts(field)} THEN {f'coalesce(r.{field.amount}, 0)' if field.amount else '1'} END"
        f" AS {field.category.column}"
        for field in fields
    )
    sums = ",\n    ".join(
        f"{_sum(column, exact=exact)} AS {column}, count({column}) AS {column}_count" for column in columns
    )
    given = ("owner, " if holding in _OWNER_LABELS else "") + "goal_start, goal_end"
    text = f"""\
MATCH (root:Goal {{id: $root}})
// Unbounded: a tree has any depth.
MATCH (root)((:Goal)<-[:CHILD_OF]-(:Goal)){{0,}}(g:Goal)
WHERE g.state = 'OPEN'
  AND NOT g.rollupOnlyFromChildren
  AND g.recordSet = '{"ALL" if holding is Holding.ALL else "OWNED"}'
  AND g.id >= $from
  AND g.id < $until
  AND ($only IS NULL OR g.id IN $only){_team_condition(holding)}
{_owner_match(holding)}WITH *, g.startDate AS goal_start, g.endDate AS goal_end
CALL ({given}) {{
{matches}  WITH r, goal_start, goal_end, {", ".join(read)}
  WITH {amounts}
  RETURN {sums}
}}
WITH g, {", ".join(f"{column}, {column}_count" for column in columns)}
{"" if exact else _where_own_changed(fields)}RETURN collect({{
  id: g.id, {", ".join(f"{column}: {column}, {column}_count: {column}_count" for column in columns)}
}}) AS rows"""
    parameters: dict[str, Any] = {}
    for field in fields:
        parameters[f"{field.category.column}_state"] = field.state
        if field.statuses:
            parameters[f"{field.category.column}_statuses"] = list(field.statuses)
    # Built from the constants above and checked identifiers only: that is what LiteralString says.
    return Compiled(f"rollup/own_{holding.lower()}", text, parameters)


def shape(categories: Sequence[Category]) -> Compiled:
    """What a run needs to know of a tree before it reads records, in one walk.

    Adds parameter `root`. One row: `goals` (how many), `holdings` (the ways its goals find records), `without_own` (ids
    of goals that take everything from their children and whose own part is not stored as 0 yet), `stale` (ids).
    """
    differs = "\n      OR ".join(
        f"g.{category.stored}Own IS NULL OR g.{category.stored}Own <> 0 OR g.{category.stored}OwnCount <> 0"
        for category in categories
    )
    text = f"""\
MATCH (root:Goal {{id: $root}})
// Unbounded: a tree has any depth.
MATCH (root)((:Goal)<-[:CHILD_OF]-(:Goal)){{0,}}(g:Goal)
WITH g, g.state = 'OPEN' AND g.rollupOnlyFromChildren AS only_children,
  CASE WHEN g.state = 'OPEN' AND NOT g.rollupOnlyFromChildren AND g.recordSet = 'OWNED'
    THEN head([(g)-[:OWNED_BY]->(owner:Owner) | owner.kind]) END AS kind
RETURN count(*) AS goals,
  collect(DISTINCT CASE
    WHEN kind = 'TEAM' AND g.includeTeamMembers THEN 'TEAM_WITH_MEMBERS'
    WHEN kind IS NULL AND g.state = 'OPEN' AND NOT only_children THEN 'ALL'
    ELSE kind END) AS holdings,
  collect(CASE WHEN only_children AND (g.rollupError IS NOT NULL
      OR {differs}) THEN g.id END) AS without_own,
  collect(CASE WHEN g.stale THEN g.id END) AS stale"""
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
        f"{_sum(_total(category), exact=exact)}"
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
    head = _PARENTS_OF_TREE if whole_tree else _GOALS_NAMED
    text = f"""\
{head}CALL (p) {{
  MATCH (p)<-[:CHILD_OF]-(c:Goal)
  WHERE c.state <> 'CANCELLED'
  RETURN {sums},
    count(CASE WHEN c.rollupError IS NOT NULL OR c.incomplete THEN 1 END) > 0 AS incomplete
}}
WITH p, incomplete, {", ".join(f"{column}, {column}_count" for column in columns)}
{"" if exact else where}RETURN collect({{id: p.id, incomplete: incomplete, {result}}}) AS rows"""
    return Compiled("rollup/below", text, {})


def _records(holding: Holding, field: CountedField) -> str:
    """Binds `r` to the records that a goal holds, each once.

    One without a link of its own has that of the nearest record above. Each depth is a path of its own, which the
    database walks several times as fast as one path of any length.
    """
    if holding is Holding.ALL:
        return f"  MATCH (r:{field.label})\n"
    link = _LINKS.get(holding, "OWNED_BY")
    if not field.above:
        return f"  MATCH {_PATHS[holding]}<-[:{link}]-(r:{field.label})\n"
    paths = []
    for depth in range(len(field.above) + 1):
        # From the record that has the link down to `r`, which has none, nor has any in between.
        lacking = [("r", field.label), *((f"part_{n}", label) for n, label in enumerate(field.above, 1))][:depth]
        holder = f"(:{field.above[depth - 1]})" if depth else f"(r:{field.label})"
        parts = "".join(f"<-[:PART_OF]-({name}:{label})" for name, label in reversed(lacking))
        where = " AND ".join(f"NOT EXISTS {{ ({name})-[:{link}]->() }}" for name, _ in lacking)
        path = f"    MATCH {_PATHS[holding]}<-[:{link}]-{holder}{parts}\n"
        paths.append(f"{path}{f'    WHERE {where}' if where else ''}\n    RETURN r".replace("\n\n", "\n"))
    return "  CALL (owner) {\n" + "\n    UNION ALL\n".join(paths) + "\n  }\n"


def _parent_match(fields: Sequence[CountedField]) -> str:
    """Binds `above`, the record that `r` is part of, where a field looks at it."""
    if not any(field.reads_parent for field in fields):
        return ""
    optional = "" if all(field.reads_parent for field in fields) else "OPTIONAL "
    return f"  {optional}MATCH (r)-[:PART_OF]->(above:{fields[0].above[0]})\n"


def _in_time(holding: Holding, fields: Sequence[CountedField]) -> str:
    """Drops at once, among all records of a type, those with no date in the goal's period: most of them.

    That makes three to four times the speed; an index by date, where somebody made one, doubles it again.
    """
    if holding is not Holding.ALL or len({field.reads_parent for field in fields}) > 1:
        return ""
    dates = sorted({f"{'above' if field.date_from_parent else 'r'}.{field.date}" for field in fields})
    return f"  WHERE {' OR '.join(f'goal_start <= {date} <= goal_end' for date in dates)}\n"


def _read(fields: Sequence[CountedField]) -> list[str]:
    """What is read of each record, before anything is decided."""
    read = []
    for variable, record, from_parent in (("r", "record", False), ("above", "parent", True)):
        of_state = [field for field in fields if field.state_from_parent is from_parent]
        read += [f"{variable}.state AS {record}_state"] if of_state else []
        read += [f"{variable}.status AS {record}_status"] if any(field.statuses for field in of_state) else []
        dates = {field.date: field.dated for field in fields if field.date_from_parent is from_parent}
        read += [f"{variable}.{date} AS {alias}" for date, alias in sorted(dates.items())]
    return read


def _counts(field: CountedField) -> str:
    column = field.category.column
    record = "parent" if field.state_from_parent else "record"
    statuses = f" AND {record}_status IN ${column}_statuses" if field.statuses else ""
    state = f"{record}_state = ${column}_state{statuses}"
    return f"{state} AND goal_start <= {field.dated} <= goal_end"


def _total(category: Category) -> str:
    stored = f"c.{category.stored}"
    return f"coalesce({stored}Pinned, {stored}Own + coalesce({stored}Below, 0), 0)"


def _sum(expression: str, *, exact: bool) -> str:
    if not exact:
        return f"sum({expression})"
    return f"[sum(({expression}) / {HALF}), sum(({expression}) % {HALF})]"


def _where_own_changed(fields: Sequence[CountedField]) -> str:
    differs = "\n  OR ".join(
        f"g.{field.category.stored}Own IS NULL OR g.{field.category.stored}Own <> {field.category.column}"
        f" OR g.{field.category.stored}OwnCount <> {field.category.column}_count"
        for field in fields
    )
    return f"WHERE g.rollupError IS NOT NULL\n  OR {differs}\n"


def _team_condition(holding: Holding) -> str:
    if holding is Holding.TEAM:
        return "\n  AND NOT g.includeTeamMembers"
    return "\n  AND g.includeTeamMembers" if holding is Holding.TEAM_WITH_MEMBERS else ""


def _owner_match(holding: Holding) -> str:
    label = _OWNER_LABELS.get(holding)
    return f"MATCH (g)-[:OWNED_BY]->(owner:{label})\n" if label else ""
