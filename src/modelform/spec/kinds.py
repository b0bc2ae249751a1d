"""The kinds of value that a stack file has: each reads a node, reports what is wrong, and knows its JSON Schema.

The models in `stackfile` are made of these, so that the schema that editors use and the reader cannot differ. A kind
returns BROKEN for a value that it cannot read; the reason is in the report then.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as AbstractMapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, Final, Protocol, cast

from modelform.errors import Report, Span
from modelform.spec import units
from modelform.spec.scalars import NumberRefused, plain_value
from modelform.spec.suggest import did_you_mean
from modelform.spec.yamlnodes import Entry, Mapping, Node, Scalar, Sequence, entry_span, is_null

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


def _scalar(node: Node, path: str, wanted: str, reading: Reading, hint: str = "") -> Scalar | None:
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


@dataclass(frozen=True)
class Text:
    """Text, optionally of a form; `form` says the form in words."""

    pattern: str = ""
    form: str = ""
    example: str = ""
    longest: int = 2048

    def read(self, node: Node, path: str, reading: Reading) -> Any:
        """The text."""
        scalar = _scalar(node, path, "text", reading)
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


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    def read(self, node: Node, path: str, reading: Reading) -> Any:
        """The word."""
        wanted = f"one of {', '.join(self.words)}"
        scalar = _scalar(node, path, wanted, reading)
        if scalar is None:
            return BROKEN
        if scalar.text in self.words and (isinstance(scalar.value, str) or scalar.filled):
            return scalar.text
        hint = did_you_mean(scalar.shown, self.words)
        return reading.fail("stack-file.value", f"{path} must be {wanted}, not {described(node)}", node.span, hint)

    def schema(self, definitions: dict[str, Schema]) -> Schema:
        """An enumeration, or an interpolation."""
        return _or_placeholder({"type": "string", "enum": list(self.words)})


@dataclass(frozen=True)
class Flag:
    """true or false."""

    def read(self, node: Node, path: str, reading: Reading) -> Any:
        """The boolean."""
        scalar = _scalar(node, path, "true or false", reading)
        if scalar is None:
            return BROKEN
        value = _typed(scalar)
        if isinstance(value, bool):
            return value
        summary = f"{path} must be true or false, not {described(node)}"
        return reading.fail("stack-file.type", summary, node.span, "Write true or false, without quotes.")

    def schema(self, definitions: dict[str, Schema]) -> Schema:
        """A boolean, or an interpolation."""
        return _or_placeholder({"type": "boolean"})


@dataclass(frozen=True)
class Number:
    """A number of at least `least`; `whole` ones have no fraction."""

    least: int = 0
    whole: bool = True

    def read(self, node: Node, path: str, reading: Reading) -> Any:
        """The number."""
        wanted = "a whole number" if self.whole else "a number"
        scalar = _scalar(node, path, wanted, reading)
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
        return _or_placeholder({"type": "integer" if self.whole else "number", "minimum": self.least})


@dataclass(frozen=True)
class Quantity:
    """A count that may be written short: `50k`, `120M`."""

    def read(self, node: Node, path: str, reading: Reading) -> Any:
        """The number as an integer."""
        scalar = _scalar(node, path, "a quantity such as 50k or 120M", reading)
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


@dataclass(frozen=True)
class Duration:
    """A number of days, written `60d` or `8w`."""

    def read(self, node: Node, path: str, reading: Reading) -> Any:
        """The days as an integer."""
        scalar = _scalar(node, path, "a duration such as 60d", reading)
        if scalar is None:
            return BROKEN
        found = units.days(scalar.text)
        if found is None:
            summary = f"{path} must be a duration, not {described(node)}"
            return reading.fail("stack-file.value", summary, node.span, "Write days or weeks: 60d, 8w.")
        return found

    def schema(self, definitions: dict[str, Schema]) -> Schema:
        """A string, or an interpolation."""
        return _or_placeholder({"type": "string", "pattern": f"^{units.DURATION}$"})


@dataclass(frozen=True)
class Raw:
    """Any value, kept as the node it is."""

    def read(self, node: Node, path: str, reading: Reading) -> Any:
        """The node itself."""
        return node

    def schema(self, definitions: dict[str, Schema]) -> Schema:
        """Anything at all."""
        return {}


@dataclass(frozen=True)
class ListOf:
    """A list of one kind, without repetitions if its items are text; given as a tuple."""

    item: Kind
    least: int = 0

    def read(self, node: Node, path: str, reading: Reading) -> Any:
        """A tuple of the items."""
        if isinstance(node, Scalar) and node.problem is not None:
            _scalar(node, path, "a list", reading)
            return BROKEN
        if not isinstance(node, Sequence):
            hint = f"Write [{node.shown}]." if isinstance(node, Scalar) and node.value is not None else ""
            return reading.fail("stack-file.type", f"{path} must be a list, not {described(node)}", node.span, hint)
        if len(node.items) < self.least:
            return reading.fail("stack-file.value", f"{path} needs at least {self.least} entry", node.span)
        found: list[Any] = []
        for index, item in enumerate(node.items):
            item_path = f"{path}.{index}"
            reading.origins[item_path] = item.span
            value = self.item.read(item, item_path, reading)
            if value is BROKEN:
                continue
            if isinstance(value, str) and value in found:
                reading.fail(
                    "stack-file.value", f"{path} names {_shown(item)!r} twice", item.span, "Keep one of the two."
                )
                continue
            found.append(value)
        return tuple(found)

    def schema(self, definitions: dict[str, Schema]) -> Schema:
        """An array, or an interpolation of a list parameter."""
        array: Schema = {"type": "array", "items": self.item.schema(definitions)}
        return _or_placeholder(array | ({"minItems": self.least} if self.least else {}))


@dataclass(frozen=True)
class MapOf:
    """A map from names to one kind."""

    value: Kind
    name: str
    pattern: str = ""
    form: str = ""

    def read(self, node: Node, path: str, reading: Reading) -> Any:
        """A dict; entries that are broken are left out, and their paths are in `reading.broken`."""
        if not isinstance(node, Mapping):
            return reading.fail("stack-file.type", f"{path} must be a map, not {described(node)}", node.span)
        found: dict[str, Any] = {}
        for key, entry in node.entries.items():
            item_path = f"{path}.{key}"
            before = reading.failures
            reading.origins[item_path] = entry_span(entry)
            if self.pattern and not re.fullmatch(self.pattern, key):
                reading.fail("stack-file.value", f"{self.name} {key!r}: a name must be {self.form}", entry.key_span)
            if is_null(entry.node):
                hint = "Give its keys, or remove the line; null removes only what a base file has."
                reading.fail("stack-file.value", f"{item_path} has no value", entry.key_span, hint)
            else:
                value = self.value.read(entry.node, item_path, reading)
                if value is not BROKEN:
                    found[key] = value
            if reading.failures > before:
                reading.broken.add(item_path)
        return found

    def schema(self, definitions: dict[str, Schema]) -> Schema:
        """An object with free names."""
        schema: Schema = {"type": "object", "additionalProperties": _or_null(self.value.schema(definitions))}
        if self.pattern:
            schema["propertyNames"] = {"pattern": f"^(?:{self.pattern})$"}
        return schema


@dataclass(frozen=True)
class Either:
    """A value that has a short form: which kind reads it depends on what the node is."""

    scalar: Kind | None = None
    sequence: Kind | None = None
    mapping: Kind | None = None

    def read(self, node: Node, path: str, reading: Reading) -> Any:
        """The value of whichever kind fits the node."""
        kind = (
            self.mapping if isinstance(node, Mapping) else self.sequence if isinstance(node, Sequence) else self.scalar
        )
        if kind is None:
            kind = self.scalar or self.sequence or self.mapping
        return cast(Kind, kind).read(node, path, reading)

    def schema(self, definitions: dict[str, Schema]) -> Schema:
        """Any of the forms."""
        kinds = [kind for kind in (self.scalar, self.sequence, self.mapping) if kind is not None]
        return {"anyOf": [kind.schema(definitions) for kind in kinds]}


def camel(name: str) -> str:
    """A field's key in the file: `resource_group` is `resourceGroup`, `with_` is `with`."""
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(part.capitalize() for part in rest)


