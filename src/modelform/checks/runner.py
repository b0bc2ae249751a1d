"""Runs the rules over a stack, and lets its policy decide what stops."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from modelform.checks.rule import every_rule
from modelform.errors import Diagnostic, Report, Severity

if TYPE_CHECKING:
    from modelform.catalog import Catalog
    from modelform.spec.resolved import Stack

OFF = "off"
LEVELS = {"error": Severity.ERROR, "warning": Severity.WARNING, "warn": Severity.WARNING, "info": Severity.INFO}


def run(
    stack: Stack, catalog: Catalog, *, today: date, facts: object | None = None, only: Collection[str] = ()
) -> list[Diagnostic]:
    """Every finding of every rule, or of `only` some by their codes, by place in the file.

    `policy.rules` makes a code `error`, `warning`, `info` or `off`. It lowers findings; it raises only those whose
    facts are Microsoft's own, which are the ones that a rule gave its full level.
    """
    report = Report()
    for rule in every_rule():
        wanted = stack.policy.rules.get(rule.code)
        if wanted == OFF or (only and rule.code not in only):
            continue
        for finding in rule.check(stack, catalog, today, facts):
            level = LEVELS.get(wanted or "")
            trusted = finding.severity is rule.level
            if level and (trusted or _rank(level) < _rank(finding.severity)):
                finding = replace(finding, severity=level)
            report.add(finding)
    return report.sorted()


def _rank(severity: Severity) -> int:
    return (Severity.INFO, Severity.WARNING, Severity.ERROR).index(severity)
