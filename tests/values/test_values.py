"""The marks, and what is done with values as a whole."""

from __future__ import annotations

import copy

import pytest

from modelform.values import UNKNOWN, Reference, Secret, bare, deep_map, equal, has_secret, has_unknown, hide

NESTED = {"a": [Secret({"b": UNKNOWN}), 1], "c": Reference("urn:x", "id")}


def test_a_secret_never_shows_itself() -> None:
    assert "hunter2" not in f"{Secret('hunter2')} {Secret('hunter2')!r} {[Secret('hunter2')]}"


def test_there_is_one_unknown_and_it_has_no_truth() -> None:
    assert copy.deepcopy(UNKNOWN) is UNKNOWN
    with pytest.raises(TypeError):
        bool(UNKNOWN)


def test_questions_look_at_every_depth() -> None:
    assert has_secret(NESTED)
    assert has_unknown(NESTED)
    assert not has_secret(bare(NESTED))
    assert not has_unknown({"a": [1, None]})


def test_hiding_leaves_neither_secrets_nor_unknowns() -> None:
    assert hide({"a": Secret(1), "b": [UNKNOWN], "c": 1}) == {"a": "[secret]", "b": ["[unknown]"], "c": 1}


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        (None, None, True),
        (Secret(1), 1, False),
        (Secret([1]), Secret([1.0]), True),
        ({"a": 1}, {"a": 1, "b": None}, False),
        ([1, 2], [2, 1], False),
        (UNKNOWN, UNKNOWN, True),
        (12345678901234567000, 1.2345678901234567e19, True),
    ],
)
def test_equality(left: object, right: object, same: bool) -> None:
    assert equal(left, right) is same
    assert equal(right, left) is same


def test_mapping_reaches_what_marks_hold() -> None:
    assert deep_map(lambda v: v + 1 if isinstance(v, int) else v, {"a": [Secret(1), 2]}) == {"a": [Secret(2), 3]}
