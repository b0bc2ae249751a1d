"""`sandbox serve`: what its options come to."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from modelform.sandbox import server


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was served: folders and options."""
    found: list[Any] = []
    monkeypatch.setattr(server, "serve", lambda folder, **options: found.append((folder, options)))
    return found


def test_a_folder_of_its_own_needs_no_project(
    modelform: Any, served: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    options = ["--port", "4443", "--https", "--latency", "250", "--journal", "j.jsonl", "--today", "2027-01-31"]
    ran = modelform("sandbox", "serve", "--data", "kept", *options)
    assert ran.code == 0, ran.err
    assert served == [
        (
            Path("kept"),
            {
                "port": 4443,
                "host": "127.0.0.1",
                "latency": 0.25,
                "journal": Path("j.jsonl"),
                "today": date(2027, 1, 31),
                "json_line": False,
            },
        )
    ]


def test_the_projects_sandbox_goes_on_with_the_clock(modelform: Any, served: list[Any]) -> None:
    assert modelform("sandbox", "serve").code == 0
    [(folder, options)] = served
    assert folder == modelform.folder / ".modelform" / "sandbox"
    assert options["today"] is None
    assert "PULUMI_DEBUG_PROVIDERS" in options["variables"]


def test_a_day_that_is_none(modelform: Any, served: list[Any]) -> None:
    ran = modelform("sandbox", "serve", "--today", "tomorrow")
    assert ran.code == 64
    assert "--today wants a date like 2026-11-22, not 'tomorrow'" in ran.err
    assert served == []
