"""Everything we ask the database: one statement per file, its name is its path. Only this module reads the files.

A statement file opens with two comment lines: what it answers, and `// sees: viewer | aggregate | engine`.
`visible.goal(g)` in a statement stands for the policy in `visibility/goal.cypher`, written once, with `entity` read as
`g`; other fragments (`columns.goal(g)`) work alike. That and `in_one_list` is all the templating there is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Literal, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.resources.abc import Traversable
    from typing import LiteralString

Sees = Literal["viewer", "aggregate", "engine"]

#: What a pseudo-call in a statement stands for: its first word names the folder of the fragment.
FRAGMENT_FOLDERS = {"visible": "visibility", "columns": "columns"}
_CALL = re.compile(r"\b(visible|columns)\.(\w+)\((\w+)\)")
_ROOT = resources.files(__name__)


@dataclass(frozen=True)
class Source:
    """A statement as text: `answers` is its first comment, `policies` the visibility fragments it calls."""

    name: str
    answers: str
    sees: Sees
    text: LiteralString
    policies: frozenset[str]


@cache
def load(name: str) -> Source:
    """The statement in `<name>.cypher`, fragments filled in. Raises FileNotFoundError or ValueError if malformed."""
    raw = _read(name)
    header, _, rest = raw.partition("\n")
    sees_line, _, body = rest.partition("\n")
    sees = sees_line.removeprefix("// sees: ").strip()
    if not header.startswith("// ") or sees not in {"viewer", "aggregate", "engine"}:
        message = f"{name}.cypher must open with '// what it answers' and '// sees: viewer | aggregate | engine'"
        raise ValueError(message)
    policies = frozenset(entity for kind, entity, _ in _CALL.findall(body) if kind == "visible")
    # The text comes from files shipped with the program, never from a request: that is what LiteralString says here;
    # mypy takes it for str.
    text: LiteralString = fill(body).strip()
    return Source(name, header.removeprefix("// ").strip(), cast("Sees", sees), text, policies)


def fill(text: str) -> str:
    """The text with each pseudo-call replaced by its fragment."""

    def fragment(match: re.Match[str]) -> str:
        folder, name, variable = match.groups()
        body = _read(f"{FRAGMENT_FOLDERS[folder]}/{name}")
        lines = [line for line in body.splitlines() if not line.lstrip().startswith("//")]
        return re.sub(r"\bentity\b", variable, fill("\n".join(lines).strip()))

    return _CALL.sub(fragment, text)


def in_one_list(text: LiteralString, columns: Sequence[str]) -> LiteralString:
    """The statement with all its rows in one column of one row, `rows`: a list for each, in the order of `columns`."""
    # Columns are names of fields of our own: that is what LiteralString says here; mypy takes it for str.
    listed: LiteralString = ", ".join(columns)
    return f"CALL () {{\n{text}\n}}\nRETURN collect([{listed}]) AS rows"


def names() -> Iterator[str]:
    """The names of all statement files, fragments and schema files left out, sorted."""
    fragments = set(FRAGMENT_FOLDERS.values())
    for folder in sorted(_folders(), key=lambda entry: entry.name):
        if folder.name in fragments or folder.name == "schema":
            continue
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
            if entry.name.endswith(".cypher"):
                yield f"{folder.name}/{entry.name.removesuffix('.cypher')}"


def migrations() -> Iterator[tuple[str, str, tuple[LiteralString, ...]]]:
    """(name, whole text, its statements) of each schema file, in order. Statements end with a line that ends in `;`."""
    for entry in sorted(_ROOT.joinpath("schema").iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".cypher"):
            text = entry.read_text("utf-8")
            code = "\n".join(line for line in text.splitlines() if not line.startswith("//"))
            statements = (part.strip() for part in re.split(r";\s*(?:\n|$)", code))
            yield (
                entry.name.removesuffix(".cypher"),
                text,
                tuple(statement for statement in statements if statement),
            )


def _read(name: str) -> str:
    return _ROOT.joinpath(*f"{name}.cypher".split("/")).read_text("utf-8")


def _folders() -> Iterator[Traversable]:
    return (entry for entry in _ROOT.iterdir() if entry.is_dir() and not entry.name.startswith("_"))
