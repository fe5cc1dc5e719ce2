"""Who may ask what by a rollup query's conditions, saved or tested, and whether those whom it names exist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graph.errors import ErrorCode, Refusal
from graph.goal_statements import KindsOfOwners
from graph.owners import OwnerKind
from graph.query_spec import (
    All,
    AnyOf,
    FieldCondition,
    Not,
    OwnerCondition,
    OwnerTest,
    Place,
    PlaceCondition,
    Subject,
    owners_named,
)
from graph.rights import Depth, Kind, Operation, SecuredFrom, depth_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graph.database import Transaction
    from graph.query_spec import Condition, QueryTypes, Spec
    from graph.visibility import Viewer

Path = tuple[str, ...]
#: What an id in a test can be of, and the word for it.
_OF_OWNERS = {
    OwnerTest.IS: ({OwnerKind.USER, OwnerKind.TEAM}, "user or team"),
    OwnerTest.IN_TEAM: ({OwnerKind.TEAM}, "team"),
    OwnerTest.IN_UNIT: ({OwnerKind.BUSINESS_UNIT}, "business unit"),
    OwnerTest.IN_UNIT_OR_BELOW: ({OwnerKind.BUSINESS_UNIT}, "business unit"),
    OwnerTest.MANAGED_BY: ({OwnerKind.USER}, "user"),
}
_OF_PLACES = {
    Place.TERRITORY: ({OwnerKind.TERRITORY}, "territory"),
    Place.PRODUCT_LINE: ({OwnerKind.PRODUCT_LINE}, "product line"),
}


async def check_may_ask(
    tx: Transaction, viewer: Viewer, types: QueryTypes, spec: Spec, path: Path = ("conditions",)
) -> None:
    """Refuses FORBIDDEN unless the viewer may read, at some depth, records of every type and every field asked for.

    Else who may not read could learn by counting. The field is the condition's path; for the type itself `path`.
    """
    readable: dict[str, bool] = {}

    async def check_type(subject: Subject, where: Path) -> None:
        kind = types.of(subject)
        key = "" if kind is None else kind.key  # none: `read_spec` refuses it
        if key not in readable:
            readable[key] = await depth_of(tx, viewer, Kind.RECORD, Operation.READ, key) is not Depth.NONE
        if not readable[key]:
            message = f"You may not read records of type {key}, so not ask for them. Ask for a role that may."
            raise Refusal(ErrorCode.FORBIDDEN, message, where)

    await check_type(Subject.RECORD, path)
    secured = await tx.one(SecuredFrom(viewer.id))
    masked = set() if secured is None else set(secured.masked)
    for where, condition in located(spec, path):
        if isinstance(condition, FieldCondition):
            await check_type(condition.subject, (*where, "of"))
            kind = types.of(condition.subject)
            if kind is not None and f"record.{kind.key}.{condition.field}" in masked:
                message = f"A field profile keeps {condition.field} from you. Leave the condition out."
                raise Refusal(ErrorCode.FORBIDDEN, message, (*where, "key"))


async def check_owners(tx: Transaction, spec: Spec, form: Any, path: Path = ("conditions",)) -> None:
    """Refuses OWNER_NOT_FOUND unless every id that the conditions name is of what its test is about.

    `form` is what `spec` was read from: the field is the id's path in it.
    """
    named = sorted(owners_named(spec))
    if not named:
        return
    kinds = {row.id: OwnerKind(row.kind) for row in await tx.run(KindsOfOwners(named))}
    for where, condition in located(spec, path):
        if isinstance(condition, FieldCondition) or not condition.ids:
            continue
        fitting, word = _expected(condition)
        for id_ in condition.ids:
            if kinds.get(id_) not in fitting:
                place = (*where, condition.test.value)
                number = _at(form, place[len(path) :]).index(id_)
                message = f"There is no {word} with this id. Look it up, or leave it out."
                raise Refusal(ErrorCode.OWNER_NOT_FOUND, message, (*place, str(number)))


def located(spec: Spec, path: Path) -> Iterator[tuple[Path, Condition]]:
    """Every condition of a spec, in order, with its path in the form that `query_form` reads."""
    match spec:
        case All(items) | AnyOf(items):
            word = "all" if isinstance(spec, All) else "any"
            for number, item in enumerate(items):
                yield from located(item, (*path, word, str(number)))
        case Not(item):
            yield from located(item, (*path, "not"))
        case FieldCondition():
            yield (*path, "field"), spec
        case OwnerCondition():
            yield (*path, "owner"), spec
        case PlaceCondition():
            yield (*path, spec.place.value), spec


def _expected(condition: OwnerCondition | PlaceCondition) -> tuple[set[OwnerKind], str]:
    return _OF_PLACES[condition.place] if isinstance(condition, PlaceCondition) else _OF_OWNERS[condition.test]


def _at(form: Any, path: Path) -> Any:
    for key in path:
        form = form[int(key)] if isinstance(form, list) else form[key]
    return form
