"""Why a user sees something, and what it can compute, for administrators. The policy is in `cypher/visibility/`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.rights import Depth, DepthsOf
from graph.statement import Read

if TYPE_CHECKING:
    from graph.database import Database, Transaction
    from graph.visibility import Viewer


@dataclass(frozen=True, slots=True)
class Rules:
    """Which rules hold for a user and a goal or record. `visible` is what the policy itself says."""

    is_goal: bool
    type: str | None
    active: bool
    visible: bool
    administrator: bool
    manages: bool
    owns: bool
    in_owning_team: bool
    shared: bool
    restricted: bool
    type_restricted: bool
    depth: int | None
    covered: bool
    manages_above: bool
    parent_only: bool
    masked: list[str]


@dataclass(frozen=True)
class RulesFor(Read[Rules], path="rights/explain", row=Rules):
    """The rules that hold for a user and a goal or record."""

    user: str
    node: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether a user sees something, each rule that decides it, and secured fields of it that are kept back."""

    visible: bool
    because: list[str]
    restricted_fields: list[str]


async def explain_visibility(tx: Transaction, viewer: Viewer, user_id: str, node_id: str) -> Explanation | None:
    """Explain; None for what does not exist, and for viewers who are no administrators."""
    asking = await tx.one(DepthsOf(viewer.id, []))
    if asking is None or not asking.administrator:
        return None
    rules = await tx.one(RulesFor(user_id, node_id))
    if rules is None:
        return None
    prefix = "goal." if rules.is_goal else f"record.{rules.type}."
    return Explanation(
        rules.active and rules.visible,
        reasons(rules),
        [one for one in rules.masked if one.startswith(prefix)],
    )


def reasons(rules: Rules) -> list[str]:
    """Give the rules that decide, in words."""
    what = "goal" if rules.is_goal else "record"
    found = [
        (rules.administrator, "An administrator sees everything."),
        (rules.manages, f"The user manages the {what}."),
        (rules.owns, f"The user owns the {what}."),
        (rules.in_owning_team, f"The user is in the team that owns the {what}."),
        (rules.shared, f"The {what} is shared with the user, or with a team of it."),
    ]
    shown = [text for holds, text in found if holds]
    if rules.restricted or rules.type_restricted:
        hidden = f"The {what} is restricted" if rules.restricted else "The record's type is restricted"
        return shown or [f"{hidden}, and the user neither owns{' nor manages' * rules.is_goal} it nor has a share."]
    if rules.covered:
        shown.append(
            f"A role lets the user read {what}s as far as {Depth(rules.depth or 0).name}, which covers this one."
        )
    if rules.manages_above:
        shown.append(f"The user manages {'the goal above' if rules.parent_only else 'a goal above'}.")
    if not rules.active:
        return ["The user is not active.", *shown]
    depth = Depth(rules.depth or 0)
    reach = "no role reads it" if depth is Depth.NONE else f"what roles allow ({depth.name}) does not cover it"
    return shown or [f"No rule shows it: neither ownership nor a share, and {reach}."]


@dataclass(frozen=True, slots=True)
class Computable:
    """A goal of which a user can compute one hidden contributor.

    `one_child`: exactly one child is hidden, and is the total minus the others and minus the own part. `single`: the
    categories whose own part counts one record, whose amount it therefore is.
    """

    id: str
    title: str
    one_child: bool
    single: list[str]

    @property
    def finding(self) -> str:
        """What can be computed, in words."""
        parts = ["the total of its one hidden child"] if self.one_child else []
        parts += [f"the one record in its own part ({category})" for category in self.single]
        return " and ".join(parts)


@dataclass(frozen=True)
class ComputableFor(Read[Computable], path="rights/computable", row=Computable):
    """The goals of which a user, by external id, can compute one hidden contributor. For the host."""

    user: str


async def computable(database: Database, user: str) -> list[Computable]:
    """What exact totals let a user compute: nothing is withheld for it. For who works on the host."""

    async def work(tx: Transaction) -> list[Computable]:
        return await tx.run(ComputableFor(user))

    return await database.read(work, deadline=600.0)
