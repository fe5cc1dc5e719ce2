"""A tree reads only what its document needs; each field then says what it says of the goal read alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import GraphQLObjectType, get_named_type

from api.context import Context
from api.loaders import Loaders
from api.schema import schema
from api.tree_needs import NEEDS, needs
from graph.goal_tree import PROPERTIES
from tests.factories import Q1

if TYPE_CHECKING:
    from graph.settings import Settings
    from tests.factories import Company


def selections() -> dict[str, str]:
    """Each field of a goal that a tree reads singly, with all plain fields below it."""
    goal: Any = schema._schema.type_map["Goal"]
    found = {}
    for name, field in goal.fields.items():
        inner: Any = get_named_type(field.type)
        plain = isinstance(inner, GraphQLObjectType) and [
            below for below, one in inner.fields.items() if not isinstance(get_named_type(one.type), GraphQLObjectType)
        ]
        if name in NEEDS and not field.args and plain is not None and name not in {"manager", "owner", "metric"}:
            found[name] = f"{name} {{ {' '.join(plain)} }}" if plain else name
    return found


async def test_each_field_alone_is_as_on_the_goal(company: Company, settings: Settings) -> None:
    metric = await company.metric(stretch=True)
    administrator = company.administrator.id
    more: dict[str, Any] = {"target": "1000.5", "stretch_target": "2000", "description": "Words"}
    root = await company.goal("Root", metric_id=metric, manager_id=administrator, period=Q1, **more)
    for name in ("A", "B"):
        await company.goal(name, parent_id=root, target="0.6", restricted=name == "A")
    await company.won("administrator", ("100.25", "2026-02-01"))
    await company.recalculate(root)

    async def ask(document: str) -> Any:
        key = settings.signing_key()
        context = Context(
            "request", "administrator", company.database, company.clock, settings, key, make_loaders=Loaders
        )
        result = await schema.execute(document, {"root": root}, context_value=context)
        assert result.errors is None, (document, result.errors)
        return result.data

    found = selections()
    assert {"title", "actual", "ownCustom", "recordCount", "status", "pace", "period", "rollup", "access"} <= set(found)
    whole = (await ask(f"query ($root: ID!) {{ goal(id: $root) {{ {' '.join(found.values())} }} }}"))["goal"]
    for name, selection in found.items():
        properties, *_ = needs({name, "id", "goal", "nodes"})
        assert len(properties) < len(PROPERTIES), name
        tree = await ask(f"query ($root: ID!) {{ goalTree(rootId: $root) {{ nodes {{ goal {{ {selection} }} }} }} }}")
        nodes = tree["goalTree"]["nodes"]
        assert len(nodes) == 3
        assert nodes[0]["goal"] == {name: whole[name]}


def test_what_is_not_known_needs_everything() -> None:
    assert needs({"nodes", "goal", "somethingNew"}) == (list(PROPERTIES), True, True, True)
    assert needs({"nodes", "goal", "id"}) == (["id", "state", "rollupError"], False, False, False)
