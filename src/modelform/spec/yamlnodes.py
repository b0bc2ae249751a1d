"""YAML text to nodes that know their place: the safe loader's events, and no Python object is ever constructed.

A tree is plain frozen data. Every problem of a file is a `Diagnostic`; a file with one yields no tree.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from modelform.errors import Diagnostic, Report, Severity, Span
from modelform.record import dataclass
from modelform.spec.scalars import NumberRefused, ScalarValue, plain_value

DEEPEST = 40
MOST_NODES = 200_000


@dataclass(frozen=True, slots=True)
class Scalar:
    """A scalar: its value by YAML 1.2, its text as written, and whether it was written without quotes.

    `filled` is an interpolation's result: its text is read as the type that the schema wants. `written` is then what
    stands in the file, and all that a message may show: the value may be a secret. `problem` says why an
    interpolation has no value; it is reported only when somebody reads the value.
    """

    value: ScalarValue
    text: str
    plain: bool
    span: Span
    filled: bool = False
    problem: Diagnostic | None = None
    written: str = ""

    @property
    def shown(self) -> str:
        """The text as a message may show it."""
        return self.written or self.text


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    span: Span


class Entry(NamedTuple):
    """One key of a mapping: where the key stands, and its value."""

    key_span: Span
    node: Node


@dataclass(frozen=True, slots=True)
class Mapping:
    """A map with text keys, in the order of the file."""

    entries: dict[str, Entry]
    span: Span

    def get(self, key: str) -> Node | None:
        """The value under a key; None for a missing key and for a null."""
        entry = self.entries.get(key)
        if entry is None or is_null(entry.node):
            return None
        return entry.node


Node = Scalar | Sequence | Mapping


def is_null(node: Node) -> bool:
    """Is it YAML's null (`null`, `~`, or nothing at all)?"""
    return isinstance(node, Scalar) and node.value is None and node.problem is None


def entry_span(entry: Entry) -> Span:
    """Where a person looks for a value: the value itself when it is a scalar, else its key."""
    return entry.node.span if isinstance(entry.node, Scalar) else entry.key_span


STACK_FILE = "stack file"
# How a file starts, for one that is empty or something else altogether.
_STARTS = {STACK_FILE: "modelform/v1", "base file": "modelform/v1", "company file": "modelform/company/v1"}


def parse(text: str, file: str, report: Report, what: str = STACK_FILE) -> Mapping | None:
    """The one document of a file, which must be a map; None when it cannot be read, with the reason in `report`.

    `what` is the kind of file, in the words of messages.
    """
    import yaml

    before = len(report.errors)
    control = _CONTROL.search(text)
    if control:
        report.error(
            "stack-file.encoding",
            f"the character U+{ord(control.group()):04X} may not stand in a YAML file",
            span=_place(text, control.start(), file),
            hint="Remove it, or write it as an escape inside double quotes.",
        )
        return None
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        node = _Builder(loader, file, report).document()
    except yaml.MarkedYAMLError as error:
        report.add(_syntax(error, text, file))
        return None
    finally:
        loader.dispose()
    if len(report.errors) > before:
        return None
    if node is None or is_null(node):
        report.error(
            "stack-file.empty",
            "the file is empty",
            span=Span(file, 1, 1),
            hint=f"{_start(what)}; `modelform init` writes a whole one." if what == STACK_FILE else _start(what),
        )
        return None
    if not isinstance(node, Mapping):
        is_now = "a list" if isinstance(node, Sequence) else "a single value"
        summary = f"the file is {is_now}, but a {what} is a map of keys"
        hint = f"Start it with `apiVersion: {_STARTS[what]}`." if what in _STARTS else ""
        report.error("stack-file.type", summary, span=node.span, hint=hint)
        return None
    return node


def _start(what: str) -> str:
    return f"A {what} starts with `apiVersion: {_STARTS[what]}`" if what in _STARTS else ""


class _TooMuch(Exception):
    """Ends the reading of a file whose problem is already reported."""


