"""validate, lock, schema: stack files without any cloud."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator


def test_a_valid_stack(modelform: Any) -> None:
    ran = modelform("validate")
    assert ran.code == 0
    assert ran.out.startswith("dev is valid: 1 workspaces, 1 deployments, 0 routes")
    assert modelform("validate", "--json").document["ok"] is True


def test_every_problem_at_once_with_its_place(modelform: Any) -> None:
    modelform.write(
        "apiVersion: modelform/v1\nname: dev\nlocation: swedencentral\nworkspaces:\n  foundry: {kind: fondry}\n"
        "deployments:\n  assistant: {model: mistral-larg-3, workspace: foundry, capacity: {tpm: 50k}}\nlocatoin: x\n"
    )
    ran = modelform("validate", "--json")
    assert ran.code == 4
    found = ran.document["diagnostics"]
    assert {(d["line"]) for d in found} >= {5, 8}
    assert all(d["file"].endswith("stacks/dev.yaml") and d["column"] for d in found)
    assert ran.err.count("error:") == len(found) >= 2
    assert "did you mean" in ran.err.lower()
    assert "    8 | locatoin: x\n      | ^" in ran.err


def test_what_a_check_refuses_is_3(modelform: Any) -> None:
    modelform.write(modelform.folder.joinpath("stacks/dev.yaml").read_text() + "policy: {publishers: [OpenAI]}\n")
    ran = modelform("validate", "--json")
    assert ran.code == 3
    assert [d["code"] for d in ran.document["diagnostics"] if d["severity"] == "error"] == ["policy.publisher"]


def test_a_lock_is_written_once_and_kept(modelform: Any) -> None:
    first = modelform("lock")
    file = modelform.folder / "stacks" / "dev.lock.yaml"
    assert first.code == 0
    assert "Wrote dev.lock.yaml" in first.out
    written = file.read_bytes()
    assert "as it was" in modelform("lock").out
    assert file.read_bytes() == written


def test_an_upgrade_shows_what_differs(modelform: Any) -> None:
    modelform("lock")
    file = modelform.folder / "stacks" / "dev.lock.yaml"
    text = file.read_text()
    file.write_text(text.replace("DataZoneStandard", "GlobalStandard"))
    ran = modelform("lock", "--upgrade", "--json")
    assert [c["new"] for c in ran.document["changes"]] == ["DataZoneStandard"]
    assert file.read_text() == text


def test_a_broken_lock_is_an_error_and_an_upgrade_heals_it(modelform: Any) -> None:
    file = modelform.folder / "stacks" / "dev.lock.yaml"
    file.write_text("lockVersion: 5\n")
    assert modelform("validate").code == 4
    assert modelform("lock", "--upgrade").code == 0
    assert modelform("validate").code == 0


def test_up_writes_the_lock(modelform: Any) -> None:
    assert modelform("preview").code == 0
    file = modelform.folder / "stacks" / "dev.lock.yaml"
    assert not file.exists()
    assert "dev.lock.yaml" in modelform("up", "-y").err
    assert file.exists()
    assert "dev.lock.yaml" not in modelform("up", "-y").err


def test_the_schema_is_a_schema_that_takes_the_stack(modelform: Any) -> None:
    import yaml

    schema = json.loads(modelform("schema").out)
    Draft202012Validator.check_schema(schema)
    stack = yaml.safe_load((modelform.folder / "stacks" / "dev.yaml").read_text())
    Draft202012Validator(schema).validate(stack)
    assert not Draft202012Validator(schema).is_valid({**stack, "locatoin": "x"})


@pytest.mark.parametrize("command", ["preview", "up", "validate", "lock"])
def test_a_wrong_file_stops_every_command_before_anything(command: str, modelform: Any) -> None:
    modelform.write("name: dev\nname: dev\n")
    ran = modelform(command, *(["-y"] if command == "up" else []))
    assert ran.code == 4
    assert ran.driver is None
