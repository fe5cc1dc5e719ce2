"""A tree of goals as one viewer sees it: read by one statement, and never with a sum torn from its parts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graph.goal import ATTRIBUTES, DATES_AND_MOMENTS, STORED, GoalRow
from graph.metric import MetricRow
from graph.rollup_compiler import Category
from graph.statement import Read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import LiteralString


@dataclass(frozen=True, slots=True)
class TreeNode:
    """A goal in a tree as one viewer sees it: depth below the tree's root, number of visible children."""

    depth: int
    child_count: int
    goal: GoalRow


@dataclass(frozen=True, slots=True)
class Tree:
    """Nodes, shallowest first; `torn`: some sum and its parts were read on two sides of a commit."""

    nodes: list[TreeNode]
    metric: MetricRow
    torn: bool


#: The bound in `goal/tree.cypher` that stands for the depth asked for.
_BOUND = "{0,64}"
DEEPEST = 64
_NOTHING = (0,) * len(Category)
#: All that can be asked for but dates and moments.
PROPERTIES = tuple(name for name in STORED if name not in DATES_AND_MOMENTS)
_LINKS = ("metric_id", "manager_id", "owner_id")
_ROOT_FACTS = ("calculated_ms", "calculating_until_ms", "holds_until")


@dataclass(frozen=True)
class GoalTree(Read[Tree], path="goal/tree", row=Tree):
    """The visible tree below a goal, `depth` levels (0: the goal alone), at most `first` goals.

    Only the stored `properties` are read; dates and moments if `moments`, the ids of manager and owner if `links`,
    rollup queries if `queries`. What was not read is no attribute of a row.
    """

    viewer: str
    root: str
    first: int
    depth: int
    properties: list[str] = field(default_factory=lambda: list(PROPERTIES))
    moments: bool = True
    links: bool = True
    queries: bool = True

    @property
    def text(self) -> LiteralString:
        """The statement with its bound set: a path's bound cannot be a parameter."""
        text = super().text
        if _BOUND not in text:
            message = f"goal/tree.cypher must bound its path by {_BOUND}"
            raise ValueError(message)
        bounded: LiteralString = text.replace(_BOUND, f"{{0,{min(max(int(self.depth), 1), DEEPEST)}}}")
        return bounded

    def read_row(self, columns: Mapping[str, Any]) -> Tree:  # type: ignore[override] # what was asked for is needed
        """A tree from its lists; what the root knows is the same for every node, and so is the metric."""
        metric = MetricRow.read(columns["metric"])
        attributes = [ATTRIBUTES[name] for name in self.properties]
        attributes += [ATTRIBUTES[name] for name in DATES_AND_MOMENTS] if self.moments else []
        attributes += _LINKS if self.links else []
        attributes += ["queries"] if self.queries else []
        attributes += ["parent_id", *_ROOT_FACTS, "masked"]
        facts, pending = columns["root_facts"], set(columns["pending"])
        nodes: list[TreeNode] = []
        hidden: dict[str, list[int]] = {}
        for depth, child_count, hidden_sums, parent_id, stored, moments, links, queries in columns["goals"]:
            parent = parent_id if depth else columns["parent_id"]
            read = [*stored, *(moments or ()), *(links or ()), *((queries,) if self.queries else ())]
            values = [*read, parent, *facts, columns["masked"]]
            goal = GoalRow.some(attributes, values, pending)
            nodes.append(TreeNode(depth, child_count, goal))
            if hidden_sums is not None:
                hidden[goal.id] = hidden_sums
        return Tree(nodes, metric, self._is_torn(nodes, hidden, metric))

    def _is_torn(self, nodes: Sequence[TreeNode], hidden: Mapping[str, Sequence[int]], metric: MetricRow) -> bool:
        # The sums that were read: those are shown, so those are compared.
        categories = [category for category in metric.categories if f"{category.stored}Below" in self.properties]
        # Of a list that is full, goals may have been left out anywhere below the first.
        return is_torn(nodes, hidden, categories, depth=self.depth if len(nodes) < self.first else 0)


def is_torn(
    nodes: Sequence[TreeNode], hidden: Mapping[str, Sequence[int]], categories: Sequence[Category], *, depth: int
) -> bool:
    """Whether an open goal's sum is not that of its children, shown and `hidden` (sums of all categories, by goal id).

    Above `depth` all children are shown: if they are fewer or more than were counted, one came or went meanwhile, and
    the sum may be that of another moment, too. Where children were left out, by depth or by number, no reader can
    compare, and neither does this.
    """
    shown: dict[str | None, list[GoalRow]] = defaultdict(list)
    for node in nodes:
        if node.depth:
            shown[node.goal.parent_id].append(node.goal)
    for node in nodes:
        goal, children = node.goal, shown.get(node.goal.id, ())
        if not categories or goal.state != "OPEN" or goal.rollup_error:
            continue
        if len(children) != node.child_count:
            if node.depth < depth or len(children) > node.child_count:
                return True
            continue
        if not is_sum_of(children, hidden.get(goal.id), {category: goal.below(category) for category in categories}):
            return True
    return False


def is_sum_of(children: Iterable[GoalRow], hidden: Sequence[int] | None, sums: Mapping[Category, int]) -> bool:
    """Whether `sums` are those of a goal's children, shown and `hidden` (sums of all categories; None: none are)."""
    counting = [child for child in children if child.state != "CANCELLED"]
    more = dict(zip(Category, hidden or _NOTHING, strict=True))
    return all(
        sum(child.stored_total(category) or 0 for child in counting) + more[category] == total
        for category, total in sums.items()
    )


def in_tree_order(nodes: Sequence[TreeNode]) -> list[TreeNode]:
    """Depth first, each goal before its children; `nodes` come level by level, siblings in order."""
    below: dict[str | None, list[TreeNode]] = defaultdict(list)
    for node in nodes[1:]:
        below[node.goal.parent_id].append(node)
    ordered = []
    waiting = list(nodes[:1])
    while waiting:
        node = waiting.pop()
        ordered.append(node)
        waiting.extend(reversed(below[node.goal.id]))
    return ordered
