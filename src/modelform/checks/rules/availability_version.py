"""Every model has the version that is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.checks.place import placed
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "availability.version"
level = Severity.ERROR
sentence = "Every model has the version that the stack pins."
reason = "ARM refuses a version that it does not have, after everything before it in the account has been changed."


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a deployment of a version that does not exist, or that nothing is known of."""
    for item in placed(stack, catalog):
        wanted = item.deployment.model
        versions = [m for m in catalog.versions(wanted.name) if m.format == wanted.format]
        if item.model or not versions:
            continue
        hint = "versions: " + ", ".join(m.version for m in versions)
        if any(wanted.version in m.other_versions for m in versions):
            summary = f"{item.key}: the catalogue has no facts of {wanted.name} {wanted.version}, an older version"
            yield Diagnostic(code, Severity.WARNING, summary, "", item.span("model"), hint)
        else:
            summary = f"{item.key}: {wanted.name} has no version {wanted.version!r}"
            yield Diagnostic(code, level, summary, f"catalogue of {catalog.version}", item.span("model"), hint)
