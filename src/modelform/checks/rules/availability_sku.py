"""Every model has the sku that is asked for, somewhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import SERVERLESS, Catalog, Evidence
from modelform.checks.place import Placed, elsewhere, from_source, graded, placed, said_by, written
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "availability.sku"
level = Severity.ERROR
sentence = "Every model is on offer under the sku that the stack asks for."
reason = (
    "A sku is how a model is sold, and few models have them all. Which models have provisioned throughput is known "
    "from third parties only, so that is a warning."
)


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a deployment whose model has not that sku in any region."""
    for item in placed(stack, catalog):
        model = item.model
        if model is None or item.sku in model.offers or (item.sku == SERVERLESS and model.serverless):
            continue
        if catalog.lifecycle(model, today).status == "retired":
            continue
        evidence = _absence(item, catalog)
        yield Diagnostic(
            code,
            graded(level, evidence),
            f"{item.key}: {model.name} {model.version} has no sku {written(item.sku)}",
            said_by(catalog, evidence),
            item.span("sku"),
            elsewhere(item, catalog),
        )


def _absence(item: Placed, catalog: Catalog) -> Evidence:
    """How sure it is that the sku is missing: as sure as the list of offers is complete."""
    facts = catalog.data["regionFacts"]
    if item.sku == SERVERLESS:
        return from_source(catalog, catalog.data["serverlessEndpoints"]["regionsSource"])
    if catalog.data["skus"].get(item.sku, {}).get("billing") == "ptuHour":
        return from_source(catalog, facts["provisionedSource"])
    listed = from_source(catalog, facts["zoneSource"])
    if item.model is not None and item.model.regions_unknown:
        return Evidence(listed.source, listed.as_of, "inferred")
    return listed
