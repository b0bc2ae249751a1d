"""`make demo` shows what it says, again and again, and throws nothing of a person's away."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "demo.py"


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("demo", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "DEMO", tmp_path / "kept" / "demo")
    return module


@pytest.mark.slow
def test_the_demo_can_be_run_again_and_again(demo: ModuleType, capfd: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert demo.main() == 0
        said = capfd.readouterr().out
        assert "Plan: 5 to create." in said
        assert "up of dev done" in said
        assert "No changes: 5 resources as before" in said
        assert "ok   assistant (Mistral-Large-3" in said
        assert "What to try next" in said
        assert said.index("Plan: 5 to create.") < said.index("up of dev done") < said.index("No changes")


def test_a_demo_that_was_changed_is_put_aside(demo: ModuleType) -> None:
    first = demo.fresh_folder()
    (first / ".modelform").mkdir()
    (first / "stacks" / "dev.lock.yaml").write_text("made by a command\n")
    assert demo.fresh_folder() == first
    kept = first / "stacks" / "dev.lock.yaml"
    assert not kept.exists() or kept.read_text() != "made by a command\n"
    assert not first.with_name("demo-1").exists()
    (first / "stacks" / "dev.yaml").write_text("mine\n")
    demo.fresh_folder()
    assert (first.with_name("demo-1") / "stacks" / "dev.yaml").read_text() == "mine\n"
    assert (first / "stacks" / "dev.yaml").read_text() != "mine\n"


def test_a_demo_that_fails_says_so_and_stops(
    demo: ModuleType, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    ran: list[list[str]] = []

    def fail(folder: str, arguments: list[str]) -> int:
        ran.append(arguments)
        return 6

    monkeypatch.setattr(demo, "modelform", fail)
    assert demo.main() == 6
    assert ran == [["preview"]]
    assert "the command answered 6" in capfd.readouterr().err
