"""Stack files: read, checked in form, and resolved to the stack that everything else works on.

The names are imported when they are first asked for, so that whoever only needs the types in `resolved` loads no YAML.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelform.spec.load import load_stack
    from modelform.spec.schema import json_schema
    from modelform.spec.stacks import find_stack, find_stacks

__all__ = ["find_stack", "find_stacks", "json_schema", "load_stack"]

_HOMES = {"find_stack": "stacks", "find_stacks": "stacks", "json_schema": "schema", "load_stack": "load"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"modelform.spec.{_HOMES[name]}"), name)
