"""A tree of goals in one answer: a flat list in tree order, read by one statement."""

from __future__ import annotations

import strawberry

from api.context import Context, Info
from api.fields import detail
from api.goal import Goal
from api.shape import mentioned
from api.tree_needs import needs
from graph import rollup
from graph.database import Transaction
from graph.goal_tree import GoalTree as GoalTreeStatement
from graph.goal_tree import Tree, TreeNode, in_tree_order

#: How often a tree is read again when a commit came in between, before its root is locked for one more reading.
ATTEMPTS = 3


@strawberry.type(description="A goal in a tree.")
class GoalTreeNode:
    """A node of a tree."""

    node: strawberry.Private[TreeNode]
    goal: Goal = detail("The goal.")

    @detail("The goal's id.")
    def id(self) -> strawberry.ID:
        """The goal's id."""
        return strawberry.ID(self.node.goal.id)

    @detail("Id of the goal above, which is also in the tree; for the top goal its parent's, if the viewer may see it.")
    def parent_id(self) -> strawberry.ID | None:
        """The parent's id."""
        parent = self.node.goal.parent_id
        return None if parent is None else strawberry.ID(parent)

    @detail("Levels below the top goal, which has 0.")
    def depth(self) -> int:
        """The depth."""
        return self.node.depth

    @detail("How many children the viewer may see, in this answer or not.")
    def child_count(self) -> int:
        """The number of visible children."""
        return self.node.child_count


@strawberry.type(description="The tree below a goal, as the viewer sees it: it stops at goals the viewer may not see.")
class GoalTree:
    """A tree."""

    shown: strawberry.Private[list[GoalTreeNode]]

    @detail("The goals in tree order: each before its children, siblings by title.")
    def nodes(self, info: Info) -> list[GoalTreeNode]:
        """Give the nodes; many at once are shaped past the executor, where the selection allows it."""
        return info.context.answer_directly(info, "GoalTreeNode", self.shown)

    truncated: bool = detail("Whether goals were left out because of `first`; the upper levels come first.")


async def read_tree(info: Info, root_id: str, depth: int, first: int) -> GoalTree | None:
    """The tree below a goal; None if the viewer may not see the goal."""
    context = info.context
    statement = GoalTreeStatement(context.viewer.id, root_id, first + 1, depth, *needs(mentioned(info)))
    tree = await _read_whole(context, statement)
    if tree is None or not tree.nodes:
        return None
    now = context.clock.now()
    nodes = in_tree_order(tree.nodes[:first])
    return GoalTree(
        shown=[GoalTreeNode(node=node, goal=Goal(row=node.goal, measure=tree.metric, now=now)) for node in nodes],
        truncated=len(tree.nodes) > first,
    )


async def _read_whole(context: Context, statement: GoalTreeStatement) -> Tree | None:
    """The tree without a sum torn by a commit: read again, and at last under the lock that every writer takes first."""

    async def locked(tx: Transaction) -> Tree | None:
        await rollup.lock_roots(tx, [statement.root])
        return await tx.one(statement)

    for _ in range(ATTEMPTS):
        tree = next(iter(await context.fetch(statement)), None)
        if tree is None or not tree.torn:
            return tree
        context.database.counts["torn"] += 1
    context.database.counts["locked"] += 1
    return await context.locked(locked)
