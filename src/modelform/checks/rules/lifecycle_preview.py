"""Models in preview are deployed only where the policy says so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.checks.place import graded, placed, said_by
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "lifecycle.preview"
level = Severity.ERROR
sentence = "No model is in preview, unless `policy.lifecycle` lists `preview`; without such a policy it is a warning."
reason = "A preview may change or retire with 30 days' notice, and other terms hold for it."


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a deployment of a model in preview."""
    allowed = stack.policy.lifecycle
    if "preview" in allowed:
        return
    for item in placed(stack, catalog):
        if item.model is None:
            continue
        standing = catalog.lifecycle(item.model, today)
        if standing.status != "preview":
            continue
        detail = ". ".join(part for part in (standing.note.rstrip("."), said_by(catalog, standing.evidence)) if part)
        yield Diagnostic(
            code,
            graded(level, standing.evidence) if allowed else Severity.WARNING,
            f"{item.key}: {item.model.name} {item.model.version} is in preview",
            detail,
            item.span("model"),
            "say that previews are accepted: `policy: {lifecycle: [generallyAvailable, preview]}`",
        )
