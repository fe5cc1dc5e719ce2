"""Rollup queries as they are made: what is stored, what is refused where, who may ask what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from graph.field_profile import FieldGrant, upsert_field_profile
from graph.owners import OwnerKind
from graph.query_spec import MOST_CONDITIONS, MOST_LEVELS, MOST_VALUES
from graph.share import set_restricted
from tests.graph.asking import BIG, CHICAGO, Form, allow, create, delete, field, read, reading, refused, update

if TYPE_CHECKING:
    from graph.database import Transaction
    from tests.factories import Company


async def test_a_query_is_stored_with_what_it_asks_and_whom_it_names(company: Company) -> None:
    await company.owners(OwnerKind.TERRITORY, {"name": "East"})
    await company.users("rep")
    ids = company.ids
    form = {
        "all": [
            BIG,
            CHICAGO,
            {"not": {"owner": {"is": [ids["rep"]]}}},
            {"territory": {"atOrBelow": [ids["East"]]}},
            field("actualCloseDate", lastDays=30),
        ]
    }
    query = await create(company, "  Big in Chicago ", form, description=" Words ")
    row = await read(company, query)
    assert (row.name, row.description, row.record_type, row.in_use) == (
        "Big in Chicago",
        "Words",
        "opportunity",
        False,
    )
    assert row.form == form
    assert row.created_at == row.updated_at == company.clock.now()

    async def work(tx: Transaction) -> dict[str, Any]:
        (found,) = await tx.text("MATCH (q:RollupQuery) RETURN properties(q) AS it", {}, name="tests/query")
        return dict(found["it"])

    found = await company.database.read(work)
    assert found["fields"] == ["account.postalCode", "opportunity.actualCloseDate", "opportunity.actualValue"]
    assert found["owners"] == sorted([ids["East"], ids["rep"]])
    assert (found["movesWithTheDay"], found["readsAccounts"]) == (True, True)
    await update(company, query, name="BIG IN CHICAGO", description=None, conditions=BIG)
    found = await company.database.read(work)
    assert (found["fields"], found["owners"]) == (["opportunity.actualValue"], [])
    assert (found["movesWithTheDay"], found["readsAccounts"]) == (False, False)
    assert (found["name"], found["nameKey"], "description" in found) == ("BIG IN CHICAGO", "big in chicago", False)
    await delete(company, query)
    assert await refused(company, update(company, query, name="x")) == ("NOT_FOUND", "id")
    assert await refused(company, delete(company, query)) == ("NOT_FOUND", "id")


def nested(levels: int) -> Form:
    """A condition on so many levels."""
    return BIG if levels == 1 else {"all": [nested(levels - 1)]}


#: What cannot be saved: (conditions, code, field below "conditions").
WRONG: list[tuple[Any, str, str]] = [
    ({}, "INVALID_VALUE", ""),
    ([], "INVALID_VALUE", ""),
    ({"all": []}, "REQUIRED", "all"),
    ({"all": [BIG], "any": [BIG]}, "INVALID_VALUE", ""),
    ({"any": [BIG, {"not": field("nothing", isNull=True)}]}, "UNKNOWN_FIELD", "any.1.not.field.key"),
    (field("a`) DETACH DELETE (n) //", equals="x"), "UNKNOWN_FIELD", "field.key"),
    (field("name", "PARENT", equals="x"), "UNKNOWN_FIELD", "field.of"),
    (field("state", equals="SOLD"), "UNKNOWN_STATE", "field.test.equals"),
    (field("status", one_of=["x"]), "UNKNOWN_STATUS", "field.test.in.0"),
    (field("name", greater="x"), "OPERATOR_NOT_FOR_TYPE", "field.test.greater"),
    (field("actualValue", contains="1"), "OPERATOR_NOT_FOR_TYPE", "field.test.contains"),
    (field("actualValue", equals="1.00001"), "AMOUNT_TOO_PRECISE", "field.test.equals"),
    (field("actualValue", equals="9" * 30), "AMOUNT_OUT_OF_RANGE", "field.test.equals"),
    (field("actualCloseDate", on="31.3.2026"), "INVALID_VALUE", "field.test.on"),
    (field("actualCloseDate", between={"from": "2026-02-02"}), "REQUIRED", "field.test.between.to"),
    (field("actualCloseDate", lastDays=0), "INVALID_VALUE", "field.test.lastDays"),
    (field("name", equals="x" * 100_000), "INVALID_VALUE", "field.test.equals"),
    (field("name", one_of=["x"] * (MOST_VALUES + 1)), "QUERY_TOO_LARGE", "field.test.in"),
    ({"any": [BIG] * (MOST_CONDITIONS + 1)}, "QUERY_TOO_LARGE", f"any.{MOST_CONDITIONS}.field"),
    (nested(MOST_LEVELS + 1), "QUERY_TOO_LARGE", ".".join(["all.0"] * MOST_LEVELS)),
    ({"owner": {"is": ["absent"]}}, "OWNER_NOT_FOUND", "owner.is.0"),
    ({"owner": {"is": []}}, "REQUIRED", "owner.is"),
]


async def test_conditions_that_mean_nothing_are_refused_by_their_path(company: Company) -> None:
    query = await create(company, "Known", BIG)
    for form, code, path in WRONG:
        expected = (code, f"conditions.{path}".rstrip("."))
        assert await refused(company, create(company, "New", form)) == expected, path
        assert await refused(company, update(company, query, conditions=form)) == expected, path


async def test_up_to_the_limits_anything_is_kept_as_it_is(company: Company) -> None:
    hostile = ["`", "'\"}", "\\u0060", "$viewer", "}) DETACH DELETE (n) //", "ß🙂\n", "%_*", "x" * 4000]
    many = {"any": [field("name", equals=hostile[n % len(hostile)]) for n in range(MOST_CONDITIONS)]}
    for name, form in (("Many", many), ("Deep", nested(MOST_LEVELS)), ("'`$x}", field("name", one_of=hostile))):
        query = await create(company, name, form)
        assert ((await read(company, query)).form, (await read(company, query)).name) == (form, name)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"name": " "}, ("INVALID_VALUE", "name")),
        ({"name": "x" * 101}, ("INVALID_VALUE", "name")),
        ({"name": "a\0b"}, ("INVALID_VALUE", "name")),
        ({"name": "TAKEN"}, ("QUERY_NAME_TAKEN", "name")),
        ({"description": "x" * 2001}, ("INVALID_VALUE", "description")),
    ],
)
async def test_names_and_texts(company: Company, given: Form, expected: tuple[str, str]) -> None:
    await create(company, "Taken", BIG)
    query = await create(company, "Mine", BIG)
    assert await refused(company, update(company, query, **given)) == expected
    whole = {"name": "New", **given}
    assert await refused(company, create(company, whole.pop("name"), BIG, **whole)) == expected
    await update(company, query, name="MINE", record_type="opportunity")
    changed = update(company, query, record_type="order")
    assert await refused(company, changed) == ("QUERY_RECORD_TYPE_MISMATCH", "recordType")
    unknown = create(company, "New", BIG, "nothing")
    assert await refused(company, unknown) == ("UNKNOWN_RECORD_TYPE", "recordType")


async def test_ids_are_of_what_the_test_is_about(company: Company) -> None:
    await company.owners(OwnerKind.BUSINESS_UNIT, {"name": "unit"})
    await company.owners(OwnerKind.TEAM, {"name": "team"})
    await company.owners(OwnerKind.TERRITORY, {"name": "land"})
    await company.owners(OwnerKind.PRODUCT_LINE, {"name": "line"})
    await company.users("user", "gone", active=True)
    fitting = {
        ("owner", "is"): {"user", "team"},
        ("owner", "inTeam"): {"team"},
        ("owner", "inUnit"): {"unit"},
        ("owner", "inUnitOrBelow"): {"unit"},
        ("owner", "managedBy"): {"user"},
        **{("territory", test): {"land"} for test in ("is", "atOrBelow")},
        **{("productLine", test): {"line"} for test in ("is", "atOrBelow")},
    }
    for (what, test), names in fitting.items():
        some = company.ids[min(names)]
        for name in ("unit", "team", "land", "line", "user"):
            id_ = company.ids[name]
            form = {"any": [BIG, {what: {test: [some, some, id_]}}]}
            if name in names:
                await create(company, f"{what} {test} {name}", form)
            else:
                # Also behind one that is named twice the id is found where it stands.
                expected = ("OWNER_NOT_FOUND", f"conditions.any.1.{what}.{test}.2")
                assert await refused(company, create(company, "New", form)) == expected


async def test_who_may_not_read_may_not_ask(company: Company) -> None:
    await company.users("nobody")
    nobody = company.viewer("nobody")
    query = await create(company, "Known", BIG)
    for work in (
        create(company, "New", BIG, viewer=nobody),
        update(company, query, nobody, name="Mine"),
        update(company, "absent", nobody, name="Mine"),
        delete(company, query, nobody),
    ):
        assert await refused(company, work) == ("FORBIDDEN", "")
    author = await allow(company, "author", reading("opportunity"))
    await create(company, "Own", {"not": BIG}, viewer=author)
    await update(company, query, author, name="Renamed", conditions=BIG)
    asked = create(company, "New", {"all": [BIG, {"not": CHICAGO}]}, viewer=author)
    assert await refused(company, asked) == ("FORBIDDEN", "conditions.all.1.not.field.of")
    assert await refused(company, create(company, "New", field("name", isNull=True), "order", author)) == (
        "FORBIDDEN",
        "conditions",
    )
    above = create(company, "New", field("orderDate", "PARENT", isNull=True), "order_line", author)
    assert await refused(company, above) == ("FORBIDDEN", "conditions")
    everything = await allow(company, "reader", reading())
    await create(company, "Accounts", {"all": [BIG, {"not": CHICAGO}]}, viewer=everything)
    administrator = company.administrator
    await company.write(lambda tx: set_restricted(tx, administrator, None, "account", restricted=True))
    again = {"all": [CHICAGO]}
    assert await refused(company, create(company, "New", again, viewer=everything)) == (
        "FORBIDDEN",
        "conditions.all.0.field.of",
    )
    await create(company, "By an administrator", again)
    await company.write(lambda tx: set_restricted(tx, administrator, None, "opportunity", restricted=True))
    assert await refused(company, update(company, query, everything, conditions=field("name", equals="x"))) == (
        "FORBIDDEN",
        "conditions",
    )
    await update(company, query, everything, description="It asks nothing new.")


async def test_a_secured_field_is_asked_by_who_may_read_it(company: Company) -> None:
    outside = await allow(company, "outside", reading())
    inside = await allow(company, "inside", reading())
    grants = [
        FieldGrant("record.opportunity.actualValue", can_read=True, can_write=False),
        FieldGrant("record.account.postalCode", can_read=True, can_write=False),
    ]
    members = [company.ids["inside"]]
    await company.write(lambda tx: upsert_field_profile(tx, company.administrator, None, "Kept", grants, members))
    for form, path in (
        (BIG, "field.key"),
        ({"any": [field("name", isNull=False), {"not": BIG}]}, "any.1.not.field.key"),
        ({"all": [CHICAGO]}, "all.0.field.key"),
    ):
        assert await refused(company, create(company, "New", form, viewer=outside)) == (
            "FORBIDDEN",
            f"conditions.{path}",
        )
        await create(company, path, form, viewer=inside)
    await create(company, "Another field", field("estimatedValue", less="1"), viewer=outside)
    await create(company, "By an administrator", BIG)
