"""Versions: each editable value of a goal moves one, no result does, and without the key nobody can make one."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from graph.errors import ErrorCode, Refusal
from graph.goal import GoalRow
from graph.version import ANY_VERSION, EDITABLE, Expected, editable_values, goal_version, metric_version, version_key
from tests.factories import YEAR

if TYPE_CHECKING:
    from tests.factories import Company

KEY = version_key(SecretStr("k" * 64))
#: A goal's results, moments, and what its root knows.
RESULTS = {
    *(field.name for field in fields(GoalRow) if field.name.endswith(("_own", "_count", "_below", "_ms"))),
    *("rollup_error", "rollup_message", "incomplete", "late_changes", "pending", "holds_until", "masked"),
}


async def test_each_editable_value_moves_the_version_and_no_result_does(company: Company) -> None:
    manager = company.ids["administrator"]
    goal_id = await company.goal("Goal", metric_id=await company.metric(), manager_id=manager, period=YEAR)
    goal, metric = await company.read(goal_id)
    assert {*EDITABLE, *RESULTS} == {field.name for field in fields(GoalRow)}, "say of the new field which it is"
    assert not {*EDITABLE} & RESULTS
    known = goal_version(KEY, goal)
    other: Any = "another value"
    versions = {name: goal_version(KEY, replace(goal, **{name: other})) for name in (*EDITABLE, *RESULTS)}
    assert {versions[name] for name in RESULTS} == {known}
    assert len({known, *versions.values()}) == len(EDITABLE) + 1
    # What is compared for subscribers is the same, whatever the viewer may not read.
    for masked in (None, ["goal.queries"], ["goal.actual"]):
        row = replace(goal, actual_pinned=1, masked=masked)
        assert sorted(map(repr, editable_values(row))) == sorted(repr(row.editable(name)) for name in EDITABLE)
    assert editable_values(replace(goal, actual_pinned=1)) != editable_values(goal)
    assert goal_version(version_key(SecretStr("l" * 64)), goal) != known
    assert metric_version(KEY, replace(metric, in_use=True)) == metric_version(KEY, metric)


def test_only_the_version_expected_will_do() -> None:
    ANY_VERSION.check("x")
    Expected("x", KEY).check("x")
    for expected in ("", "y", "é"):
        with pytest.raises(Refusal) as refused:
            Expected(expected, KEY).check("x")
        assert refused.value.problem.code is ErrorCode.CONFLICT
