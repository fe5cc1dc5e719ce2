"""What a document needs of each goal of a tree: big trees are read much faster without what nobody asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.category import Category
from graph.goal_tree import PROPERTIES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

#: What every tree needs: its shape, and whether its sums and their parts were read on two sides of a commit.
_ALWAYS: Final = ("id", "state", "rollupError")
_MOMENTS: Final = "moments"
_LINKS: Final = "links"
_QUERIES: Final = "queries"


def _parts(category: Category) -> tuple[str, ...]:
    return (f"{category.stored}Own", f"{category.stored}Below", f"{category.stored}Pinned")


def _of_categories() -> Iterable[tuple[str, tuple[str, ...]]]:
    for category in Category:
        name = category.stored
        upper = name[0].upper() + name[1:]
        for field in (name, f"own{upper}", f"computed{upper}"):
            yield field, _parts(category)


_PROGRESS: Final = ("target", "stretchTarget", *_parts(Category.ACTUAL), _MOMENTS)
_NUMBERS: Final = tuple(
    f"{category.stored}{part}" for category in Category for part in ("Own", "OwnCount", "Below", "BelowCount", "Pinned")
)
#: Fields of a goal, of its tree's nodes and of the plain objects in it, with the stored properties each is made from.
#: A name that means two things has the needs of both. What is not named here needs everything.
NEEDS: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(("nodes", "goal", "parentId", "depth", "childCount", "truncated", "__typename"), ()),
    **dict.fromkeys(("metric", "rollupFields", "name", "type", "dataType", "tracksStretchTarget"), ()),
    **dict.fromkeys(("label", "kind", "startDate", "endDate", "amount", "days", "field", "code"), ()),
    **dict.fromkeys(("incomplete", "lateChanges", "error", "calculatedAt", "fiscalYear", "index"), ()),
    **{name: (name,) for name in ("title", "description", "target", "stretchTarget", "restricted", "recordSet")},
    **{name: (name,) for name in ("id", "state", "rollupOnlyFromChildren", "includeTeamMembers")},
    **dict(_of_categories()),
    "recordCount": _NUMBERS,
    "history": (),
    "changeSince": _NUMBERS,
    "day": (),
    **dict.fromkeys(("status", "percentageAchieved", "stretchPercentageAchieved", "todaysTarget"), _PROGRESS),
    **dict.fromkeys(("todaysTargetPercentage", "pace", "projected", "progressReasons"), _PROGRESS),
    "period": ("periodKind", "fiscalYear", "fiscalIndex", "periodLabel", "periodTemplate", _MOMENTS),
    "rollup": ("rollupMessage", "incomplete", "lateChanges", *_NUMBERS, _MOMENTS),
    **dict.fromkeys(("createdAt", "updatedAt"), (_MOMENTS,)),
    **dict.fromkeys(("manager", "owner"), (_LINKS,)),
    "rollupQueries": (_QUERIES,),
    **dict.fromkeys(("category", "queryId"), ()),
    **dict.fromkeys(("restrictedFields", "access", "canEdit", "canDelete", "canAssign", "canShare"), ()),
    **dict.fromkeys(("canRecalculate", "canOverride"), ()),
}


def needs(fields: Collection[str]) -> tuple[list[str], bool, bool, bool]:
    """(stored properties, whether moments, manager and owner, rollup queries too) for a document with these fields.

    Below a manager or an owner the names of other types' fields stand: then everything is read.
    """
    if not NEEDS.keys() >= set(fields):
        return list(PROPERTIES), True, True, True
    wanted = {*_ALWAYS, *(need for field in fields for need in NEEDS[field])}
    properties = [name for name in PROPERTIES if name in wanted]
    return properties, _MOMENTS in wanted, _LINKS in wanted, _QUERIES in wanted
