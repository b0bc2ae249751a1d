"""The expressions of ARM templates, `[concat(parameters('name'), '-x')]`, read into a tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from modelform.record import dataclass

DEEPEST = 60


class ExpressionError(ValueError):
    """An expression that cannot be read or computed; the evaluator adds the place."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A text or a number."""

    value: Any


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments; `name` in small letters, with a namespace for a template's own functions."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Access:
    """A member or an item of a value; `safe` (`.?`, `[?…]`) gives null where there is none."""

    target: Node
    key: Node
    safe: bool = False


Node = Literal | Call | Access

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<mark>\.\?|\[\?|[()\[\],.]))"
)


def is_expression(text: str) -> bool:
    """Whether a string of a template is an expression; one that starts with `[[` is text."""
    return text.startswith("[") and text.endswith("]") and not text.startswith("[[")


def plain(text: str) -> str:
    """A string that is no expression, with its escaped bracket taken back."""
    return text[1:] if text.startswith("[[") and text.endswith("]") else text


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """The tree of an expression with its brackets.

    Raises:
        ExpressionError: it cannot be read; the message says at which character.
    """
    return _Parser(text[1:-1]).whole()


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    at = 0
    end = len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:
            unread = text[at:].lstrip()
            reason = "a text that is not closed" if unread.startswith("'") else f"{unread[:1]!r} is not understood"
            raise ExpressionError(f"{reason}, at character {end - len(unread) + 2}")
        kind = found.lastgroup or ""
        yield kind, found[kind], found.start(kind)
        at = found.end()
    yield "end", "", end


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.at = 0
        self.depth = 0

    def whole(self) -> Node:
        node = self.value()
        if self.kind != "end":
            raise self.unexpected("nothing more")
        return node

    @property
    def kind(self) -> str:
        return self.tokens[self.at][0]

    @property
    def text(self) -> str:
        return self.tokens[self.at][1]

    def take(self) -> str:
        text = self.text
        self.at += 1
        return text

    def expect(self, mark: str) -> None:
        if self.kind != "mark" or self.text != mark:
            raise self.unexpected(f"'{mark}'")
        self.at += 1

    def unexpected(self, wanted: str) -> ExpressionError:
        found = f"'{self.text}'" if self.kind != "end" else "its end"
        return ExpressionError(f"{wanted} is expected where {found} stands, at character {self.tokens[self.at][2] + 2}")

    def value(self) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ExpressionError(f"nested more than {DEEPEST} levels deep")
        node = self.first()
        while self.kind == "mark" and self.text in (".", ".?", "[", "[?"):
            mark = self.take()
            if mark.startswith("."):
                if self.kind != "name":
                    raise self.unexpected("a name")
                node = Access(node, Literal(self.take()), mark == ".?")
            else:
                node = Access(node, self.value(), mark == "[?")
                self.expect("]")
        self.depth -= 1
        return node

    def first(self) -> Node:
        if self.kind == "text":
            return Literal(self.take()[1:-1].replace("''", "'"))
        if self.kind == "number":
            return Literal(int(self.take()))
        if self.kind != "name":
            raise self.unexpected("a function, a text or a number")
        name = self.take()
        if self.kind == "mark" and self.text == ".":
            self.take()
            if self.kind != "name":
                raise self.unexpected("the name of a function")
            name += "." + self.take()
        self.expect("(")
        arguments: list[Node] = []
        while not (self.kind == "mark" and self.text == ")"):
            if arguments:
                if self.kind != "mark" or self.text != ",":
                    raise self.unexpected("',' or ')'")
                self.take()
            arguments.append(self.value())
        self.take()
        return Call(name.lower(), tuple(arguments))
