"""What checks found of one stack, with all that were made: what SARIF, JUnit and Markdown are written from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import field
from hashlib import sha256
from pathlib import Path, PurePath

from modelform.errors import Diagnostic, Severity, Span
from modelform.record import dataclass

# What a code stands for that is no check's: by the part before its dot.
FAMILIES = {
    "stack-file": "The stack file can be read, and means something.",
    "lock": "The lock file fits the stack file.",
    "model": "Every model that the stack file names can be found.",
    "check": "Everything that is declared could be checked.",
    "company": "The company file is the one that is agreed on, and the stack keeps to it.",
    "arm-template": "The ARM template can be evaluated.",
    "terraform": "The Terraform plan can be read.",
    "pulumi": "The Pulumi preview can be read.",
    "state": "The stack's state can be read, and belongs to this cloud.",
    "access": "Azure lets this run do what it is asked to.",
}
OTHERWISE = "The operation can be carried out."


@dataclass(frozen=True, slots=True)
class Check:
    """A check: its code, level, sentence and reason; `wanted` is what the policy makes of its level.

    `unasked` is whether it needs Azure's answers and the command asks for none, so that it was not made.
    """

    code: str
    level: Severity
    sentence: str
    reason: str
    wanted: str = ""
    unasked: bool = False

    @property
    def off(self) -> bool:
        """Whether the policy turned it off."""
        return self.wanted == "off"


@dataclass(frozen=True, slots=True)
class Waived:
    """A finding that an exception takes the edge off: who says so and why, for a person."""

    diagnostic: Diagnostic
    reason: str


@dataclass(frozen=True, slots=True)
class Review:
    """One command's findings on one stack.

    `file` is what was checked and `root` the folder that places are told from; `ran` is whether the checks could be
    made at all. `beside` is Markdown that follows the findings.
    """

    command: str
    stack: str
    file: str
    root: str
    version: str
    checks: tuple[Check, ...]
    found: tuple[Diagnostic, ...]
    waived: tuple[Waived, ...] = ()
    ran: bool = True
    seconds: float = 0.0
    beside: str = field(default="")

    @property
    def ok(self) -> bool:
        """Whether nothing stops the stack."""
        return self.ran and not any(d.severity is Severity.ERROR for d in self.found)

    def described(self, codes: Iterable[str]) -> tuple[Check, ...]:
        """The checks, and after them the codes that belong to none."""
        known = {check.code for check in self.checks}
        others = [code for code in dict.fromkeys(codes) if code not in known]
        return (*self.checks, *(Check(code, Severity.ERROR, sentence_of(code), "") for code in others))


def sentence_of(code: str) -> str:
    """What a code stands for that no check has."""
    return FAMILIES.get(code.partition(".")[0], OTHERWISE)


def relative(file: str, root: str) -> str | None:
    """A file's path below a folder, with slashes; None for one outside of it, and for what is no file."""
    if file.startswith("<"):
        return None
    path = Path(file)
    try:
        inside = (path if path.is_absolute() else Path.cwd() / path).resolve().relative_to(Path(root).resolve())
    except (ValueError, OSError):
        return None
    return PurePath(inside).as_posix()


def place(span: Span | None, root: str) -> str:
    """`stacks/dev.yaml:3:5`, below a folder; the span as it is for a file outside of it."""
    if span is None:
        return ""
    inside = relative(span.file, root)
    return str(span) if inside is None else f"{inside}:{span.line}:{span.column}"


def fingerprint(diagnostic: Diagnostic, root: str, repeated: int) -> str:
    """What stays the same of a finding when lines move and numbers change: code, file, and what it is about."""
    # Where a file outside of the repository lies is another place on each machine.
    file = (relative(diagnostic.span.file, root) or PurePath(diagnostic.span.file).name) if diagnostic.span else ""
    about, colon, _ = diagnostic.summary.partition(": ")
    if not colon:
        about = re.sub(r"[\d.,]+", "0", diagnostic.summary)
    text = "\0".join((diagnostic.code, file, about, diagnostic.urn, str(repeated)))
    return sha256(text.encode()).hexdigest()


def whole(diagnostic: Diagnostic) -> str:
    """What, why and what to do, as one paragraph."""
    parts = (diagnostic.summary, diagnostic.detail, diagnostic.hint)
    return " ".join(part if part.endswith((".", "?", "!")) else f"{part}." for part in parts if part)
