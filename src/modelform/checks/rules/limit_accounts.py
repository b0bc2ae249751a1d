"""No region holds more accounts of a kind than Azure allows a subscription."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog, Evidence
from modelform.checks.facts import live
from modelform.checks.place import graded, said_by
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack, Workspace

code = "limit.accounts"
level = Severity.ERROR
sentence = "No region has more Foundry or OpenAI accounts than a subscription may have there."
reason = "Azure refuses the next account, whatever the quota of models; soft-deleted accounts do not count."

LIMITS = {
    "foundry": ("foundryAccountsPerRegionPerSubscription", "AIServices.S0.AccountCount"),
    "openai": ("openAiAccountsPerRegionPerSubscription", "OpenAI.S0.AccountCount"),
}


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a region and kind with too many."""
    known = live(facts)
    placed: dict[tuple[str, str, str], list[Workspace]] = {}
    for workspace in stack.workspaces.values():
        if workspace.kind in LIMITS:
            where = (workspace.subscription.lower(), workspace.location, workspace.kind)
            placed.setdefault(where, []).append(workspace)
    for (subscription, region, kind), found in placed.items():
        limit = catalog.limit(LIMITS[kind][0])
        most, there, evidence = float(limit.value), 0.0, limit.evidence
        wanted = found
        counter = known.usages.get((subscription, region), {}).get(LIMITS[kind][1].lower()) if known else None
        if known is not None and counter is not None:
            most, there, evidence = counter.limit, counter.current, Evidence("azure", "", "live")
            wanted = [w for w in found if account_id(w) not in known.accounts]
        if wanted and there + len(wanted) > most:
            said = f"{there:.0f} are there, and " if there else ""
            yield Diagnostic(
                code,
                graded(level, evidence),
                f"{region}: {said}the stack has {len(wanted)} {'more ' if there else ''}"
                f"account{'' if len(wanted) == 1 else 's'} of kind {kind}, where a subscription may have {most:.0f}",
                "as Azure counts them" if counter else said_by(catalog, evidence),
                stack.origins.span(f"workspaces.{wanted[-1].key}"),
                "put deployments into fewer accounts, or accounts into another region or subscription",
            )


def account_id(workspace: Workspace) -> str:
    """An account's ARM id, in small letters."""
    group = f"/subscriptions/{workspace.subscription}/resourceGroups/{workspace.resource_group.name}"
    return f"{group}/providers/Microsoft.CognitiveServices/accounts/{workspace.name}".lower()
