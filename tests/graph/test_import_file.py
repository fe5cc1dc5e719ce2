from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from graph import import_draft
from graph.errors import ErrorCode, Refusal
from graph.import_file import open_import
from graph.owners import OwnerKind
from graph.visibility import Viewer
from tests.factories import FOUNDER, Company
from tests.graph.import_folder import HEADER, Folder

if TYPE_CHECKING:
    from pathlib import Path

    from graph.clock import FixedClock
    from graph.database import Database


@pytest.fixture
async def company(database: Database, clock: FixedClock) -> Company:
    company = await Company(database, clock).found()
    await company.users("Rep 01", "Rep 02")
    return company


@pytest.fixture
def folder(tmp_path: Path, company: Company) -> Folder:
    return Folder(tmp_path, company)


async def test_columns_become_fields_and_refused_rows_are_named_as_in_the_file(folder: Folder) -> None:
    csv = (
        f"\ufeff{HEADER},note\r\n"
        '1,Rep 01," 10.50",1/31/2026,Done,"two\r\nlines"\r\n'
        "\r\n"
        "2,Nobody,1,1/31/2026,Done,\r\n"
        "3,Rep 02,x,1/31/2026,Done,\r\n"
        "4,Rep 02,1,31/1/2026,Done,\r\n"
        "5,Rep 02,1,,Lost,\r\n"
        "6,Rep 02\r\n"
        "7,,,,Done,\r\n"
    )
    loading = await folder.open(csv)
    assert loading.notes == ("Not mapped, hence not loaded: note.",)
    [batch] = [batch async for batch in loading.run(folder.company.database, FOUNDER, folder.company.clock)]
    assert (batch.inserted, batch.position) == (2, loading.size)
    assert [(refusal.row, refusal.field, refusal.code) for refusal in batch.refused] == [
        (4, "owner", ErrorCode.OWNER_NOT_FOUND),
        (5, "fields.actualValue", ErrorCode.INVALID_VALUE),
        (6, "actualCloseDate", ErrorCode.INVALID_VALUE),
        (7, "state", ErrorCode.UNKNOWN_STATE),
        (8, "", ErrorCode.INVALID_VALUE),
    ]
    found = await folder.records()
    assert found.keys() == {"1", "7"}
    assert found["1"].properties == {
        "actualValue": 105_000,
        "actualValueBase": 105_000,
        "actualCloseDate": date(2026, 1, 31),
    }
    assert found["1"].currency == "EUR"
    assert found["1"].owner_id == folder.company.ids["Rep 01"]
    assert (found["7"].owner_id, found["7"].properties) == (None, {})


async def test_batches_are_read_one_by_one(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_draft, "LARGEST_BATCH", 2)
    csv = HEADER + "\n" + "".join(f"{n},Rep 01,1,,Done\n" for n in range(4)) + "5,Nobody,1,,Done\n"
    batches = await folder.load(csv)
    assert [batch.inserted for batch in batches] == [2, 2, 0]
    assert [refusal.row for batch in batches for refusal in batch.refused] == [6]
    assert [batch.unchanged for batch in await folder.load(csv)] == [2, 2, 0]


async def test_where_distinct_constants_templates_and_rows(folder: Folder) -> None:
    map_ = """
    distinct = true
    where = { kind = ["office", "branch"] }
    ignore = ["other"]
    rows = [{ externalId = "all", name = "All" }, { name = "No key" }]
    [fields]
    externalId = { template = "{kind}:{place}" }
    name = "place"
    parent = { constant = "all", when = { kind = "office" } }
    """
    csv = "kind,place,other\noffice,East,1\noffice,East,2\nbranch,South,3\njunk,x,4\n"
    first, second = await folder.load(csv, map_, "territories")
    assert (first.inserted, [(refusal.row, refusal.field) for refusal in first.refused]) == (1, [(0, "externalId")])
    assert (second.inserted, second.skipped, second.refused) == (2, 2, ())
    [east, south] = await folder.company.owners(
        OwnerKind.TERRITORY, {"externalId": "office:East", "name": "East"}, {"externalId": "branch:South", "name": "S"}
    )
    assert east != south


async def test_users_with_flags_teams_and_managers(folder: Folder) -> None:
    await folder.company.owners(OwnerKind.TEAM, {"name": "Red"})
    map_ = """
    [fields]
    externalId = "key"
    name = "name"
    active = "works"
    administrator = { constant = false }
    teams = { column = "team", by = "name" }
    manager = "boss"
    """
    csv = "key,name,works,team,boss\na,A,Yes,Red,\nb,B,no,,a\nc,C,maybe,,\n"
    [batch] = await folder.load(csv, map_, "users")
    assert batch.inserted == 2
    assert [(refusal.row, refusal.field) for refusal in batch.refused] == [(4, "active")]


