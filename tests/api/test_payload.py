"""What all mutations share: refusals as user errors, fresh reads after a change, absent and null in inputs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from strawberry import Some
from strawberry.types.arguments import convert_argument

from api.context import Context
from api.currency_mutation import ExchangeRateInput, SetExchangeRatesInput
from api.loaders import Loaders
from api.owners_mutation import UserRowInput
from api.payload import MutationInput, change, given
from api.record_mutation import UpsertRecordsInput
from api.schema import schema
from graph.errors import ErrorCode, Refusal
from graph.organization import OrganizationRow, bump_structure, organization
from graph.visibility import Viewer

if TYPE_CHECKING:
    from graph.clock import FixedClock
    from graph.database import Database, Transaction
    from graph.settings import Settings


@pytest.fixture
def info(settings: Settings, database: Database, clock: FixedClock) -> Any:
    """Give a resolver's second argument, for a known viewer."""
    context = Context("request", "rep-1", database, clock, settings, settings.signing_key(), make_loaders=Loaders)
    context.identify(Viewer("u-1", "rep-1", "Rep 01", administrator=False))
    return SimpleNamespace(context=context, field_name="test")


async def test_what_was_changed_is_not_read_out_of_a_cache(info: Any) -> None:
    before = info.context.loaders

    async def work(tx: Transaction) -> OrganizationRow:
        await bump_structure(tx)
        return await organization(tx)

    done, errors = await change(info, MutationInput(), work)
    assert errors == []
    assert done is not None
    assert done.structure_revision == 1
    assert info.context.loaders is not before


async def test_a_refusal_becomes_a_user_error_and_undoes_what_was_written(info: Any) -> None:
    async def work(tx: Transaction) -> None:
        await bump_structure(tx)
        raise Refusal(ErrorCode.GOAL_CYCLE, "That is below it. Choose another.", ("parentId",))

    done, (error,) = await change(info, MutationInput(), work)
    assert done is None
    assert (error.code, error.field) == (ErrorCode.GOAL_CYCLE, ["parentId"])
    assert error.message == "That is below it. Choose another."
    assert (await info.context.read(organization)).structure_revision == 0


async def test_other_faults_are_no_user_errors(info: Any) -> None:
    async def work(_tx: Transaction) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await change(info, MutationInput(), work)


def test_an_input_becomes_a_map_without_what_was_left_out() -> None:
    rows = [
        UserRowInput(
            external_id="rep-1",
            name=None,
            active=Some(False),  # noqa: FBT003 - the value of a key
            administrator=None,
            unit=Some(None),
            manager=Some("boss"),
            teams=Some(["t-1"]),
        )
    ]
    assert given(rows) == [{"externalId": "rep-1", "active": False, "unit": None, "manager": "boss", "teams": ["t-1"]}]


def test_inputs_within_inputs_become_maps() -> None:
    day = date(2026, 1, 1)
    rate: Any = Decimal("1.5")
    told = SetExchangeRatesInput(rates=[ExchangeRateInput(currency="USD", valid_from=day, rate=rate)])
    assert given(told) == {"rates": [{"currency": "USD", "validFrom": day, "rate": rate}], "remove": []}


def test_rows_of_records_stay_the_maps_that_they_came_as() -> None:
    row: Any = {
        "externalId": "o-1",
        "status": None,
        "owner": {"team": "t-1"},
        "productLine": "pumps",
        "fields": {"actual_value": None},
    }
    told = convert_argument(
        {"type": "opportunity", "rows": [row]},
        UpsertRecordsInput,
        schema.schema_converter.scalar_registry,
        schema.config,
    )
    assert isinstance(told, UpsertRecordsInput)
    assert told.rows == [row]
    assert given(told)["rows"] == [row]
