"""Two graphs that one viewer cannot tell apart: the scene, what changes out of sight, every document to ask.

Documents come from a walk over the schema; what needs arguments finds them in `arguments`, and `uncovered` names what
has none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from itertools import product
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    Undefined,
    get_named_type,
)

from api.schema import schema
from graph import goal_change, override
from graph.goal_creation import GoalDraft
from graph.override import OverrideDraft
from graph.owners import OwnerKind
from graph.period import GoalPeriod, PeriodKind
from graph.record_upsert import delete_records
from graph.rollup_compiler import Category
from tests.factories import FOUNDER, Q1, YEAR, Company

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphql import GraphQLField

    from graph.database import Transaction
    from tests.api.conftest import Client

_SCHEMA: Any = schema._schema
HALF = GoalPeriod(PeriodKind.CUSTOM, None, None, "first half", date(2026, 1, 1), date(2026, 6, 30))
#: Who looks. Nothing that the scene calls hidden may be seen by any of them.
VIEWERS = ("director", "manager", "rep-a", "outsider")
HIDDEN_GOALS = ("Secret", "Secret leaf", "Other tree")
PAGING = {"first", "after"}


@dataclass
class Scene:
    """A company with a hidden branch, a hidden tree and hidden records; `goals` are ids by the first title."""

    company: Company
    goals: dict[str, str] = field(default_factory=dict)
    records: dict[str, str] = field(default_factory=dict)

    async def build(self) -> Scene:
        """Top (director) > East (manager) > two reps' goals and Secret, with one goal below it that can be seen."""
        company = self.company
        await company.users("director", "manager", "rep-a", "rep-b", "outsider", "boss", "boss-2", "ghost", "ghost-2")
        await company.owners(OwnerKind.TEAM, {"name": "ghosts"})
        # So that refusals speak of what is hidden, and not of the right to count.
        await company.grant("Counter", "director", "manager", "rep-a")
        metric = company.ids["metric"] = await company.metric(stretch=True)
        await self._goal("Top", None, "director", "director", metric_id=metric, period=YEAR)
        await self._goal("East", "Top", "manager", "manager", target="100")
        await self._goal("Rep A", "East", "manager", "rep-a", target="40")
        await self._goal("Rep B", "East", "manager", "rep-b")
        await self._goal("Secret", "East", "boss", "ghost", target="55", stretch_target="66", restricted=True)
        await self._goal("Secret leaf", "Secret", "boss", "ghost", period=Q1, target="7")
        await self._goal("Seen below", "Secret", "rep-a", "rep-b", period=Q1, restricted=False)
        await self._goal("Other tree", None, "boss", "ghost", metric_id=metric, period=YEAR, restricted=True)
        await company.records("account", {"externalId": "a-ghost", "name": "Ghost account", "owner": {"user": "ghost"}})
        await company.won("rep-a", ("10", "2026-02-01"), account="a-ghost")
        await company.won("rep-b", ("20", "2026-02-02"))
        await self._deal("hidden-1", "31.5", "2026-02-03")
        await self._deal("hidden-2", "2.25", "2026-02-04")
        await self._deal("hidden-3", "4", "2026-02-05")
        await self._note_records()
        await self._override("A secret reason", "boss")
        await self.recalculate()
        return self

    async def recalculate(self) -> None:
        """Calculate both trees."""
        for title in ("Top", "Other tree"):
            await self.company.recalculate(self.goals[title])

    async def change_what_is_hidden(self) -> None:
        """Change everything hidden that a declassification does not declare (visibility.md §1), and calculate again."""
        company, admin, now = self.company, self.company.administrator, self.company.clock.now()

        async def goals(tx: Transaction) -> None:
            secret, leaf, other = (self.goals[title] for title in HIDDEN_GOALS)
            texts = {"title": "AAA first of all", "description": "Other words"}
            numbers = {"target": "1", "stretch_target": "999", "period": HALF}
            await goal_change.update_goal(tx, admin, secret, {**texts, **numbers}, now)
            await goal_change.update_goal(tx, admin, leaf, {"title": "ZZZ", "target": None, "period": HALF}, now)
            await goal_change.update_goal(tx, admin, other, {"title": "East", "target": "3"}, now)
            for goal_id in (secret, leaf, other):
                people = {"manager_id": company.ids["boss-2"], "owner_id": company.ids["ghost-2"]}
                await goal_change.update_goal(tx, admin, goal_id, people, now)
            more: dict[str, Any] = {
                "parent_id": secret,
                "manager_id": company.ids["boss"],
                "rollup_only_from_children": True,
            }
            await goal_change.create_goal(tx, admin, GoalDraft("Another", **more), now)
            more = {"metric_id": company.ids["metric"], "manager_id": company.ids["boss"], "period": YEAR}
            await goal_change.create_goal(tx, admin, GoalDraft("Third tree", restricted=True, **more), now)
            # Another node in the place of a hidden one.
            text = (
                "UNWIND $ids AS id MATCH (g:Goal {id: id}) "
                "SET g.id = 'new-' + id, g.createdAt = datetime('2020-01-01T00:00Z')"
            )
            await tx.text(text, {"ids": [secret, leaf, other]}, name="tests/new_ids")

        async def records(tx: Transaction) -> None:
            await delete_records(tx, FOUNDER, "opportunity", ["hidden-3"])

        await company.write(goals)
        for title in HIDDEN_GOALS:
            self.goals[title] = f"new-{self.goals[title]}"
        await self._override("Another reason", "boss-2")
        await company.write(records)
        # Amounts swapped, another record in the place of one, all of them another owner's, some that no goal counts.
        await self._deal("hidden-1", "2.25", "2026-02-04", owner="ghost-2")
        await self._deal("hidden-2", "31.5", "2026-02-03", owner="ghost-2", name="Renamed")
        await self._deal("replaced", "4", "2026-02-06", owner="ghost-2")
        await self._deal("lost-1", "1000", "2026-02-06", owner="ghost-2", state="LOST")
        await self._deal("lost-2", "2000", "2026-02-06", owner="ghost", state="OPEN")
        account = {"externalId": "a-ghost", "name": "Renamed account", "owner": {"user": "ghost-2"}}
        await company.records("account", account, {"externalId": "a-new", "name": "New", "owner": {"team": "ghosts"}})
        await self.recalculate()

    async def _goal(self, title: str, parent: str | None, manager: str, owner: str, **more: Any) -> None:
        ids = self.company.ids
        parent_id = None if parent is None else self.goals[parent]
        self.goals[title] = await self.company.goal(
            title, parent_id=parent_id, manager_id=ids[manager], owner_id=ids[owner], **more
        )

    async def _override(self, reason: str, author: str) -> None:
        """Pin the same value of a hidden goal, for another reason."""
        viewer, secret = self.company.viewer(author, administrator=True), self.goals["Secret"]
        draft = OverrideDraft({Category.IN_PROGRESS: "5"}, reason)
        now = self.company.clock.now()
        await self.company.write(lambda tx: override.override_goal(tx, viewer, secret, draft, now))

    async def _deal(
        self, key: str, amount: str, day: str, *, owner: str = "ghost", state: str = "WON", name: str | None = None
    ) -> None:
        fields = {"actualValue": amount, "actualCloseDate": day}
        row = {"externalId": key, "name": name, "state": state, "owner": {"user": owner}, "fields": fields}
        await self.company.records("opportunity", row)

    async def _note_records(self) -> None:
        async def work(tx: Transaction) -> None:
            rows = await tx.text("MATCH (r:Record) RETURN r.externalId AS key, r.id AS id", {}, name="tests/records")
            self.records = {row["key"]: row["id"] for row in rows}

        await self.company.database.read(work)


