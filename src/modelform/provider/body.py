"""Between the SDK's shape of a resource and ARM's: what is lifted, what is renamed, what is a list and what a map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelform.errors import ProviderError
from modelform.provider.names import MADE_UP
from modelform.provider.row import COMMON_OUTPUTS, IDENTITIES, Row
from modelform.values import UNKNOWN, Properties, Secret, Value, bare, equal

# The keys of a list's item that stay beside its `properties`.
_ITEM_ENVELOPE = frozenset({"etag", "id", "identity", "location", "name", "sku", "systemData", "tags", "type"})
_OURS = frozenset({"azureApiVersion", MADE_UP})


def to_body(row: Row, inputs: Properties) -> dict[str, Any]:
    """The body of a PUT: secrets keep their marks; an input that is not known is an error."""
    body: dict[str, Any] = {}
    for key, value in inputs.items():
        if key in row.path_names or key in _OURS or value is None:
            continue
        target = body.setdefault("properties", {}) if row.flat and key not in row.envelope else body
        target[row.renames.get(key, key)] = _to_wire(row, key, value)
    if row.flat:
        body.setdefault("properties", {})
    return body


def _to_wire(row: Row, path: str, value: Value) -> Any:
    if value is UNKNOWN:
        raise ProviderError(f"input '{path}' of {row.token} is not known", code="provider.unknown-input")
    if isinstance(value, Secret):
        return Secret(_to_wire(row, path, value.value))
    if path == IDENTITIES and isinstance(value, list):
        return {str(bare(item)): {} for item in value}
    if isinstance(value, dict):
        wire: dict[str, Any] = {}
        for key, item in value.items():
            if item is None:
                continue
            if path in row.maps:
                wire[key] = _to_wire(row, f"{path}.*", item)
                continue
            inner = f"{path}.{key}"
            target = wire
            if path in row.lifted and key not in _ITEM_ENVELOPE:
                target = wire.setdefault("properties", {})
            target[row.renames.get(inner, key)] = _to_wire(row, inner, item)
        return wire
    if isinstance(value, list):
        return [_to_wire(row, f"{path}[]", item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def to_outputs(row: Row, response: Mapping[str, Any]) -> Properties:
    """What the SDK calls what ARM answered; what is null is left out, and so is what the SDK has no name for."""
    top = {key: value for key, value in response.items() if key != "properties" or not row.flat}
    names = row.sdk_names
    outputs: Properties = {}
    if row.flat:
        for key, value in (response.get("properties") or {}).items():
            name = names.get(("", key), key)
            if name in row.outputs and name not in row.envelope | COMMON_OUTPUTS:
                outputs[name] = _to_sdk(row, name, value)
    for key, value in top.items():
        if key in row.outputs:
            outputs[key] = _to_sdk(row, key, value)
    outputs["azureApiVersion"] = row.api_version
    return {key: value for key, value in outputs.items() if value is not None}


def _to_sdk(row: Row, path: str, value: Any) -> Value:
    if isinstance(value, dict):
        if path in row.maps or path == IDENTITIES:
            return {key: item for key, item in value.items() if item is not None}
        if path in row.lifted and isinstance(value.get("properties"), dict):
            value = {**value["properties"], **{key: item for key, item in value.items() if key != "properties"}}
        names = row.sdk_names
        sdk = {}
        for key, item in value.items():
            if item is not None:
                name = names.get((path, key), key)
                sdk[name] = _to_sdk(row, f"{path}.{name}", item)
        return sdk
    if isinstance(value, list):
        return [_to_sdk(row, f"{path}[]", item) for item in value]
    return value


def inputs_of(row: Row, outputs: Properties, names: Mapping[str, str]) -> Properties:
    """The inputs that would have made a resource that is there: for an import.

    What ARM computes is left out, and what it fills in by itself: a program that does not say it means the same.
    """
    inputs: Properties = {name: names[name] for name in row.path_names if name in names}
    inherited = {key for holder, keys in row.inherited.items() if outputs.get(holder) for key in keys}
    for key in row.body_inputs - _OURS - inherited:
        value = _declarable(row, key, outputs.get(key))
        value = _without_defaults(value, row.defaults.get(key))
        if value is not None and value not in ({}, []):
            inputs[key] = value
    inputs["azureApiVersion"] = row.api_version
    return inputs


def _declarable(row: Row, path: str, value: Value) -> Value:
    if path in row.computed or path in row.filled:
        return None
    if path == IDENTITIES and isinstance(value, dict):
        return sorted(value)
    if path in row.made and isinstance(value, dict):
        value = {key: item for key, item in value.items() if not key.startswith(row.made[path])}
    if path in row.maps:
        return value
    if isinstance(value, dict):
        kept = {key: _declarable(row, f"{path}.{key}", item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item is not None and item not in ({}, [])}
    if isinstance(value, list):
        return [_declarable(row, f"{path}[]", item) for item in value]
    return value


def _without_defaults(value: Value, default: Any) -> Value:
    if default is None or value is None:
        return value
    if isinstance(value, dict) and isinstance(default, dict):
        kept = {key: _without_defaults(item, default.get(key)) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item is not None and item != {}} or None
    return None if equal(value, default) else value
