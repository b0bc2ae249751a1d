"""The stack asks for nothing that its company forbids."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.checks.runner import lowered
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "company.loosened"
level = Severity.ERROR
sentence = "No `policy:` of a stack is looser than the company file's, and none of its `rules` lowers a level."
reason = (
    "What the company says holds all the same; a line that seems to say something else would mislead whoever reads the "
    "stack file. Exceptions are granted in the company file, by those who answer for it."
)


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a place where the stack would allow more."""
    if stack.company is None:
        return
    hint = "remove it or write something tighter; an exception is granted in the company file"
    for item in stack.loosened:
        key = item.path.rstrip("0123456789").rstrip(".")
        summary, way = f"{key}: {item.said} is looser than the company's {item.floor}, which holds", hint
        currency = item.floor.rpartition(" ")[2]
        if key == "policy.monthlyCost" and currency != item.said.rpartition(" ")[2]:
            # Which of the two is more nobody can say without a rate.
            summary = f"{key}: {item.said} cannot be held against the company's {item.floor}, which holds"
            way = f"write the limit in {currency}, or remove it"
        detail = f"the company says so at {item.floor_span}" if item.floor_span else ""
        yield Diagnostic(code, level, summary, detail, stack.origins.span(item.path), way)
    for lower, said, floor in lowered(stack):
        own = stack.company.policy.rules.get(lower)
        whose = "the company's" if own else "the check's own"
        summary = f"policy.rules: {lower}: {said} is looser than {whose} {floor}, which holds"
        where = stack.company.origins.span(f"policy.rules.{lower}") if own else None
        detail = f"the company says so at {where}" if where else ""
        yield Diagnostic(code, level, summary, detail, stack.origins.span(f"policy.rules.{lower}"), hint)
