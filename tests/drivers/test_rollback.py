"""What a stack's deployments had and left, by the states in its history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from modelform.drivers.rollback import left_behind
from modelform.state.folder import Folder

ACCOUNT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/Acc"


def state(**models: str) -> dict[str, Any]:
    """A state with deployments by name, each of a model `name@version`."""
    resources: list[dict[str, Any]] = [
        {"type": "azure-native:cognitiveservices:Account", "id": ACCOUNT, "inputs": {"location": "swedencentral"}}
    ]
    for name, model in models.items():
        part, _, version = model.partition("@")
        inputs = {"properties": {"model": {"format": "OpenAI", "name": part, "version": version}}}
        kind = "azure-native:cognitiveservices:Deployment"
        resources.append({"type": kind, "id": f"{ACCOUNT}/deployments/{name}", "inputs": inputs})
    return {"version": 3, "checkpoint": {"latest": {"resources": resources}}}


def history(root: Path, *states: object) -> Folder:
    """A folder whose history kept these states, the oldest first; a text is written as it is."""
    folder = root / ".pulumi" / "history" / "modelform" / "dev"
    folder.mkdir(parents=True)
    for number, kept in enumerate(states):
        record = {"kind": "update", "startTime": number, "endTime": number, "result": "succeeded"}
        (folder / f"dev-{number + 10}.history.json").write_text(json.dumps(record))
        text = kept if isinstance(kept, str) else json.dumps(kept)
        (folder / f"dev-{number + 10}.checkpoint.json").write_text(text)
    return Folder(root)


def test_what_was_followed_by_something_else(tmp_path: Path) -> None:
    first, second = state(chat="gpt-4o@1", clerk="gpt-4o@1"), state(chat="gpt-5@1", clerk="gpt-4o@1")
    assert left_behind(history(tmp_path, first, first, second, second), "modelform", "dev") == {
        ("acc", "chat", "gpt-4o", "1")
    }


def test_what_it_went_back_to_stays_what_it_had(tmp_path: Path) -> None:
    first, second = state(chat="GPT-4o@1"), state(chat="gpt-4o@2")
    found = left_behind(history(tmp_path, first, second, first), "modelform", "dev")
    assert ("acc", "chat", "gpt-4o", "1") in found


def test_a_deployment_that_was_away_meanwhile(tmp_path: Path) -> None:
    first, nothing, second = state(chat="gpt-4o@1"), state(), state(chat="gpt-5@1")
    assert left_behind(history(tmp_path, first, nothing), "modelform", "dev") == frozenset()
    assert len(left_behind(history(tmp_path / "b", first, nothing, second), "modelform", "dev")) == 1


def test_a_state_that_cannot_be_read_excuses_nothing(tmp_path: Path) -> None:
    broken: tuple[object, ...] = ("{", "[]", '{"checkpoint": 1}', '{"checkpoint": {"latest": {"resources": [1]}}}')
    assert left_behind(history(tmp_path, *broken), "modelform", "dev") == frozenset()
    found = left_behind(history(tmp_path / "b", state(chat="a@1"), *broken, state(chat="b@1")), "modelform", "dev")
    assert found == {("acc", "chat", "a", "1")}


def test_no_history(tmp_path: Path) -> None:
    assert left_behind(Folder(tmp_path), "modelform", "dev") == frozenset()
