"""Every document to ask: a walk over the schema. What needs arguments finds them in `arguments`.

`uncovered` names arguments, inputs' fields and values of enums that no document gives, `unselected` fields that none
selects: what is new in the schema fails the build until a document asks for it.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    TypeInfo,
    TypeInfoVisitor,
    Undefined,
    Visitor,
    get_named_type,
    parse,
    visit,
)

from api.schema import schema
from tests.graph.asking import field
from tests.leaks import asking
from tests.leaks.comparison import Asked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from graphql import FieldNode, GraphQLField

    from tests.leaks.scene import Scene

SCHEMA: Any = schema._schema
#: Arguments that only page through a list or bound a tree; every list is paged through.
BOUNDS = {"first", "after", "depth"}
_PAGE = 20
#: What a document asks for below the fields that take arguments, each in turn.
_NESTED: dict[str, tuple[str, ...]] = {
    "amounts": ("", '(currency: "USD")'),
    "formatted": ("", '(locale: "de-AT")'),
    "children": ("(first: 2)",),
    "contributions": ("", "(category: CUSTOM)"),
    "overlap": ("", "(category: CUSTOM)"),
    # Once each: a document has few aliases, and all that is told of a past is made from its days.
    "history": ('(from: "2026-01-01", to: "2026-03-01", interval: DAY)',),
    "changeSince": ('(day: "2026-02-12")',),
}
_WRAPPING = ("Connection", "Edge", "TreeNode", "GoalTree")
#: How many objects below the first a document selects, where that is not one: what they hold is selected elsewhere.
_DEPTHS = {"goal": 2, "goalTree": 0, "node": 1, "nodes": 0, "goals": 0, "explainVisibility": 0}
#: Which arguments are asked for with that depth, where not the first alone: goals near the hidden one, types, trials.
_DEEP = {"goal": (0, 1, 2, 3, 10), "records": range(5), "testRollupQuery": range(20)}

Given = dict[str, list[dict[str, Any]]]


def arguments(scene: Scene) -> Given:
    """What each query field is asked with; a field that needs nothing may be left out."""
    ids, goals = scene.company.ids, list(scene.goals.values())
    everything = [*goals, *scene.records.values(), *ids.values(), "absent"]
    order = SCHEMA.type_map["GoalOrderField"].values
    states = SCHEMA.type_map["GoalState"].values
    filters: list[dict[str, Any]] = [
        {"search": "se"},
        {"search": "AAA"},
        {"states": [name for name in states if name != "CANCELLED"]},
        {"states": ["CANCELLED"]},
        {"fiscalYear": 2026, "fiscalIndex": 1},
        {"on": "2026-05-01"},
        {"metricId": ids["metric"]},
        {"managerId": ids["boss"]},
        {"ownerId": ids["ghost"]},
        {"ownerId": ids["rep-b"]},
        {"rootsOnly": True},
    ]
    of_records: list[dict[str, Any]] = [
        {"states": ["WON"]},
        {"states": ["LOST", "OPEN"]},
        {"owner": ids["ghost"]},
        {"owner": ids["ghost-2"]},
        {"search": "e"},
    ]
    return {
        "goal": [{"id": id_} for id_ in (*goals, "absent")],
        "goals": [
            {},
            *({"filter": one} for one in filters),
            *({"orderBy": {"field": name, "descending": down}} for name, down in product(order, (False, True))),
        ],
        "goalTree": [{"rootId": goals[0]}, {"rootId": goals[0], "depth": 1}, {"rootId": scene.goals["Secret"]}],
        "metric": [{"id": ids["metric"]}],
        "rollupQuery": [{"id": ids["Of Graz"]}, {"id": ids["Everything"]}, {"id": "absent"}],
        "testRollupQuery": [{"input": one} for one in _trials(scene)],
        "rollupQueries": [{}, {"search": "e"}, {"recordType": "opportunity"}],
        "users": [{}, {"search": "gh"}],
        "teams": [{"search": "gh"}],
        "businessUnits": [{"search": "e"}],
        "territories": [{"search": "e"}],
        "productLines": [{"search": "e"}],
        "records": [
            *({"type": key} for key in ("account", "order", "order_line", "phone_call", "opportunity")),
            {"type": "account", "filter": {"search": "e"}},
            *({"type": "opportunity", "filter": one} for one in of_records),
        ],
        "fiscalPeriods": [{"year": 2026}],
        "currencies": [{"locale": "de-AT"}],
        "exchangeRates": [{}, {"currency": "USD"}, {"on": "2026-02-01"}],
        "auditLog": [
            {},
            {"filter": {"who": ids["boss"], "what": "updateGoal", "which": scene.goals["Secret"]}},
            {"filter": {"from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"}},
        ],
        "explainVisibility": [{"userId": ids["rep-a"], "nodeId": scene.goals["Secret"]}],
        "node": [{"id": id_} for id_ in (scene.goals["Secret"], scene.records["hidden-1"], goals[0])],
        "nodes": [{"ids": everything}],
    }


def _trials(scene: Scene) -> list[dict[str, Any]]:
    """Rollup queries to try: none, saved and draft ones; alone and for goals, for each category."""
    ids, goals = scene.company.ids, scene.goals
    named, owned = field("name", isNull=False), {"owner": {"atOrBelowGoalOwner": True}}
    deals: list[dict[str, Any]] = [
        {"conditions": asking.BIG},
        {"conditions": field("name", endsWith="-0"), "amountField": "actualValue"},
        {"conditions": asking.OF_GRAZ},
        {"conditions": {"not": asking.OF_GRAZ}, "amountField": "estimatedValue"},
        *({"conditions": asking.BIG, "goalId": goals[key], "category": "ACTUAL"} for key in ("Goal 0", "Asking")),
        {"conditions": asking.OF_GRAZ, "goalId": goals["Of Graz"], "category": "ACTUAL"},
        {"conditions": owned, "goalId": goals["Asking"], "category": "IN_PROGRESS"},
        {"conditions": named, "goalId": goals["Secret"], "category": "IN_PROGRESS"},
    ]
    lines: list[dict[str, Any]] = [
        {"conditions": asking.MANY_ITEMS, "amountField": "extendedAmount"},
        {"conditions": asking.MANY_ITEMS, "goalId": goals["Of many items"], "category": "CUSTOM"},
        {"conditions": named, "goalId": goals["Of many items"], "category": "CUSTOM"},
    ]
    return [
        {"queryId": "absent"},
        {"queryId": ids["Of Graz"]},
        {"queryId": ids["Known owners"], "goalId": goals["Asking"], "category": "ACTUAL"},
        *({"recordType": "opportunity", **one} for one in deals),
        *({"recordType": "order_line", **one} for one in lines),
    ]


def uncovered(given: Given, queries: dict[str, GraphQLField] | None = None) -> list[str]:
    """Query fields, arguments, inputs' fields and values of enums that no document would use."""
    fields = SCHEMA.query_type.fields if queries is None else queries
    missing = []
    for name, field_ in fields.items():
        asked = given.get(name, [{}])
        used = {key for one in asked for key in one}
        for argument, definition in field_.args.items():
            if isinstance(definition.type, GraphQLNonNull) and not all(
                argument in one or definition.default_value is not Undefined for one in asked
            ):
                missing.append(f"{name}({argument}) is required and not given")
            if argument not in used | BOUNDS:
                missing.append(f"{name}({argument}) is never given")
            kind = get_named_type(definition.type)
            if isinstance(kind, GraphQLInputObjectType):
                values = [one[argument] for one in asked if one.get(argument)]
                missing += [f"{name}({argument}: {rest}" for rest in _unused(kind, values)]
    missing += [f"{name} is no query" for name in given if name not in fields]
    return missing + [f"{where} takes arguments and is asked without" for where in _without_arguments()]


