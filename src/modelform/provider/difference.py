"""What differs between two sets of inputs, and between what was and what is there: pure functions.

Old inputs are held against new inputs, never against live state: what ARM fills in is no change.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from modelform.plan import PropertyDiff
from modelform.provider.names import MADE_UP
from modelform.provider.row import IDENTITIES, Row
from modelform.seam import DiffChanges, DiffResult
from modelform.values import UNKNOWN, Properties, Secret, Value, bare, equal, has_unknown

_NO_CHANGE = frozenset({"azureApiVersion", MADE_UP})
_MISSING: Any = object()
_PLAIN = re.compile(r'[^.\[\]"\\]+')


def difference(row: Row, olds: Properties, news: Properties) -> DiffResult:
    """Compares two sets of inputs: leaf paths, and which of them make a new resource."""
    detailed: dict[str, PropertyDiff] = {}
    for key in sorted((olds.keys() | news.keys()) - _NO_CHANGE):
        old, new = _given(olds, key), _given(news, key)
        if equal(old, new) or (key == "location" and same_location(old, new)):
            continue
        _compare(row, key, key, old, new, detailed)
    if not detailed:
        return DiffResult(DiffChanges.NONE)
    replaces = tuple(path for path, found in detailed.items() if found.kind.endswith("-replace"))
    return DiffResult(
        DiffChanges.SOME,
        replaces=replaces,
        diffs=tuple(dict.fromkeys(top(path) for path in detailed)),
        detailed=detailed,
        delete_before_replace=not bare(olds.get(MADE_UP)),
    )


def same_location(left: Value, right: Value) -> bool:
    """Is it the same region, whatever case and spaces it is written with?"""
    left, right = bare(left), bare(right)
    if not isinstance(left, str) or not isinstance(right, str):
        return False
    return left.replace(" ", "").lower() == right.replace(" ", "").lower()


def top(path: str) -> str:
    """The first name of a property path."""
    return path.split(".", 1)[0].split("[", 1)[0]


def _given(properties: Properties, key: str) -> Value:
    value = properties.get(key)
    return _MISSING if value is None else value


def _compare(row: Row, path: str, rule: str, old: Value, new: Value, found: dict[str, PropertyDiff]) -> None:
    """`path` is the property's own, `rule` the one it has in the table: `ipRules[0].value`, `ipRules[].value`."""
    old = old.value if isinstance(old, Secret) else old
    new = new.value if isinstance(new, Secret) else new
    if old is _MISSING and new is _MISSING:
        return
    replace = any(rule == known or rule.startswith((f"{known}.", f"{known}[")) for known in row.replace_paths)
    if old is _MISSING or new is _MISSING or new is UNKNOWN or old is UNKNOWN:
        kind = "add" if old is _MISSING else "delete" if new is _MISSING else "update"
        replace = replace or any(known.startswith(f"{rule}.") for known in row.replace_paths)
        found[path] = PropertyDiff(f"{kind}-replace" if replace else kind)
    elif isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            inner = f"{path}.{key}" if _PLAIN.fullmatch(key) else f"{path}[{json.dumps(key)}]"
            _compare(row, inner, f"{rule}.{key}", _given(old, key), _given(new, key), found)
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            left = old[index] if index < len(old) else _MISSING
            right = new[index] if index < len(new) else _MISSING
            _compare(row, f"{path}[{index}]", f"{rule}[]", left, right, found)
    elif not equal(bare(old), bare(new)):
        found[path] = PropertyDiff("update-replace" if replace else "update")


def preview_create(row: Row, inputs: Properties) -> Properties:
    """The outputs of a resource that is not there yet: its inputs, and UNKNOWN for everything else."""
    outputs = {key: _copy(value) for key, value in inputs.items() if value is not None}
    for path in row.computed_outputs:
        put_unknown(outputs, path)
    for key in row.outputs - outputs.keys():
        outputs[key] = UNKNOWN
    return outputs


def preview_update(row: Row, olds: Properties, old_inputs: Properties, news: Properties) -> Properties:
    """The outputs after an update: the old ones, what the program changed, and UNKNOWN for what may change with it."""
    changed = difference(row, old_inputs, news).detailed
    outputs = {key: _copy(value) for key, value in olds.items()}
    for path, found in changed.items():
        _overlay(outputs, path, news, deleted=found.kind.startswith("delete"))
    for path in row.computed_outputs:
        needs = row.stable.get(path)
        if needs is None or any(_touches(path_changed, need) for path_changed in changed for need in needs):
            put_unknown(outputs, path)
    return outputs


