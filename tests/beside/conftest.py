"""Runs `modelform check` in this process, on a day that stays the same."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from modelform.cli.main import main
from modelform.cli.outside import Outside


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def codes(self) -> list[str]:
        return [d["code"] for d in self.document["diagnostics"]]


class Command:
    """`modelform check` in a folder."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.patch = patch

    def __call__(self, *argv: str, folder: Path | None = None, stdin: str = "") -> Ran:
        self.patch.chdir(folder or self.folder)
        out, err = io.StringIO(), io.StringIO()
        around = Outside(
            environment={"COLUMNS": "80"},
            stdin=io.StringIO(stdin),
            stdout=out,
            stderr=err,
            clock=lambda: 0.0,
            today=lambda: date(2026, 11, 22),
        )
        code = main(["check", *argv], around)
        assert "Traceback" not in err.getvalue()
        return Ran(code, out.getvalue(), err.getvalue())

    def write(self, name: str, content: Any) -> str:
        file = self.folder / name
        file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return name


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command in an empty folder."""
    return Command(tmp_path, monkeypatch)
