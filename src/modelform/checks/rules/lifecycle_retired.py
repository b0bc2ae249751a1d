"""No deployment is of a model that is retired."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.checks.place import graded, placed, said_by
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "lifecycle.retired"
level = Severity.ERROR
sentence = "No model is retired on the day of the run."
reason = (
    "A retired model answers 410 Gone, and ARM refuses to deploy it. A date that has passed outweighs the status that "
    "a source gave before it."
)


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a deployment of a model that is gone."""
    for item in placed(stack, catalog):
        if item.model is None:
            continue
        standing = catalog.lifecycle(item.model, today)
        if standing.status != "retired":
            continue
        when = f"was retired on {standing.retires}" if standing.retires else "is retired by at least one source"
        detail = ". ".join(part for part in (standing.note.rstrip("."), said_by(catalog, standing.evidence)) if part)
        from modelform.checks.succession import successor

        yield Diagnostic(
            code,
            graded(level, standing.evidence),
            f"{item.key}: {item.model.name} {item.model.version} {when}",
            detail,
            item.span("model"),
            successor(item, catalog, today),
        )
