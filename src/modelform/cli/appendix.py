"""What a plan and a validation say beside their findings: the proof of residency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelform.report.ink import Ink
    from modelform.spec.resolved import Stack


def parts(stack: Stack | None) -> dict[str, Any]:
    """The extra keys of a `--json` document; none without a stack."""
    if stack is None or not stack.deployments:
        return {}
    from modelform.catalog import Catalog
    from modelform.checks import proof

    return {"residency": proof.table(stack, Catalog.load())}


def lines(stack: Stack | None, ink: Ink) -> list[str]:
    """The same for a person."""
    found = parts(stack)
    if not found:
        return []
    from modelform.report import proof

    return proof.lines(found["residency"], ink)


def folded(stack: Stack | None) -> str:
    """The same for a Markdown comment."""
    found = parts(stack)
    if not found:
        return ""
    from modelform.report import proof

    return proof.folded(found["residency"])
