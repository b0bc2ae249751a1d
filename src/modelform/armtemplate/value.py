"""The values of a template beyond JSON: what only the deployment knows, and a function that is given along."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from modelform.record import dataclass


@dataclass(frozen=True, slots=True)
class Runtime:
    """A value that is known only when the template is deployed: a call whose arguments may be such values too."""

    call: str
    arguments: tuple[Any, ...] = ()

    def __str__(self) -> str:
        def show(value: Any) -> str:
            if isinstance(value, Runtime):
                return str(value)
            return f"'{value}'" if isinstance(value, str) else "…" if isinstance(value, (dict, list)) else str(value)

        if self.call == "access":
            target, key = show(self.arguments[0]), self.arguments[1]
            return f"{target}.{key}" if isinstance(key, str) and key.isidentifier() else f"{target}[{show(key)}]"
        return f"{self.call}({', '.join(show(a) for a in self.arguments if a is not None)})"


@dataclass(frozen=True, slots=True)
class Lambda:
    """A `lambda()`: called with as many values as it has names."""

    call: Callable[..., Any]
    names: int


def unknown(value: Any) -> bool:
    """Whether a value, or anything inside of it, is known only when the template is deployed."""
    if isinstance(value, Runtime):
        return True
    if isinstance(value, dict):
        return any(unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(unknown(item) for item in value)
    return False
