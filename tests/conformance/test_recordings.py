"""The embedded engine does what Pulumi's engine did: one test a recorded scenario, named after it.

`recordings` and `own` were recorded from `pulumi` 3.260.0 in the same way; `own` are the scenes where options meet:
aliases and replacements, targets and cascades, refreshes after failures. `MODELFORM_RECORDINGS=DIR` replays another
folder of recordings instead.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from .replay import Replay

HERE = Path(__file__).parent
GIVEN = os.environ.get("MODELFORM_RECORDINGS")
FOLDERS = [Path(GIVEN)] if GIVEN else [HERE / "recordings", HERE / "own"]
SCENARIOS = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for folder in FOLDERS
    for path in sorted(folder.glob("*.json"))
}
OWN = {path.stem for path in (HERE / "own").glob("*.json")} if not GIVEN else set()
# What Pulumi does there depends on which of two independent resources registers first: `b` goes with the `a` that it
# used to need unless it has been found to be the same before.
RACES = {"dbr_dependent_no_longer_depends"}
SUCCEEDING = [
    name
    for name, s in SCENARIOS.items()
    if name not in RACES and all(step["expect"]["succeeded"] for step in s["steps"])
]


def replay(scenario: dict[str, Any], parallel: int) -> None:
    running = Replay(parallel)
    for number, step in enumerate(scenario["steps"], 1):
        found = running.step(step)
        assert not found, f"step {number} ({step['command']}):\n  " + "\n  ".join(found)


def test_there_are_recordings() -> None:
    for folder in FOLDERS:
        assert list(folder.glob("*.json")), f"no recordings in {folder}"


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow if n in OWN else ()) for n in SCENARIOS])
def test_recording(name: str) -> None:
    replay(SCENARIOS[name], parallel=1)


@pytest.mark.slow
@pytest.mark.parametrize("name", SUCCEEDING)
def test_recording_in_parallel(name: str) -> None:
    replay(SCENARIOS[name], parallel=8)
