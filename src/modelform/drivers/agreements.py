"""What buying from the marketplace leaves behind when a stack goes: accepted terms, subscriptions that stay."""

from __future__ import annotations

from collections.abc import Iterable

from modelform.errors import Diagnostic, Severity
from modelform.plan import Change, Op
from modelform.state import Snapshot
from modelform.values import bare

BOUGHT = "azure-native:machinelearningservices:MarketplaceSubscription"
CODE = "marketplace.left-behind"
REASON = "ends the purchase; the terms stay accepted for the Azure subscription"


def left(base: Snapshot, done: Iterable[Change], operation: str) -> list[Diagnostic]:
    """What to say at the end of an operation that changes things; `base` is the state before it.

    Terms that were accepted cannot be taken back over ARM. A subscription that could not be deleted is a contract that
    goes on, and that nobody sees in a state any more once that is thrown away.
    """
    if operation not in ("up", "destroy"):
        return []
    gone = {change.urn for change in done if change.type == BOUGHT and change.op is Op.DELETE}
    had = [resource for resource in base.resources if resource.type == BOUGHT and not resource.delete]
    ended = [_named(resource.id, bare(resource.inputs)) for resource in had if resource.urn in gone]
    kept = [_named(resource.id, bare(resource.inputs)) for resource in had if resource.urn not in gone]
    told = []
    if ended:
        told.append(
            Diagnostic(
                CODE,
                Severity.INFO,
                f"ended {_count(ended)}; the terms stay accepted for the Azure subscription: {', '.join(ended)}",
                "What was used until now is billed, and who buys the same again is not asked for the terms again.",
                hint="the portal lists what is still paid for under SaaS, and past purchases under Cost Management",
            )
        )
    if kept and operation == "destroy":
        told.append(
            Diagnostic(
                CODE,
                Severity.WARNING,
                f"left behind {_count(kept)}: {', '.join(kept)}",
                "Azure did not delete them: the contract with the publisher goes on.",
                hint="run it again; if the offer was withdrawn, cancel it in the portal under SaaS",
            )
        )
    return told


def _count(names: list[str]) -> str:
    return f"{len(names)} marketplace subscription{'' if len(names) == 1 else 's'}"


def _named(id: str, inputs: dict[str, object]) -> str:
    """A subscription by its name and the model that it is for."""
    properties = inputs.get("properties")
    model = str(properties.get("modelId") or "") if isinstance(properties, dict) else ""
    return f"{id.rpartition('/')[2]} ({model.rpartition('/')[2]})" if model else id.rpartition("/")[2]
