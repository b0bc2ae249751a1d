"""--sarif, --junit and --markdown: files for pipelines, whatever becomes of the command."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from modelform.checks.rule import ASKING, every_rule

BROKEN = "apiVersion: modelform/v1\nname: dev\nlocatoin: swedencentral\n"


def sarif(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(file.read_text())["runs"][0]["results"]
    return found


def suite(text: str) -> ElementTree.Element:
    (found,) = ElementTree.fromstring(text)
    return found


def strict(modelform: Any) -> str:
    text: str = (modelform.folder / "stacks/dev.yaml").read_text()
    return text + "policy: {residency: eu, rules: {cost.limit: off}}\n"


def test_a_good_stack_passes_every_check(modelform: Any) -> None:
    ran = modelform("validate", "--sarif", "out.sarif", "--junit", "out.xml")
    assert ran.code == 0
    assert "dev is valid" in ran.out
    assert [r["level"] for r in sarif(modelform.folder / "out.sarif")] == ["warning"]  # the model is a preview
    found = suite((modelform.folder / "out.xml").read_text())
    assert (found.get("name"), found.get("failures"), found.get("file")) == ("dev", "0", "stacks/dev.yaml")
    assert "residency.processing" in {case.get("name") for case in found}


@pytest.mark.parametrize("command", ["validate", "preview"])
def test_a_stack_that_a_check_stops_is_in_the_files_with_its_place(modelform: Any, command: str) -> None:
    modelform.write(strict(modelform))
    modelform.real_driver = True
    ran = modelform(command, "--sarif", "out.sarif", "--junit", "out.xml")
    assert ran.code == 3
    found = sarif(modelform.folder / "out.sarif")
    result = next(r for r in found if r["ruleId"] == "residency.processing")
    where = result["locations"][0]["physicalLocation"]
    assert where["artifactLocation"]["uri"] == "stacks/dev.yaml"
    assert where["region"] == {"startLine": 12, "startColumn": 10}
    cases = {case.get("name"): case for case in suite((modelform.folder / "out.xml").read_text())}
    assert cases["residency.processing"].find("failure") is not None
    assert cases["cost.limit"].find("skipped") is not None


def test_a_broken_file_is_in_the_files_too(modelform: Any) -> None:
    modelform.write(BROKEN)
    ran = modelform("validate", "--sarif", "out.sarif", "--junit", "-", "--no-color")
    assert ran.code == 4
    assert {r["ruleId"] for r in sarif(modelform.folder / "out.sarif")} >= {"stack-file.unknown-key"}
    cases = {case.get("name"): case for case in suite(ran.out)}
    assert cases["stack-file.unknown-key"].find("failure") is not None
    assert cases["residency.processing"].find("skipped") is not None


def test_what_only_azure_can_say_is_not_passed_offline(modelform: Any) -> None:
    ran = modelform("validate", "--junit", "-")
    skipped = {case.get("name") for case in suite(ran.out) if case.find("skipped") is not None}
    assert skipped == set(ASKING)
    texts = {rule.code: Path(str(rule.__file__)).read_text() for rule in every_rule()}  # type: ignore[attr-defined]
    assert {code for code, text in texts.items() if re.search(r"if known is None\b.*:\n +return", text)} == set(ASKING)


def test_a_document_on_stdout_is_alone_there(modelform: Any) -> None:
    ran = modelform("validate", "--sarif", "-")
    assert ran.code == 0
    assert ran.document["version"] == "2.1.0"
    assert "dev is valid" in ran.err
    ran = modelform("preview", "--junit", "-")
    assert suite(ran.out).get("name") == "dev"


@pytest.mark.parametrize(
    "flags", [["--json", "--sarif", "-"], ["--markdown", "--junit", "-"], ["--json", "--markdown"]]
)
def test_two_documents_on_stdout_are_refused(modelform: Any, flags: list[str]) -> None:
    ran = modelform("validate", *flags)
    assert ran.code == 64
    assert "would both go to stdout" in ran.err


def test_a_wrong_command_line_leaves_no_report(modelform: Any) -> None:
    assert modelform("validate", "-s", "nowhere", "--sarif", "out.sarif").code == 64
    assert not (modelform.folder / "out.sarif").exists()


def test_markdown_of_a_validation(modelform: Any) -> None:
    ran = modelform("validate", "--markdown")
    assert ran.code == 0
    assert ran.out.startswith("### modelform validate: dev\n\n**Nothing stops it**: 1 warning.")
    assert "<details><summary>Where prompts go" in ran.out
    modelform.write(strict(modelform))
    ran = modelform("validate", "--markdown")
    assert ran.code == 3
    assert "- **Error**: `stacks/dev.yaml:12:10`" in ran.out
    assert "residency.processing" in ran.err


def test_places_are_told_from_the_repository(modelform: Any) -> None:
    text = strict(modelform)
    (modelform.folder / ".git").mkdir()
    (modelform.folder / "app/stacks").mkdir(parents=True)
    (modelform.folder / "app/stacks/dev.yaml").write_text(text)
    assert modelform("-C", "app", "validate", "--sarif", "out.sarif").code == 3
    uri = sarif(modelform.folder / "out.sarif")[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "app/stacks/dev.yaml"


def test_up_writes_them_after_it(modelform: Any) -> None:
    ran = modelform("up", "-y", "--junit", "out.xml")
    assert ran.code == 0
    assert suite((modelform.folder / "out.xml").read_text()).get("failures") == "0"