@dataclass(frozen=True)
class Asked:
    """A document with its variables, and what it is called in a failure."""

    name: str
    document: str
    variables: dict[str, Any]


def arguments(scene: Scene) -> dict[str, list[dict[str, Any]]]:
    """What each query field is asked with; a field that needs nothing may be left out."""
    ids, goals = scene.company.ids, list(scene.goals.values())
    everything = [*goals, *scene.records.values(), *ids.values(), "absent"]
    order = _SCHEMA.type_map["GoalOrderField"].values
    filters: list[dict[str, Any]] = [
        {"search": "se"},
        {"search": "AAA"},
        {"states": ["OPEN"]},
        {"states": ["ACHIEVED", "CANCELLED"]},
        {"fiscalYear": 2026, "fiscalIndex": 1},
        {"on": "2026-05-01"},
        {"metricId": ids["metric"]},
        {"managerId": ids["boss"]},
        {"ownerId": ids["ghost"]},
        {"ownerId": ids["rep-b"]},
        {"rootsOnly": True},
    ]
    of_records: list[dict[str, Any]] = [
        {"states": ["WON"]},
        {"states": ["LOST", "OPEN"]},
        {"owner": ids["ghost"]},
        {"search": "hidden"},
        {"search": "e"},
    ]
    return {
        "goal": [{"id": id_} for id_ in (*goals, "absent")],
        "goals": [
            {},
            *({"filter": one} for one in filters),
            *({"orderBy": {"field": name, "descending": down}} for name, down in product(order, (False, True))),
            {"first": 1},
        ],
        "goalTree": [*({"rootId": id_} for id_ in goals), {"rootId": goals[0], "depth": 1}, {"rootId": "absent"}],
        "metric": [{"id": ids["metric"]}, {"id": "absent"}],
        "users": [{}, {"search": "gh"}],
        "teams": [{}, {"search": "gh"}],
        "businessUnits": [{}, {"search": "e"}],
        "territories": [{}, {"search": "e"}],
        "productLines": [{}, {"search": "e"}],
        "records": [
            {"type": "account"},
            {"type": "account", "filter": {"search": "e"}},
            {"type": "opportunity"},
            *({"type": "opportunity", "filter": one} for one in of_records),
        ],
        "fiscalPeriods": [{"year": 2026}],
        "currencies": [{}, {"locale": "de-AT"}],
        "exchangeRates": [{}, {"currency": "USD"}, {"on": "2026-02-01"}],
        "auditLog": [
            {},
            {"filter": {"who": ids["boss"], "what": "updateGoal", "which": goals[0]}},
            {"filter": {"from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"}},
        ],
        "explainVisibility": [
            {"userId": ids["rep-a"], "nodeId": goals[0]},
            {"userId": "absent", "nodeId": "absent"},
        ],
        "node": [{"id": id_} for id_ in (*scene.goals.values(), scene.records["hidden-1"])],
        "nodes": [{"ids": everything[half::2]} for half in (0, 1)],
    }


