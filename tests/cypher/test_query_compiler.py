"""Every operator on every type of field: its text is a snapshot, and run over records it finds what the oracle finds.

A snapshot that is to change: UPDATE_SNAPSHOTS=1 make test, then read the difference.
"""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from graph.errors import ErrorCode, Refusal
from graph.period import FiscalCalendar
from graph.query_compiler import Today, found, predicate
from graph.query_form import read_spec, written_spec
from graph.query_spec import (
    OPERATORS,
    All,
    AnyOf,
    FieldCondition,
    Not,
    Operator,
    QueryTypes,
    RelativePeriod,
    Subject,
    query_fields,
)
from graph.record_type import FieldType, RecordField, RecordType
from graph.shipped_types import SHIPPED
from tests.query_oracle import Units, field_holds

if TYPE_CHECKING:
    from graph.database import Database, Transaction
    from graph.query_spec import Spec

SNAPSHOTS = Path(__file__).parent / "query_snapshots"
TODAY = date(2026, 2, 15)
#: A field of each type, and values of it: some that differ only in case, in a place, by a day; and none.
VALUES: dict[FieldType, list[Any]] = {
    FieldType.TEXT: [
        None,
        "",
        "a",
        "A",
        "Ab",
        "bA",
        "straße",
        "ÉCOLE",
        "école",
        "a'b",
        'a"b',
        "a\\b",
        "a`b}",
        "$c0",
        "\U0001f600",
    ],
    FieldType.INTEGER: [None, -1, 0, 1, 2, 10, 2**53 + 1],
    FieldType.DECIMAL: [None, Units(-1), Units(0), Units(1), Units(10_000), Units(2**62)],
    FieldType.MONEY: [None, Units(-1), Units(0), Units(1), Units(10_000), Units(2**62)],
    FieldType.DATE: [
        None,
        *(TODAY + timedelta(days) for days in (-400, -46, -45, -8, -7, -1, 0, 1, 7, 8, 44, 45, 400)),
    ],
    FieldType.DATETIME: [None, *(TODAY + timedelta(days) for days in (-400, -46, -45, -7, 0, 1, 7, 44, 45, 400))],
    FieldType.BOOLEAN: [None, True, False],
    FieldType.CHOICE: [None, "LOW", "HIGH"],
}
#: A condition's values, as a query may give them.
TEXTS: dict[FieldType, tuple[str, ...]] = {
    FieldType.TEXT: ("a", "B", "STRASSE", "É", "'", '"', "\\", "`b}", "$c0", "\U0001f600"),
    FieldType.INTEGER: ("0", "1", "9007199254740993"),
    FieldType.DECIMAL: ("-0.0001", "0", "1"),
    FieldType.MONEY: ("0.0001", "0", "461168601842738.7904"),
    FieldType.DATE: ("2026-02-08", "2026-02-15", "2026-02-16"),
    FieldType.DATETIME: ("2026-02-08", "2026-02-15", "2026-02-16"),
    FieldType.BOOLEAN: ("true", "false"),
    FieldType.CHOICE: ("LOW", "HIGH"),
}
FIELDS = {
    kind.value.lower(): RecordField(
        kind.value.lower(), kind.value, kind, ("LOW", "HIGH") if kind is FieldType.CHOICE else ()
    )
    for kind in FieldType
}
VISIT = RecordType("site_visit", "Site visit", {}, FIELDS, "order")
KINDS = {kind.key: kind for kind in SHIPPED}
TYPES = QueryTypes((VISIT, KINDS["order"], KINDS["opportunity"]), KINDS["account"])
CASES = [(kind, operator) for kind in FieldType for operator in sorted(OPERATORS[kind])]
_CREATE = """UNWIND $rows AS row CREATE (r:Record:SiteVisit {id: row.id, type: 'site_visit', externalId: row.id})
SET r += row.properties"""


def specs(kind: FieldType, operator: Operator) -> list[Spec]:
    """Conditions with an operator on the field of a type; the first one's text is the snapshot."""
    key, texts = kind.value.lower(), TEXTS[kind]
    match operator:
        case Operator.IS_NULL | Operator.IS_NOT_NULL:
            given: list[tuple[str, ...]] = [()]
        case Operator.BETWEEN:
            given = [(texts[0], texts[-1]), (texts[1], texts[1])]
            given = [
                (low, high)
                for low, high in given
                if kind not in {FieldType.DECIMAL, FieldType.MONEY} or low != texts[0]
            ]
            given = given or [(texts[1], texts[1])]
        case Operator.LAST_DAYS | Operator.NEXT_DAYS:
            given = [("7",), ("1",), ("36500",)]
        case Operator.FISCAL:
            given = [(period.value,) for period in RelativePeriod]
        case Operator.IN | Operator.NOT_IN:
            given = [texts, texts[:1]]
        case _:
            given = [(text,) for text in texts]
    return [FieldCondition(Subject.RECORD, key, operator, values) for values in given]


