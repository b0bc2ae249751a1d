"""What can go wrong, as values (`Diagnostic`, collected in a `Report`) and as one tree of exceptions.

A problem in something a user wrote is a `Diagnostic` and is collected, so that all of them are shown at once.
An exception means that the operation cannot go on:

    ModelformError            1   failed, and nothing was applied
    ├── StackFileError        4   the stack file is wrong
    ├── PolicyError           3   a policy, a check or a guard stops it
    ├── StalePlanError        5   the saved plan is stale
    ├── LockedError           6   somebody else holds the stack
    ├── AccessError           7   not signed in, or not permitted
    ├── PartialError          8   part of it was applied
    ├── UnverifiedError       9   a check that must be live could not be made
    ├── UsageError           64   wrong use of the command line
    ├── InterruptedByUser   130   Ctrl-C
    ├── StateError            1   a state that cannot be read, or must not be written
    ├── ProviderError         1   a provider refused or failed one call
    └── UnsupportedError      1   something that only the Pulumi CLI can do
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import IntEnum, StrEnum

from modelform.record import dataclass


class Exit(IntEnum):
    """The process's exit codes."""

    OK = 0
    FAILED = 1
    CHANGES = 2
    STOPPED = 3
    STACK_FILE = 4
    STALE_PLAN = 5
    LOCKED = 6
    ACCESS = 7
    PARTIAL = 8
    UNVERIFIED = 9
    USAGE = 64
    INTERRUPTED = 130


class Severity(StrEnum):
    """How bad a finding is: only an error stops an operation."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a file a person wrote; `line` and `column` count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: what (`summary`), why (`detail`), where (`span`) and what to do about it (`hint`).

    `urn` is the resource that an engine's finding is about.
    """

    code: str
    severity: Severity
    summary: str
    detail: str = ""
    span: Span | None = None
    hint: str = ""
    urn: str = ""

    def __str__(self) -> str:
        place = f"{self.span}: " if self.span else ""
        lines = [f"{place}{self.severity}: {self.summary} [{self.code}]"]
        if self.detail:
            lines.append(f"  {self.detail}")
        if self.hint:
            lines.append(f"  {self.hint}")
        return "\n".join(lines)

    def to_json(self) -> dict[str, object]:
        """The shape that `--json` documents carry under `diagnostics`; `resource` where it is about one."""
        about = {"resource": self.urn} if self.urn else {}
        return {
            "code": self.code,
            "severity": str(self.severity),
            "summary": self.summary,
            "detail": self.detail,
            "file": self.span.file if self.span else None,
            "line": self.span.line if self.span else None,
            "column": self.span.column if self.span else None,
            "hint": self.hint,
            **about,
        }


class Report:
    """An appendable list of findings."""

    def __init__(self, diagnostics: Iterable[Diagnostic] = ()) -> None:
        self.diagnostics: list[Diagnostic] = list(diagnostics)

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self.diagnostics)

    def __len__(self) -> int:
        return len(self.diagnostics)

    def add(self, diagnostic: Diagnostic) -> None:
        """Adds a finding, unless the very same one is there already."""
        if diagnostic not in self.diagnostics:
            self.diagnostics.append(diagnostic)

    def error(self, code: str, summary: str, *, detail: str = "", span: Span | None = None, hint: str = "") -> None:
        """Adds an error."""
        self.add(Diagnostic(code, Severity.ERROR, summary, detail, span, hint))

    def warning(self, code: str, summary: str, *, detail: str = "", span: Span | None = None, hint: str = "") -> None:
        """Adds a warning."""
        self.add(Diagnostic(code, Severity.WARNING, summary, detail, span, hint))

    def info(self, code: str, summary: str, *, detail: str = "", span: Span | None = None, hint: str = "") -> None:
        """Adds a note."""
        self.add(Diagnostic(code, Severity.INFO, summary, detail, span, hint))

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Adds every finding of another report."""
        for diagnostic in diagnostics:
            self.add(diagnostic)

    @property
    def errors(self) -> list[Diagnostic]:
        """The findings that stop an operation."""
        return [d for d in self.diagnostics if d.severity is Severity.ERROR]

    def sorted(self) -> list[Diagnostic]:
        """By file and place; findings without a place last, in the order they were found."""
        return sorted(
            self.diagnostics,
            key=lambda d: (0, d.span.file, d.span.line, d.span.column) if d.span else (1, "", 0, 0),
        )


class ModelformError(Exception):
    """Parent of everything that ends an operation; carries the findings to show and the exit code."""

    exit_code: Exit = Exit.FAILED
    default_code = "failed"

    def __init__(
        self,
        summary: str = "",
        *,
        code: str = "",
        detail: str = "",
        hint: str = "",
        span: Span | None = None,
        diagnostics: Iterable[Diagnostic] = (),
    ) -> None:
        found = list(diagnostics)
        if summary or not found:
            summary = summary or "the operation failed"
            found.insert(0, Diagnostic(code or self.default_code, Severity.ERROR, summary, detail, span, hint))
        self.diagnostics: tuple[Diagnostic, ...] = tuple(found)
        super().__init__(self.diagnostics[0].summary)


class StackFileError(ModelformError):
    """The stack file, or a file that it extends or includes, is wrong."""

    exit_code = Exit.STACK_FILE
    default_code = "stack-file"


class PolicyError(ModelformError):
    """A policy, a check or a guard stops the operation."""

    exit_code = Exit.STOPPED
    default_code = "stopped"


class StalePlanError(ModelformError):
    """What would be done now is not what the saved plan says."""

    exit_code = Exit.STALE_PLAN
    default_code = "plan.stale"


class LockedError(ModelformError):
    """Another operation holds the stack's lock."""

    exit_code = Exit.LOCKED
    default_code = "state.locked"


class AccessError(ModelformError):
    """Not signed in, or not permitted."""

    exit_code = Exit.ACCESS
    default_code = "access.denied"


class PartialError(ModelformError):
    """Part of the operation was applied, and the rest cannot be."""

    exit_code = Exit.PARTIAL
    default_code = "partly-applied"


class UnverifiedError(ModelformError):
    """A check that must be made live could not be made."""

    exit_code = Exit.UNVERIFIED
    default_code = "unverified"


class UsageError(ModelformError):
    """Wrong use of the command line."""

    exit_code = Exit.USAGE
    default_code = "usage"


class InterruptedByUser(ModelformError):
    """Ctrl-C or SIGTERM."""

    exit_code = Exit.INTERRUPTED
    default_code = "interrupted"


class StateError(ModelformError):
    """A state that cannot be read, or that must not be written."""

    default_code = "state.invalid"


class ProviderError(ModelformError):
    """A provider refused or failed one call; `reasons` and `partial` tell of a resource that exists all the same.

    `partial` is `(id, inputs, outputs)` when the resource was made but did not come up (Pulumi's
    `ErrorResourceInitFailed`): the engine saves it with its `initErrors`.
    """

    default_code = "provider"

    def __init__(
        self,
        summary: str = "",
        *,
        reasons: tuple[str, ...] = (),
        partial: tuple[str, dict[str, object], dict[str, object]] | None = None,
        code: str = "",
        detail: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(summary, code=code, detail=detail, hint=hint)
        self.reasons = reasons
        self.partial = partial


class UnsupportedError(ModelformError):
    """Something that this engine does not do; the hint says how it is done with the Pulumi CLI."""

    default_code = "unsupported"
