"""What a goal's own part must be, from the drawn values of a world: semantics §5, §9, word by word, in plain Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.worlds import Goal, Record, World


def own(world: World, goal: Goal, candidates: list[int]) -> list[int]:
    """Those of the records of the right type and state that a goal's own part counts, by their numbers."""
    if goal.only_children:
        return []
    return [
        number
        for number in candidates
        for dated in dated_by(world, world.records[number])
        if dated.day is not None
        and goal.start <= dated.day <= goal.end
        and (goal.all_records or _holds(world, goal, world.records[number]))
    ]


def dated_by(world: World, record: Record) -> list[Record]:
    """The record whose state and date count, if any: an order line's order, any other itself."""
    if record.label != "OrderLine":
        return [record]
    return [] if record.parent is None else [world.records[record.parent]]


def _inherited(world: World, record: Record, link: str) -> Any:
    """A record's owner, territory or product line: its own, or else that of the record it is part of."""
    own = getattr(record, link)
    return own if own is not None or record.parent is None else _inherited(world, world.records[record.parent], link)


def _holds(world: World, goal: Goal, record: Record) -> bool:
    kind, number = goal.owner
    if kind == "TERRITORY":
        return _inherited(world, record, "territory") in _at_or_below(world.territories, number)
    if kind == "PRODUCT_LINE":
        return _inherited(world, record, "product_line") in _at_or_below(world.product_lines, number)
    found = _inherited(world, record, "owner")
    if found is None:
        return False
    owner_kind, owner = found
    if kind == "BUSINESS_UNIT":
        unit = world.user_units[owner] if owner_kind == "USER" else world.team_units[owner]
        return unit in _at_or_below(world.units, number)
    if kind == "TEAM" and goal.members and owner_kind == "USER":
        return number in world.memberships[owner]
    return (owner_kind, owner) == goal.owner


def _at_or_below(parents: tuple[int | None, ...], top: int) -> set[int]:
    found = {top}
    for number, parent in enumerate(parents):  # a parent's number is smaller
        if parent in found:
            found.add(number)
    return found
