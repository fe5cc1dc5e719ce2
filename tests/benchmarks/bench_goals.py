"""Making a tree of goals in one call of the API, against the same tree written by plain Cypher without any check."""

from __future__ import annotations

import secrets
import tempfile
import uuid
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
from pydantic import SecretStr

from api.app import create_app
from api.auth import Tokens
from api.loaders import Loaders
from api.schema import schema
from graph.clock import SystemClock
from graph.goal_creation import period_properties
from graph.period import GoalPeriod
from graph.preparation import prepare
from graph.settings import Settings
from tests.benchmarks import data, database
from tests.benchmarks.data import PERIOD, TARGET, Shape
from tests.benchmarks.harness import Benchmark, Row, Run, Samples, alternate, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graph.visibility import Viewer
    from tests.benchmarks.database import Bench

SIZES = (1_000, 10_000)
BRANCHING = 10
WARM_UP = 3
COUNTED = 5
#: Whose users own the goals in turn.
OWNERS = Shape(4, 0)
DOCUMENT = """\
mutation Make($input: CreateGoalsInput!) {
  createGoals(input: $input) { goals { key goal { id } } userErrors { code field message } }
}"""
NOTE = "The peer: two statements of the driver with ids made before; no check, no rights, nothing read back."


def measure(run: Run) -> Iterator[Row]:
    """Seconds from the request to the answer with every id, in an application within this process."""
    with tempfile.TemporaryDirectory(prefix="bench-goals-") as home, database.started(Path(home)) as bench:
        bench.run(prepare(bench.database, SystemClock()))
        viewer = bench.run(data.load_administrator(bench.database))
        bench.run(data.load_owners(bench.database, viewer, OWNERS))
        metric = bench.run(data.load_metric(bench.database, viewer))
        ground = _Ground(bench, viewer, metric, _owners(bench))
        for size in SIZES[:1] if run.session.small else SIZES:
            sides = (partial(ground.ours, size), partial(ground.theirs, size))
            ours, theirs = alternate(*sides, warm_up=WARM_UP, counted=COUNTED)
            mine, others = Samples.of(ours), Samples.of(theirs)
            yield run.row(size, "s", ours=mine, peer=others, better="lower", note=NOTE)


@dataclass(frozen=True)
class _Ground:
    """A database with owners and a metric, and no goal before each run."""

    bench: Bench
    viewer: Viewer
    metric: str
    owners: dict[str, str]

    def ours(self, size: int) -> float:
        """Make the tree through the API."""
        goals = [self._node(number) for number in range(size)]
        goals[0] |= {"metricId": self.metric, "period": {"custom": _period()}}
        secret = SecretStr(secrets.token_urlsafe(64))
        settings = Settings(jwt_secret=secret, request_timeout=120)
        app = create_app(settings, self.bench.database, self.bench.clock, schema=schema, make_loaders=Loaders)
        token = Tokens(settings, self.bench.clock).issue(data.ADMINISTRATOR, timedelta(hours=1))
        body = {"query": DOCUMENT, "variables": {"input": {"goals": goals}}}

        async def send() -> dict[str, Any]:
            transport = httpx2.ASGITransport(app=app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://bench", timeout=120) as http:
                answer = await http.post("/graphql", json=body, headers={"authorization": f"Bearer {token}"})
                said: dict[str, Any] = answer.json()
                return said

        answers: list[dict[str, Any]] = []
        spent = seconds(lambda: answers.append(self.bench.run(send())))
        made = (answers[0].get("data") or {}).get("createGoals") or {}
        if len({one["goal"]["id"] for one in made.get("goals", ())}) != size:
            message = f"our tree of {size} goals was refused: {str(answers[0])[:500]}"
            raise RuntimeError(message)
        self._clear(size)
        return spent

    def theirs(self, size: int) -> float:
        """Write the tree past the product."""
        rows = [self._row(number) for number in range(size)]
        write = partial(data.write_goals, self.bench.database, self.viewer, self.metric)
        spent = seconds(lambda: self.bench.run(write(rows)))
        self._clear(size)
        return spent

    def _clear(self, size: int) -> None:
        """Fail unless the whole tree is there; then delete it."""
        (found,) = self.bench.query(
            "MATCH (g:Goal) RETURN count(g) AS goals, COUNT { (:Goal)-[:CHILD_OF]->(:Goal) } AS edges LIMIT 1"
        )
        if found != {"goals": size, "edges": size - 1}:
            message = f"a tree of {size} goals was made, and there are {found}"
            raise RuntimeError(message)
        self.bench.bulk("MATCH (g:Goal) CALL (g) { DETACH DELETE g } IN TRANSACTIONS OF 5000 ROWS")

    def _node(self, number: int) -> dict[str, Any]:
        """Give a goal as createGoals takes it. Only some have a target, for a request has a megabyte."""
        node: dict[str, Any] = {"key": f"{number}", "title": f"Goal {number}", "ownerId": self._owner(number)}
        if number:
            node["parentKey"] = f"{(number - 1) // BRANCHING}"
        if number < SIZES[0]:
            node["target"] = str(TARGET)
        return node

    def _row(self, number: int) -> dict[str, Any]:
        period = GoalPeriod.custom(*PERIOD)
        return {
            "id": _id(number),
            "parent": _id((number - 1) // BRANCHING) if number else None,
            "owner": OWNERS.owner(OWNERS.first_leaf + number % OWNERS.leaves),
            "properties": {
                "title": f"Goal {number}",
                "state": "OPEN",
                "restricted": False,
                "rollupOnlyFromChildren": False,
                "recordSet": "OWNED",
                "includeTeamMembers": False,
                **{name: value for name, value in period_properties(period).items() if value is not None},
                "createdAt": self.bench.clock.now(),
                "updatedAt": self.bench.clock.now(),
            },
        }

    def _owner(self, number: int) -> str:
        return self.owners[OWNERS.owner(OWNERS.first_leaf + number % OWNERS.leaves)]


def _owners(bench: Bench) -> dict[str, str]:
    """Give the ids of the users by external id."""
    rows = bench.query("MATCH (u:User) RETURN u.externalId AS key, u.id AS id")
    return {row["key"]: row["id"] for row in rows}


def _period() -> dict[str, str]:
    start, end = PERIOD
    return {"startDate": start.isoformat(), "endDate": end.isoformat()}


def _id(number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"bench-goals-{number}"))


BENCHMARKS = (Benchmark("create_goals", "A tree of so many goals made by createGoals, against plain Cypher.", measure),)