@pytest.fixture(scope="module")
async def visits(migrated: Database) -> dict[str, tuple[str, Any]]:
    """Records with every value of every type; by id what each has. Their names are made known to the database."""
    await migrated.schema("MATCH (n) WHERE NOT n:Migration AND NOT n:TestDatabase DETACH DELETE n")
    for asked in (*TYPES.chain, TYPES.account):
        if asked is not None:
            await migrated.schema(f"CALL db.createLabel('{asked.label}')")
    held: dict[str, tuple[str, Any]] = {}
    rows = []
    for kind, values in VALUES.items():
        key = kind.value.lower()
        stored = {FieldType.MONEY: f"{key}Base", FieldType.DATETIME: f"{key}Date"}.get(kind, key)
        await migrated.schema(f"CALL db.createProperty('{stored}')")
        for number, value in enumerate(values):
            held[f"{key}-{number}"] = (key, value)
            rows.append(
                {"id": f"{key}-{number}", "properties": {stored: int(value) if isinstance(value, Units) else value}}
            )

    async def work(tx: Transaction) -> None:
        await tx.text(_CREATE, {"rows": rows}, name="tests/visits")

    await migrated.write(work)
    return held


def text_of(spec: Spec, types: QueryTypes = TYPES) -> str:
    """What a spec is compiled to, with all that binds what it speaks of."""
    compiled = predicate(spec, types, Today(TODAY, FiscalCalendar()), "asked")
    around = ",\n  ".join(found(compiled.around, types))
    return (
        f"WITH r, {compiled.asked('given', 'asked')}\n"
        + (f"WITH *,\n  {around}\n" if around else "")
        + f"WHERE {compiled.text}"
    )


def check_snapshot(name: str, text: str) -> None:
    """Compare a text with its snapshot, or write it."""
    file = SNAPSHOTS / f"{name}.cypher"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.write_text(text + "\n", encoding="utf-8")
    assert text + "\n" == file.read_text("utf-8"), f"{file.name} differs: read the difference, then UPDATE_SNAPSHOTS=1"


async def matching(database: Database, spec: Spec) -> set[str]:
    """The ids of the visits that a spec finds."""
    compiled = predicate(spec, TYPES, Today(TODAY, FiscalCalendar()), "asked")

    async def work(tx: Transaction) -> set[str]:
        text = f"MATCH (r:SiteVisit)\nWITH r, $values AS given\n{text_of(spec)}\nRETURN collect(r.id) AS ids"
        ((row),) = await tx.text(text, {"values": dict(compiled.values)}, name="tests/matching")
        return set(row["ids"])

    return await database.read(work)


@pytest.mark.parametrize(("kind", "operator"), CASES, ids=[f"{kind}-{operator}" for kind, operator in CASES])
async def test_each_operator_on_each_type_finds_what_the_oracle_finds(
    kind: FieldType, operator: Operator, migrated: Database, visits: dict[str, tuple[str, Any]]
) -> None:
    cases = specs(kind, operator)
    check_snapshot(f"{kind.value.lower()}_{operator.value}", text_of(cases[0]))
    for spec in cases:
        assert isinstance(spec, FieldCondition)
        assert read_spec(written_spec(spec), TYPES) == spec
        wanted = {
            id_ for id_, (key, value) in visits.items() if field_holds(spec, {Subject.RECORD: {key: value}}, TODAY)
        }
        assert await matching(migrated, spec) == wanted, spec


def test_there_is_no_snapshot_without_a_case() -> None:
    names = {f"{kind.value.lower()}_{operator.value}" for kind, operator in CASES} | set(AROUND)
    assert sorted(file.stem for file in SNAPSHOTS.glob("*.cypher")) == sorted(names)


def test_every_type_has_operators_and_every_operator_a_type() -> None:
    assert set(OPERATORS) == set(FieldType)
    assert {operator for fitting in OPERATORS.values() for operator in fitting} == set(Operator)


def form(*path: str, value: Any) -> dict[str, Any]:
    """The form of one branch: a path of keys, and what is at its end."""
    for key in reversed(path):
        value = {key: value}
    assert isinstance(value, dict)
    return value


