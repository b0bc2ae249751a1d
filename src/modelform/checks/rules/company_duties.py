"""The stack leaves to others what its company has others do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "company.duties"
level = Severity.ERROR
sentence = "No stack assigns roles or keeps private DNS zones where the company file says that others do."
reason = "Two who write the same zone or the same assignment undo each other's work, and the second one finds out."
WORDS = {
    "roleAssignments": ("roles are assigned by", "remove it, and ask them for the assignment"),
    "dns": ("private DNS zones are kept by", "write `dns: none`, and ask them for the records"),
}


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a duty of somebody else's that the stack declares."""
    for duty, who in stack.company.duties.items() if stack.company else ():
        if duty in stack.duties and stack.company:
            said, hint = WORDS[duty]
            path = stack.duties[duty]
            summary = f"{path.partition('.')[0]}: {said} {who}, and this file declares it itself"
            detail = f"the company says so at {stack.company.origins.span(f'duties.{duty}')}"
            yield Diagnostic(code, level, summary, detail, stack.origins.span(path), hint)
