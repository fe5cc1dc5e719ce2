"""Settings: read once from the environment, frozen, passed on. Nothing else reads environment variables."""

from __future__ import annotations

import difflib
import os
import secrets
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from graph.errors import GoalgraphError

_PREFIX = "GOALGRAPH_"
_TEST_PREFIX = "GOALGRAPH_TEST_"  # the test suite's own, read there
_SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")
_MEMORY = r"^[1-9][0-9]*[kmgKMG]$"
_PRIVATE = 0o600
_OTHERS = 0o077
# A signing key shorter than the hash it feeds weakens it (RFC 7518, section 3.2). Bytes.
_SHORTEST_KEY = {"HS256": 32, "HS384": 48, "HS512": 64}


class SettingsInvalid(GoalgraphError):  # noqa: N818 - named like its siblings
    """The settings in the environment do not hold."""

    code = "SETTINGS_INVALID"


class Settings(BaseSettings):
    """What an operator decides. Each field's alias is its environment variable; units are in the descriptions."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        case_sensitive=True,
        populate_by_name=True,
        validate_default=True,
        hide_input_in_errors=True,  # an input may be a secret
    )

    neo4j_uri: str | None = Field(
        None, alias="NEO4J_URI", description="Neo4j server to use; unset: a local one is started"
    )
    neo4j_user: str = Field("neo4j", alias="NEO4J_USER", description="User on that server")
    neo4j_password: SecretStr | None = Field(
        None, alias="NEO4J_PASSWORD", description="Its password; unset: no authentication"
    )
    neo4j_database: str = Field("neo4j", alias="NEO4J_DATABASE", description="Database on that server")
    home: Path = Field(
        Path(".goalgraph"), alias="GOALGRAPH_HOME", description="Folder of the local Neo4j, its data and secrets"
    )
    host: str = Field("127.0.0.1", alias="GOALGRAPH_HOST", min_length=1, description="Address to listen on")
    port: int = Field(8000, alias="GOALGRAPH_PORT", ge=1, le=65535, description="Port to listen on")
    jwt_secret: SecretStr | None = Field(
        None, alias="GOALGRAPH_JWT_SECRET", description="Key that signs tokens; unset: made and kept in the home folder"
    )
    jwt_issuer: str = Field("goalgraph", alias="GOALGRAPH_JWT_ISSUER", min_length=1, description="Required `iss`")
    jwt_audience: str = Field("goalgraph", alias="GOALGRAPH_JWT_AUDIENCE", min_length=1, description="Required `aud`")
    jwt_algorithm: Literal["HS256", "HS384", "HS512"] = Field(
        "HS256", alias="GOALGRAPH_JWT_ALGORITHM", description="The only algorithm accepted"
    )
    heap: str = Field("1g", alias="GOALGRAPH_HEAP", pattern=_MEMORY, description="Local Neo4j: heap, as 512m or 4g")
    pagecache: str = Field("256m", alias="GOALGRAPH_PAGECACHE", pattern=_MEMORY, description="Local Neo4j: page cache")
    introspection: bool = Field(
        default=False, alias="GOALGRAPH_INTROSPECTION", description="Whether clients may ask for the schema"
    )
    request_timeout: float = Field(
        10.0, alias="GOALGRAPH_REQUEST_TIMEOUT", gt=0, le=3600, description="Longest request, in seconds"
    )
    subscription_interval: float = Field(
        0.25,
        alias="GOALGRAPH_SUBSCRIPTION_INTERVAL",
        gt=0,
        le=60,
        description="Seconds between two looks whether anything was committed, while anybody subscribes",
    )

    @field_validator("neo4j_uri")
    @classmethod
    def _uri(cls, uri: str | None) -> str | None:
        if uri is None:
            return None
        parts = urlsplit(uri)
        if parts.scheme not in _SCHEMES or not parts.hostname:
            message = f"must be SCHEME://HOST[:PORT] with one of the schemes {', '.join(_SCHEMES)}"
            raise ValueError(message)
        if parts.username or parts.password:
            message = "must hold no user or password: set NEO4J_USER and NEO4J_PASSWORD"
            raise ValueError(message)
        return uri

    @model_validator(mode="after")
    def _together(self) -> Settings:
        lone = {"neo4j_user", "neo4j_password", "neo4j_database"} & self.model_fields_set
        if self.neo4j_uri is None and lone:
            names = ", ".join(sorted(name.upper() for name in lone))
            message = f"{names} without NEO4J_URI: set NEO4J_URI too, or unset it to start a local Neo4j"
            raise ValueError(message)
        shortest = _SHORTEST_KEY[self.jwt_algorithm]
        if self.jwt_secret and len(self.jwt_secret.get_secret_value().encode()) < shortest:
            message = f"GOALGRAPH_JWT_SECRET needs at least {shortest} bytes for {self.jwt_algorithm}"
            raise ValueError(message)
        return self

    def signing_key(self) -> SecretStr:
        """Give the key that signs tokens: the one set, or one made at first use and kept in `home`/jwt-secret."""
        return self.jwt_secret or kept_secret(self.home / "jwt-secret")


def read_settings() -> Settings:
    """Read the settings from the environment: once, at the program's entrance.

    Raises SettingsInvalid, naming each variable and its remedy and quoting no value.
    """
    _refuse_unknown(set(os.environ))
    try:
        return Settings()
    except ValidationError as invalid:
        problems = [
            ": ".join(part for part in (".".join(map(str, error["loc"])), _plain(error["msg"])) if part)
            for error in invalid.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise SettingsInvalid("; ".join(problems)) from None  # its cause would quote the values


def environment_names() -> list[str]:
    """List the environment variables that are settings, in the order in which they are documented."""
    return [field.alias for field in Settings.model_fields.values() if field.alias]


def kept_secret(file: Path) -> SecretStr:
    """Read the secret in `file`; at first use make one of 512 random bits there, readable by its owner alone.

    Raises SettingsInvalid when the file is empty or others may read it.
    """
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Two processes may come here together: the one that links its finished file first wins, and both read that one.
    draft = file.with_name(f"{file.name}.{os.getpid()}.new")
    if not file.exists():
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE), "w") as new:
            # No "-" first: a command line would take it for an option.
            new.write("k" + secrets.token_urlsafe(64))
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    if file.stat().st_mode & _OTHERS:
        message = f"{file} can be read by others. Run: chmod 600 {file}"
        raise SettingsInvalid(message)
    secret = file.read_text().strip()
    if not secret:
        message = f"{file} is empty. Restore it, or delete it to have another made."
        raise SettingsInvalid(message)
    return SecretStr(secret)


def _refuse_unknown(names: set[str]) -> None:
    known = environment_names()
    for name in sorted(names):
        if name.startswith(_PREFIX) and not name.startswith(_TEST_PREFIX) and name not in known:
            near = difflib.get_close_matches(name.upper(), known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
            message = f"{name} is no setting: {hint}"
            raise SettingsInvalid(message)


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ")
