"""Values of `modelform.record` are dataclasses to everybody who asks, and look like the standard's."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from dataclasses import field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelform import record


@record.dataclass(frozen=True, slots=True)
class Point:
    """A place."""

    x: int
    y: int = 2
    tags: list[str] = field(default_factory=list)

    def sum(self) -> int:
        return self.x + self.y


@record.dataclass(frozen=True, slots=True)
class Checked:
    value: int

    def __post_init__(self) -> None:
        if self.value < 0:
            raise ValueError("negative")
        object.__setattr__(self, "value", self.value + 1)


@record.dataclass(frozen=True, slots=True)
class Hidden:
    value: str

    def __repr__(self) -> str:
        return "Hidden()"


@record.dataclass(frozen=True, slots=True)
class Empty:
    """Nothing."""


@dataclasses.dataclass(frozen=True, slots=True)
class Standard:
    x: int
    y: int = 2
    tags: tuple[str, ...] = ()


@record.dataclass(frozen=True, slots=True)
class Ours:
    x: int
    y: int = 2
    tags: tuple[str, ...] = ()


@record.dataclass(frozen=True, slots=True)
class Quiet:
    shown: int
    kept: int = field(default=1, repr=False, compare=False)


@record.dataclass
class Open:
    value: int = 0


def test_defaults_are_made_anew() -> None:
    first, second = Point(1), Point(1)
    assert first == second
    assert first.tags is not second.tags
    assert (first.y, first.sum(), Point(1, 3, ["a"]).tags) == (2, 3, ["a"])


def test_frozen_with_slots() -> None:
    point: Any = Point(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        point.x = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        del point.x
    with pytest.raises(dataclasses.FrozenInstanceError):
        point.other = 1
    assert not hasattr(point, "__dict__")


def test_what_the_library_asks_of_a_dataclass() -> None:
    point = Point(1, tags=["a"])
    assert dataclasses.is_dataclass(point)
    assert [f.name for f in dataclasses.fields(point)] == ["x", "y", "tags"]
    assert dataclasses.replace(point, y=5) == Point(1, 5, ["a"])
    assert dataclasses.asdict(point) == {"x": 1, "y": 2, "tags": ["a"]}
    assert copy.copy(point) == copy.deepcopy(point) == pickle.loads(pickle.dumps(point)) == point
    match point:
        case Point(x, y):
            assert (x, y) == (1, 2)


def test_what_a_class_says_itself_is_kept() -> None:
    assert repr(Hidden("secret")) == "Hidden()"
    assert Checked(1).value == 2
    with pytest.raises(ValueError, match="negative"):
        Checked(-1)
    assert (Empty(), repr(Empty()), hash(Empty())) == (Empty(), "Empty()", hash(()))
    assert Point.__doc__ == "A place."


def test_more_than_defaults_goes_to_the_standard_decorator() -> None:
    assert Quiet(1, 2) == Quiet(1, 3)
    assert repr(Quiet(1)) == "Quiet(shown=1)"
    assert Open(1) != Open(2)
    thing = Open()
    thing.value = 3
    assert thing == Open(3)


def test_wrong_arguments_are_named() -> None:
    make: Any = Point
    with pytest.raises(TypeError, match=r"Point\.__init__\(\) missing 1 required positional argument: 'x'"):
        make()
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        make(1, z=1)


@given(st.integers(), st.integers(), st.lists(st.text()))
def test_equal_hash_and_text_as_the_standard(x: int, y: int, tags: list[str]) -> None:
    ours, standard = Ours(x, y, tuple(tags)), Standard(x, y, tuple(tags))
    assert repr(ours).removeprefix("Ours") == repr(standard).removeprefix("Standard")
    assert (ours == Ours(x, y, tuple(tags)), ours == standard) == (True, False)
    assert hash(ours) == hash(standard)