#: Arguments that only page through a list or bound a tree; every list is asked for in pages of one somewhere else.
BOUNDS = PAGING | {"depth"}


def uncovered(given: dict[str, list[dict[str, Any]]], queries: dict[str, GraphQLField] | None = None) -> list[str]:
    """Query fields, arguments and inputs' fields that no document would use."""
    fields = _SCHEMA.query_type.fields if queries is None else queries
    missing = []
    for name, field_ in fields.items():
        asked = given.get(name, [{}])
        used = {key for one in asked for key in one}
        for argument, definition in field_.args.items():
            if isinstance(definition.type, GraphQLNonNull) and not all(
                argument in one or definition.default_value is not Undefined for one in asked
            ):
                missing.append(f"{name}({argument}) is required and not given")
            if argument not in used | BOUNDS:
                missing.append(f"{name}({argument}) is never given")
            kind = get_named_type(definition.type)
            if isinstance(kind, GraphQLInputObjectType):
                inner = {key for one in asked for key in one.get(argument) or {}}
                missing += [f"{name}({argument}: {{{key}}}) is never given" for key in kind.fields if key not in inner]
    return missing + [f"{name} is no query" for name in given if name not in fields]


def documents(scene: Scene) -> list[Asked]:
    """Every query field with all that can be selected below it, with each of its arguments."""
    given = arguments(scene)
    found = []
    for name, field_ in _SCHEMA.query_type.fields.items():
        for selection in _selections(get_named_type(field_.type), DEPTHS.get(name, 2)):
            for values in given.get(name, [{}]):
                declared = ", ".join(f"${key}: {field_.args[key].type}" for key in values)
                passed = ", ".join(f"{key}: ${key}" for key in values)
                head = f"query({declared}) " if declared else ""
                text = f"{head}{{ {name}{f'({passed})' if passed else ''} {selection} }}"
                found.append(Asked(f"{name} {values} {selection[:40]}", text, values))
    return found


