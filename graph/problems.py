"""Gathers refusals where one call checks many things, to tell all of them at once. Not here: the rules."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from graph.errors import Problem, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

#: So many are told one by one; a last one says how many more there are.
MOST_TOLD = 100


class Problems:
    """What was refused so far. `at` says what is being checked; the fields of its refusals are told below that path."""

    def __init__(self) -> None:
        self._found: list[Problem] = []

    @contextmanager
    def at(self, path: tuple[str, ...]) -> Iterator[None]:
        """Keep the refusal that ends this block, and go on behind it."""
        try:
            yield
        except Refusal as refusal:
            self._found += [replace(one, field=(*path, *(one.field or ()))) for one in refusal.problems]

    def check(self, whole: tuple[str, ...]) -> None:
        """Raises one Refusal with all of them, if there are any; `whole` is the field of those not told one by one."""
        if len(self._found) > MOST_TOLD:
            more = len(self._found) - MOST_TOLD
            message = f"{more} more problems are not listed. Correct these first."
            self._found[MOST_TOLD:] = [Problem(self._found[MOST_TOLD].code, message, whole)]
        if self._found:
            raise Refusal.of(self._found)
