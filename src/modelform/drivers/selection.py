"""Which resources an operation is limited to, as a person names them: by URN, by pattern, or as the plan does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from modelform.errors import UsageError
from modelform.spec.resolved import Stack

if TYPE_CHECKING:
    from modelform.drivers.driver import OperationOptions
    from modelform.plan import Step
    from modelform.state import Snapshot
    from modelform.state.model import Resource

# A state always says which cloud it is of, even where the rest of it is left for later.
_BINDING = "urn:pulumi:**::modelform:index:Cloud::*"
_SHOWN = 3


def targets(options: OperationOptions, *, program: bool = False) -> tuple[str, ...]:
    """What engines take for `--only`; where the `program` runs, with the stack's binding to its cloud."""
    if not options.targets:
        return ()
    return (*(_pattern(text, "urn:pulumi:**::") for text in options.targets), *((_BINDING,) if program else ()))


def replacing(options: OperationOptions) -> tuple[str, ...]:
    """What engines take for `--replace`; a name means what Azure knows by it, and no component."""
    return tuple(_pattern(text, "urn:pulumi:**azure-native:**::") for text in options.replace)


def require_known(options: OperationOptions, base: Snapshot, steps: Iterable[Step], stack: Stack | None) -> None:
    """Raises `UsageError` where something was named that neither the state nor the plan nor the stack has."""
    given = [("--only", text) for text in options.targets] + [("--replace", text) for text in options.replace]
    if not given:
        return
    urns = dict.fromkeys([*(resource.urn for resource in base.resources), *(step.urn for step in steps)])
    names = list(dict.fromkeys([*(_name(urn) for urn in urns if not _is_provider(urn)), *_declared(stack)]))
    for flag, text in given:
        own = (_name(text) if text.startswith("urn:") else text) in names if "*" not in text else False
        if not own and not any(_matches(text, urn) for urn in urns):
            raise UsageError(
                f"{flag} {text}: there is no such resource",
                detail=f"Names are those of the plan. {_near(text, names)}".strip(),
                hint="a URN, a pattern (* within a part, ** across parts), or a name",
            )


def doomed(options: OperationOptions, base: Snapshot) -> set[str] | None:
    """What a destroy of targets deletes, None where all goes; dependents only where they are asked for.

    Raises `UsageError` where something else stands on what is to go.
    """
    if not options.targets:
        return None
    named = {r.urn for r in base.resources if any(_matches(text, r.urn) for text in options.targets)}
    going = set(named)
    pending = True
    while pending:
        more = {r.urn for r in base.resources if r.urn not in going and _stands_on(r, going)}
        going |= more
        pending = bool(more)
    along = [_name(r.urn) for r in base.resources if r.urn in going - named]
    if along and not options.dependents:
        shown = ", ".join(dict.fromkeys(along))
        raise UsageError(f"what else stands on that, or in it, would have to go too: {shown}", hint="add --dependents")
    return going


def _stands_on(resource: Resource, going: set[str]) -> bool:
    needed = {resource.parent, resource.provider.rpartition("::")[0], resource.deleted_with, *resource.dependencies}
    needed.update(*resource.property_dependencies.values())
    return not needed.isdisjoint(going)


def _pattern(text: str, before: str) -> str:
    return text if text.startswith("urn:") or "*" in text else f"{before}{text}"


def _matches(text: str, urn: str) -> bool:
    crossing = ["[^:]*".join(map(re.escape, part.split("*"))) for part in _pattern(text, "**::").split("**")]
    return re.fullmatch(".*".join(crossing), urn, re.DOTALL) is not None


def _name(urn: str) -> str:
    return urn.split("::", 3)[-1]


def _is_provider(urn: str) -> bool:
    return "::pulumi:" in urn


def _declared(stack: Stack | None) -> Iterator[str]:
    """The names that a stack file has for what it declares."""
    if stack is None:
        return
    yield from (group.key for group in stack.resource_groups)
    for workspace in stack.workspaces.values():
        yield workspace.logical
        yield from (project.logical for project in workspace.projects)
    yield from (deployment.logical for deployment in stack.deployments.values())


def _near(text: str, names: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(text.split("::", 3)[-1], names, n=_SHOWN, cutoff=0.5)
    return f"Nearest: {', '.join(near)}." if near else ""
