"""Every code that the policy sets the level of is one that exists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.catalog.search import near
from modelform.checks.rule import every_rule
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "policy.unknown-code"
level = Severity.WARNING
sentence = "Every code under `policy.rules` is the code of a check."
reason = "A slip of the pen there would leave a check at its old level without a word."


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a code that no check has."""
    codes = [rule.code for rule in every_rule()]
    for wanted in stack.policy.rules:
        if wanted in codes:
            continue
        close = near(wanted, codes, most=2)
        hint = "did you mean " + " or ".join(close) + "?" if close else "the codes are: " + ", ".join(codes)
        span = stack.origins.span(f"policy.rules.{wanted}") or stack.origins.span("policy.rules")
        yield Diagnostic(code, level, f"policy.rules: there is no check {wanted!r}", "", span, hint)
