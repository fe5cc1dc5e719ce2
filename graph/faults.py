"""What may be logged of a fault: where it arose and of what kind it and its causes are. Messages may hold values."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def stack_of(fault: BaseException) -> str:
    """The class and the stack of a fault and of each of its causes, without a word of their messages."""
    return "\ncaused by ".join(_stacks(fault))


def _stacks(fault: BaseException) -> Iterator[str]:
    seen: BaseException | None = fault
    while seen is not None:
        frames = "".join(traceback.format_list(traceback.extract_tb(seen.__traceback__))).rstrip()
        yield f"{type(seen).__module__}.{type(seen).__qualname__}\n{frames}"
        seen = seen.__cause__ or seen.__context__
