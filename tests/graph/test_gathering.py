from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from graph.gathering import Gathering

if TYPE_CHECKING:
    from collections.abc import Sequence


async def test_a_lone_question_is_done_at_once_and_what_comes_meanwhile_together() -> None:
    turns: list[list[int]] = []
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def double(questions: Sequence[int]) -> list[int]:
        turns.append(list(questions))
        begun.set()
        await go_on.wait()
        return [2 * one for one in questions]

    gathering = Gathering(double)
    assert gathering.idle
    first = asyncio.create_task(gathering.ask(1))
    await begun.wait()
    others = [asyncio.create_task(gathering.ask(number)) for number in (2, 3, 4)]
    await asyncio.sleep(0)
    assert not gathering.idle
    go_on.set()
    assert await asyncio.gather(first, *others) == [2, 4, 6, 8]
    assert turns == [[1], [2, 3, 4]]
    assert gathering.idle


async def test_turns_are_chosen_in_order() -> None:
    turns: list[list[int]] = []

    async def same(questions: Sequence[int]) -> list[int]:
        turns.append(list(questions))
        await asyncio.sleep(0)
        return list(questions)

    def of_one_kind(questions: Sequence[int]) -> list[int]:
        return [place for place, one in enumerate(questions) if one % 2 == questions[0] % 2]

    gathering = Gathering(same, of_one_kind)
    assert await asyncio.gather(*(gathering.ask(number) for number in range(6))) == list(range(6))
    assert turns == [[0, 2, 4], [1, 3, 5]]


async def test_each_has_its_own_fault_and_shares_that_of_the_turn() -> None:
    async def check(questions: Sequence[int]) -> list[int | Exception]:
        if 0 in questions:
            raise LookupError
        return [ValueError(one) if one < 0 else one for one in questions]

    gathering = Gathering(check)
    found = await asyncio.gather(*(gathering.ask(number) for number in (1, -1, 2)), return_exceptions=True)
    assert [found[0], found[2]] == [1, 2]
    assert isinstance(found[1], ValueError)
    found = await asyncio.gather(*(gathering.ask(number) for number in (1, 0)), return_exceptions=True)
    assert [type(one) for one in found] == [LookupError, LookupError]
    assert await gathering.ask(5) == 5


async def test_who_gives_up_takes_nothing_away_from_others() -> None:
    turns: list[list[int]] = []
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def same(questions: Sequence[int]) -> list[int]:
        turns.append(list(questions))
        begun.set()
        await go_on.wait()
        return list(questions)

    gathering = Gathering(same)
    first, second, third = (asyncio.create_task(gathering.ask(number)) for number in (1, 2, 3))
    await begun.wait()
    second.cancel()
    later = asyncio.create_task(gathering.ask(4))
    unheard = asyncio.create_task(gathering.ask(5))
    await asyncio.sleep(0)
    unheard.cancel()
    go_on.set()
    assert list(await asyncio.gather(first, third, later)) == [1, 3, 4]
    with pytest.raises(asyncio.CancelledError):
        await second
    assert turns == [[1, 2, 3], [4]]
