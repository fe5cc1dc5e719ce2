"""Makes the Cypher of own parts: which records a goal counts. Sums of children are `rollup_compiler`.

Identifiers come from declared record types and the enums here; every value is a parameter. Each case is a snapshot
under tests/cypher/snapshots that the same test executes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from graph.query_compiler import Around, found
from graph.rollup_compiler import GOALS_NAMED, GOALS_OF_TREE, Category, Compiled, summed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graph.query_compiler import Predicate
    from graph.query_spec import QueryTypes


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
#: The goals of one of several readers.
_RANGE = "\n  AND g.id >= $from\n  AND g.id < $until"
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")


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
class Asking:
    """The queries of goals that are read together: per category the one of its shape, or None for goals without.

    `suffix` ends the names of its parameters, where several stand in one statement.
    """

    predicates: Mapping[Category, Predicate | None]
    types: QueryTypes
    suffix: str = ""

    @property
    def around(self) -> set[Around]:
        """What their predicates need to know around a record."""
        return {one for predicate in self.asked.values() for one in predicate.around}

    @property
    def asked(self) -> dict[Category, Predicate]:
        """The predicates of the categories with a query."""
        return {category: predicate for category, predicate in self.predicates.items() if predicate is not None}

    def parameter(self, category: Category) -> str:
        """The parameter that holds the values of each query of a category, by its id."""
        return f"{category.column}_queries{self.suffix}"

    @property
    def looks_at_goal_owner(self) -> bool:
        """Whether a query compares records with the goal's owner."""
        return Around.GOAL_OWNER in self.around


def own(
    holding: Holding,
    fields: Sequence[CountedField],
    asking: Asking | None = None,
    *,
    exact: bool = False,
    named: bool = False,
) -> Compiled:
    """The own parts of a tree's goals, or of those `named`, that differ from what is stored.

    `fields` read one record type. `asking`: None in a tree without any query. Adds parameters `root`, `from`, `until`
    (a half-open range of goal ids, so that several readers share a tree), or `ids`; `late` (null, or the day before
    which goals must have ended to be left as they are, once calculated) and, for each category with a query,
    `<category>_queries`: a query's values by its id. One row: `rows`, a list of {id, <category>: sum in units,
    <category>_count}; a sum past 64 bits is a float there, and with `exact` always a pair [high, low],
    sum = high x 2^32 + low. Source of the formula: semantics.md §9, own(G, F).
    """
    columns = [field.category.column for field in fields]
    amounts = ",\n    ".join(
        f"CASE WHEN {_counts(field, asking)}"
        f" THEN {f'coalesce(r.{field.amount}, 0)' if field.amount else '1'} END AS {field.category.column}"
        for field in fields
    )
    sums = ",\n    ".join(
        f"{summed(column, exact=exact)} AS {column}, count({column}) AS {column}_count" for column in columns
    )
    calculated = " AND ".join(f"g.{field.category.stored}Own IS NOT NULL" for field in fields)
    text = f"""\
{GOALS_NAMED if named else GOALS_OF_TREE}\
WHERE g.state = 'OPEN'
  AND NOT g.rollupOnlyFromChildren
  AND g.recordSet = '{"ALL" if holding is Holding.ALL else "OWNED"}'\
{"" if named else _RANGE}
  AND NOT (coalesce(g.endDate < $late, false) AND {calculated}){team_condition(holding)}{unasked(asking)}
{of_goal(holding, asking)}CALL ({_imports(holding, asking)}) {{
{_candidates(holding, fields, asking)}  WITH {amounts}
  RETURN {sums}
}}
WITH g, {", ".join(f"{column}, {column}_count" for column in columns)}
{"" if exact else _where_own_changed(fields)}RETURN collect({{
  id: g.id, {", ".join(f"{column}: {column}, {column}_count: {column}_count" for column in columns)}
}}) AS rows"""
    # Built from the constants here and checked identifiers only: that is what LiteralString says.
    return Compiled(f"rollup/own_{holding.lower()}", text, states(fields))


def counted(holding: Holding, field: CountedField, asking: Asking | None) -> str:
    """What binds `r` to each record that the goal `g` counts in a field's category, once. Parameters as in `own`."""
    return f"""\
{of_goal(holding, asking)}CALL ({_imports(holding, asking)}) {{
{_candidates(holding, [field], asking)}  WITH *
  WHERE {_counts(field, asking)}
  RETURN r
}}
"""


