"""Idempotency keys: a mutation sent twice with one key is done once. The key is part of the transaction that it guards.

Results are kept as tagged JSON, compressed. What may be a result: text, numbers, lists, maps, dates, and the frozen
dataclasses and enums of `graph/`, which are known by name; nothing else is ever made from what is stored.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import pkgutil
import zlib
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import graph
from graph.errors import ErrorCode, Refusal
from graph.statement import Count, Write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from graph.database import Database, Transaction

#: How long a key is kept.
KEPT: Final = timedelta(hours=24)
SHORTEST: Final = 16
LONGEST: Final = 128
#: Old keys that one sweep forgets. One of sixteen keys starts a sweep, so that they never pile up.
_SWEPT: Final = 200
_SWEEPERS: Final = "0"


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a key holds: the hash of the input it was used with; no result if it is this transaction that took it."""

    hash: str
    input: str
    result: bytes | None


@dataclass(frozen=True)
class ClaimKeys(Write[Claimed], path="idempotency/claim", row=Claimed):
    """Take keys (hash and input of each), or find what was done under them."""

    keys: list[dict[str, str]]
    now: datetime
    expired: datetime


@dataclass(frozen=True)
class KeepResults(Write[Count], path="idempotency/keep", row=Count):
    """Keep what mutations gave: the hash of each key with it."""

    results: list[tuple[str, bytes]]


@dataclass(frozen=True)
class ForgetKeys(Write[Count], path="idempotency/forget", row=Count):
    """Forget keys that were taken for nothing."""

    hashes: list[str]


@dataclass(frozen=True)
class SweepKeys(Write[Count], path="idempotency/sweep", row=Count):
    """Forget some old keys."""

    expired: datetime
    most: int


@dataclass(frozen=True, slots=True)
class Done:
    """What a mutation gave when it was done under the same key before."""

    result: Any


@dataclass(frozen=True, slots=True)
class Once:
    """One use of a key: whose, for what, with which input. Neither key nor input is stored, only their hashes."""

    hash: str
    input: str
    now: datetime

    @classmethod
    def of(cls, viewer_id: str, mutation: str, key: str, given: Mapping[str, Any], now: datetime) -> Once:
        """Make it from what the client sent. Refuses INVALID_VALUE for a key that is too short or too long."""
        if not SHORTEST <= len(key) <= LONGEST:
            message = f"An idempotencyKey has {SHORTEST} to {LONGEST} characters: use a random UUID."
            raise Refusal(ErrorCode.INVALID_VALUE, message, ("idempotencyKey",))
        return cls(_hash([viewer_id, mutation, key]), _hash(given), now)

    async def claim(self, tx: Transaction) -> Done | None:
        """Take the key before anything else is done; what was done under it, if it was used.

        Refuses CONFLICT if it was used with another input. A second transaction with the key waits for the first.
        """
        before = (await claim_all(tx, {0: self})).get(0)
        if isinstance(before, Refusal):
            raise before
        return before

    def found(self, claimed: Claimed) -> Done | None:
        """What was done under the key, if it was used. Refuses as `claim`."""
        if claimed.result is None:
            return None
        if claimed.input != self.input:
            message = "This idempotencyKey was used with another input. Use a new key for each change."
            raise Refusal(ErrorCode.CONFLICT, message, ("idempotencyKey",))
        try:
            return Done(unpacked(claimed.result))
        except (KeyError, TypeError, ValueError):
            # The program that kept it was another version, whose reports were others. It was done, that is certain.
            message = "This was done under the same key before the program changed. Read again what it was to change."
            raise Refusal(ErrorCode.CONFLICT, message, ("idempotencyKey",)) from None

    async def keep(self, tx: Transaction, result: Any) -> None:
        """Keep the result, in the transaction that did the work."""
        await keep_all(tx, [(self, result)])

    @property
    def sweeps(self) -> bool:
        """Whether old keys are to be forgotten after this one's transaction."""
        return self.hash.startswith(_SWEEPERS)


