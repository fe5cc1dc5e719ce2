"""Who is let in: tokens that do not hold are refused alike, and no document is looked at before."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import jwt
import pytest
from pydantic import SecretStr

from api.app import create_app
from api.auth import LEEWAY, Tokens, demo_key
from graph.errors import Unauthenticated
from tests.api.conftest import KEY
from tests.api.small_schema import SMALL

if TYPE_CHECKING:
    from collections.abc import Callable

    from graph.clock import FixedClock
    from graph.database import Database
    from graph.settings import Settings
    from tests.api.conftest import Client

HOUR = timedelta(hours=1)
_OTHER_KEY = "another-key-" + "k" * 64
#: The other key, for a header that asks to be checked with the key that it brings along.
_JWK = {"kty": "oct", "k": base64.urlsafe_b64encode(_OTHER_KEY.encode()).decode().rstrip("=")}


def claims(clock: FixedClock, **changes: Any) -> dict[str, Any]:
    """Give the claims of a good token, with changes; None leaves one out."""
    now = int(clock.now().timestamp())
    good = {"sub": "rep", "iss": "goalgraph", "aud": "goalgraph", "iat": now, "exp": now + 3600}
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def signed(payload: dict[str, Any], key: str = KEY, algorithm: str = "HS256", **headers: Any) -> str:
    """Sign any claims."""
    return jwt.encode(payload, key, algorithm, headers)


def unsigned(payload: dict[str, Any], algorithm: str) -> str:
    """Give a token whose header names an algorithm, without a signature."""
    parts = ({"alg": algorithm, "typ": "JWT"}, payload)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


def bad_tokens(clock: FixedClock) -> dict[str, str]:
    """Give one token for each reason to refuse one."""
    good = claims(clock)
    now = good["iat"]
    head, body, signature = signed(good).split(".")
    bad = {
        "empty": "",
        "no token": "Bearer",
        "garbage": "a.b.c",
        "not base64": "é.é.é",
        "too long": signed({**good, "x": "x" * 9000}),
        "alg none": unsigned(good, "none"),
        "alg None": unsigned(good, "None"),
        "unsigned": f"{head}.{body}.",
        "other algorithm": signed(good, algorithm="HS512"),
        "wrong secret": signed(good, _OTHER_KEY),
        "altered": f"{head}.{body}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}",
        "issuer": signed(claims(clock, iss="other")),
        "audience": signed(claims(clock, aud="other")),
        "expired": signed(claims(clock, exp=now - LEEWAY)),
        "not yet": signed(claims(clock, nbf=now + LEEWAY + 1)),
        "issued later": signed(claims(clock, iat=now + LEEWAY + 1)),
        "exp is text": signed(claims(clock, exp=str(now + 60))),
        "exp is true": signed(claims(clock, exp=True)),
        "nbf is text": signed(claims(clock, nbf="soon")),
        "sub is empty": signed(claims(clock, sub="")),
        "alg in another case": f"{unsigned(good, 'hs256')}{signature}",
        "signature of another": f"{head}.{signed(claims(clock, sub='gone')).split('.')[1]}.{signature}",
        "a key of its own": signed(good, _OTHER_KEY, jwk=_JWK),
        "a key elsewhere": signed(good, _OTHER_KEY, jku="https://keys.example/jwks.json"),
        "a key in a file": signed(good, "-" * 64, kid="../../../../dev/null"),
        "critical extension": signed(good, crit=["exp"]),
        "audience beside ours": signed(claims(clock, aud=["other", "another"])),
        "sub is a number": signed(claims(clock, sub=1)),
        "demo key id": signed(good, _OTHER_KEY, kid="demo"),
    }
    for name in ("exp", "iat", "iss", "aud", "sub"):
        bad[f"without {name}"] = signed(claims(clock, **{name: None}))
    return bad


def test_each_bad_token_is_refused(tokens: Tokens, clock: FixedClock) -> None:
    for reason, token in bad_tokens(clock).items():
        with pytest.raises(Unauthenticated):
            print(reason, tokens.subject(f"Bearer {token}"))


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic cmVwOnJlcA=="])
def test_each_header_without_a_token_is_refused(tokens: Tokens, header: str | None) -> None:
    with pytest.raises(Unauthenticated):
        tokens.subject(header)


def test_a_token_is_not_taken_without_its_scheme(tokens: Tokens) -> None:
    token = tokens.issue("rep", HOUR)
    assert tokens.subject(f"bearer {token}") == "rep"
    for header in (token, f"Basic {token}"):
        with pytest.raises(Unauthenticated):
            tokens.subject(header)


def test_clocks_may_differ_by_the_leeway(tokens: Tokens, clock: FixedClock) -> None:
    token = tokens.issue("rep", HOUR)
    clock.advance(timedelta(seconds=-LEEWAY))
    assert tokens.subject(f"Bearer {token}") == "rep"
    clock.advance(timedelta(seconds=-1))
    with pytest.raises(Unauthenticated):
        tokens.subject(f"Bearer {token}")
    clock.advance(timedelta(seconds=LEEWAY + 1) + HOUR + timedelta(seconds=LEEWAY - 1))
    assert tokens.subject(f"Bearer {token}") == "rep"
    clock.advance(timedelta(seconds=1))
    with pytest.raises(Unauthenticated):
        tokens.subject(f"Bearer {token}")


def test_the_algorithm_is_the_settings_one(settings: Settings, clock: FixedClock) -> None:
    strict = Tokens(settings.model_copy(update={"jwt_algorithm": "HS512", "jwt_secret": SecretStr(KEY)}), clock)
    assert strict.subject(f"Bearer {signed(claims(clock), algorithm='HS512')}") == "rep"
    with pytest.raises(Unauthenticated):
        strict.subject(f"Bearer {signed(claims(clock))}")


def test_a_demo_token_holds_in_its_own_process_alone(settings: Settings, clock: FixedClock, tokens: Tokens) -> None:
    demo = Tokens(settings, clock, demo_key())
    token = demo.issue("rep", HOUR, demo=True)
    assert demo.subject(f"Bearer {token}") == "rep"
    assert demo.subject(f"Bearer {tokens.issue('rep', HOUR)}") == "rep"
    for other in (tokens, Tokens(settings, clock, demo_key())):
        with pytest.raises(Unauthenticated):
            other.subject(f"Bearer {token}")
    with pytest.raises(ValueError, match="only a demo"):
        tokens.issue("rep", HOUR, demo=True)


async def test_all_are_refused_alike(app_client: Callable[..., Client], clock: FixedClock, tokens: Tokens) -> None:
    refused = {
        "none": app_client(None),
        "unknown user": app_client("nobody"),
        "inactive user": app_client("gone"),
        **{reason: app_client(token=token) for reason, token in bad_tokens(clock).items() if token.isascii() and token},
    }
    for reason, client in refused.items():
        for accept in ("application/json", "application/graphql-response+json"):
            answer = await client.post("{ me }", headers={"accept": accept})
            body = answer.json()
            del body["errors"][0]["extensions"]["requestId"]
            assert (reason, answer.status_code, answer.headers["www-authenticate"]) == (reason, 401, "Bearer")
            assert body == {
                "errors": [
                    {"message": "The request needs a valid bearer token.", "extensions": {"code": "UNAUTHENTICATED"}}
                ]
            }


async def test_without_a_token_nothing_of_the_request_is_looked_at(app_client: Callable[..., Client]) -> None:
    client = app_client(None)
    for answer in (await client.post("{ nothing }"), await client.send(b"{"), await client.get("/graphql")):
        assert answer.status_code == 401


async def test_a_refused_document_costs_no_database_access(
    app_client: Callable[..., Client], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = app_client()
    await client.data("{ me }")

    async def transact(*_: object, **_more: object) -> None:
        message = "the database was asked"
        raise AssertionError(message)

    monkeypatch.setattr(database, "_transact", transact)
    monkeypatch.setattr(database, "fetch", transact)
    assert await client.codes("{ nothing }") == ["GRAPHQL_VALIDATION_FAILED"]
    assert await client.codes("{ me") == ["GRAPHQL_PARSE_FAILED"]
    assert (await app_client(None).post("{ me }")).status_code == 401
    assert await client.codes("{ me }") == ["INTERNAL"]


async def test_a_user_who_is_deactivated_is_out_at_once(app_client: Callable[..., Client], database: Database) -> None:
    client = app_client()
    assert await client.data("{ me }") == {"me": "Rep 01, East"}
    await database.schema("MATCH (u:User {externalId: 'rep'}) SET u.active = false")
    assert (await client.post("{ me }")).status_code == 401


async def test_demo_tokens_are_let_into_the_demo(
    settings: Settings, database: Database, clock: FixedClock, users: None, app_client: Callable[..., Client]
) -> None:
    key = demo_key()
    token = Tokens(settings, clock, key).issue("rep", HOUR, demo=True)
    app = create_app(settings, database, clock, schema=SMALL, demo=key)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test") as http:
        answer = await http.post("/graphql", json={"query": "{ me }"}, headers={"authorization": f"Bearer {token}"})
    assert answer.json()["data"] == {"me": "Rep 01, East"}
    assert (await app_client(token=token).post("{ me }")).status_code == 401
