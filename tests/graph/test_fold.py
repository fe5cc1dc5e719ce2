"""Folding of what was looked at before trees changed: nothing is taken then, and the next look finds it where it is."""

from __future__ import annotations

import pytest

from graph import goal_change
from graph.change import WaitingChanges
from graph.fold import _fold_tree, fold_waiting
from tests.factories import YEAR, Company


@pytest.mark.parametrize("what", ["moved below another root", "moved apart", "deleted"])
async def test_what_waits_is_folded_where_it_is_by_now(company: Company, what: str) -> None:
    await company.users("boss", "rep", "other")
    metric, boss = await company.metric(), company.ids["boss"]
    root, above = [
        await company.goal(title, metric_id=metric, manager_id=boss, period=YEAR, rollup_only_from_children=True)
        for title in ("Root", "Above")
    ]
    goals = [await company.goal(rep, parent_id=root, owner_id=company.ids[rep]) for rep in ("rep", "other")]
    await company.fold()
    await company.won("rep", ("5", "2026-02-01"))
    await company.won("other", ("7", "2026-02-01"))
    (seen,) = await company.database.fetch(WaitingChanges())
    assert (seen.root, sorted(seen.goals)) == (root, sorted(goals))
    if what == "moved below another root":
        await company.move(root, above)
    elif what == "moved apart":
        await company.move(goals[0], above)
    else:
        viewer, now = company.administrator, company.clock.now()
        await company.write(lambda tx: goal_change.delete_goal(tx, viewer, root, now))
    before = await company.database.fetch(WaitingChanges())
    await _fold_tree(company.database, company.clock, seen)
    assert await company.database.fetch(WaitingChanges()) == before
    while await fold_waiting(company.database, company.clock):
        pass
    assert await company.database.fetch(WaitingChanges()) == []
    assert await company.totals(goals) == ["5", "7"]
    if what != "deleted":
        assert await company.total(above) == ("12" if what == "moved below another root" else "5")
        assert (await company.recalculate(root)).changed == 0
