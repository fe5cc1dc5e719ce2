"""Each field of the schema says who may learn from it."""

from __future__ import annotations

import strawberry

from api.execution import build_schema
from api.fields import aggregate, detail, public, undeclared_fields
from api.schema import schema as whole_schema
from tests.api.small_schema import SMALL


@strawberry.interface
class Named:
    name: str


@strawberry.type
class Thing(Named):
    total: int = aggregate("A total.")
    inner: int = detail("A detail.")

    @strawberry.field
    def planted(self) -> int:
        return 1

    @public("A method.")
    def method(self) -> int:
        return 2


@strawberry.input
class Filter:
    """Inputs declare nothing: they show nothing."""

    planted_in_input: int


@strawberry.type
class Query:
    @public("A thing.")
    def thing(self, where: Filter | None = None) -> Thing:  # noqa: ARG002
        return Thing(name="x", total=1, inner=1)


def test_a_field_without_a_class_is_found() -> None:
    schema = build_schema(Query)
    assert undeclared_fields(schema) == ["Named.name", "Thing.name", "Thing.planted"]
    assert schema._schema.query_type is not None


def test_the_schema_declares_all() -> None:
    assert undeclared_fields(whole_schema) == []
    assert undeclared_fields(SMALL) == []


def test_a_description_is_the_fields_own() -> None:
    assert '"""A total."""\n  total: Int!' in build_schema(Query).as_str()
