"""Record types and records in GraphQL: types and queries. Changing records is record_mutation.py."""

from datetime import date, datetime
from typing import Annotated, Any

import strawberry

from api.arguments import After, First
from api.connection import Connection, read_page
from api.context import Context, Info
from api.enums import describe_enum
from api.fields import detail
from api.node import Node
from api.owners import GoalOwner, ProductLine, Territory, owner_type
from api.scalars import format_date, format_moment
from graph import record_type as kinds
from graph.database import Transaction
from graph.errors import ErrorCode, Refusal
from graph.money import DataType, format_units
from graph.organization import OrganizationRow
from graph.record import RecordPage, RecordRow, RecordsPage
from graph.record_type import AMOUNTS, FieldType, record_types

describe_enum(
    FieldType,
    "What a field of a record holds, and how it is written as text.",
    {
        FieldType.TEXT: "Any text, up to 4 000 characters.",
        FieldType.INTEGER: 'A whole number: `"42"`.',
        FieldType.DECIMAL: 'An exact number with up to 4 decimal places: `"1234.5"`.',
        FieldType.MONEY: 'An exact amount with up to 4 decimal places: `"1234.5"`.',
        FieldType.DATE: 'A day: `"2026-03-31"`.',
        FieldType.DATETIME: (
            'A moment: `"2026-03-31T08:00:00Z"`. Given without an offset it is a time of the organization\'s zone.'
        ),
        FieldType.BOOLEAN: '`"true"` or `"false"`.',
        FieldType.CHOICE: "One of the field's choices.",
    },
    name="RecordFieldType",
)


@strawberry.type(description="A state that records of a type can be in.")
class RecordState:
    """A state with its statuses."""

    key: str = detail('The state: `"WON"`.')
    statuses: list[str] = detail("The statuses that a record in this state may have.")


@strawberry.type(description="A field that records of a type have.")
class RecordField:
    """A declared field."""

    key: str = detail('The field\'s key, as rollup fields name it: `"actualValue"`.')
    name: str = detail('Its name, for people: `"Actual value"`.')
    data_type: FieldType = detail("What it holds.")
    choices: list[str] = detail("The values that a CHOICE may have; empty for all other types.")


@strawberry.type(description="A kind of source data: which states and fields its records have.")
class RecordType:
    """A record type."""

    row: strawberry.Private[kinds.RecordType]

    @detail('Its key, as `records`, `upsertRecords` and rollup fields take it: `"opportunity"`.')
    def key(self) -> str:
        """Give its key."""
        return self.row.key

    @detail('Its name, for people: `"Opportunity"`.')
    def name(self) -> str:
        """Give its name."""
        return self.row.name

    @detail('Key of the type of which its records are parts: `"order"` for `"order_line"`; null for none.')
    def parent_type(self) -> str | None:
        """Give its parent type's key."""
        return self.row.parent_type

    @detail("Key of the field whose date says at which rate amounts of money are converted; null: the day of saving.")
    def rate_date(self) -> str | None:
        """Give its rate date's key."""
        return self.row.rate_date

    @detail("The states its records can be in; empty if they have none.")
    def states(self) -> list[RecordState]:
        """Give its states."""
        return [RecordState(key=state, statuses=list(of_state)) for state, of_state in self.row.states.items()]

    @detail("The fields its records have, beside those that all records have.")
    def fields(self) -> list[RecordField]:
        """Give its fields, in the order of their declaration."""
        return [
            RecordField(key=field.key, name=field.name, data_type=field.data_type, choices=list(field.choices))
            for field in self.row.fields.values()
        ]


@strawberry.type(description="A value of a record.")
class RecordFieldValue:
    """A declared field with a record's value."""

    key: str = detail("The field's key.")
    data_type: FieldType = detail("What the field holds.")
    value: str | None = detail(
        "The value as text, in the form that the data type names: amounts exact, without exponent or trailing zeros. "
        "Money is in the record's currency. Null if the record has none."
    )
    base_value: str | None = detail(
        "Of money, the amount in base currency, which goals add up: at the rate of the record's rate date. Null for "
        "all other types."
    )


