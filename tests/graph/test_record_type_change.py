"""Defining and extending record types: what is added stays, what is in use never changes, also by an upgrade."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import cypher
from graph.errors import ErrorCode, Refusal
from graph.record_type import FieldType, RecordField, RecordType, record_type
from graph.record_type_change import MOST_FIELDS, FieldDraft, RecordTypeDraft, define_record_type
from graph.shipped_types import SHIPPED, ensure_record_types, merged
from graph.visibility import Viewer
from tests.factories import FOUNDER, Company

if TYPE_CHECKING:
    from graph.database import Transaction

OPPORTUNITY = next(kind for kind in SHIPPED if kind.key == "opportunity")
LENGTH = FieldDraft("length", FieldType.INTEGER)
COST = FieldDraft("totalCost", FieldType.MONEY, "Cost")
DAY = FieldDraft("visitDay", FieldType.DATE)
VISIT = RecordTypeDraft("site_visit", "Site visit", (LENGTH, COST, DAY), (("OPEN", ("NEW",)), ("DONE", ())), "case")


async def define(company: Company, draft: RecordTypeDraft, viewer: Viewer = FOUNDER) -> RecordType:
    async def work(tx: Transaction) -> RecordType:
        return await record_type(tx, await define_record_type(tx, viewer, draft))

    found: RecordType = await company.write(work)
    return found


async def test_a_type_is_defined_used_and_extended(company: Company) -> None:
    assert await define(company, VISIT) == RecordType(
        "site_visit",
        "Site visit",
        {"OPEN": ("NEW",), "DONE": ()},
        {
            "length": RecordField("length", "Length", FieldType.INTEGER),
            "totalCost": RecordField("totalCost", "Cost", FieldType.MONEY),
            "visitDay": RecordField("visitDay", "Visit day", FieldType.DATE),
        },
        "case",
    )
    await company.records("case", {"externalId": "c", "state": "ACTIVE"})
    visit = {"externalId": "v", "parent": "c", "state": "OPEN", "status": "NEW", "fields": {"length": 5}}
    await company.records("site_visit", visit)
    kind = FieldDraft("kind", FieldType.CHOICE, None, ("SHORT",))
    found = await define(company, RecordTypeDraft("site_visit", fields=(kind,), rate_date="visitDay"))
    more = RecordTypeDraft(
        "site_visit", "Visit", (replace(kind, choices=("LONG", "SHORT")),), (("OPEN", ("LATE",)), ("OFF", ("OFF",)))
    )
    found = await define(company, more)
    assert (found.name, found.parent_type, found.rate_date) == ("Visit", "case", "visitDay")
    assert found.states == {"OPEN": ("NEW", "LATE"), "DONE": (), "OFF": ("OFF",)}
    assert list(found.fields) == ["length", "totalCost", "visitDay", "kind"]
    assert found.fields["kind"].choices == ("SHORT", "LONG")
    assert await define(company, RecordTypeDraft("site_visit")) == found
    await company.records("site_visit", visit | {"status": "LATE", "fields": {"kind": "LONG", "totalCost": "1.5"}})
    extended = await define(company, RecordTypeDraft("opportunity", fields=(LENGTH,), states=(("PAUSED", ()),)))
    assert extended.states == {**OPPORTUNITY.states, "PAUSED": ()}
    # A start of the program, also of a later version, leaves all of it.
    await company.write(ensure_record_types)
    assert await define(company, RecordTypeDraft("opportunity")) == extended
    assert await define(company, RecordTypeDraft("site_visit")) == found


#: Of the type above with records, one of them with an amount: what is refused, with code and field.
REFUSED: list[tuple[RecordTypeDraft, str, str]] = [
    (RecordTypeDraft("new_one"), "REQUIRED", "name"),
    (RecordTypeDraft("new_one", " "), "INVALID_VALUE", "name"),
    (RecordTypeDraft("New", "New"), "INVALID_VALUE", "key"),
    (RecordTypeDraft("sitevisit", "Site visit"), "INVALID_VALUE", "key"),
    (RecordTypeDraft("phonecall", "Call"), "INVALID_VALUE", "key"),
    (RecordTypeDraft("rollupfield", "Field"), "INVALID_VALUE", "key"),
    (RecordTypeDraft("business_units", "Units"), "INVALID_VALUE", "key"),
    (RecordTypeDraft("new_one", "New", parent_type="nonsense"), "UNKNOWN_RECORD_TYPE", "parentType"),
    (RecordTypeDraft("new_one", "New", parent_type="new_one"), "INVALID_VALUE", "parentType"),
    (RecordTypeDraft("opportunity", parent_type="invoice_line"), "INVALID_VALUE", "parentType"),
    (RecordTypeDraft("case", parent_type="site_visit"), "INVALID_VALUE", "parentType"),
    (RecordTypeDraft("site_visit", parent_type="order"), "RECORD_TYPE_FROZEN", "parentType"),
    (
        RecordTypeDraft("site_visit", fields=(replace(LENGTH, data_type=FieldType.DECIMAL),)),
        "FIELD_TYPE_FROZEN",
        "fields",
    ),
    (RecordTypeDraft("site_visit", fields=(replace(LENGTH, choices=("A",)),)), "INVALID_VALUE", "fields"),
    (RecordTypeDraft("site_visit", fields=(FieldDraft("kind", FieldType.CHOICE),)), "REQUIRED", "fields"),
    (
        RecordTypeDraft("site_visit", fields=(FieldDraft("k", FieldType.CHOICE, None, ("",)),)),
        "INVALID_VALUE",
        "fields",
    ),
    (RecordTypeDraft("site_visit", fields=(FieldDraft("state", FieldType.TEXT),)), "INVALID_VALUE", "fields"),
    (RecordTypeDraft("site_visit", fields=(FieldDraft("A", FieldType.TEXT),)), "INVALID_VALUE", "fields"),
    (
        RecordTypeDraft("site_visit", fields=tuple(FieldDraft(f"f{n}", FieldType.TEXT) for n in range(MOST_FIELDS))),
        *("INVALID_VALUE", "fields"),
    ),
    (RecordTypeDraft("site_visit", states=(("open", ()),)), "INVALID_VALUE", "states"),
    (RecordTypeDraft("site_visit", states=tuple((f"S{n}", ()) for n in range(51))), "INVALID_VALUE", "states"),
    (RecordTypeDraft("site_visit", states=(("OPEN", tuple(f"S{n}" for n in range(51))),)), "INVALID_VALUE", "states"),
    (RecordTypeDraft("site_visit", rate_date="length"), "UNKNOWN_FIELD", "rateDate"),
    (RecordTypeDraft("site_visit", rate_date="visitDay"), "RECORD_TYPE_FROZEN", "rateDate"),
    (RecordTypeDraft("account", states=(("OPEN", ()),)), "RECORD_TYPE_FROZEN", "states"),
]


async def test_what_would_break_or_confuse_is_refused_and_nothing_is_written(company: Company) -> None:
    before = await define(company, VISIT)
    await company.records("site_visit", {"externalId": "v", "state": "OPEN", "fields": {"totalCost": "0"}})
    await company.records("account", {"externalId": "a"})
    for draft, code, field in REFUSED:
        with pytest.raises(Refusal) as refused:
            await define(company, draft)
        assert (refused.value.problem.code, refused.value.problem.field) == (ErrorCode(code), (field,)), draft
        assert refused.value.message.endswith(".")
    with pytest.raises(Refusal) as refused:
        await define(company, VISIT, Viewer("1", "rep", "Rep", administrator=False))
    assert refused.value.problem.code is ErrorCode.FORBIDDEN
    assert await define(company, RecordTypeDraft("site_visit")) == before


def test_an_upgrade_adds_and_never_changes() -> None:
    mine = replace(
        OPPORTUNITY,
        name="Deal",
        states={"OPEN": ("NEW", "MINE"), "MINE": ()},
        fields={
            "actualValue": RecordField("actualValue", "Worth", FieldType.TEXT),
            "closedDate": RecordField("closedDate", "Closed", FieldType.DATE),
            "rank": RecordField("rank", "Rank", FieldType.CHOICE, ("B", "A")),
        },
        rate_date=None,
    )
    shipped = replace(
        OPPORTUNITY,
        fields={
            **OPPORTUNITY.fields,
            "closed": RecordField("closed", "Closed at", FieldType.DATETIME),
            "rank": RecordField("rank", "Rank", FieldType.CHOICE, ("A", "C")),
        },
        parent_type="lead",
    )
    found = merged(mine, shipped)
    assert (found.name, found.parent_type, found.rate_date) == ("Deal", "lead", "actualCloseDate")
    assert found.states == {
        "OPEN": ("NEW", "MINE", "IN_PROGRESS", "ON_HOLD"),
        "MINE": (),
        "WON": ("WON",),
        "LOST": ("CANCELLED", "OUT_SOLD"),
    }
    assert found.fields["actualValue"] == mine.fields["actualValue"]
    assert found.fields["rank"].choices == ("B", "A", "C")
    assert "closed" not in found.fields  # its date would be the organization's own closedDate
    assert found.fields.keys() == {*OPPORTUNITY.fields, *mine.fields}
    assert merged(found, shipped) == found
    stateless = replace(mine, states={})
    assert merged(stateless, shipped).states == {}
    assert merged(replace(mine, fields={"actualCloseDate": mine.fields["actualValue"]}), shipped).rate_date is None


def labels() -> list[str]:
    """The labels that the product's own nodes have."""
    named = [text for _, _, statements in cypher.migrations() for text in statements if "db.createLabel" in text]
    return [label for text in named for label in re.findall(r"'(\w+)'", text)]


@pytest.mark.parametrize("label", labels())
def test_no_type_can_be_called_as_the_products_own_nodes(label: str) -> None:
    key = re.sub(r"(?<=.)([A-Z])", r"_\1", label).lower()
    for alike in {key, key.replace("_", "")}:
        with pytest.raises(Refusal):
            RecordType(alike, "Name", {}, {})
