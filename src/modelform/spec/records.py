"""The kinds that hold others: lists, maps with free names, and records, whose keys are declared."""

from __future__ import annotations

import re
from collections.abc import Mapping as AbstractMapping
from dataclasses import MISSING, Field, field, fields
from typing import Any, cast

from modelform.record import dataclass
from modelform.spec.kinds import BROKEN, Kind, Reading, Schema, described, or_placeholder, read_scalar
from modelform.spec.suggest import did_you_mean
from modelform.spec.yamlnodes import Entry, Mapping, Node, Scalar, Sequence, entry_span, is_null


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of one kind, without repetitions if its items are text; given as a tuple."""

    item: Kind
    least: int = 0

    def read(self, node: Node, path: str, reading: Reading) -> Any:
        """A tuple of the items."""
        if isinstance(node, Scalar) and node.problem is not None:
            read_scalar(node, path, "a list", reading)
            return BROKEN
        if not isinstance(node, Sequence):
            hint = ""
            if isinstance(node, Scalar) and node.value is not None:
                hint = f'Write ["{node.shown}"].' if "${" in node.shown else f"Write [{node.shown}]."
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
        return or_placeholder(array | ({"minItems": self.least} if self.least else {}))


@dataclass(frozen=True, slots=True)
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
                no_value(self.value, item_path, entry, reading)
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


@dataclass(frozen=True, slots=True)
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

    `complete` ones (items of lists, which never merge) name their required keys in the schema too; `title` is what a
    whole file is called.
    """

    def __init__(self, model: type[Any], *, complete: bool = False, title: str = "a stack file") -> None:
        self.model = model
        self.title = title
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
            if len(self.fields) == 1 and isinstance(node, Scalar) and isinstance(node.value, str):
                hint = f"Write {{{next(iter(self.fields))}: {node.shown}}}."
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
            attribute, kind = known
            item_path = prefix + name
            if is_null(entry.node) and _may_be_empty(kind):
                continue
            reading.origins[item_path] = entry_span(entry)
            value = (
                no_value(kind, item_path, entry, reading)
                if is_null(entry.node)
                else kind.read(entry.node, item_path, reading)
            )
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
        where = f"{path} has" if path else f"{self.title} has"
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


def no_value(kind: Kind, path: str, entry: Entry, reading: Reading) -> Any:
    """Reports a null that removes nothing: a policy whose value was forgotten must not pass for one that is not there.

    An empty section (`deployments:` with nothing below it yet) is no such null; it means an empty one.
    """
    list_like = isinstance(kind, ListOf) or (isinstance(kind, Either) and kind.sequence is not None)
    lacks = "it an entry" if list_like else "its keys" if _holds_others(kind) else "it one"
    hint = f"Give {lacks}, or remove the line; "
    summary = f"{path} has no value"
    return reading.fail("stack-file.value", summary, entry.key_span, f"{hint}null removes only what a base file has.")


def _holds_others(kind: Kind) -> bool:
    """Is a value of the kind a map or a list, and never a single value?"""
    if isinstance(kind, Either):
        return kind.scalar is None
    return isinstance(kind, ListOf | MapOf | Record)


def _may_be_empty(kind: Kind) -> bool:
    """Does nothing below a key mean an empty section? Not where an empty one is refused, or lacks what it needs."""
    if isinstance(kind, Either):
        return kind.scalar is None and all(
            _may_be_empty(one) for one in (kind.sequence, kind.mapping) if one is not None
        )
    if isinstance(kind, ListOf):
        return not kind.least
    return isinstance(kind, MapOf) or (isinstance(kind, Record) and not kind.required)


def _is_required(item: Field[Any]) -> bool:
    return item.default is MISSING and item.default_factory is MISSING


def _or_null(schema: Schema) -> Schema:
    """A base file's key is removed with null, so that every key may be null."""
    if not schema:
        return schema
    if set(schema) == {"anyOf"}:
        return {"anyOf": [*schema["anyOf"], {"type": "null"}]}
    return {"anyOf": [schema, {"type": "null"}]}


def _shown(node: Node) -> str:
    return node.shown if isinstance(node, Scalar) else ""
