"""The decisions about one resource, as pure functions of what is wanted, what was, and what its provider says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum

from modelform.engine.goal import Goal
from modelform.engine.slots import Slot
from modelform.plan import Op, PropertyDiff
from modelform.record import dataclass
from modelform.seam import DiffChanges, DiffResult
from modelform.state import Resource
from modelform.values import Properties, Secret, Value, bare, equal, has_secret, paths

INIT_ERROR = "#initerror"


class Verdict(StrEnum):
    """What a difference leads to."""

    SAME = "same"
    UPDATE = "update"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class Planned:
    """One step of a chain, ready to be executed.

    `leaves_old`: the create marks the old resource for the deletes at the end. `holds_place`: the delete leaves its
    resource in the state as pending replacement. `untouched`: the operation leaves the resource out.
    """

    op: Op
    urn: str
    old: Slot | None = None
    new: Resource | None = None
    keys: tuple[str, ...] = ()
    diffs: tuple[str, ...] = ()
    detailed: dict[str, PropertyDiff] | None = None
    leaves_old: bool = False
    holds_place: bool = False
    untouched: bool = False


def is_import(goal: Goal, old: Resource | None) -> bool:
    """Is the resource to be taken over under the id that the program names?"""
    if not (goal.custom and goal.import_id):
        return False
    return old is None or old.external or (old.import_id or old.id) != goal.import_id


def replaces(diff: DiffResult) -> bool:
    """Does the provider ask for a replacement?"""
    return bool(diff.replaces) or any(item.kind.endswith("-replace") for item in diff.detailed.values())


def forced(*keys: str) -> DiffResult:
    """The difference of a replacement that no provider was asked about."""
    return DiffResult(DiffChanges.SOME, replaces=keys)


def resolved(diff: DiffResult, old_inputs: Properties, new_inputs: Properties, ignored: Iterable[str]) -> DiffResult:
    """A provider that cannot tell leaves it to a comparison of the inputs, without what is ignored."""
    if diff.changes is not DiffChanges.UNKNOWN:
        return diff
    new, _ = paths.reset_all(ignored, old_inputs, new_inputs)
    detailed = compared(old_inputs, new)
    keys = tuple(sorted({str(paths.parse(path)[0]) for path in detailed}))
    changes = DiffChanges.SOME if detailed else DiffChanges.NONE
    return replace(diff, changes=changes, diffs=keys, detailed=detailed)


def compared(old: Properties, new: Properties) -> dict[str, PropertyDiff]:
    """The leaf paths in which two sets of inputs differ, secrets compared by what they hide."""
    found: dict[str, PropertyDiff] = {}
    _compare((), bare(old), bare(new), found)
    return found


def _compare(path: paths.Path, old: Value, new: Value, found: dict[str, PropertyDiff]) -> None:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() | new.keys():
            if key not in new:
                found[paths.show((*path, key))] = PropertyDiff("delete")
            elif key not in old:
                found[paths.show((*path, key))] = PropertyDiff("add")
            else:
                _compare((*path, key), old[key], new[key], found)
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            if index >= len(new):
                found[paths.show((*path, index))] = PropertyDiff("delete")
            elif index >= len(old):
                found[paths.show((*path, index))] = PropertyDiff("add")
            else:
                _compare((*path, index), old[index], new[index], found)
    elif not equal(old, new):
        found[paths.show(path)] = PropertyDiff("update")


def with_replace_on_changes(diff: DiffResult, patterns: Iterable[str], init_errors: bool) -> DiffResult:
    """The difference as `replaceOnChanges` has it: what changes under a pattern forces a replacement."""
    if diff.changes is not DiffChanges.SOME and not init_errors:
        return diff
    parsed = [paths.parse(pattern) for pattern in patterns]
    if not parsed:
        return diff

    def under(text: str) -> bool:
        try:
            path = paths.parse(text)
        except paths.PathError:
            return False
        return any(paths.contains(pattern, path) for pattern in parsed)

    detailed = {path: _to_replace(item) if under(path) else item for path, item in diff.detailed.items()}
    keys = dict.fromkeys((*diff.replaces, *(key for key in diff.diffs if under(key))))
    changes = diff.changes
    if init_errors and under(INIT_ERROR):
        keys[INIT_ERROR] = None
        if detailed:
            detailed[INIT_ERROR] = PropertyDiff("update-replace", input_diff=False)
        changes = DiffChanges.SOME
    return replace(diff, changes=changes, replaces=tuple(keys), detailed=detailed)


def _to_replace(item: PropertyDiff) -> PropertyDiff:
    return item if item.kind.endswith("-replace") else PropertyDiff(f"{item.kind}-replace", item.input_diff)


def inverted(diff: DiffResult) -> DiffResult:
    """The difference the other way round: what a refresh shows."""
    turned = {"add": "delete", "delete": "add", "add-replace": "delete-replace", "delete-replace": "add-replace"}
    detailed = {
        path: PropertyDiff(turned.get(item.kind, item.kind), item.input_diff) for path, item in diff.detailed.items()
    }
    return replace(diff, detailed=detailed)


def verdict(old: Resource, diff: DiffResult) -> Verdict:
    """Same, update or replace; a half-done replacement is gone on with, and one that did not come up is tried again."""
    if diff.changes is DiffChanges.SOME or old.pending_replacement:
        return Verdict.REPLACE if replaces(diff) or old.pending_replacement else Verdict.UPDATE
    return Verdict.UPDATE if old.init_errors else Verdict.SAME


def deletes_first(goal: Goal, diff: DiffResult) -> bool:
    """Does the old one go before the new one comes? The program's word counts more than the provider's."""
    return diff.delete_before_replace if goal.delete_before_replace is None else goal.delete_before_replace


def replacement(old: Slot, new: Resource, diff: DiffResult, cascade: tuple[Planned, ...] | None) -> list[Planned]:
    """The chain of a replacement; `cascade` are the deletes that go first, None if the new one comes first."""

    def step(op: Op) -> Planned:
        return Planned(
            op, new.urn, old, new, diff.replaces, diff.diffs, diff.detailed, leaves_old=cascade is None and op is create
        )

    create = Op.CREATE_REPLACEMENT
    if cascade is None:
        return [step(create), step(Op.REPLACE)]
    own = [] if old.resource.pending_replacement else [Planned(Op.DELETE_REPLACED, old.urn, old, holds_place=True)]
    return [*cascade, *own, step(Op.REPLACE), step(create)]


def recreation(old: Slot, new: Resource, keys: tuple[str, ...]) -> list[Planned]:
    """The chain for a resource that was deleted earlier in this operation, for the sake of what it depends on."""
    return [
        Planned(Op.REPLACE, new.urn, old, new),
        Planned(Op.CREATE_REPLACEMENT, new.urn, old, new, keys),
    ]


def takeover(old: Slot, new: Resource) -> list[Planned]:
    """The chain for a resource that was only read until now, and is to be managed."""
    return [
        Planned(Op.CREATE_REPLACEMENT, new.urn, old, new, leaves_old=True),
        Planned(Op.REPLACE, new.urn, old, new),
    ]


def left_as_it_was(old: Slot) -> Planned:
    """The step that carries a resource over which the operation leaves out."""
    return Planned(Op.SAME, old.urn, old, old.resource, untouched=True)


def differs(old: Resource, new: Resource) -> bool:
    """Must a resource that needs no change be written all the same? Times, aliases and init errors do not count."""
    return (
        old.urn != new.urn
        or old.type != new.type
        or old.custom != new.custom
        or old.provider != new.provider
        or old.parent != new.parent
        or old.protect != new.protect
        or old.import_id != new.import_id
        or old.retain_on_delete != new.retain_on_delete
        or old.deleted_with != new.deleted_with
        or old.replace_with != new.replace_with
        or old.custom_timeouts != new.custom_timeouts
        or old.ignore_changes != new.ignore_changes
        or old.replace_on_changes != new.replace_on_changes
        or sorted(old.additional_secret_outputs) != sorted(new.additional_secret_outputs)
        or sorted(old.dependencies) != sorted(new.dependencies)
        or _sorted(old.property_dependencies) != _sorted(new.property_dependencies)
        or not equal(old.inputs, new.inputs)
        or not equal(old.outputs, new.outputs)
    )


def _sorted(needed: dict[str, tuple[str, ...]]) -> dict[str, list[str]]:
    return {key: sorted(urns) for key, urns in needed.items()}


def marked(resource: Resource) -> Resource:
    """The resource with the outputs secret that must be: those the program names, and those of secret inputs."""
    hidden = {
        key: Secret(item)
        for key, item in resource.outputs.items()
        if not isinstance(item, Secret)
        and (key in resource.additional_secret_outputs or isinstance(resource.inputs.get(key), Secret))
    }
    hidden.pop("id", None)
    return resource.with_(outputs={**resource.outputs, **hidden}) if hidden else resource


def keep_marks(values: Properties, known: Properties) -> Properties:
    """`values` with the secret marks that `known` has in the same places: for providers that return bare values."""
    kept: Properties = _keep(values, known)
    return kept


def _keep(value: Value, known: Value) -> Value:
    if isinstance(value, Secret):
        return value
    if isinstance(known, Secret):
        return Secret(bare(value))
    if isinstance(value, dict) and isinstance(known, dict):
        return {key: _keep(item, known[key]) if key in known else item for key, item in value.items()}
    if isinstance(value, list) and isinstance(known, list):
        if len(value) == len(known):
            return [_keep(item, mark) for item, mark in zip(value, known, strict=True)]
        return Secret(bare(value)) if has_secret(known) else value
    return value
