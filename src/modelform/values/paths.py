"""Property paths: `a.b[0]["k.x"]`, with `*` and `[*]` for any key or index.

A path is a tuple of keys (str) and indices (int). Pulumi's options `ignoreChanges` and `replaceOnChanges` are lists of
such texts, and a detailed difference is keyed by them.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from modelform.values import Properties, Secret, Value

Path = tuple[str | int, ...]
WILDCARD = "*"


class PathError(ValueError):
    """The text is no property path."""


@lru_cache(maxsize=4096)
def parse(text: str) -> Path:
    """Reads a path; raises `PathError`. A dot before a bracket is let through, as old providers write it."""
    if text.startswith("."):
        raise PathError(f"{text!r} must start with a name or an index")
    elements: list[str | int] = []
    position = 0
    while position < len(text):
        character = text[position]
        if character == ".":
            position += 1
            if position == len(text):
                raise PathError(f"{text!r} must end with a name or an index")
        elif character == "[":
            element, position = _bracket(text, position)
            elements.append(element)
        else:
            end = position
            while end < len(text) and text[end] not in ".[":
                end += 1
            elements.append(text[position:end])
            position = end
    return tuple(elements)


def _bracket(text: str, start: int) -> tuple[str | int, int]:
    """The element in the brackets that open at `start`, and the place after them."""
    if text[start + 1 : start + 2] == '"':
        return _quoted(text, start)
    end = text.find("]", start)
    if end < 0:
        raise PathError(f"{text!r} has an opening bracket without a closing one")
    inner = text[start + 1 : end]
    if inner == WILDCARD:
        return WILDCARD, end + 1
    if not (inner.removeprefix("-").isascii() and inner.removeprefix("-").isdigit()):
        raise PathError(f"{text!r} has {inner!r} where an index belongs")
    return int(inner), end + 1


def _quoted(text: str, start: int) -> tuple[str, int]:
    key: list[str] = []
    position = start + 2
    while True:
        if position >= len(text):
            raise PathError(f"{text!r} has an opening quote without a closing one")
        if text.startswith('\\"', position):
            key.append('"')
            position += 2
        elif text[position] == '"':
            break
        else:
            key.append(text[position])
            position += 1
    if text[position + 1 : position + 2] != "]":
        raise PathError(f"{text!r} has an opening bracket without a closing one")
    return "".join(key), position + 2


def show(path: Iterable[str | int]) -> str:
    """The text of a path; `parse` reads it back."""
    parts: list[str] = []
    for element in path:
        if isinstance(element, int):
            parts.append(f"[{element}]")
        elif element and all(c.isascii() and (c.isalnum() or c == "_") for c in element):
            parts.append(f".{element}" if parts else element)
        else:
            escaped = element.replace('"', '\\"')
            parts.append(f'["{escaped}"]')
    return "".join(parts)


def contains(pattern: Path, path: Path) -> bool:
    """Is `pattern`, wildcards counted, a prefix of `path`?"""
    return len(pattern) <= len(path) and all(
        wanted == WILDCARD or (type(wanted) is type(found) and wanted == found)
        for wanted, found in zip(pattern, path, strict=False)
    )


def reset(path: Path, old: Properties, new: Properties) -> tuple[Properties, bool]:
    """`new` with what `path` names taken from `old`: added, removed or set.

    Elements of lists are set, never added or removed: False says that a path would have needed that, or does not
    fit the values. Neither argument is changed. A value that was secret by what holds it stays secret.
    """
    value, fits = _reset(path, old, new, False, False)
    return value, fits


def reset_all(paths: Iterable[str], old: Properties, new: Properties) -> tuple[Properties, tuple[str, ...]]:
    """`reset` for each path, and the paths that did not fit; a text that is no path is left out."""
    misfits = []
    for text in paths:
        try:
            path = parse(text)
        except PathError:
            continue
        new, fits = reset(path, old, new)
        if not fits:
            misfits.append(text)
    return new, tuple(misfits)


def _reset(path: Path, old: Value, new: Value, old_secret: bool, new_secret: bool) -> tuple[Value, bool]:
    """`reset` at any depth; the flags say whether something around the values is a secret already."""
    if isinstance(new, Secret):
        inner, fits = _reset(path, old, new.value, old_secret, True)
        return Secret(inner), fits
    while isinstance(old, Secret):
        old, old_secret = old.value, True
    if not path:
        return new, False
    key, rest = path[0], path[1:]
    hide = old_secret and not new_secret
    if isinstance(key, int):
        return _reset_index(key, rest, old, new, old_secret, new_secret)
    if key == WILDCARD:
        return _reset_wildcard(rest, old, new, old_secret, new_secret)
    if not rest:
        return _set_key(key, old, new, hide)
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new, not isinstance(old, dict) and not isinstance(new, dict)
    if key not in new:
        return new, key not in old
    item, fits = _reset(rest, old.get(key), new[key], old_secret, new_secret)
    return {**new, key: item}, fits


def _set_key(key: str, old: Value, new: Value, hide: bool) -> tuple[Value, bool]:
    if isinstance(old, dict) and key in old:
        if not isinstance(new, dict):
            return new, False
        return {**new, key: _hidden(old[key], hide)}, True
    if isinstance(new, dict):
        return {name: item for name, item in new.items() if name != key}, True
    return new, True


def _reset_index(
    index: int, rest: Path, old: Value, new: Value, old_secret: bool, new_secret: bool
) -> tuple[Value, bool]:
    if index < 0:
        return new, False
    if not isinstance(old, list) or not isinstance(new, list):
        return new, not isinstance(old, list) and not isinstance(new, list)
    if index >= len(old) or index >= len(new):
        return new, not rest and index >= len(old) and index >= len(new)
    if rest:
        item, fits = _reset(rest, old[index], new[index], old_secret, new_secret)
    else:
        item, fits = _hidden(old[index], old_secret and not new_secret), True
    return [*new[:index], item, *new[index + 1 :]], fits


def _reset_wildcard(rest: Path, old: Value, new: Value, old_secret: bool, new_secret: bool) -> tuple[Value, bool]:
    hide = old_secret and not new_secret
    if not rest:
        if isinstance(new, dict):
            return ({key: _hidden(item, hide) for key, item in old.items()} if isinstance(old, dict) else new), True
        if isinstance(new, list):
            if not isinstance(old, list):
                return new, True
            items = [_hidden(item, hide) for item in old[: len(new)]]
            return [*items, *new[len(items) :]], len(old) == len(new)
        return new, False
    if isinstance(old, dict) and isinstance(new, dict):
        changed, fits = dict(new), True
        for key, item in old.items():
            if key not in new:
                return changed, False
            changed[key], fits = _reset(rest, item, new[key], old_secret, new_secret)
            if not fits:
                return changed, False
        return changed, True
    if isinstance(old, list) and isinstance(new, list):
        elements, fits = list(new), True
        for index, item in enumerate(old[: len(new)]):
            elements[index], fits = _reset(rest, item, new[index], old_secret, new_secret)
            if not fits:
                return elements, False
        return elements, len(old) == len(new)
    return new, False


def _hidden(value: Value, hide: bool) -> Value:
    return Secret(value) if hide and not isinstance(value, Secret) else value
