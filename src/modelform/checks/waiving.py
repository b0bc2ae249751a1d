"""A company's exceptions: a finding that one covers is told as a note, with the reason and the last day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from fnmatch import fnmatchcase

from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack
from modelform.spec.rulebook import Waiver


def waived(found: Iterable[Diagnostic], stack: Stack, today: date) -> list[Diagnostic]:
    """The findings, those that are excused today as notes."""
    waivers = [w for w in (stack.company.waivers if stack.company else ()) if w.covers(stack.name, today)]
    return [_excused(finding, stack, waivers) for finding in found]


def about(finding: Diagnostic, stack: Stack) -> frozenset[str]:
    """The deployments that a finding is about: by its place, and by the names before its first colon.

    One place may be several deployments' (a YAML alias), and one finding may name several and point at one of them.
    """
    if finding.span is None:
        return frozenset()
    places = [path for path, span in stack.origins.spans.items() if span == finding.span]
    by_place = frozenset(
        key
        for key in stack.deployments
        if any(path == f"deployments.{key}" or path.startswith(f"deployments.{key}.") for path in places)
    )
    named = frozenset(finding.summary.partition(": ")[0].split(", "))
    by_name = named if named <= stack.deployments.keys() else frozenset()
    return by_name if by_name & by_place else by_place


def _excused(finding: Diagnostic, stack: Stack, waivers: list[Waiver]) -> Diagnostic:
    if finding.severity is Severity.INFO:
        return finding
    for waiver in waivers:
        if waiver.code == finding.code and (not waiver.deployment or _fits(waiver, about(finding, stack))):
            told = f"excused until {waiver.until}: {waiver.reason} ({waiver.span})"
            detail = f"{finding.detail}; {told}" if finding.detail else told
            return replace(finding, severity=Severity.INFO, detail=detail, hint="")
    return finding


def _fits(waiver: Waiver, keys: frozenset[str]) -> bool:
    return bool(keys) and all(fnmatchcase(key, waiver.deployment) for key in keys)
