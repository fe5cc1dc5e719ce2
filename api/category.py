"""The categories of rollup fields, described for the schema before anything uses them."""

from __future__ import annotations

from api.enums import describe_enum
from graph.rollup_compiler import Category

describe_enum(
    Category,
    "What a rollup field feeds.",
    {
        Category.ACTUAL: "What has been reached: the actual total.",
        Category.IN_PROGRESS: "What is under way: the in-progress total.",
        Category.CUSTOM: "A total of the organization's own.",
    },
    name="RollupCategory",
)

__all__ = ["Category"]
