"""Versions: a keyed hash of the editable values of an entity that one viewer may read. Results never change one.

It tells two states apart and nothing else: without the key nobody can try values until one fits. What a viewer may not
see must not be among the values, or a version that moves would tell of a hidden change.
"""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import asdict, dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from graph.errors import ErrorCode, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import SecretStr

    from graph.goal import GoalRow
    from graph.metric import MetricRow
    from graph.rollup_query import RollupQueryRow

_KEPT: Final = 16  # bytes of the HMAC: 128 bits
#: What of a goal's row clients edit, directly or by a mutation of its own. All else are results, or follows from these.
EDITABLE: Final = (
    *("id", "title", "description", "state", "restricted", "metric_id", "parent_id", "manager_id", "owner_id"),
    *("target", "stretch_target", "rollup_only_from_children", "record_set", "include_team_members"),
    *("period_kind", "fiscal_year", "fiscal_index", "period_label", "period_template", "start", "end"),
    *("actual_pinned", "in_progress_pinned", "custom_pinned", "override_reason", "override_author", "override_end"),
    "queries",
)


#: What `GoalRow.editable` keeps back itself; all else was left out of the row when it was read.
_PINNED: Final = tuple(name for name in EDITABLE if name.endswith("_pinned"))
_PINS: Final = attrgetter(*_PINNED)
_PLAIN: Final = attrgetter(*(name for name in EDITABLE if name not in _PINNED))


def version_key(signing_key: SecretStr) -> bytes:
    """A key of its own, so that no version can pass for a token or a cursor."""
    return hmac.digest(signing_key.get_secret_value().encode(), b"goalgraph version", "sha256")


def version(key: bytes, kind: str, values: Mapping[str, Any]) -> str:
    """The version of an entity of a kind: 22 characters. `values` are its editable values as the viewer reads them."""
    canonical = json.dumps([kind, values], sort_keys=True, separators=(",", ":"), default=str)
    mac = hmac.digest(key, canonical.encode(), "sha256")[:_KEPT]
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")


def goal_version(key: bytes, goal: GoalRow) -> str:
    """The version of a goal, from its row as the viewer sees it: a hidden parent is none."""
    return version(key, "goal", {name: goal.editable(name) for name in EDITABLE})


def editable_values(goal: GoalRow) -> tuple[Any, ...]:
    """All that the version of a goal is made of, to compare: read in one go, but for what depends on who reads."""
    pinned = tuple(goal.editable(name) for name in _PINNED) if goal.masked else _PINS(goal)
    return (*_PLAIN(goal), *pinned)


def metric_version(key: bytes, metric: MetricRow) -> str:
    """The version of a metric with its rollup fields. Every viewer may read all of it."""
    return version(
        key,
        "metric",
        {
            "id": metric.id,
            "name": metric.name,
            "description": metric.description,
            "type": metric.type,
            "dataType": metric.data_type,
            "tracksStretchTarget": metric.tracks_stretch_target,
            "fields": [asdict(field) for field in metric.fields],
        },
    )


def rollup_query_version(key: bytes, query: RollupQueryRow) -> str:
    """The version of a rollup query. Who may see it may read all of it; which goals have it moves none."""
    names = ("id", "name", "description", "record_type", "form")
    return version(key, "rollup query", {name: getattr(query, name) for name in names})


@dataclass(frozen=True, slots=True)
class Expected:
    """The version that a client read and wants to change; None: whatever it has become since."""

    version: str | None = None
    key: bytes = b""

    def check(self, current: str) -> None:
        """Refuses CONFLICT, under the lock of what is changed, if it is another one by now."""
        if self.version is not None and self.version != current:
            message = "It was changed since you read it. Read it again, and decide anew."
            raise Refusal(ErrorCode.CONFLICT, message, ("expectedVersion",))


#: For those who have read nothing before.
ANY_VERSION: Final = Expected()
