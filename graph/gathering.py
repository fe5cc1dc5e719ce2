"""Gathering: what many ask at the same time is done together; what comes meanwhile waits for the next turn.

A lone question is answered at once; a hundred at once cost little more than one. Nothing is answered by work that began
before it was asked.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

T = TypeVar("T")
A = TypeVar("A")


class Gathering(Generic[T, A]):
    """Does many things in turns, each of one call of `work`.

    `work` gives an answer for each, in their order; an exception among them is raised for that one, and one that `work`
    raises for all of the turn. `choose` says which of those that wait are next, by place; at least one. Default: all.
    """

    def __init__(
        self,
        work: Callable[[Sequence[T]], Awaitable[Sequence[A | Exception]]],
        choose: Callable[[Sequence[T]], Sequence[int]] | None = None,
    ) -> None:
        self._work = work
        self._choose = choose
        self._waiting: list[tuple[T, asyncio.Future[A]]] = []
        self._turns: asyncio.Task[None] | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing is being done."""
        return self._turns is None

    async def ask(self, one: T) -> A:
        """Wait for a turn and give the answer. Whoever gives up waiting takes nothing away from others."""
        future: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((one, future))
        if self._turns is None:
            self._turns = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        try:
            while self._waiting:
                # Who gave up before a turn began is left out of it.
                self._waiting = [(one, future) for one, future in self._waiting if not future.done()]
                if self._waiting:
                    await self._turn()
        finally:
            self._turns = None
            for _, future in self._waiting:
                future.cancel()
            self._waiting = []

    async def _turn(self) -> None:
        questions = [one for one, _ in self._waiting]
        places = set(range(len(questions)) if self._choose is None else self._choose(questions))
        turn = [pair for place, pair in enumerate(self._waiting) if place in places]
        self._waiting = [pair for place, pair in enumerate(self._waiting) if place not in places]
        try:
            answers = await self._work([one for one, _ in turn])
        except Exception as fault:  # noqa: BLE001 - those who asked raise it
            answers = [fault] * len(turn)
        except BaseException:
            for _, future in turn:
                future.cancel()
            raise
        for (_, future), answer in zip(turn, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)
