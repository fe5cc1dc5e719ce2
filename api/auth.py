"""Bearer tokens: who asks. What they may see is decided in Cypher, by the viewer's id. Not here: rights."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import jwt
from pydantic import SecretStr

from graph.errors import Unauthenticated

if TYPE_CHECKING:
    from datetime import timedelta

    from graph.clock import Clock
    from graph.settings import Settings

#: Seconds by which the clocks of two machines may differ.
LEEWAY: Final = 60
_REQUIRED: Final = ["exp", "iat", "iss", "aud", "sub"]
_LONGEST: Final = 8_192  # characters
_DEMO_KEY_ID: Final = "demo"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token says: the external id of who asks, and until when, in seconds since 1970, leeway included."""

    subject: str
    ends: float


def demo_key() -> SecretStr:
    """Make a key for persona tokens; they die with the process that holds it."""
    return SecretStr(secrets.token_urlsafe(64))


class Tokens:
    """Issues and reads JSON Web Tokens signed with a shared secret.

    The algorithm comes from the settings, never from a token. `demo` is a second key, accepted only by the process that
    made it; a token names it in its `kid` header.
    """

    def __init__(self, settings: Settings, clock: Clock, demo: SecretStr | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._key = settings.signing_key()
        self._demo = demo

    def issue(self, external_id: str, lifetime: timedelta, *, demo: bool = False) -> str:
        """Make a token for the user with this external id, valid from now for `lifetime`.

        `demo` signs with the demo key. Raises ValueError when there is none.
        """
        key = self._demo if demo else self._key
        if key is None:
            message = "only a demo has a demo key"
            raise ValueError(message)
        now = self._clock.now()
        claims = {
            "sub": external_id,
            "iss": self._settings.jwt_issuer,
            "aud": self._settings.jwt_audience,
            "iat": now,
            "exp": now + lifetime,
        }
        headers = {"kid": _DEMO_KEY_ID} if demo else None
        return jwt.encode(claims, key.get_secret_value(), self._settings.jwt_algorithm, headers)

    def subject(self, authorization: str | None) -> str:
        """Read the external id out of an Authorization header. Raises Unauthenticated, the same for every reason."""
        return self.grant(authorization).subject

    def grant(self, authorization: str | None) -> Grant:
        """Read who asks and until when out of an Authorization header. Raises as `subject`."""
        scheme, _, token = (authorization or "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token or len(token) > _LONGEST:
            raise Unauthenticated
        try:
            claims = jwt.decode(
                token,
                self._key_for(token).get_secret_value(),
                algorithms=[self._settings.jwt_algorithm],
                issuer=self._settings.jwt_issuer,
                audience=self._settings.jwt_audience,
                # Times are compared below, with the clock that everything else goes by.
                options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
        except jwt.PyJWTError:
            raise Unauthenticated from None  # the cause would quote the token
        subject = claims["sub"]
        if not isinstance(subject, str) or not subject or not self._in_time(claims):
            raise Unauthenticated
        return Grant(subject, claims["exp"] + LEEWAY)

    def _key_for(self, token: str) -> SecretStr:
        # The id only says which key to try: the signature must hold with that one.
        if self._demo is not None and jwt.get_unverified_header(token).get("kid") == _DEMO_KEY_ID:
            return self._demo
        return self._key

    def _in_time(self, claims: dict[str, Any]) -> bool:
        now = self._clock.now().timestamp()
        begins = [claims["iat"], claims.get("nbf", claims["iat"])]
        if not all(type(moment) in (int, float) for moment in [claims["exp"], *begins]):
            return False
        # A NaN makes each comparison false, hence the token invalid.
        return bool(now < claims["exp"] + LEEWAY) and all(moment - LEEWAY <= now for moment in begins)
