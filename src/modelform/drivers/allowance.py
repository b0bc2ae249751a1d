"""How much may go in one operation: a company's limit on deletions and replacements, and the approval beyond it.

An approval is a digest of exactly what goes: which resources, made when, of which stack, under which company file.
It is no secret and proves no name. It proves that whoever gave it had this plan before them, and it is good for
nothing else; who may give it is for the pipeline to see to.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from modelform.drivers.driver import Request
from modelform.errors import Diagnostic, Severity
from modelform.plan import Change, Op
from modelform.state import Snapshot

if TYPE_CHECKING:
    from modelform.spec.rulebook import Company

CODE = "company.changes"
SHOWN = 3
DIGITS = 16


def findings(
    changes: Iterable[Change], base: Snapshot, request: Request, company: Company, severity: Severity
) -> list[Diagnostic]:
    """One finding where more would go than the company allows without an approval, or was approved for another plan."""
    if company.deletes is None and company.replacements is None:
        return []
    gone = [c for c in changes if c.custom and not c.provider and c.op in (Op.DELETE, Op.REPLACE)]
    deletes, replacements = (sum(c.op is op for c in gone) for op in (Op.DELETE, Op.REPLACE))
    over = [
        f"{number} {word}{'' if number == 1 else 's'}, and the company allows {limit}"
        for number, limit, word in (
            (deletes, company.deletes, "deletion"),
            (replacements, company.replacements, "replacement"),
        )
        if limit is not None and number > limit
    ]
    if not over:
        return []
    token, given = approval(gone, base, request.name, company), request.options.approval or ""
    if token == given:
        said = f"{'; '.join(over)}: approved with {token}"
        return [Diagnostic(CODE, Severity.INFO, said)]
    names = [c.urn.rpartition("::")[2] for c in gone]
    shown = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
    summary = f"{'; '.join(over)}: {shown} would go"
    where = company.origins.span("withoutApproval")
    detail = f"the company says so at {where}" + (f"; {given} approves another plan than this" if given else "")
    hint = f"have somebody else look at this plan, and give what they approve: --approval {token}"
    return [Diagnostic(CODE, severity, summary, detail, None, hint)]


def approval(gone: Iterable[Change], base: Snapshot, stack: str, company: Company) -> str:
    """The digest that approves of these changes: it is another one once any of the resources was made anew."""
    made = {resource.urn: resource.created for resource in base.resources if not resource.delete}
    rows = sorted([str(change.op), change.urn, made.get(change.urn, "")] for change in gone)
    content = json.dumps(["modelform/approval/v1", stack, company.stamp, rows]).encode()
    return hashlib.sha256(content).hexdigest()[:DIGITS]
