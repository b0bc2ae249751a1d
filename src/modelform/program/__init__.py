"""The Pulumi program: a resolved stack as typed azure-native resources, one component a concept.

The only importer of `pulumi_azure_native`; it knows no engine and calls no network.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date

from modelform.errors import Diagnostic
from modelform.spec.resolved import Stack

# A module of the SDK is loaded by the first look at what is in it.
_LOADED = {False: ("cognitiveservices", "Account"), True: ("machinelearningservices", "Workspace")}
_PATIENCE, _ON_ITS_WAY = 1.0, 0.01  # seconds for the binding to be registered, and for the providers to be asked for


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


def build_early(stack: Stack, *, found: Sequence[Diagnostic]) -> Callable[[], Awaitable[None]]:
    """As `build`, for an engine that starts a plugin for a provider: that one starts while the rest is declared."""

    async def program() -> None:
        import asyncio

        from modelform.program.compose import steps

        making = steps(stack, endpoint=None, found=found)
        bound: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def registered(_: str) -> None:
            if not bound.done():
                bound.set_result(None)

        next(making).urn.apply(registered)
        # A binding that is refused never comes; the engine tells of it.
        await asyncio.wait({bound}, timeout=_PATIENCE)
        await asyncio.sleep(_ON_ITS_WAY)
        for _ in making:
            pass

    return program
