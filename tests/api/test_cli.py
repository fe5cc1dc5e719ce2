"""The command line: quick help, exit codes, data on stdout, errors in one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
import typer
from typer.testing import CliRunner

from api.auth import Tokens, demo_key
from api.cli import COMMANDS, app, code_of, main
from api.cli.reload import stamps, wait_for_change
from api.cli.welcome import welcome
from graph.errors import ErrorCode, Refusal, Unavailable
from tests.api.conftest import SECRET, on_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graph.clock import FixedClock
    from graph.settings import Settings
    from tests.neo4j_server import Neo4jServer

ROOT = Path(__file__).parent.parent.parent


def goals(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program as a user does."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("GOALGRAPH_", "NEO4J_", "COV"))}
    return subprocess.run(
        [sys.executable, "-m", "api.cli", *arguments],
        env={**clean, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_help_names_each_command_and_imports_none() -> None:
    found = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "api.cli", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name, (_, text) in COMMANDS.items():
        assert name in found.stdout
        assert text.split(".")[0][:30] in found.stdout
    imported = {line.split("|")[-1].strip() for line in found.stderr.splitlines()}
    assert imported.isdisjoint({"strawberry", "neo4j", "pydantic", "starlette", "uvicorn", "graph.settings"})


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(command: str) -> None:
    result = CliRunner().invoke(app, [command, "--help"])
    assert (result.exit_code, result.exception) == (0, None)
    assert "Usage" in result.stdout


def test_an_unknown_command_is_a_usage_error() -> None:
    result = CliRunner().invoke(app, ["serv"])
    assert result.exit_code == 2
    assert "No such command" in result.stderr


def test_the_version_is_printed() -> None:
    assert CliRunner().invoke(app, ["version"]).stdout == "0.1.0\n"


def test_settings_are_shown_without_secrets() -> None:
    shown = goals("config", "show", "--json", GOALGRAPH_JWT_SECRET=SECRET, GOALGRAPH_PORT="8123")
    rows = {row["variable"]: row for row in json.loads(shown.stdout)}
    assert rows["GOALGRAPH_JWT_SECRET"]["value"] == "(hidden)"
    assert (rows["GOALGRAPH_PORT"]["value"], rows["GOALGRAPH_PORT"]["source"]) == (8123, "environment")
    assert rows["GOALGRAPH_HOST"]["source"] == "default"
    for output in (shown.stdout, goals("config", "show", GOALGRAPH_JWT_SECRET=SECRET).stdout):
        assert SECRET not in output
        assert "Port to listen on" in output


def test_a_wrong_setting_is_one_line_and_a_usage_error() -> None:
    wrong = goals("config", "show", GOALGRAPH_PROT="1")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr == "goals: GOALGRAPH_PROT is no setting: did you mean GOALGRAPH_PORT?\n"


def test_an_unreachable_database_is_exit_code_3() -> None:
    lost = goals("migrate", "status", NEO4J_URI="bolt://127.0.0.1:9", NEO4J_USER="neo4j", NEO4J_PASSWORD="x")
    assert (lost.returncode, lost.stdout) == (3, "")
    assert lost.stderr.count("\n") == 1
    assert lost.stderr.startswith("goals: The database cannot be reached")


@pytest.mark.usefixtures("database")
def test_host_commands_work_on_the_database_that_is_named(neo4j_server: Neo4jServer) -> None:
    environment = on_server(neo4j_server)
    status = goals("migrate", "status", "--json", **environment)
    assert status.returncode == 0, status.stderr
    assert all(row["applied"] for row in json.loads(status.stdout))
    assert json.loads(goals("migrate", "up", "--json", **environment).stdout) == []
    doctor = goals("doctor", "--json", **environment)
    checks = {row["check"]: row for row in json.loads(doctor.stdout)}
    assert {name: row["finding"] for name, row in checks.items() if not row["well"]} == {}
    assert (doctor.returncode, set(checks)) == (
        0,
        {"Python", "signing key", "database", "schema", "statements", "data"},
    )


@pytest.mark.usefixtures("users")
def test_users_are_listed_with_those_who_left(neo4j_server: Neo4jServer) -> None:
    listed = goals("user", "list", "--json", **on_server(neo4j_server))
    assert json.loads(listed.stdout) == [
        {"external id": "gone", "name": "Rep 02, West", "active": False, "administrator": True},
        {"external id": "rep", "name": "Rep 01, East", "active": True, "administrator": False},
    ]
    table = goals("user", "list", **on_server(neo4j_server)).stdout.splitlines()
    assert table[0].split() == ["external", "id", "name", "active", "administrator"]
    assert table[2].split() == ["rep", "Rep", "01,", "East", "True", "False"]


def test_a_query_needs_to_know_who_asks(tmp_path: Path) -> None:
    file = tmp_path / "q.graphql"
    file.write_text("{ __typename }")
    nobody = goals("query", str(file))
    assert (nobody.returncode, nobody.stdout) == (2, "")
    assert "--as EXTERNAL_ID" in nobody.stderr
    for arguments in (["--as", "x", "--variables", "[1]"], ["--as", "x", "--variables", "{"]):
        assert goals("query", str(file), *arguments, GOALGRAPH_JWT_SECRET=SECRET).returncode == 2
    assert goals("query", str(tmp_path / "none"), "--as", "x", GOALGRAPH_JWT_SECRET=SECRET).returncode == 2


def test_a_query_to_no_server_is_exit_code_3(tmp_path: Path) -> None:
    file = tmp_path / "q.graphql"
    file.write_text("{ __typename }")
    lost = goals("query", str(file), "--as", "x", GOALGRAPH_JWT_SECRET=SECRET, GOALGRAPH_PORT="9")
    assert (lost.returncode, lost.stdout) == (3, "")
    assert lost.stderr == (
        "goals: http://127.0.0.1:9/graphql does not answer. Start it with `goals serve`, or name it with --url.\n"
    )


def test_foreseen_errors_end_the_program_by_their_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ending(error: BaseException) -> object:
        def raise_it() -> None:
            raise error

        monkeypatch.setattr("api.cli.app", raise_it)
        with pytest.raises(SystemExit) as exit_:
            main()
        return exit_.value.code

    assert ending(Unavailable("Lost.")) == 3
    assert ending(Refusal(ErrorCode.FORBIDDEN, "Ask.")) == 4
    assert ending(Refusal(ErrorCode.CONFLICT, "Again.")) == 1
    assert ending(KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == "goals: Lost.\ngoals: Ask.\ngoals: Again.\n"
    with pytest.raises(RuntimeError):
        ending(RuntimeError("a fault of the program"))
    assert code_of(RuntimeError()) is None
    assert isinstance(app, typer.Typer)


def test_the_schema_is_exported_and_compared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    exported = CliRunner().invoke(app, ["schema", "export"])
    assert "type Query" in exported.stdout
    committed = tmp_path / "schema.graphql"
    monkeypatch.setattr("api.cli.graphql.COMMITTED", committed)
    assert CliRunner().invoke(app, ["schema", "diff"]).exit_code == 1
    committed.write_text(exported.stdout)
    same = CliRunner().invoke(app, ["schema", "diff"])
    assert (same.exit_code, same.stdout) == (0, "")
    committed.write_text(exported.stdout.replace("type Query", "type Other"))
    other = CliRunner().invoke(app, ["schema", "diff"])
    assert other.exit_code == 1
    assert "-type Other" in other.stdout


def test_a_changed_source_file_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.py", "b.cypher", "c.txt"):
        (tmp_path / name).write_text("x")
    assert {file.name for file in stamps([tmp_path])} == {"a.py", "b.cypher"}
    looks: Iterator[Callable[[], None]] = iter(
        [lambda: None, lambda: os.utime(tmp_path / "c.txt", (1, 1)), lambda: os.utime(tmp_path / "b.cypher", (1, 1))]
    )
    monkeypatch.setattr("api.cli.reload.time.sleep", lambda _: next(looks)())
    assert wait_for_change([tmp_path]).name == "b.cypher"
    assert list(looks) == []


def test_the_welcome_gives_each_persona_a_token_that_holds(
    settings: Settings, clock: FixedClock, capsys: pytest.CaptureFixture[str]
) -> None:
    key = demo_key()
    welcome(settings, clock, [SimpleNamespace(external_id="rep-07", role="Salesperson", sees="own goals")], key)
    printed = capsys.readouterr()
    name, token = printed.out.strip().split("\t")
    assert (name, Tokens(settings, clock, key).subject(f"Bearer {token}")) == ("rep-07", "rep-07")
    assert "http://127.0.0.1:8000/graphql" in printed.err
    assert "Salesperson" in printed.err
    assert token not in printed.err


@pytest.mark.parametrize(("personas", "said"), [(None, "goals user token"), ([], "hence no personas")])
def test_the_welcome_without_personas_says_how_to_go_on(
    settings: Settings, clock: FixedClock, capsys: pytest.CaptureFixture[str], personas: list[object] | None, said: str
) -> None:
    welcome(settings, clock, personas, None)
    printed = capsys.readouterr()
    assert (printed.out, said in printed.err) == ("", True)
