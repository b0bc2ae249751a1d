"""What destroys is asked for: an `up` replaces or deletes nothing that holds other things unless it was told to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from modelform.drivers.driver import OperationOptions, Request
from modelform.errors import Diagnostic, PolicyError, Severity
from modelform.plan import Change, Op, Step
from modelform.spec.resolved import Stack
from modelform.values import bare

if TYPE_CHECKING:
    from modelform.state import Snapshot

# What others live in, or what holds data: the type, and what a person calls it.
GUARDED = {
    "azure-native:cognitiveservices:Account": "account",
    "azure-native:machinelearningservices:Workspace": "hub",
    "azure-native:keyvault:Vault": "key vault",
    "azure-native:storage:StorageAccount": "storage account",
    "azure-native:network:VirtualNetwork": "network",
}
_FLAGS = {Op.REPLACE: "--allow-replace", Op.DELETE: "--allow-delete"}
_DONE = {Op.REPLACE: "replaced", Op.DELETE: "deleted"}


def findings(
    changes: Iterable[Change],
    steps: Iterable[Step],
    options: OperationOptions,
    stack: Stack | None,
    *,
    severity: Severity = Severity.ERROR,
    agreed: bool = False,
) -> list[Diagnostic]:
    """One finding a guarded resource that would go and that nobody allowed to go.

    `agreed`: a person says yes to this very plan, which is enough where the file has `protect: false`.
    """
    before = {step.urn: step.old for step in steps if step.old}
    unprotected = _unprotected(stack) if agreed or options.yes else set()
    allowed = {Op.REPLACE: {*options.allow_replace}, Op.DELETE: {*options.allow_delete}}
    refused = [
        change
        for change in changes
        if change.op in _FLAGS
        and _guarded(change, before.get(change.urn, {}))
        and change.urn not in allowed[change.op]
        and change.name not in unprotected
    ]
    given = [(flag, urn) for op, flag in _FLAGS.items() for urn in sorted(allowed[op])]
    return [_finding(change, severity, given) for change in refused]


def beyond(
    changes: Iterable[Change], base: Snapshot, request: Request, *, severity: Severity = Severity.ERROR
) -> list[Diagnostic]:
    """What goes beyond what a company lets go without an approval; nothing without a company file."""
    if request.company is None:
        return []
    from modelform.drivers import allowance

    return allowance.findings(changes, base, request, request.company, severity)


def require(found: list[Diagnostic]) -> None:
    """Stops the operation for what `findings` found."""
    if any(finding.severity is Severity.ERROR for finding in found):
        raise PolicyError(diagnostics=found)


def _guarded(change: Change, old: dict[str, Any]) -> bool:
    if change.type not in GUARDED or not change.custom:
        return False
    if GUARDED[change.type] == "hub":
        # An ML workspace of kind Project holds nothing but endpoints, which the plan shows one by one.
        return str(bare(old).get("kind", "Hub")).lower() != "project"
    return True


def _unprotected(stack: Stack | None) -> set[str]:
    """Logical names of workspaces that the file itself leaves unprotected; their parts have the same name."""
    return set() if stack is None else {w.logical for w in stack.workspaces.values() if not w.protect}


def _finding(change: Change, severity: Severity, given: list[tuple[str, str]]) -> Diagnostic:
    what, flag = GUARDED[change.type], _FLAGS[change.op]
    forced = [d.path for d in change.diff if d.replaces] or list(change.keys)
    because = f"What forces it: {', '.join(forced)}. " if change.op is Op.REPLACE and forced else ""
    return Diagnostic(
        f"guard.{'replace' if change.op is Op.REPLACE else 'delete'}",
        severity,
        f"{what} '{change.name}' would be {_DONE[change.op]}, and nobody asked for that: {change.urn}",
        f"{because}Everything in it goes with it.{_beside(change, flag, given)}",
        hint=f"{flag} '{change.urn}'",
    )


def _beside(change: Change, flag: str, given: list[tuple[str, str]]) -> str:
    """What was allowed instead: a name where a URN is meant, the other flag, or something else."""
    if not given:
        return ""
    if other := next((name for name, urn in given if urn == change.urn and name != flag), ""):
        return f" {other} allows something else: this takes {flag}."
    return " What was allowed is not this: a URN is given as it stands here, in single quotes."
