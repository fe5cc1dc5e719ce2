"""Subscriptions over server-sent events and websockets: what is told, to whom, and for how long."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from api.app import create_app
from api.auth import LEEWAY
from api.loaders import Loaders
from api.schema import schema
from graph import goal_change
from graph.rollup_run import trees
from graph.run import NoteRun, Trigger, run_noted, start
from tests.api.listening import PROTOCOLS, Address, Events
from tests.api.loopback import listening
from tests.factories import YEAR

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from api.auth import Tokens
    from graph.clock import FixedClock
    from graph.database import Database
    from graph.settings import Settings
    from tests.factories import Company

GOALS = "subscription($root: ID!) { goalChanged(rootId: $root) { id kind } }"
RUN = (
    "subscription($run: ID!) { rollupProgress(runId: $run) "
    "{ runId state percentage outcome ended counts { trees goals changed } } }"
)
pytestmark = pytest.mark.parametrize("protocol", PROTOCOLS)


@pytest.fixture
async def address(
    settings: Settings, database: Database, clock: FixedClock, tokens: Tokens, company: Company
) -> AsyncIterator[Address]:
    """The application with a tree: the manager sees Root, Mine and Other, and not Secret, which is below Mine."""
    await company.users("manager", "rep", "stranger")
    await company.grant("Counter", "manager")
    metric = await company.metric()
    boss, manager, rep = (company.ids[name] for name in ("administrator", "manager", "rep"))
    for title, above, more in (
        ("Root", None, {"metric_id": metric, "manager_id": manager, "period": YEAR}),
        ("Mine", "Root", {"manager_id": manager}),
        ("Other", "Root", {"manager_id": rep, "owner_id": rep}),
        ("Secret", "Mine", {"manager_id": boss, "owner_id": rep, "restricted": True}),
    ):
        parent = None if above is None else company.ids[above]
        company.ids[title] = await company.goal(title, parent_id=parent, **more)
    await company.recalculate(company.ids["Root"])
    app = create_app(settings, database, clock, schema=schema, make_loaders=Loaders)
    async with listening(app) as url:
        yield Address(url, tokens)


async def change(company: Company, title: str, /, **changes: Any) -> None:
    now = company.clock.now()
    await company.write(lambda tx: goal_change.update_goal(tx, company.administrator, company.ids[title], changes, now))


async def told(events: Events, company: Company, *expected: tuple[str, str]) -> None:
    """Check that exactly these goals are told of next, in any order."""
    names = {id_: name for name, id_ in company.ids.items()}
    found = [await events.data() for _ in expected]
    assert sorted((names[one["id"]], one["kind"]) for one in found) == sorted(expected)


async def test_what_a_viewer_can_read_anew_is_told_and_nothing_else(
    address: Address, company: Company, protocol: str
) -> None:
    root = company.ids["Root"]
    async with address.subscribe(protocol, address.login("manager"), GOALS, root=root) as events:
        await told(events, company, ("Root", "TOTALS"))
        await change(company, "Mine", title="Mine, renamed")
        await told(events, company, ("Mine", "DEFINITION"))
        # A hidden goal: no event. What follows it is the next that comes.
        await change(company, "Secret", title="Another secret", target="5")
        await change(company, "Other", target="7")
        await told(events, company, ("Other", "DEFINITION"))
        # Secret counts the record as well, so Mine has another total: that is declared. Which goal did it is not told.
        await company.won("rep", ("10", "2026-02-01"))
        await told_of_totals(events, company, {"Root", "Mine", "Other"})  # they are STALE
        await company.recalculate(root)
        await told_of_totals(events, company, {"Root", "Mine", "Other"})
        company.ids["New"] = await company.goal("New", parent_id=root, manager_id=company.ids["manager"])
        # Its numbers are still to come, so the tree's are old.
        await told(events, company, ("New", "DEFINITION"), ("Root", "DEFINITION"), ("Root", "TOTALS"))
        # One that goes is told of by the goal above it alone.
        await company.write(
            lambda tx: goal_change.delete_goal(tx, company.administrator, company.ids["New"], company.clock.now())
        )
        await told(events, company, ("Root", "DEFINITION"))


async def told_of_totals(events: Events, company: Company, titles: set[str]) -> None:
    """Wait until all of these goals were told of; nothing but totals, of nothing but these."""
    names = {id_: name for name, id_ in company.ids.items()}
    waiting = set(titles)
    while waiting:
        one = await events.data()
        assert one["kind"] == "TOTALS"
        assert names[one["id"]] in titles
        waiting.discard(names[one["id"]])


async def test_a_hidden_root_is_refused_as_an_absent_one(address: Address, company: Company, protocol: str) -> None:
    answers = []
    for root in (company.ids["Secret"], company.ids["Mine"], "absent"):
        async with address.subscribe(protocol, address.login("stranger"), GOALS, root=root) as events:
            kind, payload = await events.next()
            for error in payload["errors"]:
                assert error["extensions"].pop("requestId")
            answers.append((kind, payload))
    assert answers[0][1]["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert answers[0] == answers[1] == answers[2]


async def test_rights_are_asked_for_at_each_event(address: Address, company: Company, protocol: str) -> None:
    root = company.ids["Root"]
    async with address.subscribe(protocol, address.login("manager"), GOALS, root=root) as events:
        await told(events, company, ("Root", "TOTALS"))
        # Out of sight: the goal above has other children, and what becomes of this one is not told any more.
        await change(company, "Other", restricted=True)
        await told(events, company, ("Root", "DEFINITION"))
        await change(company, "Other", title="Unseen")
        await change(company, "Mine", title="Seen")
        await told(events, company, ("Mine", "DEFINITION"))
        admin = company.ids["administrator"]
        await change(company, "Root", manager_id=admin, owner_id=admin)
        assert await events.refusal() == ("NOT_FOUND",)


async def test_who_is_deactivated_is_told_no_more(
    address: Address, company: Company, database: Database, protocol: str
) -> None:
    async with address.subscribe(protocol, address.login("manager"), GOALS, root=company.ids["Root"]) as events:
        await told(events, company, ("Root", "TOTALS"))
        await database.schema("MATCH (u:User {externalId: 'manager'}) SET u.active = false")
        assert await events.refusal() == ("UNAUTHENTICATED",)
    async with address.subscribe(protocol, address.login("manager"), GOALS, root=company.ids["Root"]) as events:
        assert await events.refusal() == ("UNAUTHENTICATED",)


async def test_a_subscription_ends_with_its_token(
    address: Address, company: Company, clock: FixedClock, protocol: str
) -> None:
    login = address.login("manager", timedelta(minutes=5))
    async with address.subscribe(protocol, login, GOALS, root=company.ids["Root"]) as events:
        await told(events, company, ("Root", "TOTALS"))
        clock.advance(timedelta(minutes=5, seconds=LEEWAY - 1))
        await change(company, "Mine", title="In time")
        await told(events, company, ("Mine", "DEFINITION"))
        clock.advance(timedelta(seconds=1))
        await change(company, "Mine", title="Too late")
        ended = [await events.next() for _ in range(3 if protocol == "websocket" else 2)]
    answers = [payload for kind, payload in ended if kind == "next"]
    codes = [error["extensions"]["code"] for one in answers for error in one["errors"]]
    # Whichever of the two notices first: a closed websocket has nothing more to say.
    assert codes in (["UNAUTHENTICATED"], [])
    if protocol == "websocket":
        assert ended[-1] == ("closed", 4401)
    else:
        assert (codes, ended[-1]) == (["UNAUTHENTICATED"], ("complete", None))


async def test_a_run_is_told_as_it_goes_and_ends_with_it(
    address: Address, company: Company, database: Database, clock: FixedClock, protocol: str
) -> None:
    run = await database.write(lambda tx: start(tx, clock.now(), Trigger.MANUAL, None, company.ids["Root"]))

    async def note(**properties: Any) -> None:
        await database.write(lambda tx: tx.run(NoteRun(run, properties)))

    for user, counted in (("administrator", True), ("manager", False)):
        await database.schema("MATCH (r:RollupRun) SET r.state = 'RUNNING', r.percent = 0, r.trees = 0")
        async with address.subscribe(protocol, address.login(user), RUN, run=run) as events:
            begun = await events.data()
            assert begun == {
                "runId": run,
                "state": "RUNNING",
                "percentage": 0,
                "outcome": "Under way: 0 %.",
                "ended": False,
                "counts": {"trees": 0, "goals": 0, "changed": 0} if counted else None,
            }
            await note(percent=40)
            assert (await events.data())["percentage"] == 40
            # What is counted is for who may read the settings: others are told nothing of it.
            await note(trees=1)
            if counted:
                assert (await events.data())["counts"]["trees"] == 1
            await note(percent=100, state="DONE")
            last = await events.data()
            assert (last["state"], last["percentage"], last["ended"]) == ("DONE", 100, True)
            assert last["outcome"] == ("1 tree, 0 goals, 0 changed." if counted else "All totals are new.")
            assert await events.next() == ("complete", None)


async def test_a_real_run_is_told_to_its_end(
    address: Address, company: Company, database: Database, clock: FixedClock, protocol: str
) -> None:
    going = run_noted(database, clock, await trees(database), Trigger.MANUAL)
    await anext(going)
    query = "{ rollupRuns { nodes { id } } }"
    (known,) = (await ask(address, query))["rollupRuns"]["nodes"]
    async with address.subscribe(protocol, address.login("administrator"), RUN, run=known["id"]) as events:
        assert (await events.data())["ended"] is False
        async for _ in going:
            pass
        last = await events.data()
        assert (last["state"], last["ended"], last["counts"]["trees"]) == ("DONE", True, 1)
        assert await events.next() == ("complete", None)


async def ask(address: Address, query: str) -> Any:
    """Send a query that must succeed; its data."""
    async with httpx2.AsyncClient() as http:
        headers = {"authorization": address.login("administrator")}
        answer = (await http.post(address.url, json={"query": query}, headers=headers)).json()
    assert "errors" not in answer, answer
    return answer["data"]


async def test_a_run_of_nobodys_is_refused_as_an_absent_one(
    address: Address, company: Company, database: Database, clock: FixedClock, protocol: str
) -> None:
    hidden = await database.write(lambda tx: start(tx, clock.now(), Trigger.SCHEDULE, None, company.ids["Root"]))
    for run in (hidden, "absent"):
        async with address.subscribe(protocol, address.login("stranger"), RUN, run=run) as events:
            assert await events.refusal() == ("NOT_FOUND",)
