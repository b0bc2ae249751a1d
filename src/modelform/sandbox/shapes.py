"""The shape of a request body: a small language for ARM's property tables, and what checks values against it.

A table is indented text, one property a line:

    kind!: text                      required text
    location: text
    sku
      name!: text
      tier: Free|Basic|Standard|*    one of these words in any case (with `*`: or any other text)
    identity: <identity>             a shape given by name
    properties
      endpoint~: text                read-only: accepted and ignored, as ARM does with a body that it gave itself
      restore^: flag                 write-only: never answered
      rules[]                        a list of objects
        value!: text
      endpoints{}~: text             a map of text
      capacity: whole 0..100
      name: text /^[a-z]+$/
      serviceTier@2026-01-01: text   known to api-versions from this one on
    *~: any                        whatever else there is: accepted and ignored

The kinds are text, flag, switch (a flag that may come as text), whole, number, any.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from modelform.record import dataclass

LINE = re.compile(
    r"^(?P<indent> *)(?P<name>[\w.$-]+|\*)(?P<many>\[\]|\{\})?(?P<marks>[!~^]*)(?:@(?P<since>[\w-]+))?"
    r"(?:: *(?P<type>.+))?$"
)
RANGE = re.compile(r"(-?\d+)\.\.(-?\d+)?")
PATTERN = re.compile(r"/(.*)/")
NESTED = frozenset(("object", "list", "map"))


class Misfit(Exception):
    """A value that does not fit: the JSON path and the reason, which is one of the words below."""

    UNKNOWN, MISSING, TYPE, VALUE = "unknown", "missing", "type", "value"

    def __init__(self, reason: str, path: str, detail: str) -> None:
        super().__init__(f"{path}: {detail}")
        self.reason, self.path, self.detail = reason, path, detail


@dataclass(frozen=True, slots=True)
class Member:
    """A property of an object shape."""

    shape: Shape
    required: bool = False
    read_only: bool = False
    write_only: bool = False
    since: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a value must be: `kind` is object, list, map, text, flag, switch, whole, number, word or any."""

    kind: str
    members: dict[str, Member] = field(default_factory=dict)
    item: Shape | None = None
    words: tuple[str, ...] = ()
    is_open: bool = False
    low: int | None = None
    high: int | None = None
    pattern: str | None = None


def table(text: str, **named: Shape) -> Shape:
    """Reads a table; `named` are the shapes that it may name in angle brackets."""
    lines = [line for line in text.splitlines() if line.strip()]
    margin = min((len(line) - len(line.lstrip()) for line in lines), default=0)
    shape, rest = _object([line[margin:] for line in lines], 0, named)
    if rest:
        raise ValueError(f"cannot read the table at {rest[0]!r}")
    return shape


def _object(lines: list[str], indent: int, named: Mapping[str, Shape]) -> tuple[Shape, list[str]]:
    members: dict[str, Member] = {}
    while lines:
        match = LINE.match(lines[0].split(" #")[0].rstrip())
        if match is None:
            raise ValueError(f"cannot read {lines[0]!r}")
        if len(match["indent"]) != indent:
            break
        lines = lines[1:]
        if match["type"]:
            shape = _leaf(match["type"], named)
        else:
            shape, lines = _object(lines, indent + 2, named)
        if match["many"]:
            shape = Shape("list" if match["many"] == "[]" else "map", item=shape)
        marks = match["marks"]
        members[match["name"]] = Member(shape, "!" in marks, "~" in marks, "^" in marks, match["since"] or "")
    return Shape("object", members), lines


def _leaf(text: str, named: Mapping[str, Shape]) -> Shape:
    if text.startswith("<"):
        return named[text[1:-1]]
    if ("|" in text and not text.startswith(("text", "whole"))) or text[0].isupper():
        words = [word.strip() for word in text.split("|")]
        return Shape("word", words=tuple(w for w in words if w != "*"), is_open="*" in words)
    kind = text.split()[0]
    if kind not in ("text", "flag", "switch", "whole", "number", "any"):
        raise ValueError(f"no such kind: {text!r}")
    limits, pattern = RANGE.search(text.split("/")[0]), PATTERN.search(text)
    return Shape(
        kind,
        low=int(limits[1]) if limits else None,
        high=int(limits[2]) if limits and limits[2] else None,
        pattern=pattern[1] if pattern else None,
    )


