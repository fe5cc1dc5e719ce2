"""The commands of the host that load data, run the rollup, load and reset the demo."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from graph import rollup
from graph.clock import SystemClock
from graph.demo import PERSONAS, DatabaseNotEmpty
from graph.demo_reset import NotTheDemo, is_demo
from graph.errors import ErrorCode, Refusal, Unavailable
from graph.metric_change import RollupFieldDraft
from graph.rollup_compiler import Category
from graph.rollup_run import run_trees, trees
from graph.rollup_statements import Root
from tests.factories import YEAR
from tests.graph.test_base_amount import set_rates

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from typer.testing import Result

    from graph.database import Database, Transaction
    from tests.factories import Company


async def count(database: Database, label: str) -> int:
    async def work(tx: Transaction) -> int:
        (row,) = await tx.text("MATCH (n) WHERE $label IN labels(n) RETURN count(n) AS n", {"label": label}, name="t")
        return int(row["n"])

    return await database.read(work)


async def forest(company: Company) -> dict[str, str]:
    """Plant two trees: revenue (a root with two goals below) and orders (one goal); goal ids by title."""
    await company.users("rep-1", "rep-2")
    await company.won("rep-1", ("1000", "2026-01-15"), ("500.5", "2026-02-01"))
    ids = {}
    revenue = await company.metric()
    fields: dict[str, Any] = {"metric_id": revenue, "period": YEAR, "manager_id": company.ids["administrator"]}
    ids["Revenue [all]"] = root = await company.goal(
        "Revenue [all]", **fields, target="3000", rollup_only_from_children=True
    )
    for name in ("rep-1", "rep-2"):
        owner = company.ids[name]
        ids[name] = await company.goal(name, parent_id=root, manager_id=owner, owner_id=owner, target="1500")
    order = RollupFieldDraft(Category.ACTUAL, "order", "orderDate", "FULFILLED", (), "totalAmount")
    orders = await company.metric("Orders", order)
    ids["Orders"] = await company.goal("Orders", **{**fields, "metric_id": orders})
    return ids


async def test_the_rollup_of_every_tree_is_run_and_reported(company: Company, goals: Callable[..., Result]) -> None:
    ids = await forest(company)
    before = json.loads(goals("rollup", "status", "--json").stdout)
    assert [(row["title"], row["state"], row["goals"], row["stale"], row["calculated"]) for row in before] == [
        ("Orders", "STALE", 1, 1, None),
        ("Revenue [all]", "STALE", 3, 3, None),
    ]
    await rollup.announce(company.database, SystemClock(), ids["Orders"])
    underway = json.loads(goals("rollup", "status", "--json").stdout)
    assert [row["state"] for row in underway] == ["CALCULATING", "STALE"]
    run = goals("rollup", "run", "--json")
    assert (run.exit_code, run.stderr) == (0, "")
    reported = [{key: row[key] for key in row if key != "seconds"} for row in json.loads(run.stdout)]
    assert reported == [
        {"title": "Orders", "goals": 1, "changed": 1, "overflowed": 0, "error": None, "id": ids["Orders"]},
        {
            "title": "Revenue [all]",
            "goals": 3,
            "changed": 3,
            "overflowed": 0,
            "error": None,
            "id": ids["Revenue [all]"],
        },
    ]
    assert await company.totals([ids["Revenue [all]"], ids["rep-1"], ids["rep-2"]]) == ["1500.5", "1500.5", "0"]
    after = json.loads(goals("rollup", "status", "--json").stdout)
    assert [(row["title"], row["state"], row["stale"], row["calculated"] is None) for row in after] == [
        ("Orders", "CURRENT", 0, False),
        ("Revenue [all]", "CURRENT", 0, False),
    ]
    table = goals("rollup", "status").stdout.splitlines()
    assert table[0].split() == ["title", "state", "calculated", "goals", "stale", "overflowed", "id"]


async def test_one_tree_is_run_by_any_goal_of_it(company: Company, goals: Callable[..., Result]) -> None:
    ids = await forest(company)
    run = goals("rollup", "run", "--goal", ids["rep-2"], "--json")
    assert [row["id"] for row in json.loads(run.stdout)] == [ids["Revenue [all]"]]
    states = {row["title"]: row["state"] for row in json.loads(goals("rollup", "status", "--json").stdout)}
    assert states == {"Orders": "STALE", "Revenue [all]": "CURRENT"}
    unknown = goals("rollup", "run", "--goal", "none")
    assert isinstance(unknown.exception, Refusal)
    assert unknown.exception.problem.code is ErrorCode.NOT_FOUND


async def test_a_tree_that_fails_does_not_stop_the_others(company: Company, goals: Callable[..., Result]) -> None:
    ids = await forest(company)
    await company.database.schema("MATCH (t:RecordType {key: 'order'}) SET t.definition = 'broken'")
    run = goals("rollup", "run", "--json")
    assert run.exit_code == 1
    failed, done = json.loads(run.stdout)
    assert (failed["id"], failed["goals"], failed["error"]) == (
        ids["Orders"],
        None,
        "The database or the program failed. See the log.",
    )
    assert (done["id"], done["goals"], done["error"]) == (ids["Revenue [all]"], 3, None)
    assert "goals: Orders: The database or the program failed. See the log.\n" in run.stderr
    states = {row["title"]: row["state"] for row in json.loads(goals("rollup", "status", "--json").stdout)}
    assert states == {"Orders": "STALE", "Revenue [all]": "CURRENT"}, "no tree is left CALCULATING"


async def test_overflow_shows_in_report_and_status(company: Company, goals: Callable[..., Result]) -> None:
    ids = await forest(company)
    await company.won("rep-2", ("900000000000000", "2026-01-15"), ("900000000000000", "2026-02-01"))
    run = goals("rollup", "run", "--goal", ids["rep-2"], "--json")
    assert [row["overflowed"] for row in json.loads(run.stdout)] == [1]
    row = json.loads(goals("rollup", "status", "--json").stdout)[1]
    assert (row["title"], row["state"], row["overflowed"]) == ("Revenue [all]", "OVERFLOW", 1)


async def test_a_tree_deleted_meanwhile_is_passed_over_and_one_out_of_time_is_said(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    await forest(company)
    orders, revenue = await trees(company.database)

    async def failing(_database: Database, _clock: object, goal_id: str, **_: bool) -> None:
        if goal_id == orders.id:
            raise Unavailable
        raise Refusal(ErrorCode.UNKNOWN_RECORD_TYPE, "Declare it.")

    monkeypatch.setattr(rollup, "recalculate_tree", failing)
    errors = [one.error async for one in run_trees(company.database, company.clock, [orders, revenue])]
    assert errors == [Unavailable().message, "Declare it."]
    monkeypatch.undo()
    gone = Root("gone", "Gone")
    done = [one.root async for one in run_trees(company.database, company.clock, [gone, revenue])]
    assert done == [revenue]


async def test_the_demo_is_loaded_and_deleted_and_loaded_again(
    database: Database, goals: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.demo_reset.BATCH", 50)
    for _ in range(2):
        loaded = goals("demo", "load", "--json")
        assert (loaded.exit_code, loaded.exception) == (0, None)
        assert [row["external id"] for row in json.loads(loaded.stdout)][:2] == ["administrator", "director"]
        assert await count(database, "Goal") == 81
        asked = goals("demo", "reset")
        assert (asked.exit_code, asked.stdout) == (2, "")
        assert "goals demo reset --yes" in asked.stderr
        assert await count(database, "Goal") == 81
        reset = goals("demo", "reset", "--yes")
        assert (reset.exit_code, reset.exception) == (0, None)
        assert reset.stdout.startswith("Deleted ")
        left = {label: await count(database, label) for label in ("Goal", "Record", "Owner", "Metric")}
        assert left == dict.fromkeys(left, 0)
        assert await count(database, "Organization") == 1
    await database.schema("MERGE (:TestDatabase)")  # the mark of the tests' own database went with the rest


async def test_no_other_database_is_emptied(company: Company, goals: Callable[..., Result]) -> None:
    users = await count(company.database, "User")
    refused = goals("demo", "reset", "--yes")
    assert isinstance(refused.exception, NotTheDemo)
    assert "GOALGRAPH_HOME or NEO4J_URI" in refused.exception.message
    await company.users(*(persona.external_id for persona in PERSONAS if persona.external_id != "administrator"))
    await company.users("someone-real")
    assert not await is_demo(company.database)
    assert isinstance(goals("demo", "reset", "--yes").exception, NotTheDemo)
    assert await count(company.database, "User") == users + len(PERSONAS)
    assert isinstance(goals("demo", "load").exception, DatabaseNotEmpty)


async def test_rates_are_reapplied_and_the_time_zone_changed(company: Company, goals: Callable[..., Result]) -> None:
    await company.users("rep")
    await set_rates(company, ("USD", "2026-01-01", "2"))
    await company.won("rep", ("10", "2026-02-01"), currency="USD")
    call = {"state": "COMPLETED", "fields": {"actualEnd": "2026-02-01T23:30:00Z"}}
    await company.records("phone_call", call)
    await set_rates(company, ("USD", "2026-01-01", "4"))
    expected = [{"type": "opportunity", "field": "actualValue", "records": 1, "change": "-2.5"}]
    for arguments in (("--preview",), ("--currency", "USD"), ()):
        result = goals("derive", "rates", "--from", "2026-01-01", "--json", *arguments)
        assert (result.exit_code, json.loads(result.stdout)) == (0, expected if arguments else [])
    assert goals("derive", "rates", "--from", "2026-01-01", "--currency", "usd").exit_code == 1
    moved = [{"type": "phone_call", "field": "actualEnd", "records": 1, "change": "0"}]
    for arguments in (("--preview",), ("--json",)):
        result = goals("derive", "dates", "Europe/Vienna", "--json", *arguments)
        assert (result.exit_code, json.loads(result.stdout)) == (0, moved)
