"""Every code that the policy sets the level of is one that exists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.catalog.search import near
from modelform.checks.rule import OTHERS, every_rule
from modelform.checks.runner import rules_of
from modelform.errors import Diagnostic, Severity, Span
from modelform.spec.resolved import Origins, Stack

code = "policy.unknown-code"
level = Severity.WARNING
sentence = "Every code under `policy.rules`, and in the exceptions of a company file, is the code of a check."
reason = "A slip of the pen there would leave a check at its old level, or an exception without effect, without a word."


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a code that no check has."""
    named = list(_named(stack))
    codes = sorted({rule.code for rule in (*every_rule(), *rules_of(stack))} | {*OTHERS} if named else ())
    for wanted, where, span in named:
        if wanted in codes:
            continue
        close = near(wanted, codes, most=2)
        hint = "did you mean " + " or ".join(close) + "?" if close else "the codes are: " + ", ".join(codes)
        yield Diagnostic(code, level, f"{where}: there is no check {wanted!r}", "", span, hint)


def _named(stack: Stack) -> Iterator[tuple[str, str, Span | None]]:
    """Every code that a file names, with its place in words and in the file."""
    for wanted in stack.policy.rules:
        yield wanted, "policy.rules", _span(stack.origins, wanted)
    if stack.company is None:
        return
    for wanted in stack.company.policy.rules:
        yield wanted, "the company's policy.rules", _span(stack.company.origins, wanted)
    for index, waiver in enumerate(stack.company.waivers):
        yield waiver.code, "the company's exceptions", stack.company.origins.span(f"exceptions.{index}.code")


def _span(origins: Origins, wanted: str) -> Span | None:
    return origins.span(f"policy.rules.{wanted}") or origins.span("policy.rules")
