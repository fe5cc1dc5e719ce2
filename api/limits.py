"""How much one document may ask, and what it costs. What asks for more is refused before any database access.

Depth, aliases, directives and repetitions are counted before validation, whose own work can grow with the square of a
document; the cost after it, because it needs types and variables. Each is one walk: a fragment is looked into once,
however often it is spread.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
)
from strawberry.extensions import SchemaExtension

from graph.errors import LimitExceeded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from graphql import DocumentNode, GraphQLField, GraphQLSchema

    from api.context import Context

MAX_DEPTH: Final = 10
MAX_ALIASES: Final = 15
MAX_DIRECTIVES: Final = 50
#: Selections that say once more what the one beside them says. Clients that compose documents have a few.
MAX_REPETITIONS: Final = 50
MAX_COST: Final = 5_000
#: Nodes of a page, and of a tree, where a document does not say.
_PAGE: Final = 50
_TREE: Final = 2_000
#: Goals of a tree that cost as much as one object: they come in one answer of one statement.
_TREE_SHARE: Final = 10
#: Points of a history that cost as much as one object, the days of a whole one, the fewest days from point to point.
_HISTORY_SHARE: Final = 10
_HISTORY_DAYS: Final = 760
_DAYS_APART: Final = {"WEEK": 7, "MONTH": 28, "FISCAL_PERIOD": 28}
_INTROSPECTION: Final = frozenset({"__schema", "__type"})


@dataclass(frozen=True, slots=True)
class Shape:
    """What a document looks like: levels of fields, aliases, directives, and what is said again beside itself.

    A fragment counts for depth wherever it is spread, and once for all else.
    """

    depth: int
    aliases: int
    directives: int
    repetitions: int = 0


class Limits(SchemaExtension):
    """Refuses documents that ask for too much, and tells the cost of all others in `extensions.cost`."""

    _cost: int | None = None

    def on_validate(self) -> Iterator[None]:
        """Look at the document's shape before its rules are."""
        document = self.execution_context.graphql_document
        if document is not None:
            check_shape(shape_of(document))
        yield

    def on_execute(self) -> Iterator[None]:
        """Work the cost out before anything is asked of the database."""
        execution = self.execution_context
        document = execution.graphql_document
        if document is not None:
            schema = execution.schema._schema  # noqa: SLF001 - Strawberry has no public way to graphql-core's
            self._cost = cost_of(schema, document, execution.operation_name, execution.variables or {})
            if self._cost > MAX_COST:
                message = f"This costs {self._cost}, and a request may cost {MAX_COST}. Ask for less at once."
                raise LimitExceeded(message)
        yield

    def get_results(self) -> dict[str, Any]:
        """Tell the cost, and in development the statements with their times."""
        context: Context | None = self.execution_context.context
        if self._cost is None or context is None or not context.identified:
            return {}
        if not context.introspection:
            return {"cost": self._cost}
        statements = [{"name": name, "ms": round(seconds * 1000, 1)} for name, seconds in context.trace.statements]
        return {"cost": self._cost, "statements": statements}


def check_shape(shape: Shape) -> None:
    """Raises LimitExceeded for a document that is nested too deep, or has too much of anything else."""
    for what, found, most in (
        ("nested fields", shape.depth, MAX_DEPTH),
        ("aliases", shape.aliases, MAX_ALIASES),
        ("directives", shape.directives, MAX_DIRECTIVES),
        ("repetitions", shape.repetitions, MAX_REPETITIONS),
    ):
        if found > most:
            message = f"A document has at most {most} {what}. This one has more: split it."
            raise LimitExceeded(message)


def shape_of(document: DocumentNode) -> Shape:
    """The shape of all operations of a document together; questions about the schema itself do not count for depth."""
    counter = _Shapes(document)
    depth = max((counter.depth(one.selection_set) for one in counter.operations), default=0)
    return Shape(depth, counter.aliases, counter.directives, counter.repetitions)


class _Shapes:
    """One look at a document. Fragments that spread themselves are for validation to refuse: here they are 0 deep."""

    def __init__(self, document: DocumentNode) -> None:
        self.aliases = 0
        self.directives = 0
        self.repetitions = 0
        self.operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
        self._fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }
        self._depths: dict[str, int] = {}
        for one in (*self.operations, *self._fragments.values()):
            self.directives += len(one.directives or ())
            self._count(one.selection_set)

    def _count(self, selections: SelectionSetNode) -> None:
        waiting = [selections]
        while waiting:
            beside = waiting.pop().selections
            said = [_said(node) for node in beside if not isinstance(node, InlineFragmentNode)]
            self.repetitions += len(said) - len(set(said))
            for node in beside:
                self.directives += len(node.directives or ())
                self.aliases += isinstance(node, FieldNode) and node.alias is not None
                below = getattr(node, "selection_set", None)
                if below is not None:
                    waiting.append(below)

    def depth(self, selections: SelectionSetNode) -> int:
        """Levels of fields in a selection."""
        deepest = 0
        for node in selections.selections:
            if isinstance(node, FieldNode):
                if node.name.value in _INTROSPECTION:
                    continue
                found = 1 + (self.depth(node.selection_set) if node.selection_set else 0)
            elif isinstance(node, FragmentSpreadNode):
                found = self._fragment(node.name.value)
            else:
                found = self.depth(node.selection_set)  # type: ignore[attr-defined]
            deepest = max(deepest, found)
        return deepest

    def _fragment(self, name: str) -> int:
        if name not in self._depths:
            self._depths[name] = 0
            if name in self._fragments:
                self._depths[name] = self.depth(self._fragments[name].selection_set)
        return self._depths[name]


