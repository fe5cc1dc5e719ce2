"""A query in words: each condition's words are a snapshot, and no two queries that differ have the same words.

A snapshot that is to change: UPDATE_SNAPSHOTS=1 make test, then read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

from graph.query_form import read_spec
from graph.query_spec import All, AnyOf, FieldCondition, Not, Operator, QueryTypes, Spec, Subject
from graph.query_words import words
from graph.shipped_types import SHIPPED
from tests.cypher.test_query_compiler import AROUND, CASES, TYPES, specs
from tests.query_draws import draw_spec
from tests.worlds import TODAY

SNAPSHOT = Path(__file__).parent / "query_words.txt"
NAMES = {"u1": "Rep 01, East", "t1": "East"}


def said(spec: Spec) -> str:
    return words(spec, TYPES, NAMES, "EUR")


def test_the_words_of_every_condition_are_the_snapshot() -> None:
    lines = [f"{kind} {operator}: {said(spec)}" for kind, operator in CASES for spec in specs(kind, operator)]
    lines += [f"{name}: {said(read_spec(form, TYPES))}" for name, form in AROUND.items()]
    text = "\n".join(lines) + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOT.write_text(text, encoding="utf-8")
    assert text == SNAPSHOT.read_text("utf-8"), "the words differ: read the difference, then UPDATE_SNAPSHOTS=1"


def leaf(value: str) -> Spec:
    return FieldCondition(Subject.RECORD, "text", Operator.EQUALS, (value,))


def test_brackets_tell_groups_apart() -> None:
    a, b, c = map(leaf, "abc")
    assert said(AnyOf((a, All((b, c))))) == 'TEXT is "a" or (TEXT is "b" and TEXT is "c")'
    assert said(All((AnyOf((a, b)), c))) == '(TEXT is "a" or TEXT is "b") and TEXT is "c"'
    assert said(Not(All((a, b)))) == 'not (TEXT is "a" and TEXT is "b")'
    assert said(All((Not(a), b))) == 'not (TEXT is "a") and TEXT is "b"'
    assert said(leaf('x" or TEXT is "y')) == 'TEXT is "x\\" or TEXT is \\"y"'


def plain(spec: Spec) -> Spec:
    """The spec without groups of one, which mean what is in them."""
    match spec:
        case All((item,)) | AnyOf((item,)):
            return plain(item)
        case All(items):
            return All(tuple(map(plain, items)))
        case AnyOf(items):
            return AnyOf(tuple(map(plain, items)))
        case Not(item):
            return Not(plain(item))
    return spec


def test_no_two_queries_have_the_same_words() -> None:
    random, kinds = Random(7), {kind.key: kind for kind in SHIPPED}  # noqa: S311 - a seed that repeats
    types = QueryTypes((kinds["opportunity"],), kinds["account"])
    sizes = dict.fromkeys(("USER", "TEAM", "BUSINESS_UNIT", "TERRITORY", "PRODUCT_LINE"), 3)
    names = {f"{kind}-{number}": f"{kind} {number}" for kind in sizes for number in range(3)}
    meant: dict[str, Spec] = {}
    for _ in range(5_000):
        spec = plain(draw_spec(random, "Opportunity", sizes, [0, 10_000, 33_333], TODAY))
        assert meant.setdefault(words(spec, types, names, "EUR"), spec) == spec
