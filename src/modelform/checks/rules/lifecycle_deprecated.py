"""No deployment is of a model that is closed to new subscriptions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.checks.place import graded, placed, said_by
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "lifecycle.deprecated"
level = Severity.ERROR
sentence = (
    "No model is deprecated, unless `policy.lifecycle` lists `deprecated`; without such a policy it is a warning."
)
reason = (
    "Only subscriptions that had a deployment of the version before can still add one; Azure refuses all others, and "
    "the retirement date is near."
)


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a deployment of a deprecated model."""
    allowed = stack.policy.lifecycle
    if "deprecated" in allowed:
        return
    for item in placed(stack, catalog):
        if item.model is None:
            continue
        standing = catalog.lifecycle(item.model, today)
        if standing.status != "deprecated":
            continue
        until = f" and retires on {standing.retires}" if standing.retires else ""
        from modelform.checks.succession import successor

        yield Diagnostic(
            code,
            graded(level, standing.evidence) if allowed else Severity.WARNING,
            f"{item.key}: {item.model.name} {item.model.version} is deprecated{until}",
            said_by(catalog, standing.evidence),
            item.span("model"),
            successor(item, catalog, today),
        )
