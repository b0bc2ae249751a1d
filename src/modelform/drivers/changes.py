"""From an engine's steps to changes: one a resource, in an order that a person follows, ready to be shown."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

from modelform.plan import Change, Difference, Op, Step, Summary
from modelform.spec.resolved import Stack
from modelform.values import UNKNOWN, Secret, equal, hide
from modelform.values.paths import Path, PathError, contains, parse, show

STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDERS = "pulumi:providers:"
HIDDEN = "[secret]"

_REPLACEMENTS = {Op.REPLACE, Op.CREATE_REPLACEMENT, Op.IMPORT_REPLACEMENT, Op.READ_REPLACEMENT}
_DELETES = {Op.DELETE, Op.DELETE_REPLACED, Op.REMOVE_PENDING_REPLACE}
_NOTHING = {Op.SAME, Op.REFRESH, Op.READ, Op.DISCARD, Op.DISCARD_REPLACED}

# Within a workspace: the component, what a hub stands on, the account or hub, then what lives in it.
_CONCEPTS = ("Cloud", "", "ResourceGroup", "Workspace", "Deployment")
_PARTS = ("StorageAccount", "Vault", "Workspace", "Component", "Account", "Project", "MarketplaceSubscription")


def changes(steps: Iterable[Step], stack: Stack | None = None) -> tuple[Change, ...]:
    """What the steps do to each resource; the stack itself, which is no resource of anybody, is left out."""
    by_urn: dict[str, list[Step]] = {}
    for step in steps:
        if step.type != STACK_TYPE:
            by_urn.setdefault(step.urn, []).append(step)
    found = [_change(own) for own in by_urn.values()]
    found.sort(key=_Order(stack))
    return tuple(_with_rename_hints(found))


def summary(changes: Iterable[Change]) -> Summary:
    """Counts of what a provider manages."""
    counts = dict.fromkeys(("create", "update", "replace", "delete", "same"), 0)
    for change in changes:
        if change.custom and not change.provider:
            counts[_KINDS.get(change.op, "same")] += 1
    return Summary(**counts)


_KINDS = {Op.CREATE: "create", Op.IMPORT: "create", Op.UPDATE: "update", Op.REPLACE: "replace", Op.DELETE: "delete"}


def _change(steps: list[Step]) -> Change:
    ops = {step.op for step in steps}
    op = _op(ops)
    shown = _telling(steps, op)
    return Change(
        op=op,
        urn=shown.urn,
        type=shown.type,
        name=shown.name,
        custom=shown.custom,
        id=next((step.id for step in steps if step.id), ""),
        keys=tuple(dict.fromkeys(key for step in steps for key in step.keys)),
        diff=tuple(_differences(shown, op)),
        provider=shown.type.startswith(PROVIDERS),
        reason="deleted already; only the state still says otherwise" if ops == {Op.REMOVE_PENDING_REPLACE} else "",
    )


def _op(ops: set[Op]) -> Op:
    """The one word for everything that happens to a resource."""
    if ops & _REPLACEMENTS or (ops & _DELETES and Op.CREATE in ops):
        return Op.REPLACE
    for op in (Op.CREATE, Op.IMPORT, Op.UPDATE):
        if op in ops:
            return op
    return Op.DELETE if ops & _DELETES else Op.SAME


def _telling(steps: list[Step], op: Op) -> Step:
    """The step that knows most: both sides where there are two."""
    wanted = {Op.REPLACE: _REPLACEMENTS}.get(op, {op})
    own = [step for step in steps if step.op in wanted] or steps
    return max(own, key=lambda step: (bool(step.detailed), bool(step.old) + bool(step.new)))


def _differences(step: Step, op: Op) -> Iterator[Difference]:
    if op is Op.CREATE:
        for path, value in _leaves(step.new):
            yield Difference(show(path), "add", None, hide(value))
    elif op in (Op.UPDATE, Op.REPLACE, Op.IMPORT):
        forced = [_path(key) for key in step.keys]
        detailed = step.detailed or {}
        paths = {text: diff.kind for text, diff in detailed.items()} or _compared(step)
        for text, kind in sorted(paths.items(), key=lambda item: _reading_order(step, item[0])):
            path = _path(text)
            replaces = kind.endswith("-replace") or any(contains(key, path) for key in forced)
            old, new = hide(_at(step.old, path)), hide(_at(step.new, path))
            yield Difference(text, kind.removesuffix("-replace"), old, new, replaces)


def _compared(step: Step) -> dict[str, str]:
    """Changed leaves, where a provider says only which top-level keys differ, or nothing."""
    old, new = dict(_leaves(step.old)), dict(_leaves(step.new))
    found: dict[str, str] = {}
    for path in [*old, *(path for path in new if path not in old)]:
        if path in old and path in new:
            if not equal(old[path], new[path]):
                found[show(path)] = "update"
        else:
            found[show(path)] = "add" if path in new else "delete"
    return found


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict) and (value or not path):
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    else:
        yield path, value


def _at(value: Any, path: Path) -> Any:
    """What is at a path: nothing where it is not there, unknown below an unknown, hidden below a secret."""
    for key in path:
        if isinstance(value, Secret) or value is UNKNOWN:
            return value
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _path(text: str) -> Path:
    try:
        return parse(text)
    except PathError:
        return (text,)


def _reading_order(step: Step, text: str) -> tuple[int, str]:
    keys = [*step.new, *(key for key in step.old if key not in step.new)]
    first = next(iter(_path(text)), "")
    return (keys.index(str(first)) if first in keys else len(keys), text)


class _Order:
    """Sorts as the stack file reads: groups, workspaces with all that is in them, deployments."""

    def __init__(self, stack: Stack | None) -> None:
        self._places: dict[tuple[str, str], int] = {}
        if stack is not None:
            for group in stack.resource_groups:
                self._places.setdefault(("ResourceGroup", group.key), len(self._places))
            for workspace in stack.workspaces.values():
                self._places[("Workspace", workspace.logical)] = len(self._places)
                for project in workspace.projects:
                    self._places[("Workspace", project.logical)] = self._places[("Workspace", workspace.logical)]
            for deployment in stack.deployments.values():
                self._places[("Deployment", deployment.logical)] = len(self._places)

    def __call__(self, change: Change) -> tuple[int, int, str, int, int, str]:
        concept, depth, part = _position(change)
        first = change.name.split("/")[0]
        place = self._places.get((concept, change.name), self._places.get((concept, first), len(self._places)))
        rank = _CONCEPTS.index(concept) if concept in _CONCEPTS else len(_CONCEPTS)
        name = first if place == len(self._places) else ""
        return (rank, place, name, depth, part, change.name)


def _position(change: Change) -> tuple[str, int, int]:
    """The concept that a resource belongs to, how deep below it, and its place among its like."""
    qualified = change.urn.split("::")[2].split("$") if change.urn.count("::") >= 3 else [change.type]
    root = qualified[0]
    concept = root.rpartition(":")[2] if root.startswith("modelform:") else ""
    part = change.type.rpartition(":")[2]
    rank = _PARTS.index(part) if part in _PARTS else len(_PARTS)
    if change.type.endswith("machinelearningservices:Workspace"):
        # A hub stands after what it stands on, a project after its hub.
        rank = _PARTS.index("Project") if "/" in change.name else _PARTS.index("Account")
    return concept, len(qualified), rank


def _with_rename_hints(found: list[Change]) -> list[Change]:
    """Marks a delete and a create that look like one resource under another key."""
    gone = [c for c in found if c.op is Op.DELETE and c.custom and not c.provider]
    if not gone:
        return found
    hints: dict[str, str] = {}
    for change in found:
        if change.op is not Op.CREATE or not change.custom or change.provider:
            continue
        alike = [c for c in gone if c.type == change.type and c.urn not in hints and _parents(c) == _parents(change)]
        if len(alike) == 1:
            old = alike[0]
            hints[old.urn] = f"renamed to '{change.name}'? then `formerly: {_key(old)}` there keeps it"
            hints[change.urn] = f"renamed from '{old.name}'? then `formerly: {_key(old)}` keeps what is there"
    return [
        dataclasses.replace(c, reason="; ".join(filter(None, (c.reason, hints[c.urn])))) if c.urn in hints else c
        for c in found
    ]


def _parents(change: Change) -> str:
    return change.urn.split("::")[2] if change.urn.count("::") >= 3 else change.type


def _key(change: Change) -> str:
    return change.name.rpartition("/")[2]