def states(fields: Sequence[CountedField]) -> dict[str, Any]:
    """The parameters that say in which state and statuses records count."""
    parameters: dict[str, Any] = {}
    for field in fields:
        parameters[f"{field.category.column}_state"] = field.state
        if field.statuses:
            parameters[f"{field.category.column}_statuses"] = list(field.statuses)
    return parameters


def asked_name(category: Category) -> str:
    """The variable that holds the values of a goal's query for a category: what its predicate is compiled with."""
    return f"{category.column}_asked"


def of_goal(holding: Holding, asking: Asking | None) -> str:
    """Binds what of the goal `g` its records are compared with: owner, period, the values of its queries."""
    label = _OWNER_LABELS.get(holding)
    text = f"MATCH (g)-[:OWNED_BY]->(owner:{label})\n" if label else ""
    given = ["g.startDate AS goal_start", "g.endDate AS goal_end"]
    if asking is None:
        return f"{text}WITH *, {', '.join(given)}\n"
    if asking.looks_at_goal_owner:
        text += "MATCH (g)-[:OWNED_BY]->(goal_owner:Owner)\n"
    for category, predicate in asking.asked.items():
        query = f"{category.column}_query"
        text += (
            f"MATCH (g)-[:FILTERED_BY {{category: '{category}'}}]->({query}:RollupQuery)\n"
            f"WHERE ${asking.parameter(category)}[{query}.id] IS NOT NULL\n"
            f"WITH *, ${asking.parameter(category)}[{query}.id] AS {category.column}_values\n"
        )
        given.append(predicate.asked(f"{category.column}_values", asked_name(category)))
    return f"{text}WITH *, {', '.join(given)}\n"


def unasked(asking: Asking | None) -> str:
    """Leaves out the goals that have a query where these have none."""
    without = [] if asking is None else [one for one, predicate in asking.predicates.items() if predicate is None]
    return "".join(
        f"\n  AND NOT EXISTS {{ (g)-[:FILTERED_BY {{category: '{category}'}}]->(:RollupQuery) }}"
        for category in without
    )


def _of_goal_names(asking: Asking | None) -> list[str]:
    """What is carried to each record beside the goal's period, for its queries."""
    if asking is None:
        return []
    return [*map(asked_name, asking.asked), *(["goal_owner"] if asking.looks_at_goal_owner else [])]


def _imports(holding: Holding, asking: Asking | None) -> str:
    owner = ["owner"] if holding in _OWNER_LABELS else []
    return ", ".join([*owner, "goal_start", "goal_end", *_of_goal_names(asking)])


def _candidates(holding: Holding, fields: Sequence[CountedField], asking: Asking | None) -> str:
    """Binds `r` to the records a goal holds, and what is read of each to its aliases, before anything is decided.

    With queries, what is around a record is looked up for those alone that count but for their query.
    """
    names = ["r", "goal_start", "goal_end", *_of_goal_names(asking), *_read(fields)]
    text = (
        f"{_records(holding, fields[0])}{_parent_match(fields)}{_in_time(holding, fields)}  WITH {', '.join(names)}\n"
    )
    if asking is None or not asking.asked:
        return text
    text += f"  WHERE {' OR '.join(f'({_counts(field)})' for field in fields)}\n"
    around = found(asking.around, asking.types)
    return text + ("  WITH *,\n    " + ",\n    ".join(around) + "\n" if around else "")


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


def _counts(field: CountedField, asking: Asking | None = None) -> str:
    """Whether a record counts in a category, by its state, status and date and, where given, by the goal's query."""
    column = field.category.column
    record = "parent" if field.state_from_parent else "record"
    statuses = f" AND {record}_status IN ${column}_statuses" if field.statuses else ""
    state = f"{record}_state = ${column}_state{statuses}"
    predicate = None if asking is None else asking.asked.get(field.category)
    return f"{state} AND goal_start <= {field.dated} <= goal_end{f' AND {predicate.text}' if predicate else ''}"


def _where_own_changed(fields: Sequence[CountedField]) -> str:
    differs = "\n  OR ".join(
        f"g.{field.category.stored}Own IS NULL OR g.{field.category.stored}Own <> {field.category.column}"
        f" OR g.{field.category.stored}OwnCount <> {field.category.column}_count"
        for field in fields
    )
    return f"WHERE g.rollupError IS NOT NULL\n  OR {differs}\n"


def team_condition(holding: Holding) -> str:
    """Tells apart the goals of teams that count their members' records."""
    if holding is Holding.TEAM:
        return "\n  AND NOT g.includeTeamMembers"
    return "\n  AND g.includeTeamMembers" if holding is Holding.TEAM_WITH_MEMBERS else ""
