"""`goals import`: what it prints, its options, and what is left when it is broken off."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from api.cli.import_file import Summary
from graph import import_draft
from graph.errors import ErrorCode, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from typer.testing import Result

    from graph.import_run import ImportedBatch

MAP = """
[fields]
externalId = "key"
name = "name"
industry = "trade"
"""


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


@pytest.mark.usefixtures("database")
def test_a_dry_run_refused_rows_and_other_forms_of_a_file(goals: Callable[..., Result], tmp_path: Path) -> None:
    file, refused = tmp_path / "accounts.csv", tmp_path / "refused.csv"
    file.write_text("externalId,name,industry\na,Customer A,retail\n,Customer B,retail\n")
    arguments = ("import", "account", str(file), "--refused", str(refused), "--json")
    rehearsed, first = goals(*arguments, "--dry-run"), goals(*arguments)
    assert (rehearsed.exit_code, rehearsed.stdout) == (1, first.stdout)
    assert json.loads(first.stdout)["inserted"] == 1
    assert refused.read_text().splitlines()[1].endswith(",externalId,,Customer B,retail")
    refused.write_text(refused.read_text().replace("externalId,,", "externalId,b,"))
    rows = tmp_path / "rows"
    rows.write_text('{"externalId": "b", "name": "Customer B"}\n')
    for path, options in ((refused, ()), (rows, ("--format", "ndjson"))):
        result = goals("import", "account", str(path), "--json", *options)
        assert (result.exit_code, json.loads(result.stdout)["refused"]) == (0, 0)
    assert json.loads(result.stdout)["unchanged"] == 1
    wrong = goals("import", "account", str(file), "--dry-run", "--resume")
    assert (wrong.exit_code, "Leave out one" in wrong.stderr) == (2, True)


@pytest.mark.usefixtures("database")
def test_an_import_that_is_interrupted_says_how_to_go_on(
    goals: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_draft, "LARGEST_BATCH", 1)
    file = tmp_path / "accounts.csv"
    file.write_text("externalId\na\nb\n")
    add = Summary.add

    def interrupted(self: Summary, batch: ImportedBatch) -> None:
        add(self, batch)
        raise KeyboardInterrupt

    monkeypatch.setattr(Summary, "add", interrupted)
    broken = goals("import", "account", str(file), "--json")
    assert broken.exit_code == 130
    assert "with --resume goes on" in broken.stderr
    assert json.loads(broken.stdout)["inserted"] == 1
    monkeypatch.setattr(Summary, "add", add)
    resumed = goals("import", "account", str(file), "--json", "--resume")
    assert (resumed.exit_code, json.loads(resumed.stdout)["inserted"]) == (0, 1)
    again = goals("import", "account", str(file), "--json", "--resume")
    assert isinstance(again.exception, Refusal)
    assert again.exception.problem.code is ErrorCode.NOTHING_TO_RESUME
