"""`goals query`: a GraphQL document sent to a running server, which shows what that user may see."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn

import httpx2
import orjson
import typer

from api.auth import Tokens
from api.cli import FAILED, NOT_PERMITTED, UNREACHABLE, USAGE
from graph.clock import SystemClock
from graph.settings import Settings, read_settings

app = typer.Typer()

_TIMEOUT = 60.0  # seconds
_UNAUTHENTICATED = 401


@app.command()
def query(
    file: Annotated[Path, typer.Argument(help="The document; - reads stdin.", allow_dash=True)],
    user: Annotated[str | None, typer.Option("--as", help="External id: signs a token with this host's key.")] = None,
    token_file: Annotated[Path | None, typer.Option(help="File with a token.", exists=True, dir_okay=False)] = None,
    variables: Annotated[str | None, typer.Option(help="Variables, as a JSON object.")] = None,
    url: Annotated[str | None, typer.Option(help="Address of the endpoint; default: this host's server.")] = None,
) -> None:
    """Send a GraphQL document as a user, and print the answer as JSON. Exit code 1 where it holds errors."""
    settings = read_settings()
    body = {"query": _read(file), "variables": _object(variables)}
    headers = {"authorization": f"Bearer {_token(settings, user, token_file)}"}
    address = url or f"http://{settings.host}:{settings.port}/graphql"
    try:
        answer = httpx2.post(address, json=body, headers=headers, timeout=_TIMEOUT)
        content = orjson.loads(answer.content)
    except httpx2.TransportError:
        _end(f"{address} does not answer. Start it with `goals serve`, or name it with --url.", UNREACHABLE)
    except orjson.JSONDecodeError:
        _end(f"{address} is no GraphQL endpoint. Name one with --url.", UNREACHABLE)
    typer.echo(orjson.dumps(content, option=orjson.OPT_INDENT_2).decode())
    if answer.status_code == _UNAUTHENTICATED:
        raise typer.Exit(NOT_PERMITTED)
    if "errors" in content:
        raise typer.Exit(FAILED)


def _read(file: Path) -> str:
    if str(file) == "-":
        return sys.stdin.read()
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        _end(f"{file} cannot be read. Name a file with a GraphQL document.", USAGE)


def _object(variables: str | None) -> Any:
    try:
        read = orjson.loads(variables or "{}")
    except orjson.JSONDecodeError:
        read = None
    if not isinstance(read, dict):
        _end("""--variables takes a JSON object, such as '{"first": 10}'.""", USAGE)
    return read


def _token(settings: Settings, user: str | None, token_file: Path | None) -> str:
    if (user is None) == (token_file is None):
        _end("Say who asks: --as EXTERNAL_ID, or --token-file FILE.", USAGE)
    if user is not None:
        return Tokens(settings, SystemClock()).issue(user, timedelta(minutes=5))
    return token_file.read_text().strip() if token_file else ""


def _end(message: str, code: int) -> NoReturn:
    print(f"goals: {message}", file=sys.stderr)
    raise typer.Exit(code)
