"""Each statement file fits its class, and the database plans it as the class says."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from types import new_class
from typing import TYPE_CHECKING, Any

import pytest

import cypher
from graph import catalog
from graph.account import Account, Accounts
from graph.goal import STORED, GoalRow
from graph.statement import Count, Read, Write

if TYPE_CHECKING:
    from graph.database import Database

catalog.import_all()


def test_files_and_classes_fit() -> None:
    assert catalog.offline_problems() == []


async def test_the_database_plans_each_as_its_class_says(migrated: Database) -> None:
    assert await catalog.problems(migrated) == []


def test_an_unpaired_file_or_class_is_found() -> None:
    assert catalog.unpaired(["a/b", "a/c"], ["a/b", "a/d"]) == [
        "cypher/a/c.cypher has no class: write one in graph/, or delete it.",
        "a/d is no file: write cypher/a/d.cypher.",
    ]


def test_a_parameter_or_field_too_many_is_found() -> None:
    problems = catalog.parameter_problems(Accounts, "MATCH (u {id: $id, x: $x}) RETURN u")
    assert [problem.split(":")[1] for problem in problems] == [
        " $id is no field of Accounts",
        " $x is no field of Accounts",
    ]

    @dataclasses.dataclass(frozen=True)
    class Wide(Read[Account]):
        viewer: str
        id: str

    Wide.path = "x/wide"
    assert catalog.parameter_problems(Wide, "RETURN $viewer") == ["x/wide: nothing uses $id: drop the field of it."]


@pytest.mark.parametrize(
    ("base", "row", "problem"),
    [
        (Write[Account], Account, "mode 'r', the class says Write"),
        (Read[Account], Count, "are not the fields ['count'] of Count"),
    ],
)
async def test_a_wrong_mode_or_column_is_found(migrated: Database, base: Any, row: type[Any], problem: str) -> None:
    wrong: Any = dataclasses.dataclass(frozen=True)(new_class("Wrong", (base,)))
    wrong.path, wrong.row = "owners/accounts", row
    (found,) = await catalog.explained_problems(migrated, wrong)
    assert problem in found


async def test_a_read_row_that_nobody_asks_is_found(migrated: Database) -> None:
    wrong: Any = dataclasses.dataclass(frozen=True)(new_class("Wrong", (Read[Account],)))
    wrong.path, wrong.row, wrong.many = "owners/accounts", Account, True
    assert await catalog.explained_problems(migrated, wrong) == []
    wrong.read_row = classmethod(lambda _class, _columns: None)
    (found,) = await catalog.explained_problems(migrated, wrong)
    assert "read_row of Wrong is not asked" in found


def test_a_goals_stored_properties_are_its_rows_first_fields() -> None:
    texts = {"startDate": "start", "endDate": "end", "frozenAt": "frozen_ms"}
    texts |= {"createdAt": "created_ms", "updatedAt": "updated_ms", "overriddenAt": "overridden_ms"}
    texts |= {f"{name}ChangedAt": f"{name}_changed_ms" for name in ("target", "description", "queries")}
    fields = [field.name for field in dataclasses.fields(GoalRow)]
    assert [texts.get(name, snake(name)) for name in STORED] == fields[: len(STORED)]
    links = (Path(cypher.__path__[0]) / "columns" / "goal_links.cypher").read_text()
    ids = [f"{name}_id" for name in re.findall(r"\| (\w+)\.id\]", links)]
    assert ids == fields[len(STORED) : len(STORED) + len(ids)]


def snake(name: str) -> str:
    """Give a property's name as a field's."""
    return re.sub(r"[A-Z]", lambda capital: "_" + capital[0].lower(), name)
