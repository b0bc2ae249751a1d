"""verify-azure against a second sandbox, served, with differences planted in it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from modelform.sandbox import serve
from modelform.sandbox.server import Service

SUBSCRIPTION = "5ab5c1de-0000-4000-8000-000000000077"
PLANTED = """
faults:
  - {kind: alter, methods: [PUT], path: "*/accounts/*/deployments/*", answer: 202}
  - {kind: alter, methods: [GET], path: "*/microsoft.keyvault/vaults/*", without: properties.vaultUri}
  - {kind: alter, methods: [GET], path: "*/storageaccounts/*", without: properties.primaryEndpoints, instead: homes}
  - {kind: alter, methods: [GET], path: "*/components/*", code: NothingThere}
  - {kind: alter, methods: [PUT], path: "*/accounts/foundry-*", header: Azure-AsyncOperation}
  - {kind: alter, methods: [PUT], path: "*/serverlessendpoints/*", state: Cooking}
"""
FOUND = {
    ("CognitiveServices/accounts", "PUT", "header", "azure-asyncoperation"),
    ("CognitiveServices/accounts/projects", "PUT", "header", "azure-asyncoperation"),
    ("CognitiveServices/accounts/deployments", "PUT", "header", "azure-asyncoperation"),
    ("CognitiveServices/accounts/deployments", "PUT", "status", ""),
    ("KeyVault/vaults", "GET", "added", "properties.vaultUri"),
    ("Storage/storageAccounts", "GET", "added", "properties.primaryEndpoints"),
    ("Storage/storageAccounts", "GET", "missing", "properties.homes"),
    ("Insights/components", "GET", "code", ""),
    ("MachineLearningServices/workspaces/serverlessEndpoints", "PUT", "state", ""),
}


@pytest.fixture
def second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """A served sandbox with the planted differences; its variables are those of this process."""
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLANTED)
    monkeypatch.setenv("MODELFORM_SANDBOX_FAULTS", str(plan))
    began, services = threading.Event(), list[Service]()

    def ready(service: Service) -> None:
        services.append(service)
        began.set()

    thread = threading.Thread(target=lambda: serve(tmp_path / "second", latency=0.02, ready=ready))
    thread.start()
    assert began.wait(60)
    monkeypatch.delenv("MODELFORM_SANDBOX_FAULTS")
    for name, value in services[0].environment.items():
        monkeypatch.setenv(name, value)
    yield services[0]
    services[0].stop()
    thread.join(30)


@pytest.mark.slow
def test_every_planted_difference_is_found_and_no_other(modelform: Any, second: Service) -> None:
    modelform.environment = dict(second.environment) | {"PATH": ""}
    modelform.real_driver = True
    ran = modelform("verify-azure", "--subscription", SUBSCRIPTION, "--region", "Sweden Central", "-y", "--json")
    assert ran.code == 1, ran.err
    assert "less than 0.05 USD an engine" in ran.err
    types = ran.document["types"]
    found = {
        (name.removeprefix("Microsoft."), one["method"], one["what"], one["where"])
        for name, row in types.items()
        for one in row["differences"]
    }
    assert found == FOUND
    assert ran.document["others"] == []
    assert {row["evidence"] for row in types.values() if not row["differences"]} == {"rehearsed on 2026-11-22"}
    assert ran.document["engines"] == {"embedded": "run", "pulumi": "skipped: there is no `pulumi` on PATH"}
    assert ran.document["left"] == []
    folder = modelform.folder / "verify-azure"
    assert sorted(one.name for one in folder.iterdir()) == ["evidence.yaml", "journal.jsonl"]
    written = yaml.safe_load((folder / "evidence.yaml").read_text())["types"]
    assert {name: row["evidence"] for name, row in written.items()} == {
        name: row["evidence"] for name, row in types.items()
    }
    journal = (folder / "journal.jsonl").read_text()
    assert SUBSCRIPTION not in journal
    assert second.environment["AZURE_TENANT_ID"] not in journal
    put = next(line for line in map(json.loads, journal.splitlines()) if line["path"].count("storageAccounts"))
    assert put["path"].startswith("/subscriptions/00000000-0000-0000-0000-000000000001/")
    # A stand-in is no Azure: what the sandbox says of itself does not change.
    assert "live-verified" not in modelform("sandbox", "status", "--types").out


def test_evidence_shows_in_the_standing_of_the_sandbox(modelform: Any) -> None:
    kept = modelform.folder / ".modelform" / "sandbox"
    kept.mkdir(parents=True)
    row = {"evidence": "live-verified on 2026-12-01"}
    other = {"evidence": "not verified: no quota"}
    file = kept / "evidence.yaml"
    file.write_text(
        yaml.safe_dump({"types": {"Microsoft.KeyVault/vaults": row, "Microsoft.Storage/storageAccounts": other}})
    )
    found = modelform("sandbox", "status", "--types", "--json").document["types"]
    known = {row["type"].removeprefix("Microsoft."): row["evidence"] for row in found}
    assert known["KeyVault/vaults"] == "live-verified on 2026-12-01"
    assert known["Storage/storageAccounts"] == "documented"
    file.write_text("- 1")
    ran = modelform("sandbox", "status", "--types")
    assert ran.code != 0
    assert "is no evidence of `verify-azure`" in ran.err


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--subscription", "mine", "--region", "swedencentral", "-y"], "'mine' is no subscription's id"),
        (["--subscription", SUBSCRIPTION, "--region", "atlantis", "-y"], "there is no region 'atlantis'"),
        (["--subscription", SUBSCRIPTION, "--region", "swedencentral"], "asks before it changes anything"),
        (["--subscription", SUBSCRIPTION, "--region", "swedencentral", "-y", "--out", "stacks"], "is there already"),
        (["--region", "swedencentral", "-y"], "--subscription"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_asked(modelform: Any, argv: list[str], said: str) -> None:
    ran = modelform("verify-azure", *argv)
    assert ran.code == 64
    assert said in ran.err
