"""That prompts and data stay where the policy wants them is proven as well as it asks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import PROOFS, SERVERLESS, Catalog
from modelform.checks.place import placed, said_by, written
from modelform.checks.proof import LOGS, kept_by
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "residency.proof"
level = Severity.ERROR
sentence = "Residency is proven at least as well as `policy.proof` asks, for processing and for storage."
reason = (
    "Contractual: the policy wants the EU Data Boundary, to which Microsoft commits itself, and the model has no terms "
    "of its own as previews and other companies' products have. Documented: Microsoft's documentation says so. "
    "Unproven: another page lets data move, as between West Europe and North Europe, or only third parties say it."
)


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a deployment or workspace whose proof is too weak; what is not allowed at all has its own code."""
    wanted = stack.policy.proof
    if wanted is None or wanted == PROOFS[0]:
        return
    least, residency, storage = PROOFS.index(wanted), stack.policy.residency, stack.policy.storage
    for item in placed(stack, catalog):
        if item.region not in catalog.regions or not (item.sku == SERVERLESS or item.sku in catalog.data["skus"]):
            continue
        allowance = catalog.allowed_by(residency, item.sku, item.region, item.model)
        proof = catalog.proof(residency, item.sku, item.region, item.model)
        if residency in (None, "global") or not allowance or PROOFS.index(proof) >= least:
            continue
        caveat = allowance.processing.caveat
        because = f": they {caveat}" if proof == "unproven" and caveat else ""
        summary = (
            f"{item.key}: that prompts to {written(item.sku)} in {item.region} stay in {residency} is {proof}{because}"
            f", and policy.proof says {wanted}"
        )
        detail = said_by(catalog, allowance.processing.evidence)
        yield Diagnostic(code, level, summary, detail, item.span("sku"), _way_out(proof, residency))
    for key, kept in ((w.key, kept) for w in stack.workspaces.values() for kept in kept_by(w)):
        region = kept.region
        if storage in (None, "global") or region not in catalog.regions or not catalog.rest_allowed(storage, region):
            continue
        proof = catalog.rest_proof(storage, region)
        if PROOFS.index(proof) < least:
            place, what = catalog.at_rest(region), kept.what if kept.what == LOGS else "data"
            stay, are = ("stay", "they are") if kept.what == LOGS else ("stays", "it is")
            summary = (
                f"{key}: that {what} in {region} {stay} in {storage} is {proof}: {are} kept {place.text}, "
                f"and policy.proof says {wanted}"
            )
            span = stack.origins.span(kept.path)
            yield Diagnostic(code, level, summary, said_by(catalog, place.evidence), span, _way_out(proof, storage))


def _way_out(proof: str, residency: str | None) -> str:
    if proof == "unproven":
        return "choose a region that is alone in its Azure geography"
    if residency != "eu-data-zone":
        return "only eu-data-zone is a place that contracts name: ask for that, or for documented proof"
    return "choose a generally available model that Azure sells, or ask for documented proof"
