"""The command at a real terminal of 80 columns: colours, width, the living display, the question."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from modelform.report.ink import cells

pty = pytest.importorskip("pty", reason="pseudo-terminals are Unix's")

STACK = """\
apiVersion: modelform/v1
location: swedencentral
workspaces:
  foundry: {kind: foundry}
deployments:
  assistant: {model: gpt-5.4-mini, workspace: foundry, sku: dataZoneStandard, capacity: {tpm: 50k}}
"""
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def at_terminal(
    folder: Path, argv: list[str], answers: dict[str, str] | None = None, **environment: str
) -> tuple[int, str]:
    """Runs the command at a terminal of 80 columns and 24 lines; types an answer when its question has come."""
    import fcntl
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPYCACHEPREFIX") if name in os.environ}
    process = subprocess.Popen(
        [sys.executable, "-m", "modelform", *argv],
        cwd=folder,
        env={**kept, "TERM": "xterm-256color", **environment},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    said, waiting = "", dict(answers or {})
    ends = time.monotonic() + 90
    while time.monotonic() < ends:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux's way to say that the other side is closed
            break
        if not part:
            break
        said += part.decode("utf-8", "replace")
        for question in [q for q in waiting if q in said]:
            os.write(ours, waiting.pop(question).encode())
    os.close(ours)
    return process.wait(timeout=30), said


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "dev.yaml").write_text(STACK)
    return tmp_path


def too_wide(said: str) -> list[str]:
    return [line for line in ESCAPE.sub("", said).replace("\r", "").splitlines() if cells(line) > 80]


@pytest.mark.slow
def test_a_plan_has_colours_and_fits(folder: Path) -> None:
    code, said = at_terminal(folder, ["preview"])
    assert code == 0, said
    assert "\x1b[32;1m  +\x1b[0m" in said
    assert "Plan: 3 to create." in ESCAPE.sub("", said)
    assert too_wide(said) == []


@pytest.mark.slow
@pytest.mark.parametrize(("argv", "environment"), [(["--no-color"], {}), ([], {"NO_COLOR": "1"})])
def test_nobody_has_to_see_colours(argv: list[str], environment: dict[str, str], folder: Path) -> None:
    code, said = at_terminal(folder, ["preview", *argv], **environment)
    assert code == 0, said
    assert "\x1b[" not in said


@pytest.mark.slow
def test_up_asks_shows_what_runs_and_ends_with_a_clean_screen(folder: Path) -> None:
    code, said = at_terminal(folder, ["up", "--latency", "1500"], {"Do this? [y/N]": "y\n"})
    assert code == 0, said
    plain = ESCAPE.sub("", said)
    assert re.search(r"deployment assistant creating +\d s", plain)
    assert re.search(r"\d done, 1 running", plain)
    assert re.search(r"deployment assistant created \(1\.\d s\)", plain)
    assert "up of dev done" in plain
    assert said.count("\x1b[?25l") == said.count("\x1b[?25h"), "the cursor is back"
    assert too_wide(said) == []


@pytest.mark.slow
def test_destroy_wants_the_name(folder: Path) -> None:
    assert at_terminal(folder, ["up", "-y"])[0] == 0
    question = "Type the stack's name (dev) to destroy it:"
    code, said = at_terminal(folder, ["destroy"], {question: "yes\n"})
    assert code == 1
    assert "nothing was changed" in said
    code, said = at_terminal(folder, ["destroy"], {question: "dev\n"})
    assert code == 0, said
    assert "3 deleted" in said
