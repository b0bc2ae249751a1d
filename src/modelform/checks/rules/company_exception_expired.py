"""No exception for this stack is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fnmatch import fnmatchcase

from modelform.catalog import Catalog
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "company.exception-expired"
level = Severity.WARNING
sentence = "No exception of the company file for the stack is past its last day."
reason = "An exception that is over excuses nothing any more; what it excused is found again, under its own code."


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding an exception that is over."""
    for waiver in stack.company.waivers if stack.company else ():
        if today <= waiver.until or not fnmatchcase(stack.name, waiver.stack):
            continue
        who = f"deployments {waiver.deployment} of " if waiver.deployment else ""
        yield Diagnostic(
            code,
            level,
            f"the exception from {waiver.code} for {who}{waiver.stack} ended on {waiver.until}",
            f"it was granted because: {waiver.reason}",
            waiver.span,
            "grant it anew with another last day, or remove it",
        )
