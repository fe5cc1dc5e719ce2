"""The map of an import: how columns become keys of rows. Read from TOML; applying it is `import_draft`."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from graph.errors import ErrorCode, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_TOP = {"fields", "where", "distinct", "rows", "tables", "ignore"}
_SOURCES = ("column", "template", "constant")
_OPTIONS = {*_SOURCES, "values", "table", "format", "by", "kind", "when"}


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Where the values of one key of a row come from. Exactly one of column, template and constant is set.

    In this order: the text is taken, replaced by `values`, looked up in `table`, read as a date by `format`, or taken
    as the name (`by` = "name") of what the key refers to. Where `when` does not hold, and where a column is empty, the
    value is null. `kind` is an owner's: user or team.
    """

    key: str
    column: str | None
    template: str | None
    constant: str | bool | int | None
    values: Mapping[str, str]
    table: str | None
    format: str | None
    by_name: bool
    kind: str
    when: Mapping[str, frozenset[str]]

    @classmethod
    def of_column(cls, key: str, column: str, kind: str = "user") -> Self:
        """Make a source that takes a column as it is."""
        return cls(key, column, None, None, {}, None, None, by_name=False, kind=kind, when={})

    def columns(self) -> Iterator[str]:
        """Give the columns it reads."""
        if self.column is not None:
            yield self.column
        yield from _PLACEHOLDER.findall(self.template or "")
        yield from self.when

    def text(self, cells: Mapping[str, str]) -> str | bool | int | None:
        """Give the value that the cells of a row say, before tables, dates and names."""
        if any(cells[column] not in values for column, values in self.when.items()):
            return None
        if self.constant is not None:
            return self.constant
        if self.column is not None:
            text = cells[self.column]
        else:
            parts = _PLACEHOLDER.findall(self.template or "")
            empty = any(not cells[column] for column in parts)
            text = "" if empty else _PLACEHOLDER.sub(lambda match: cells[match.group(1)], self.template or "")
        return self.values.get(text, text) or None


@dataclass(frozen=True, slots=True)
class TableSource:
    """A table to look values up in: a column of another CSV file by another column of it. It is held in memory."""

    file: str
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class ImportMap:
    """How a file's rows become rows of an upsert.

    `where`: only rows whose columns have one of these values. `distinct`: each row that comes out counts once. `rows`:
    rows to load before the file's. `ignore`: columns left out on purpose.
    """

    sources: tuple[Source, ...]
    where: Mapping[str, frozenset[str]] = field(default_factory=dict)
    distinct: bool = False
    rows: tuple[Mapping[str, Any], ...] = ()
    tables: Mapping[str, TableSource] = field(default_factory=dict)
    ignore: frozenset[str] = frozenset()

    def columns(self) -> set[str]:
        """Give the columns of the file that it reads."""
        return {*self.where, *(column for source in self.sources for column in source.columns())}


def read_map(path: Path) -> ImportMap:
    """Read a map. Refuses, naming the place: NOT_FOUND, INVALID_VALUE, REQUIRED, UNKNOWN_FIELD."""
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError:
        message = f"The map {path.name} cannot be read. Name a TOML file with --map."
        raise Refusal(ErrorCode.NOT_FOUND, message, ("map",)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"The map {path.name} is not TOML: {error}."
        raise Refusal(ErrorCode.INVALID_VALUE, message, ("map",)) from None
    _only(content, _TOP, ())
    fields = _table(content, "fields")
    if "externalId" not in fields:
        message = "The map has no fields.externalId. Say which column, or template, is the key of a row."
        raise Refusal(ErrorCode.REQUIRED, message, ("map", "fields", "externalId"))
    tables = _table(content, "tables")
    result = ImportMap(
        sources=tuple(_source(key, value) for key, value in fields.items()),
        where=_conditions(content, "where", ()),
        distinct=_typed(content, "distinct", bool, default=False),
        rows=tuple(_typed(content, "rows", list, default=[])),
        tables={name: _table_source(name, value) for name, value in tables.items()},
        ignore=frozenset(_typed(content, "ignore", list, default=[])),
    )
    for source in result.sources:
        if source.table is not None and source.table not in result.tables:
            message = f"There is no [tables.{source.table}] in the map. Add it, with file, key and value."
            raise Refusal(ErrorCode.INVALID_VALUE, message, ("map", "fields", source.key))
    return result


def _source(key: str, value: Any) -> Source:
    place = ("fields", key)
    options = {"column": value} if isinstance(value, str) else value
    if not isinstance(options, dict):
        raise _wrong(place, "a column's name, or a table of options")
    _only(options, _OPTIONS, place)
    if sum(option in options for option in _SOURCES) != 1:
        raise _wrong(place, "given exactly one of: column, template, constant")
    if options.get("by", "externalId") not in {"externalId", "name"}:
        raise _wrong((*place, "by"), '"externalId" or "name"')
    constant = options.get("constant")
    if not isinstance(constant, str | bool | int | None):
        raise _wrong((*place, "constant"), "a text, an integer, true or false")
    return Source(
        key,
        _typed(options, "column", str, place=place),
        _typed(options, "template", str, place=place),
        constant,
        _texts(_typed(options, "values", dict, default={}, place=place), (*place, "values")),
        _typed(options, "table", str, place=place),
        _typed(options, "format", str, place=place),
        options.get("by") == "name",
        _typed(options, "kind", str, default="user", place=place),
        _conditions(options, "when", place),
    )


def _table_source(name: str, value: Any) -> TableSource:
    place = ("tables", name)
    if not isinstance(value, dict) or set(value) != {"file", "key", "value"}:
        raise _wrong(place, "a table with file, key and value")
    texts = _texts(value, place)
    return TableSource(texts["file"], texts["key"], texts["value"])


def _conditions(content: Mapping[str, Any], name: str, place: tuple[str, ...]) -> dict[str, frozenset[str]]:
    """Read columns with the value, or the list of values, that each may have."""
    conditions = {}
    for column, wanted in _table(content, name, place).items():
        values = wanted if isinstance(wanted, list) else [wanted]
        if not all(isinstance(value, str) for value in values):
            raise _wrong((*place, name, column), "a text or a list of texts")
        conditions[column] = frozenset(values)
    return conditions


def _table(content: Mapping[str, Any], name: str, place: tuple[str, ...] = ()) -> dict[str, Any]:
    table: dict[str, Any] = _typed(content, name, dict, default={}, place=place)
    return table


def _typed(
    content: Mapping[str, Any], name: str, kind: type, *, default: Any = None, place: tuple[str, ...] = ()
) -> Any:
    value = content.get(name, default)
    if value is not None and not isinstance(value, kind):
        names = {str: "a text", bool: "true or false", list: "a list", dict: "a table"}
        raise _wrong((*place, name), names[kind])
    return value


def _texts(table: dict[str, Any], place: tuple[str, ...]) -> dict[str, str]:
    for name, value in table.items():
        if not isinstance(value, str):
            raise _wrong((*place, name), "a text")
    return table


def _only(table: Mapping[str, Any], known: set[str], place: tuple[str, ...]) -> None:
    for name in table:
        if name not in known:
            message = f"The map cannot say {'.'.join((*place, name))}. Known there: {', '.join(sorted(known))}."
            raise Refusal(ErrorCode.UNKNOWN_FIELD, message, ("map", *place, name))


def _wrong(place: tuple[str, ...], what: str) -> Refusal:
    return Refusal(ErrorCode.INVALID_VALUE, f"In the map, {'.'.join(place)} must be {what}.", ("map", *place))
