"""What workspaces may call and where their logs go, through the real driver: made, kept, changed, undone in order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

POLICY = "policy: {outbound: deny, diagnostics: required, residency: global, atRest: eu}\n"
STACK = """\
apiVersion: modelform/v1
location: swedencentral
resourceGroup: rg-dev
POLICY
workspaces:
  foundry: {kind: foundry, projects: [legal], outbound: {allow: [search.contoso.com]}, diagnostics: true}
  openai: {kind: openai, outbound: restricted, diagnostics: {location: francecentral}}
  studio: {kind: hub, projects: [research], outbound: {allow: ["*.pypi.org"]}, diagnostics: true}
deployments:
  chat: {model: gpt-5.4-mini, workspace: foundry, sku: globalStandard, capacity: {tpm: 10k}}
"""
SETTINGS = "azure-native:monitor:DiagnosticSetting"


class Cloud:
    """The journal of the sandbox: what was sent to it since one asked last."""

    def __init__(self, file: Path) -> None:
        self.file, self.seen = file, 0

    def writes(self) -> list[tuple[str, str, Any]]:
        """Method, the end of the path and the body of each PUT and DELETE that was let through."""
        rows = [json.loads(line) for line in self.file.read_text().splitlines()]
        new, self.seen = rows[self.seen :], len(rows)
        return [
            (row["method"], "/".join(row["path"].split("/")[-2:]).lower(), row["body"])
            for row in new
            if row["method"] in ("PUT", "DELETE") and row["status"] < 300
        ]


@pytest.fixture
def cloud(modelform: Any) -> Cloud:
    modelform.real_driver = True
    file = modelform.folder / "journal.jsonl"
    modelform.environment["MODELFORM_SANDBOX_JOURNAL"] = str(file)
    return Cloud(file)


def kinds(document: dict[str, Any]) -> dict[tuple[str, str], str]:
    return {(c["type"].rpartition(":")[2], c["name"]): c["op"] for c in document["changes"]}


def test_the_life_of_restricted_and_logged_workspaces(modelform: Any, cloud: Cloud) -> None:
    modelform.write(STACK.replace("POLICY\n", POLICY))
    made = modelform("up", "-y", "--json")
    assert made.code == 0, made.err
    sent = cloud.writes()
    accounts = [body["properties"] for _, path, body in sent if path.startswith("accounts/")]
    assert all(properties["restrictOutboundNetworkAccess"] for properties in accounts)
    assert sorted(properties["allowedFqdnList"] for properties in accounts) == [[], ["search.contoso.com"]]
    hub = next(body for _, path, body in sent if path.startswith("workspaces/") and (body or {}).get("kind") == "Hub")
    network = hub["properties"]["managedNetwork"]
    assert network["isolationMode"] == "AllowOnlyApprovedOutbound"
    assert [rule["destination"] for rule in network["outboundRules"].values()] == ["*.pypi.org"]
    settings = [body["properties"] for _, path, body in sent if path == "diagnosticsettings/modelform"]
    assert len(settings) == 4  # a hub's project is a workspace of its own
    assert {log["categoryGroup"] for one in settings for log in one["logs"]} == {"allLogs"}
    order = [path for _, path, _ in sent]
    assert order.index("diagnosticsettings/modelform") < order.index("projects/legal") < order.index("deployments/chat")
    again = modelform("preview", "--json")
    assert set(kinds(again.document).values()) <= {"same"}
    assert cloud.writes() == []

    opened = STACK.replace("POLICY\n", "").replace('outbound: {allow: ["*.pypi.org"]}, ', "")
    opened = opened.replace("outbound: restricted, diagnostics: {location: francecentral}", "")
    modelform.write(opened.replace("[search.contoso.com]", "[search.contoso.com, 10.1.2.3]"))
    refused = modelform("up", "-y")
    assert refused.code == 3
    assert "hub 'studio' would be replaced" in refused.err
    assert cloud.writes() == []
    hub_urn = refused.err.split("--allow-replace")[1].split("'")[1]
    changed = modelform("up", "-y", "--json", "--allow-replace", "".join(hub_urn.split()))
    assert changed.code == 0, changed.err
    found = kinds(changed.document)
    assert found["Account", "openai"] == found["Account", "foundry"] == "update"
    assert found["DiagnosticSetting", "openai"] == "delete"
    assert found["Workspace", "studio"] == found["DiagnosticSetting", "studio"] == "replace"
    written = {path: body for method, path, body in cloud.writes() if method == "PUT" and path.startswith("accounts/")}
    told = {path.split("-")[1]: body["properties"] for path, body in written.items()}
    assert told["foundry"]["allowedFqdnList"] == ["search.contoso.com", "10.1.2.3"]
    assert "restrictOutboundNetworkAccess" not in told["openai"]

    gone = modelform("destroy", "-y")
    assert gone.code == 0, gone.err
    deleted = [path for method, path, _ in cloud.writes() if method == "DELETE"]
    account = next(at for at, path in enumerate(deleted) if path.startswith("accounts/dev-foundry"))
    last = max(at for at, path in enumerate(deleted[:account]) if path == "diagnosticsettings/modelform")
    assert deleted.index("deployments/chat") < last < account
    # Azure gives the settings of what is gone to the next one of its name: none is left to be given.
    assert modelform("up", "-y").code == 0


def test_what_the_policy_asks_for_is_asked_before_anything_is_made(modelform: Any, cloud: Cloud) -> None:
    plain = "workspaces:\n  foundry: {kind: foundry, diagnostics: {location: eastus2}}\n  openai: {kind: openai}\n"
    modelform.write(f"apiVersion: modelform/v1\nlocation: swedencentral\n{POLICY}{plain}")
    ran = modelform("up", "-y")
    assert ran.code == 3
    for code in ("security.open-outbound", "security.diagnostics", "residency.at-rest"):
        assert code in ran.err
    assert not cloud.file.exists()
