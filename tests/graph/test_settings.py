"""Settings: names, defaults, refusals that quote no secret, and secrets kept in files."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from graph.settings import Settings, SettingsInvalid, environment_names, kept_secret, read_settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("GOALGRAPH_", "NEO4J_")):
            monkeypatch.delenv(name)


def test_without_variables_a_local_server_and_the_loopback_address() -> None:
    settings = read_settings()
    assert settings.neo4j_uri is None
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert (settings.heap, settings.pagecache) == ("1g", "256m")
    assert settings.jwt_algorithm == "HS256"
    assert settings.introspection is False
    assert settings.request_timeout == 10


def test_variables_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    values = {
        "NEO4J_URI": "neo4j+s://graph.example:7687",
        "NEO4J_USER": "reader",
        "NEO4J_PASSWORD": "p",
        "NEO4J_DATABASE": "sales",
        "GOALGRAPH_HOME": str(tmp_path),
        "GOALGRAPH_HOST": "::1",
        "GOALGRAPH_PORT": "9000",
        "GOALGRAPH_JWT_SECRET": "s" * 64,
        "GOALGRAPH_JWT_ISSUER": "issuer",
        "GOALGRAPH_JWT_AUDIENCE": "audience",
        "GOALGRAPH_JWT_ALGORITHM": "HS512",
        "GOALGRAPH_HEAP": "4g",
        "GOALGRAPH_PAGECACHE": "1g",
        "GOALGRAPH_INTROSPECTION": "true",
        "GOALGRAPH_REQUEST_TIMEOUT": "2.5",
        "GOALGRAPH_SUBSCRIPTION_INTERVAL": "0.5",
    }
    assert sorted(values) == sorted(environment_names())
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    settings = read_settings()
    assert settings.neo4j_uri == "neo4j+s://graph.example:7687"
    assert settings.neo4j_user == "reader"
    assert settings.neo4j_password is not None
    assert settings.neo4j_password.get_secret_value() == "p"
    assert settings.neo4j_database == "sales"
    assert settings.home == tmp_path
    assert (settings.host, settings.port) == ("::1", 9000)
    assert settings.signing_key().get_secret_value() == "s" * 64
    assert (settings.jwt_issuer, settings.jwt_audience, settings.jwt_algorithm) == ("issuer", "audience", "HS512")
    assert (settings.heap, settings.pagecache) == ("4g", "1g")
    assert settings.introspection is True
    assert settings.request_timeout == 2.5


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        read_settings().port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("GOALGRAPH_HEEP", "did you mean GOALGRAPH_HEAP?"),
        ("GOALGRAPH_JWT_SECRETS", "did you mean GOALGRAPH_JWT_SECRET?"),
        ("GOALGRAPH_port", "did you mean GOALGRAPH_PORT?"),
        ("GOALGRAPH_ZZZZZZZZZZZZZZZZZZZZZZZZZZZ", "known are NEO4J_URI"),
    ],
)
def test_an_unknown_variable_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, answer: str) -> None:
    monkeypatch.setenv(name, "private")
    with pytest.raises(SettingsInvalid) as refusal:
        read_settings()
    assert name in str(refusal.value)
    assert answer in str(refusal.value)
    assert "private" not in str(refusal.value)


def test_variables_of_the_test_suite_are_left_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOALGRAPH_TEST_NEO4J_URI", "bolt://127.0.0.1:1")
    assert read_settings().neo4j_uri is None


@pytest.mark.parametrize(
    ("name", "value", "answer"),
    [
        ("NEO4J_URI", "http://private", "bolt+ssc"),
        ("NEO4J_URI", "bolt://", "SCHEME://HOST"),
        ("NEO4J_URI", "bolt://private:pass@host", "NEO4J_PASSWORD"),
        ("NEO4J_PASSWORD", "private", "without NEO4J_URI"),
        ("NEO4J_DATABASE", "private", "without NEO4J_URI"),
        ("GOALGRAPH_PORT", "private", "GOALGRAPH_PORT"),
        ("GOALGRAPH_PORT", "70000", "65535"),
        ("GOALGRAPH_JWT_ALGORITHM", "none", "HS512"),
        ("GOALGRAPH_JWT_ALGORITHM", "RS256", "HS512"),
        ("GOALGRAPH_JWT_SECRET", "private", "at least 32 bytes"),
        ("GOALGRAPH_HEAP", "private -Dx=y", "GOALGRAPH_HEAP"),
        ("GOALGRAPH_PAGECACHE", "0g", "GOALGRAPH_PAGECACHE"),
        ("GOALGRAPH_INTROSPECTION", "private", "GOALGRAPH_INTROSPECTION"),
        ("GOALGRAPH_REQUEST_TIMEOUT", "0", "GOALGRAPH_REQUEST_TIMEOUT"),
        ("GOALGRAPH_REQUEST_TIMEOUT", "nan", "GOALGRAPH_REQUEST_TIMEOUT"),
    ],
)
def test_a_bad_value_is_refused_and_not_quoted(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, answer: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsInvalid) as refusal:
        read_settings()
    assert answer in str(refusal.value)
    assert "private" not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_a_key_is_as_long_as_its_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOALGRAPH_JWT_SECRET", "s" * 63)
    monkeypatch.setenv("GOALGRAPH_JWT_ALGORITHM", "HS512")
    with pytest.raises(SettingsInvalid, match="at least 64 bytes"):
        read_settings()


def test_secrets_are_not_shown() -> None:
    settings = Settings(neo4j_uri="bolt://host", neo4j_password="private", jwt_secret="private" * 9)
    assert "private" not in repr(settings)
    assert "private" not in str(settings.model_dump())


def test_a_signing_key_is_made_once(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    key = settings.signing_key()
    file = tmp_path / "home" / "jwt-secret"
    assert len(key.get_secret_value()) >= 64
    assert settings.signing_key() == key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in file.parent.iterdir()] == ["jwt-secret"]


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    kept_secret(file)
    file.chmod(0o640)
    with pytest.raises(SettingsInvalid, match="chmod 600"):
        kept_secret(file)


def test_an_empty_secret_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.touch(mode=0o600)
    with pytest.raises(SettingsInvalid, match="empty"):
        kept_secret(file)
