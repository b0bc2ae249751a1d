"""No workspace is open to the internet where the policy denies it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "security.public-network"
level = Severity.ERROR
sentence = "No workspace is reachable from the internet where `policy.publicNetwork` is `deny`."
reason = "With a private endpoint a leaked token is of no use outside the network."


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a workspace with a public endpoint."""
    if stack.policy.public_network != "deny":
        return
    for workspace in stack.workspaces.values():
        if workspace.exposure == "public":
            yield Diagnostic(
                code,
                level,
                f"{workspace.key}: the workspace is reachable from the internet, and the policy denies it",
                "",
                stack.origins.span(f"workspaces.{workspace.key}.exposure"),
                "write `exposure: private` and name a network",
            )
