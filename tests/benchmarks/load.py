"""Load on one GraphQL endpoint, ours and the peer's alike: autocannon, or a plain Python client where it is absent."""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx2

from tests.benchmarks.harness import BUILD, PeerUnavailableError, Row, Run, Samples, alternate
from tests.benchmarks.neo4j_graphql import install

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CLIENTS = (1, 8)
SECONDS = 3
WARM_UP_SECONDS = 6  # Node's and Java's compilers need that many under load
COUNTED = 3
ANSWERS = 3  # fewer a client say nothing: measured again for longer
LONGEST_SECONDS = 48


@dataclass(frozen=True)
class Endpoint:
    """One GraphQL operation at one address."""

    url: str
    document: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def body(self) -> dict[str, Any]:
        return {"query": self.document, "variables": dict(self.variables)}


@dataclass(frozen=True)
class Load:
    """What the clients saw together: answers per second and the median latency in milliseconds."""

    per_second: float
    p50_ms: float


def answer(endpoint: Endpoint) -> dict[str, Any]:
    """Ask once: the answer's data. Raises RuntimeError for errors of any kind."""
    response = httpx2.post(endpoint.url, json=endpoint.body, headers=dict(endpoint.headers), timeout=60)
    said: dict[str, Any] = response.json()
    if not response.is_success or said.get("errors"):
        message = f"{endpoint.url} refused: {response.text[:500]}"
        raise RuntimeError(message)
    data: dict[str, Any] = said["data"]
    return data


def load(endpoint: Endpoint, clients: int, duration: int = SECONDS) -> Load:
    """`clients` connections that ask again as soon as they are answered, for `duration` seconds."""
    try:
        home = install()
    except PeerUnavailableError:
        return asyncio.run(_python_load(endpoint, clients, duration))
    request = BUILD / "peers" / "request.json"
    request.write_text(json.dumps(endpoint.body))
    headers = {"content-type": "application/json", **endpoint.headers}
    command = ["node", str(home / "node_modules" / "autocannon" / "autocannon.js"), "--json", "--no-progress"]
    command += ["-c", str(clients), "-d", str(duration), "-m", "POST", "-i", str(request)]
    command += [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    result = json.loads(subprocess.check_output([*command, endpoint.url], stderr=subprocess.DEVNULL))
    if result["errors"] or result["timeouts"] or result["non2xx"]:
        message = f"{endpoint.url} failed under load: {[result[key] for key in ('errors', 'timeouts', 'non2xx')]}"
        raise RuntimeError(message)
    if result["2xx"] < ANSWERS * clients and duration < LONGEST_SECONDS:
        return load(endpoint, clients, min(LONGEST_SECONDS, duration * 4))
    return Load(per_second=result["2xx"] / result["duration"], p50_ms=result["latency"]["p50"])


def rows(run: Run, size: int, ours: Endpoint | None, peer: Endpoint | None, note: str) -> Iterator[Row]:
    """Answers per second and median latency of both sides in turn, for each number of clients."""
    for side in filter(None, (ours, peer)):
        load(side, max(CLIENTS), WARM_UP_SECONDS)
    for clients in CLIENTS:
        sides = [partial(load, side, clients) if side else None for side in (ours, peer)]
        loads = alternate(*sides, warm_up=0, counted=COUNTED)
        our_rate, peer_rate = (Samples.of(one.per_second for one in side) for side in loads)
        our_p50, peer_p50 = (Samples.of(one.p50_ms for one in side) for side in loads)
        who = f"{clients} client{'s' if clients > 1 else ''}"
        yield run.row(size, f"requests/s, {who}", ours=our_rate, peer=peer_rate, better="higher", note=note)
        yield run.row(size, f"ms at p50, {who}", ours=our_p50, peer=peer_p50, better="lower", note=note)


async def _python_load(endpoint: Endpoint, clients: int, duration: int) -> Load:
    """Slower than autocannon and on the server's own cores' time: only for a figure where Node is absent."""
    latencies: list[float] = []
    begin = time.perf_counter()

    async def ask(client: httpx2.AsyncClient) -> None:
        while (sent := time.perf_counter()) < begin + duration:
            response = await client.post(endpoint.url, json=endpoint.body, headers=dict(endpoint.headers))
            response.raise_for_status()
            latencies.append(time.perf_counter() - sent)

    async with httpx2.AsyncClient(timeout=60) as client:
        await asyncio.gather(*(ask(client) for _ in range(clients)))
    elapsed = time.perf_counter() - begin
    return Load(per_second=len(latencies) / elapsed, p50_ms=statistics.median(latencies) * 1000)
