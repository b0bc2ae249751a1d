"""A company's exceptions: a finding that one covers is told as a note, with the reason and the last day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from fnmatch import fnmatchcase

from modelform.errors import Diagnostic, Severity, Span
from modelform.spec.resolved import Stack
from modelform.spec.rulebook import Waiver


def waived(found: Iterable[Diagnostic], stack: Stack, today: date) -> list[Diagnostic]:
    """The findings, those that are excused today as notes."""
    waivers = [w for w in (stack.company.waivers if stack.company else ()) if w.covers(stack.name, today)]
    if not waivers:
        return list(found)
    subjects = Subjects(stack)
    return [_excused(finding, subjects, waivers) for finding in found]


class Subjects:
    """Which deployments the findings about a stack are about."""

    def __init__(self, stack: Stack) -> None:
        self._known = stack.deployments.keys()
        self._places: dict[Span, set[str]] = {}
        for path, span in stack.origins.spans.items():
            if key := self._key(path):
                self._places.setdefault(span, set()).add(key)

    def of(self, finding: Diagnostic) -> frozenset[str]:
        """The deployments of a finding: by its place, and by the names before its first colon.

        One place may be several deployments' (a YAML alias), and one finding may name several and point at one.
        """
        by_place = frozenset(self._places.get(finding.span, ())) if finding.span else frozenset()
        named = frozenset(finding.summary.partition(": ")[0].split(", "))
        by_name = named if named <= self._known else frozenset()
        return by_name if by_name & by_place else by_place

    def _key(self, path: str) -> str:
        """The deployment that a path of the stack file lies in; keys may have dots in them."""
        head, _, rest = path.partition(".")
        while head == "deployments" and rest:
            if rest in self._known:
                return rest
            rest = rest.rpartition(".")[0]
        return ""


def _excused(finding: Diagnostic, subjects: Subjects, waivers: list[Waiver]) -> Diagnostic:
    if finding.severity is Severity.INFO:
        return finding
    for waiver in waivers:
        if waiver.code == finding.code and (not waiver.deployment or _fits(waiver, subjects.of(finding))):
            told = _told(waiver)
            detail = f"{finding.detail}; {told}" if finding.detail else told
            return replace(finding, severity=Severity.INFO, detail=detail, hint="")
    return finding


def excuse_of(finding: Diagnostic, stack: Stack) -> str:
    """Why a finding is only a note, where an exception made it one; else empty."""
    for waiver in stack.company.waivers if stack.company and finding.severity is Severity.INFO else ():
        if waiver.code == finding.code and _told(waiver) in finding.detail:
            return _told(waiver)
    return ""


def _told(waiver: Waiver) -> str:
    return f"excused until {waiver.until}: {waiver.reason} ({waiver.span})"


def _fits(waiver: Waiver, keys: frozenset[str]) -> bool:
    return bool(keys) and all(fnmatchcase(key, waiver.deployment) for key in keys)
