"""Property values: what programs, engines, states and providers pass to each other.

A property value is None, bool, int, float, str, list, dict (str keys), or one of the marks below, nested at any
depth. Numbers are doubles on Pulumi's wire; an integral one is held as int.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from modelform.record import dataclass

Value = Any
Properties = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that must never be shown; its text form hides it."""

    value: Value

    def __repr__(self) -> str:
        return "Secret([secret])"

    __str__ = __repr__


class Unknown:
    """The one value that stands for what a provider will only know after an `up`."""

    _instance: Unknown | None = None

    def __new__(cls) -> Unknown:
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        raise TypeError("an unknown value has no truth; compare with `is UNKNOWN`")

    def __deepcopy__(self, memo: object) -> Unknown:
        return self


UNKNOWN: Final = Unknown()
UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""How Pulumi spells an unknown, on the wire and in files."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A resource that is passed as a value: Pulumi's resource reference."""

    urn: str
    id: Value = None
    package_version: str = ""


def deep_map(function: Callable[[Value], Value], value: Value) -> Value:
    """Applies `function` to every scalar and mark, inside out; containers are made anew."""
    if isinstance(value, dict):
        return {key: deep_map(function, item) for key, item in value.items()}
    if isinstance(value, list):
        return [deep_map(function, item) for item in value]
    if isinstance(value, Secret):
        return function(Secret(deep_map(function, value.value)))
    return function(value)


def bare(value: Value) -> Value:
    """The value without its secret marks."""
    if isinstance(value, dict):
        return {key: bare(item) for key, item in value.items()}
    if isinstance(value, list):
        return [bare(item) for item in value]
    return bare(value.value) if isinstance(value, Secret) else value


def has_secret(value: Value) -> bool:
    """Is there a secret mark anywhere in it?"""
    if isinstance(value, dict):
        return any(has_secret(item) for item in value.values())
    if isinstance(value, list):
        return any(has_secret(item) for item in value)
    return isinstance(value, Secret)


def has_unknown(value: Value) -> bool:
    """Is there an unknown anywhere in it?"""
    if isinstance(value, dict):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return has_unknown(value.value) if isinstance(value, Secret) else value is UNKNOWN


def equal(left: Value, right: Value) -> bool:
    """Deep equality of two values: True is not 1, and a secret equals only a secret."""
    if type(left) is str:  # most of them are
        return type(right) is str and left == right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(item, right[key]) for key, item in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(equal(a, b) for a, b in zip(left, right, strict=True))
    if isinstance(left, Secret) and isinstance(right, Secret):
        return equal(left.value, right.value)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return left == right or float(left) == float(right)
    return type(left) is type(right) and bool(left is right or left == right)


def hide(value: Value, mask: str = "[secret]") -> Value:
    """The value as it may be shown: each secret replaced by `mask`, each unknown by `[unknown]`."""
    if isinstance(value, dict):
        return {key: hide(item, mask) for key, item in value.items()}
    if isinstance(value, list):
        return [hide(item, mask) for item in value]
    if isinstance(value, Secret):
        return mask
    if value is UNKNOWN:
        return "[unknown]"
    return value