async def test_values_come_from_a_table_where_a_condition_holds(folder: Folder) -> None:
    (folder.path / "prices.csv").write_text("product,price\nBike,100\nBell,\n")
    map_ = """
    [fields]
    externalId = "no"
    state = { constant = "OPEN" }
    estimatedValue = { column = "product", table = "prices", values = { Byke = "Bike" }, when = { free = "no" } }
    [tables.prices]
    file = "prices.csv"
    key = "product"
    value = "price"
    """
    csv = "no,product,free\n1,Bike,no\n2,Byke,no\n3,Bike,yes\n4,Bell,no\n5,Boat,no\n"
    [batch] = await folder.load(csv, map_)
    assert [(refusal.row, refusal.field, refusal.code) for refusal in batch.refused] == [
        (6, "estimatedValue", ErrorCode.NOT_FOUND)
    ]
    values = {key: row.properties.get("estimatedValue") for key, row in (await folder.records()).items()}
    assert values == {"1": 1_000_000, "2": 1_000_000, "3": None, "4": None}


async def test_names_that_are_ambiguous_or_unknown_are_refused(folder: Folder) -> None:
    await folder.company.owners(OwnerKind.TERRITORY, {"externalId": "1", "name": "A"}, {"externalId": "2", "name": "A"})
    await folder.company.records("account", {"externalId": "acme", "name": "Acme"})
    map_ = """
    [fields]
    externalId = "no"
    state = { constant = "OPEN" }
    territory = { column = "place", by = "name" }
    account = { column = "customer", by = "name" }
    owner = { column = "seller", kind = "user" }
    """
    csv = "no,place,customer,seller\n1,A,,\n2,,Acme,Rep 01\n3,,Nobody,\n4,,,Nobody\n"
    [batch] = await folder.load(csv, map_)
    assert batch.inserted == 1
    assert [(refusal.row, refusal.field, refusal.code) for refusal in batch.refused] == [
        (2, "territory", ErrorCode.INVALID_VALUE),
        (4, "account", ErrorCode.NOT_FOUND),
        (5, "owner", ErrorCode.OWNER_NOT_FOUND),
    ]


async def test_a_part_is_loaded_by_the_name_or_the_key_of_what_it_is_part_of(folder: Folder) -> None:
    await folder.company.records("order", {"externalId": "o", "name": "Order 1", "state": "ACTIVE"})
    for source, orders in (('{ column = "order", by = "name" }', "Order 1"), ('"order"', "o")):
        map_ = f'[fields]\nexternalId = "no"\nparent = {source}\n'
        [batch] = await folder.load(f"no,order\n{orders},{orders}\n9,Nothing\n", map_, "order_line")
        assert [(refusal.row, refusal.field, refusal.code) for refusal in batch.refused] == [
            (3, "parent", ErrorCode.NOT_FOUND)
        ]
    assert all(row.parent_id for row in (await folder.records("order_line")).values())
    with pytest.raises(Refusal) as refused:
        await folder.load("no,order\n1,o\n", map_, "account")
    assert refused.value.problem.field == ("map", "fields", "parent")


async def test_a_datetime_is_read_in_the_organizations_zone(folder: Folder) -> None:
    map_ = """
    [fields]
    externalId = "no"
    state = { constant = "COMPLETED" }
    actualEnd = { column = "ended", format = "%d.%m.%Y %H:%M" }
    """
    [batch] = await folder.load("no,ended\n1,31.03.2026 23:30\n", map_, "phone_call")
    assert batch.inserted == 1
    assert (await folder.records("phone_call"))["1"].properties["actualEndDate"] == date(2026, 3, 31)


