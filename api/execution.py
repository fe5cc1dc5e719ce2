"""How a document is executed: the schema's configuration, limits, caches, and the masking of every error."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

import strawberry
from graphql import GraphQLError, NoSchemaIntrospectionCustomRule
from strawberry.extensions import MaxTokensLimiter, ParserCache, SchemaExtension, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType

from api.errors import masked
from api.limits import Limits
from api.scalars import SCALARS
from graph.errors import Torn, Unauthenticated

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator

    from strawberry.schema.schema import StreamResult
    from strawberry.types import ExecutionContext

    from api.context import Context

#: Lexical tokens of a document. Also what keeps the cached documents small.
MAX_TOKENS: Final = 2_000
_CACHED_DOCUMENTS: Final = 128
#: How often a query is executed when commits keep coming between sums and their parts; then it is refused.
_ATTEMPTS: Final = 5


class IntrospectionGate(SchemaExtension):
    """Refuses questions about the schema itself unless the request's context allows them."""

    def on_operation(self) -> Iterator[None]:
        """Add the rule before the document is validated."""
        if not self.execution_context.context.introspection:
            self.execution_context.validation_rules += (NoSchemaIntrospectionCustomRule,)
        yield


class Identification(SchemaExtension):
    """Looks the viewer up, after the document was accepted: a refused document costs no database access."""

    async def on_execute(self) -> AsyncIterator[None]:
        """Raise Unauthenticated unless the token's subject is an active user."""
        context: Context = self.execution_context.context
        viewer = await context.look_up()
        if viewer is None:
            raise Unauthenticated
        context.identify(viewer)
        yield


# In this order. Rules must be the same objects in each request, or the cache of validated documents never hits.
EXTENSIONS: Final[tuple[type[SchemaExtension] | Callable[[], SchemaExtension], ...]] = (
    lambda: MaxTokensLimiter(MAX_TOKENS),
    lambda: ParserCache(_CACHED_DOCUMENTS),
    IntrospectionGate,
    Limits,
    lambda: ValidationCache(_CACHED_DOCUMENTS),
    Identification,
)


class Schema(strawberry.Schema):
    """A schema that needs a `Context`, and whose every error is masked, whichever step it came from."""

    async def execute(  # noqa: PLR0917 - as BaseSchema has it
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """Execute a document on behalf of the context's subject; again, if a commit came between sum and parts."""
        context: Context = context_value  # type: ignore[assignment] # BaseSchema takes any context; ours is required
        allowed = set(allowed_operation_types or OperationType) - {OperationType.SUBSCRIPTION}
        for attempt in range(1, _ATTEMPTS + 1):
            context.direct.clear()
            result = await super().execute(
                query, variable_values, context_value, root_value, operation_name, allowed, operation_extensions
            )
            if attempt == _ATTEMPTS or context.wrote or not _torn(result):
                break
            context.database.counts["torn"] += 1
            vars(context).pop("loaders", None)
        for path, value in context.direct:
            _put(result.data, path, value)
        if result.errors:
            result.errors = masked(result.errors, context.request_id)
        return result

    async def stream(  # noqa: PLR0917 - as BaseSchema has it
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        operation_extensions: dict[str, Any] | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,  # noqa: ARG002 - all else has `execute`
    ) -> StreamResult:
        """Execute a subscription on behalf of the context's subject; nothing else is streamed."""
        context: Context = context_value.operation()  # type: ignore[union-attr] # as in `execute`
        only = (OperationType.SUBSCRIPTION,)
        results = await super().stream(
            query, variable_values, context, root_value, operation_name, operation_extensions, only
        )
        return _tellable(results, context.request_id)

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Log nothing here: `masked` writes one line for the whole document."""


async def _tellable(results: StreamResult, request_id: str) -> StreamResult:
    """Mask each result's errors. What comes before anything was executed says so by its type."""
    begun = False
    try:
        async with aclosing(results):
            async for result in results:
                if isinstance(result, ExecutionResult) and result.errors:
                    errors = masked(result.errors, request_id)
                    kind = ExecutionResult if begun or result.data is not None else PreExecutionError
                    yield kind(data=result.data, errors=errors, extensions=result.extensions)
                else:
                    yield result
                begun = True
    except Exception as fault:  # noqa: BLE001 - `execute` gives what extensions raise as errors; a stream does not
        error = fault if isinstance(fault, GraphQLError) else GraphQLError("", original_error=fault)
        yield (ExecutionResult if begun else PreExecutionError)(data=None, errors=masked([error], request_id))


def _torn(result: ExecutionResult) -> bool:
    return any(isinstance(error.original_error, Torn) for error in result.errors or ())


def _put(data: Any, path: list[str | int], value: object) -> None:
    """Put a value that was shaped past the executor in its place, unless an error took the place away."""
    *steps, last = path
    for step in steps:
        if data is None:
            return
        data = data[step]
    if data is not None and data[last] is not None:
        data[last] = value


def build_schema(
    query: type,
    mutation: type | None = None,
    subscription: type | None = None,
    *,
    types: Iterable[type] = (),
) -> Schema:
    """Build the schema from its root types; once in a process. `types` are those no field returns by name."""
    return Schema(
        query=query,
        mutation=mutation,
        subscription=subscription,
        types=types,
        extensions=EXTENSIONS,
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
    )
