"""Every workspace sends its logs somewhere where the policy requires it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "security.diagnostics"
level = Severity.ERROR
sentence = "Every workspace sends its diagnostic logs to a log workspace where `policy.diagnostics` is `required`."
reason = (
    "Without a diagnostic setting nobody can tell afterwards when which model was called, and from where: by itself "
    "Azure only keeps what is done to a workspace, not what is asked of it."
)


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a workspace whose logs go nowhere."""
    if stack.policy.diagnostics != "required":
        return
    for workspace in stack.workspaces.values():
        if workspace.diagnostics is None:
            yield Diagnostic(
                code,
                level,
                f"{workspace.key}: the workspace has no diagnostic setting, and the policy requires one",
                "",
                stack.origins.span(f"workspaces.{workspace.key}.diagnostics"),
                "write `diagnostics: true`, or `diagnostics: {workspace: ID}` for a log workspace that is there",
            )