def key(kind: Kind, text: str, *, required: bool = False, default: Any = None, example: Any = None) -> Any:
    """Declares one key of a record: its kind, and the sentence that the schema and the reference show."""
    metadata = {"kind": kind, "text": text, "example": example}
    if required:
        return field(metadata=metadata)
    if isinstance(default, dict):
        return field(default_factory=dict, metadata=metadata)
    return field(default=default, metadata=metadata)


class Record:
    """A map with known keys: a frozen dataclass whose fields are declared with `key`.

    `complete` ones (items of lists, which never merge) name their required keys in the schema too.
    """

    def __init__(self, model: type[Any], *, complete: bool = False) -> None:
        self.model = model
        self.complete = complete
        declared: tuple[Field[Any], ...] = fields(model)
        self.fields: AbstractMapping[str, Field[Any]] = {camel(item.name): item for item in declared}
        self._kinds: dict[str, tuple[str, Kind]] = {
            name: (item.name, item.metadata["kind"]) for name, item in self.fields.items()
        }
        self.required = tuple(name for name, item in self.fields.items() if _is_required(item))

    def read(self, node: Node, path: str, reading: Reading) -> Any:
        """An instance of the model."""
        if not isinstance(node, Mapping):
            hint = f"Its keys are {', '.join(self.fields)}."
            what = path or "the file"
            return reading.fail("stack-file.type", f"{what} must be a map, not {described(node)}", node.span, hint)
        prefix = f"{path}." if path else ""
        values: dict[str, Any] = {}
        broken = False
        for name, entry in node.entries.items():
            known = self._kinds.get(name)
            if known is None:
                self._unknown(name, entry, path, reading)
                continue
            if is_null(entry.node):
                continue
            attribute, kind = known
            item_path = prefix + name
            reading.origins[item_path] = entry_span(entry)
            value = kind.read(entry.node, item_path, reading)
            if value is BROKEN:
                reading.broken.add(item_path)
                broken = broken or name in self.required
            else:
                values[attribute] = value
        for name in self.required:
            if self.fields[name].name not in values and f"{prefix}{name}" not in reading.broken:
                broken = True
                self._missing(name, node, path, reading)
        return BROKEN if broken else self.model(**values)

    def _unknown(self, name: str, entry: Entry, path: str, reading: Reading) -> None:
        where = f"{path} has" if path else "a stack file has"
        guess = did_you_mean(name, tuple(self.fields))
        hint = guess or f"The keys here are {', '.join(self.fields)}."
        reading.fail("stack-file.unknown-key", f"{where} no key {name!r}", entry.key_span, hint)

    def _missing(self, name: str, node: Mapping, path: str, reading: Reading) -> None:
        example = self.fields[name].metadata["example"]
        hint = f"Add `{name}: {example}`." if example else f"Add `{name}:`."
        span = reading.origins.get(path, node.span)
        reading.fail("stack-file.missing-key", f"{path or 'the file'} has no {name}", span, hint)

    def schema(self, definitions: dict[str, Schema]) -> Schema:
        """A reference to the record's definition."""
        name = self.model.__name__
        if name not in definitions:
            definitions[name] = {}
            definitions[name].update(self._definition(definitions))
        return {"$ref": f"#/$defs/{name}"}

    def _definition(self, definitions: dict[str, Schema]) -> Schema:
        properties: dict[str, Schema] = {}
        for name, item in self.fields.items():
            schema = _or_null(item.metadata["kind"].schema(definitions))
            schema = {"description": item.metadata["text"]} | schema
            if item.metadata["example"] is not None:
                schema["examples"] = [item.metadata["example"]]
            properties[name] = schema
        found: Schema = {"description": (self.model.__doc__ or "").strip(), "type": "object", "properties": properties}
        if self.complete and self.required:
            found["required"] = list(self.required)
        return found | {"additionalProperties": False}


def _is_required(item: Field[Any]) -> bool:
    return item.default is MISSING and item.default_factory is MISSING


def _shown(node: Node) -> str:
    return node.shown if isinstance(node, Scalar) else ""


def _typed(scalar: Scalar) -> Any:
    """A scalar's value; what an interpolation filled in is read as if it stood there without quotes."""
    if not scalar.filled:
        return scalar.value
    try:
        return plain_value(scalar.text)
    except NumberRefused:
        return scalar.text


def _or_placeholder(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "string", "pattern": PLACEHOLDER}]}


def _or_null(schema: Schema) -> Schema:
    """A base file's key is removed with null, so that every key may be null."""
    if not schema:
        return schema
    if set(schema) == {"anyOf"}:
        return {"anyOf": [*schema["anyOf"], {"type": "null"}]}
    return {"anyOf": [schema, {"type": "null"}]}
