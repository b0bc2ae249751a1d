"""Stack files with something to say about them: each folder of `cases/` is a stack and the report it must get.

`MODELFORM_UPDATE_CASES=1` writes the expected reports anew, to be read before they are committed.
"""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

import pytest

from modelform.spec import load_stack
from modelform.spec.compose import PACKAGED

CASES = Path(__file__).parent / "cases"
TODAY = date(2026, 11, 22)


def report_of(folder: Path) -> str:
    """What loading a case's stack says, as text; the last line tells whether there is a stack."""
    settings = folder / "settings.json"
    given = json.loads(settings.read_text()) if settings.exists() else {}
    stack, report = load_stack(
        Path("stack.yaml"),
        environment=given.get("environment", {}),
        target=given.get("target"),
        engine=given.get("engine"),
        today=TODAY,
    )
    lines = [str(diagnostic) for diagnostic in report.sorted()]
    assert (stack is None) == bool(report.errors)
    lines = [line.replace(str(PACKAGED), "{packaged}") for line in lines]
    return "\n".join([*lines, "no stack" if stack is None else f"stack {stack.name}", ""])


@pytest.mark.parametrize("name", sorted(folder.name for folder in CASES.iterdir() if folder.is_dir()))
def test_case(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = CASES / name
    monkeypatch.chdir(folder)
    found = report_of(folder)
    expected = folder / "expected.txt"
    if os.environ.get("MODELFORM_UPDATE_CASES") == "1":
        expected.write_text(found)
    assert found == expected.read_text()
