"""What a plan and a validation say beside their findings: the proof of residency, the cost in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelform.report.ink import Ink
    from modelform.spec.resolved import Stack
    from modelform.spec.rulebook import Company


def parts(stack: Stack | None) -> dict[str, Any]:
    """The extra keys of a `--json` document; none without a stack. Cost only where the file speaks of it."""
    if stack is None or not stack.deployments:
        return {}
    from modelform.catalog import Catalog
    from modelform.checks import proof

    catalog = Catalog.load(stack.overlay, stack.target)
    found = {"residency": proof.table(stack, catalog)}
    if stack.policy.monthly_cost is not None or any(d.usage for d in stack.deployments.values()):
        from modelform.checks import cost

        found["cost"] = cost.document(stack, catalog)
    return found


def company(file: Company | None) -> dict[str, Any]:
    """The key of a `--json` document that names the company file; none without one."""
    return {} if file is None else {"company": file.to_json()}


def lines(stack: Stack | None, ink: Ink) -> list[str]:
    """The same for a person."""
    found = parts(stack)
    if not found:
        return []
    from modelform.report import proof

    said = proof.lines(found["residency"], ink)
    if "cost" in found:
        from modelform.report import cost

        said += ["", *cost.line(found["cost"], ink)]
    return said


def folded(stack: Stack | None) -> str:
    """The same for a Markdown comment."""
    found = parts(stack)
    if not found:
        return ""
    from modelform.report import proof

    text = proof.folded(found["residency"])
    if "cost" in found:
        from modelform.report import cost
        from modelform.report.ink import Ink

        text += "\n" + " ".join(cost.line(found["cost"], Ink(width=10_000))) + "\n"
    return text
