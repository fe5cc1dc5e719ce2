"""The three folders keep to themselves. Each check passes on the repository and fails on a planted violation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import architecture

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent

HEADER = "// What it answers.\n// sees: {}\n"
VIEWER = HEADER.format("viewer") + "MATCH (viewer:User {id: $viewer, active: true})\n"

#: Each check, with files that break its rule and what it says of them.
CASES: list[tuple[Callable[[Path], list[str]], dict[str, str], str]] = [
    (architecture.upward_imports, {"graph/a.py": "from api.app import create_app"}, "graph/a.py imports api"),
    (architecture.upward_imports, {"cypher/a.py": "def f():\n    import graph.goal"}, "cypher/a.py imports graph"),
    (architecture.upward_imports, {"api/a.py": "import cypher"}, "api/a.py imports cypher"),
    (architecture.upward_imports, {"api/a.py": "from tests import factories"}, "api/a.py imports tests"),
    (architecture.web_in_graph, {"graph/a.py": "import strawberry"}, "graph/a.py imports strawberry"),
    (architecture.web_in_graph, {"graph/a.py": "from starlette.requests import Request"}, "imports starlette"),
    (architecture.stray_drivers, {"graph/a.py": "from neo4j.exceptions import Neo4jError"}, "graph/a.py imports neo4j"),
    (architecture.stray_readers, {"graph/a.py": "open('goal/x.cypher')"}, "graph/a.py reads statement files"),
    (architecture.stray_readers, {"api/a.py": "from importlib.resources import files"}, "api/a.py reads"),
    (
        architecture.strays_of_cypher,
        {"graph/a.py": "x = 1\ny = 'MATCH (g:Goal) RETURN g'"},
        "graph/a.py:2 holds Cypher",
    ),
    (architecture.strays_of_cypher, {"api/a.py": "y = f'''\n  MERGE (g:{x})'''"}, "api/a.py:1 holds Cypher"),
    (architecture.strays_of_cypher, {"cypher/a.py": "y = 'RETURN g.id AS id'"}, "cypher/a.py:1 holds Cypher"),
    (architecture.long_files, {"tests/a.py": "\n" * 351}, "tests/a.py has 351 lines"),
    (architecture.long_files, {"cypher/goal/a.cypher": "\n" * 351}, "cypher/goal/a.cypher has 351 lines"),
    (architecture.undeclared_statements, {"cypher/goal/a.cypher": "RETURN 1 AS n"}, "must open with"),
    (architecture.undeclared_statements, {"cypher/goal/a.cypher": HEADER.format("everyone")}, "must open with"),
    (architecture.open_statements, {"cypher/goal/a.cypher": HEADER.format("viewer") + "MATCH (g)"}, "it begins with"),
    (architecture.open_statements, {"cypher/goal/a.cypher": VIEWER + "MATCH (g) RETURN g"}, "filter with a fragment"),
    (
        architecture.telling_aggregates,
        {"cypher/goal/a.cypher": HEADER.format("aggregate") + "RETURN g.id AS id, 1 AS n"},
        "but returns id",
    ),
    (
        architecture.telling_aggregates,
        {"cypher/goal/a.cypher": HEADER.format("aggregate") + "RETURN g.name AS owner_name"},
        "but returns owner_name",
    ),
    (
        architecture.engine_in_api,
        {
            "cypher/goal/a.cypher": HEADER.format("engine"),
            "graph/a.py": 'class All(Read[Row], path="goal/a", row=Row): ...',
            "api/a.py": "from graph.a import All",
        },
        "api/a.py uses All",
    ),
]

CHECKS = sorted({check for check, _, _ in CASES}, key=lambda check: check.__name__)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_repository_keeps_to_it(check: Callable[[Path], list[str]]) -> None:
    assert check(ROOT) == []


@pytest.mark.parametrize(("check", "files", "said"), CASES, ids=lambda value: getattr(value, "__name__", None))
def test_a_violation_is_found_and_says_what_to_do(
    check: Callable[[Path], list[str]], files: dict[str, str], said: str, tmp_path: Path
) -> None:
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    (found,) = check(tmp_path)
    assert said in found
    assert ": " in found or "must" in found


def test_every_check_has_a_planted_violation() -> None:
    public = {
        value
        for name, value in vars(architecture).items()
        if callable(value) and getattr(value, "__annotations__", {}).get("return") == "list[str]"
    }
    assert public == set(CHECKS)


def test_words_and_docstrings_are_not_taken_for_cypher(tmp_path: Path) -> None:
    (tmp_path / "graph").mkdir()
    (tmp_path / "graph" / "a.py").write_text(
        '"""MATCH (g) is written elsewhere."""\nx = "Create a goal first."\ny = "Merge them, then return the rest."\n'
    )
    assert architecture.strays_of_cypher(tmp_path) == []
