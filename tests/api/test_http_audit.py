"""GraphQL over HTTP, audited by the suite of the specification's authors (npm: graphql-http), on a real port."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from api.app import create_app
from api.auth import Tokens
from api.loaders import Loaders
from api.schema import schema
from tests.api.loopback import listening

if TYPE_CHECKING:
    from graph.clock import FixedClock
    from graph.database import Database
    from graph.settings import Settings

ROOT: Final = Path(__file__).parent.parent.parent
SOURCE: Final = ROOT / "tests" / "http_audit"
#: Where the packages go. `build/` is not checked in, and `make clean` deletes it.
BUILD: Final = ROOT / "build" / "http_audit"
AUDITS: Final = 61


async def run(*command: str, **environment: str) -> str:
    """Run a program in BUILD; what it prints."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=BUILD, env={**os.environ, **environment}, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


@pytest.fixture
async def packages() -> None:
    """Install the packages of the lock file, checked by hash, unless they are there."""
    if shutil.which("npm") is None:  # .ci/run installs it, and takes no skip of this kind
        pytest.skip("npm is not installed")
    BUILD.mkdir(parents=True, exist_ok=True)
    lock, installed = SOURCE / "package-lock.json", BUILD / "package-lock.json"
    fresh = installed.exists() and installed.read_bytes() == lock.read_bytes() and (BUILD / "node_modules").exists()
    for name in ("package.json", "audit.mjs"):
        shutil.copy(SOURCE / name, BUILD / name)
    if not fresh:
        shutil.copy(lock, installed)
        await run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")


async def test_every_audit_is_passed(
    packages: None, settings: Settings, database: Database, clock: FixedClock, users: None
) -> None:
    # Two audits ask for a type of the schema, which needs the setting.
    asking = settings.model_copy(update={"introspection": True})
    app = create_app(asking, database, clock, schema=schema, make_loaders=Loaders)
    token = Tokens(settings, clock).issue("rep", timedelta(hours=1))
    async with listening(app) as address:
        results: list[dict[str, Any]] = json.loads(await run("node", "audit.mjs", address, TOKEN=token))
    assert [result for result in results if result["status"] != "ok"] == []
    assert len({result["id"] for result in results}) == len(results) == AUDITS