#: How many objects below the first a document selects, where that is not two: what they hold is selected elsewhere,
#: and a request may cost only so much.
DEPTHS = {"goal": 1, "goals": 1, "goalTree": 0, "node": 0, "nodes": 1}


def _selections(kind: Any, depth: int) -> list[str]:
    """All fields of a type, `depth` objects deep; of an interface, those of each of its types in turn."""
    if isinstance(kind, GraphQLInterfaceType) and not depth:
        return ["{ __typename id }"]
    if isinstance(kind, GraphQLInterfaceType):
        return [f"{{ __typename ... on {one.name} {_fields(one, depth)} }}" for one in _possible(kind)]
    return [_fields(kind, depth)]


def _fields(kind: Any, depth: int) -> str:
    parts = ["__typename"]
    for name, field_ in kind.fields.items():
        inner = get_named_type(field_.type)
        if isinstance(inner, GraphQLUnionType):
            # Only what has no further fields: those of one name are of other types elsewhere in the union.
            one_by_one = " ".join(f"... on {one.name} {_fields(one, 0)}" for one in _possible(inner))
            parts += [f"{name} {{ {one_by_one} }}"] if depth else []
        elif not isinstance(inner, GraphQLObjectType):
            parts.append(name)
        elif inner.name.endswith(("Connection", "Edge", "TreeNode")) or not any(map(_is_object, inner.fields.values())):
            parts += [f"{name} {_fields(inner, depth)}"] if depth or kind.name.endswith(_WRAPPING) else []
        elif depth or kind.name.endswith(_WRAPPING):
            parts.append(f"{name} {_fields(inner, max(depth - 1, 0))}")
    return f"{{ {' '.join(parts)} }}"


_WRAPPING = ("Connection", "Edge", "TreeNode", "GoalTree")


def _is_object(field_: Any) -> bool:
    return isinstance(get_named_type(field_.type), GraphQLObjectType | GraphQLUnionType)


def _possible(kind: Any) -> Any:
    return _SCHEMA.get_possible_types(kind)


#: Status, body and headers of an answer.
Observed = tuple[int, bytes, list[tuple[str, str]]]
Answers = dict[tuple[str, str], Observed]
_REQUEST_ID = re.compile(rb'"requestId":"[0-9a-f]+"')


async def observed(client: Client, asked: Asked) -> Observed:
    """All that a client sees of an answer: status, body and headers, without the request's id."""
    answer = await client.post(asked.document, asked.variables)
    headers = [(name, value) for name, value in answer.headers.items() if name != "x-request-id"]
    return answer.status_code, _REQUEST_ID.sub(b'"requestId":"-"', answer.content), sorted(headers)


async def answers(login: Callable[[str], Client], viewers: tuple[str, ...], asked: list[Asked]) -> Answers:
    """What each viewer observes of each document, by both names."""
    return {(viewer, one.name): await observed(login(viewer), one) for viewer, one in product(viewers, asked)}


def differences(before: Answers, after: Answers) -> list[str]:
    """Name each viewer's document whose answer is another one than before."""
    return [
        f"{viewer}, {name}:\n  was {was[1].decode()[:3000]}\n  now {after[viewer, name][1].decode()[:3000]}"
        for (viewer, name), was in before.items()
        if was != after[viewer, name]
    ]
