"""No workspace takes keys where the policy denies them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "security.local-keys"
level = Severity.ERROR
sentence = "No account accepts keys where `policy.localKeys` is `deny`."
reason = "A key is a password without an owner: whoever has it may call the models, and no log says who that was."


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding an account that accepts keys."""
    if stack.policy.local_keys != "deny":
        return
    for workspace in stack.workspaces.values():
        if workspace.kind != "hub" and workspace.local_keys:
            yield Diagnostic(
                code,
                level,
                f"{workspace.key}: the account accepts keys, and the policy denies them",
                "",
                stack.origins.span(f"workspaces.{workspace.key}.localKeys"),
                "write `localKeys: false`, and let callers sign in with Entra ID",
            )
