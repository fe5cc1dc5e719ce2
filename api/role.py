"""Roles and privileges in GraphQL. Queries of them: rights_query.py; changing and giving them: rights_mutation.py."""

from typing import Self

import strawberry

from api.enums import describe_enum
from api.fields import detail
from api.node import Node
from graph.rights import Depth, Kind, Operation
from graph.rights import Privilege as PrivilegeRow
from graph.role import RoleRow

describe_enum(
    Kind,
    "What a privilege is about.",
    {
        Kind.GOAL: "Goals, by the business unit of their manager.",
        Kind.METRIC: "Metrics and their rollup fields. Everybody may read them.",
        Kind.ROLLUP_QUERY: "Rollup queries.",
        Kind.RECORD: "Records of all types, or of the one named, by the business unit of their owner.",
        Kind.STRUCTURE: "Users, teams, business units, territories and product lines. Everybody may read them.",
        Kind.SETTINGS: "The fiscal calendar and all other settings.",
        Kind.AUDIT: "What was done by whom.",
    },
    name="PrivilegeKind",
)
describe_enum(
    Operation,
    "What a privilege allows.",
    {
        Operation.CREATE: "To create.",
        Operation.READ: "To see singly.",
        Operation.WRITE: "To change.",
        Operation.DELETE: "To delete.",
        Operation.ASSIGN: "To give to another owner or manager.",
        Operation.SHARE: "To share with others.",
        Operation.USE: "To attach, as rollup queries are to goals.",
        Operation.AGGREGATE: "To count and sum, without seeing anything singly.",
        Operation.RECALCULATE: "To have recalculated.",
        Operation.OVERRIDE: "To pin totals.",
    },
    name="PrivilegeOperation",
)
describe_enum(
    Depth,
    "How far a privilege reaches.",
    {
        Depth.NONE: "Nowhere.",
        Depth.OWN: "To what is one's own.",
        Depth.UNIT: "To what belongs to one's business unit.",
        Depth.UNIT_AND_BELOW: "To what belongs to one's business unit or one below it.",
        Depth.ORGANIZATION: "To everything.",
    },
    name="PrivilegeDepth",
)


@strawberry.type(description="One right of a role.")
class Privilege:
    """A privilege."""

    kind: Kind = detail("What it is about.")
    record_type: str | None = detail("Key of the one record type it is about; null for all, and for other kinds.")
    operation: Operation = detail("What it allows.")
    depth: Depth = detail("How far it reaches.")

    @classmethod
    def of(cls, row: PrivilegeRow) -> Self:
        """From its row."""
        return cls(kind=row.kind, record_type=row.record_type, operation=row.operation, depth=row.depth)


@strawberry.type(description="What its holders may do. Privileges of several roles add up; without any there is none.")
class Role(Node):
    """A role."""

    row: strawberry.Private[RoleRow]

    @detail("Name, unique without regard to case, 1 to 100 characters.")
    def name(self) -> str:
        """The name."""
        return self.row.name

    @detail("Description, up to 2 000 characters.")
    def description(self) -> str | None:
        """The description."""
        return self.row.description

    @detail("Whether it came with the program: then it keeps its name.")
    def shipped(self) -> bool:
        """Whether shipped."""
        return self.row.shipped

    @detail("What it allows.")
    def privileges(self) -> list[Privilege]:
        """The privileges."""
        return [Privilege.of(row) for row in self.row.privileges]
