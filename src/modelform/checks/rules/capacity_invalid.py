"""Every capacity is within the bounds of its offer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.checks.place import graded, placed, said_by
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "capacity.invalid"
level = Severity.ERROR
sentence = "Every capacity is within the offer's smallest and largest size, and a whole number of its steps."
reason = "Provisioned throughput starts at 15 to 100 units and grows in steps; ARM refuses everything between."


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a deployment whose capacity does not fit its offer."""
    for item in placed(stack, catalog):
        offer = item.model.offers.get(item.sku) if item.model else None
        capacity = item.deployment.capacity
        if offer is None or capacity is None or not item.model:
            continue
        wanted = offer.capacity.problem(capacity.sku_capacity)
        if not wanted:
            continue
        yield Diagnostic(
            code,
            graded(level, offer.capacity.evidence),
            f"{item.key}: {capacity.amount} {capacity.unit} is no size of {item.model.name} as {item.sku}",
            said_by(catalog, offer.capacity.evidence),
            item.span("capacity"),
            f"it takes {wanted}",
        )
