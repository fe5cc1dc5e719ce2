"""The commands of the host that load data, run the rollup, load and reset the demo."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from api.cli import app
from graph import rollup
from graph.clock import SystemClock
from graph.demo import PERSONAS, DatabaseNotEmpty
from graph.demo_reset import NotTheDemo, is_demo
from graph.errors import ErrorCode, Refusal, Unavailable
from graph.metric_change import RollupFieldDraft
from graph.rollup_compiler import Category
from graph.rollup_run import run_trees, trees
from graph.rollup_statements import Root
from tests.api.test_cli import on_server
from tests.factories import YEAR
from tests.graph.test_base_amount import set_rates

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from typer.testing import Result

    from graph.database import Database, Transaction
    from tests.factories import Company
    from tests.neo4j_server import Neo4jServer

MAP = """
[fields]
externalId = "key"
name = "name"
industry = "trade"
"""


@pytest.fixture
def goals(neo4j_server: Neo4jServer) -> Callable[..., Result]:
    """Run a command on the tests' database, in this process: `goals("rollup", "run")`."""

    def run(*arguments: str, **environment: str) -> Result:
        # In a thread of its own: the command runs an event loop of its own.
        with ThreadPoolExecutor(1) as thread:
            invoked = thread.submit(CliRunner().invoke, app, arguments, env={**on_server(neo4j_server), **environment})
            return invoked.result()

    return run


async def count(database: Database, label: str) -> int:
    async def work(tx: Transaction) -> int:
        (row,) = await tx.text("MATCH (n) WHERE $label IN labels(n) RETURN count(n) AS n", {"label": label}, name="t")
        return int(row["n"])

    return await database.read(work)


@pytest.mark.usefixtures("database")
def test_a_file_is_imported_and_again_changes_nothing(goals: Callable[..., Result], tmp_path: Path) -> None:
    file, map_file = tmp_path / "accounts.csv", tmp_path / "accounts.toml"
    file.write_text("key,name,trade\na,Customer A,retail\nb,Customer B,\n")
    map_file.write_text(MAP)
    arguments = ("import", "account", str(file), "--map", str(map_file))
    first = goals(*arguments)
    assert (first.exit_code, first.exception) == (0, None)
    header, values = first.stdout.splitlines()
    assert dict(zip(header.split(), values.split(), strict=True)) == {
        "inserted": "2",
        "updated": "0",
        "unchanged": "0",
        "skipped": "0",
        "refused": "0",
    }
    file.write_text("key,name,trade\na,Customer A,retail\nb,Customer B,wholesale\n")
    again = goals(*arguments, "--json")
    assert json.loads(again.stdout) == {
        "refusals": [],
        "inserted": 0,
        "updated": 1,
        "unchanged": 1,
        "skipped": 0,
        "refused": 0,
    }


@pytest.mark.usefixtures("database")
def test_refused_rows_are_shown_and_counted_and_the_others_loaded(goals: Callable[..., Result], tmp_path: Path) -> None:
    file, map_file = tmp_path / "accounts.csv", tmp_path / "accounts.toml"
    rows = ["a,Customer A,retail", *(f"k{n},Customer,retail,extra" for n in range(25))]
    file.write_text("key,name,trade\n" + "\n".join(rows))
    map_file.write_text(MAP)
    arguments = ("import", "account", str(file), "--map", str(map_file))
    text = goals(*arguments)
    assert text.exit_code == 1
    said = text.stderr.splitlines()
    assert len(said) == 21
    assert said[0] == "row 3: The row has 4 cells, the header 3. Quote cells that hold a comma."
    assert said[20] == "… and 5 more refused rows: --json prints all."
    assert text.stdout.splitlines()[1].split() == ["1", "0", "0", "0", "25"]
    listed = goals(*arguments, "--json")
    assert (listed.exit_code, listed.stderr) == (1, "")
    answer = json.loads(listed.stdout)
    refusals = answer.pop("refusals")
    assert answer == {"inserted": 0, "updated": 0, "unchanged": 1, "skipped": 0, "refused": 25}
    assert [refusal["row"] for refusal in refusals] == list(range(3, 28))
    assert refusals[0] == {
        "row": 3,
        "field": "",
        "code": "INVALID_VALUE",
        "reason": "The row has 4 cells, the header 3. Quote cells that hold a comma.",
    }


@pytest.mark.usefixtures("database")
def test_progress_on_a_terminal_keeps_out_of_the_data(
    goals: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Console(stderr=True, highlight=False, force_terminal=True)
    for module in ("import_file", "rollup", "output"):  # the one that they take it from comes last
        monkeypatch.setattr(f"api.cli.{module}.progress", terminal)
    file, map_file = tmp_path / "accounts.csv", tmp_path / "accounts.toml"
    file.write_text("key,name,trade,size\na,Customer A,retail,9\nb,Customer B\n")
    map_file.write_text(MAP)
    result = goals("import", "account", str(file), "--map", str(map_file), "--json")
    answer = json.loads(result.stdout)
    assert (answer["inserted"], [refusal["row"] for refusal in answer["refusals"]]) == (1, [3])
    assert "accounts.csv" in result.stderr
    assert "Not mapped, hence not loaded: size." in result.stderr
    assert "goals rollup run" in result.stderr
    run = goals("rollup", "run", "--json")
    assert json.loads(run.stdout) == []
    assert "0 trees, 0 goals" in run.stderr


@pytest.mark.usefixtures("database")
def test_a_refused_field_and_a_refused_row_of_the_map_are_named(goals: Callable[..., Result], tmp_path: Path) -> None:
    file, map_file = tmp_path / "units.csv", tmp_path / "units.toml"
    file.write_text("key,name,above\nb,East,nowhere\n")
    map_file.write_text('[[rows]]\nexternalId = "a"\n\n[fields]\nexternalId = "key"\nname = "name"\nparent = "above"\n')
    result = goals("import", "business_units", str(file), "--map", str(map_file))
    assert result.exit_code == 1
    first, second = result.stderr.splitlines()
    assert first.startswith("the map's rows, name: ")
    assert second.startswith("row 2, parent: ")


@pytest.mark.usefixtures("database")
def test_what_was_loaded_before_a_fault_is_told(goals: Callable[..., Result], tmp_path: Path) -> None:
    file, map_file = tmp_path / "accounts.csv", tmp_path / "accounts.toml"
    rows = "".join(f"k{n},Customer,retail\n" for n in range(11_000))
    file.write_bytes(f"key,name,trade\n{rows}".encode() + b"\xff\xfe\n" * 10_000)
    map_file.write_text(MAP)
    result = goals("import", "account", str(file), "--map", str(map_file), "--json")
    assert isinstance(result.exception, Refusal)
    assert json.loads(result.stdout)["inserted"] == 10_000


@pytest.mark.usefixtures("database")
def test_a_wrong_map_is_refused_before_anything_is_printed(goals: Callable[..., Result], tmp_path: Path) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text("key\na\n")
    result = goals("import", "account", str(file), "--map", str(tmp_path / "none.toml"), "--json")
    assert isinstance(result.exception, Refusal)
    assert result.exception.problem.code is ErrorCode.NOT_FOUND
    assert result.stdout == ""


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

    async def failing(_database: Database, _clock: object, goal_id: str) -> None:
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
        assert await count(database, "Goal") == 48
        asked = goals("demo", "reset")
        assert (asked.exit_code, asked.stdout) == (2, "")
        assert "goals demo reset --yes" in asked.stderr
        assert await count(database, "Goal") == 48
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
