"""validate, lock, schema: stack files without any cloud."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator


def test_a_valid_stack(modelform: Any) -> None:
    ran = modelform("validate")
    assert ran.code == 0
    assert ran.out.startswith("dev is valid: 1 workspace, 1 deployment, 0 routes")
    assert "assistant    dataZoneStandard  eu data zone  Sweden   documented" in ran.out
    document = modelform("validate", "--json").document
    assert document["ok"] is True
    assert next((row["names"], row["scope"]) for row in document["residency"]["rows"]) == (["assistant"], "dataZone")


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
    if command == "preview":
        assert modelform(command, "--json").document["stack"] == "dev"


def test_init_makes_a_project_that_is_valid(modelform: Any) -> None:
    ran = modelform("init", "shop")
    assert ran.code == 0
    assert "Wrote shop/stacks/quickstart.yaml" in ran.out
    assert "Next: modelform -C shop preview" in ran.out
    assert modelform("-C", "shop", "validate").code == 0


def test_init_in_a_named_folder_and_by_another_name(modelform: Any) -> None:
    ran = modelform("-C", "shop", "init", "-s", "prod", "--json")
    assert ran.document["stack"] == "prod"
    assert (modelform.folder / "shop" / "stacks" / "prod.yaml").is_file()


def test_init_overwrites_nothing(modelform: Any) -> None:
    modelform("init", "shop")
    file = modelform.folder / "shop" / "stacks" / "quickstart.yaml"
    file.write_text("mine\n")
    ran = modelform("init", "shop")
    assert ran.code == 64
    assert "not overwritten" in " ".join(ran.err.split())
    assert file.read_text() == "mine\n"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--template", "quickstrat"], "quickstart"),
        (["--set", "nonsense"], "KEY=VALUE"),
        (["--set", "nonsense=1"], "no parameter 'nonsense'"),
        (["-s", "Bad Name"], "cannot be"),
    ],
)
def test_init_with_what_cannot_be(argv: list[str], said: str, modelform: Any) -> None:
    ran = modelform("init", "shop", *argv)
    assert ran.code == 64
    assert said in " ".join(ran.err.split())


def test_init_lists_templates(modelform: Any) -> None:
    assert "quickstart: " in modelform("init", "--list").out
    assert "quickstart" in modelform("init", "--list", "--json").document["templates"]
