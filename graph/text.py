"""Checks of text that users give: names and descriptions."""

from __future__ import annotations

from graph.errors import ErrorCode, Refusal

LONGEST_NAME = 100
LONGEST_TEXT = 2000


def checked_name(value: str | None, field: tuple[str, ...], *, longest: int = LONGEST_NAME) -> str:
    """The name without surrounding space. Refuses (INVALID_VALUE) an empty one, one too long, control characters."""
    name = (value or "").strip()
    if not 1 <= len(name) <= longest:
        message = f"{field[-1]} needs 1 to {longest} characters."
        raise Refusal(ErrorCode.INVALID_VALUE, message, field)
    if not all(character.isprintable() for character in name):
        message = f"{field[-1]} has a character that cannot be shown. Take it out."
        raise Refusal(ErrorCode.INVALID_VALUE, message, field)
    return name


def checked_text(value: str | None, field: tuple[str, ...], *, longest: int = LONGEST_TEXT) -> str | None:
    """The text, or None if empty. Refuses (INVALID_VALUE) one that is too long or has a NUL character."""
    text = (value or "").strip()
    if len(text) > longest or "\0" in text:
        message = f"{field[-1]} may have up to {longest} characters."
        raise Refusal(ErrorCode.INVALID_VALUE, message, field)
    return text or None
