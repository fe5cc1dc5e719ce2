"""What viewers observe of documents, and whether that is the same in two graphs."""

from __future__ import annotations

import logging
import re
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import TYPE_CHECKING, Any

import httpx2
import orjson
from pydantic import SecretStr

from api.app import create_app
from api.auth import Tokens
from api.loaders import Loaders
from api.schema import schema
from graph.settings import Settings
from tests.api.conftest import Client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator

    from graph.clock import FixedClock
    from graph.database import Database

#: Pages of one list that are asked for at most.
PAGES = 12
#: What differs between two requests that are alike in all else.
_REQUEST_ID = re.compile(rb'"requestId":"[0-9a-f]+"')
_REQUEST = re.compile(r"request [0-9a-f]+")
#: The statements that were run. Some run at the same time, in one batch or two: only which they were can be compared.
_STATEMENTS = re.compile(rb'"statements":\[.*?\]')
_STATEMENT = re.compile(rb'"name":"([^"]+)"')


@dataclass(frozen=True)
class Asked:
    """A document with its variables, and what it is called in a failure. `walk`: the list to page through by `after`.

    `path`: another address than that of GraphQL, with a body of rows.
    """

    name: str
    document: str
    variables: dict[str, Any]
    walk: str | None = None
    path: str | None = None


#: Status, body and headers of an answer; of several pages, all of them. Last what was logged, with status 0.
Observed = tuple[tuple[int, bytes, tuple[tuple[str, str], ...]], ...]
Answers = dict[tuple[str, str], Observed]


@asynccontextmanager
async def application(
    database: Database, clock: FixedClock, *, introspection: bool = True
) -> AsyncIterator[Callable[[str], Client]]:
    """Give what logs users in. With introspection, answers name the statements that were run."""
    settings = Settings(jwt_secret=SecretStr("k" * 64), introspection=introspection, request_timeout=60)
    app = create_app(settings, database, clock, schema=schema, make_loaders=Loaders)
    tokens = Tokens(settings, clock)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test") as http:
        yield lambda name: Client(http, tokens.issue(name, timedelta(hours=1)))


async def observed(client: Client, asked: Asked) -> Observed:
    """All that a client sees of an answer: status, body and headers, without what is new in each."""
    if asked.path is not None:
        headers = {"authorization": f"Bearer {client.token}", "content-type": "application/x-ndjson"}
        return (_seen(await client.http.post(asked.path, content=asked.document.encode(), headers=headers)),)
    pages, variables = [], dict(asked.variables)
    while True:
        answer = await client.post(asked.document, variables)
        pages.append(_seen(answer))
        if asked.walk is None or len(pages) == PAGES:
            break
        info = (orjson.loads(answer.content).get("data") or {asked.walk: {"pageInfo": {}}})[asked.walk]["pageInfo"]
        if not info.get("hasNextPage"):
            break
        variables["after"] = info["endCursor"]
    return tuple(pages)


def _seen(answer: httpx2.Response) -> tuple[int, bytes, tuple[tuple[str, str], ...]]:
    headers = [(name, value) for name, value in answer.headers.items() if name != "x-request-id"]
    # The length follows from the body, and from what was taken out of it.
    headers = [(name, value) for name, value in headers if name != "content-length"]
    body = _STATEMENTS.sub(_names, _REQUEST_ID.sub(b'"requestId":"-"', answer.content))
    return answer.status_code, body, tuple(sorted(headers))


def _names(statements: re.Match[bytes]) -> bytes:
    return b'"statements":' + b" ".join(sorted(set(_STATEMENT.findall(statements[0]))))


async def answers(login: Callable[[str], Client], viewers: Iterable[str], asked: Iterable[Asked]) -> Answers:
    """What each viewer observes of each document, by both names, and what the program's log says of it."""
    found = {}
    with _logged() as lines:
        for viewer, one in product(viewers, list(asked)):
            lines.clear()
            pages = await observed(login(viewer), one)
            log = _REQUEST.sub("request -", "\n".join(lines)).encode()
            found[viewer, one.name] = (*pages, (0, log, ()))
    return found


@contextmanager
def _logged() -> Iterator[list[str]]:
    """Collect what the program's own loggers say."""
    lines: list[str] = []

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    loggers = [logging.getLogger(name) for name in ("api", "graph", "goalgraph")]
    levels = [logger.level for logger in loggers]
    handler = Lines()
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)


def differences(before: Answers, after: Answers) -> list[str]:
    """Name each viewer's document whose answer is another one than before, and show where they part."""
    return [
        f"{viewer}, {name}:\n{_parting(was, after[viewer, name])}"
        for (viewer, name), was in before.items()
        if was != after[viewer, name]
    ]


def _parting(was: Observed, now: Observed) -> str:
    one, two = (repr(pages) for pages in (was, now))
    parted = (number for number, (a, b) in enumerate(zip(one, two, strict=False)) if a != b)
    place = next(parted, min(len(one), len(two)))
    start = max(place - 300, 0)
    return f"  was {one[start : place + 300]}\n  now {two[start : place + 300]}"
