"""How far the import of a file has come, kept in the graph beside what it loaded. Not here: running it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.errors import ErrorCode, Refusal
from graph.statement import Count, Read, Write

if TYPE_CHECKING:
    from datetime import datetime
    from hashlib import _Hash
    from pathlib import Path

    from graph.database import Database, Transaction

_BEGINNING = 65_536  # bytes
_CHUNK = 1_048_576


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """Where an import stands. `position`: bytes of the file that are loaded, `number` that of the last row in them.

    `loaded_hash` is of these bytes. `refused_bytes` is the size of the file of refused rows.
    """

    position: int
    number: int
    loaded_hash: str
    refused_bytes: int


@dataclass(frozen=True)
class ReadProgress(Read[ImportProgress], path="import_run/read", row=ImportProgress):
    """How far an import has come."""

    key: str


@dataclass(frozen=True)
class SaveProgress(Write[Count], path="import_run/save", row=Count):
    """Keep how far an import has come."""

    key: str
    position: int
    number: int
    loaded_hash: str
    refused_bytes: int
    now: datetime


@dataclass(frozen=True)
class DeleteProgress(Write[Count], path="import_run/delete", row=Count):
    """Forget an import."""

    key: str


def key_of(file: Path, *settings: str) -> str:
    """Tell imports apart: by the file's size and beginning, and by what it is loaded as. Refuses NOT_FOUND."""
    try:
        with file.open("rb") as content:
            beginning = hashlib.sha256(content.read(_BEGINNING)).hexdigest()
    except OSError:
        raise Refusal(ErrorCode.NOT_FOUND, f"The file {file.name} cannot be read.", ("file",)) from None
    return hashlib.sha256(repr((file.stat().st_size, beginning, *settings)).encode()).hexdigest()


async def resumable(database: Database, key: str, file: Path) -> tuple[ImportProgress, _Hash]:
    """Give where a broken-off import of this file stands, and the hash of what it loaded, to be carried on.

    Refuses NOTHING_TO_RESUME: no import of it was broken off, or what was loaded then is not what the file holds now.
    """

    async def work(tx: Transaction) -> ImportProgress | None:
        return await tx.one(ReadProgress(key))

    progress = await database.read(work)
    if progress is None:
        message = "No import of this file by this map was broken off. Import it without --resume."
        raise Refusal(ErrorCode.NOTHING_TO_RESUME, message, ("file",))
    loaded = hashlib.sha256()
    left = progress.position
    with file.open("rb") as content:
        while left and (chunk := content.read(min(left, _CHUNK))):
            loaded.update(chunk)
            left -= len(chunk)
    if loaded.hexdigest() != progress.loaded_hash:
        message = "The file has changed in what was loaded of it. Import it without --resume: loading again is safe."
        raise Refusal(ErrorCode.NOTHING_TO_RESUME, message, ("file",))
    return progress, loaded


async def forget(database: Database, key: str) -> None:
    """Forget an import that has come to its end."""

    async def work(tx: Transaction) -> None:
        await tx.run(DeleteProgress(key))

    await database.write(work)
