"""Makes the Cypher that lets rollup queries decide on given records and goals: pure. Which those are: `difference`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.query_compiler import Around, found
from graph.rollup_compiler import Compiled

if TYPE_CHECKING:
    from graph.query_compiler import Predicate
    from graph.query_spec import QueryTypes


def decided(asked: Predicate, types: QueryTypes) -> Compiled:
    """Which of the pairs of a record and a goal the goal's query lets count.

    Adds parameters `pairs` (lists of position, record id, goal id, query id) and `asked`: a query's values by its id.
    One row: `kept`, the positions.
    """
    owner = Around.GOAL_OWNER in asked.around
    names = ["pair", "r", *(["goal_owner"] if owner else [])]
    around = found(asked.around, types)
    text = f"""\
UNWIND $pairs AS pair
MATCH (r:Record {{id: pair[1]}})
{"MATCH (:Goal {id: pair[2]})-[:OWNED_BY]->(goal_owner:Owner)" + chr(10) if owner else ""}\
WITH {", ".join(names)}, $asked[pair[3]] AS given
WITH {", ".join(names)}, {asked.asked("given", "asked")}
{"WITH *," + chr(10) + "  " + ("," + chr(10) + "  ").join(around) + chr(10) if around else ""}\
WITH *
WHERE {asked.text}
RETURN collect(pair[0]) AS kept"""
    return Compiled("change/decided", text, {})
