"""What workspaces store is kept where the policy allows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.checks.place import nearest, said_by, several
from modelform.checks.proof import stores
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "residency.at-rest"
level = Severity.ERROR
sentence = "Every workspace stores data where `policy.atRest`, or else `policy.residency`, allows it."
reason = (
    "An account keeps files, threads, stored responses and batches, a hub its storage account, key vault and logs: all "
    "in the region of the workspace, whatever the sku does with prompts."
)


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a workspace that stores data elsewhere."""
    wanted = stack.policy.storage
    if wanted is None:
        return
    for workspace in stack.workspaces.values():
        if workspace.location not in catalog.regions or catalog.rest_allowed(wanted, workspace.location):
            continue
        key = "atRest" if stack.policy.at_rest else "residency"
        allowed = [name for name in catalog.regions if catalog.rest_allowed(wanted, name)]
        yield Diagnostic(
            code,
            level,
            f"{workspace.key}: {stores(workspace)} are kept {catalog.at_rest(workspace.location).text}, "
            f"and policy.{key} says {wanted}",
            said_by(catalog, catalog.at_rest(workspace.location).evidence),
            stack.origins.span(f"workspaces.{workspace.key}.location"),
            f"regions within {wanted}: {several(nearest(allowed, workspace.location, catalog))}",
        )
