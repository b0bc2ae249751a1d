"""Every sku is on offer in the region of its workspace, and every region exists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import SERVERLESS, Catalog
from modelform.catalog.search import near
from modelform.checks.place import elsewhere, from_source, graded, nearest, placed, said_by, several, written
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack, Workspace

code = "availability.region"
level = Severity.ERROR
sentence = "Every workspace is in a region that can have it, and every model is on offer there under its sku."
reason = (
    "Models, skus, Foundry projects and hubs with serverless endpoints are each on offer in other regions. A list that "
    "is third party or incomplete only warns."
)


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a workspace or deployment that its region cannot have."""
    for workspace in stack.workspaces.values():
        yield from _workspace(stack, workspace, catalog)
    for item in placed(stack, catalog):
        model = item.model
        if model is None or item.region not in catalog.regions:
            continue
        offer = model.serverless if item.sku == SERVERLESS else model.offers.get(item.sku)
        if offer is None or item.region in offer.regions or catalog.lifecycle(model, today).status == "retired":
            continue
        proof = offer.evidence if item.sku == SERVERLESS else model.offers[item.sku].at(item.region)
        what = "is not on offer as a serverless endpoint" if item.sku == SERVERLESS else f"has no {written(item.sku)}"
        yield Diagnostic(
            code,
            graded(level, proof),
            f"{item.key}: {model.name} {model.version} {what} in {item.region}",
            said_by(catalog, proof),
            item.span("sku") if not item.deployment.sku_chosen else item.span("model"),
            elsewhere(item, catalog),
        )


def _workspace(stack: Stack, workspace: Workspace, catalog: Catalog) -> Iterator[Diagnostic]:
    span = stack.origins.span(f"workspaces.{workspace.key}.location")
    region = catalog.regions.get(workspace.location)
    if region is None:
        close = near(workspace.location, catalog.regions)
        hint = "did you mean " + " or ".join(close) + "?" if close else "regions: " + several(catalog.regions)
        summary = f"{workspace.key}: there is no region {workspace.location!r}"
        yield Diagnostic(code, level, summary, f"catalogue of {catalog.version}", span, hint)
        return
    facts = catalog.data["regionFacts"]
    if workspace.kind != "hub" and not region.ai_services_accounts:
        evidence = from_source(catalog, facts["accountsSource"])
        have = [name for name, place in catalog.regions.items() if place.ai_services_accounts]
        hint = "regions: " + several(nearest(have, region.name, catalog))
        summary = f"{workspace.key}: {region.name} has no accounts for models"
        yield Diagnostic(code, graded(level, evidence), summary, said_by(catalog, evidence), span, hint)
    if workspace.kind == "foundry" and workspace.projects and not region.foundry_projects:
        evidence = from_source(catalog, facts["projectsSource"])
        have = [name for name, place in catalog.regions.items() if place.foundry_projects]
        hint = "regions: " + several(nearest(have, region.name, catalog))
        summary = f"{workspace.key}: {region.name} has no Foundry projects"
        yield Diagnostic(code, graded(level, evidence), summary, said_by(catalog, evidence), span, hint)
