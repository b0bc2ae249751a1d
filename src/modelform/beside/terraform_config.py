"""The configuration in a Terraform plan: which resource an attribute gets its value from, through modules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from modelform.record import dataclass

_INDEX = r'\[(?:"(?:[^"\\]|\\.)*"|\d+)\]'
_MODULE = re.compile(rf"module\.([\w-]+)({_INDEX})?\.?")
_REFERENCE = re.compile(rf"(?:(module)\.([\w-]+)({_INDEX})?(?:\.([\w-]+))?|([\w-]+)\.([\w-]+)({_INDEX})?)")
DEEPEST = 20

Step = tuple[str, str]
"""A module call in an address: its name, and its index with brackets."""


@dataclass(frozen=True, slots=True)
class Target:
    """A resource that a reference means: the modules around it, its type and name, its index where that is written."""

    path: tuple[Step, ...]
    type: str
    name: str
    index: str


def path_of(module_address: str) -> tuple[Step, ...]:
    """The module calls of an address: `module.ai["weu"].module.base`."""
    return tuple((found[1], found[2] or "") for found in _MODULE.finditer(module_address))


class Configuration:
    """The configuration part of a plan; empty for a state, which has none."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        configuration = document.get("configuration")
        self.root = configuration.get("root_module") if isinstance(configuration, Mapping) else None
        self.providers = (configuration or {}).get("provider_config") or {}
        self.variables = document.get("variables") or {}

    def targets(self, path: tuple[Step, ...], type: str, name: str, attribute: str) -> list[Target]:
        """The resources that an attribute of a resource refers to, the nearest first."""
        resource = self._resource(path, type, name)
        if resource is None:
            return []
        expressions = resource.get("expressions") or {}
        found = list(self._resolved(_references(expressions.get(attribute)), path, resource, 0))
        return list(dict.fromkeys(found))

    def subscription(self, path: tuple[Step, ...], type: str, name: str) -> str:
        """The subscription that a resource's provider block names, in so many words or by a variable of the plan."""
        key = str((self._resource(path, type, name) or {}).get("provider_config_key") or "")
        # A module's key has the module in front, while its block may be the root's.
        blocks = self.providers if isinstance(self.providers, Mapping) else {}
        row = blocks.get(key) or blocks.get(key.rpartition(":")[2]) or {}
        value = (row.get("expressions") or {}).get("subscription_id") or {}
        return self._constant(value)

    def constant(self, provider: str, argument: str) -> str:
        """What the first block of a provider says in so many words, or by a variable of the plan."""
        for row in self.providers.values() if isinstance(self.providers, Mapping) else ():
            of_it = isinstance(row, Mapping) and str(row.get("name")) == provider
            if of_it and (found := self._constant((row.get("expressions") or {}).get(argument) or {})):
                return found
        return ""

    def _constant(self, value: Any) -> str:
        if not isinstance(value, Mapping):
            return ""
        if isinstance(value.get("constant_value"), str):
            return str(value["constant_value"])
        named = [text for text in value.get("references") or () if str(text).startswith("var.")]
        given = (self.variables.get(named[0][4:]) or {}).get("value") if len(named) == 1 else None
        return given if isinstance(given, str) else ""

    def _module(self, path: tuple[Step, ...]) -> Mapping[str, Any]:
        module: Any = self.root or {}
        for name, _ in path:
            module = ((module.get("module_calls") or {}).get(name) or {}).get("module") or {}
        return module if isinstance(module, Mapping) else {}

    def _resource(self, path: tuple[Step, ...], type: str, name: str) -> Mapping[str, Any] | None:
        for row in self._module(path).get("resources") or []:
            if row.get("type") == type and row.get("name") == name and row.get("mode", "managed") == "managed":
                return row if isinstance(row, Mapping) else None
        return None

    def _resolved(
        self, references: list[str], path: tuple[Step, ...], resource: Mapping[str, Any] | None, depth: int
    ) -> Iterator[Target]:
        if depth > DEEPEST:
            return
        for text in references:
            found = _REFERENCE.match(text)
            if found is None:
                continue
            if found[1]:
                inside = (*path, (found[2], found[3] or ""))
                outputs = self._module(inside).get("outputs") or {}
                # `module.ai[each.key].id` is told as `module.ai`: then every output may be meant.
                for name in (found[4],) if found[4] else outputs:
                    expression = (outputs.get(name) or {}).get("expression")
                    yield from self._resolved(_references(expression), inside, None, depth + 1)
            elif found[5] == "var":
                yield from self._given(found[6], path, depth)
            elif found[5] == "each" and resource is not None:
                yield from self._resolved(_references(resource.get("for_each_expression")), path, None, depth + 1)
            elif found[5] not in ("local", "each", "count", "self", "path", "terraform", "data"):
                yield Target(path, found[5], found[6], found[7] or "")

    def _given(self, variable: str, path: tuple[Step, ...], depth: int) -> Iterator[Target]:
        """What a module's variable is given by whoever calls it."""
        if not path:
            return
        outer, (name, _) = path[:-1], path[-1]
        call = (self._module(outer).get("module_calls") or {}).get(name) or {}
        given = (call.get("expressions") or {}).get(variable)
        yield from self._resolved(_references(given), outer, call, depth + 1)


def _references(expression: Any) -> list[str]:
    """Every reference in an expression, nested blocks and objects included; the longest of a family only."""
    found: list[str] = []
    if isinstance(expression, Mapping):
        for key, value in expression.items():
            if key == "references" and isinstance(value, list):
                found += [text for text in value if isinstance(text, str)]
            else:
                found += _references(value)
    elif isinstance(expression, list):
        found += [text for item in expression for text in _references(item)]
    return found
