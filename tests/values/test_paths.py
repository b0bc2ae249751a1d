"""Property paths: reading, writing, wildcards, and what is ignored."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelform.values import Secret, paths

ELEMENTS = st.one_of(st.text(min_size=1, max_size=6).filter(lambda t: "\\" not in t), st.integers(0, 99))


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("root", ("root",)),
        ("root.nested", ("root", "nested")),
        ('root["nested"]', ("root", "nested")),
        ("root.array[0].x[12]", ("root", "array", 0, "x", 12)),
        ('root["key with \\"quotes\\""]', ("root", 'key with "quotes"')),
        ('["a.b"][1]', ("a.b", 1)),
        ("a[*].b", ("a", "*", "b")),
        ('a["*"].b', ("a", "*", "b")),
        ("a.*", ("a", "*")),
        ("a.[0]", ("a", 0)),
        ("foo-bar", ("foo-bar",)),
        ("", ()),
    ],
)
def test_reads(text: str, path: paths.Path) -> None:
    assert paths.parse(text) == path


@pytest.mark.parametrize("text", [".a", "a.", "a[", "a[x]", 'a["x', 'a["x"', "a[]", "a[1"])
def test_refuses(text: str) -> None:
    with pytest.raises(paths.PathError):
        paths.parse(text)


@given(st.lists(ELEMENTS, min_size=1, max_size=5))
def test_what_is_written_is_read_back(elements: list[str | int]) -> None:
    assert paths.parse(paths.show(elements)) == tuple(elements)


@pytest.mark.parametrize(
    ("pattern", "path", "holds"),
    [
        ("a", "a.b", True),
        ("a.b", "a", False),
        ("*", "a.b", True),
        ("a.*.c", "a[3].c.d", True),
        ("a[1]", "a[2]", False),
        ("a[1]", 'a["1"]', False),
        ("", "a", True),
    ],
)
def test_contains(pattern: str, path: str, holds: bool) -> None:
    assert paths.contains(paths.parse(pattern), paths.parse(path)) is holds


@pytest.mark.parametrize(
    ("path", "old", "new", "expected", "fits"),
    [
        ("a", {"a": 1}, {"a": 2, "b": 2}, {"a": 1, "b": 2}, True),
        ("a", {}, {"a": 2}, {}, True),
        ("a", {"a": 1}, {}, {"a": 1}, True),
        ("a.b", {"a": {"b": 1}}, {"a": {"b": 2, "c": 2}}, {"a": {"b": 1, "c": 2}}, True),
        ("a.b", {"a": {"b": 1}}, {}, {}, False),
        ("a.b", {}, {"a": {"b": 2}}, {"a": {}}, True),
        ("a[1]", {"a": [1, 1]}, {"a": [2, 2]}, {"a": [2, 1]}, True),
        ("a[1]", {"a": [1, 1]}, {"a": [2]}, {"a": [2]}, False),
        ("a[7]", {"a": [1, 1]}, {"a": [2]}, {"a": [2]}, True),
        ("a[1].x", {"a": [1]}, {"a": [2]}, {"a": [2]}, False),
        ("*", {"a": 1, "b": 1}, {"b": 2, "c": 2}, {"a": 1, "b": 1}, True),
        ("a[*]", {"a": [1, 1]}, {"a": [2, 2, 2]}, {"a": [1, 1, 2]}, False),
        ("a[*].n", {"a": [{"n": 1}]}, {"a": [{"n": 2, "m": 2}]}, {"a": [{"n": 1, "m": 2}]}, True),
        ("a", {"a": Secret(1)}, {"a": 2}, {"a": Secret(1)}, True),
        ("a.b", {"a": Secret({"b": 1})}, {"a": {"b": 2}}, {"a": {"b": Secret(1)}}, True),
        ("a.b", {"a": {"b": 1}}, {"a": Secret({"b": 2})}, {"a": Secret({"b": 1})}, True),
    ],
)
def test_resets(path: str, old: Any, new: Any, expected: Any, fits: bool) -> None:
    before = repr(new)
    assert paths.reset(paths.parse(path), old, new) == (expected, fits)
    assert repr(new) == before


JSON = st.recursive(
    st.one_of(st.integers(-5, 5), st.sampled_from(["x", "y"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3)
    ),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.sampled_from(["a", "b", "c"]), JSON, max_size=3)
PATHS = st.lists(st.sampled_from(["a", "b", "c", "*", 0, 1]), min_size=1, max_size=3).map(tuple)


@given(PATHS, OBJECTS, OBJECTS)
def test_resetting_twice_is_resetting_once_and_to_itself_is_nothing(path: paths.Path, old: Any, new: Any) -> None:
    once, fits = paths.reset(path, old, new)
    if fits:
        assert paths.reset(path, old, once) == (once, True)
    assert paths.reset(path, new, new)[0] == new


def test_paths_that_do_not_fit_are_named() -> None:
    new, misfits = paths.reset_all(["a", "b[1]", "c["], {"a": 1, "b": [1]}, {"a": 2, "b": [1, 2]})
    assert (new, misfits) == ({"a": 1, "b": [1, 2]}, ("b[1]",))
