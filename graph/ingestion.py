"""What upserts of records and of owners share: a batch of rows, the report on each row. Not here: what a row means."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from graph.errors import ErrorCode, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LARGEST_BATCH = 10_000
LONGEST_EXTERNAL_ID = 200


class Outcome(StrEnum):
    """What became of a row."""

    INSERTED = "INSERTED"
    UPDATED = "UPDATED"
    UNCHANGED = "UNCHANGED"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class RowRefusal:
    """Why a row was refused. `row` counts from 1; `field` is its path in the row ("fields.estimatedValue")."""

    row: int
    field: str
    code: ErrorCode
    message: str


@dataclass(frozen=True, slots=True)
class UpsertReport:
    """What became of each row, in order. Under `all_or_nothing` one refusal makes every outcome REFUSED."""

    outcomes: tuple[Outcome, ...]
    refused: tuple[RowRefusal, ...]

    @property
    def inserted(self) -> int:
        """How many rows made a new node."""
        return self.outcomes.count(Outcome.INSERTED)

    @property
    def updated(self) -> int:
        """How many rows changed a node."""
        return self.outcomes.count(Outcome.UPDATED)

    @property
    def unchanged(self) -> int:
        """How many rows said what was known."""
        return self.outcomes.count(Outcome.UNCHANGED)


class Keyed(Protocol):
    """A row that has been read: it has its external id."""

    @property
    def external_id(self) -> str:
        """Key of the row within its type."""
        ...


K = TypeVar("K", bound=Keyed)


@dataclass
class Batch(Generic[K]):
    """The rows of an upsert by number, and what is known of them so far. Refusing a row takes it out of `rows`."""

    size: int
    rows: dict[int, K] = field(default_factory=dict)
    refused: dict[int, RowRefusal] = field(default_factory=dict)
    outcomes: dict[int, Outcome] = field(default_factory=dict)

    @classmethod
    def read(cls, rows: Sequence[Mapping[str, Any]], read_row: Callable[[Mapping[str, Any]], K]) -> Batch[K]:
        """Read each row; refused are those that `read_row` refuses and those that repeat an external id.

        Refuses TOO_MANY_ROWS.
        """
        if len(rows) > LARGEST_BATCH:
            message = f"A batch has at most {LARGEST_BATCH} rows, this one {len(rows)}. Split it."
            raise Refusal(ErrorCode.TOO_MANY_ROWS, message, ("rows",))
        batch = cls(len(rows))
        seen: dict[str, int] = {}
        for number, row in enumerate(rows, 1):
            try:
                read = read_row(row)
            except Refusal as refusal:
                batch.refuse(number, refusal)
                continue
            first = seen.setdefault(read.external_id, number)
            if first == number:
                batch.rows[number] = read
            else:
                message = f"Row {first} has the same external id. Give each once."
                batch.refuse(number, Refusal(ErrorCode.DUPLICATE_ROW, message, ("externalId",)))
        return batch

    def refuse(self, number: int, refusal: Refusal) -> None:
        """Take a row out, for this reason."""
        problem = refusal.problem
        self.rows.pop(number, None)
        self.refused[number] = RowRefusal(number, ".".join(problem.field or ()), problem.code, problem.message)

    @classmethod
    def joined(cls, batches: Sequence[Batch[K]]) -> Batch[K]:
        """Give one batch of all rows of several: those of each come after those of the one before it."""
        whole = cls(sum(batch.size for batch in batches))
        for batch, place in zip(batches, cls.places(batches), strict=True):
            whole.rows |= {place.start + number: row for number, row in batch.rows.items()}
            whole.refused |= {place.start + number: refusal for number, refusal in batch.refused.items()}
        return whole

    @staticmethod
    def places(batches: Sequence[Batch[K]]) -> list[range]:
        """Give where the rows of each batch are in the joined one: its row n has number start + n."""
        ends = list(accumulate(batch.size for batch in batches))
        return [range(end - batch.size, end) for batch, end in zip(batches, ends, strict=True)]

    def refuse_whole(self, place: range) -> None:
        """Take all rows at a place out if one of them is refused; what becomes of them is REFUSED."""
        numbers = [number + 1 for number in place]
        if not self.refused.keys().isdisjoint(numbers):
            for number in numbers:
                self.rows.pop(number, None)
                self.outcomes[number] = Outcome.REFUSED

    def report(self, place: range | None = None) -> UpsertReport:
        """Tell what became of each row (of those at a place), once each has an outcome or is refused."""
        numbers = [number + 1 for number in (range(self.size) if place is None else place)]
        outcomes = (Outcome.REFUSED if n in self.refused else self.outcomes[n] for n in numbers)
        first = place.start if place is not None else 0
        refusals = (replace(self.refused[n], row=n - first) for n in numbers if n in self.refused)
        return UpsertReport(tuple(outcomes), tuple(refusals))

    def refusal_of_all(self) -> UpsertReport:
        """Give the answer of an `all_or_nothing` upsert when any row is refused."""
        self.refuse_whole(range(self.size))
        return self.report()


def read_external_id(row: Mapping[str, Any]) -> str:
    """Give the row's external id. Refuses REQUIRED or INVALID_VALUE."""
    return read_key(row.get("externalId"), "externalId")


def read_key(value: Any, name: str) -> str:
    """Check an external id, 1 to 200 characters. Refuses REQUIRED or INVALID_VALUE, naming the field."""
    if value is None or value == "":
        raise Refusal(ErrorCode.REQUIRED, f"{name} is missing. Every row needs one.", (name,))
    if not isinstance(value, str) or len(value) > LONGEST_EXTERNAL_ID or not storable(value):
        message = f"{name} is a text of 1 to {LONGEST_EXTERNAL_ID} characters."
        raise Refusal(ErrorCode.INVALID_VALUE, message, (name,))
    return value


def refuse_unknown(row: Mapping[str, Any], known: frozenset[str], path: tuple[str, ...] = ()) -> None:
    """Refuse UNKNOWN_FIELD for the first key that is not known."""
    if not row.keys() <= known:
        name = next(str(key) for key in row if key not in known)
        message = f"There is no field {name!r} here. There are: {', '.join(sorted(known)) or 'none'}."
        raise Refusal(ErrorCode.UNKNOWN_FIELD, message, (*path, name))


def storable(text: str) -> bool:
    """Tell whether the database can hold the text: no half of a surrogate pair, no NUL."""
    if "\0" in text:
        return False
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
