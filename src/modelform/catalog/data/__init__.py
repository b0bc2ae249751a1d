"""The catalogue's data: YAML for people beside this file, and `catalog.json`, made from it, for the program."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "catalog.json"


@cache
def load() -> dict[str, Any]:
    """The whole catalogue as plain data, read once a process; treat it as read-only. docs/catalog.md has its shape."""
    data: dict[str, Any] = json.loads(FILE.read_bytes())
    return data
