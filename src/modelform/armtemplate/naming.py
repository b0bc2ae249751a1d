"""Ids of the resources that a template declares, and what else they are called in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from modelform.armtemplate.expression import ExpressionError
from modelform.armtemplate.scope import resource_id
from modelform.armtemplate.value import Runtime


def full_name(parent: Any, name: Any) -> Any:
    """The name of a child with its parent's before it."""
    if isinstance(parent, str) and isinstance(name, str):
        return f"{parent}/{name}"
    return Runtime("concat", (parent, "/", name))


def identity(base: str, kind: str, name: str) -> str:
    """The id of a resource by the id of its scope, its type and its name, an extension of another included.

    Raises:
        ExpressionError: type and name do not have as many parts.
    """
    names = name.split("/")
    before, mark, extension = kind.partition("/providers/")
    if not mark:
        return resource_id(base, kind, names)
    count = before.count("/")
    if len(names) < count + 2:
        raise ExpressionError(f"the type {kind!r} wants more names than {name!r} has")
    parent = resource_id(base, before, names[:count])
    return resource_id(parent, f"{names[count]}/{extension}", names[count + 1 :])


@dataclass(slots=True)
class Names:
    """What the resources of one template are called: keys by each name in small letters, ids by key."""

    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def add(self, key: str, found: str, kind: str, name: str, said: list[str]) -> None:
        """Learns one resource: its id where it is known, type, name, and what the template calls it."""
        self.ids[key] = found
        called = [text for text in said if text]
        if name:
            called += [name, found, f"{kind}/{name}", name.rpartition("/")[2]]
            called.append(self._paired(kind, name))
        for text in dict.fromkeys(called):
            self.keys[text.lower()] = (*self.keys.get(text.lower(), ()), key)

    def scoped(self, wanted: str, base: str) -> str:
        """The id that an extension's `scope` means: an id, a symbolic name or `A.B/type/name`."""
        if wanted.startswith("/"):
            return wanted.rstrip("/")
        known = self.keys.get(wanted.lower())
        if known and self.ids.get(known[0]):
            return self.ids[known[0]]
        return f"{base}/providers/{wanted}"

    @staticmethod
    def _paired(kind: str, name: str) -> str:
        """`A.B/accounts/one/deployments/two`, as a short id has it."""
        namespace, *types = kind.split("/")
        names = name.split("/")
        pairs = [part for pair in zip(types, names, strict=False) for part in pair]
        return "/".join([namespace, *pairs])