class _Builder:
    """Turns one stream of events into nodes."""

    def __init__(self, loader: Any, file: str, report: Report) -> None:
        import yaml.events as events

        self.events = events
        self.next = loader.get_event
        self.file = file
        self.report = report
        self.anchors: dict[str, tuple[Node, int] | None] = {}
        self.nodes = 0

    def document(self) -> Node | None:
        """The first document; a second one is a problem."""
        node: Node | None = None
        documents = 0
        try:
            while (event := self.next()) is not None:
                if isinstance(event, self.events.DocumentStartEvent):
                    documents += 1
                    if documents == 2:
                        self._problem(
                            "stack-file.documents",
                            "the file holds more than one YAML document",
                            event,
                            "Keep one stack in a file: remove what follows the line `---`.",
                        )
                        return None
                    node = self._node(self.next(), 1)
        except _TooMuch:
            return None
        return node

    def _node(self, event: Any, depth: int) -> Node:
        self.nodes += 1
        if isinstance(event, self.events.AliasEvent):
            return self._alias(event)
        if event.tag is not None:
            self._problem(
                "stack-file.tag",
                f"YAML tags are not read: {event.tag.replace('tag:yaml.org,2002:', '!!')}",
                event,
                "Remove the tag; put quotes around a value that must stay text.",
            )
        if isinstance(event, self.events.ScalarEvent):
            node: Node = self._scalar(event)
            if event.anchor is not None:
                self.anchors[event.anchor] = (node, 1)
            return node
        if depth > DEEPEST:
            self._problem(
                "stack-file.too-deep",
                f"nested more than {DEEPEST} levels deep",
                event,
                "A stack file needs five levels: look for brackets that are not closed.",
            )
            raise _TooMuch
        start = self.nodes
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        node = (
            self._mapping(event, depth)
            if isinstance(event, self.events.MappingStartEvent)
            else self._items(event, depth)
        )
        if event.anchor is not None:
            self.anchors[event.anchor] = (node, self.nodes - start + 1)
        return node

    def _alias(self, event: Any) -> Node:
        if event.anchor not in self.anchors:
            self._problem(
                "stack-file.anchor",
                f"*{event.anchor} names an anchor that is not defined before it",
                event,
                f"Write &{event.anchor} before the value it stands for, or put the value in quotes if it is text.",
            )
            return Scalar(None, "", True, self._span(event))
        found = self.anchors[event.anchor]
        if found is None:
            self._problem(
                "stack-file.anchor",
                f"*{event.anchor} stands inside the value that it names",
                event,
                "A value cannot contain itself.",
            )
            raise _TooMuch
        node, size = found
        self.nodes += size
        if self.nodes > MOST_NODES:
            self._problem(
                "stack-file.too-large",
                f"its aliases expand to more than {MOST_NODES:,} values",
                event,
                "Write the values out, or use `extends` and `include`.",
            )
            raise _TooMuch
        return node

    def _scalar(self, event: Any) -> Scalar:
        text = event.value
        span = self._span(event)
        plain = event.implicit[0] and event.style in (None, "")
        if not plain:
            return Scalar(text, text, False, span)
        try:
            return Scalar(plain_value(text), text, True, span)
        except NumberRefused as refused:
            self.report.error(
                "stack-file.number", str(refused), span=span, hint="Put it in quotes if it is an identifier."
            )
            return Scalar(text, text, True, span)

    def _items(self, event: Any, depth: int) -> Sequence:
        items: list[Node] = []
        while not isinstance(item := self.next(), self.events.SequenceEndEvent):
            items.append(self._node(item, depth + 1))
        return Sequence(tuple(items), self._span(event))

    def _mapping(self, event: Any, depth: int) -> Mapping:
        entries: dict[str, Entry] = {}
        while not isinstance(key_event := self.next(), self.events.MappingEndEvent):
            key = self._node(key_event, depth + 1)
            value = self._node(self.next(), depth + 1)
            name = self._key(key, key_event)
            if name is None:
                continue
            if name in entries:
                self._problem(
                    "stack-file.duplicate-key",
                    f"the key {name!r} stands here twice, first in line {entries[name].key_span.line}",
                    key_event,
                    "Keep one of the two.",
                )
                continue
            entries[name] = Entry(key.span, value)
        return Mapping(entries, self._span(event))

    def _key(self, key: Node, event: Any) -> str | None:
        if not isinstance(key, Scalar) or not key.text:
            self._problem(
                "stack-file.key",
                "a key must be a piece of text",
                event,
                "In flow style, `${…}` must be quoted."
                if isinstance(key, Mapping)
                else "Write the key before the colon.",
            )
            return None
        if key.text == "<<" and key.plain:
            self._problem(
                "stack-file.merge-key",
                "the merge key << is not read: YAML 1.2 has none",
                event,
                "Put what is shared into a base file and say `extends: base.yaml`.",
            )
            return None
        return key.text

    def _span(self, event: Any) -> Span:
        mark = event.start_mark
        return Span(self.file, mark.line + 1, mark.column + 1)

    def _problem(self, code: str, summary: str, event: Any, hint: str) -> None:
        self.report.error(code, summary, span=self._span(event), hint=hint)


