"""Which folder is the project, and which stack is meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from modelform.cli.project import choose_stack, find_project, is_path
from modelform.errors import StackFileError, UsageError


def test_the_nearest_folder_upward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stacks").mkdir()
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert find_project(None).folder == tmp_path
    (tmp_path / "a" / "Pulumi.yaml").write_text("name: shop\n")
    assert find_project(None).folder == tmp_path / "a"
    assert find_project(None).name == "shop"


def test_a_folder_that_was_named_must_be_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no project folder"):
        find_project(tmp_path)
    with pytest.raises(UsageError, match="there is no folder"):
        find_project(tmp_path / "gone")


def test_a_path_to_a_stack_names_its_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "shop"
    (project / "stacks").mkdir(parents=True)
    file = project / "stacks" / "dev.yaml"
    file.write_text("name: dev\n")
    monkeypatch.chdir(tmp_path)
    found = find_project(None, "shop/stacks/dev.yaml")
    assert found.folder == project
    assert choose_stack(found, "shop/stacks/dev.yaml", {}) == Path("shop/stacks/dev.yaml")
    with pytest.raises(UsageError, match="there is no stack file"):
        choose_stack(found, "shop/stacks/prod.yaml", {})


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [("name: [\n", "cannot be read", 2), ("name: 5\n", "must be text", 1), ("\tname: x\n", "cannot be read", 1)],
)
def test_a_broken_project_file_is_shown_with_its_place(text: str, said: str, line: int, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(text)
    with pytest.raises(StackFileError, match=said) as caught:
        find_project(tmp_path)
    span = caught.value.diagnostics[0].span
    assert span is not None
    assert span.line == line


def test_a_folder_without_a_project_is_a_usage_error(tmp_path: Path, modelform: Any, monkeypatch: Any) -> None:
    empty = tmp_path / "stacks" / "no"
    monkeypatch.setattr("modelform.cli.project._is_project", lambda folder: False)
    empty.mkdir()
    ran = modelform("preview")
    assert ran.code == 64
    assert "this is no project folder" in " ".join(ran.err.split())
    assert "modelform init" in ran.err


def test_what_is_kept_is_kept_out_of_git(tmp_path: Path) -> None:
    (tmp_path / "stacks").mkdir()
    project = find_project(tmp_path)
    assert (project.kept / ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize(
    ("stack", "path"),
    [("dev", False), ("stacks/dev.yaml", True), ("dev.yaml", True), ("./dev", True), ("eu-prod", False)],
)
def test_names_and_paths(stack: str, path: bool) -> None:
    assert is_path(stack) is path
