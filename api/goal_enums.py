"""The enums of goals, each value with its description. Importing this puts them into the schema."""

from __future__ import annotations

from api.enums import describe_enum
from graph.goal import GoalState, RecordSet, RollupState

describe_enum(
    GoalState,
    "Whether a goal is open or closed.",
    {
        GoalState.OPEN: "It can change.",
        GoalState.ACHIEVED: "Closed and read-only; its frozen total still counts in the goals above.",
        GoalState.CANCELLED: "Closed and read-only; it no longer counts in the goals above.",
    },
)
describe_enum(
    RecordSet,
    "Which records a goal's own part counts.",
    {RecordSet.OWNED: "Those of its owner.", RecordSet.ALL: "All of the record type."},
)
describe_enum(
    RollupState,
    "How far the numbers can be relied on: the first that holds.",
    {
        RollupState.ERROR: "Something went wrong; the last good numbers are kept.",
        RollupState.OVERFLOW: "A total does not fit 64 bits; the last good numbers are kept.",
        RollupState.CALCULATING: "A run is under way.",
        RollupState.STALE: "Something changed that the numbers do not contain yet.",
        RollupState.CURRENT: "The numbers contain every change.",
    },
)
