"""The parts of the documentation that the program writes: settings, codes of refusals. `make docs` runs it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from api.cursor import BadCursor
from graph.catalog import import_all
from graph.error_catalog import MEANINGS
from graph.errors import ErrorCode, GoalgraphError
from graph.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ROOT: Final = Path(__file__).parent.parent
#: What is written stands between these two comments; all else in a file is written by hand.
_WRITTEN: Final = re.compile(r"(<!-- written by make docs: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
FILES: Final = ("README.md", "docs/errors.md")


def settings_table() -> str:
    """Give the table of settings: environment variable, default, meaning."""
    rows = (
        (f"`{field.alias}`", _default(field.default), str(field.description))
        for field in Settings.model_fields.values()
    )
    return _table(("variable", "default", "meaning"), rows)


def refusals_table() -> str:
    """Give the table of codes that `userErrors` and rows' reports have."""
    return _table(("code", "meaning"), ((f"`{code}`", MEANINGS[code]) for code in ErrorCode))


def faults_table() -> str:
    """Give the table of codes that top-level `errors` have, beside those of GraphQL itself."""
    import_all()  # or the table would depend on what happens to be imported
    known: set[type[GoalgraphError]] = {*_kinds(GoalgraphError), BadCursor}
    kinds = sorted(
        (kind for kind in known if "code" in vars(kind)),
        key=lambda kind: kind.code,
    )
    return _table(("code", "meaning"), ((f"`{kind.code}`", (kind.__doc__ or "").splitlines()[0]) for kind in kinds))


PARTS: Final = {"settings": settings_table, "refusals": refusals_table, "faults": faults_table}


def written(text: str) -> str:
    """Give a file's text with each part that the program writes as it should be."""
    return _WRITTEN.sub(lambda match: f"{match[1]}{PARTS[match[2]]()}\n{match[3]}", text)


def outdated() -> list[str]:
    """Name the files that `make docs` would change."""
    return [name for name in FILES if written(_text(name)) != _text(name)]


def write() -> None:
    """Write the parts anew."""
    for name in outdated():
        (_ROOT / name).write_text(written(_text(name)), "utf-8")


def _text(name: str) -> str:
    return (_ROOT / name).read_text("utf-8")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines).replace("| --- | --- |", "|---|---|")


def _default(value: Any) -> str:
    if value is None:
        return "unset"
    return f"`{str(value).lower() if isinstance(value, bool) else str(value).removesuffix('.0')}`"


def _kinds(base: type[GoalgraphError]) -> Iterator[type[GoalgraphError]]:
    for kind in base.__subclasses__():
        yield kind
        yield from _kinds(kind)


if __name__ == "__main__":
    write()
