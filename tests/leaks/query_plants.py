"""Leaks to plant around rollup queries: writing and trying them, what stands behind a goal's numbers. As `plants`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import api.rollup_query_trial
from graph import contribution, query_trial
from tests.leaks.plants import Leak, text

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from graph.database import Transaction
    from graph.rollup_compiler import Compiled

_ASKING, _BEHIND = "query authoring, test, explain", "contributions, overlap"
_ACCOUNT = "(viewer.administrator OR of_account IS NOT NULL AND visible.record(of_account))"
_PARENT = "(viewer.administrator OR of_parent IS NOT NULL AND visible.record(of_parent))"
_MASKED = "CASE WHEN viewer.administrator THEN [] ELSE coalesce(viewer.masked, []) END"


def compiled(name: str, part: str, instead: str) -> Callable[[pytest.MonkeyPatch], None]:
    """Give what replaces a part of the compiled statement of this name."""
    run = contribution.run

    async def planted(tx: Transaction, statement: Compiled, *more: Any) -> Any:
        if statement.name == name:
            assert part in statement.text, statement.text
            statement = replace(statement, text=statement.text.replace(part, instead))
        return await run(tx, statement, *more)

    def plant(patch: pytest.MonkeyPatch) -> None:
        for module in (contribution, query_trial):
            patch.setattr(module, "run", planted)

    return plant


def _may_ask_all(patch: pytest.MonkeyPatch) -> None:
    async def allowed(*_: Any) -> None: ...

    patch.setattr(api.rollup_query_trial, "check_may_ask", allowed)


def _asked_fields_open(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(contribution, "fields_asked", lambda *_: set())


def _draft(type_: str, key: str) -> str:
    """How the names of documents begin that try a draft with a condition on a field."""
    return f"testRollupQuery {{'input': {{'recordType': '{type_}', 'conditions': {{'field': {{'of': '{key}'"


LEAKS = (
    Leak(
        "conditions on secured amounts",
        _ASKING,
        _may_ask_all,
        "testRollupQuery {'input': {'recordType': 'opportunity', 'conditions': {'field': {'of': 'RECORD', 'key': 'act",
        "analyst",
    ),
    Leak(
        "sums of secured amounts",
        _ASKING,
        text(("rights/secured_from", f"{_MASKED} AS masked", "[] AS masked")),
        "testRollupQuery {'input': {'recordType': 'opportunity', 'conditions': {'field': {'of': 'RECORD', 'key': 'name",
        "analyst",
    ),
    Leak(
        "hidden records that a trial finds",
        _ASKING,
        compiled("rollup_query/test", "visible.record(r)", "true"),
        "testRollupQuery {'input': {'recordType': 'opportunity', 'conditions': {'not'",
        "rep-b",
    ),
    Leak(
        "hidden accounts in a trial",
        _ASKING,
        compiled("rollup_query/test", "WHEN visible.record(of_account) THEN", "WHEN true THEN"),
        _draft("opportunity", "ACCOUNT"),
        "rep-a",
    ),
    Leak(
        "hidden parents in a trial",
        _ASKING,
        compiled("rollup_query/test", "WHEN visible.record(of_parent) THEN", "WHEN true THEN"),
        _draft("order_line", "PARENT"),
        "rep-b",
    ),
    Leak(
        "hidden parents that decide in a trial for a goal",
        _ASKING,
        compiled("rollup_query/test", "visible.record(stated_by)", "true"),
        "testRollupQuery {'input': {'recordType': 'order_line', 'conditions': {'field': {'of': 'RECORD', 'key': 'name'",
        "rep-b",
    ),
    Leak(
        "queries that hidden goals use",
        _ASKING,
        text(("columns/seen_rollup_query", " WHERE visible.goal(user)", "")),
        "rollupQuer",
        "director",
    ),
    Leak(
        "hidden children in an explanation",
        _ASKING,
        text(("goal/children_of", "  WHERE visible.goal(g)\n", "")),
        "explain of near",
        "director",
    ),
    Leak(
        "hidden records that count",
        _BEHIND,
        compiled("contribution/page", "visible.record(r)", "true"),
        "contributions of Asking",
        "director",
    ),
    Leak(
        "counted records of hidden accounts",
        _BEHIND,
        compiled("contribution/page", _ACCOUNT, "true"),
        "contributions of Of Graz",
        "rep-a",
    ),
    Leak(
        "counted records of hidden parents",
        _BEHIND,
        compiled("contribution/page", _PARENT, "true"),
        "contributions(category: CUSTOM) of Of many items",
        "rep-b",
    ),
    Leak(
        "records counted by secured amounts",
        _BEHIND,
        _asked_fields_open,
        "contributions of Of big deals",
        "rep-a",
    ),
    Leak(
        "overlap of secured totals",
        _BEHIND,
        text(("goal/counts", _MASKED, "[]")),
        "overlap(category: IN_PROGRESS) of Asking",
        "rep-a",
    ),
)
