"""What other tools' files declare is checked like a stack, and found in their own places.

A case is a folder with the tool's files, perhaps a policy.yaml, and expected.txt: the command line, the exit code, then
a line a finding. MODELFORM_UPDATE_GOLDEN=1 writes all but the command line anew.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any

import pytest

CASES = sorted(file.parent for file in (Path(__file__).parent / "cases").rglob("expected.txt"))


def line(found: dict[str, Any]) -> str:
    place = f" {found['file']}:{found['line']}:{found['column']}" if found["file"] else ""
    declared = found["detail"].rpartition("declared as ")
    where = f"\n    {declared[2]}" if declared[1] else ""
    hint = f"\n    > {found['hint']}" if found["hint"] else ""
    return f"{found['severity']} {found['code']}{place}: {found['summary']}{where}{hint}"


@pytest.mark.parametrize("case", CASES, ids=[f"{c.parent.name}-{c.name}" for c in CASES])
def test_what_another_tool_declares_is_checked(case: Path, check: Any) -> None:
    file = case / "expected.txt"
    first = file.read_text().splitlines()[0]
    ran = check(*shlex.split(first), "--json", folder=case)
    text = "\n".join([first, f"exit {ran.code}", *map(line, ran.document["diagnostics"])]) + "\n"
    if os.environ.get("MODELFORM_UPDATE_GOLDEN"):
        file.write_text(text)
    assert text == file.read_text()
    hints = [d["hint"] for d in ran.document["diagnostics"]]
    assert not [hint for hint in hints if "write `" in hint], "the way out is no line of a stack file"
