"""Prompts are processed where `policy.residency` allows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import SERVERLESS, Catalog
from modelform.checks.place import Placed, elsewhere, placed, said_by, written
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "residency.processing"
level = Severity.ERROR
sentence = "Every deployment processes prompts where `policy.residency` allows it."
reason = (
    "The sku decides where prompts go, not the region: Global skus anywhere, DataZone skus within the data zone, "
    "Standard and provisioned ones in the region, serverless endpoints within their Azure geography. The EU data zone "
    "is the EU Data Boundary, with Norway and Switzerland, so `eu` refuses it."
)


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a deployment whose prompts may leave, or that is not proven to stay."""
    residency = stack.policy.residency
    if residency is None:
        return
    for item in placed(stack, catalog):
        if item.region not in catalog.regions or not (item.sku == SERVERLESS or item.sku in catalog.data["skus"]):
            continue
        allowance = catalog.allowed_by(residency, item.sku, item.region, item.model)
        detail = said_by(catalog, allowance.processing.evidence)
        if not allowance:
            summary = (
                f"{item.key}: prompts to {written(item.sku)} in {item.region} are processed {allowance.reason}, "
                f"and the policy says {residency}"
            )
            yield Diagnostic(code, level, summary, detail, item.span("sku"), elsewhere(item, catalog))
        elif allowance.processing.caveat and _may_leave(item, residency, catalog):
            summary = f"{item.key}: that prompts stay in {residency} is not proven: they {allowance.processing.caveat}"
            hint = "choose a region that is alone in its Azure geography"
            yield Diagnostic(code, Severity.WARNING, summary, detail, item.span("sku"), hint)


def _may_leave(item: Placed, residency: str, catalog: Catalog) -> bool:
    """Whether the rest of the region's Azure geography would break the policy."""
    geography = catalog.regions[item.region].geography
    others = [name for name, region in catalog.regions.items() if region.geography == geography]
    return not all(catalog.allowed_by(residency, item.sku, name, item.model) for name in others)
