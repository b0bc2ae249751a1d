"""What no file of the repository may hold, and what each must."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def text(file: Path) -> str:
    try:
        return file.read_text()
    except UnicodeDecodeError:
        return ""


def test_no_paths_of_a_machine() -> None:
    pattern = re.compile(r"(?<![\w.-])/(?:work|root|home/\w+)/")
    assert [str(f.relative_to(ROOT)) for f in tracked() if f != Path(__file__) and pattern.search(text(f))] == []


def test_locks_name_no_registry() -> None:
    for name in ("requirements.lock", "requirements-uv.lock"):
        content = (ROOT / name).read_text()
        assert "://" not in content, name
        pinned = re.findall(r"^(\S+)==", content, re.M)
        assert pinned
        assert len(re.findall(r"--hash=sha256:", content)) >= len(pinned)


def test_lock_holds_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *(d for g in project["dependency-groups"].values() for d in g)]
    names = {re.split(r"[<>=~!\[; ]", w)[0].lower().replace("_", "-") for w in wanted}
    pinned = {name.lower() for name in re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(), re.M)}
    assert names - pinned == set()


@pytest.mark.parametrize("command", ["make demo", "make test"])
def test_readme_names_the_two_commands(command: str) -> None:
    assert command in (ROOT / "README.md").read_text()


def test_ci_runs_what_the_readme_says() -> None:
    assert "make test" in (ROOT / ".ci" / "run").read_text()


def test_every_module_says_what_it_is_for() -> None:
    missing = [
        str(file.relative_to(ROOT))
        for file in sorted((ROOT / "src").rglob("*.py"))
        if file.read_text().strip() and not ast.get_docstring(ast.parse(file.read_text()))
    ]
    assert missing == []


def test_no_unfinished_marks() -> None:
    pattern = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    assert [str(f.relative_to(ROOT)) for f in (ROOT / "src").rglob("*.py") if pattern.search(f.read_text())] == []


def test_relative_links_of_the_documents_lead_somewhere() -> None:
    broken = []
    for file in [
        ROOT / "README.md",
        *sorted((ROOT / "docs").rglob("*.md")),
        *sorted(ROOT.glob("examples/*/README.md")),
    ]:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", file.read_text()):
            if "://" not in target and not target.startswith("mailto:") and not (file.parent / target).exists():
                broken.append(f"{file.relative_to(ROOT)}: {target}")
    assert broken == []
