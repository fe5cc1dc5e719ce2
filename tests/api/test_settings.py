"""Settings of the organization: typed, versioned, for administrators; and what they change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.api.hierarchy import Desk, custom, open_desk, won

if TYPE_CHECKING:
    from graph.clock import FixedClock
    from graph.database import Database
    from graph.settings import Settings

READ = "{ settings { onTrackFrom behindFrom timeZone baseCurrency version } }"
UPDATE = (
    "mutation($input: UpdateSettingsInput!) { updateSettings(input: $input) "
    "{ settings { onTrackFrom behindFrom version } userErrors { code field } } }"
)


async def update(desk: Desk, user: str = "admin", **given: Any) -> Any:
    """Send updateSettings; its payload."""
    return (await desk.login(user).data(UPDATE, {"input": given}))["updateSettings"]


async def test_settings_are_typed_versioned_and_used(settings: Settings, database: Database, clock: FixedClock) -> None:
    async with open_desk(settings, database, clock) as desk:
        await desk.users("Rep")
        rep = desk.login("Rep")
        first = (await rep.data(READ))["settings"]
        version = first.pop("version")
        assert first == {"onTrackFrom": "1", "behindFrom": "0.8", "timeZone": "UTC", "baseCurrency": "EUR"}

        # Half of the period has passed: half of the target is due, and 90 % of that was reached.
        await desk.metric("Revenue")
        await desk.goal(
            "Goal", metricId="Revenue", ownerId="Rep", target="200", period=custom("2026-02-05", "2026-02-25")
        )
        await desk.records("opportunity", won("1", "Rep", "90", "2026-02-10"))
        await desk.recalculate("Goal")
        assert await desk.shown("Goal", "status") == "BEHIND"
        done = await update(desk, onTrackFrom="0.9", expectedVersion=version)
        assert done["userErrors"] == []
        assert (done["settings"]["onTrackFrom"], done["settings"]["behindFrom"]) == ("0.9", "0.8")
        assert done["settings"]["version"] != version
        assert await desk.shown("Goal", "status") == "ON_TRACK"
        await update(desk, onTrackFrom="2", behindFrom="0.9001")
        assert await desk.shown("Goal", "status") == "AT_RISK"

        before = await desk.everything()
        refusals: list[tuple[dict[str, Any], str, str]] = [
            ({"onTrackFrom": "1", "expectedVersion": version}, "CONFLICT", "expectedVersion"),
            ({"behindFrom": "2.0001"}, "INVALID_VALUE", "behindFrom"),
            ({"behindFrom": "-0.1"}, "INVALID_VALUE", "behindFrom"),
            ({"onTrackFrom": "0.9"}, "INVALID_VALUE", "onTrackFrom"),
            ({"onTrackFrom": "11"}, "INVALID_VALUE", "onTrackFrom"),
            ({"onTrackFrom": "1.00001"}, "AMOUNT_TOO_PRECISE", "onTrackFrom"),
            ({"onTrackFrom": "much"}, "INVALID_VALUE", "onTrackFrom"),
            ({"rollupEveryHours": 0}, "INVALID_VALUE", "rollupEveryHours"),
            ({"lateAfterDays": -1}, "INVALID_VALUE", "lateAfterDays"),
            ({"historyMonths": 121}, "INVALID_VALUE", "historyMonths"),
        ]
        for given, code, field in refusals:
            assert await update(desk, **given) == {"settings": None, "userErrors": [{"code": code, "field": [field]}]}
        refused = await update(desk, "Rep", onTrackFrom="1")
        assert [error["code"] for error in refused["userErrors"]] == ["FORBIDDEN"]
        for given in ({"colour": "red"}, {"onTrackFrom": True}, {"onTrackFrom": 0.5}):
            assert await desk.admin.codes(UPDATE, {"input": given}) == ["GRAPHQL_VALIDATION_FAILED"]
        assert await desk.everything() == before

        numbers = "rollupEveryHours lateAfterDays historyMonths"
        await update(desk, rollupEveryHours=1, lateAfterDays=0, historyMonths=120)
        assert list((await rep.data(f"{{ settings {{ {numbers} }} }}"))["settings"].values()) == [1, 0, 120]
        await update(desk, rollupEveryHours=None, lateAfterDays=None, historyMonths=None)
        assert list((await rep.data(f"{{ settings {{ {numbers} }} }}"))["settings"].values()) == [24, 30, 25]

        reset = await update(desk, onTrackFrom=None, behindFrom=None)
        assert reset["settings"] == {"onTrackFrom": "1", "behindFrom": "0.8", "version": version}
