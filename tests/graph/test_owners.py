from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from graph.errors import ErrorCode, Refusal
from graph.ingestion import LARGEST_BATCH, Outcome, UpsertReport
from graph.organization import organization
from graph.owners import (
    MembersOf,
    OwnerChildrenOf,
    OwnerKind,
    OwnersByExternalIds,
    OwnersByIds,
    OwnersByNames,
    OwnersPage,
    TeamRow,
    TerritoryRow,
    UserRow,
)
from graph.owners_upsert import upsert_owners
from graph.visibility import Viewer
from tests.factories import FOUNDER

if TYPE_CHECKING:
    from graph.database import Database, Transaction

USER, TEAM, UNIT, TERRITORY = OwnerKind.USER, OwnerKind.TEAM, OwnerKind.BUSINESS_UNIT, OwnerKind.TERRITORY


async def upsert(
    database: Database, kind: OwnerKind, *rows: dict[str, Any], viewer: Viewer = FOUNDER, all_or_nothing: bool = False
) -> UpsertReport:
    async def work(tx: Transaction) -> UpsertReport:
        return await upsert_owners(tx, viewer, kind, rows, all_or_nothing=all_or_nothing)

    return await database.write(work)


async def ids(database: Database, kind: OwnerKind, *external_ids: str) -> list[str]:
    async def work(tx: Transaction) -> list[str]:
        keys = [(kind.value, external_id) for external_id in external_ids]
        found = {row.external_id: row.id for row in await tx.run(OwnersByExternalIds(keys))}
        return [found[external_id] for external_id in external_ids if external_id in found]

    return await database.read(work)


async def run(database: Database, statement: Any) -> Any:
    async def work(tx: Transaction) -> Any:
        return await tx.run(statement)

    return await database.read(work)


async def user(database: Database, external_id: str) -> UserRow:
    [id_] = await ids(database, USER, external_id)
    [row] = await run(database, OwnersByIds(id_, [id_]))
    assert isinstance(row, UserRow)
    return row


def named(external_id: str, **more: Any) -> dict[str, Any]:
    return {"externalId": external_id, "name": external_id.title()} | more


async def test_users_are_inserted_updated_and_left_alone(database: Database) -> None:
    await upsert(database, UNIT, named("north"))
    await upsert(database, TEAM, named("blue"), named("red", unit="north"))
    rows = [named("boss", administrator=True), named("rep", manager="boss", unit="north", teams=["red", "blue"])]
    assert (await upsert(database, USER, *rows)).outcomes == (Outcome.INSERTED, Outcome.INSERTED)
    assert (await upsert(database, USER, *rows)).outcomes == (Outcome.UNCHANGED, Outcome.UNCHANGED)
    [boss] = await ids(database, USER, "boss")
    [north] = await ids(database, UNIT, "north")
    blue, red = await ids(database, TEAM, "blue", "red")
    rep = await user(database, "rep")
    assert rep == UserRow(
        rep.id,
        "rep",
        "Rep",
        active=True,
        administrator=False,
        unit_id=north,
        manager_id=boss,
        team_ids=(blue, red),
    )
    assert (await user(database, "boss")).administrator
    [team] = await run(database, OwnersByIds(boss, [red]))
    assert team == TeamRow(red, "red", "Red", unit_id=north)
    [members] = await run(database, MembersOf(boss, [red]))
    assert [row.external_id for row in members.owners] == ["rep"]


async def test_an_absent_key_leaves_and_null_clears(database: Database) -> None:
    await upsert(database, UNIT, named("north"))
    await upsert(database, TEAM, named("red"), named("blue"))
    await upsert(database, USER, named("boss"), named("rep", manager="boss", unit="north", teams=["red", "blue"]))
    before = await user(database, "rep")
    assert (await upsert(database, USER, {"externalId": "rep"})).unchanged == 1
    assert await user(database, "rep") == before
    cleared = {"externalId": "rep", "manager": None, "teams": ["blue"], "active": False}
    assert (await upsert(database, USER, cleared)).updated == 1
    [boss] = await ids(database, USER, "boss")
    [rep] = await run(database, OwnersByIds(boss, [before.id]))
    assert (rep.manager_id, rep.unit_id, rep.active) == (None, before.unit_id, False)
    assert list(rep.team_ids) == await ids(database, TEAM, "blue")
    assert (await upsert(database, TEAM, {"externalId": "red", "members": ["boss", "rep"]})).updated == 1
    assert (await upsert(database, TEAM, {"externalId": "red", "members": None})).updated == 1
    [members] = await run(database, MembersOf(boss, await ids(database, TEAM, "red")))
    assert members.owners == ()


