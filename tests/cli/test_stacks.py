"""outputs, stack ls|export|import|history|unlock: the driver's answers as text and as documents."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modelform.drivers import HistoryEntry, StackInfo
from modelform.values import Secret


def test_outputs_hide_secrets_until_they_are_asked_for(modelform: Any) -> None:
    modelform.given = {"values": {"deployments": {"assistant": {"key": Secret("hunter2"), "model": "m"}}}}
    for argv in ([], ["--json"]):
        ran = modelform("outputs", *argv)
        assert ran.code == 0
        assert "hunter2" not in ran.out
        assert "[secret]" in ran.out
    assert "hunter2" in modelform("outputs", "--show-secrets").out
    shown = modelform("outputs", "--show-secrets", "--json")
    assert shown.document["outputs"]["deployments"]["assistant"]["key"] == "hunter2"
    assert shown.driver.asked == [("outputs", ("dev", True))]


def test_ls_joins_files_and_states(modelform: Any) -> None:
    modelform.write("x", "prod")
    modelform.given = {
        "infos": [
            StackInfo("dev", "sandbox", 7, "2026-11-22T10:00:00Z"),
            StackInfo("gone", "sandbox", 0, "2026-11-20T10:00:00Z", "host:42", "gone.json is cut short"),
        ]
    }
    ran = modelform("stack", "ls")
    lines = ran.out.splitlines()
    assert lines[0].split() == ["NAME", "RESOURCES", "LAST", "CHANGED", "REMARKS"]
    assert lines[1].split() == ["dev", "7", "2026-11-22T10:00:00Z"]
    assert lines[2].split()[1] == "-"
    assert lines[2].split(maxsplit=3)[3] == "no file, locked by host:42, unreadable"
    assert "gone: gone.json is cut short" in ran.err
    assert lines[3].split() == ["prod", "-", "never"]
    found = {s["name"]: s for s in modelform("stack", "ls", "--json").document["stacks"]}
    assert found["prod"]["resources"] == 0
    assert found["gone"]["file"] is None
    assert found["gone"]["resources"] is None
    assert found["gone"]["lockedBy"] == "host:42"


def test_a_stack_whose_file_is_gone_is_found_again(modelform: Any) -> None:
    modelform.given = {"infos": [StackInfo("gone", "sandbox", 2, "2026-11-20T10:00:00Z")]}
    ran = modelform("destroy", "-y", "-s", "gone")
    assert ran.code == 64
    assert "--target sandbox works from the state alone" in " ".join(ran.err.split())
    assert "--target" not in modelform("destroy", "-y", "-s", "never").err


def test_ls_needs_no_stack_even_under_ci(modelform: Any) -> None:
    modelform.environment = {"CI": "1"}
    assert modelform("stack", "ls").code == 0


def test_export_and_import(modelform: Any) -> None:
    assert modelform("stack", "export").document["version"] == 3
    file = modelform.folder / "state.json"
    assert modelform("stack", "export", "--file", str(file)).code == 0
    ran = modelform("stack", "import", "--file", str(file), "-y")
    assert ran.code == 0
    assert ran.driver.asked == [("import", ("dev", json.loads(file.read_text())))]


@pytest.mark.parametrize("content", [b"{", b"[1]", b"\xff\xfe"])
def test_an_import_of_something_else_changes_nothing(content: bytes, modelform: Any) -> None:
    file = modelform.folder / "state.json"
    file.write_bytes(content)
    ran = modelform("stack", "import", "--file", str(file), "-y")
    assert ran.code == 1
    assert "is no exported state" in " ".join(ran.err.split())
    assert ran.driver is None


def test_an_import_of_a_file_that_is_not_there(modelform: Any) -> None:
    ran = modelform("stack", "import", "--file", "gone.json", "-y")
    assert ran.code == 64
    assert "there is no file gone.json" in ran.err


def test_history(modelform: Any) -> None:
    entry = HistoryEntry(
        "update", "succeeded", "2026-11-22T10:00:00Z", "2026-11-22T10:01:00Z", "", {"create": 3, "same": 0}
    )
    modelform.given = {"entries": [entry]}
    assert modelform("stack", "history").out.splitlines()[1].split() == [
        "2026-11-22T10:00:00Z",
        "update",
        "succeeded",
        "3",
        "create",
    ]
    assert modelform("stack", "history", "--json").document["history"][0]["changes"] == {"create": 3, "same": 0}


def test_unlock_asks_first(modelform: Any) -> None:
    modelform.given = {"owners": ["host:42"]}
    refused = modelform("stack", "unlock")
    assert refused.code == 64
    assert refused.driver is None
    done = modelform("stack", "unlock", "-y")
    assert "host:42" in done.out
    assert done.driver.asked == [("unlock", "dev")]
    modelform.typed = "n\n"
    assert modelform("stack", "unlock").driver is None


def test_a_state_can_be_worked_on_when_its_file_is_broken_or_gone(modelform: Any) -> None:
    modelform.write("nonsense: [\n")
    refused = modelform("destroy", "-y")
    assert refused.code == 4
    assert refused.driver is None
    assert "--target sandbox" in refused.err
    ran = modelform("destroy", "-y", "--target", "sandbox")
    assert ran.code == 0
    assert ran.request.name == "dev"
    assert ran.request.stack is None
    (modelform.folder / "stacks" / "dev.yaml").unlink()
    assert modelform("destroy", "-y", "-s", "dev").code == 64
    assert modelform("destroy", "-y", "-s", "dev", "--target", "sandbox").request.name == "dev"


@pytest.mark.parametrize(
    ("argv", "environment", "said"),
    [
        (["-s", "dve"], {}, "dev"),
        ([], {"CI": "1"}, "under CI the stack must be named"),
        (["-s", "stacks/gone.yaml"], {}, "there is no stack"),
        (["-C", "nowhere"], {}, "there is no folder nowhere"),
    ],
)
def test_a_stack_that_cannot_be_meant(argv: list[str], environment: dict[str, str], said: str, modelform: Any) -> None:
    modelform.environment = environment
    ran = modelform("preview", *argv)
    assert ran.code == 64
    assert said in " ".join(ran.err.split())


def test_several_stacks_want_a_name(modelform: Any) -> None:
    modelform.write("x", "prod")
    ran = modelform("preview")
    assert ran.code == 64
    assert "dev, prod" in ran.err
    assert modelform("preview", "-s", "dev").code == 0
    assert modelform("preview", "-s", "stacks/dev.yaml").session.name == "dev"


def test_a_document_that_is_no_export_is_named(modelform: Any) -> None:
    modelform.real_driver = True
    file = modelform.folder / "other.json"
    file.write_text('{"version": 3}')
    ran = modelform("stack", "import", "--file", str(file), "-y")
    assert ran.code == 1
    assert "other.json is no exported state [state.corrupt]" in " ".join(ran.err.split())
    assert "Nothing was changed" in " ".join(ran.err.split())
