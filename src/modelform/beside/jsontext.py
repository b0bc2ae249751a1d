"""JSON as people write it, with the place of every value: comments and texts over lines as ARM templates may have."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any, TypeVar

from modelform.errors import Span, StackFileError

T = TypeVar("T")
DEEPEST = 200
_SPACE = re.compile(r"(?:[ \t\r\n]|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_PLAIN = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null")


def read(text: str, file: str) -> tuple[Any, dict[str, Span]]:
    """The value of a text, and the place of each value in it by JSON pointer; of a member, the place of its name.

    Raises:
        StackFileError: it is no JSON, with the place.
    """
    reader = _Reader(text, file)
    return reader.whole(), reader.spans


def plain(text: str, file: str, how: str = "") -> Any:
    """The value of a text that a program wrote; `how` says how it is made to write it.

    Raises:
        StackFileError: it is no JSON, with the place.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if not text.strip():
            said = "the file is empty: did what should have written it fail?"
            raise StackFileError(said, code="check.file", span=Span(file, 1, 1), hint=how) from None
        stream = f"It is a stream of documents, and one is wanted. {how}".rstrip()
        hint = stream if error.msg == "Extra data" and text.lstrip().startswith("{") else how
        raise _wrong(error.msg, file, error.lineno, error.colno, hint) from None
    except RecursionError:
        raise _wrong("it is nested too deeply", file, 1, 1) from None


def other(document: Any) -> str:
    """What a document of another tool than was asked for looks like, and the option that takes it; else empty."""
    found = document if isinstance(document, dict) else {}
    for keys, what, option in (
        (("resource_changes", "planned_values", "terraform_version"), "Terraform's", "--terraform-plan"),
        (("steps", "changeSummary", "deployment"), "Pulumi's", "--pulumi-preview"),
        (("parametersJson", "templateJson"), "Bicep's", "--bicep-params"),
    ):
        if any(key in found for key in keys):
            return f"It looks like one of {what}: {option} takes it."
    return "It looks like an ARM template: --arm-template takes it." if "contentVersion" in found else ""


def shaped(read: Callable[[], T], file: str, tool: str) -> T:
    """What a reader makes of a file of another tool; one clear error where that is not of the tool's form.

    Raises:
        StackFileError: as the reader does, or that.
    """
    try:
        return read()
    except (AttributeError, TypeError, KeyError, IndexError, ValueError, RecursionError) as error:
        # A list where the tool has an object: a format with hundreds of such places, none of them ours.
        said = f"this has a part that is not of the form that {tool} writes"
        span = Span(file, 1, 1)
        raise StackFileError(said, code="check.file", detail=str(error), span=span) from error


def _wrong(reason: str, file: str, line: int, column: int, hint: str = "") -> StackFileError:
    said = f"this is not JSON: {reason[:1].lower()}{reason[1:]}"
    return StackFileError(said, code="check.file", span=Span(file, line, column), hint=hint)


class _Reader:
    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.spans: dict[str, Span] = {}
        self.line, self.start, self.seen = 1, 0, 0

    def whole(self) -> Any:
        at = self.skip(0)
        value, at = self.value(at, "", 0)
        if (at := self.skip(at)) < len(self.text):
            raise self.wrong(at, "something follows its end")
        return value

    def skip(self, at: int) -> int:
        found = _SPACE.match(self.text, at)
        return found.end() if found else at

    def place(self, at: int) -> Span:
        """The place of a character; places are asked for in their order."""
        breaks = self.text.count("\n", self.seen, at)
        if breaks:
            self.line += breaks
            self.start = self.text.rfind("\n", self.seen, at) + 1
        self.seen = max(at, self.seen)
        return Span(self.file, self.line, at - self.start + 1)

    def wrong(self, at: int, reason: str) -> StackFileError:
        line = self.text.count("\n", 0, at) + 1
        return _wrong(reason, self.file, line, at - (self.text.rfind("\n", 0, at) + 1) + 1)

    def value(self, at: int, pointer: str, depth: int) -> tuple[Any, int]:
        if depth > DEEPEST:
            raise self.wrong(at, "it is nested too deeply")
        mark = self.text[at : at + 1]
        self.spans.setdefault(pointer, self.place(at))
        if mark == "{":
            return self.members(at + 1, pointer, depth)
        if mark == "[":
            return self.items(at + 1, pointer, depth)
        if mark == '"':
            return self.string(at)
        found = _PLAIN.match(self.text, at)
        if found is None:
            raise self.wrong(at, "a value is expected")
        return json.loads(found[0]), found.end()

    def string(self, at: int) -> tuple[str, int]:
        try:
            value, end = scanstring(self.text, at + 1, False)
        except json.JSONDecodeError as error:
            raise self.wrong(error.pos, error.msg) from None
        return value, end

    def members(self, at: int, pointer: str, depth: int) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        at = self.skip(at)
        if self.text[at : at + 1] == "}":
            return found, at + 1
        while True:
            if self.text[at : at + 1] != '"':
                raise self.wrong(at, "a name in double quotes is expected")
            key_at = at
            key, at = self.string(at)
            inside = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
            self.spans[inside] = self.place(key_at)
            at = self.skip(at)
            if self.text[at : at + 1] != ":":
                raise self.wrong(at, "a colon is expected")
            found[key], at = self.value(self.skip(at + 1), inside, depth + 1)
            at, more = self.next(at, "}")
            if not more:
                return found, at

    def items(self, at: int, pointer: str, depth: int) -> tuple[list[Any], int]:
        found: list[Any] = []
        at = self.skip(at)
        if self.text[at : at + 1] == "]":
            return found, at + 1
        while True:
            value, at = self.value(at, f"{pointer}/{len(found)}", depth + 1)
            found.append(value)
            at, more = self.next(at, "]")
            if not more:
                return found, at

    def next(self, at: int, end: str) -> tuple[int, bool]:
        at = self.skip(at)
        mark = self.text[at : at + 1]
        if mark == end:
            return at + 1, False
        if mark != ",":
            raise self.wrong(at, f"a comma or {end} is expected")
        return self.skip(at + 1), True
