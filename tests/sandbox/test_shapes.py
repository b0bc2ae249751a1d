"""The small language for property tables, and what it accepts and shows."""

from __future__ import annotations

from typing import Any

import pytest

from modelform.sandbox.shapes import Misfit, accept, table, visible

SHAPE = table(
    """
    name!: text 2..5 /^[a-z]+$/
    size: whole 0..10
    ratio: number
    color: Red|Green          # closed
    mood: Good|Bad|*
    only: Consumption
    state~: text
    secret^: text
    inner
      deep!: flag
      later@2025-01-01: text
    tags{}: text
    items[]
      value!: text
    free: any
    """
)


@pytest.mark.parametrize(
    ("sent", "taken"),
    [
        ({"name": "ab"}, {"name": "ab"}),
        ({"NAME": "ab", "Size": 3.0}, {"name": "ab", "size": 3}),
        ({"name": "ab", "color": "red", "mood": "strange", "only": "consumption"},
         {"name": "ab", "color": "Red", "mood": "strange", "only": "Consumption"}),
        ({"name": "ab", "state": "gone", "size": None}, {"name": "ab"}),
        ({"name": "ab", "inner": {"deep": True}, "tags": {"a": "b", "c": None}},
         {"name": "ab", "inner": {"deep": True}, "tags": {"a": "b", "c": None}}),
        ({"name": "ab", "items": [{"value": "v"}], "free": [1, {"x": None}]},
         {"name": "ab", "items": [{"value": "v"}], "free": [1, {"x": None}]}),
    ],
)  # fmt: skip
def test_what_fits_is_taken(sent: Any, taken: Any) -> None:
    assert accept(SHAPE, sent) == taken


@pytest.mark.parametrize(
    ("sent", "reason", "path"),
    [
        ({}, Misfit.MISSING, "name"),
        ({"name": None}, Misfit.MISSING, "name"),
        ({"name": "ab", "inner": {}}, Misfit.MISSING, "inner.deep"),
        ({"name": "ab", "items": [{"value": "v"}, {}]}, Misfit.MISSING, "items[1].value"),
        ({"name": "ab", "nam": 1}, Misfit.UNKNOWN, "nam"),
        ({"name": 1}, Misfit.TYPE, "name"),
        ({"name": "a"}, Misfit.VALUE, "name"),
        ({"name": "a1"}, Misfit.VALUE, "name"),
        ({"name": "ab", "size": 11}, Misfit.VALUE, "size"),
        ({"name": "ab", "size": 1.5}, Misfit.TYPE, "size"),
        ({"name": "ab", "size": True}, Misfit.TYPE, "size"),
        ({"name": "ab", "color": "Blue"}, Misfit.VALUE, "color"),
        ({"name": "ab", "only": "Other"}, Misfit.VALUE, "only"),
        ({"name": "ab", "inner": {"deep": "yes"}}, Misfit.TYPE, "inner.deep"),
        ({"name": "ab", "inner": []}, Misfit.TYPE, "inner"),
        ({"name": "ab", "items": {}}, Misfit.TYPE, "items"),
        ({"name": "ab", "tags": {"a": 1}}, Misfit.TYPE, "tags.a"),
        ([], Misfit.TYPE, ""),
    ],
)
def test_what_does_not_fit_is_said(sent: Any, reason: str, path: str) -> None:
    with pytest.raises(Misfit) as caught:
        accept(SHAPE, sent)
    assert (caught.value.reason, caught.value.path) == (reason, path)


def test_a_patch_needs_nothing_and_keeps_nulls() -> None:
    assert accept(SHAPE, {"size": None, "inner": {"later": "x"}}, partial=True) == {
        "size": None,
        "inner": {"later": "x"},
    }


def test_what_a_version_does_not_know_is_not_shown() -> None:
    kept = {"name": "ab", "secret": "s", "inner": {"deep": True, "later": "x"}, "unheard": 1}
    assert visible(SHAPE, kept, "2024-12-01-preview") == {"name": "ab", "inner": {"deep": True}}
    assert visible(SHAPE, kept, "2025-01-01") == {"name": "ab", "inner": {"deep": True, "later": "x"}}


@pytest.mark.parametrize(
    "text", ["name: number of them\n  odd: x", "name!text: text", "a: <missing>", "a: color", "a: text\n      b: text"]
)
def test_a_table_that_cannot_be_read_is_an_error(text: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        table(text)
