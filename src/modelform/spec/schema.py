"""The published JSON Schema of stack files, made from the models that read them."""

from __future__ import annotations

import json
from typing import Any

from modelform.spec.kinds import PLACEHOLDER
from modelform.spec.stackfile import stack_kind

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TITLE = "modelform stack file"
COMPANY_TITLE = "modelform company file"
# What `Text` with a pattern adds for texts that hold an interpolation.
_PLACEHOLDER = {"type": "string", "pattern": r"\$\{"}.items()


def json_schema() -> dict[str, Any]:
    """The schema of a stack file, a base file, a template or a fragment; every value may be an interpolation.

    Required keys of maps that merge are not in it, since a base file may have them.
    """
    definitions: dict[str, Any] = {}
    root = stack_kind().schema(definitions)
    return {"$schema": DIALECT, "title": TITLE, **root, "$defs": dict(sorted(definitions.items()))}


def company_schema() -> dict[str, Any]:
    """The schema of a company file, in which no value may be an interpolation."""
    from modelform.spec.companyfile import company_kind

    definitions: dict[str, Any] = {}
    root = company_kind().schema(definitions)
    whole = {"$schema": DIALECT, "title": COMPANY_TITLE, **root, "$defs": dict(sorted(definitions.items()))}
    found: dict[str, Any] = _literal(whole)
    return found


def _literal(schema: Any) -> Any:
    """A schema without the alternatives that are interpolations."""
    if isinstance(schema, list):
        return [_literal(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: value if key == "examples" else _literal(value) for key, value in schema.items()}
    if "anyOf" in found:
        rest = [item for item in found["anyOf"] if not item.items() >= _PLACEHOLDER]
        rest = [item for item in rest if item.get("pattern") != PLACEHOLDER]
        others = {key: value for key, value in found.items() if key != "anyOf"}
        return others | (rest[0] if len(rest) == 1 else {"anyOf": rest})
    return found


def schema_text(schema: dict[str, Any] | None = None) -> str:
    """A schema as the text of its file; without one, that of `schema/stack.schema.json`."""
    return json.dumps(schema or json_schema(), indent=2, ensure_ascii=False) + "\n"
