"""`check --live`: Azure is asked what a plan would ask, and what nobody asked is never taken for a yes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

PLAN = Path(__file__).parent / "cases/terraform/for-each/plan.json"
SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
ACCOUNT = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-models/providers/Microsoft.CognitiveServices/accounts/models"
)
LIVE = ("--live", "--target", "sandbox")


@pytest.fixture
def plan(check: Any) -> dict[str, Any]:
    """A plan whose quota is far too small, in a project folder with a sandbox."""
    (check.folder / "stacks").mkdir()
    shutil.copy(PLAN, check.folder / "plan.json")
    found: dict[str, Any] = json.loads(PLAN.read_text())
    found["resource_changes"][2]["change"]["after"]["sku"][0]["capacity"] = 900_000
    check.write("plan.json", found)
    return found


def said(ran: Any, *codes: str) -> list[tuple[str, str, str]]:
    return [
        (d["severity"], d["code"], d["summary"]) for d in ran.document["diagnostics"] if d["code"].startswith(codes)
    ]


def test_without_a_connection_nothing_is_known_to_be_enough(check: Any, plan: Any) -> None:
    ran = check("--terraform-plan", "plan.json", "--junit", "o.xml", "--json")
    assert (ran.code, [row[:2] for row in said(ran, "quota")]) == (
        0,
        [("warning", "quota.exceeded"), ("warning", "quota.unverified")],
    )
    assert "was not asked, so it is not known to be enough" in said(ran, "quota.unverified")[0][2]
    (suite,) = ElementTree.parse(check.folder / "o.xml").getroot()
    case = next(c for c in suite if c.get("name") == "quota.unverified")
    assert "was not asked" in (case.findtext("system-out") or "")
    strict = check.write("policy.yaml", "rules: {quota.unverified: error}\n")
    assert check("--terraform-plan", "plan.json", "--policy", strict).code == 3


def test_with_one_azures_numbers_decide(check: Any, plan: Any) -> None:
    ran = check("--terraform-plan", "plan.json", *LIVE, "--junit", "o.xml", "--json")
    assert (ran.code, [row[:2] for row in said(ran, "quota")]) == (3, [("error", "quota.exceeded")])
    assert "900M tpm more of" in said(ran, "quota")[0][2]
    (suite,) = ElementTree.parse(check.folder / "o.xml").getroot()
    case = next(c for c in suite if c.get("name") == "quota.unverified")
    assert case.find("skipped") is None


def test_what_the_plan_finds_there_is_not_asked_for_again(check: Any, plan: Any) -> None:
    _, account, gpt, *_ = plan["resource_changes"]
    account["change"] |= {"actions": ["no-op"], "before": {**account["change"]["after"], "id": ACCOUNT}}
    account["change"] |= {"after": account["change"]["before"], "after_unknown": {}}
    account["change"]["after"]["name"] = "models"
    before = {**gpt["change"]["after"], "id": f"{ACCOUNT}/deployments/gpt-mini"}
    gpt["change"] |= {"actions": ["no-op"], "before": before, "after": before, "after_unknown": {}}
    check.write("plan.json", plan)
    assert said(check("--terraform-plan", "plan.json", *LIVE, "--json"), "quota") == []
    offline = said(check("--terraform-plan", "plan.json", "--json"), "quota.unverified")
    assert [row[2].partition(":")[0] for row in offline] == ["mistral-large"], "only growth has to be known"
    gpt["change"]["after"] = {**before, "sku": [{**before["sku"][0], "capacity": 1_000_000}]}
    check.write("plan.json", plan)
    ran = check("--terraform-plan", "plan.json", *LIVE, "--json")
    assert "gpt-mini: 100M tpm more of" in said(ran, "quota.exceeded")[0][2]


def preview(capacity: int, held: int | None) -> dict[str, Any]:
    """A preview of Pulumi's of one deployment in an account that is there."""

    def state(type: str, name: str, id: str, inputs: dict[str, Any]) -> dict[str, Any]:
        return {"type": f"azure-native:cognitiveservices:{type}", "urn": f"urn:pulumi:p::p::x::{name}", "id": id} | {
            "inputs": {"resourceGroupName": "rg-models", "accountName": "models", **inputs}
        }

    account = state("Account", "models", ACCOUNT, {"kind": "AIServices", "location": "westeurope"})
    model = {"format": "OpenAI", "name": "gpt-5.4-mini", "version": "2026-03-17"}
    one = {"deploymentName": "gpt", "properties": {"model": model}}
    id = f"{ACCOUNT}/deployments/gpt"
    new = state("Deployment", "gpt", id, one | {"sku": {"name": "DataZoneStandard", "capacity": capacity}})
    old = state("Deployment", "gpt", id, one | {"sku": {"name": "DataZoneStandard", "capacity": held}})
    steps = [
        {"op": "same", "urn": account["urn"], "oldState": account, "newState": account},
        {"op": "update" if held else "create", "urn": new["urn"], "newState": new}
        | ({"oldState": old} if held else {}),
    ]
    return {"steps": steps, "changeSummary": {}}


def test_of_a_preview_of_pulumis_too(check: Any, plan: Any) -> None:
    for held, found in ((None, ["quota.exceeded"]), (900_000, [])):
        file = check.write("preview.json", preview(900_000, held))
        assert [row[1] for row in said(check("--pulumi-preview", file, *LIVE, "--json"), "quota")] == found


