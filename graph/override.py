"""Overrides: values pinned in the place of computed ones, with a reason and perhaps an end. Semantics §9.

A pin counts until a run after its end takes it away, so that stored sums agree at every moment; meanwhile the tree is
stale. What ends them is `rollup`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graph.errors import ErrorCode, Refusal
from graph.goal_change import fold_above, locked_goal
from graph.goal_rules import check_closed, metric_with_fields
from graph.history import write_changes
from graph.metric import MetricType
from graph.money import parse_units
from graph.rights import Operation, check_field_writable
from graph.rollup_compiler import Category
from graph.rollup_statements import OVERRIDE, NoteEnds
from graph.text import checked_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from graph.database import Transaction
    from graph.metric import MetricRow
    from graph.visibility import Viewer

#: The name of each category's field in an input.
FIELDS = {category: category.stored for category in Category}


@dataclass(frozen=True)
class OverrideDraft:
    """What to pin, as text: None takes a category's pin away, an absent category stays. `end` is the last day."""

    values: Mapping[Category, str | None]
    reason: str
    end: date | None = None


async def override_goal(tx: Transaction, viewer: Viewer, goal_id: str, draft: OverrideDraft, now: datetime) -> None:
    """Pin values of an open goal; the sums above follow at once. Reason, author, time and end are those given last."""
    goal = await locked_goal(tx, viewer, goal_id, operation=Operation.OVERRIDE)
    check_closed(goal, ("id",))
    metric = await metric_with_fields(tx, viewer, goal.goal.metric_id)
    for category in draft.values:
        await check_field_writable(tx, viewer, f"goal.{category.stored}", (FIELDS[category],))
    values = {category: _units(metric, category, text) for category, text in draft.values.items()}
    if all(values.get(category, goal.goal.pinned(category)) is None for category in Category):
        message = "Nothing would be pinned. Give a value, or end the override with clearGoalOverride."
        raise Refusal(ErrorCode.REQUIRED, message, (FIELDS[metric.categories[0]],))
    reason = checked_text(draft.reason, ("reason",))
    if reason is None:
        message = "An override needs a reason. Say why, in up to 2000 characters."
        raise Refusal(ErrorCode.REQUIRED, message, ("reason",))
    if draft.end is not None and draft.end < metric.today(now):
        message = "The override would be over already. Name today or a later day, or leave the end out."
        raise Refusal(ErrorCode.INVALID_VALUE, message, ("endDate",))
    said = {"overrideReason": reason, "overrideAuthor": viewer.id, "overriddenAt": now, "overrideEnd": draft.end}
    pinned = {f"{category.stored}Pinned": units for category, units in values.items()}
    await write_changes(tx, [goal_id], {**said, **pinned, "updatedAt": now}, now)
    await fold_above(tx, goal, now)
    await tx.run(NoteEnds([goal_id]))


async def clear_override(tx: Transaction, viewer: Viewer, goal_id: str, now: datetime) -> None:
    """End an open goal's override, if it has one; its computed values count again, also in the sums above, at once."""
    goal = await locked_goal(tx, viewer, goal_id, operation=Operation.OVERRIDE)
    check_closed(goal, ("id",))
    if goal.goal.override_reason is None:
        return
    ended: dict[str, Any] = {**dict.fromkeys(OVERRIDE), "updatedAt": now}
    await write_changes(tx, [goal_id], ended, now)
    await fold_above(tx, goal, now)
    await tx.run(NoteEnds([goal_id]))


def _units(metric: MetricRow, category: Category, text: str | None) -> int | None:
    """A value to pin as units. Refuses (INVALID_VALUE) a category that the metric lacks, a negative count."""
    name = FIELDS[category]
    if text is None:
        return None
    if category not in metric.categories:
        message = f"The metric has no {name} category. Leave it out."
        raise Refusal(ErrorCode.INVALID_VALUE, message, (name,))
    units = parse_units(text, metric.data_type, (name,))
    if units < 0 and metric.type is MetricType.COUNT:
        message = "A count cannot be negative. Use 0 or more."
        raise Refusal(ErrorCode.INVALID_VALUE, message, (name,))
    return units
