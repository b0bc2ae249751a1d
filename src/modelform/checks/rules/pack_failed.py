"""Every check of a pack can be made."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "pack.failed"
level = Severity.ERROR
sentence = "Every file of `policy.packs` is a check that loads, and none raises or answers with something else."
reason = "A check that was not made has not been passed. The finding names file and line, and the rest is checked."


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a file that is no check; what a check does when it runs is told where it runs."""
    if stack.policy.packs:
        from modelform.checks.packs import pack_rules

        yield from pack_rules(stack.policy.packs).failures
