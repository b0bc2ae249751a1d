"""The kinds of value that a stack file has: each reads a node, reports what is wrong, and knows its JSON Schema.

The models in `stackfile` are made of these, so that the schema that editors use and the reader cannot differ. A kind
returns BROKEN for a value that it cannot read; the reason is in the report then.
"""

from __future__ import annotations

import re
from typing import Any, Final, Protocol

from modelform.errors import Report, Span
from modelform.record import dataclass
from modelform.spec import units
from modelform.spec.scalars import NumberRefused, plain_value
from modelform.spec.suggest import did_you_mean
from modelform.spec.yamlnodes import Mapping, Node, Scalar, Sequence

BROKEN: Final = object()
PLACEHOLDER = r"^\$\{.+\}$"
Schema = dict[str, Any]


class Reading:
    """One reading of a tree: where problems go, where values came from, and which paths are broken."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.origins: dict[str, Span] = {}
        self.broken: set[str] = set()
        self.failures = 0

    def fail(self, code: str, summary: str, span: Span, hint: str = "", detail: str = "") -> Any:
        """Reports a problem and gives BROKEN."""
        self.failures += 1
        self.report.error(code, summary, detail=detail, span=span, hint=hint)
        return BROKEN


class Kind(Protocol):
    """A kind of value."""

    def read(self, node: Node, path: str, reading: Reading) -> Any:
        """The value of a node, or BROKEN."""

    def schema(self, definitions: dict[str, Schema]) -> Schema:
        """Its JSON Schema; records put theirs into `definitions`."""


def described(node: Node) -> str:
    """What a node is, in a person's words."""
    if isinstance(node, Mapping):
        return "a map"
    if isinstance(node, Sequence):
        return "a list"
    if node.value is None:
        return "nothing"
    if node.written:
        return f"what {node.written!r} stands for"
    if isinstance(node.value, bool):
        return f"the boolean {node.text}"
    return f"the number {node.text}" if isinstance(node.value, int | float) else f"the text {node.text!r}"


def read_scalar(node: Node, path: str, wanted: str, reading: Reading, hint: str = "") -> Scalar | None:
    """The node if it is a scalar that has a value; else None, reported."""
    if isinstance(node, Scalar):
        if node.problem is not None:
            reading.failures += 1
            reading.report.add(node.problem)
            return None
        if node.value is not None:
            return node
    reading.fail("stack-file.type", f"{path} must be {wanted}, not {described(node)}", node.span, hint)
    return None


