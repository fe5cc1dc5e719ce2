"""Rollup queries in use: what their changes do to goals and need of who makes them, and what they hold in its place."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from graph.errors import ErrorCode, Refusal
from graph.goal import RecordSet
from graph.owners import OwnerKind
from graph.owners_removal import delete_owners
from graph.record_type import FieldType
from graph.record_type_change import FieldDraft, RecordTypeDraft, define_record_type
from graph.rights import Depth, Kind, Operation, Privilege
from graph.rollup_query_change import delete_rollup_query, update_rollup_query
from graph.version import Expected, rollup_query_version
from tests.factories import YEAR, Company
from tests.graph.asking import (
    BIG,
    CHICAGO,
    allow,
    attach,
    create,
    delete,
    field,
    goals_with,
    read,
    reading,
    refused,
    update,
)

if TYPE_CHECKING:
    from graph.database import Transaction


async def test_other_conditions_make_the_goals_that_ask_them_stale(company: Company) -> None:
    query = await create(company, "Big", BIG)
    goals = await goals_with(company, query)
    await company.won("rep", ("5000", "2026-02-01"), ("10", "2026-02-02"))
    await company.recalculate(goals["root"])
    assert await company.totals([goals["leaf"], goals["root"]]) == ["5000", "15020"]
    assert await company.waiting() == set()
    await update(company, query, name="Bigger", description="Words")
    await update(company, query, conditions=BIG)
    assert await company.waiting() == set()
    await update(company, query, conditions=field("actualValue", less="1000"))
    assert await company.waiting() == {goals["leaf"], goals["middle"], goals["root"]}
    await company.recalculate(goals["root"])
    assert await company.totals([goals["leaf"], goals["root"]]) == ["10", "10030"]
    assert await company.waiting() == set()
    assert await refused(company, delete(company, query)) == ("QUERY_IN_USE", "id")


async def test_who_may_not_count_what_its_goals_count_does_not_change_it(company: Company) -> None:
    query = await create(company, "Big", BIG)
    goals = await goals_with(company, query)
    author = await allow(company, "author", reading())
    changed = field("actualValue", less="1")
    assert await refused(company, update(company, query, author, conditions=changed)) == ("FORBIDDEN", "conditions")
    await update(company, query, author, name="Renamed", conditions=BIG)
    # It counts its own: not enough for another's goal, enough for its own one.
    own = Privilege(Kind.RECORD, Operation.AGGREGATE, Depth.OWN)
    other = await allow(company, "keeper", reading(), own)
    assert await refused(company, update(company, query, other, conditions=changed)) == ("FORBIDDEN", "conditions")
    second = await create(company, "Second", BIG)
    mine = await company.goal("Mine", metric_id=goals["metric"], manager_id=other.id, period=YEAR)
    await attach(company, second, mine)
    await update(company, second, other, conditions=changed)
    whole = await company.goal(
        "All", metric_id=goals["metric"], manager_id=other.id, period=YEAR, record_set=RecordSet.ALL
    )
    await attach(company, second, whole)
    assert await refused(company, update(company, second, other, conditions=BIG)) == ("FORBIDDEN", "conditions")
    everything = await allow(
        company, "counter", reading(), Privilege(Kind.RECORD, Operation.AGGREGATE, Depth.ORGANIZATION)
    )
    for one in (query, second):
        await update(company, one, everything, conditions=field("name", equals="x"))


async def test_closed_goals_and_such_as_count_nothing_ask_for_no_right(company: Company) -> None:
    query = await create(company, "Big", BIG)
    goals = await goals_with(company, query)

    async def close(tx: Transaction) -> None:
        text = "MATCH (g:Goal {id: $leaf}) SET g.state = 'CLOSED' WITH g MATCH (waiting:RollupChange) DELETE waiting"
        await tx.text(text, {"leaf": goals["leaf"]}, name="tests/close")

    await company.write(close)
    await attach(company, query, goals["middle"])
    author = await allow(company, "author", reading())
    await update(company, query, author, conditions=field("actualValue", less="1"))
    assert await company.waiting() == {goals["middle"], goals["root"]}


async def test_a_query_that_comes_to_read_accounts_has_goals_follow_them(company: Company) -> None:
    query = await create(company, "Big", BIG)
    goals = await goals_with(company, query)
    account = {"externalId": "a", "name": "A", "fields": {"postalCode": "60661"}}
    await company.records("account", account)
    await company.recalculate(goals["root"])
    await company.records("account", {**account, "fields": {"postalCode": "1"}})
    assert await company.waiting() == set()
    await update(company, query, conditions=CHICAGO)
    await company.recalculate(goals["root"])
    assert await company.waiting() == set()
    await company.records("account", account)
    assert await company.waiting() >= {goals["leaf"], goals["root"]}


async def test_another_version_is_a_conflict(company: Company) -> None:
    query, key = await create(company, "Big", BIG), b"key"
    seen = rollup_query_version(key, await read(company, query))
    await attach(company, query, (await goals_with(company, query))["apart"])
    assert rollup_query_version(key, await read(company, query)) == seen
    now, administrator = company.clock.now(), company.administrator
    changes = {"conditions": CHICAGO}
    await company.write(lambda tx: update_rollup_query(tx, administrator, query, changes, now, Expected(seen, key)))
    late = company.write(lambda tx: update_rollup_query(tx, administrator, query, changes, now, Expected(seen, key)))
    assert await refused(company, late) == ("CONFLICT", "expectedVersion")
    gone = company.write(lambda tx: delete_rollup_query(tx, administrator, query, Expected(seen, key)))
    assert await refused(company, gone) == ("CONFLICT", "expectedVersion")


async def test_what_a_query_names_stays(company: Company) -> None:
    await company.owners(OwnerKind.TEAM, {"name": "team"}, {"name": "spare"})
    await company.owners(OwnerKind.TERRITORY, {"name": "land"})
    ids = company.ids
    form = {"any": [{"owner": {"inTeam": [ids["team"]]}}, {"not": {"territory": {"is": [ids["land"]]}}}]}
    query = await create(company, "Known", form)
    await create(company, "Also", {"owner": {"is": [ids["team"]]}})

    def removal(kind: OwnerKind, *names: str) -> Any:
        return company.write(lambda tx: delete_owners(tx, company.administrator, kind, names))

    for kind, name, words in (
        (OwnerKind.TEAM, "team", "2 rollup queries"),
        (OwnerKind.TERRITORY, "land", "1 rollup query."),
    ):
        with pytest.raises(Refusal, match=words) as caught:
            await removal(kind, name)
        assert caught.value.problem.code is ErrorCode.STRUCTURE_IN_USE
    await removal(OwnerKind.TEAM, "spare")
    await update(company, query, conditions=BIG)
    await removal(OwnerKind.TERRITORY, "land")


async def test_a_record_type_keeps_what_queries_name(company: Company) -> None:
    choice = FieldDraft("grade", FieldType.CHOICE, None, ("A", "B"))
    draft = RecordTypeDraft("visit", "Visit", (choice,), (("DONE", ("WELL",)),), "case")

    async def define(tx: Transaction, draft: RecordTypeDraft) -> None:
        await define_record_type(tx, company.administrator, draft)

    await company.write(partial(define, draft=draft))
    form = {
        "all": [
            field("grade", equals="B"),
            field("state", equals="DONE"),
            field("status", equals="WELL"),
            field("name", "PARENT", isNull=False),
        ]
    }
    query = await create(company, "Visits", form, "visit")
    for change, expected in (
        (RecordTypeDraft("visit", fields=(FieldDraft("grade", FieldType.TEXT),)), ("FIELD_TYPE_FROZEN", "fields")),
        (RecordTypeDraft("visit", parent_type="order"), ("RECORD_TYPE_FROZEN", "parentType")),
    ):
        assert await refused(company, company.write(partial(define, draft=change))) == expected
    # A definition only ever adds: what is left out stays, and the query can be saved again as it is.
    less = RecordTypeDraft(
        "visit", fields=(FieldDraft("grade", FieldType.CHOICE, None, ("C",)),), states=(("DONE", ()),)
    )
    await company.write(partial(define, draft=less))
    await update(company, query, conditions=form)
