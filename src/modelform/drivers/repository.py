"""The git commit of a project folder, where there is one: what a saved plan says it was made from."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from modelform.record import dataclass

PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit, and whether any of the files that were read differs from what it holds."""

    id: str
    dirty: bool


def commit(folder: Path, files: Iterable[Path]) -> Commit | None:
    """The commit that is checked out in a folder; None without git, a repository or a commit in it."""
    head = _git(folder, "rev-parse", "--verify", "--quiet", "HEAD")
    top = _git(folder, "rev-parse", "--show-toplevel")
    if not head or not top:
        return None
    inside = [str(file.resolve()) for file in files if file.resolve().is_relative_to(top)]
    status = _git(folder, "status", "--porcelain", "--untracked-files=all", "--ignored", "--", *inside)
    # Where git cannot say, nobody may rely on the commit.
    return Commit(head, bool(status) or status is None if inside else False)


def _git(folder: Path, *arguments: str) -> str | None:
    """What a git command says, without the end of the line; None where it cannot be run."""
    try:
        ran = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            check=True,
            text=True,
            timeout=PATIENCE,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return ran.stdout.rstrip("\n")