async def test_parents_may_come_later_in_the_batch(database: Database) -> None:
    report = await upsert(
        database, TERRITORY, named("leaf", parent="branch"), named("branch", parent="root"), named("root")
    )
    assert report.inserted == 3
    await upsert(database, USER, named("rep"))
    [rep] = await ids(database, USER, "rep")
    root, branch, leaf = await ids(database, TERRITORY, "root", "branch", "leaf")
    found = {row.id: row for row in await run(database, OwnersByIds(rep, [root, branch, leaf]))}
    assert found[leaf] == TerritoryRow(leaf, "leaf", "Leaf", parent_id=branch)
    [children] = await run(database, OwnerChildrenOf(rep, [root]))
    assert children.owners == (found[branch],)


#: Rows that are refused, each with the field and the code.
BAD_ROWS: list[tuple[dict[str, Any], str, ErrorCode]] = [
    ({"name": "No key"}, "externalId", ErrorCode.REQUIRED),
    ({"externalId": "x" * 201, "name": "Long key"}, "externalId", ErrorCode.INVALID_VALUE),
    ({"externalId": 7, "name": "Number"}, "externalId", ErrorCode.INVALID_VALUE),
    ({"externalId": "x"}, "name", ErrorCode.REQUIRED),
    ({"externalId": "x", "name": None}, "name", ErrorCode.REQUIRED),
    ({"externalId": "x", "name": "n" * 101}, "name", ErrorCode.INVALID_VALUE),
    ({"externalId": "x", "name": "\ud800"}, "name", ErrorCode.INVALID_VALUE),
    (named("x", colour="red"), "colour", ErrorCode.UNKNOWN_FIELD),
    (named("x", active="yes"), "active", ErrorCode.INVALID_VALUE),
    (named("x", active=None), "active", ErrorCode.INVALID_VALUE),
    (named("x", unit="nowhere"), "unit", ErrorCode.NOT_FOUND),
    (named("x", manager="nobody"), "manager", ErrorCode.NOT_FOUND),
    (named("x", manager="x"), "manager", ErrorCode.STRUCTURE_CYCLE),
    (named("x", teams="red"), "teams", ErrorCode.INVALID_VALUE),
    (named("x", teams=["nobodies"]), "teams", ErrorCode.NOT_FOUND),
    (named("good"), "externalId", ErrorCode.DUPLICATE_ROW),
]


async def test_a_bad_row_is_refused_by_number_and_field_and_does_not_stop_the_others(database: Database) -> None:
    bad = [
        {**row, "externalId": f"x{n}"} if row.get("externalId") == "x" else row
        for n, (row, _, _) in enumerate(BAD_ROWS)
    ]
    bad = [{**row, "manager": row["externalId"]} if row.get("manager") == "x" else row for row in bad]
    report = await upsert(database, USER, named("good"), *bad, named("better"))
    assert report.outcomes == (Outcome.INSERTED, *[Outcome.REFUSED] * len(bad), Outcome.INSERTED)
    found = [(refusal.row, refusal.field, refusal.code) for refusal in report.refused]
    assert found == [(number, field, code) for number, (_, field, code) in enumerate(BAD_ROWS, 2)]
    [viewer] = await ids(database, USER, "good")
    [page] = await run(database, OwnersPage(viewer, USER, 10))
    assert [row.external_id for row in page.owners] == ["better", "good"]


async def test_all_or_nothing_writes_nothing_when_one_row_is_refused(database: Database) -> None:
    report = await upsert(database, USER, named("good"), {"externalId": "bad"}, all_or_nothing=True)
    assert report.outcomes == (Outcome.REFUSED, Outcome.REFUSED)
    assert [refusal.row for refusal in report.refused] == [2]
    assert await ids(database, USER, "good") == []
    assert (await database.read(organization)).structure_revision == 0