# What YAML calls printable, turned round.
_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_UNQUOTED = re.compile(r"\$\{[^}]*\}?")

_HINTS = (
    (
        "cannot start any token",
        "A tab, `@`, `%` or a backtick cannot start a value: indent with spaces, quote the value.",
    ),
    ("mapping values are not allowed", "Put quotes around a value that contains `: `, and check the indentation."),
    (
        "expected key",
        "Check the indentation of this line and of the lines above it: keys of one map start in one column.",
    ),
    ("expected ':'", "A key needs a colon and a space behind it: `key: value`."),
    ("expected ',' or", "Check that every { and [ above is closed, and that commas stand between the entries."),
    ("unexpected end of stream", "A quote that was opened is not closed."),
    ("expected the node content", "Check that every { and [ above is closed."),
    ("expected '-' indicator", "Entries of one list start in one column, each with `- `."),
)


def _syntax(error: Any, text: str, file: str) -> Diagnostic:
    """A broken file's message, at the place where the parser gave up."""
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    lines = text.split("\n")
    if line >= len(lines) or (line == len(lines) - 1 and not lines[line]):
        line, column = max(0, len(lines) - 2), len(lines[max(0, len(lines) - 2)])
    unquoted = _flow_interpolation(lines, line, column)
    if unquoted is not None:
        row, col, token = unquoted
        return _error(
            "stack-file.unquoted",
            f"in flow style (inside {{}} or []), {token} must be quoted",
            "",
            Span(file, row + 1, col + 1),
            f'Write "{token}".',
        )
    problem = error.problem or "it cannot be parsed"
    opened = ""
    if error.context and error.context_mark and (error.context_mark.line, error.context_mark.column) != (line, column):
        opened = f"{error.context} that starts in line {error.context_mark.line + 1}"
    hint = next(
        (said for part, said in _HINTS if part in problem), "Check indentation, quotes and brackets around here."
    )
    return _error("stack-file.syntax", f"this is not YAML: {problem}", opened, Span(file, line + 1, column + 1), hint)


def _error(code: str, summary: str, detail: str, span: Span, hint: str) -> Diagnostic:
    return Diagnostic(code, Severity.ERROR, summary, detail, span, hint)


def _flow_interpolation(lines: list[str], line: int, column: int) -> tuple[int, int, str] | None:
    """An unquoted `${…}` inside braces or brackets, at or shortly before the place where the parser gave up."""
    for row in (line, line - 1):
        if not 0 <= row < len(lines):
            continue
        written = lines[row]
        for match in _UNQUOTED.finditer(written):
            before = written[: match.start()]
            quoted = before.count('"') % 2 or before.count("'") % 2
            if not quoted and (row < line or match.start() <= column) and re.search(r"[\[{,]", before):
                token = match.group()
                return row, match.start(), token if token.endswith("}") else token + "}"
    return None


def _place(text: str, offset: int, file: str) -> Span:
    line = text.count("\n", 0, offset) + 1
    return Span(file, line, offset - (text.rfind("\n", 0, offset) + 1) + 1)
