"""The published JSON Schema of stack files, made from the models that read them."""

from __future__ import annotations

import json
from typing import Any

from modelform.spec.stackfile import stack_kind

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TITLE = "modelform stack file"


def json_schema() -> dict[str, Any]:
    """The schema of a stack file, a base file, a template or a fragment; every value may be an interpolation.

    Required keys of maps that merge are not in it, since a base file may have them.
    """
    definitions: dict[str, Any] = {}
    root = stack_kind().schema(definitions)
    return {"$schema": DIALECT, "title": TITLE, **root, "$defs": dict(sorted(definitions.items()))}


def schema_text() -> str:
    """The schema as the text of `schema/stack.schema.json`."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