async def test_a_row_that_needs_a_refused_one_is_refused_too(database: Database) -> None:
    report = await upsert(
        database,
        TERRITORY,
        named("leaf", parent="branch"),
        named("branch", parent="root"),
        named("root", parent="nowhere"),
        named("other"),
    )
    assert {refusal.row: refusal.code for refusal in report.refused} == dict.fromkeys((1, 2, 3), ErrorCode.NOT_FOUND)
    assert report.inserted == 1


async def test_cycles_are_refused_and_what_only_passes_through_one_is_not(database: Database) -> None:
    await upsert(database, TERRITORY, named("a"), named("b", parent="a"), named("c", parent="b"))
    report = await upsert(database, TERRITORY, {"externalId": "a", "parent": "c"})
    assert [(refusal.field, refusal.code) for refusal in report.refused] == [("parent", ErrorCode.STRUCTURE_CYCLE)]
    swapped: list[dict[str, Any]] = [{"externalId": "a", "parent": "b"}, {"externalId": "b", "parent": None}]
    assert (await upsert(database, TERRITORY, *swapped)).updated == 2
    ring = [named("x", parent="z"), named("y", parent="x"), named("z", parent="y"), named("on ring", parent="x")]
    report = await upsert(database, TERRITORY, *ring)
    assert report.refused[2].code is ErrorCode.STRUCTURE_CYCLE
    assert report.inserted == 0  # the ring's last row fell, and with it all that hung on it


async def test_only_administrators_change_structure(database: Database) -> None:
    with pytest.raises(Refusal) as refused:
        await upsert(database, USER, named("x"), viewer=Viewer("1", "rep", "Rep 01", administrator=False))
    assert refused.value.problem.code is ErrorCode.FORBIDDEN
    assert await ids(database, USER, "x") == []


async def test_a_batch_has_a_largest_size(database: Database) -> None:
    with pytest.raises(Refusal) as refused:
        await upsert(database, USER, *({"externalId": str(n)} for n in range(LARGEST_BATCH + 1)))
    assert refused.value.problem.code is ErrorCode.TOO_MANY_ROWS


async def test_the_structure_revision_moves_only_with_a_change(database: Database) -> None:
    steps: list[tuple[list[dict[str, Any]], int]] = [
        ([named("a")], 1),
        ([named("a")], 1),
        ([{"externalId": "b"}], 1),
        ([named("a", name="B")], 2),
        ([named("a", name="B"), named("c", manager="a")], 3),
    ]
    for rows, expected in steps:
        await upsert(database, USER, *rows)
        assert (await database.read(organization)).structure_revision == expected


async def test_pages_follow_names_and_end(database: Database) -> None:
    names = ["Aspen", "Birch", "Birch", "Cedar", "birdcherry"]
    await upsert(database, USER, *({"externalId": str(n), "name": name} for n, name in enumerate(names)))
    [viewer] = await ids(database, USER, "0")
    seen: list[str] = []
    after: tuple[str | None, str | None] = (None, None)
    for size in (2, 2, 1, 0):
        [page] = await run(database, OwnersPage(viewer, USER, 2, None, *after))
        assert (len(page.owners), page.total_count) == (size, 5)
        seen += [row.name for row in page.owners]
        if page.owners:
            after = (page.owners[-1].name, page.owners[-1].id)
    assert seen == sorted(names)
    [page] = await run(database, OwnersPage(viewer, USER, 10, "BIR"))
    assert ([row.name for row in page.owners], page.total_count) == (["Birch", "Birch", "birdcherry"], 3)
    assert {match.name: len(match.external_ids) for match in await run(database, OwnersByNames(USER, names[1:4]))} == {
        "Birch": 2,
        "Cedar": 1,
    }


async def test_who_is_not_active_sees_nothing(database: Database) -> None:
    await upsert(database, USER, named("gone", active=False))
    await upsert(database, TEAM, named("red", members=["gone"]))
    await upsert(database, TERRITORY, named("a"), named("b", parent="a"))
    [gone] = await ids(database, USER, "gone")
    [red] = await ids(database, TEAM, "red")
    [a] = await ids(database, TERRITORY, "a")
    for statement in (
        OwnersByIds(gone, [gone, red]),
        OwnersPage(gone, USER, 10),
        MembersOf(gone, [red]),
        OwnerChildrenOf(gone, [a]),
    ):
        assert await run(database, statement) == []