def _said(node: Any) -> tuple[type, str]:
    """What makes two selections beside each other the same one said twice."""
    return type(node), (getattr(node, "alias", None) or node.name).value


def cost_of(
    schema: GraphQLSchema, document: DocumentNode, operation_name: str | None, variables: Mapping[str, Any]
) -> int:
    """The cost of a valid document's operation. Source of the formula: visibility.md §6.

    Scalars 0, an object 1, a history 1 + points / 10, a connection 1 + `first` times what is in a node, a tree
    1 + goals / 10, and as much again for each kind of thing read for its goals. Questions about the schema itself cost
    nothing.
    """
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    wanted = [one for one in operations if operation_name is None or (one.name and one.name.value == operation_name)]
    if len(wanted) != 1:
        return 0  # execution refuses it
    root = schema.get_root_type(wanted[0].operation)
    defaults = {
        one.variable.name.value: int(one.default_value.value)
        for one in wanted[0].variable_definitions or ()
        if isinstance(one.default_value, IntValueNode)
    }
    return 0 if root is None else _Costs(schema, document, {**defaults, **variables}).of(root, wanted[0].selection_set)


class _Costs:
    """The costs of one document with its variables."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self._schema = schema
        self._variables = variables
        self._fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }
        self._known: dict[tuple[str, bool], int] = {}

    def of(self, type_: Any, selections: SelectionSetNode, *, carried: bool = False) -> int:
        """What a selection on a type costs. `carried`: in tenths, for each goal of a tree; plain objects come with it.

        What is read for all of them by one statement, such as their owners, costs as much once more as the goals.
        """
        total = 0
        for node in selections.selections:
            if isinstance(node, FieldNode):
                field = getattr(type_, "fields", {}).get(node.name.value)
                if field is not None and node.selection_set is not None:
                    total += self._field(field, node, carried=carried)
            elif isinstance(node, FragmentSpreadNode):
                total += self._fragment(node.name.value, carried=carried)
            elif isinstance(node, InlineFragmentNode):
                on = type_ if node.type_condition is None else self._schema.get_type(node.type_condition.name.value)
                total += self.of(on, node.selection_set, carried=carried)
        return total

    def _fragment(self, name: str, *, carried: bool) -> int:
        if (name, carried) not in self._known:
            fragment = self._fragments[name]
            on = self._schema.get_type(fragment.type_condition.name.value)
            self._known[name, carried] = self.of(on, fragment.selection_set, carried=carried)
        return self._known[name, carried]

    def _field(self, field: GraphQLField, node: FieldNode, *, carried: bool) -> int:
        type_: Any = get_named_type(field.type)
        selections = node.selection_set or SelectionSetNode(selections=())
        if carried and not field.args:
            return (1 if _is_loaded(type_) else 0) + self.of(type_, selections, carried=True)
        if carried:
            return _TREE_SHARE * self._field(field, node, carried=False)
        if type_.name == "GoalTree":
            inside = self.of(type_, selections, carried=True)
            return 1 + self._argument(node, "first", _TREE) * (1 + inside) // _TREE_SHARE
        inside = self.of(type_, selections)
        if type_.name.endswith("Connection"):
            given = "first" if self._argument(node, "last", -1) < 0 else "last"
            return 1 + self._argument(node, given, _PAGE) * inside
        if "ids" in field.args:
            return 1 + self._length(node, "ids") * (1 + inside)
        return 1 + (self._points(node) // _HISTORY_SHARE if type_.name == "GoalHistoryPoint" else inside)

    def _points(self, node: FieldNode) -> int:
        """How many points a history may have: those of the whole one unless both ends are named."""
        apart = _DAYS_APART.get(str(self._given(node, "interval")), 1)
        try:
            first, last = (date.fromisoformat(str(self._given(node, name))) for name in ("from", "to"))
        except ValueError:
            return _HISTORY_DAYS // apart
        return min(max((last - first).days, 0), _HISTORY_DAYS) // apart

    def _given(self, node: FieldNode, name: str) -> Any:
        """An argument's value, as given or in the variables; None where there is none."""
        for argument in node.arguments or ():
            if argument.name.value == name:
                value: Any = argument.value
                if isinstance(value, VariableNode):
                    return self._variables.get(value.name.value)
                return getattr(value, "value", None)
        return None

    def _argument(self, node: FieldNode, name: str, otherwise: int) -> int:
        for argument in node.arguments or ():
            if argument.name.value == name:
                value = argument.value
                found = self._variables.get(value.name.value) if isinstance(value, VariableNode) else None
                found = int(value.value) if isinstance(value, IntValueNode) else found
                return max(found, 0) if isinstance(found, int) else otherwise
        return otherwise

    def _length(self, node: FieldNode, name: str) -> int:
        for argument in node.arguments or ():
            if argument.name.value == name:
                value = argument.value
                found = self._variables.get(value.name.value) if isinstance(value, VariableNode) else None
                items = found if isinstance(found, list) else getattr(value, "values", ())
                return len(items)
        return 0


#: Objects of a tree that are nodes themselves and come with it all the same.
_WITH_THE_TREE: Final = frozenset({"Goal", "GoalTreeNode", "Metric", "RollupField"})


def _is_loaded(type_: Any) -> bool:
    """Whether objects of a type are read from the database for the goal they hang on."""
    if type_.name in _WITH_THE_TREE:
        return False
    if isinstance(type_, GraphQLUnionType | GraphQLInterfaceType):
        return True
    return isinstance(type_, GraphQLObjectType) and ("id" in type_.fields or type_.name.endswith("Connection"))