def _touches(changed: str, need: str) -> bool:
    return changed == need or changed.startswith((f"{need}.", f"{need}[")) or need.startswith(f"{changed}.")


def put_unknown(outputs: Properties, path: str) -> None:
    """Makes a path unknown where what holds it is there."""
    *parents, last = path.split(".")
    holder: Value = outputs
    for name in parents:
        holder = holder.get(name) if isinstance(holder, dict) else None
        holder = holder.value if isinstance(holder, Secret) else holder
    if isinstance(holder, dict):
        holder[last] = UNKNOWN


def _overlay(outputs: Properties, path: str, news: Properties, *, deleted: bool) -> None:
    """Puts what the program says now over an old output: whole lists, since their items have no names."""
    steps = path.split("[", 1)[0].split(".")
    holder: Value = outputs
    source: Value = news
    for name in steps[:-1]:
        source = _inside(source, name)
        inner = _inside(holder, name)
        if not isinstance(inner, dict):
            holder[name] = _copy(source) if isinstance(source, dict) else UNKNOWN
            return
        holder = inner
    new = _inside(source, steps[-1])
    whole = "[" in path
    holder[steps[-1]] = UNKNOWN if new is None or (deleted and not whole) else _copy(new)


def _inside(value: Value, name: str) -> Value:
    value = value.value if isinstance(value, Secret) else value
    return value.get(name) if isinstance(value, dict) else None


def _copy(value: Value) -> Value:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copy(item) for item in value]
    return Secret(_copy(value.value)) if isinstance(value, Secret) else value


def drifted(row: Row, inputs: Properties, olds: Properties, lives: Properties) -> Properties:
    """The inputs as they would have to be to make what is there now.

    Only what the program says can drift. A value that ARM answers as it did before is as the program said it, however
    it is written; what ARM never answered (keys, flags) stays.
    """
    found: Properties = {}
    for key, value in inputs.items():
        if key in row.path_names or key in _NO_CHANGE:
            found[key] = value
            continue
        live = _drift(row, key, value, bare(olds.get(key)), lives.get(key))
        if live is not None:
            found[key] = live
    return found


def _drift(row: Row, path: str, value: Value, old: Value, live: Value) -> Value:
    if isinstance(value, Secret):
        inner = _drift(row, path, value.value, old, live)
        return None if inner is None else Secret(inner)
    if path in row.write_only:
        return value
    if live is None:
        return value if old is None else None
    if has_unknown(value) or equal(old, live):
        return value
    if path == IDENTITIES and isinstance(value, list) and isinstance(live, dict):
        same = {str(item).lower() for item in value} == {name.lower() for name in live}
        return value if same else sorted(live)
    if isinstance(value, dict) and isinstance(live, dict):
        before = old if isinstance(old, dict) else {}
        names: Iterable[str] = value
        if path in row.maps:  # its keys are the user's: one that came by is a drift too
            theirs = row.made.get(path, "\0")
            came = (key for key in live if key not in value and key not in before and not key.startswith(theirs))
            names = [*value, *came]
        return _present(
            {key: _drift(row, f"{path}.{key}", value.get(key), before.get(key), live.get(key)) for key in names}
        )
    if isinstance(value, list) and isinstance(live, list) and len(value) == len(live):
        earlier = old if isinstance(old, list) and len(old) == len(live) else [None] * len(live)
        pairs = zip(value, earlier, live, strict=True)
        return [_drift(row, f"{path}[]", mine, was, now) for mine, was, now in pairs]
    if value is None:
        return live
    if path == "location" and same_location(value, live):
        return value
    return value if equal(value, live) else live


def _present(values: dict[str, Value]) -> dict[str, Value]:
    return {key: value for key, value in values.items() if value is not None}


def with_marks(outputs: Value, inputs: Value) -> Value:
    """The outputs with the secret marks that the inputs have at the same places."""
    if isinstance(inputs, Secret):
        return outputs if isinstance(outputs, Secret) else Secret(outputs)
    if isinstance(outputs, dict) and isinstance(inputs, dict):
        return {key: with_marks(value, inputs.get(key)) for key, value in outputs.items()}
    if isinstance(outputs, list) and isinstance(inputs, list) and len(outputs) == len(inputs):
        return [with_marks(value, mine) for value, mine in zip(outputs, inputs, strict=True)]
    return outputs
