"""No deployment is of a model that retires within the notice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.checks.place import graded, placed, said_by
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "lifecycle.retiring"
level = Severity.ERROR
sentence = "No model retires within `policy.retirementNotice`; without one, Microsoft's own notice warns."
reason = (
    "A deployment stops on the day its model retires, and moving an application to another model takes weeks. The date "
    "of a preview is the first day on which it may go, so it never stops a plan."
)


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a deployment whose model goes soon."""
    from modelform.checks.lifecycle import last_day, notice

    for item in placed(stack, catalog):
        if item.model is None:
            continue
        standing = catalog.lifecycle(item.model, today)
        if standing.status == "retired" or standing.days_left is None:
            continue
        if standing.days_left > notice(stack, catalog, standing):
            continue
        severity = graded(level, standing.evidence)
        if stack.policy.retirement_notice_days is None or standing.earliest:
            severity = Severity.WARNING
        told = (last_day(item), standing.note.rstrip("."), said_by(catalog, standing.evidence))
        detail = ". ".join(part for part in told if part)
        from modelform.checks.succession import successor

        yield Diagnostic(
            code,
            severity,
            f"{item.key}: {item.model.name} {item.model.version} {_when(standing.retires, standing.days_left)}"
            if not standing.earliest
            else f"{item.key}: {item.model.name} {item.model.version} may retire any day from {standing.retires}",
            detail,
            item.span("model"),
            successor(item, catalog, today),
        )


def _when(retires: date | None, days: int) -> str:
    return f"retires on {retires}, in {days} {'day' if days == 1 else 'days'}"
