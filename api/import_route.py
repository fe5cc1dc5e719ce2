"""`POST /import/{type}`: rows streamed in as CSV or NDJSON, the report on each batch streamed out. Writing: graph/."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any, Final

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from api.errors import told_of
from graph.account import viewer_named
from graph.errors import ErrorCode, Refusal, Unauthenticated, Unavailable
from graph.import_run import run_stream
from graph.import_source import SourceFormat
from graph.visibility import require_administrator

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable

    from starlette.types import Receive, Scope, Send

    from api.context import Context
    from graph.database import Transaction
    from graph.import_run import ImportedBatch
    from graph.visibility import Viewer

MEDIA_TYPE: Final = "application/x-ndjson"
#: Seconds for which a client may keep an import waiting: for its next bytes, or by not reading the answer.
PATIENCE: Final = 60.0
#: Bytes of the answer that are sent before all rows have come. Many clients read only then, and more than fits into the
#: buffers on the way would have both sides wait for each other.
EARLY: Final = 32_768
_FORMATS: Final = {
    "text/csv": SourceFormat.CSV,
    MEDIA_TYPE: SourceFormat.NDJSON,
    "application/ndjson": SourceFormat.NDJSON,
}
_IN_MEMORY: Final = 1_048_576
_BOOLEANS: Final = {"true": True, "false": False}


class ImportEndpoint:
    """The endpoint `/import/{type}`: for administrators. Not bound by a request's time: each batch has its own."""

    def __init__(self, make_context: Callable[[Request], Context]) -> None:
        self._make_context = make_context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: one line a batch and one at the end. Raises what is wrong before the first batch."""
        request = Request(scope, receive)
        context = self._make_context(request)
        viewer = await viewer_named(context.fetch, context.subject)
        if viewer is None:
            raise Unauthenticated
        require_administrator(viewer, "import rows")
        source_format, dry_run = _format(request), _dry_run(request)

        async def identify(tx: Transaction) -> Viewer:
            # Again for each batch, in its transaction: an import may last longer than somebody's rights.
            found = await viewer_named(tx.run, context.subject)
            if found is None:
                raise Unauthenticated
            return found

        body = Body(request)
        answer = Answer(send, body)
        batches = run_stream(
            context.database,
            request.path_params["type"],
            body.chunks(),
            source_format=source_format,
            identify=identify,
            clock=context.clock,
            dry_run=dry_run,
        )
        try:
            await self._answer(answer, batches, context.request_id, dry_run=dry_run)
        except ClientDisconnect:
            return  # after the batch under way; sending the rows again is safe
        finally:
            answer.close()

    @staticmethod
    async def _answer(
        answer: Answer, batches: AsyncGenerator[ImportedBatch], request_id: str, *, dry_run: bool
    ) -> None:
        totals = {"inserted": 0, "updated": 0, "unchanged": 0, "refused": 0}
        try:
            async with aclosing(batches):
                async for batch in batches:
                    line = _line(batch)
                    for name in totals:
                        totals[name] += len(line[name]) if name == "refused" else line[name]
                    await answer.write(line)
        except ClientDisconnect:
            raise
        except Exception as error:
            if not answer.begun:
                raise
            await answer.write({"error": told_of(error, request_id)})
        else:
            await answer.write({"summary": {**totals, "dryRun": dry_run}})
        await answer.end()


class Body:
    """A request's body as it comes. `whole`: all of it has come."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self.whole = False

    async def chunks(self) -> AsyncIterator[bytes]:
        """Give its pieces. Raises Unavailable if the next does not come in time, ClientDisconnect if none ever will."""
        async with aclosing(self._request.stream()) as stream:
            while True:
                try:
                    async with asyncio.timeout(PATIENCE):
                        chunk = await anext(stream, None)
                except TimeoutError:
                    message = "The next rows did not come in time. Send them again: what is loaded stays as it is."
                    raise Unavailable(message) from None
                if chunk is None:
                    break
                yield chunk
        self.whole = True


class Answer:
    """An answer of lines. It begins with the first, so that what goes wrong before has a status of its own."""

    def __init__(self, send: Send, body: Body) -> None:
        self._send = send
        self._body = body
        self._early = EARLY
        self._later: SpooledTemporaryFile[bytes] | None = None
        self._started = False
        self.begun = False

    async def write(self, content: dict[str, Any]) -> None:
        """Send a line; or keep it, in memory or in a file, until the client is done sending. Then also those kept."""
        self.begun = True
        line = orjson.dumps(content) + b"\n"
        if self._body.whole:
            await self._release()
        elif self._later is not None or len(line) > self._early:
            self._later = self._later or SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - `close` does
            self._later.write(line)
            return
        self._early -= len(line)
        await self._put(line)

    async def end(self) -> None:
        """Send what is kept, and end the answer."""
        await self._release()
        await self._put(b"", more=False)

    def close(self) -> None:
        """Let go of what is kept."""
        if self._later is not None:
            self._later.close()

    async def _release(self) -> None:
        if self._later is not None:
            self._later.seek(0)
            while chunk := self._later.read(_IN_MEMORY):
                await self._put(chunk)
            self._later.close()
            self._later = None

    async def _put(self, content: bytes, *, more: bool = True) -> None:
        async with asyncio.timeout(PATIENCE):
            if not self._started:
                self._started = True
                headers = [(b"content-type", MEDIA_TYPE.encode())]
                await self._send({"type": "http.response.start", "status": 200, "headers": headers})
            await self._send({"type": "http.response.body", "body": content, "more_body": more})


def _format(request: Request) -> SourceFormat:
    """Tell how the rows are written. Raises HTTPException 415."""
    media_type, _, parameters = request.headers.get("content-type", "").lower().partition(";")
    charset = parameters.partition("charset=")[2].strip(' "')
    known = _FORMATS.get(media_type.strip())
    if known is None or charset not in {"", "utf-8", "utf8"} or "content-encoding" in request.headers:
        raise HTTPException(415, f"Send rows as text/csv or {MEDIA_TYPE}, in UTF-8 and not compressed.")
    return known


def _dry_run(request: Request) -> bool:
    """Read the query string: dryRun alone. Refuses whatever else it says: a misspelt one would write."""
    for name, value in request.query_params.multi_items():
        if name != "dryRun" or value not in _BOOLEANS:
            message = f"The address takes dryRun=true or dryRun=false, not {name!r}. Maps are for goals import."
            raise Refusal(ErrorCode.INVALID_VALUE, message, ("query", name))
    return _BOOLEANS[request.query_params.get("dryRun", "false")]


def _line(batch: ImportedBatch) -> dict[str, Any]:
    refused = [
        {"row": refusal.row, "field": refusal.field, "code": refusal.code, "message": refusal.message}
        for refusal in batch.refused
    ]
    return {
        "inserted": batch.inserted,
        "updated": batch.updated,
        "unchanged": batch.unchanged,
        "refused": refused,
    }
