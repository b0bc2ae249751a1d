"""What is wrong with a template, and where."""

from __future__ import annotations

from modelform.errors import Exit, ModelformError


class TemplateError(ModelformError):
    """A template that cannot be evaluated; `pointer` is the JSON pointer of the value that is wrong."""

    exit_code = Exit.STACK_FILE
    default_code = "arm-template.invalid"

    def __init__(self, summary: str, *, pointer: str = "", code: str = "", detail: str = "", hint: str = "") -> None:
        super().__init__(f"{summary}, at {pointer or '/'}", code=code, detail=detail, hint=hint)
        self.summary = summary
        self.pointer = pointer


def below(pointer: str, *keys: str | int) -> str:
    """The JSON pointer of something inside of a value (RFC 6901)."""
    return pointer + "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in keys)
