"""Fields of the schema and who may learn from them: each declares one of three classes. Not here: who the viewer is.

public      no data: the same for every viewer, or of the viewer itself (an enum's label, `pageInfo`, `viewer`)
aggregate   a total that may be computed over records the viewer cannot see; no ids, no names, nothing of one record
detail      of single entities: null or absent unless the viewer may see that entity
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

import strawberry
from graphql import GraphQLInterfaceType, GraphQLObjectType

if TYPE_CHECKING:
    from collections.abc import Callable

    class _Declared(Any):  # type: ignore[misc] # it stands for any type's default, and decorates any method
        def __call__(self, resolver: Callable[..., Any]) -> Any: ...


T = TypeVar("T")
Sees = Literal["public", "aggregate", "detail"]

#: Where a field's class stands in its metadata.
SEES: Final = "sees"
CLASSES: Final = frozenset({"public", "aggregate", "detail"})


def public(description: str, **options: Any) -> _Declared:
    """Declare a field that holds no data of entities. Decorates a method, or is an attribute's value.

    `description` says what it holds, with its unit; `options` are those of strawberry.field.
    """
    return _declare("public", description, options)


def aggregate(description: str, **options: Any) -> _Declared:
    """Declare a field that may be computed over what the viewer cannot see. Used as `public` is."""
    return _declare("aggregate", description, options)


def detail(description: str, **options: Any) -> _Declared:
    """Declare a field of single entities, which passes the visibility policy. Used as `public` is."""
    return _declare("detail", description, options)


def undeclared_fields(schema: strawberry.Schema) -> list[str]:
    """List `Type.field` of every output field of a schema that declares no class, sorted."""
    undeclared = []
    for name, type_ in schema._schema.type_map.items():  # noqa: SLF001 - Strawberry has no public way to its built types
        if name.startswith("__") or not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            continue
        for field_name, field in type_.fields.items():
            definition = field.extensions.get("strawberry-definition")
            if getattr(definition, "metadata", {}).get(SEES) not in CLASSES:
                undeclared.append(f"{name}.{field_name}")
    return sorted(undeclared)


def _declare(sees: Sees, description: str, options: dict[str, Any]) -> _Declared:
    field: _Declared = strawberry.field(description=description, metadata={SEES: sees}, **options)
    return field
