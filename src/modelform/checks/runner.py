"""Runs the rules over a stack, and lets its policy and its company's decide what stops."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from modelform.checks.rule import Rule, every_rule
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
    facts are Microsoft's own, which are the ones that a rule gave its full level. A company's exceptions come last:
    what is excused is told as a note.
    """
    report = Report()
    for rule in rules_of(stack):
        wanted = wanted_level(stack, rule)
        if wanted == OFF or (only and rule.code not in only):
            continue
        for finding in rule.check(stack, catalog, today, facts):
            level = LEVELS.get(wanted or "")
            trusted = finding.severity is rule.level
            if finding.code != rule.code:
                # What a pack's rule failed with is another code's, with a level of its own.
                other = _level(stack, finding)
                if other == OFF:
                    continue
                level, trusted = LEVELS.get(other or ""), False
            if level and (trusted or _rank(level) < _rank(finding.severity)):
                finding = replace(finding, severity=level)
            report.add(finding)
    if stack.company is not None and stack.company.waivers:
        from modelform.checks.waiving import waived

        return waived(report.sorted(), stack, today)
    return report.sorted()


def rules_of(stack: Stack) -> tuple[Rule, ...]:
    """Our rules, and those of the stack's packs."""
    ours = every_rule(company=stack.company is not None)
    if not stack.policy.packs:
        return ours
    from modelform.checks.packs import pack_rules

    return (*ours, *pack_rules(stack.policy.packs).rules)


def wanted_level(stack: Stack, rule: Rule) -> str | None:
    """The level that the policy gives a code, None where it says nothing; a stack may only raise its company's."""
    own = stack.policy.rules.get(rule.code)
    if stack.company is None:
        return own
    floor = stack.company.policy.rules.get(rule.code)
    return floor if own is None or lowers(own, floor or str(rule.level)) else own


def _level(stack: Stack, finding: Diagnostic) -> str | None:
    return next((wanted_level(stack, rule) for rule in every_rule() if rule.code == finding.code), None)


def lowered(stack: Stack) -> Iterator[tuple[str, str, str]]:
    """Where a stack's `policy.rules` would lower a level under a company file: code, what it says, what holds."""
    if stack.company is None:
        return
    for rule in rules_of(stack):
        own = stack.policy.rules.get(rule.code)
        floor = stack.company.policy.rules.get(rule.code) or str(rule.level)
        if own is not None and lowers(own, floor):
            yield rule.code, own, floor


def lowers(level: str, floor: str) -> bool:
    """Is a level less than another?"""
    order = (OFF, "info", "warning", "error")
    return order.index(level) < order.index(floor)


def _rank(severity: Severity) -> int:
    return (Severity.INFO, Severity.WARNING, Severity.ERROR).index(severity)
