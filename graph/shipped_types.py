"""The record types that every organization has, after Dynamics 365 Sales and Service. What a type is: `record_type`.

Amounts of MONEY are in the record's currency, a DECIMAL `weight` in tonnes, durations in minutes. Line items have no
state and no date: rollup fields take those of the record they are part of.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from graph.errors import Refusal
from graph.record_type import FieldType, RecordField, RecordType, record_types, write_record_types

if TYPE_CHECKING:
    from graph.database import Transaction


def _type(
    key: str,
    states: dict[str, tuple[str, ...]],
    *fields: RecordField,
    parent: str | None = None,
    rate_date: str | None = None,
) -> RecordType:
    name = key.replace("_", " ").capitalize()
    return RecordType(key, name, states, {declared.key: declared for declared in fields}, parent, rate_date)


def _field(key: str, data_type: FieldType, *choices: str) -> RecordField:
    words = re.sub(r"([A-Z])", r" \1", key).lower()
    return RecordField(key, words.capitalize(), data_type, choices)


def _line(key: str, parent: str, *more: RecordField) -> RecordType:
    return _type(
        key,
        {},
        _field("pricePerUnit", FieldType.MONEY),
        _field("quantity", FieldType.DECIMAL),
        _field("weight", FieldType.DECIMAL),
        _field("discount", FieldType.MONEY),
        _field("tax", FieldType.MONEY),
        _field("extendedAmount", FieldType.MONEY),
        *more,
        parent=parent,
    )


_DIRECTION = _field("direction", FieldType.CHOICE, "INCOMING", "OUTGOING")
_PRIORITY = _field("priority", FieldType.CHOICE, "LOW", "NORMAL", "HIGH")
_ACTUAL = (_field("actualStart", FieldType.DATETIME), _field("actualEnd", FieldType.DATETIME))
_DURATION = _field("durationMinutes", FieldType.INTEGER)

SHIPPED = (
    _type(
        "account",
        {},
        _field("industry", FieldType.TEXT),
        _field("city", FieldType.TEXT),
        _field("postalCode", FieldType.TEXT),
        _field("country", FieldType.TEXT),
    ),
    _type(
        "opportunity",
        {"OPEN": ("NEW", "IN_PROGRESS", "ON_HOLD"), "WON": ("WON",), "LOST": ("CANCELLED", "OUT_SOLD")},
        _field("estimatedValue", FieldType.MONEY),
        _field("actualValue", FieldType.MONEY),
        _field("quantity", FieldType.DECIMAL),
        _field("probability", FieldType.INTEGER),
        _field("openDate", FieldType.DATE),
        _field("estimatedCloseDate", FieldType.DATE),
        _field("actualCloseDate", FieldType.DATE),
        rate_date="actualCloseDate",
    ),
    _line("opportunity_line", "opportunity"),
    _type(
        "quote",
        {
            "DRAFT": ("IN_PROGRESS",),
            "ACTIVE": ("IN_PROGRESS", "OPEN"),
            "WON": ("WON",),
            "CLOSED": ("LOST", "CANCELLED", "REVISED"),
        },
        _field("totalAmount", FieldType.MONEY),
        _field("discountAmount", FieldType.MONEY),
        _field("freightAmount", FieldType.MONEY),
        _field("totalTax", FieldType.MONEY),
        _field("itemCount", FieldType.INTEGER),
        _field("effectiveFrom", FieldType.DATE),
        _field("effectiveTo", FieldType.DATE),
        _field("closedDate", FieldType.DATE),
        parent="opportunity",
        rate_date="effectiveFrom",
    ),
    _type(
        "order",
        {
            "ACTIVE": ("NEW", "PENDING"),
            "SUBMITTED": ("SUBMITTED",),
            "FULFILLED": ("COMPLETE", "PARTIAL"),
            "INVOICED": ("INVOICED",),
            "CANCELLED": ("CANCELLED",),
        },
        _field("totalAmount", FieldType.MONEY),
        _field("totalWeight", FieldType.DECIMAL),
        _field("itemCount", FieldType.INTEGER),
        _field("orderDate", FieldType.DATE),
        _field("fulfilledDate", FieldType.DATE),
        parent="opportunity",
        rate_date="orderDate",
    ),
    _line("order_line", "order", _field("requestedDate", FieldType.DATE), _field("shippedDate", FieldType.DATE)),
    _type(
        "invoice",
        {
            "ACTIVE": ("NEW", "PARTIALLY_SHIPPED", "BILLED", "BOOKED"),
            "PAID": ("COMPLETE", "PARTIAL"),
            "CANCELLED": ("CANCELLED",),
        },
        _field("totalAmount", FieldType.MONEY),
        _field("discountAmount", FieldType.MONEY),
        _field("freightAmount", FieldType.MONEY),
        _field("totalTax", FieldType.MONEY),
        _field("itemCount", FieldType.INTEGER),
        _field("invoiceDate", FieldType.DATE),
        _field("dueDate", FieldType.DATE),
        _field("paidDate", FieldType.DATE),
        parent="order",
        rate_date="invoiceDate",
    ),
    _line("invoice_line", "invoice", _field("shippedDate", FieldType.DATE)),
    _type(
        "lead",
        {
            "OPEN": ("NEW", "CONTACTED"),
            "QUALIFIED": ("QUALIFIED",),
            "DISQUALIFIED": ("LOST", "CANNOT_CONTACT", "NO_LONGER_INTERESTED", "CANCELLED"),
        },
        _field("company", FieldType.TEXT),
        _field("industry", FieldType.TEXT),
        _field("postalCode", FieldType.TEXT),
        _field("country", FieldType.TEXT),
        _field("source", FieldType.CHOICE, "ADVERTISEMENT", "EVENT", "PARTNER", "REFERRAL", "WEB", "OTHER"),
        _field("rating", FieldType.CHOICE, "HOT", "WARM", "COLD"),
        _field("estimatedValue", FieldType.MONEY),
        _field("receivedDate", FieldType.DATE),
        _field("estimatedCloseDate", FieldType.DATE),
        _field("qualifiedDate", FieldType.DATE),
        rate_date="receivedDate",
    ),
    _type(
        "case",
        {
            "ACTIVE": ("IN_PROGRESS", "ON_HOLD", "WAITING_FOR_DETAILS", "RESEARCHING"),
            "RESOLVED": ("PROBLEM_SOLVED", "INFORMATION_PROVIDED"),
            "CANCELLED": ("CANCELLED", "MERGED"),
        },
        _field("kind", FieldType.CHOICE, "QUESTION", "PROBLEM", "REQUEST"),
        _field("origin", FieldType.CHOICE, "PHONE", "EMAIL", "WEB", "OTHER"),
        _PRIORITY,
        _DURATION,
        _field("satisfaction", FieldType.INTEGER),
        _field("opened", FieldType.DATETIME),
        _field("firstResponse", FieldType.DATETIME),
        _field("resolved", FieldType.DATETIME),
    ),
    _type(
        "phone_call",
        {"OPEN": ("OPEN",), "COMPLETED": ("MADE", "RECEIVED"), "CANCELLED": ("CANCELLED",)},
        _DIRECTION,
        _DURATION,
        _field("dueDate", FieldType.DATE),
        *_ACTUAL,
    ),
    _type(
        "appointment",
        {
            "OPEN": ("FREE", "TENTATIVE"),
            "SCHEDULED": ("BUSY", "OUT_OF_OFFICE"),
            "COMPLETED": ("COMPLETED",),
            "CANCELLED": ("CANCELLED",),
        },
        _field("location", FieldType.TEXT),
        _DURATION,
        _field("scheduledStart", FieldType.DATETIME),
        _field("scheduledEnd", FieldType.DATETIME),
        *_ACTUAL,
    ),
    _type(
        "task",
        {
            "OPEN": ("NOT_STARTED", "IN_PROGRESS", "WAITING_ON_SOMEONE", "DEFERRED"),
            "COMPLETED": ("COMPLETED",),
            "CANCELLED": ("CANCELLED",),
        },
        _PRIORITY,
        _DURATION,
        _field("percentComplete", FieldType.INTEGER),
        _field("dueDate", FieldType.DATE),
        *_ACTUAL,
    ),
    _type(
        "email",
        {
            "OPEN": ("DRAFT", "FAILED"),
            "COMPLETED": ("COMPLETED", "PENDING_SEND", "SENT", "RECEIVED"),
            "CANCELLED": ("CANCELLED",),
        },
        _DIRECTION,
        _PRIORITY,
        _field("sent", FieldType.DATETIME),
        _field("received", FieldType.DATETIME),
        _field("dueDate", FieldType.DATE),
    ),
)


async def ensure_record_types(tx: Transaction) -> None:
    """Make the shipped record types, and add to those there are what they lack. For after a migration."""
    known = {found.key: found for found in await record_types(tx)}
    await write_record_types(tx, [merged(known[kind.key], kind) if kind.key in known else kind for kind in SHIPPED])


def merged(stored: RecordType, shipped: RecordType) -> RecordType:
    """Give what the organization has of a type with what the program ships beside it: nothing stored ever changes.

    A shipped field whose name the organization has taken for one of its own is left out.
    """
    states = {state: _union(of_state, shipped.states.get(state, ())) for state, of_state in stored.states.items()}
    if stored.states:  # records of a type that had none are in none
        states |= {state: of_state for state, of_state in shipped.states.items() if state not in states}
    result = replace(stored, states=states, parent_type=stored.parent_type or shipped.parent_type)
    for key, field in shipped.fields.items():
        mine = stored.fields.get(key)
        choices = _union(mine.choices, field.choices) if mine and mine.data_type is field.data_type else ()
        wanted = field if mine is None else replace(mine, choices=choices or mine.choices)
        try:
            result = replace(result, fields={**result.fields, key: wanted})
        except Refusal:
            continue
    try:
        return replace(result, rate_date=stored.rate_date or shipped.rate_date)
    except Refusal:
        return result


def _union(mine: tuple[str, ...], theirs: tuple[str, ...]) -> tuple[str, ...]:
    return (*mine, *(one for one in theirs if one not in mine))
