"""The contract with clients: the printed schema is committed, and every name in it is explained."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    is_introspection_type,
    is_specified_scalar_type,
)
from typer.testing import CliRunner

from api.cli import graphql as commands
from api.schema import schema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

REMEDY = (
    "The schema is not the committed one. If clients can live with the change, write it anew and commit it: "
    ".venv/bin/goals schema export > api/schema.graphql"
)


def differences() -> tuple[int, str]:
    result = CliRunner().invoke(commands.app, ["diff"])
    return result.exit_code, result.stdout


def test_the_schema_is_the_committed_one() -> None:
    code, shown = differences()
    assert code == 0, f"{REMEDY}\n{shown}"


def test_a_change_of_the_schema_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    former = tmp_path / "schema.graphql"
    former.write_text(commands.COMMITTED.read_text("utf-8").replace("  viewer: User\n", ""), "utf-8")
    monkeypatch.setattr(commands, "COMMITTED", former)
    code, shown = differences()
    assert code == 1
    assert [line for line in shown.splitlines() if line[0] in "+-" and line[:3] not in {"+++", "---"}] == [
        "+  viewer: User"
    ]


def unexplained() -> Iterator[str]:
    """Name each type, field, argument and enum value without a description."""
    printed = schema._schema  # Strawberry gives no other way to graphql-core's
    for name, type_ in printed.type_map.items():
        if is_introspection_type(type_) or is_specified_scalar_type(type_):
            continue
        if not type_.description:
            yield name
        if isinstance(type_, GraphQLEnumType):
            yield from (f"{name}.{key}" for key, value in type_.values.items() if not value.description)
        if isinstance(type_, GraphQLInputObjectType):
            yield from (f"{name}.{key}" for key, value in type_.fields.items() if not value.description)
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for key, field in type_.fields.items():
                if not field.description:
                    yield f"{name}.{key}"
                yield from (f"{name}.{key}({arg})" for arg, value in field.args.items() if not value.description)


def test_every_name_is_explained() -> None:
    assert list(unexplained()) == []


def test_a_name_without_an_explanation_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    goal = cast("GraphQLObjectType", schema._schema.type_map["Goal"])
    monkeypatch.setattr(goal.fields["title"], "description", None)
    monkeypatch.setattr(goal.fields["children"].args["first"], "description", "")
    assert list(unexplained()) == ["Goal.title", "Goal.children(first)"]
