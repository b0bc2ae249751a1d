"""Every exception for just this stack finds the deployments that it names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fnmatch import fnmatchcase

from modelform.catalog import Catalog
from modelform.checks.place import several
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "company.exception-unused"
level = Severity.WARNING
sentence = "Every exception of the company file that names the stack names deployments which it has."
reason = (
    "A slip of the pen in an exception excuses nothing, without a word. One for a pattern of stacks may be meant for "
    "the others of them, and is left alone."
)


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding an exception that is for no deployment of the stack."""
    for waiver in stack.company.waivers if stack.company else ():
        named = waiver.stack == stack.name and waiver.covers(stack.name, today)
        if not named or not waiver.deployment or any(fnmatchcase(key, waiver.deployment) for key in stack.deployments):
            continue
        yield Diagnostic(
            code,
            level,
            f"the exception from {waiver.code} for {waiver.stack} excuses nothing: it has no deployment "
            f"{waiver.deployment}",
            f"its deployments are {several(stack.deployments)}" if stack.deployments else "",
            waiver.span,
            "name one of them, or remove it",
        )
