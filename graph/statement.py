"""The Python side of a statement file: a frozen dataclass, its fields the parameters, typed by the row it returns."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import cypher

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import LiteralString

Row = TypeVar("Row")

#: Every statement class by its path; the catalog check compares it with the files.
CATALOG: dict[str, type[Statement[Any]]] = {}


class Statement(Generic[Row]):
    """Base of `Read` and `Write`. A subclass says `path="goal/by_ids", row=GoalRow`.

    `many=True`: there may be thousands of rows. Then they are fetched as one list, at a tenth of the time that the
    driver takes for as many rows. The file is written as any other; the order of the rows means nothing then, and the
    class has no `read_row` of its own.
    """

    path: ClassVar[str]
    row: ClassVar[type[Any]]
    many: ClassVar[bool] = False
    writes: ClassVar[bool]

    def __init_subclass__(
        cls, *, path: str | None = None, row: type[Any] | None = None, many: bool = False, **options: Any
    ) -> None:
        super().__init_subclass__(**options)
        if path is not None and row is not None:
            # dataclass(slots=True) makes a second class of the same name: the later one stands.
            cls.path, cls.row, cls.many = path, row, many
            CATALOG[path] = cls

    @property
    def text(self) -> LiteralString:
        """The statement's text."""
        text = cypher.load(self.path).text
        return cypher.in_one_list(text, [field.name for field in dataclasses.fields(self.row)]) if self.many else text

    def parameters(self) -> dict[str, Any]:
        """The statement's parameters by name, as the driver takes them."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}  # type: ignore[arg-type]

    def read(self, records: Sequence[Mapping[str, Any]]) -> list[Row]:
        """All rows from the records that the statement's text gives."""
        if self.many:
            return [self.row(*map(native, values)) for values in records[0]["rows"]]
        return [self.read_row(record) for record in records]

    @classmethod
    def read_row(cls, columns: Mapping[str, Any]) -> Row:
        """A row from the columns of one record, temporal values as Python's."""
        row: Row = cls.row(**{name: native(value) for name, value in columns.items()})
        return row


class Read(Statement[Row]):
    """A statement that writes nothing; the server is told so and refuses otherwise."""

    writes = False


class Write(Statement[Row]):
    """A statement that writes (or locks)."""

    writes = True


@dataclasses.dataclass(frozen=True, slots=True)
class Count:
    """A row with one number."""

    count: int


@dataclasses.dataclass(frozen=True, slots=True)
class Id:
    """A row with one id."""

    id: str


#: What most values are: looked at first, as there are many.
_PLAIN = frozenset({str, int, float, bool, type(None)})


def native(value: Any) -> Any:
    """The driver's temporal values as Python's own, also inside lists and maps; all else unchanged."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, list):
        return [native(item) for item in value]
    if isinstance(value, dict):
        return {name: native(item) for name, item in value.items()}
    to_native = getattr(value, "to_native", None)
    return value if to_native is None else to_native()