@strawberry.type(description="One row of source data. Goals count records; only some may be seen singly.")
class Record(Node):
    """A record that the viewer may see."""

    row: strawberry.Private[RecordRow]

    @detail("What kind of record it is.")
    async def type(self, info: Info) -> RecordType:
        """Give its type."""
        return RecordType(row=await info.context.loaders.record_types.load(self.row.type))

    @detail("Its key in the system it comes from, unique among its type; 1 to 200 characters.")
    def external_id(self) -> str:
        """Give its key."""
        return self.row.external_id

    @detail("Its name, up to 200 characters; the external id if it was given none.")
    def name(self) -> str:
        """Give its name."""
        return self.row.name

    @detail("The state it is in; null if its type has none.")
    def state(self) -> str | None:
        """Give its state."""
        return self.row.state

    @detail("Its status within the state; null for none.")
    def status(self) -> str | None:
        """Give its status."""
        return self.row.status

    @detail("The user or team whose record it is, its own or that of the record it is part of; null for none.")
    async def owner(self, info: Info) -> GoalOwner | None:
        """Give its owner."""
        row = await _owner(info.context, self.row.owner_id)
        return None if row is None else owner_type(row)

    @detail("The territory it belongs to, its own or that of the record it is part of; null for none.")
    async def territory(self, info: Info) -> Territory | None:
        """Give its territory."""
        row = await _owner(info.context, self.row.territory_id)
        return None if row is None else Territory(row=row)

    @detail("The product line or product it is about, its own or of the record it is part of; null for none.")
    async def product_line(self, info: Info) -> ProductLine | None:
        """Give its product line."""
        row = await _owner(info.context, self.row.product_line_id)
        return None if row is None else ProductLine(row=row)

    @detail(
        "The account it is about, its own or of the record it is part of; null for none, and for one that the viewer "
        "may not see."
    )
    async def account(self, info: Info) -> "Record | None":
        """Give its account."""
        return await _record(info.context, self.row.account_id)

    @detail(
        "The record it is part of, of which it takes owner, territory, product line and account where it has none of "
        "its own; null for none, and for one that the viewer may not see."
    )
    async def parent(self, info: Info) -> "Record | None":
        """Give its parent record."""
        return await _record(info.context, self.row.parent_id)

    @detail('The currency of its amounts: its own, else its parent record\'s, else the base currency; `"USD"`.')
    async def currency(self, info: Info) -> str:
        """Give its currency."""
        if self.row.currency is not None:
            return self.row.currency
        organization: OrganizationRow = await info.context.loaders.organizations.load(None)
        return organization.base_currency

    @detail("The fields that its type declares, in that order, with its values.")
    async def fields(self, info: Info) -> list[RecordFieldValue]:
        """Give its values."""
        kind: kinds.RecordType = await info.context.loaders.record_types.load(self.row.type)
        return [
            RecordFieldValue(
                key=field.key,
                data_type=field.data_type,
                value=written(self.row.properties.get(field.key), field.data_type),
                base_value=written(self.row.properties.get(kinds.base_name(field.key)), field.data_type)
                if field.data_type is FieldType.MONEY
                else None,
            )
            for field in kind.fields.values()
        ]

    @detail("Keys of the fields that are null because the viewer may not read them; empty for most viewers.")
    def restricted_fields(self) -> list[str]:
        """Give the fields withheld."""
        return list(self.row.restricted_fields)


def record_type_node(row: RecordRow) -> Record:
    """Give the GraphQL object for a record."""
    return Record(row=row)


def written(value: Any, data_type: FieldType) -> str | None:
    """Write a stored value as text: amounts from their units, moments in UTC; None for none."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case int() if data_type in AMOUNTS:
            return format_units(value, DataType(data_type.value))
        case datetime():
            return format_moment(value)
        case date():
            return format_date(value)
    return str(value)


@strawberry.input(description="Which records to list: those that meet all of what is given.")
class RecordFilter:
    """Conditions on records."""

    states: list[str] | None = strawberry.field(
        description="Only those in one of these states of the type.", default=None
    )
    owner: strawberry.ID | None = strawberry.field(
        description="Id of a user or team: only records that are its own, or part of one that is and of nobody's else.",
        default=None,
    )
    search: str | None = strawberry.field(
        description="Only those whose name contains this text, in upper or lower case.", default=None
    )


@strawberry.type
class RecordQuery:
    """Queries of record types and records."""

    @detail("All kinds of source data, by key.")
    async def record_types(self, info: Info) -> list[RecordType]:
        """Give all record types."""
        return [RecordType(row=row) for row in await info.context.read(record_types)]

    @detail(
        "The records of a type that the viewer may see, by name: its own, its teams', and what roles and shares add."
    )
    async def records(
        self,
        info: Info,
        type_: Annotated[str, strawberry.argument(name="type", description='Key of the record type: `"opportunity"`.')],
        filter_: Annotated[
            RecordFilter | None, strawberry.argument(name="filter", description="Which of them; all if left out.")
        ] = None,
        first: First = None,
        after: After = None,
    ) -> Connection[Record]:
        """Give a page of records. Refuses UNKNOWN_RECORD_TYPE and UNKNOWN_STATE."""
        context = info.context
        wanted = filter_ or RecordFilter()
        cursors = context.cursors({"field": "records", "type": type_, "filter": vars(wanted)})
        page = read_page(cursors, first=first, after=after, forward_only=True)
        name, id_ = (str(key) for key in page.after) if page.after else (None, None)
        statement = RecordsPage(
            context.viewer.id, type_, page.limit, wanted.states, wanted.owner, wanted.search, name, id_
        )

        async def work(tx: Transaction) -> RecordPage | None:
            _check_states(await kinds.record_type(tx, type_), wanted.states or [])
            return await tx.one(statement)

        found = await context.read(work) or RecordPage((), 0)
        return Connection[Record].of(
            found.records,
            page,
            cursors,
            keys=lambda row: [row.name, row.id],
            node=lambda row: Record(row=row),
            total=found.total_count,
        )


def _check_states(kind: kinds.RecordType, states: list[str]) -> None:
    """Refuse UNKNOWN_STATE: a misspelt state would only give an empty list."""
    for state in states:
        if state not in kind.states:
            message = f"{kind.key} has no such state. It has: {', '.join(kind.states) or 'none'}."
            raise Refusal(ErrorCode.UNKNOWN_STATE, message, ("filter", "states"))


async def _record(context: Context, id_: str | None) -> Record | None:
    row = None if id_ is None else await context.loaders.records.load(id_)
    return None if row is None else Record(row=row)


async def _owner(context: Context, id_: str | None) -> Any:
    return None if id_ is None else await context.loaders.owners.load(id_)
