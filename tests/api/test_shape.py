"""Trees shaped past the executor answer exactly as the executor does, and decline what they cannot do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from api import context as context_module
from api.context import Context
from api.loaders import Loaders
from api.schema import schema
from tests.factories import Q1

if TYPE_CHECKING:
    from graph.settings import Settings
    from tests.factories import Company

ALL_PLAIN = """
  __typename id title description state restricted target stretchTarget rollupOnlyFromChildren recordSet
  includeTeamMembers createdAt updatedAt
  actual ownActual computedActual inProgress ownInProgress computedInProgress custom ownCustom computedCustom
  recordCount
  status percentageAchieved stretchPercentageAchieved todaysTarget todaysTargetPercentage projected
  pace { amount days __typename } progressReasons { field code }
  period { kind fiscalYear index label startDate endDate }
  rollup { state calculatedAt incomplete error }
  metric { id name type dataType tracksStretchTarget rollupFields { id category recordType amountField statuses } }
"""
SHAPED = {
    "everything": "{ goalTree(rootId: $root) { truncated nodes { id parentId depth childCount "
    f"goal {{ {ALL_PLAIN} }} }} }} }}",
    "aliases": "{ a: goalTree(rootId: $root) { b: nodes { x: id y: goal { id z: target target } } } "
    "c: goalTree(rootId: $root, depth: 0) { nodes { id } } }",
    "fragments": "{ goalTree(rootId: $root) { ...T } } fragment T on GoalTree { nodes { ...N goal { title } } } "
    "fragment N on GoalTreeNode { goal { id ... on Goal { target } ... on Node { id } ... { state } } }",
    "directives": "{ goalTree(rootId: $root) { nodes { id @skip(if: true) depth @include(if: $yes) "
    "goal @include(if: $yes) { id title @skip(if: $yes) } } } }",
}
EXECUTED = {
    "owners": "{ goalTree(rootId: $root) { nodes { goal { owner { __typename ... on User { name } } } } } }",
    "arguments": "{ goalTree(rootId: $root) { nodes { goal { children(first: 1) { totalCount } } } } }",
    "access": "{ goalTree(rootId: $root) { nodes { goal { access { canEdit } } } } }",
}


async def answers(
    document: str, company: Company, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> tuple[Any, Any, int]:
    """The answer shaped and executed, and how many lists were shaped."""
    metric = await company.metric()
    administrator = company.administrator.id
    root = await company.goal("Root", metric_id=metric, manager_id=administrator, period=Q1, target="1000.5")
    for name in ("B", "A"):
        child = await company.goal(name, parent_id=root, target="0.6")
        await company.goal(f"{name} below", parent_id=child)
    await company.won("administrator", ("100.25", "2026-02-01"))
    await company.recalculate(root)
    yes = ", $yes: Boolean = true" if "$yes" in document else ""
    document = f"query ($root: ID!{yes}) {document}"
    results, direct = [], 0
    for worth_it in (2, 10**9):
        monkeypatch.setattr(context_module, "WORTH_IT", worth_it)
        context = Context(
            "request",
            "administrator",
            company.database,
            company.clock,
            settings,
            settings.signing_key(),
            make_loaders=Loaders,
        )
        result = await schema.execute(document, {"root": root}, context_value=context)
        assert result.errors is None, result.errors
        results.append(result.data)
        direct = max(direct, len(context.direct))
    return results[0], results[1], direct


@pytest.mark.parametrize("document", SHAPED.values(), ids=SHAPED)
async def test_shaped_and_executed_answers_are_equal(
    document: str, company: Company, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    shaped, executed, direct = await answers(document, company, settings, monkeypatch)
    assert shaped == executed
    assert str(shaped) == str(executed)  # the order of keys too
    assert direct == 1


@pytest.mark.parametrize("document", EXECUTED.values(), ids=EXECUTED)
async def test_what_needs_loading_is_left_to_the_executor(
    document: str, company: Company, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, direct = await answers(document, company, settings, monkeypatch)
    assert first == second
    assert direct == 0
