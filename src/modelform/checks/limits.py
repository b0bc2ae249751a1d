"""The limits of Azure that a stack counts against beside quota: accounts of a region, deployments of an account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from modelform.catalog import Catalog
from modelform.checks.facts import Facts
from modelform.checks.rules.limit_accounts import LIMITS, account_id
from modelform.checks.rules.limit_deployments import LIMIT, by_token
from modelform.record import dataclass
from modelform.spec.resolved import Stack, Workspace


@dataclass(frozen=True, slots=True)
class Bound:
    """So many of something that a place may have. `used` is None where nobody was asked; `new` is what comes."""

    what: str
    subscription: str
    region: str
    used: float | None
    new: int
    limit: float
    source: str
    as_of: str

    def to_json(self) -> dict[str, Any]:
        """The shape under `limits` in `quota --json`."""
        return {
            "what": self.what,
            "subscription": self.subscription,
            "region": self.region,
            "used": self.used,
            "new": self.new,
            "limit": self.limit,
            "source": self.source,
            "asOf": self.as_of or None,
        }


def bounds(stack: Stack, catalog: Catalog, facts: Facts | None) -> Iterator[Bound]:
    """What the stack counts against: each kind of account of each place, then each account's deployments."""
    placed: dict[tuple[str, str, str], list[Workspace]] = {}
    for workspace in stack.workspaces.values():
        if workspace.kind in LIMITS:
            key = (workspace.subscription.lower(), workspace.location, workspace.kind)
            placed.setdefault(key, []).append(workspace)
    for (subscription, region, kind), found in placed.items():
        limit = catalog.limit(LIMITS[kind][0])
        counter = facts.usages.get((subscription, region), {}).get(LIMITS[kind][1].lower()) if facts else None
        new = len([w for w in found if facts is None or account_id(w) not in facts.accounts])
        what = f"accounts of kind {kind}"
        if counter is not None:
            yield Bound(what, subscription, region, counter.current, new, counter.limit, "azure", "")
        else:
            proof = limit.evidence
            yield Bound(what, subscription, region, None, new, limit.value, proof.source, proof.as_of)
    yield from _deployments(stack, catalog, facts)


def _deployments(stack: Stack, catalog: Catalog, facts: Facts | None) -> Iterator[Bound]:
    limit = catalog.limit(LIMIT)
    held = {(h.account.lower(), h.name.lower()) for h in facts.holdings} if facts else set()
    for key, workspace in stack.workspaces.items():
        wanted = [d for d in stack.deployments.values() if d.workspace == key and by_token(d.sku, catalog)]
        if not wanted:
            continue
        there = sum((workspace.name.lower(), made.name.lower()) in held for made in wanted)
        proof = limit.evidence
        yield Bound(
            f"deployments of {key}",
            workspace.subscription.lower(),
            workspace.location,
            there if facts else None,
            len(wanted) - there,
            limit.value,
            proof.source,
            proof.as_of,
        )
