"""Leaks to plant, each in one channel of visibility.md §4: how, and which documents show it to whom.

For what is new, add a Leak: a part of a statement or of Python to weaken, and how the names of a few documents begin
that show it. Most of its time is the database's, planning the weakened statement: weaken a short one. A channel that
comes to be moves from NOT_YET to CHANNELS; a test asks for a leak in each.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import api.audit
import api.import_route
import cypher
from api.execution import IntrospectionGate
from api.schema import schema
from graph import goal_change, goal_rules, record_upsert, version
from graph.database import Transaction
from graph.errors import Refusal
from graph.goal import GoalRow
from graph.history import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

    from graph.goal_statements import GoalForChange


#: Channels of visibility.md §4 that are here, some of them in parts.
CHANNELS = {
    *("fields, node(id)", "filter, search", "order, cursors", "counts, hasNextPage", "errors"),
    *("uniqueness, use conflicts", "timing", "updatedAt, version", "mutation payloads", "reparenting", "imports"),
    *("masked fields", "parents of records", "explain", "audit", "schema", "logs", "history", "subscriptions"),
    *("query authoring, test, explain", "contributions, overlap"),
}
#: Channels of visibility.md §4 that are not, and why.
NOT_YET = {
    "differencing": "totals are exact; guarded metrics do not exist",
    "ETag, bookmarks": "no answer has any",
    "exports, report, page": "there are none",
    "traces": "none are sent",
}


@dataclass(frozen=True)
class Leak:
    """A leak: its name, its channel, how it is planted, how documents' names begin that show it, and who asks.

    In what documents' names begin with, SECRET, NEAR, BELOW and MINE stand for goals' ids: test_planted_leaks.py.
    """

    name: str
    channel: str
    plant: Callable[[pytest.MonkeyPatch], None]
    documents: str
    viewer: str


def text(*parts: tuple[str, str, str]) -> Callable[[pytest.MonkeyPatch], None]:
    """Give what replaces a part of statements and fragments (path, part, instead); all of one if the part is empty."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        read = cypher._read

        def planted(name: str) -> str:
            found = read(name)
            for path, part, instead in parts:
                if name == path:
                    assert part in found, found
                    found = found.replace(part, instead) if part else instead
            return found

        patch.setattr(cypher, "_read", planted)

    return plant


def _dates(patch: pytest.MonkeyPatch) -> None:
    def outside(parent: GoalForChange) -> str:
        return f"The period lies outside {parent.goal.start_date} to {parent.goal.end_date}."

    patch.setattr(goal_rules, "outside", outside)


