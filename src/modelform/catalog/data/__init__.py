"""The catalogue's data: YAML for people beside this file, and `catalog.json`, made from it, for the program.

Also where the user's overlay of it is looked for: that is on the way of every command, and must cost nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "catalog.json"
OVERLAY = "catalog.overlay.json"
VARIABLE = "MODELFORM_CATALOG"


@cache
def load() -> dict[str, Any]:
    """The whole catalogue as plain data, read once a process; treat it as read-only. docs/catalog.md has its shape."""
    data: dict[str, Any] = json.loads(FILE.read_bytes())
    return data


def find_overlay(folder: Path, environment: Mapping[str, str]) -> str:
    """The overlay's file: the one that MODELFORM_CATALOG names (there or not), else the project's if it has one.

    The variable, set and empty, means none.
    """
    if VARIABLE in environment:
        return environment[VARIABLE]
    file = folder / OVERLAY
    return str(file) if file.exists() else ""
