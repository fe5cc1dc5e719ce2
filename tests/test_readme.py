"""README.md, executed: its requests on the demo with the answers it shows, its files, tables, commands and links."""

from __future__ import annotations

import asyncio
import json
import os
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET

import httpx2
import pytest
from pydantic import SecretStr

from api import reference
from api.app import create_app
from api.auth import Tokens
from api.cli import COMMANDS
from api.cli.import_file import Summary, run_import
from api.loaders import Loaders
from api.schema import schema
from graph import demo
from graph.account import all_accounts
from graph.error_catalog import MEANINGS
from graph.errors import ErrorCode
from graph.import_file import open_import
from graph.lease import Lease
from graph.preparation import prepare
from graph.settings import Settings, environment_names
from graph.worker import Worker
from tests.api.conftest import KEY, Client
from tests.api.loopback import listening

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
    settings = Settings(jwt_secret=SecretStr(KEY), request_timeout=60)
    app = create_app(settings, database, clock, schema=schema, make_loaders=Loaders)
    tokens = Tokens(settings, clock)
    working = asyncio.create_task(Worker(Lease(database), clock, ()).run())
    try:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test") as http:
            yield lambda external_id: Client(http, tokens.issue(external_id, timedelta(hours=1)))
    finally:
        working.cancel()
        await asyncio.wait({working})


async def test_the_tour_gives_the_answers_it_shows(login: Callable[[str], Client]) -> None:
    kept: dict[str, Any] = {}
    steps = tour()
    assert sum(step.answer is not None for step in steps) >= 8
    for step in steps:
        variables = {name: kept[name] for name in _VARIABLE.findall(step.document)}
        data = await login(step.persona).data(step.document, variables)
        kept |= {name: part_of(data, path) for name, path in step.keeps.items()}
        shown = json.dumps(without_ids(data), indent=2, ensure_ascii=False)
        if step.answer is None:
            assert not any(payload["userErrors"] for payload in data.values()), data
        else:
            assert without_ids(data) == step.answer, f"README.md: after\n{step.document}\nshow this answer:\n{shown}"


def test_what_the_tour_says_of_the_hidden_sum_is_so() -> None:
    """A total minus the visible children is what the hidden one's owner sees; the director's answers never show it."""
    by_title: dict[str, tuple[str, Any]] = {}
    for step in tour():
        for goal in (step.answer or {}).get("goals", {}).get("nodes", []):
            by_title[goal["title"]] = (step.persona, goal)
    viewer, team = by_title["Revenue: Key Accounts, West"]
    owner, hidden = by_title["Revenue: Rep 07, West"]
    assert (viewer, owner) == ("director", "rep-07-west")
    assert hidden["restricted"]
    visible = sum(int(child["actual"]) for child in team["children"]["nodes"])
    assert int(team["actual"]) - visible == int(hidden["actual"])
    told = "".join(json.dumps(step.answer) for step in tour() if step.persona == "director")
    assert "Rep 07" not in told
    assert hidden["actual"] not in told


async def test_its_files_are_imported_as_it_says(database: Database, clock: FixedClock, tmp_path: Path) -> None:
    await prepare(database, clock)
    for name in ("users.csv", "users.toml", "deals.csv", "deals.toml"):
        (tmp_path / name).write_text(file_named(name), "utf-8")

    async def load(type_: str, name: str) -> tuple[Summary, list[RowRefusal]]:
        summary, refused = Summary(), list[Any]()
        loading = await open_import(database, type_, tmp_path / f"{name}.csv", tmp_path / f"{name}.toml")
        assert not loading.notes
        await run_import(database, clock, loading, summary, refused.append)
        return summary, refused

    assert await load("users", "users") == (Summary(inserted=3), [])
    summary, (refusal,) = await load("opportunity", "deals")
    assert (summary.inserted, summary.refused) == (2, 1)
    assert (refusal.row, "Rep 99, North" in refusal.message) == (4, True)
    summary, _ = await load("opportunity", "deals")
    assert (summary.unchanged, summary.refused) == (2, 1)
    administrators = [account.external_id for account in await all_accounts(database) if account.administrator]
    assert administrators == ["admin"]


