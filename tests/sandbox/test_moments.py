"""Time goes on within a request, too: what is due to be deleted never shows as settled, and takes nothing with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from modelform.sandbox import SUBSCRIPTION
from modelform.sandbox.app import create_control
from modelform.sandbox.control import Control
from modelform.sandbox.exchange import Request, Response
from modelform.sandbox.identity import TOKEN

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
STORE = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/stepping"
ACCOUNT = f"{GROUP}/providers/Microsoft.CognitiveServices/accounts/stepping"
BODIES: dict[str, dict[str, Any]] = {
    GROUP: {"location": "swedencentral"},
    STORE: {"location": "swedencentral", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}},
    ACCOUNT: {"location": "swedencentral", "kind": "AIServices", "sku": {"name": "S0"}, "properties": {}},
}
VERSIONS = {GROUP: "2024-03-01", STORE: "2024-01-01", ACCOUNT: "2025-06-01"}
STEPS = (0.05, 0.13, 0.21, 0.34, 0.47)


class Stepping:
    """A clock that goes on with every look at it."""

    def __init__(self, step: float) -> None:
        self.now, self.step = 1_795_305_600.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def ask(control: Control, method: str, path: str) -> Response:
    body = json.dumps(BODIES[path]).encode() if method == "PUT" else b""
    headers = {"authorization": f"Bearer {TOKEN}"}
    return control.handle(Request(method, path, {"api-version": VERSIONS[path]}, headers, body))


def settled(control: Control, path: str) -> str:
    """The state once nothing goes on; nothing for what is not there."""
    for _ in range(200):
        answer = ask(control, "GET", path)
        if answer.status == 404:
            return ""
        state: str = answer.body["properties"]["provisioningState"]
        if state not in ("Creating", "Accepted", "Updating", "Deleting"):
            return state
    raise AssertionError(f"{path} does not settle")


@pytest.mark.parametrize("step", STEPS)
def test_what_was_deleted_never_comes_to_rest(tmp_path: Path, step: float) -> None:
    control = create_control(tmp_path, latency=1.0, clock=Stepping(step))
    ask(control, "PUT", GROUP)
    for _ in range(3):
        assert ask(control, "PUT", ACCOUNT).status == 201
        assert settled(control, ACCOUNT) == "Succeeded"
        assert ask(control, "DELETE", ACCOUNT).status == 202
        assert settled(control, ACCOUNT) == ""
        with control.store.write() as view:
            for one in view.graves("/"):
                view.purge(one.id)
    control.store.close()


@pytest.mark.parametrize("step", STEPS)
def test_what_was_made_does_not_go_with_a_group_that_was_due(tmp_path: Path, step: float) -> None:
    control = create_control(tmp_path, latency=1.0, clock=Stepping(step))
    ask(control, "PUT", GROUP)
    for _ in range(3):
        assert ask(control, "DELETE", GROUP).status == 202
        while (answer := ask(control, "PUT", GROUP)).status == 409:
            assert answer.body["error"]["code"] == "ResourceGroupBeingDeleted"
        assert answer.status == 201
        assert settled(control, GROUP) == "Succeeded"
        assert ask(control, "PUT", STORE).status in (200, 202)
        assert settled(control, STORE) == "Succeeded"
    control.store.close()
