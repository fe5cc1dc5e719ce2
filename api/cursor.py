"""Cursors: the sort keys of a visible row, sealed for one viewer and one query. What a page is: connection.py."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import TYPE_CHECKING, Any

import orjson

from graph.errors import GoalgraphError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import SecretStr

#: A sort key in a cursor. Dates and moments go in as ISO text and amounts as integer units.
Key = str | int | bool | None

_SEAL = 16  # bytes of the HMAC that are kept: 128 bits
_LONGEST = 2_048  # characters


class BadCursor(GoalgraphError):  # noqa: N818 - named like its siblings
    """The cursor is not one of this list. Start again without it."""

    code = "BAD_CURSOR"


class Cursors:
    """Makes and reads the cursors of one list: of one viewer, and of one filter and order.

    `query` is what a cursor must not outlive: the field's name, filter and order as the client gave them. The page's
    size is not part of it.
    """

    def __init__(self, signing_key: SecretStr, viewer_id: str, query: Mapping[str, Any]) -> None:
        # A key of its own, so that no cursor can pass for part of a token.
        key = hmac.digest(signing_key.get_secret_value().encode(), b"goalgraph cursor", "sha256")
        canonical = orjson.dumps([viewer_id, query], option=orjson.OPT_SORT_KEYS, default=str)
        self._key = hmac.digest(key, hashlib.sha256(canonical).digest(), "sha256")

    def seal(self, keys: Sequence[Key]) -> str:
        """Make the cursor of the row with these sort keys."""
        payload = orjson.dumps(keys)
        return base64.urlsafe_b64encode(self._mac(payload) + payload).decode().rstrip("=")

    def open(self, cursor: str) -> list[Key]:
        """Read the sort keys of a cursor made by `seal` for the same list. Raises BadCursor for any other text."""
        if len(cursor) > _LONGEST:
            raise BadCursor
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise BadCursor from None
        seal, payload = raw[:_SEAL], raw[_SEAL:]
        if not hmac.compare_digest(seal, self._mac(payload)):
            raise BadCursor
        keys: list[Key] = orjson.loads(payload)
        return keys

    def _mac(self, payload: bytes) -> bytes:
        return hmac.digest(self._key, payload, "sha256")[:_SEAL]
