"""Defining record types and extending those there are: only ever adding, so that nothing in use breaks."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from graph.errors import ErrorCode, Refusal
from graph.ingestion import storable
from graph.organization import ensure_organization
from graph.record_type import (
    LONGEST_CHAIN,
    FieldType,
    RecordField,
    RecordType,
    lock_record_type,
    record_types,
    write_record_types,
)
from graph.rights import Kind, Operation, require
from graph.statement import Read
from graph.text import checked_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graph.database import Transaction
    from graph.visibility import Viewer

#: More of any of these is a mistake, or is not for people any more.
MOST_FIELDS, MOST_STATES, MOST_STATUSES, MOST_CHOICES = 200, 50, 50, 200
_LONGEST_CHOICE = 100


@dataclass(frozen=True)
class FieldDraft:
    """A field to add, or choices to add to one. Without a name a new field is called by the words of its key."""

    key: str
    data_type: FieldType
    name: str | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class RecordTypeDraft:
    """What a record type is to have, beside what it has: what is left out stays as it is.

    `states` gives each state its statuses.
    """

    key: str
    name: str | None = None
    fields: tuple[FieldDraft, ...] = ()
    states: tuple[tuple[str, tuple[str, ...]], ...] = ()
    parent_type: str | None = None
    rate_date: str | None = None


@dataclass(frozen=True, slots=True)
class RecordTypeUse:
    """Whether a type has records, and whether any of them has an amount of money."""

    records: bool
    money: bool


@dataclass(frozen=True)
class UseOfRecordType(Read[RecordTypeUse], path="record_type/in_use", row=RecordTypeUse):
    """What of a record type is in use. `money`: its MONEY fields."""

    key: str
    money: list[str]


async def define_record_type(tx: Transaction, viewer: Viewer, draft: RecordTypeDraft) -> str:
    """Make a record type, or add to one; its key. Nothing it has is ever taken away, so records stay what they are.

    Refuses FORBIDDEN; REQUIRED and INVALID_VALUE for what is missing or has no meaning, such as a name that could be
    taken for another one; FIELD_TYPE_FROZEN for another data type; RECORD_TYPE_FROZEN for another parent type, for
    states where there are records without one, and for another rate date once a record has an amount of money;
    UNKNOWN_RECORD_TYPE for a parent type, UNKNOWN_FIELD for a rate date.
    """
    await require(tx, viewer, Kind.SETTINGS, Operation.WRITE, "define record types")
    await ensure_organization(tx)  # under this lock definitions happen in turn: each sees all others
    known = {kind.key: kind for kind in await record_types(tx)}
    stored = known.get(draft.key)
    if stored is not None:
        stored = await lock_record_type(tx, draft.key)
    wanted = _extended(stored or _new(draft, known), draft)
    _check_chains({**known, draft.key: wanted}, draft.key)
    if stored is not None:
        money = [field.key for field in stored.fields.values() if field.data_type is FieldType.MONEY]
        (use,) = await tx.run(UseOfRecordType(draft.key, money))
        _check_use(stored, wanted, use)
    await write_record_types(tx, [wanted])
    return draft.key


def _new(draft: RecordTypeDraft, known: Mapping[str, RecordType]) -> RecordType:
    if draft.name is None:
        raise Refusal(ErrorCode.REQUIRED, f"{draft.key} is new: give it a name, for people.", ("name",))
    made = RecordType(draft.key, checked_name(draft.name, ("name",)), {}, {})
    alike = next((kind.key for kind in known.values() if kind.label.casefold() == made.label.casefold()), None)
    if alike is not None:
        message = f"{draft.key} could be taken for {alike}. Choose another key."
        raise Refusal(ErrorCode.INVALID_VALUE, message, ("key",))
    return made


def _extended(stored: RecordType, draft: RecordTypeDraft) -> RecordType:
    """Give the type with all that the draft says beside what it had."""
    states = dict(stored.states)
    for state, statuses in draft.states:
        states[state] = _with(states.get(state, ()), statuses, MOST_STATUSES, "states")
    fields = dict(stored.fields)
    for field in draft.fields:
        fields[field.key] = _field(fields.get(field.key), field)
    for some, most, name in ((states, MOST_STATES, "states"), (fields, MOST_FIELDS, "fields")):
        if len(some) > most:
            raise Refusal(ErrorCode.INVALID_VALUE, f"A record type has at most {most} {name}. Leave some out.", (name,))
    if draft.parent_type is not None and stored.parent_type not in {None, draft.parent_type}:
        message = f"Records of {stored.key} are parts of {stored.parent_type}, and stay so. Define another type."
        raise Refusal(ErrorCode.RECORD_TYPE_FROZEN, message, ("parentType",))
    return replace(
        stored,
        name=stored.name if draft.name is None else checked_name(draft.name, ("name",)),
        states=states,
        fields=fields,
        parent_type=draft.parent_type or stored.parent_type,
        rate_date=draft.rate_date or stored.rate_date,
    )


def _field(stored: RecordField | None, draft: FieldDraft) -> RecordField:
    if stored is not None and stored.data_type is not draft.data_type:
        message = f"{draft.key} is {stored.data_type} and stays so. Add a field of another name."
        raise Refusal(ErrorCode.FIELD_TYPE_FROZEN, message, ("fields",))
    if draft.choices and draft.data_type is not FieldType.CHOICE:
        message = f"{draft.key} is {draft.data_type}: only a CHOICE has choices. Leave them out."
        raise Refusal(ErrorCode.INVALID_VALUE, message, ("fields",))
    for choice in draft.choices:
        if not 1 <= len(choice) <= _LONGEST_CHOICE or not storable(choice):
            message = f"A choice of {draft.key} has 1 to {_LONGEST_CHOICE} characters."
            raise Refusal(ErrorCode.INVALID_VALUE, message, ("fields",))
    choices = _with(stored.choices if stored else (), draft.choices, MOST_CHOICES, "fields")
    if draft.data_type is FieldType.CHOICE and not choices:
        raise Refusal(ErrorCode.REQUIRED, f"{draft.key} is a CHOICE: give it choices.", ("fields",))
    words = re.sub(r"([A-Z])", r" \1", draft.key).lower().capitalize()
    name = draft.name or (stored.name if stored else words)
    return RecordField(draft.key, checked_name(name, ("fields",)), draft.data_type, choices)


def _with(stored: Sequence[str], more: Sequence[str], most: int, field: str) -> tuple[str, ...]:
    together = tuple(dict.fromkeys((*stored, *more)))
    if len(together) > most:
        raise Refusal(ErrorCode.INVALID_VALUE, f"There are at most {most} of one kind. Leave some out.", (field,))
    return together


def _check_chains(kinds: Mapping[str, RecordType], key: str) -> None:
    """Refuse a parent type that does not exist, that is part of the type itself, or that makes a chain too long."""
    for start in kinds:
        chain = [start]
        while (above := kinds[chain[-1]].parent_type) is not None:
            if above not in kinds:
                message = f"There is no record type {above!r}. Look them up under recordTypes."
                raise Refusal(ErrorCode.UNKNOWN_RECORD_TYPE, message, ("parentType",))
            chain.append(above)
            if len(chain) > LONGEST_CHAIN:
                message = f"{key} would be part of itself, or one of more than {LONGEST_CHAIN} types in a chain."
                raise Refusal(ErrorCode.INVALID_VALUE, f"{message} Choose another parent.", ("parentType",))


def _check_use(stored: RecordType, wanted: RecordType, use: RecordTypeUse) -> None:
    if use.records and wanted.states and not stored.states:
        message = f"There are records of {stored.key}, which would be in no state. Define another type."
        raise Refusal(ErrorCode.RECORD_TYPE_FROZEN, message, ("states",))
    if use.money and wanted.rate_date != stored.rate_date:
        message = f"Amounts of {stored.key} were converted by {stored.rate_date or 'the day of saving'}. That stays so."
        raise Refusal(ErrorCode.RECORD_TYPE_FROZEN, message, ("rateDate",))