def accept(shape: Shape, value: Any, path: str = "", *, partial: bool = False) -> Any:
    """The value as the service takes it: read-only parts dropped, words in their own case; raises `Misfit`.

    With `partial` (PATCH) nothing is required and a null stays, since it removes what is there.
    """
    if shape.kind == "object":
        return _accept_object(shape, value, path, partial)
    if shape.kind == "list":
        if not isinstance(value, list):
            raise Misfit(Misfit.TYPE, path, "a list is expected")
        assert shape.item is not None
        return [accept(shape.item, item, f"{path}[{n}]", partial=False) for n, item in enumerate(value)]
    if shape.kind == "map":
        if not isinstance(value, dict):
            raise Misfit(Misfit.TYPE, path, "an object is expected")
        item = shape.item
        assert item is not None
        return {
            key: None if one is None else accept(item, one, f"{path}.{key}", partial=False)
            for key, one in value.items()
        }
    return _accept_leaf(shape, value, path)


def _accept_object(shape: Shape, value: Any, path: str, partial: bool) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Misfit(Misfit.TYPE, path, "an object is expected")
    taken: dict[str, Any] = {}
    for key, item in value.items():
        name = key if key in shape.members else _folded(shape, key)
        here = f"{path}.{key}" if path else key
        if name is None and "*" in shape.members:
            continue
        if name is None:
            raise Misfit(Misfit.UNKNOWN, here, f"could not find member '{key}'")
        member = shape.members[name]
        if member.read_only:
            continue
        if item is not None:
            taken[name] = accept(member.shape, item, here, partial=partial)
        elif partial:
            taken[name] = None
    if not partial:
        for name, member in shape.members.items():
            if member.required and not member.read_only and name not in taken:
                raise Misfit(Misfit.MISSING, f"{path}.{name}" if path else name, f"'{name}' is required")
    return taken


def _folded(shape: Shape, key: str) -> str | None:
    folded = key.lower()
    return next((name for name in shape.members if name.lower() == folded), None)


def _accept_leaf(shape: Shape, value: Any, path: str) -> Any:
    kind = shape.kind
    if kind == "any":
        return value
    if kind in ("flag", "switch"):
        if kind == "switch" and str(value).lower() in ("true", "false"):
            return str(value).lower() == "true"
        if not isinstance(value, bool):
            raise Misfit(Misfit.TYPE, path, "true or false is expected")
        return value
    if kind in ("whole", "number"):
        if isinstance(value, bool) or not isinstance(value, int | float) or (kind == "whole" and value != int(value)):
            raise Misfit(Misfit.TYPE, path, "a number is expected")
        number = int(value) if kind == "whole" else value
        _within(shape, number, path, f"{number} is")
        return number
    if not isinstance(value, str):
        raise Misfit(Misfit.TYPE, path, "a text is expected")
    if kind == "word":
        return _word(shape, value, path)
    _within(shape, len(value), path, "the length is")
    if shape.pattern and not re.search(shape.pattern, value):
        raise Misfit(Misfit.VALUE, path, f"'{value}' does not match the pattern {shape.pattern}")
    return value


def _within(shape: Shape, number: float, path: str, what: str) -> None:
    if (shape.low is not None and number < shape.low) or (shape.high is not None and number > shape.high):
        raise Misfit(Misfit.VALUE, path, f"{what} outside {shape.low}..{'' if shape.high is None else shape.high}")


def _word(shape: Shape, value: str, path: str) -> str:
    folded = value.lower()
    for word in shape.words:
        if word.lower() == folded:
            return word
    if not shape.is_open:
        raise Misfit(Misfit.VALUE, path, f"'{value}' is none of {', '.join(shape.words)}")
    return value


def visible(shape: Shape, value: Any, version: str) -> Any:
    """The part of a stored value that an api-version answers: no write-only members, none newer than the version."""
    if shape.kind == "object" and isinstance(value, dict):
        shown: dict[str, Any] = {}
        for name, item in value.items():
            member = shape.members.get(name)
            if member is None or member.write_only or (member.since and version[:10] < member.since):
                continue
            inner = member.shape
            deeper = item is not None and inner.kind in NESTED
            shown[name] = visible(inner, item, version) if deeper else item
        return shown
    if shape.kind in ("list", "map") and shape.item is not None:
        if isinstance(value, list):
            return [visible(shape.item, item, version) for item in value]
        if isinstance(value, dict):
            return {key: visible(shape.item, item, version) for key, item in value.items()}
    return value
