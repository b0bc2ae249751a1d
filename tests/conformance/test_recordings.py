"""The embedded engine does what Pulumi's engine did: one test a recorded scenario, named after it.

`MODELFORM_RECORDINGS=DIR` replays another folder of recordings instead.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from .replay import Replay

FOLDER = Path(os.environ.get("MODELFORM_RECORDINGS") or Path(__file__).parent / "recordings")
SCENARIOS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}
SUCCEEDING = [name for name, s in SCENARIOS.items() if all(step["expect"]["succeeded"] for step in s["steps"])]


def replay(scenario: dict[str, Any], parallel: int) -> None:
    running = Replay(parallel)
    for number, step in enumerate(scenario["steps"], 1):
        found = running.step(step)
        assert not found, f"step {number} ({step['command']}):\n  " + "\n  ".join(found)


def test_there_are_recordings() -> None:
    assert SCENARIOS, f"no recordings in {FOLDER}"


@pytest.mark.parametrize("name", SCENARIOS)
def test_recording(name: str) -> None:
    replay(SCENARIOS[name], parallel=1)


@pytest.mark.parametrize("name", SUCCEEDING)
def test_recording_in_parallel(name: str) -> None:
    replay(SCENARIOS[name], parallel=8)
