"""What all mutations share: base classes of inputs and payloads, how to change things. Which things: their modules."""

from collections.abc import Awaitable, Callable
from dataclasses import fields
from typing import Any, TypeVar

import strawberry
from strawberry.types.base import has_object_definition
from strawberry.utils.str_converters import to_camel_case

from api.context import Info
from api.errors import UserError, problems_as_user_errors
from api.fields import public
from graph.database import Transaction
from graph.errors import Refusal

T = TypeVar("T")


@strawberry.input(description="What every mutation takes.")
class MutationInput:
    """Base of the inputs."""

    client_mutation_id: str | None = strawberry.field(
        description="Any text of your own, echoed in the payload. It means nothing.", default=None
    )


@strawberry.interface(description="What every mutation answers.")
class MutationPayload:
    """Base of the payloads."""

    user_errors: list[UserError] = public(
        "The rules that the input breaks; if there are any, nothing was written. Empty when it was done."
    )
    client_mutation_id: str | None = public("The `clientMutationId` of the input.")


async def change(
    info: Info,
    told: MutationInput,  # noqa: ARG001 - what safe writes are going to need
    work: Callable[[Transaction], Awaitable[T]],
) -> tuple[T | None, list[UserError]]:
    """Run `work` in a write transaction: (what it returns, []), or (None, why it was refused) with nothing written.

    `told` is the mutation's input. `work` may be run again after a deadlock. What it changes is read afresh by the
    rest of the document.
    """
    context = info.context
    try:
        done = await context.write(work)
    except Refusal as refusal:
        return None, problems_as_user_errors(refusal)
    # What the payload and the document's next mutation read must not come out of a cache filled before.
    vars(context).pop("loaders", None)
    return done, []


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
