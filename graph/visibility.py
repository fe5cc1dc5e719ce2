"""The user on whose behalf a request is answered. Rights live in `cypher/visibility/`; statements take its id."""

from __future__ import annotations

from dataclasses import dataclass

from graph.errors import ErrorCode, Refusal
from graph.statement import Read


@dataclass(frozen=True, slots=True)
class Viewer:
    """An active user. `administrator`: had the role System Administrator when the request began."""

    id: str
    external_id: str
    name: str
    administrator: bool

    @property
    def host(self) -> bool:
        """Whether this is no user, but whoever works on the host: those have no id that the database made."""
        return self.administrator and self.id == self.external_id


@dataclass(frozen=True)
class ViewersByExternalIds(Read[Viewer], path="owners/viewer", row=Viewer):
    """The active users that tokens' subjects name."""

    external_ids: list[str]


def require_administrator(viewer: Viewer, to_do: str) -> None:
    """Refuses FORBIDDEN unless the viewer is an administrator. `to_do` completes "Only administrators may ..."."""
    if not viewer.administrator:
        raise Refusal(ErrorCode.FORBIDDEN, f"Only administrators may {to_do}.")
