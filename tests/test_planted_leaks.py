"""Planted leaks, at least one in each channel of visibility.md §4: the comparison of two graphs finds each of them."""

from __future__ import annotations

from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING

import cypher
from graph import goal_creation
from tests.leaks import attempts, changes, comparison, documents, plants, query_plants, state
from tests.leaks.events import Listener
from tests.leaks.plants import CHANNELS, NOT_YET, OF_EVENTS, OF_THE_SCHEMA, Leak
from tests.leaks.scene import POOL, Scene
from tests.test_leaks import SEED, Ids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

    from graph.clock import FixedClock
    from tests.api.conftest import Client
    from tests.factories import Company
    from tests.leaks.comparison import Answers, Asked

#: Documents asked for one leak.
MOST = 3
SECURED = ("goal.target", "goal.inProgress", "record.opportunity.actualValue")
LEAKS = (*plants.LEAKS, *query_plants.LEAKS)


class Planting:
    """Asks with each leak planted, and leaves the graph as it was."""

    def __init__(self, scene: Scene, login: Callable[[str], Client], patch: pytest.MonkeyPatch) -> None:
        self._scene, self._login, self._patch = scene, login, patch
        self._asked = [*documents.documents(scene), *attempts.refused(scene)]
        mine = next(one for one in attempts.successful(scene, "director") if one.name.startswith("updateGoal"))
        self._asked.append(mine)
        # Names of documents with ids of this scene in them.
        near = scene.graph.goals["Secret"].parent or ""
        self._ids = {"BELOW": scene.goals["Seen below"], "SECRET": scene.goals["Secret"], "NEAR": scene.goals[near]}
        self._ids["MINE"] = mine.variables["input"]["id"]

    async def answers(self, leak: Leak, *, planted: bool = True) -> Answers:
        """What the leak's viewer observes of the leak's documents, with the leak or without."""
        start = leak.documents
        for word, id_ in self._ids.items():
            start = start.replace(word, id_)
        asked = [one for one in self._asked if one.name.startswith(start)]
        asked = asked[:MOST]
        assert asked, leak
        kept = await state.keep(self._scene.company.database) if _writes(asked) else None
        with self._patch.context() as patch:
            if planted:
                leak.plant(patch)
            patch.setattr(goal_creation, "uuid4", Ids())
            cypher.load.cache_clear()
            found = await comparison.answers(self._login, (leak.viewer,), asked)
        cypher.load.cache_clear()
        if kept is not None:
            await state.put_back(self._scene.company.database, kept)
        return found


def _writes(asked: list[Asked]) -> bool:
    return any(one.path is not None or one.document.startswith("mutation") for one in asked)


async def test_each_planted_leak_is_found(
    company: Company,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    # An auditor may read what others may not: changes of the audit log would not be hidden.
    looking = tuple(name for name in POOL if name != "auditor")
    scene = await Scene(company, SEED, viewers=looking, secured=SECURED).build()
    async with comparison.application(company.database, clock) as login:
        planting = Planting(scene, login, monkeypatch)
        before = {leak: await planting.answers(leak) for leak in LEAKS}
        without = {leak: await planting.answers(leak, planted=False) for leak in LEAKS}
        made = [one for one in changes.CHANGES if one.applies(scene)]
        await changes.make(scene, made, Random(SEED))  # noqa: S311 - so that the seed repeats it
        survived = []
        for leak in LEAKS:
            # What is found must be the leak's doing.
            assert not comparison.differences(without[leak], await planting.answers(leak, planted=False)), leak
            found = comparison.differences(before[leak], await planting.answers(leak))
            if not found:
                survived.append((leak.name, leak.channel))
                continue
            killer = found[0].partition(":\n")[0].partition(" {")[0]
            record_property("planted leak", f"{leak.name} | {leak.channel} | two graphs: {killer} ({len(found)})")
    assert not survived, "\n".join(map(str, survived))


async def test_each_planted_leak_of_events_is_found(
    company: Company, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    looking = tuple(name for name in POOL if name != "auditor")
    scene = await Scene(company, SEED, viewers=looking, secured=SECURED).build()

    @contextmanager
    def planted(leak: Leak) -> Iterator[None]:
        with monkeypatch.context() as patch:
            leak.plant(patch)
            cypher.load.cache_clear()
            yield
        cypher.load.cache_clear()

    listening = {leak: Listener(scene, leak.viewer, leak.documents) for leak in OF_EVENTS}
    without = [Listener(scene, leak.viewer, leak.documents) for leak in OF_EVENTS]
    for leak, one in listening.items():
        with planted(leak):
            assert await one.begin(), leak
    for one in without:
        assert await one.begin()
    made = [one for one in changes.CHANGES if one.applies(scene)]
    await changes.make(scene, made, Random(SEED))  # noqa: S311 - so that the seed repeats it
    for leak, one in listening.items():
        with planted(leak):
            told = await one.rest()
        assert told, leak.name
        record_property("planted leak", f"{leak.name} | {leak.channel} | events: {told[0]} ({len(told)})")
    # What is heard must be the leaks' doing.
    assert [await one.rest() for one in without] == [[] for _ in without]


async def test_what_opens_the_schema_is_found(
    company: Company,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    """Attack: a name spelt wrongly, and a question about the schema itself."""
    await company.users("rep")

    async def told(client: Client, number: int) -> str:
        # Other text each time: what was validated before is known.
        asked = (f"{{ viewr{'r' * number} {{ id }} }}", f"{{ __schema {{ a{number}: queryType {{ name }} }} }}")
        answers = [(await client.post(one)).text for one in asked]
        return " ".join(word for word in ("Did you mean", '"data"') if any(word in one for one in answers))

    async with comparison.application(company.database, clock, introspection=False) as login:
        assert await told(login("rep"), 0) == ""
        for number, (name, plant) in enumerate(OF_THE_SCHEMA.items(), 1):
            with monkeypatch.context() as patch:
                plant(patch)
                said = await told(login("rep"), number)
            assert said, name
            record_property("planted leak", f"{name} | schema | attack on the schema: {said}")


def test_each_channel_has_a_planted_leak() -> None:
    assert {leak.channel for leak in (*LEAKS, *OF_EVENTS)} | {"schema"} == CHANNELS
    assert not CHANNELS & set(NOT_YET)
