"""No workspace calls whatever host it likes where the policy denies it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "security.open-outbound"
level = Severity.ERROR
sentence = "No workspace may call any host by itself where `policy.outbound` is `deny`."
reason = (
    "Models that fetch images, search or call tools do so from the workspace: with a list of hosts, a prompt that "
    "talks one into sending data away has nowhere to send it. Of a hub it is the managed network, which Azure never "
    "turns off again."
)


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a workspace whose outbound access is open."""
    if stack.policy.outbound != "deny":
        return
    for workspace in stack.workspaces.values():
        if workspace.outbound is None:
            yield Diagnostic(
                code,
                level,
                f"{workspace.key}: the workspace may call any host, and the policy denies it",
                "",
                stack.origins.span(f"workspaces.{workspace.key}.outbound"),
                "write `outbound: restricted`, or `outbound: {allow: [search.contoso.com]}`",
            )
