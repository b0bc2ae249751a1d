"""No account holds more deployments than Azure allows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from modelform.catalog import SERVERLESS, Catalog
from modelform.checks.place import graded, said_by
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "limit.deployments"
level = Severity.ERROR
sentence = "No account has more than 32 deployments that are billed by the token."
reason = "Azure refuses the thirty-third, whatever the quota; provisioned deployments do not count."

LIMIT = "standardDeploymentsPerAccount"


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding an account that is too full."""
    limit = catalog.limit(LIMIT)
    held = Counter(d.workspace for d in stack.deployments.values() if by_token(d.sku, catalog))
    for key, count in held.items():
        if count > limit.value:
            yield Diagnostic(
                code,
                graded(level, limit.evidence),
                f"{key}: {count} deployments, and an account holds {limit.value}",
                said_by(catalog, limit.evidence),
                stack.origins.span(f"workspaces.{key}"),
                "put some of them into a second workspace",
            )


def by_token(sku: str, catalog: Catalog) -> bool:
    """Does a deployment count against the limit? Provisioned ones and endpoints of hubs do not."""
    return sku != SERVERLESS and catalog.data["skus"].get(sku, {}).get("billing") != "ptuHour"
