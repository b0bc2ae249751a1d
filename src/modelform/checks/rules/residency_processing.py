"""Prompts are processed where `policy.residency` allows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import SERVERLESS, Catalog
from modelform.checks.place import Placed, elsewhere, placed, routes_of, said_by, written
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "residency.processing"
level = Severity.ERROR
sentence = "Every deployment processes prompts where `policy.residency` allows it."
reason = (
    "The sku decides where prompts go, not the region: Global skus anywhere, DataZone skus within the data zone, "
    "Standard and provisioned ones in the region, serverless endpoints within their Azure geography. The EU data zone "
    "is the EU Data Boundary, with Norway and Switzerland, so `eu` refuses it. It holds for every member of a route."
)


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a deployment whose prompts may leave, or that is not proven to stay."""
    residency = stack.policy.residency
    if residency is None:
        return
    for item in placed(stack, catalog):
        if not (item.sku == SERVERLESS or item.sku in catalog.data["skus"]):
            continue
        if item.region not in catalog.regions:
            yield from _wherever(item, residency, catalog)
            continue
        allowance = catalog.allowed_by(residency, item.sku, item.region, item.model)
        detail = said_by(catalog, allowance.processing.evidence)
        if not allowance:
            detail += routes_of(item)
            summary = (
                f"{item.key}: prompts to {written(item.sku)} in {item.region} are processed {allowance.reason}, "
                f"and the policy says {residency}"
            )
            yield Diagnostic(code, level, summary, detail, item.span("sku"), elsewhere(item, catalog))
        elif not stack.policy.proof and catalog.may_leave(residency, item.sku, item.region, item.model):
            summary = f"{item.key}: that prompts stay in {residency} is not proven: they {allowance.processing.caveat}"
            hint = "choose a region that is alone in its Azure geography"
            yield Diagnostic(code, Severity.WARNING, summary, detail, item.span("sku"), hint)


def _wherever(item: Placed, residency: str, catalog: Catalog) -> Iterator[Diagnostic]:
    """A region that another tool does not say is no matter where the sku is allowed in none."""
    found = [catalog.allowed_by(residency, item.sku, region, item.model) for region in catalog.regions]
    if item.region or any(found):
        return
    reasons = {allowance.reason for allowance in found}
    said = f"are processed {found[0].reason}" if len(reasons) == 1 else "leave it"
    summary = f"{item.key}: the policy says {residency}, and prompts to {written(item.sku)} {said}, wherever it is"
    detail = said_by(catalog, found[0].processing.evidence)
    yield Diagnostic(code, level, summary, detail, item.span("sku"), "take a sku that stays where it may")