@dataclass(frozen=True, slots=True)
class Text:
    """Text, optionally of a form; `form` says the form in words."""

    pattern: str = ""
    form: str = ""
    example: str = ""
    longest: int = 2048

    def read(self, node: Node, path: str, reading: Reading) -> Any:
        """The text."""
        scalar = read_scalar(node, path, "text", reading)
        if scalar is None:
            return BROKEN
        if not isinstance(scalar.value, str) and not scalar.filled:
            hint = f'Put it in quotes: "{scalar.text}".'
            return reading.fail("stack-file.type", f"{path} must be text, not {described(node)}", node.span, hint)
        text = scalar.text
        if not text.strip():
            return reading.fail("stack-file.value", f"{path} is empty", node.span, self._hint())
        if len(text) > self.longest:
            return reading.fail("stack-file.value", f"{path} is longer than {self.longest} characters", node.span)
        if self.pattern and not re.fullmatch(self.pattern, text):
            summary = f"{path} must be {self.form or 'of another form'}, not {scalar.shown!r}"
            return reading.fail("stack-file.value", summary, node.span, self._hint())
        return text

    def _hint(self) -> str:
        return f"For example {self.example}." if self.example else ""

    def schema(self, definitions: dict[str, Schema]) -> Schema:
        """A string, with its pattern if it has one."""
        schema: Schema = {"type": "string", "minLength": 1, "maxLength": self.longest}
        if not self.pattern:
            return schema
        return {"anyOf": [schema | {"pattern": f"^(?:{self.pattern})$"}, {"type": "string", "pattern": r"\$\{"}]}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    def read(self, node: Node, path: str, reading: Reading) -> Any:
        """The word."""
        wanted = self.words[0] if len(self.words) == 1 else f"one of {', '.join(self.words)}"
        scalar = read_scalar(node, path, wanted, reading)
        if scalar is None:
            return BROKEN
        if scalar.text in self.words and (isinstance(scalar.value, str) or scalar.filled):
            return scalar.text
        hint = did_you_mean(scalar.shown, self.words)
        return reading.fail("stack-file.value", f"{path} must be {wanted}, not {described(node)}", node.span, hint)

    def schema(self, definitions: dict[str, Schema]) -> Schema:
        """An enumeration, or an interpolation."""
        return or_placeholder({"type": "string", "enum": list(self.words)})


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false; `hint` says how to write it, or what else may stand there."""

    hint: str = "Write true or false, without quotes."

    def read(self, node: Node, path: str, reading: Reading) -> Any:
        """The boolean."""
        scalar = read_scalar(node, path, "true or false", reading)
        if scalar is None:
            return BROKEN
        value = _typed(scalar)
        if isinstance(value, bool):
            return value
        summary = f"{path} must be true or false, not {described(node)}"
        return reading.fail("stack-file.type", summary, node.span, self.hint)

    def schema(self, definitions: dict[str, Schema]) -> Schema:
        """A boolean, or an interpolation."""
        return or_placeholder({"type": "boolean"})


@dataclass(frozen=True, slots=True)
class Number:
    """A number of at least `least`; `whole` ones have no fraction."""

    least: int = 0
    whole: bool = True

    def read(self, node: Node, path: str, reading: Reading) -> Any:
        """The number."""
        wanted = "a whole number" if self.whole else "a number"
        scalar = read_scalar(node, path, wanted, reading)
        if scalar is None:
            return BROKEN
        value = _typed(scalar)
        if isinstance(value, bool) or not isinstance(value, int | float) or (self.whole and not isinstance(value, int)):
            return reading.fail("stack-file.type", f"{path} must be {wanted}, not {described(node)}", node.span)
        if value < self.least:
            return reading.fail(
                "stack-file.value", f"{path} must be at least {self.least}, not {scalar.shown}", node.span
            )
        return value

    def schema(self, definitions: dict[str, Schema]) -> Schema:
        """An integer or a number with its minimum, or an interpolation."""
        return or_placeholder({"type": "integer" if self.whole else "number", "minimum": self.least})


@dataclass(frozen=True, slots=True)
class Quantity:
    """A count that may be written short: `50k`, `120M`."""

    def read(self, node: Node, path: str, reading: Reading) -> Any:
        """The number as an integer."""
        scalar = read_scalar(node, path, "a quantity such as 50k or 120M", reading)
        if scalar is None:
            return BROKEN
        value = _typed(scalar)
        if isinstance(value, str):
            value = units.quantity(value)
        elif isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            summary = f"{path} must be a quantity, not {described(node)}"
            return reading.fail(
                "stack-file.value", summary, node.span, "Write 800, 50k (thousand), 1.5M (million) or 2G."
            )
        return value

    def schema(self, definitions: dict[str, Schema]) -> Schema:
        """A number or its short form, or an interpolation."""
        short = {"type": "string", "pattern": f"^{units.QUANTITY}$"}
        return {"anyOf": [{"type": "integer", "minimum": 0}, short, {"type": "string", "pattern": PLACEHOLDER}]}


@dataclass(frozen=True, slots=True)
class Duration:
    """A number of days, written `60d` or `8w`."""

    def read(self, node: Node, path: str, reading: Reading) -> Any:
        """The days as an integer."""
        scalar = read_scalar(node, path, "a duration such as 60d", reading)
        if scalar is None:
            return BROKEN
        found = units.days(scalar.text)
        if found is None:
            summary = f"{path} must be a duration, not {described(node)}"
            return reading.fail("stack-file.value", summary, node.span, "Write days or weeks: 60d, 8w.")
        return found

    def schema(self, definitions: dict[str, Schema]) -> Schema:
        """A string, or an interpolation."""
        return or_placeholder({"type": "string", "pattern": f"^{units.DURATION}$"})


@dataclass(frozen=True, slots=True)
class Raw:
    """Any value, kept as the node it is."""

    def read(self, node: Node, path: str, reading: Reading) -> Any:
        """The node itself."""
        return node

    def schema(self, definitions: dict[str, Schema]) -> Schema:
        """Anything at all."""
        return {}


def _typed(scalar: Scalar) -> Any:
    """A scalar's value; what an interpolation filled in is read as if it stood there without quotes."""
    if not scalar.filled:
        return scalar.value
    try:
        return plain_value(scalar.text)
    except NumberRefused:
        return scalar.text


def or_placeholder(schema: Schema) -> Schema:
    """The schema, or a whole interpolation in its place."""
    return {"anyOf": [schema, {"type": "string", "pattern": PLACEHOLDER}]}
