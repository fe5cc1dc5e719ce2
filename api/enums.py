"""Enums of `graph/` in the schema, each value with its description; `graph/` itself knows no GraphQL."""

from collections.abc import Mapping
from enum import EnumMeta
from typing import Any

import strawberry


def describe_enum(enum: EnumMeta, description: str, values: Mapping[Any, str], *, name: str | None = None) -> None:
    """Put an enum into the schema: afterwards annotations may name it. Raises KeyError for a value not described."""
    strawberry.enum(enum, name=name, description=description)
    definition: Any = enum.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = values[enum(value.value)]
