"""What workspaces store is kept where the policy allows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.checks.place import nearest, said_by, several
from modelform.checks.proof import LOGS, kept_by
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "residency.at-rest"
level = Severity.ERROR
sentence = "Every workspace stores data where `policy.atRest`, or else `policy.residency`, allows it."
reason = (
    "An account keeps files, threads, stored responses and batches, a hub its storage account, key vault and logs: all "
    "in the region of the workspace, whatever the sku does with prompts. Diagnostic logs are kept where their log "
    "workspace is."
)


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a workspace that stores data elsewhere."""
    wanted = stack.policy.storage
    if wanted is None:
        return
    key = "atRest" if stack.policy.at_rest else "residency"
    allowed = [name for name in catalog.regions if catalog.rest_allowed(wanted, name)]
    for workspace in stack.workspaces.values():
        for kept in kept_by(workspace):
            if kept.what == LOGS and not kept.region:
                summary = (
                    f"{workspace.key}: where its diagnostic logs are kept is not known, and policy.{key} says {wanted}"
                )
                span = stack.origins.span(kept.path)
                yield Diagnostic(
                    code, Severity.WARNING, summary, "", span, "write its region beside it: `location: REGION`"
                )
            if kept.region not in catalog.regions or catalog.rest_allowed(wanted, kept.region):
                continue
            place = catalog.at_rest(kept.region)
            yield Diagnostic(
                code,
                level,
                f"{workspace.key}: {kept.what} are kept {place.text}, and policy.{key} says {wanted}",
                said_by(catalog, place.evidence),
                stack.origins.span(kept.path),
                f"regions within {wanted}: {several(nearest(allowed, kept.region, catalog))}",
            )