def _unused(kind: GraphQLInputObjectType, values: list[Any]) -> Iterator[str]:
    for key, field_ in kind.fields.items():
        said = [value[key] for value in values if key in value]
        if not said:
            yield f"{{{key}}}) is never given"
        inner = get_named_type(field_.type)
        if isinstance(inner, GraphQLEnumType):
            flat = {one for value in said for one in (value if isinstance(value, list) else [value])}
            yield from (f"{{{key}: {one}}}) is never given" for one in inner.values if one not in flat)


def _without_arguments() -> list[str]:
    """Fields below queries that take arguments which no document gives."""
    return [
        f"{kind.name}.{name}({argument})"
        for kind in SCHEMA.type_map.values()
        if isinstance(kind, GraphQLObjectType)
        if kind not in {SCHEMA.query_type, SCHEMA.mutation_type, SCHEMA.subscription_type}
        if not kind.name.startswith("__")
        for name, field_ in kind.fields.items()
        for argument in field_.args
        if argument not in BOUNDS and not any(argument in one for one in _NESTED.get(name, ()))
    ]


def unselected(asked: Iterable[Asked]) -> list[str]:
    """Fields of the schema's types that no document selects."""
    info, used = TypeInfo(SCHEMA), set()

    class Selected(Visitor):
        def enter_field(self, node: FieldNode, *_: Any) -> None:
            kind = info.get_parent_type()
            used.add(f"{kind.name if kind else ''}.{node.name.value}")

    for text in {one.document for one in asked if one.path is None}:
        visit(parse(text), TypeInfoVisitor(info, Selected()))
    return [
        f"{kind.name}.{name}"
        for kind in SCHEMA.type_map.values()
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__")
        for name in kind.fields
        if f"{kind.name}.{name}" not in used
    ]


def documents(scene: Scene) -> list[Asked]:
    """Every query field with each of its arguments; lists in one go, and in small pages to their end."""
    given = arguments(scene)
    found = []
    for name, field_ in SCHEMA.query_type.fields.items():
        kind = get_named_type(field_.type)
        depth = _DEPTHS.get(name, 1)
        deep = _DEEP.get(name, (0,))
        for number, values in enumerate(given.get(name, [{}])):
            bounded = values if not kind.name.endswith("Connection") else {"first": _PAGE, **values}
            bounded = {"first": 100, **values} if name == "goalTree" else bounded
            for place, selection in enumerate(selections(kind, depth if number in deep else 0)):
                found.append(Asked(f"{name} {values} {place}", _query(name, field_, bounded, selection), bounded))
            if kind.name.endswith("Connection"):
                small = {"first": 3 if name == "goals" else 5, **values}
                text = _query(name, field_, {**small, "after": None}, _PAGED)
                found.append(Asked(f"{name} {values} in pages", text, small, walk=name))
    return [*found, *_named_by_hand(scene)]