#: What a query can ask around a record, as its form; the text of each is a snapshot, and it runs.
AROUND: dict[str, dict[str, Any]] = {
    **{
        f"owner_{test}": form("owner", test, value=["u1", "u2"])
        for test in ("is", "inTeam", "inUnit", "inUnitOrBelow", "managedBy")
    },
    **{f"owner_{test}": form("owner", test, value=True) for test in ("isNull", "isGoalOwner", "atOrBelowGoalOwner")},
    "owner_isNotNull": form("owner", "isNull", value=False),
    **{
        f"{place}_{test}": form(place, test, value=True if test == "isNull" else ["t1"])
        for place in ("territory", "productLine")
        for test in ("is", "atOrBelow", "isNull")
    },
    "account_field": {"field": {"of": "ACCOUNT", "key": "postalCode", "test": {"equals": "60661"}}},
    "parent_field": {"field": {"of": "PARENT", "key": "totalAmount", "test": {"greater": "10"}}},
    "parent_state": {"field": {"of": "PARENT", "key": "state", "test": {"in": ["FULFILLED", "INVOICED"]}}},
    "groups": {
        "all": [
            {
                "any": [
                    form("owner", "isNull", value=True),
                    {"not": {"all": [form("territory", "isNull", value=False)]}},
                ]
            },
            {"field": {"key": "name", "test": {"contains": "x"}}},
        ]
    },
}


@pytest.mark.parametrize("name", AROUND)
async def test_what_is_asked_around_a_record_is_the_snapshot_and_runs(
    name: str, migrated: Database, visits: dict[str, tuple[str, Any]]
) -> None:
    spec = read_spec(AROUND[name], TYPES)
    check_snapshot(name, text_of(spec))
    assert read_spec(written_spec(spec), TYPES) == spec
    compiled = predicate(spec, TYPES, Today(TODAY, FiscalCalendar()), "asked")

    async def work(tx: Transaction) -> None:
        text = f"""MATCH (r:SiteVisit) OPTIONAL MATCH (goal_owner:Owner {{id: 'none'}})
WITH r, goal_owner, $values AS given
{text_of(spec).replace("WITH r,", "WITH r, goal_owner,", 1)}
RETURN count(*) AS count"""
        await tx.text(text, {"values": dict(compiled.values)}, name="tests/around")

    await migrated.read(work)


def test_queries_that_differ_in_their_values_have_one_text() -> None:
    one, other = (
        predicate(
            read_spec({"all": [{"field": {"key": "text", "test": {"equals": text}}}]}, TYPES), TYPES, today, "asked"
        )
        for text, today in (("a", Today(TODAY, FiscalCalendar())), ("b'`}", Today(date(2027, 1, 1), FiscalCalendar())))
    )
    assert one == other
    assert one.values != other.values


HOSTILE = ["' OR true //", '" }', "`}) DETACH DELETE r //", "$c0", "\\u0027", "\u2028", "\U0001f600", "x" * 4000]


@pytest.mark.parametrize("value", HOSTILE)
def test_no_value_reaches_the_text(value: str) -> None:
    spec = read_spec({"field": {"key": "text", "test": {"in": [value, "other"]}}}, TYPES)
    compiled = predicate(spec, TYPES, Today(TODAY, FiscalCalendar()), "asked")
    assert value not in compiled.text
    assert compiled.values == {"c0": [value, "other"]}


@pytest.mark.parametrize("name", [*HOSTILE, "", "a-b", "TEXT", "textBase", "id", "restricted", "x" * 100_000])
def test_no_name_but_a_declared_one_reaches_the_text(name: str) -> None:
    with pytest.raises(Refusal) as refusal:
        read_spec({"any": [{"field": {"key": name, "test": {"isNull": True}}}]}, TYPES)
    assert refusal.value.problem.code is ErrorCode.UNKNOWN_FIELD
    assert refusal.value.problem.field == ("conditions", "any", "0", "field", "key")
    assert len(refusal.value.message) < 1_000


def test_relative_dates_outside_of_all_years_find_nothing() -> None:
    asked = FieldCondition(Subject.RECORD, "date", Operator.LAST_DAYS, ("36500",))
    first, last = Today(date(50, 1, 1), FiscalCalendar()).days(asked)
    assert first > last
    asked = FieldCondition(Subject.RECORD, "date", Operator.FISCAL, ("NEXT_FISCAL_YEAR",))
    first, last = Today(date(2100, 6, 1), FiscalCalendar()).days(asked)
    assert first > last


def test_every_field_of_every_shipped_type_can_be_asked_for() -> None:
    for kind in SHIPPED:
        chain = [kind]
        while chain[-1].parent_type is not None:
            chain.append(KINDS[chain[-1].parent_type])
        types = QueryTypes(tuple(chain), None if kind.key == "account" else KINDS["account"])
        spec = AnyOf(tuple(FieldCondition(Subject.RECORD, key, Operator.IS_NULL) for key in query_fields(kind)))
        both = All((spec, Not(spec)))
        assert read_spec(written_spec(both), types) == both
        assert "NULL" in predicate(both, types, Today(TODAY, FiscalCalendar()), "asked").text
