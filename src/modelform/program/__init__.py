"""The Pulumi program: a resolved stack as typed azure-native resources, one component a concept.

The only importer of `pulumi_azure_native`; it knows no engine and calls no network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from modelform.errors import Diagnostic
from modelform.spec.resolved import Stack

# A module of the SDK is loaded by the first look at what is in it.
_LOADED = {False: ("cognitiveservices", "Account"), True: ("machinelearningservices", "Workspace")}


def findings(stack: Stack, *, today: date) -> list[Diagnostic]:
    """What the offline checks say of the stack, errors and others."""
    from modelform import checks
    from modelform.catalog import Catalog

    return list(checks.run(stack, Catalog.load(stack.overlay, stack.target), today=today))


def load(stack: Stack) -> None:
    """Loads the typed classes that the stack's program uses, which the SDK does as late as it can: half a second."""
    from importlib import import_module

    from modelform.program import compose  # noqa: F401

    hubs = {workspace.kind == "hub" for workspace in stack.workspaces.values()}
    for hub, (module, resource) in _LOADED.items():
        if hub in hubs:
            getattr(import_module(f"pulumi_azure_native.{module}"), resource)


def build(
    stack: Stack,
    *,
    endpoint: str | None = None,
    today: date | None = None,
    found: Sequence[Diagnostic] | None = None,
) -> Callable[[], None]:
    """The program that declares the stack's resources, to be run by an engine.

    `endpoint` is the ARM endpoint that the state gets bound to (default: the target's own). The offline checks run
    first, unless the caller made them already and gives what they `found`; an error among them is a `RunError`.
    """

    def program() -> None:
        from modelform.program.compose import compose

        made = findings(stack, today=today or date.today()) if found is None else found
        compose(stack, endpoint=endpoint, found=made)

    return program
