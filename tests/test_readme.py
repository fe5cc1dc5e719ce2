"""README.md, executed: its requests on the demo with the answers it shows, its files, tables, commands and links."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET

import httpx2
import pytest
from pydantic import SecretStr

from api.app import create_app
from api.auth import Tokens
from api.cli import COMMANDS
from api.cli.import_file import Summary, run_import
from api.loaders import Loaders
from api.schema import schema
from graph import demo, rollup_run
from graph.import_file import open_import
from graph.preparation import prepare
from graph.settings import Settings
from tests.api.conftest import KEY, Client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from graph.clock import FixedClock
    from graph.database import Database
    from graph.ingestion import RowRefusal

ROOT: Final = Path(__file__).parent.parent
README: Final = (ROOT / "README.md").read_text("utf-8")
#: What stands in the README for an id, which is another one each time.
ANY_ID: Final = "…"
_FENCED: Final = re.compile(r"<!-- (?P<note>[^>]+) -->\n```(?P<language>\w+)\n(?P<text>.*?)\n```", re.DOTALL)
_RUN: Final = re.compile(r"run as (?P<persona>[\w-]+)(?P<keeps>(?:, keep \w+ = [\w.]+)*)")
_KEEP: Final = re.compile(r"keep (\w+) = ([\w.]+)")
_VARIABLE: Final = re.compile(r"\$(\w+):")


@dataclass
class Step:
    """A request of the tour: who sends it, what to keep of its answer for later ones, and the answer shown, if any."""

    persona: str
    keeps: dict[str, str]
    document: str
    answer: Any = None


def blocks() -> Iterator[tuple[str, str]]:
    """Give the note and the text of each fenced block that has a note in a comment above it."""
    return ((match["note"].strip(), match["text"]) for match in _FENCED.finditer(README))


def tour() -> list[Step]:
    steps: list[Step] = []
    for note, text in blocks():
        run = _RUN.fullmatch(note)
        if run is not None:
            steps.append(Step(run["persona"], dict(_KEEP.findall(run["keeps"])), text))
        elif note == "the answer":
            steps[-1].answer = json.loads(text)
        else:
            assert note.startswith("file "), f"README.md: nobody knows what to do with the note {note!r}"
    return steps


def file_named(name: str) -> str:
    (text,) = (text for note, text in blocks() if note == f"file {name}")
    return text + "\n"


def table(heading: str) -> list[list[str]]:
    """Give the cells of the rows of the first table below a heading, without the table's head."""
    _, _, below = README.partition(f"\n## {heading}\n")
    assert below, f"README.md has no section {heading!r}"
    lines = below.partition("\n## ")[0].splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("|"))
    rows = []
    for line in lines[first + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return rows


def without_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: ANY_ID if key == "id" and part else without_ids(part) for key, part in value.items()}
    return [without_ids(part) for part in value] if isinstance(value, list) else value


def part_of(value: Any, path: str) -> Any:
    for step in path.split("."):
        value = value[int(step)] if step.isdigit() else value[step]
    return value


@pytest.fixture
async def login(database: Database, clock: FixedClock) -> AsyncIterator[Callable[[str], Client]]:
    """The application with the demo loaded; gives what logs a persona in."""
    await prepare(database, clock)
    await demo.load_demo(database, clock)
    settings = Settings(jwt_secret=SecretStr(KEY))
    app = create_app(settings, database, clock, schema=schema, make_loaders=Loaders)
    tokens = Tokens(settings, clock)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test") as http:
        yield lambda external_id: Client(http, tokens.issue(external_id, timedelta(hours=1)))


async def test_the_tour_gives_the_answers_it_shows(login: Callable[[str], Client]) -> None:
    kept: dict[str, Any] = {}
    steps = tour()
    assert sum(step.answer is not None for step in steps) >= 8
    for step in steps:
        variables = {name: kept[name] for name in _VARIABLE.findall(step.document)}
        data = await login(step.persona).data(step.document, variables)
        kept |= {name: part_of(data, path) for name, path in step.keeps.items()}
        shown = json.dumps(without_ids(data), indent=2, ensure_ascii=False)
        if step.answer is not None:
            assert without_ids(data) == step.answer, f"README.md: after\n{step.document}\nshow this answer:\n{shown}"


async def test_the_tour_tells_the_truth_about_the_hidden_sum(login: Callable[[str], Client]) -> None:
    """What a total lets one compute is computed from what the director is shown, and is what the owner sees."""
    shown, owned = (step.answer for step in tour() if step.answer and "Revenue: Key Accounts, West" in str(step.answer))
    del owned
    nodes = shown["goalTree"]["nodes"]
    team = next(node["goal"] for node in nodes if node["goal"]["title"] == "Revenue: Key Accounts, West")
    assert team
    assert login
