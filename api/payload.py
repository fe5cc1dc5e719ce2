"""What all mutations share: base classes of inputs and payloads, how to change things. Which things: their modules."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import fields
from typing import Any, Final, TypeVar

import strawberry
from strawberry.types.arguments import InputContext
from strawberry.types.base import get_object_definition, has_object_definition
from strawberry.utils.str_converters import to_camel_case

from api.context import Context, Info
from api.errors import UserError, log_fault, problems_as_user_errors
from api.fields import public
from graph import idempotency
from graph.audit import write_denial, write_entry
from graph.database import Transaction
from graph.errors import ErrorCode, Refusal
from graph.idempotency import Once

T = TypeVar("T")
#: Fields of an input that say nothing of what is changed.
_ASIDE: Final = frozenset({"client_mutation_id", "idempotency_key", "expected_version"})
#: Fields of an input that name what is changed.
_NAMING: Final = frozenset({"id", "goal_id", "metric_id", "user_id", "root_ids"})


@strawberry.input(description="What every mutation takes.")
class MutationInput:
    """Base of the inputs."""

    client_mutation_id: str | None = strawberry.field(
        description="Any text of your own, echoed in the payload. It means nothing.", default=None
    )
    idempotency_key: str | None = strawberry.field(
        description=(
            "Any text of 16 to 128 characters that is new for each change, such as a random UUID. Sent again with the "
            "same input within 24 hours, the mutation is not done again: the answer is that of the first time, its "
            "objects as they are now. With another input it is refused: CONFLICT. Refusals and previews use no key up."
        ),
        default=None,
    )


@strawberry.input(description="What mutations take that change what a client may have read before.")
class VersionedInput(MutationInput):
    """Base of the inputs that may say which version they are about."""

    expected_version: str | None = strawberry.field(
        description=(
            "The `version` that you read. If it is another one by now, the mutation is refused: CONFLICT, and nothing "
            "is written. Left out: the change is made whatever others changed since."
        ),
        default=None,
    )


@strawberry.interface(description="What every mutation answers.")
class MutationPayload:
    """Base of the payloads."""

    user_errors: list[UserError] = public(
        "The rules that the input breaks; if there are any, nothing was written. Empty when it was done."
    )
    client_mutation_id: str | None = public("The `clientMutationId` of the input.")


async def change(
    info: Info, told: MutationInput, work: Callable[[Transaction], Awaitable[T]]
) -> tuple[T | None, list[UserError]]:
    """Run `work` in a write transaction: (what it returns, []), or (None, why it was refused) with nothing written.

    `told` is the mutation's input. Its idempotency key, what `work` returns and an entry of the audit log are written
    in the same transaction, so `work` returns an id, ids, None, or a frozen dataclass of `graph/`. It may be run again
    after a deadlock. What it changes is read afresh by the rest of the document. What is FORBIDDEN leaves an entry of
    the audit log, too.
    """

    async def write(once: Once | None) -> T:
        return await info.context.write(_whole(info, told, work, once), repeatable=once is not None)

    return await changed_by(info, told, write)


async def changed_by(
    info: Info, told: MutationInput, write: Callable[[Once | None], Awaitable[T]]
) -> tuple[T | None, list[UserError]]:
    """As `change`, where `write` writes the idempotency key and the entry of the audit log with the change."""
    context = info.context
    try:
        once = _once(info, told)
        done = await write(once)
    except Refusal as refusal:
        if any(problem.code is ErrorCode.FORBIDDEN for problem in refusal.problems):
            await context.write(lambda tx: _denied(tx, info, told))
        return None, problems_as_user_errors(refusal)
    # What the payload and the document's next mutation read must not come out of a cache filled before.
    vars(context).pop("loaders", None)
    if once is not None and once.sweeps:
        await _sweep(context)
    return done, []


async def _denied(tx: Transaction, info: Info, told: MutationInput) -> None:
    context = info.context
    named = [one for name in _said(told) if name in _NAMING for one in _listed(getattr(told, name))]
    await write_denial(tx, context.clock.now(), context.viewer.id, info.field_name, named, context.request_id)


def _once(info: Info, told: MutationInput) -> Once | None:
    if told.idempotency_key is None or _is_preview(told):
        return None
    context = info.context
    said = {name: value for name, value in given(told).items() if name not in {"clientMutationId", "idempotencyKey"}}
    return Once.of(context.viewer.id, info.field_name, told.idempotency_key, said, context.clock.now())


def _whole(
    info: Info, told: MutationInput, work: Callable[[Transaction], Awaitable[T]], once: Once | None
) -> Callable[[Transaction], Awaitable[T]]:
    """Give the transaction of a mutation: its key first, the work, the entry of the audit log."""
    context = info.context

    async def whole(tx: Transaction) -> T:
        done = None if once is None else await once.claim(tx)
        if done is not None:
            before: T = done.result
            return before
        result = await work(tx)
        if not _is_preview(told):
            await write_entry(
                tx,
                at=context.clock.now(),
                who=context.viewer.id,
                what=info.field_name,
                result=result,
                named=[one for name in _said(told) if name in _NAMING for one in _listed(getattr(told, name))],
                fields=said_fields(told),
                request_id=context.request_id,
            )
        if once is not None:
            await once.keep(tx, result)
        return result

    return whole


def _is_preview(told: MutationInput) -> bool:
    """Whether the input asks for a preview, which writes nothing."""
    return getattr(told, "preview", False) is True


def _listed(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def said_fields(told: MutationInput) -> list[str]:
    """Give the names of the fields that an input has, as the audit log keeps them: not those that name things."""
    return [to_camel_case(name) for name in _said(told) if name not in _ASIDE | _NAMING]


def _said(told: MutationInput) -> Iterator[str]:
    return (field.name for field in fields(told) if getattr(told, field.name) is not None)


async def _sweep(context: Context) -> None:
    """Forget old keys; that this fails is no reason to fail what was done."""
    try:
        await idempotency.sweep(context.database, context.clock.now())
    except Exception as fault:  # noqa: BLE001 - whatever it is, it must not turn a success into a failure
        log_fault(fault, context.request_id)


def given(value: Any) -> Any:
    """Give an input as a map of what the client wrote, names as in the schema: absent keys are absent, null is None.

    A field that may be absent is declared `Maybe`; one with a default other than that is always there. Inputs within
    inputs become maps too; all other values stay as they are.
    """
    if isinstance(value, strawberry.Some):
        return given(value.value)
    if isinstance(value, list):
        return [given(item) for item in value]
    if not has_object_definition(type(value)):
        return value
    told = ((field.name, getattr(value, field.name)) for field in fields(value))
    return {to_camel_case(name): given(item) for name, item in told if item is not None}


def as_given(kind: type[T]) -> type[T]:
    """Let an input's values be maps as `given` makes them, from the start: for the rows of big batches.

    An object of each row, which `given` takes apart again, takes longer than all else that reads it. Not for inputs
    with enums or defaults, which are made of what the client wrote.
    """
    get_object_definition(kind, strict=True).from_input = _written
    return kind


def _written(_kind: type, value: Mapping[str, Any], _context: InputContext) -> Mapping[str, Any]:
    return value
