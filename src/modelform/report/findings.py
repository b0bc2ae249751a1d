"""Diagnostics for a person: the place, what is wrong, the line of the file with a caret, why, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from modelform.errors import Diagnostic, Report, Severity, Span
from modelform.report import words
from modelform.report.ink import Colour, Ink, cells, printable

COLOURS: dict[Severity, Colour] = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
WORDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}

Source = Callable[[str], list[str] | None]
"""Gives a file's lines by the name that spans use, or None where it cannot be read."""


def read_source(name: str) -> list[str] | None:
    """The lines of a file on disk."""
    try:
        path = Path(name)
        # A pipe would be waited for.
        return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else None
    except OSError:
        return None


def finding(diagnostic: Diagnostic, ink: Ink, source: Source = read_source) -> list[str]:
    """One diagnostic, as lines.

    stacks/dev.yaml:12:12: error: there is no model "mistral-larg-3" [model.unknown]
       12 |     model: mistral-larg-3
          |            ^
       did you mean mistral-large-3?
    """
    word = f"{WORDS[diagnostic.severity]}:"
    place = f"{shorter(diagnostic.span)}: " if diagnostic.span else ""
    about = f"{resource}: " if (resource := _resource(diagnostic)) else ""
    head = ink.wrap(f"{place}{word} {about}{diagnostic.summary} [{diagnostic.code}]", rest="   ")
    lines = [head[0].replace(word, ink.paint(word, COLOURS[diagnostic.severity], "bold"), 1), *head[1:]]
    if diagnostic.span:
        lines += _excerpt(diagnostic.span, ink, source)
    if diagnostic.detail:
        lines += ink.wrap(diagnostic.detail, first="   ", rest="   ")
    if diagnostic.hint:
        lines += ink.wrap(diagnostic.hint, first="   > ", rest="     ")
    return lines


def findings(diagnostics: Iterable[Diagnostic], ink: Ink, source: Source = read_source) -> list[str]:
    """Errors first, then warnings, then notes; each in the order of the file, with its own lines."""
    ordered = Report(diagnostics).sorted()
    lines: list[str] = []
    for severity in Severity:
        for diagnostic in ordered:
            if diagnostic.severity is severity:
                lines += [*finding(diagnostic, ink, source), ""]
    return lines[:-1]


def folded(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Each finding once: one that several resources met alike (no cloud, a full disk) stands there once for all."""
    urns: dict[Diagnostic, list[str]] = {}
    for diagnostic in diagnostics:
        met = urns.setdefault(replace(diagnostic, urn=""), [])
        if diagnostic.urn not in met:
            met.append(diagnostic.urn)
    return tuple(_for_all(diagnostic, met) for diagnostic, met in urns.items())


def _for_all(diagnostic: Diagnostic, urns: list[str]) -> Diagnostic:
    if len(urns) == 1:
        return replace(diagnostic, urn=urns[0])
    names = [name for urn in urns if (name := _named(urn))]
    if len(names) < 2:
        return diagnostic
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    said = f"That ended {', '.join(names[:3])}{more}."
    return replace(diagnostic, detail=f"{diagnostic.detail} {said}".strip())


def tally(diagnostics: Iterable[Diagnostic]) -> str:
    """`2 errors, 1 warning`; notes are not counted."""
    found = list(diagnostics)
    parts = []
    for severity in (Severity.ERROR, Severity.WARNING):
        number = sum(d.severity is severity for d in found)
        if number:
            parts.append(f"{number} {severity}{'s' if number > 1 else ''}")
    return ", ".join(parts)


def shorter(span: Span) -> str:
    """The place with its file as seen from the working folder, if it is in there."""
    path = Path(span.file)
    if path.is_absolute():
        try:
            path = path.relative_to(Path.cwd())
        except (ValueError, OSError):
            return str(span)
    return f"{path}:{span.line}:{span.column}"


def _resource(diagnostic: Diagnostic) -> str:
    """`deployment assistant`, for a finding about a resource whose summary does not name it."""
    name = _named(diagnostic.urn)
    return "" if diagnostic.urn.rpartition("::")[2] in diagnostic.summary else name


def _named(urn: str) -> str:
    """`deployment assistant`; nothing for what a person does not know by a name."""
    parts = urn.split("::")
    if len(parts) < 4 or parts[2].startswith("pulumi:"):
        return ""
    return f"{words.kind(parts[2].rpartition('$')[2])} {parts[-1]}"


def _excerpt(span: Span, ink: Ink, source: Source) -> list[str]:
    """The line that the span points at, cut to the paper around its column, and a caret under it."""
    text = source(span.file)
    if text is None or not 1 <= span.line <= len(text):
        return []
    number = f"{span.line:>5} | "
    blank = f"{'':>5} | "
    line = printable(text[span.line - 1].replace("\t", " "))
    column = min(max(span.column, 1), len(line) + 1)
    room = max(ink.width - len(number), 20)
    start = max(0, min(column - 1 - room // 2, len(line) - room)) if cells(line) > room else 0
    shown = line[start : start + room]
    caret = " " * cells(line[start : column - 1]) + "^"
    return [
        ink.paint(number, "dim") + shown.rstrip(),
        ink.paint(blank, "dim") + ink.paint(caret, "red", "bold"),
    ]
