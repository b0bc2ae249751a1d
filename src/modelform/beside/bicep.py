"""Bicep's parameters: what `bicep build-params` makes of them, and a `.bicepparam` file of plain values."""

from __future__ import annotations

import re
from typing import Any

from modelform.beside import jsontext
from modelform.errors import Span, StackFileError
from modelform.record import dataclass

BUILD = "Build it first: `bicep build-params FILE --stdout > params.json` (or `az bicep build-params`)."
_TOKEN = re.compile(
    r"\s+|//[^\n]*|/\*.*?\*/|(?P<text>'''.*?'''|'(?:\\.|[^'\\\n])*')|(?P<number>-?\d+)|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<mark>[{}\[\]:=,])",
    re.DOTALL,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "'": "'", "\\": "\\", "$": "$"}
_WORDS = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True)
class Built:
    """Parameters with what they are for: the template itself, or the file that `using` names."""

    parameters: dict[str, Any]
    template: Any = None
    using: str = ""


def read(text: str, file: str) -> Built:
    """The parameters of a file, in the form of an ARM parameter file.

    Raises:
        StackFileError: it is none, or needs Bicep's own compiler.
    """
    if text.lstrip().startswith("{"):
        return _built(jsontext.plain(text, file), file)
    return _Reader(text, file).whole()


def _built(document: Any, file: str) -> Built:
    """What `build-params --stdout` writes, or the parameter file that `build-params` makes."""
    if "parametersJson" in document:
        parameters = jsontext.plain(str(document["parametersJson"]), file)
        template = document.get("templateJson")
        if not template:
            hint = "Build it with the template's source at hand: `using` must name a .bicep file."
            raise StackFileError("these parameters come without their template", code="check.file", hint=hint)
        return Built(dict(parameters.get("parameters") or {}), jsontext.plain(str(template), file))
    if isinstance(document.get("parameters"), dict):
        return Built(dict(document["parameters"]))
    raise StackFileError("these are no parameters of Bicep", code="check.file", span=Span(file, 1, 1), hint=BUILD)


class _Reader:
    """Reads `using` and `param` lines with plain values; whatever needs Bicep itself is refused with its place."""

    def __init__(self, text: str, file: str) -> None:
        self.text, self.file = text, file
        self.tokens: list[tuple[str, str, int]] = []
        at = 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise self.refused(at)
            if found.lastgroup:
                self.tokens.append((found.lastgroup, found[0], at))
            at = found.end()
        self.at = 0

    def refused(self, at: int) -> StackFileError:
        line = self.text.count("\n", 0, at) + 1
        column = at - (self.text.rfind("\n", 0, at) + 1) + 1
        said = "this needs Bicep's own compiler: only plain values are read here"
        return StackFileError(said, code="check.bicep", span=Span(self.file, line, column), hint=BUILD)

    @property
    def token(self) -> tuple[str, str, int]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "", len(self.text.rstrip()))

    def take(self, kind: str, text: str = "") -> str:
        found, said, at = self.token
        if found != kind or (text and said != text):
            raise self.refused(at)
        self.at += 1
        return said

    def whole(self) -> Built:
        using, parameters = "", {}
        while self.token[0] != "end":
            word, at = self.take("word"), self.token[2]
            if word == "using":
                using = self.string()
            elif word == "param":
                name = self.take("word")
                self.take("mark", "=")
                parameters[name] = {"value": self.value()}
            else:
                raise self.refused(at)
        if not using:
            raise StackFileError(
                "these parameters do not say what they are for (`using`)", code="check.bicep", hint=BUILD
            )
        return Built(parameters, using=using)

    def string(self) -> str:
        _, text, at = self.token
        self.take("text")
        if text.startswith("'''"):
            return text[3:-3].removeprefix("\n")
        if re.search(r"(?<!\\)\$\{", text):
            raise self.refused(at)
        return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[0]), text[1:-1])

    def value(self) -> Any:
        kind, text, at = self.token
        if kind == "text":
            return self.string()
        if kind == "number":
            return int(self.take("number"))
        if kind == "word" and text in _WORDS:
            return _WORDS[self.take("word")]
        if text == "[":
            self.take("mark")
            items = []
            while self.token[1] != "]" and self.token[0] != "end":
                items.append(self.value())
                self.comma()
            self.take("mark", "]")
            return items
        if text == "{":
            self.take("mark")
            members = {}
            while self.token[1] != "}" and self.token[0] != "end":
                key = self.string() if self.token[0] == "text" else self.take("word")
                self.take("mark", ":")
                members[key] = self.value()
                self.comma()
            self.take("mark", "}")
            return members
        raise self.refused(at)

    def comma(self) -> None:
        if self.token[1] == "," and self.token[0] == "mark":
            self.at += 1
