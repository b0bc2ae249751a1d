"""Stack files: read, checked in form, and resolved to the stack that everything else works on."""

from __future__ import annotations

from modelform.spec.load import load_stack
from modelform.spec.schema import json_schema
from modelform.spec.stacks import find_stack, find_stacks

__all__ = ["find_stack", "find_stacks", "json_schema", "load_stack"]