_PAGED = (
    "{ totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { __typename } } }"
)


def _query(name: str, field_: GraphQLField, values: dict[str, Any], selection: str) -> str:
    declared = ", ".join(f"${key}: {field_.args[key].type}" for key in values)
    passed = ", ".join(f"{key}: ${key}" for key in values)
    return f"{f'query({declared}) ' if declared else ''}{{ {name}{f'({passed})' if passed else ''} {selection} }}"


def _named_by_hand(scene: Scene) -> list[Asked]:
    """Aliases and fragments: hidden and absent things side by side, in one document."""
    text = (
        "query($a: ID!, $b: ID!) { "
        "x: goal(id: $a) { ...one } y: goal(id: $b) { ...one } z: node(id: $b) { id ...one } "
        'page: goals(first: 10, filter: {search: "o"}) { totalCount nodes { ...one '
        "a: children(first: 2) { totalCount } "
        "b: children(first: 1) { nodes { id } pageInfo { hasNextPage endCursor } } } } } "
        "fragment one on Goal { title parent { id title } ancestors { id } actual target version updatedAt "
        'restrictedChildren { count } childTargets { sum } t: target usd: amounts(currency: "USD") { target actual } }'
    )
    pairs = [("Secret", "Seen below"), ("Far", "Goal 1"), ("Secret leaf", "Goal 2")]
    aliases = [
        Asked(f"aliases {one}, {two}", text, {"a": scene.goals[one], "b": scene.goals[two]}) for one, two in pairs
    ]
    # What stands behind numbers, and nothing else of a goal.
    fields = SCHEMA.type_map["Goal"].fields
    behind = [
        (f"{name}{given}", f"{name}{given} {selections(get_named_type(fields[name].type), 2)[0]}")
        for name, given in (
            ("explain", ""),
            *product(("contributions", "overlap"), ("", "(category: IN_PROGRESS)", "(category: CUSTOM)")),
        )
    ]
    about = {"near": scene.graph.goals["Secret"].parent or ""}
    about |= {key: key for key in scene.goals if key.startswith(("Asking", "Of "))}
    return aliases + [
        Asked(f"{name} of {word}", f"query($id: ID!) {{ goal(id: $id) {{ {text} }} }}", {"id": scene.goals[key]})
        for word, key in about.items()
        for name, text in behind
    ]


def selections(kind: Any, depth: int) -> list[str]:
    """All fields of a type, `depth` objects deep; of an interface, those of each of its types in turn."""
    if isinstance(kind, GraphQLInterfaceType) and not depth:
        return ["{ __typename id }"]
    if isinstance(kind, GraphQLInterfaceType):
        return [f"{{ __typename ... on {one.name} {_fields(one, depth)} }}" for one in _possible(kind)]
    return [_fields(kind, depth)]


def _fields(kind: Any, depth: int) -> str:
    parts = ["__typename"]
    for name, field_ in kind.fields.items():
        inner = get_named_type(field_.type)
        for number, given in enumerate(_NESTED.get(name, ("",)) if field_.args else ("",)):
            alias = f"{name}{number}: {name}{given}" if number else f"{name}{given}"
            if isinstance(inner, GraphQLUnionType):
                # Only what has no further fields: those of one name are of other types elsewhere in the union.
                one_by_one = " ".join(f"... on {one.name} {_fields(one, 0)}" for one in _possible(inner))
                parts += [f"{alias} {{ {one_by_one} }}"] if depth else []
            elif not isinstance(inner, GraphQLObjectType):
                parts.append(alias)
            elif name == "edges":
                parts.append("edges { __typename cursor node { __typename } }")
            elif name == "formatted":
                parts.append(f"{alias} {_fields(inner, 0)}")
            elif name in _NESTED or inner.name.endswith(("Connection", "TreeNode")):
                parts += [f"{alias} {_fields(inner, 0)}"] if depth or kind.name.endswith(_WRAPPING) else []
            elif not any(map(_is_object, inner.fields.values())):
                parts += [f"{alias} {_fields(inner, depth)}"] if depth or kind.name.endswith(_WRAPPING) else []
            elif depth or kind.name.endswith(_WRAPPING):
                parts.append(f"{alias} {_fields(inner, depth if kind.name.endswith(_WRAPPING) else depth - 1)}")
    return f"{{ {' '.join(parts)} }}"


def _is_object(field_: Any) -> bool:
    return isinstance(get_named_type(field_.type), GraphQLObjectType | GraphQLUnionType)


def _possible(kind: Any) -> Any:
    return SCHEMA.get_possible_types(kind)