async def test_what_it_listens_to_is_told(database: Database, clock: FixedClock) -> None:
    await prepare(database, clock)
    await demo.load_demo(database, clock)
    settings = Settings(jwt_secret=SecretStr(KEY), request_timeout=60)
    token = Tokens(settings, clock).issue("director", timedelta(hours=1))
    async with listening(create_app(settings, database, clock, schema=schema, make_loaders=Loaders)) as url:
        async with httpx2.AsyncClient(headers={"authorization": f"Bearer {token}"}, timeout=60) as http:
            found = await http.post(url, json={"query": "{ goals(first: 1) { nodes { id } } }"})
        goal = found.json()["data"]["goals"]["nodes"][0]["id"]
        command = file_named("listen.sh").replace("http://127.0.0.1:8000/graphql", url)
        curl = await asyncio.create_subprocess_exec(
            *("sh", "-c", f"exec {command}"),
            env={**os.environ, "TOKEN": token, "GOAL": goal},
            stdout=asyncio.subprocess.PIPE,
        )
        assert curl.stdout is not None
        try:
            said = "".join([(await curl.stdout.readline()).decode().rstrip("\r\n") + "\n" for _ in range(2)])
        finally:
            curl.kill()
            await curl.wait()
    assert said.replace(goal, ANY_ID) in README


def test_its_personas_are_the_demo_s() -> None:
    rows = [(persona.strip("`"), role) for persona, role, _ in table("A tour in five minutes")]
    assert rows == [(persona.external_id, persona.role) for persona in demo.PERSONAS]


def test_its_commands_are_those_there_are() -> None:
    assert table("Commands") == [[f"`goals {name}`", text] for name, (_, text) in COMMANDS.items()]
    assert set(re.findall(r"(?:`|bin/)goals ([a-z]+)", README)) <= set(COMMANDS)


def test_what_the_program_writes_of_itself_is_up_to_date() -> None:
    assert reference.outdated() == [], "Run make docs, and commit what it writes."
    assert [row[0].strip("`") for row in table("Configuration")] == environment_names()
    assert set(MEANINGS) == set(ErrorCode)


def test_where_it_sends_people_there_is_something() -> None:
    named = {path for _, places in table("Where does it go?") for path in re.findall(r"`([^`]+)`", places)}
    assert len(named) > 20
    assert [path for path in sorted(named) if not list(ROOT.glob(path))] == []


def test_what_the_decisions_name_is_there() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [decision.name[:4] for decision in decisions] == [f"{n:04}" for n in range(1, len(decisions) + 1)]
    for number, decision in enumerate(decisions, 1):
        text = decision.read_text("utf-8")
        assert text.startswith(f"# {number}. ")
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]
        for path in re.findall(r"`((?:api|graph|cypher|tests)/[\w./]+)`", text):
            assert (ROOT / path).exists(), f"{decision.name} names {path}, which is not there."


def test_its_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z0-9-]+)", README, re.MULTILINE))
    assert {"serve", "test"} <= named <= targets


def test_its_links_lead_somewhere() -> None:
    titles = re.findall(r"^#+ (.+)$", README, re.MULTILINE)
    headings = {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles}
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert links
    for link in links:
        assert link[1:] in headings if link.startswith("#") else (ROOT / link).exists(), link


def test_its_picture_is_well_formed_and_says_what_it_shows() -> None:
    picture = ET.parse(ROOT / "docs" / "model.svg").getroot()  # noqa: S314 - our own file
    assert picture.find("{http://www.w3.org/2000/svg}desc") is not None
    assert "prefers-color-scheme: dark" in "".join(picture.itertext())