def _no_masks(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(GoalRow, "hides", lambda *_: False)


def _days_of_secrets(patch: pytest.MonkeyPatch) -> None:
    """Each day on which anything changed is told, though not what."""
    patch.setattr(Snapshot, "values", property(lambda _: object()))


def _one_more_statement(patch: pytest.MonkeyPatch) -> None:
    """Something more is asked for what exists and is hidden."""
    asked = goal_change.goal_for_change

    async def slow(tx: Transaction, viewer: Any, goal_id: str, *more: Any) -> Any:
        try:
            return await asked(tx, viewer, goal_id, *more)
        except Refusal:
            if await tx.text("MATCH (g:Goal {id: $id}) RETURN 1", {"id": goal_id}, name="tests/exists"):
                await tx.text("RETURN 1", {}, name="tests/one_more")
            raise

    patch.setattr("api.recalculation.goal_for_change", slow)


def _child_in_version(patch: pytest.MonkeyPatch) -> None:
    """A version that moves when the goals below do. Their owner's count stands for them."""
    patch.setattr(version, "EDITABLE", (*version.EDITABLE, "updated_ms"))
    _touched(patch)


def _suggestions(patch: pytest.MonkeyPatch) -> None:
    """Names of the schema in errors, beside a masker that lets them through."""
    patch.setattr(schema.config, "disable_field_suggestions", False)
    patch.setattr("api.errors._SUGGESTION", re.compile(r"(?!)"))


def _introspection(patch: pytest.MonkeyPatch) -> None:
    def open_(_: IntrospectionGate) -> Iterator[None]:
        yield

    patch.setattr(IntrospectionGate, "on_operation", open_)


#: What makes the attack on the schema succeed: these hold for both graphs alike, so that comparing them finds nothing.
OF_THE_SCHEMA = {"suggested fields": _suggestions, "introspection without the setting": _introspection}


def _may_import(patch: pytest.MonkeyPatch) -> None:
    async def allowed(*_: Any) -> None: ...

    patch.setattr(api.import_route, "require_administrator", lambda *_: None)
    patch.setattr(record_upsert, "require_records", allowed)


def _may_write_records(patch: pytest.MonkeyPatch) -> None:
    async def allowed(*_: Any) -> None: ...

    patch.setattr(record_upsert, "require_records", allowed)


def _may_read_audit(patch: pytest.MonkeyPatch) -> None:
    async def allowed(*_: Any) -> None: ...

    patch.setattr(api.audit, "require", allowed)
    right = "(viewer.administrator OR viewer.may_read_audit = 4)"
    text(("audit/page", right, "true"), ("audit/count", right, "true"))(patch)


def _logged_rows(patch: pytest.MonkeyPatch) -> None:
    run = Transaction.run

    async def logging_run(self: Transaction, statement: Any) -> Any:
        rows = await run(self, statement)
        logging.getLogger("graph.database").debug("%s: %r", statement.path, rows)
        return rows

    patch.setattr(Transaction, "run", logging_run)


_TOUCHED = """updatedAt: head(COLLECT {
    MATCH (entity)((:Goal)<-[:CHILD_OF]-(:Goal)){0,}(below:Goal)
    RETURN below.updatedAt.epochMillis AS at ORDER BY at DESC LIMIT 1
  })"""
_touched = text(("columns/goal", "updatedAt: entity.updatedAt.epochMillis", _TOUCHED))
_KEY = "CASE WHEN 'goal.' + $order_property IN viewer.masked THEN null ELSE g[$order_property] END"
_RECORDS = "visible.record(r)\n    AND ($states"
_FIELDS, _FILTER, _ORDER = "fields, node(id)", "filter, search", "order, cursors"
_MASKED, _COUNTS = "masked fields", "counts, hasNextPage"
# In both places: one alone makes a tree whose children are not as many as were counted, which is read again.
_past_the_hidden = text(
    ("goal/tree", "(step:Goal WHERE visible.covered_goal(step))", "(:Goal)"),
    ("goal/tree", "COUNT { (g)<-[:CHILD_OF]-(child:Goal) WHERE NOT visible.covered_goal(child) }", "0"),
)

#: Heard by who listens to the tree below the goal named, while the rest changes.
OF_EVENTS = (
    Leak(
        "events of goals below hidden ones",
        "subscriptions",
        _past_the_hidden,
        "Goal 0",
        "director",
    ),
    Leak("events of secured targets", "subscriptions", _no_masks, "Goal 0", "director"),
)
LEAKS = (
    Leak("every goal by id", _FIELDS, text(("visibility/goal", "", "true")), "goal {'id': 'SECRET'", "outsider"),
    Leak(
        "restricted goals to those above",
        _FIELDS,
        text(("visibility/goal", "  WHEN entity.restricted THEN false\n", "")),
        "goal {'id': 'SECRET'",
        "director",
    ),
    Leak("every record by id", _FIELDS, text(("visibility/record", "", "true")), "nodes ", "outsider"),
    Leak(
        "trees that go on below hidden goals",
        _FIELDS,
        _past_the_hidden,
        "goalTree ",
        "director",
    ),
    Leak(
        "ancestors past a hidden one",
        _FIELDS,
        text(("goal/ancestors_of", "(step:Goal WHERE visible.goal(step))", "(step:Goal)")),
        "goal {'id': 'BELOW'",
        "rep-b",
    ),
    Leak(
        "hidden children through aliases",
        _FIELDS,
        text(("goal/children_of", "  WHERE visible.goal(g)\n", "")),
        "aliases ",
        "director",
    ),
    Leak(
        "a search over hidden goals",
        _FILTER,
        text(("goal/page", "visible.goals(g)", "MATCH (g:Goal)")),
        "goals {'filter': {'search'",
        "outsider",
    ),
    Leak(
        "filtered records",
        _FILTER,
        text(("record/page", _RECORDS, "true\n    AND ($states")),
        "records {'type': 'opportunity', 'filter'",
        "rep-a",
    ),
    Leak(
        "the order of secured targets",
        _ORDER,
        text(("goal/page", _KEY, "g[$order_property]")),
        "goals {'orderBy': {'field': 'TARGET'",
        "director",
    ),
    Leak(
        "secured targets in cursors",
        _ORDER,
        text(("goal/page", "collect([key])", "collect([g.target])")),
        "goals {}",
        "director",
    ),
    Leak(
        "hidden goals counted",
        _COUNTS,
        text(("goal/page", "size(matches) AS", "COUNT { MATCH (:Goal) } AS")),
        "goals {}",
        "outsider",
    ),
    Leak(
        "hidden records counted",
        _COUNTS,
        text(("record/page", _RECORDS, "true\n    AND ($states")),
        "records {'type': 'opportunity'}",
        "outsider",
    ),
    Leak("a hidden parent's dates", "errors", _dates, "updateGoal {'id': 'BELOW'", "rep-a"),
    Leak("records by external id", "uniqueness, use conflicts", _may_write_records, "deleteRecords", "outsider"),
    Leak("records told apart", "uniqueness, use conflicts", _may_write_records, "upsertRecords", "outsider"),
    Leak("one more statement for hidden goals", "timing", _one_more_statement, "recalculateGoal", "outsider"),
    Leak("goals touched by hidden ones", "updatedAt, version", _touched, "goal {'id': 'NEAR'", "director"),
    Leak("versions moved by hidden goals", "updatedAt, version", _child_in_version, "goal {'id': 'NEAR'", "director"),
    Leak(
        "secured targets after a change",
        "mutation payloads",
        _no_masks,
        "updateGoal {'id': 'MINE', 'title'",
        "director",
    ),
    Leak(
        "moving below any goal",
        "reparenting",
        text(("visibility/goal", "", "true"), ("visibility/writable_goal", "", "true")),
        "moveGoal",
        "outsider",
    ),
    Leak("what an import finds", "imports", _may_import, "import ", "outsider"),
    Leak("secured targets", _MASKED, _no_masks, "goal ", "director"),
    Leak(
        "the sum of secured targets",
        _MASKED,
        text(("goal/child_targets_of", "AND NOT 'goal.target' IN coalesce(viewer.masked, [])", "")),
        "aliases ",
        "director",
    ),
    Leak(
        "the sum of hidden children's targets",
        _MASKED,
        text(
            ("goal/child_targets_of", "WHERE NOT visible.goal(child)", "WHERE false"),
            ("goal/child_targets_of", "AND NOT 'goal.target' IN coalesce(viewer.masked, [])", ""),
        ),
        "goal {'id': 'NEAR'",
        "director",
    ),
    Leak(
        "secured amounts of records",
        _MASKED,
        text(("columns/seen_record", "masked: viewer.masked", "masked: null")),
        "records {'type': 'opportunity'}",
        "rep-a",
    ),
    Leak(
        "the hidden parent of a record",
        "parents of records",
        text(
            ("columns/seen_record", "WHERE visible.record(above) |", "|"),
            ("record/by_ids", "WHERE visible.record(r)\n", ""),
        ),
        "records {'type': 'order_line'}",
        "rep-b",
    ),
    Leak(
        "explanations for everybody",
        "explain",
        text(("rights/depth_of", "coalesce(viewer.administrator, false)", "true")),
        "explainVisibility",
        "outsider",
    ),
    Leak("the audit log for everybody", "audit", _may_read_audit, "auditLog", "outsider"),
    Leak(
        "secured targets of the past",
        "history",
        text(("history/of_goals", "viewer.masked AS masked", "null AS masked")),
        "goal {'id': 'NEAR'",
        "director",
    ),
    Leak("days of secured changes", "history", _days_of_secrets, "goal {'id': 'NEAR'", "director"),
    Leak("rows in the log", "logs", _logged_rows, "updateGoal {'id': 'BELOW'", "rep-a"),
)
