"""Any deployment: what the catalogue offers and the policy allows passes, all else is found, and nothing raises."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from modelform import checks
from modelform.catalog import SERVERLESS, Catalog, Model
from modelform.errors import Severity
from modelform.spec.resolved import Stack

CATALOG = Catalog.load()
CODES = {rule.code for rule in checks.every_rule()}
AVAILABILITY = {"availability.model", "availability.version", "availability.sku", "availability.region"}


@given(
    model=st.sampled_from(CATALOG.models),
    sku=st.sampled_from([*CATALOG.data["skus"], SERVERLESS]),
    region=st.sampled_from([*CATALOG.regions, "atlantis"]),
    residency=st.sampled_from(CATALOG.residencies()),
    today=st.dates(date(2026, 1, 1), date(2029, 1, 1)),
)
@settings(deadline=None, max_examples=300)
def test_checks_say_what_the_catalogue_says(
    build_stack: Callable[..., Stack], model: Model, sku: str, region: str, residency: str, today: date
) -> None:
    kind = "hub" if sku == SERVERLESS else "foundry"
    written = {
        "policy": {"residency": residency},
        "workspaces": {"home": {"kind": kind, "location": region}},
        "deployments": {"chat": {"model": model.id, "sku": sku, "terms": "accepted"}},
    }
    findings = checks.run(build_stack(written), CATALOG, today=today)
    found = {finding.code for finding in findings}
    assert found <= CODES
    assert all(finding.summary and str(finding) for finding in findings)

    known = region in CATALOG.regions
    offered = known and sku in CATALOG.skus_in(model, region)
    gone = CATALOG.lifecycle(model, today).status == "retired"
    assert bool(found & AVAILABILITY) is (not known or not (offered or gone))
    assert ("lifecycle.retired" in found) is gone
    errors = {finding.code for finding in findings if finding.severity is Severity.ERROR}
    refused = known and not CATALOG.allowed_by(residency, sku, region, model)
    assert ("residency.processing" in errors) is refused