@pytest.mark.parametrize(
    ("map_", "code"),
    [
        ("[fields", ErrorCode.INVALID_VALUE),
        ("nonsense = 1", ErrorCode.UNKNOWN_FIELD),
        ("[fields]\nname = 'no'", ErrorCode.REQUIRED),
        ("fields = 1", ErrorCode.INVALID_VALUE),
        ("distinct = 'yes'\n[fields]\nexternalId = 'no'", ErrorCode.INVALID_VALUE),
        ("where = { no = 1 }\n[fields]\nexternalId = 'no'", ErrorCode.INVALID_VALUE),
        ("[fields]\nexternalId = 'number'", ErrorCode.INVALID_VALUE),
        ("[fields]\nexternalId = 7", ErrorCode.INVALID_VALUE),
        ("[fields]\nexternalId = 'no'\ncolour = 'no'", ErrorCode.UNKNOWN_FIELD),
        ("[fields]\nexternalId = { column = 'no', template = '{no}' }", ErrorCode.INVALID_VALUE),
        ("[fields]\nexternalId = { column = 'no', colour = 'red' }", ErrorCode.UNKNOWN_FIELD),
        ("[fields]\nexternalId = { column = 'no', values = { a = 1 } }", ErrorCode.INVALID_VALUE),
        ("[fields]\nexternalId = { constant = 1.5 }", ErrorCode.INVALID_VALUE),
        ("[fields]\nexternalId = { column = 'no', by = 'nose' }", ErrorCode.INVALID_VALUE),
        ("[fields]\nexternalId = { column = 'no', by = 'name' }", ErrorCode.INVALID_VALUE),
        ("[fields]\nexternalId = { column = 'no', format = '%Y' }", ErrorCode.INVALID_VALUE),
        ("[fields]\nexternalId = { column = 'no', table = 'prices' }", ErrorCode.INVALID_VALUE),
        ("[fields]\nexternalId = 'no'\nowner = { column = 'no', kind = 'unit' }", ErrorCode.INVALID_VALUE),
        ("[fields]\nexternalId = 'no'\n[tables.t]\nfile = 'x'", ErrorCode.INVALID_VALUE),
        (
            "[fields]\nexternalId = 'no'\n[tables.t]\nfile = 'absent.csv'\nkey = 'a'\nvalue = 'b'",
            ErrorCode.NOT_FOUND,
        ),
        ("[fields]\nexternalId = 'no'\n[tables.t]\nfile = 'data.csv'\nkey = 'a'\nvalue = 'b'", ErrorCode.INVALID_VALUE),
        (
            "[fields]\nexternalId = 'no'\n[tables.t]\nfile = 'data.csv'\nkey = 'seller'\nvalue = 'no'",
            ErrorCode.INVALID_VALUE,
        ),
    ],
)
async def test_a_map_that_does_not_fit_is_refused_before_anything_is_loaded(
    folder: Folder, map_: str, code: ErrorCode
) -> None:
    with pytest.raises(Refusal) as refused:
        await folder.open(f"{HEADER}\n1,Rep 01,1,,Done\n2,Rep 01,1,,Done\n", map_)
    assert refused.value.problem.code is code


@pytest.mark.parametrize("csv", [b"", b"no,no,seller,value,closed,stage\n", b"\n", b"no\n1\n", b"\xff\xfe\x00"])
async def test_a_file_without_a_fitting_header_is_refused(folder: Folder, csv: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        await folder.open(csv)
    assert refused.value.problem.code is ErrorCode.INVALID_VALUE


@pytest.mark.parametrize("tail", [b"2,Rep 01,\xff,,Done\n", b'2,"Rep 01"x,1,,Done\n'])
async def test_a_file_that_breaks_off_is_refused_where_it_does(folder: Folder, tail: bytes) -> None:
    with pytest.raises(Refusal, match="row"):
        await folder.load(f"{HEADER}\n".encode() + tail)


async def test_a_missing_file_or_map_or_type_is_refused(folder: Folder) -> None:
    await folder.open(f"{HEADER}\n")
    data, toml = folder.path / "data.csv", folder.path / "map.toml"
    absent = folder.path / "absent"
    attempts: list[tuple[Any, ...]] = [
        ("opportunity", absent, toml, ErrorCode.NOT_FOUND),
        ("opportunity", data, absent, ErrorCode.NOT_FOUND),
        ("nonsense", data, toml, ErrorCode.UNKNOWN_RECORD_TYPE),
    ]
    for type_key, file, map_file, code in attempts:
        with pytest.raises(Refusal) as refused:
            await open_import(folder.company.database, type_key, file, map_file)
        assert refused.value.problem.code is code


async def test_only_administrators_import(folder: Folder) -> None:
    loading = await folder.open(f"{HEADER}\n1,Rep 01,1,,Done\n")
    viewer = Viewer(folder.company.ids["Rep 01"], "Rep 01", "Rep 01", administrator=False)
    with pytest.raises(Refusal) as refused:
        await anext(loading.run(folder.company.database, viewer, folder.company.clock))
    assert refused.value.problem.code is ErrorCode.FORBIDDEN
