"""The rollup on hand-made trees: what counts, for each kind of owner, and what does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.rollup_compiler import Category
from tests.factories import Q1

if TYPE_CHECKING:
    from tests.factories import Company


async def test_own_parts_add_up_to_the_root(company: Company) -> None:
    await company.users("Manager", "Rep 1", "Rep 2", "Rep 3")
    metric = await company.metric()
    manager = company.ids["Manager"]
    root = await company.goal(
        "Team", metric_id=metric, manager_id=manager, period=Q1, target="1500000", rollup_only_from_children=True
    )
    reps = [
        await company.goal(name, parent_id=root, manager_id=manager, owner_id=company.ids[name], target="500000")
        for name in ("Rep 1", "Rep 2", "Rep 3")
    ]
    await company.won("Rep 1", ("410000", "2026-02-01"))
    await company.won("Rep 2", ("275000", "2026-03-31"))
    await company.won("Manager", ("100000", "2026-01-01"))
    assert await company.totals([root, *reps]) == [None] * 4
    report = await company.recalculate(reps[0])
    assert report.root == root
    assert report.goals == 4
    assert await company.totals([root, *reps]) == ["685000", "410000", "275000", "0"]
    assert await company.totals([root, *reps], Category.IN_PROGRESS) == ["0"] * 4