def template(capacity: int, name: str = "models") -> dict[str, Any]:
    model = {"format": "OpenAI", "name": "gpt-5.4-mini", "version": "2026-03-17"}
    account = {
        "type": "Microsoft.CognitiveServices/accounts",
        "apiVersion": "2025-06-01",
        "name": name,
        "location": "westeurope",
        "kind": "AIServices",
        "sku": {"name": "S0"},
        "properties": {"customSubDomainName": "models-subdomain"},
    }
    parent = name.replace("]", ", '/gpt')]").replace("[", "[concat(") if name.startswith("[") else f"{name}/gpt"
    deployment = {
        "type": "Microsoft.CognitiveServices/accounts/deployments",
        "apiVersion": "2025-06-01",
        "name": parent,
        "sku": {"name": "DataZoneStandard", "capacity": capacity},
        "properties": {"model": model},
    }
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    return {"$schema": schema, "contentVersion": "1.0.0.0", "resources": [account, deployment]}


def put(folder: Path, resources: list[dict[str, Any]]) -> None:
    """Makes what a template declares in the folder's sandbox."""
    from modelform.azure import Arm, Connection
    from modelform.sandbox import Credential, create_app
    from modelform.sandbox.transport import SandboxTransport

    transport = SandboxTransport(create_app(folder / ".modelform/sandbox"))
    arm = Arm(
        Connection("https://management.sandbox.localhost", "t", SUBSCRIPTION, Credential(), transport, target="sandbox")
    )
    arm.put(f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-models", "2024-03-01", {"location": "westeurope"})
    for row in resources:
        ways = {1: ACCOUNT, 2: f"{ACCOUNT}/deployments/gpt"}
        body = {key: value for key, value in row.items() if key not in ("type", "apiVersion", "name")}
        arm.put(ways[row["type"].count("/")], "2025-06-01", body)
    arm.close()


def test_what_a_template_finds_there_is_asked_of_azure(check: Any, plan: Any) -> None:
    check.write("t.json", template(300))
    asked = ("--arm-template", "t.json", *LIVE, "--subscription", SUBSCRIPTION, "--json")
    there = (*asked, "--resource-group", "rg-models")
    put(check.folder, template(300)["resources"])
    assert said(check(*there), "quota") == []
    used = said(check("--arm-template", check.write("t.json", template(900_000)), *there[2:]), "quota")
    assert [row[:2] for row in used] == [("error", "quota.exceeded")]
    assert "899,700k tpm more of" in used[0][2]
    (row,) = said(check(*asked), "quota")
    assert row[:2] == ("warning", "quota.exceeded"), "nobody told where it would go"
    hashed = check.write("t.json", template(900_000, "[concat('m-', uniqueString(resourceGroup().id))]"))
    ran = check("--arm-template", hashed, *there[2:])
    assert [row[:2] for row in said(ran, "quota")] == [("warning", "quota.exceeded")]
    assert any("uniqueString() gives other names here" in d["detail"] for d in ran.document["diagnostics"])


def test_where_nothing_says_which_subscription_it_is_unverified(check: Any, plan: Any) -> None:
    text = json.dumps(plan).replace("6f1c2d7e-52b8-4b0f-9a63-1f2e3d4c5b6a", "")
    check.write("plan.json", text)
    ran = check("--terraform-plan", "plan.json", *LIVE, "--json")
    found = [d for d in ran.document["diagnostics"] if d["code"] == "quota.unverified"]
    assert {d["detail"].partition(";")[0] for d in found} == {"nothing says in which subscription it would be deployed"}
    assert {d["hint"] for d in found} == {"--subscription ID says it, or AZURE_SUBSCRIPTION_ID"}
    ran = check("--terraform-plan", "plan.json", *LIVE, "--subscription", SUBSCRIPTION, "--json")
    assert [row[1] for row in said(ran, "quota")] == ["quota.exceeded"]


def test_a_target_without_a_question_is_wrong_use(check: Any, plan: Any) -> None:
    ran = check("--terraform-plan", "plan.json", "--target", "sandbox")
    assert (ran.code, "--target says which cloud --live asks" in ran.err) == (64, True)


def test_what_azure_refuses_is_unverified_and_the_rest_is_checked(
    check: Any, plan: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    check.write("faults.yaml", "faults: [{kind: deny, path: '*usages*'}]\n")
    monkeypatch.setenv("MODELFORM_SANDBOX_FAULTS", str(check.folder / "faults.yaml"))
    ran = check("--terraform-plan", "plan.json", *LIVE, "--json")
    found = {d["code"]: d for d in ran.document["diagnostics"]}
    assert (ran.code, "lifecycle.preview" in found) == (0, True)
    assert found["quota.unverified"]["hint"].startswith("it takes the permission Microsoft.CognitiveServices/locations")
    check.write("t.json", template(300))
    check.write("faults.yaml", "faults: [{kind: deny, path: '*/accounts/models*'}]\n")
    group = ("--subscription", SUBSCRIPTION, "--resource-group", "rg-models")
    ran = check("--arm-template", "t.json", *LIVE, *group, "--json")
    (found,) = (d for d in ran.document["diagnostics"] if d["code"] == "quota.unverified")
    assert found["detail"].startswith("what models holds already could not be listed: AuthorizationFailed")
