"""How a resource's fields are spelled in a file, in the file's order, and what each may hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from modelform.state.model import Resource
from modelform.state.property_values import Crypt, MalformedValue, from_json, to_json

# (key in the file, attribute, kind); the order is that of Pulumi's own files.
FIELDS: Final[tuple[tuple[str, str, str], ...]] = (
    ("urn", "urn", "text"),
    ("custom", "custom", "flag"),
    ("delete", "delete", "flag"),
    ("id", "id", "text"),
    ("type", "type", "text"),
    ("inputs", "inputs", "values"),
    ("outputs", "outputs", "values"),
    ("parent", "parent", "text"),
    ("protect", "protect", "flag"),
    ("taint", "taint", "flag"),
    ("external", "external", "flag"),
    ("dependencies", "dependencies", "texts"),
    ("initErrors", "init_errors", "texts"),
    ("provider", "provider", "text"),
    ("propertyDependencies", "property_dependencies", "lists"),
    ("pendingReplacement", "pending_replacement", "flag"),
    ("additionalSecretOutputs", "additional_secret_outputs", "texts"),
    ("aliases", "aliases", "texts"),
    ("customTimeouts", "custom_timeouts", "seconds"),
    ("importID", "import_id", "text"),
    ("retainOnDelete", "retain_on_delete", "flag"),
    ("deletedWith", "deleted_with", "text"),
    ("replaceWith", "replace_with", "texts"),
    ("created", "created", "text"),
    ("modified", "modified", "text"),
    ("sourcePosition", "source_position", "text"),
    ("stackTrace", "stack_trace", "items"),
    ("ignoreChanges", "ignore_changes", "texts"),
    ("hideDiff", "hide_diff", "items"),
    ("replaceOnChanges", "replace_on_changes", "texts"),
    ("replacementTrigger", "replacement_trigger", "value"),
    ("refreshBeforeUpdate", "refresh_before_update", "flag"),
    ("viewOf", "view_of", "text"),
    ("resourceHooks", "resource_hooks", "lists"),
    ("extensionRef", "extension_ref", "text"),
    ("snippetID", "snippet_id", "text"),
)
REQUIRED: Final = frozenset({"urn", "custom", "type"})
_BY_KEY: Final = {key: (attribute, kind) for key, attribute, kind in FIELDS}

# What a resource may use only in a file of version 4 that says so, and how Pulumi names it there.
FEATURES: Final[tuple[tuple[str, str], ...]] = (
    ("resource_hooks", "hooks"),
    ("taint", "taint"),
    ("replace_with", "replaceWith"),
    ("refresh_before_update", "refreshBeforeUpdate"),
    ("view_of", "views"),
    ("extension_ref", "extensionParameterization"),
    ("snippet_id", "snippets-prototype"),
)
SUPPORTED_FEATURES: Final = frozenset({"replaceWith"})


def features(resource: Resource) -> list[str]:
    """The features of version 4 that a resource uses."""
    return [feature for attribute, feature in FEATURES if getattr(resource, attribute)]


def resource_from_json(document: Any, decrypt: Crypt) -> Resource:
    """A resource as a file has it; unknown keys are left out, as Pulumi's own reader does. Raises `MalformedValue`."""
    if not isinstance(document, dict):
        raise MalformedValue("a resource must be an object")
    found: dict[str, Any] = {"urn": "", "type": ""}
    for key, value in document.items():
        if value is not None and key in _BY_KEY:
            attribute, kind = _BY_KEY[key]
            try:
                found[attribute] = _READERS[kind](value, decrypt)
            except _WrongKind as error:
                raise MalformedValue(f"`{key}` must be {error}") from error
            except MalformedValue as error:
                raise MalformedValue(f"`{key}`: {error}") from error
    return Resource(**found)


def resource_to_json(resource: Resource, encrypt: Crypt) -> dict[str, Any]:
    """The object that a file has for a resource: empty fields are left out, except the three that always are there."""
    document: dict[str, Any] = {}
    for key, attribute, kind in FIELDS:
        value = getattr(resource, attribute)
        if kind == "value":
            if value is not None:
                document[key] = to_json(value, encrypt)
        elif value or key in REQUIRED:
            document[key] = _WRITERS[kind](value, encrypt)
    return document


class _WrongKind(Exception):
    """A field that holds another kind of value than it may; the text says what it may hold."""


def _text(value: Any, decrypt: Crypt) -> str:
    if not isinstance(value, str):
        raise _WrongKind("a text")
    return value


def _flag(value: Any, decrypt: Crypt) -> bool:
    if not isinstance(value, bool):
        raise _WrongKind("true or false")
    return value


def _texts(value: Any, decrypt: Crypt) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _WrongKind("a list of texts")
    return tuple(value)


def _lists(value: Any, decrypt: Crypt) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise _WrongKind("an object of lists of texts")
    # Go writes null for a list that it never filled.
    return {key: _texts(items or [], decrypt) for key, items in value.items()}


def _seconds(value: Any, decrypt: Crypt) -> dict[str, float]:
    if not isinstance(value, dict) or any(
        isinstance(n, bool) or not isinstance(n, (int, float)) for n in value.values()
    ):
        raise _WrongKind("an object of numbers of seconds")
    return {key: float(number) for key, number in value.items()}


def _items(value: Any, decrypt: Crypt) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise _WrongKind("a list")
    return tuple(value)


def _values(value: Any, decrypt: Crypt) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _WrongKind("an object")
    # A key by the name of the mark is no tagged value here: the properties of a resource are always an object.
    return {key: from_json(item, decrypt) for key, item in value.items()}


_READERS: Final[dict[str, Callable[[Any, Crypt], Any]]] = {
    "text": _text,
    "flag": _flag,
    "texts": _texts,
    "lists": _lists,
    "seconds": _seconds,
    "items": _items,
    "values": _values,
    "value": from_json,
}
_WRITERS: Final[dict[str, Callable[[Any, Crypt], Any]]] = {
    "text": lambda value, _: value,
    "flag": lambda value, _: value,
    "texts": lambda value, _: list(value),
    "lists": lambda value, _: {key: list(items) for key, items in value.items()},
    "seconds": lambda value, encrypt: to_json(value, encrypt),
    "items": lambda value, _: list(value),
    "values": lambda value, encrypt: {key: to_json(item, encrypt) for key, item in value.items()},
}