async def claim_all(tx: Transaction, onces: Mapping[int, Once]) -> dict[int, Done | Refusal]:
    """Take the keys of several callers, no two of them the same; what was done under those that were used, by caller.

    Locked in one order, so that no two transactions wait for one another's.
    """
    if not onces:
        return {}
    ordered = sorted(onces.items(), key=lambda pair: pair[1].hash)
    now = ordered[0][1].now
    keys = [{"hash": once.hash, "input": once.input} for _, once in ordered]
    claims = {claimed.hash: claimed for claimed in await tx.run(ClaimKeys(keys, now, now - KEPT))}
    found: dict[int, Done | Refusal] = {}
    for number, once in ordered:
        try:
            done = once.found(claims[once.hash])
        except Refusal as refusal:
            found[number] = refusal
        else:
            found |= {} if done is None else {number: done}
    return found


async def keep_all(tx: Transaction, results: Sequence[tuple[Once, Any]]) -> None:
    """Keep what was done under each key, in the transaction that did it."""
    if results:
        await tx.run(KeepResults([(once.hash, packed(result)) for once, result in results]))


async def forget_claims(tx: Transaction, onces: Sequence[Once]) -> None:
    """Give back keys that this transaction took and under which it did nothing."""
    if onces:
        await tx.run(ForgetKeys([once.hash for once in onces]))


async def sweep(database: Database, now: datetime) -> int:
    """Forget some keys that are older than a day; how many."""

    async def work(tx: Transaction) -> int:
        swept = await tx.one(SweepKeys(now - KEPT, _SWEPT))
        return swept.count if swept is not None else 0

    return await database.write(work, repeatable=True)


def packed(result: Any) -> bytes:
    """A result as it is stored. Raises TypeError for what is no result (see this module's first lines)."""
    return zlib.compress(json.dumps(_tagged(result), separators=(",", ":")).encode(), 1)


def unpacked(stored: bytes) -> Any:
    """What `packed` was given."""
    return _untagged(json.loads(zlib.decompress(stored)))


def _hash(value: Any) -> str:
    """The hash of any input as JSON with sorted keys; dates as ISO text."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _tagged(value: Any) -> Any:
    """JSON of a result: whatever JSON has not is a pair of a name and what it is made from."""
    if value is None or (isinstance(value, bool | int | str) and not isinstance(value, Enum)):
        return value
    kind = type(value)
    if kind in _BUILTIN:
        return [kind.__name__, _BUILTIN[kind][0](value)]
    if isinstance(value, Enum):
        return [_name(kind), value.value]
    if is_dataclass(kind):
        return [_name(kind), {field.name: _tagged(getattr(value, field.name)) for field in fields(kind)}]
    message = f"a {kind.__name__} cannot be kept as a mutation's result: return ids, counts or a report of graph/"
    raise TypeError(message)


def _untagged(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    name, made_from = value
    for builtin, (_, made) in _BUILTIN.items():
        if builtin.__name__ == name:
            return made(made_from)
    kind = _kinds()[name]
    if issubclass(kind, Enum):
        return kind(made_from)
    return kind(**{key: _untagged(item) for key, item in made_from.items()})


def _tagged_items(items: Iterable[Any]) -> list[Any]:
    return [_tagged(item) for item in items]


#: What JSON has not, or not as exactly: how it is written, and how it is made again.
_BUILTIN: Final[dict[type[Any], tuple[Callable[[Any], Any], Callable[[Any], Any]]]] = {
    list: (_tagged_items, lambda items: [_untagged(item) for item in items]),
    tuple: (_tagged_items, lambda items: tuple(_untagged(item) for item in items)),
    dict: (
        lambda pairs: [_tagged_items(pair) for pair in pairs.items()],
        lambda pairs: {_untagged(key): _untagged(item) for key, item in pairs},
    ),
    datetime: (lambda moment: moment.astimezone(UTC).isoformat(), datetime.fromisoformat),
    date: (date.isoformat, date.fromisoformat),
    Decimal: (str, Decimal),
}


def _name(kind: type) -> str:
    name = f"{kind.__module__}.{kind.__qualname__}"
    if name not in _kinds():
        message = f"{name} cannot be kept as a mutation's result: return ids, counts or a frozen dataclass of graph/"
        raise TypeError(message)
    return name


@cache
def _kinds() -> dict[str, type[Any]]:
    """The frozen dataclasses and enums of `graph/`, by name."""
    modules = [importlib.import_module(f"graph.{module.name}") for module in pkgutil.iter_modules(graph.__path__)]
    return {
        f"{kind.__module__}.{kind.__qualname__}": kind
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type)
        and kind.__module__ == module.__name__
        and (issubclass(kind, Enum) or (is_dataclass(kind) and getattr(kind, "__dataclass_params__").frozen))  # noqa: B009
    }
